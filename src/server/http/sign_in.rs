//! Coming in by a browser, and going out: `/auth/login`, `/auth/logout`. Plain forms that work without
//! script; one that is refused comes back with what was typed, but for the password.

use super::shell::{self, Assets as ShellAssets};
use super::{console, door, error};
use crate::domain::{Error, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::sign_in::{self, From as Origin};
use crate::server::secret::Secret;
use crate::ui::form::{FormState, Left};
use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, Uri, header};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::timeout;

/// Where somebody wants to go once they are in.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    pub(super) next: String,
    /// Set for who only tries a provider.
    #[serde(rename = "try")]
    pub(super) trying: Option<String>,
    /// The provider by which who was here a moment ago had come.
    #[serde(default)]
    left: String,
}

#[derive(Deserialize)]
pub(super) struct Login {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// The page with the form; whoever is in already goes on, and a session that is over leaves its browser.
pub(super) async fn login_page(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<ShellAssets>,
    Query(wanted): Query<Wanted>,
    request: Request<Body>,
) -> Response<Body> {
    let next = local_path(&wanted.next);
    let is_over = door::session(request.headers(), app.facts.is_plain_http()).is_some();
    if caller.standing.is_signed_in() || app.facts.is_try {
        return Redirect::to(next).into_response();
    }
    let left = signed_out(&app, &wanted.left).await;
    let awaits_set_up = sign_in::awaits_set_up(&app).await.unwrap_or(false);
    let form = FormState { typed: typed(&[("next", next)]), left, awaits_set_up, ..FormState::default() };
    let mut response = shell::draw(&app, &caller, assets, request, form).await;
    if is_over {
        response.headers_mut().insert(header::SET_COOKIE, no_session(&app));
    }
    response
}

/// How long signing out waits for what a provider says of itself.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is said to who is signed out here, and may be signed in still at the provider of that name.
async fn signed_out(app: &App, provider: &str) -> Option<Left> {
    let provider = app.identity.providers.find(provider)?;
    let leave = timeout(PATIENCE, provider.way.leave()).await.ok().flatten();
    Some(Left { title: provider.title.clone(), leave: leave.map(String::from) })
}

/// The form itself.
pub(super) async fn log_in(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<ShellAssets>,
    from: HttpOrigin,
    form: Result<Form<Login>, FormRejection>,
) -> Response<Body> {
    let Ok(Form(login)) = form else { return error::problem(&unreadable()) };
    let (next, password) = (local_path(&login.next).to_owned(), Secret::from(login.password));
    let origin = from.origin(&app, &caller);
    match sign_in::by_password(&app, &login.username, &password, origin).await {
        Ok(session) => enter(&app, &from, (&session, &login.username), &next).await,
        Err(failure) => {
            let typed = typed(&[("username", &login.username), ("next", &next), ("password", "")]);
            let form = FormState { typed, ..FormState::default() };
            refuse(&app, &caller, assets, "/auth/login", form, failure).await
        }
    }
}

/// Ends the session, whatever comes after it.
pub(super) async fn log_out(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    from: HttpOrigin,
) -> Response<Body> {
    let provider = match door::session(&from.headers, app.facts.is_plain_http()) {
        Some(cookie) => sign_in::out(&app, &cookie, &from.origin(&app, &caller)).await,
        None => Ok(None),
    };
    let to = match provider {
        Ok(None) => "/auth/login".to_owned(),
        // A name has nothing in it that would have to be written otherwise in an address.
        Ok(Some(name)) => format!("/auth/login?left={name}"),
        Err(failure) => return error::problem(&failure),
    };
    let mut response = Redirect::to(&to).into_response();
    response.headers_mut().insert(header::SET_COOKIE, no_session(&app));
    response
}

/// Takes from a browser what opens nothing any more.
fn no_session(app: &App) -> HeaderValue {
    set_cookie(app, door::cookie_name(app.facts.is_plain_http()), "", 0)
}

/// How long a browser is known after somebody signed in with it.
const MARK_S: i64 = 365 * 24 * 3600;

/// A browser that was let in gets a session of its own, whatever it had before, and is known the next time.
pub(super) async fn enter(
    app: &App,
    from: &HttpOrigin,
    (session, username): (&Secret, &str),
    next: &str,
) -> Response<Body> {
    let is_plain = app.facts.is_plain_http();
    if let Some(old) = door::session(&from.headers, is_plain) {
        let _ = sign_in::replace(app, &old).await; // It ends by itself if not now.
    }
    let mut response = Redirect::to(next).into_response();
    let seconds = app.identity.settings.session_max_ms / 1000;
    let session = set_cookie(app, door::cookie_name(is_plain), session.expose(), seconds);
    response.headers_mut().insert(header::SET_COOKIE, session);
    if let Ok(mark) = app.identity.devices.mark(username) {
        let mark = set_cookie(app, door::mark_name(is_plain), mark.expose(), MARK_S);
        response.headers_mut().append(header::SET_COOKIE, mark);
    }
    response
}

pub(super) async fn refuse(
    app: &App,
    caller: &Caller,
    assets: ShellAssets,
    page: &'static str,
    form: FormState,
    failure: Error,
) -> Response<Body> {
    let (page, nothing) = (Uri::from_static(page), HeaderMap::new());
    console::come_back(app, caller, assets, (&page, &nothing), form, failure).await
}

/// What stands in a form again.
pub(super) fn typed(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn set_cookie(app: &App, name: &str, value: &str, seconds: i64) -> HeaderValue {
    let secure = if app.facts.is_plain_http() { "" } else { "; Secure" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("secrets are letters, digits, dashes and underscores")
}

pub(super) fn unreadable() -> Error {
    Error::invalid("form", "this form cannot be read; send it as the page does")
}

/// A path of this console, and nothing that a browser takes for another host (open redirects); the list of
/// repositories for anything else.
pub(super) fn local_path(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let leads_away = ["//", "/\\", "/%2f", "/%5c", "/%09", "/%0a", "/%0d"].iter().any(|start| lower.starts_with(start));
    let is_odd = text.contains('\\') || text.chars().any(|c| c.is_control() || c.is_whitespace());
    let is_local = text.starts_with('/') && !leads_away && !is_odd && !lower.starts_with("/auth/");
    if is_local { text } else { "/repositories" }
}

/// From where a form comes.
pub(super) struct HttpOrigin {
    pub(super) address: String,
    pub(super) headers: HeaderMap,
}

impl HttpOrigin {
    pub(super) fn origin(&self, app: &App, caller: &Caller) -> Origin {
        let agent = self.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mark = door::cookie(&self.headers, door::mark_name(app.facts.is_plain_http())).map(Secret::from);
        let (address, agent) = (self.address.clone(), agent.to_owned());
        Origin { address, agent, mark, request_id: caller.request_id.clone() }
    }
}

impl axum::extract::FromRequestParts<App> for HttpOrigin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &App) -> Result<Self, Self::Rejection> {
        let address = door::address_of(&parts.extensions, &parts.headers, &app.facts.trusted_proxies);
        Ok(Self { address, headers: parts.headers.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SEC-22.
    #[test]
    fn nobody_is_led_elsewhere_after_signing_in() {
        for own in ["/r/team/web", "/repositories?q=a&sort=name", "/r/a/-/tags/1%2F2", "/"] {
            assert_eq!(local_path(own), own);
        }
        for away in [
            "",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "https://evil.example",
            "javascript:alert(1)",
            "/%2f/evil",
            "/%2Fevil",
            "/%5cevil",
            "/a\\b",
            "/\tevil",
            "/%09/evil",
            "/a b",
            "/\r\nX: y",
            "/auth/login?next=/x",
            "evil",
            "%2f%2fevil",
        ] {
            assert_eq!(local_path(away), "/repositories", "{away:?}");
        }
    }
}
