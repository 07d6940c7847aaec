//! `/api/v1/grants`, and the visibility of a repository.

use super::{Page, Part, answer, body, refuse};
use crate::domain::action::{GiveAccess, ListGrants, SetVisibility, TakeAccess};
use crate::domain::{Error, Grant, Grantee, RepositoryName, RepositoryVisibility, Result, Role, Scope, TagPattern};
use crate::domain::{Terms, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::access;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
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
pub(in crate::server::http) struct Where {
    #[serde(default)]
    scope: Option<Scope>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Settings {
    visibility: RepositoryVisibility,
}

/// Grants on a scope, or all of them.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(part): Query<Part>,
    Query(asked): Query<Where>,
) -> Response<Body> {
    let found = async {
        let (limit, scope) = (part.limit()?, asked.scope.unwrap_or(Scope::Everything));
        let proof = app.access.authorize(&caller, ListGrants { scope }).await?;
        let grants = access::list(&app, &proof, &part.after, limit + 1).await?;
        let grants: Vec<Given> = grants.into_iter().map(Given::from).collect();
        Ok(Page::cut(grants, limit, |grant| grant.id.clone()))
    };
    answer(&app, &caller, StatusCode::OK, found.await)
}

/// A new grant.
pub(in crate::server::http) async fn give(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let given = async {
        let New { principal, role, scope, tags, expires_at } = body(sent)?;
        let odd = || Error::invalid("expires_at", "a time is written 2027-01-01T00:00:00Z");
        let expires_at = expires_at.map(|text| Timestamp::parse(&text).ok_or_else(odd)).transpose()?;
        let terms = Terms::new(role, scope, tags, expires_at)?;
        let proof = app.access.authorize(&caller, GiveAccess { to: principal, terms }).await?;
        access::give(&app, &proof).await.map(Given::from)
    };
    answer(&app, &caller, StatusCode::CREATED, given.await)
}

/// Takes a grant away. Who may not see grants there learns of none.
pub(in crate::server::http) async fn take(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let taken = async {
        let Grant { id, to, terms, .. } = access::find(&app, &id).await?;
        let absent = || Error::NotFound(crate::domain::error::What::Grant(id.clone()));
        let listing = ListGrants { scope: terms.scope.clone() };
        let _sees_it = app.access.authorize(&caller, listing).await.map_err(|_| absent())?;
        let proof = app.access.authorize(&caller, TakeAccess { id: id.clone(), to, terms }).await?;
        access::take(&app, &proof).await
    };
    match taken.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(Error::NotFound(_)) if !caller.standing.is_signed_in() => refuse(&app, &caller, Error::Unauthenticated),
        Err(refusal) => refuse(&app, &caller, refusal),
    }
}

/// Sets who may see a repository without a grant.
pub(in crate::server::http) async fn set_visibility(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(repository): Path<String>,
    sent: Result<Json<Settings>, JsonRejection>,
) -> Response<Body> {
    let set = async {
        let (repository, Settings { visibility }): (RepositoryName, _) = (repository.parse()?, body(sent)?);
        let action = SetVisibility { repository: repository.clone(), visibility };
        let proof = app.access.authorize(&caller, action).await?;
        access::set_visibility(&app, &proof).await?;
        Ok(serde_json::json!({ "name": repository, "visibility": visibility }))
    };
    answer(&app, &caller, StatusCode::OK, set.await)
}
