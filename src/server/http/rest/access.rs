//! `/api/v1/grants`.

use super::{Page, answer, asked, body, done, moment, paged};
use crate::domain::action::{ChangeAccess, GiveAccess, ListGrants, TakeAccess};
use crate::domain::error::What;
use crate::domain::{Error, Grant, Grantee, Result, Role, Scope, TagPattern, Terms, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::access;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Given {
    id: String,
    principal: Grantee,
    role: Role,
    scope: Scope,
    tags: Option<TagPattern>,
    expires_at: Option<String>,
    created_at: String,
}

impl From<Grant> for Given {
    fn from(Grant { id, to, terms, created_at }: Grant) -> Self {
        let Terms { role, scope, tags, expires_at } = terms;
        let expires_at = expires_at.map(Timestamp::rfc3339);
        Self { id, principal: to, role, scope, tags, expires_at, created_at: created_at.rfc3339() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct New {
    principal: Grantee,
    role: Role,
    scope: Scope,
    tags: Option<TagPattern>,
    expires_at: Option<String>,
}

/// Whose grants are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Where {
    #[serde(default)]
    scope: Option<Scope>,
}

/// Grants on a scope, or all of them.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, Where { scope }) = asked(query)?;
        let scope = scope.unwrap_or(Scope::Everything);
        let proof = app.access.authorize(&caller, ListGrants { scope }).await?;
        let grants = access::list(&app, &proof, &part.after, part.limit + 1).await?;
        Ok(Page::cut(grants, part.limit, |grant: &Given| grant.id.clone()))
    };
    paged(&app, &caller, found.await)
}

/// A new grant.
pub(in crate::server::http) async fn give(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let given = async {
        let New { principal, role, scope, tags, expires_at } = body(sent)?;
        let expires_at = expires_at.map(|text| moment(&text)).transpose()?;
        let terms = Terms::new(role, scope, tags, expires_at)?;
        let proof = app.access.authorize(&caller, GiveAccess { to: principal, terms }).await?;
        access::give(&app, &proof).await.map(Given::from)
    };
    answer(&app, &caller, StatusCode::CREATED, given.await)
}

/// Other terms for a grant; what is not said stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Changed {
    role: Option<Role>,
    scope: Option<Scope>,
    #[serde(default, deserialize_with = "stated")]
    tags: Option<Option<TagPattern>>,
    #[serde(default, deserialize_with = "stated")]
    expires_at: Option<Option<String>>,
}

/// Tells `null` from nothing.
pub(super) fn stated<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// One grant.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    answer(&app, &caller, StatusCode::OK, visible(&app, &caller, &id).await.map(Given::from))
}

/// Gives a grant other terms.
pub(in crate::server::http) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    sent: Result<Json<Changed>, JsonRejection>,
) -> Response<Body> {
    let changed = async {
        let Changed { role, scope, tags, expires_at } = body(sent)?;
        let Grant { to, terms: before, .. } = visible(&app, &caller, &id).await?;
        let expires_at = match expires_at {
            Some(text) => text.map(|text| moment(&text)).transpose()?,
            None => before.expires_at,
        };
        let (role, scope) = (role.unwrap_or(before.role), scope.unwrap_or_else(|| before.scope.clone()));
        let terms = Terms::new(role, scope, tags.unwrap_or_else(|| before.tags.clone()), expires_at)?;
        let action = ChangeAccess { id: id.clone(), to, before, terms };
        let proof = app.access.authorize(&caller, action).await?;
        access::change(&app, &proof).await?;
        access::find(&app, &id).await.map(Given::from)
    };
    answer(&app, &caller, StatusCode::OK, changed.await)
}

/// A grant that the caller may see. Who may not see grants where it holds learns of none.
async fn visible(app: &App, caller: &Caller, id: &str) -> Result<Grant> {
    let grant = access::find(app, id).await?;
    let absent = || Error::NotFound(What::Grant(id.to_owned()));
    let listing = ListGrants { scope: grant.terms.scope.clone() };
    let _sees_it = app.access.authorize(caller, listing).await.map_err(|_| absent())?;
    Ok(grant)
}

/// Takes a grant away.
pub(in crate::server::http) async fn take(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let taken = async {
        let Grant { id, to, terms, .. } = visible(&app, &caller, &id).await?;
        let proof = app.access.authorize(&caller, TakeAccess { id: id.clone(), to, terms }).await?;
        access::take(&app, &proof).await
    };
    done(&app, &caller, taken.await)
}
