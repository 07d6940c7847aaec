//! `/api/v1/users`.

use super::{All, Page, answer, asked, body, done, paged};
use crate::domain::action::{ChangeUser, CreateUser, DeleteUser, InviteUser, ListUsers, SignOutUser};
use crate::domain::view::UserRow;
use crate::domain::{GroupName, Result, Timestamp, Username};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::users::{self, NewUser};
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct User {
    id: String,
    username: Username,
    name: String,
    email: String,
    groups: Vec<GroupName>,
    disabled: bool,
    created_at: String,
    last_seen_at: Option<String>,
    /// Until when the link works by which they choose their first password.
    #[serde(skip_serializing_if = "Option::is_none")]
    invited_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_url: Option<String>,
}

impl From<UserRow> for User {
    fn from(it: UserRow) -> Self {
        Self {
            id: it.id,
            username: it.username,
            name: it.name,
            email: it.email,
            groups: it.groups,
            disabled: it.is_disabled,
            created_at: it.created_at.rfc3339(),
            last_seen_at: it.seen_at.map(Timestamp::rfc3339),
            invited_until: it.invited_until.map(Timestamp::rfc3339),
            invite_url: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct New {
    username: Username,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    password: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Changed {
    disabled: bool,
}

/// Users by name.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, All {}) = asked(query)?;
        let proof = app.access.authorize(&caller, ListUsers {}).await?;
        let users = users::list(&app, &proof, &part.after, part.limit + 1).await?;
        Ok(Page::cut(users, part.limit, |user: &User| user.username.to_string()))
    };
    paged(&app, &caller, found.await)
}

/// One user.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(who): Path<String>,
) -> Response<Body> {
    let found = async {
        let proof = app.access.authorize(&caller, ListUsers {}).await?;
        users::show(&app, &proof, &who).await.map(User::from)
    };
    answer(&app, &caller, StatusCode::OK, found.await)
}

/// A new account; without a password, with the link by which its owner chooses one.
pub(in crate::server::http) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let made = async {
        let New { username, name, email, password } = body(sent)?;
        let proof = app.access.authorize(&caller, CreateUser { username }).await?;
        let new = NewUser { name, email, password: password.map(Into::into) };
        let (made, invite_url) = users::create(&app, &proof, new).await?;
        Ok(User { invite_url, ..User::from(made) })
    };
    answer(&app, &caller, StatusCode::CREATED, made.await)
}

/// Lets somebody in no more, or again.
pub(in crate::server::http) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(who): Path<String>,
    sent: Result<Json<Changed>, JsonRejection>,
) -> Response<Body> {
    let changed = async {
        let Changed { disabled } = body(sent)?;
        let listing = app.access.authorize(&caller, ListUsers {}).await?;
        let username = users::show(&app, &listing, &who).await?.username;
        let proof = app.access.authorize(&caller, ChangeUser { username, disabled }).await?;
        users::change(&app, &proof).await?;
        users::show(&app, &listing, &who).await.map(User::from)
    };
    answer(&app, &caller, StatusCode::OK, changed.await)
}

/// Takes an account away.
pub(in crate::server::http) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(who): Path<String>,
) -> Response<Body> {
    let deleted = async {
        let username = username(&app, &caller, &who).await?;
        let proof = app.access.authorize(&caller, DeleteUser { username }).await?;
        users::delete(&app, &proof).await
    };
    done(&app, &caller, deleted.await)
}

/// A new link by which somebody takes the account, this once; one from before stops working.
pub(in crate::server::http) async fn invite(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(who): Path<String>,
) -> Response<Body> {
    let invited = async {
        let username = username(&app, &caller, &who).await?;
        let proof = app.access.authorize(&caller, InviteUser { username }).await?;
        let invite_url = users::invite(&app, &proof).await?;
        Ok(serde_json::json!({ "invite_url": invite_url }))
    };
    answer(&app, &caller, StatusCode::CREATED, invited.await)
}

/// Signs somebody out of every browser.
pub(in crate::server::http) async fn sign_out(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(who): Path<String>,
) -> Response<Body> {
    let ended = async {
        let username = username(&app, &caller, &who).await?;
        let proof = app.access.authorize(&caller, SignOutUser { username }).await?;
        users::sign_out(&app, &proof).await
    };
    done(&app, &caller, ended.await)
}

/// The name of whom an address names, for who may look people up.
async fn username(app: &App, caller: &Caller, who: &str) -> Result<Username> {
    let listing = app.access.authorize(caller, ListUsers {}).await?;
    users::show(app, &listing, who).await.map(|user| user.username)
}
