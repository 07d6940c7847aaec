//! `/api/v1/roles`: the roles are built in, so the name of one is its id.

use super::{All, Page, answer, asked, paged};
use crate::domain::action::ListRoles;
use crate::domain::error::What;
use crate::domain::{Error, Permission, Role};
use crate::server::access::Caller;
use crate::server::context::App;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use serde::Serialize;

#[derive(Serialize)]
struct Listed {
    name: Role,
    title: &'static str,
    permissions: Vec<Permission>,
}

impl From<Role> for Listed {
    fn from(name: Role) -> Self {
        let permissions = Permission::ALL.into_iter().filter(|permission| name.holds(*permission)).collect();
        Self { name, title: name.title(), permissions }
    }
}

/// Every role with what it holds.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, All {}) = asked(query)?;
        let _proof = app.access.authorize(&caller, ListRoles {}).await?;
        let n_before = Role::ALL.iter().position(|role| role.name() == part.after).map_or(0, |at| at + 1);
        Ok(Page::cut(Role::ALL[n_before..].iter().copied(), part.limit, |role: &Listed| role.name.name().to_owned()))
    };
    paged(&app, &caller, found.await)
}

/// One role with what it holds.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Response<Body> {
    let found = async {
        let _proof = app.access.authorize(&caller, ListRoles {}).await?;
        let found = Role::ALL.into_iter().find(|role| role.name() == name);
        found.map(Listed::from).ok_or_else(|| Error::NotFound(What::Role(name.chars().take(80).collect())))
    };
    answer(&app, &caller, StatusCode::OK, found.await)
}
