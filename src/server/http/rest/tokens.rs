//! `/api/v1/tokens`: one's own. Who comes with a token makes no other, and sees none.

use super::account::username;
use super::{All, Page, answer, asked, body, done, moment, paged};
use crate::domain::action::{CreateToken, DeleteToken, ReadAccount};
use crate::domain::view::TokenRow;
use crate::domain::{Error, Result, Role, Scope, TagPattern, Terms, Timestamp, TokenName};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::service::personal_tokens;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Listed {
    id: String,
    name: TokenName,
    /// Without a role: all that its owner may.
    role: Option<Role>,
    scope: Option<Scope>,
    tags: Option<TagPattern>,
    expires_at: Option<String>,
    created_at: String,
    used_at: Option<String>,
    used_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<TokenRow> for Listed {
    fn from(it: TokenRow) -> Self {
        let (role, scope, tags) = match it.bound {
            Some(Terms { role, scope, tags, .. }) => (Some(role), Some(scope), tags),
            None => (None, None, None),
        };
        Self {
            id: it.id,
            name: it.name,
            role,
            scope,
            tags,
            expires_at: it.expires_at.map(Timestamp::rfc3339),
            created_at: it.created_at.rfc3339(),
            used_from: it.used_at.map(|_| it.used_from),
            used_at: it.used_at.map(Timestamp::rfc3339),
            secret: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct New {
    name: TokenName,
    role: Option<Role>,
    scope: Option<Scope>,
    tags: Option<TagPattern>,
    expires_at: Option<String>,
}

impl New {
    fn bound(&self) -> Result<Option<Terms>> {
        match (self.role, self.scope.clone(), self.tags.clone()) {
            (None, None, None) => Ok(None),
            (Some(role), Some(scope), tags) => Terms::new(role, scope, tags, None).map(Some),
            _ => Err(Error::invalid("role", "a bound has a role and a scope; without both the token has none")),
        }
    }
}

/// One's own tokens, oldest first.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, All {}) = asked(query)?;
        let proof = reading(&app, &caller).await?;
        let tokens = personal_tokens::list(&app, &proof, &part.after, part.limit + 1).await?;
        Ok(Page::cut(tokens, part.limit, |token: &Listed| token.id.clone()))
    };
    paged(&app, &caller, found.await)
}

/// One of them.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let found = async {
        let proof = reading(&app, &caller).await?;
        personal_tokens::find(&app, &proof, &id).await.map(Listed::from)
    };
    answer(&app, &caller, StatusCode::OK, found.await)
}

/// A new token, with its secret, this once.
pub(in crate::server::http) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let made = async {
        let new = body(sent)?;
        let bound = new.bound()?;
        let expires_at = new.expires_at.as_deref().map(moment).transpose()?;
        let action = CreateToken { username: username(&caller)?, name: new.name, bound, expires_at };
        let proof = app.access.authorize(&caller, action).await?;
        let (made, secret) = personal_tokens::create(&app, &proof).await?;
        Ok(Listed { secret: Some(secret.expose().to_owned()), ..Listed::from(made) })
    };
    answer(&app, &caller, StatusCode::CREATED, made.await)
}

/// Takes one away.
pub(in crate::server::http) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let deleted = async {
        let token = personal_tokens::find(&app, &reading(&app, &caller).await?, &id).await?;
        let action = DeleteToken { username: username(&caller)?, id: token.id, name: token.name };
        let proof = app.access.authorize(&caller, action).await?;
        personal_tokens::delete(&app, &proof).await
    };
    done(&app, &caller, deleted.await)
}

async fn reading(app: &App, caller: &Caller) -> Result<Authorized<ReadAccount>> {
    app.access.authorize(caller, ReadAccount { username: username(caller)? }).await
}
