//! `/api/v1/roles`.

use super::{All, Page, answer, asked};
use crate::domain::action::ListRoles;
use crate::domain::{Permission, Role};
use crate::server::access::Caller;
use crate::server::context::App;
use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{Response, StatusCode};
use serde::Serialize;

#[derive(Serialize)]
struct Listed {
    name: Role,
    title: &'static str,
    permissions: Vec<Permission>,
}

/// Every role with what it holds.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (_whole, All {}) = asked(query)?;
        let _proof = app.access.authorize(&caller, ListRoles {}).await?;
        let listed = |name: Role| {
            let permissions = Permission::ALL.into_iter().filter(|permission| name.holds(*permission)).collect();
            Listed { name, title: name.title(), permissions }
        };
        Ok(Page { items: Role::ALL.map(listed).into(), next: None })
    };
    answer(&app, &caller, StatusCode::OK, found.await)
}
