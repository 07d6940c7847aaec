//! `/api/v1/account`: one's own, by a password. Who comes with a token manages no account.

use super::{answer, done};
use crate::domain::action::{EndSession, ReadAccount};
use crate::domain::view::{AccountView, IdentityRow, SessionRow};
use crate::domain::{Error, GroupName, Result, Timestamp, Username};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::account;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use serde::Serialize;

#[derive(Serialize)]
struct Own {
    id: String,
    username: Username,
    name: String,
    email: String,
    groups: Vec<GroupName>,
    created_at: String,
    has_password: bool,
    identities: Vec<Identity>,
    sessions: Vec<Session>,
}

/// Who somebody is at a provider.
#[derive(Serialize)]
struct Identity {
    provider: String,
    issuer: String,
    subject: String,
    name: String,
    email: String,
    checked_at: String,
    /// When the provider said that it vouches no more.
    refused_at: Option<String>,
}

/// A browser in which they are signed in.
#[derive(Serialize)]
struct Session {
    id: String,
    created_at: String,
    seen_at: String,
    address: String,
    agent: String,
}

impl From<AccountView> for Own {
    fn from(AccountView { user, ways, sessions, .. }: AccountView) -> Self {
        Self {
            id: user.id,
            username: user.username,
            name: user.name,
            email: user.email,
            groups: user.groups,
            created_at: user.created_at.rfc3339(),
            has_password: ways.has_password,
            identities: ways.identities.into_iter().map(Identity::from).collect(),
            sessions: sessions.into_iter().map(Session::from).collect(),
        }
    }
}

impl From<IdentityRow> for Identity {
    fn from(it: IdentityRow) -> Self {
        Self {
            provider: it.provider,
            issuer: it.issuer,
            subject: it.subject,
            name: it.name,
            email: it.email,
            checked_at: it.checked_at.rfc3339(),
            refused_at: it.refused_at.map(Timestamp::rfc3339),
        }
    }
}

impl From<SessionRow> for Session {
    fn from(SessionRow { id, created_at, seen_at, address, agent, .. }: SessionRow) -> Self {
        Self { id, created_at: created_at.rfc3339(), seen_at: seen_at.rfc3339(), address, agent }
    }
}

/// Whoever asks.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    let found = async {
        let proof = app.access.authorize(&caller, ReadAccount { username: username(&caller)? }).await?;
        account::view(&app, &proof, None).await.map(Own::from)
    };
    answer(&app, &caller, StatusCode::OK, found.await)
}

/// Signs one of one's browsers out.
pub(in crate::server::http) async fn end_session(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let ended = async {
        let proof = app.access.authorize(&caller, EndSession { username: username(&caller)?, id }).await?;
        account::end_session(&app, &proof).await
    };
    done(&app, &caller, ended.await)
}

/// Whose account it is.
pub(super) fn username(caller: &Caller) -> Result<Username> {
    caller.actor().name().ok_or(Error::Unauthenticated)?.parse()
}
