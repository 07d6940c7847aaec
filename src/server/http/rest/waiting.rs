//! `/api/v1/waiting`: people who signed in by a provider and whom nobody has let in yet.

use super::{All, Page, answer, asked, done, paged};
use crate::domain::action::{Dismiss, LetIn, ListUsers};
use crate::domain::error::What;
use crate::domain::{Error, Result, Username};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::waiting::{self, Waiting};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

#[derive(Serialize)]
struct Listed {
    id: String,
    issuer: String,
    subject: String,
    provider: String,
    email: String,
    name: String,
    groups: Vec<String>,
    first_at: String,
    last_at: String,
}

impl From<Waiting> for Listed {
    fn from(it: Waiting) -> Self {
        Self {
            id: id(&it.issuer, &it.subject),
            issuer: it.issuer,
            subject: it.subject,
            provider: it.provider,
            email: it.email,
            name: it.name,
            groups: it.groups,
            first_at: it.first_at.rfc3339(),
            last_at: it.last_at.rfc3339(),
        }
    }
}

#[derive(Serialize)]
struct Made {
    id: String,
    username: Username,
}

/// What an address calls somebody: issuer and subject may hold anything.
fn id(issuer: &str, subject: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{issuer}\n{subject}"))
}

fn identity(id: &str) -> Result<(String, String)> {
    let text = URL_SAFE_NO_PAD.decode(id).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair =
        text.and_then(|text| text.split_once('\n').map(|(issuer, subject)| (issuer.to_owned(), subject.to_owned())));
    pair.ok_or_else(|| Error::NotFound(What::User(id.chars().take(80).collect())))
}

/// Those who wait, in the order of their identities.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, All {}) = asked(query)?;
        let proof = app.access.authorize(&caller, ListUsers {}).await?;
        let after = if part.after.is_empty() { Ok(Default::default()) } else { identity(&part.after) };
        let after = after.map_err(|_| Error::invalid("after", "take the next of the page before"))?;
        let waiting = waiting::page(&app, &proof, (&after.0, &after.1), part.limit + 1).await?;
        Ok(Page::cut(waiting, part.limit, |one: &Listed| one.id.clone()))
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
        let proof = app.access.authorize(&caller, ListUsers {}).await?;
        let (issuer, subject) = identity(&id)?;
        waiting::find(&app, &proof, (&issuer, &subject)).await.map(Listed::from)
    };
    answer(&app, &caller, StatusCode::OK, found.await)
}

/// Lets somebody in: a user from now on.
pub(in crate::server::http) async fn let_in(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let made = async {
        let (issuer, subject) = identity(&id)?;
        let proof = app.access.authorize(&caller, LetIn { issuer, subject }).await?;
        let user = waiting::let_in(&app, &proof).await?;
        Ok(Made { id: user.id, username: user.username })
    };
    answer(&app, &caller, StatusCode::CREATED, made.await)
}

/// Somebody waits no longer; they may ask again by signing in.
pub(in crate::server::http) async fn dismiss(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let dismissed = async {
        let (issuer, subject) = identity(&id)?;
        let listing = app.access.authorize(&caller, ListUsers {}).await?;
        let _waits = waiting::find(&app, &listing, (&issuer, &subject)).await?;
        let proof = app.access.authorize(&caller, Dismiss { issuer, subject }).await?;
        waiting::dismiss(&app, &proof).await
    };
    done(&app, &caller, dismissed.await)
}
