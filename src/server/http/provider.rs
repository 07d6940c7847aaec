//! Signing in by an identity provider: `/auth/provider/{name}` sends a browser there, `…/callback` takes it back. What
//! went wrong is said on the sign-in page.

use super::shell::{self, Assets as ShellAssets};
use super::sign_in::{HttpOrigin, Wanted, enter, local_path, refuse, typed};
use super::{console, door, error, invite, said, trial};
use crate::domain::Error;
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::by_provider::{self, Arrival, Begun, LIFE_MS, Outcome};
use crate::server::identity::provider::Returned;
use crate::server::secret::Secret;
use crate::ui::form::{FormState, Intent, Said, Stranger};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Query, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect};

/// The sign-in page, on which everything is said.
const PAGE: &str = "/auth/login";

/// An address that is longer is not kept.
const MAX_NEXT_BYTES: usize = 2048;

/// Sends a browser to the provider.
pub(super) async fn start(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<ShellAssets>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
    from: HttpOrigin,
) -> Response<Body> {
    let next = if wanted.next.len() > MAX_NEXT_BYTES { "" } else { &wanted.next };
    let next = local_path(next).to_owned();
    if wanted.trying.is_some() && !app.facts.is_try {
        return trial::begin((&app, &caller), assets, &name, &from).await;
    }
    // No link of another site changes who is signed in here.
    let is_foreign = from.headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    if (is_foreign && caller.standing.is_signed_in()) || app.facts.is_try {
        return Redirect::to(&next).into_response();
    }
    let browser = browser(&app, &from.headers);
    match by_provider::begin(&app, &name, (next.clone(), &from.address), browser).await {
        Ok(begun) => sent(&app, &begun),
        Err(failure) => {
            let form = FormState { typed: typed(&[("next", &next)]), ..FormState::default() };
            refuse(&app, &caller, assets, PAGE, form, failure).await
        }
    }
}

/// Sends a browser on its way, to be known when it comes back.
pub(super) fn sent(app: &App, begun: &Begun) -> Response<Body> {
    let mut response = Redirect::to(begun.to.as_str()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, set_cookie(app, &begun.browser));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The same after a form, which no policy lets lead to another host: the page that answers it does, at once, and without
/// script.
pub(super) fn sent_by_form(app: &App, begun: &Begun) -> Response<Body> {
    let to = error::escape(begun.to.as_str());
    let body = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0;url={to}\">\
         <title>Portolan</title><h1>On to your provider</h1><p><a href=\"{to}\" rel=\"nofollow\">Go on</a></p>"
    );
    let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy)];
    let mut response = (headers, body).into_response();
    response.headers_mut().insert(header::SET_COOKIE, set_cookie(app, &begun.browser));
    response
}

/// Takes a browser back.
pub(super) async fn callback(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<ShellAssets>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    from: HttpOrigin,
) -> Response<Body> {
    let arrival = arrival(query.as_deref().unwrap_or_default(), browser(&app, &from.headers));
    let ended = by_provider::finish(&app, &name, arrival, (from.origin(&app, &caller), &caller)).await;
    let next = local_path(&ended.next).to_owned();
    match ended.outcome {
        Ok(Outcome::In(session, username)) => enter(&app, &from, (&session, username.as_str()), &next).await,
        Ok(Outcome::Linked(linked)) => show_linked((&app, &caller), assets, linked).await,
        Ok(Outcome::NotTaken(link, failure)) => invite::again((&app, &caller), assets, &link, failure).await,
        Ok(Outcome::Tried(name, tried)) => trial::show((&app, &caller), assets, &name, tried.map(|it| *it)).await,
        Ok(Outcome::Waits { email, groups_unknown }) => {
            let stranger = Some(Stranger { email, groups_unknown });
            let request = Request::builder().uri(PAGE).body(Body::empty()).expect("a constant address");
            let form = FormState { typed: typed(&[("next", &next)]), stranger, ..FormState::default() };
            let mut response = shell::draw(&app, &caller, assets, request, form).await;
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
        Err(failure) => {
            let form = FormState { typed: typed(&[("next", &next)]), ..FormState::default() };
            refuse(&app, &caller, assets, PAGE, form, failure).await
        }
    }
}

/// The page of the account, which says what came of linking.
async fn show_linked(
    (app, caller): (&App, &Caller),
    assets: ShellAssets,
    linked: Result<String, Error>,
) -> Response<Body> {
    let page = Uri::from_static("/account");
    match linked {
        Ok(of) => {
            let said = Said { intent: Intent::LinkIdentity, of, secret: None, ended: None, back: None };
            let mut response = Redirect::to(page.path()).into_response();
            response.headers_mut().insert(header::SET_COOKIE, said::cookie(app, &said));
            response
        }
        // Whose session is over has no such page.
        Err(failure) if !caller.standing.is_signed_in() => {
            refuse(app, caller, assets, PAGE, FormState::default(), failure).await
        }
        Err(failure) => {
            let form = FormState { intent: Some(Intent::LinkIdentity), ..FormState::default() };
            console::come_back(app, caller, assets, (&page, &HeaderMap::new()), form, failure).await
        }
    }
}

fn arrival(query: &str, browser: Option<Secret>) -> Arrival {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let one = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        found.filter(|value| !value.is_empty())
    };
    let returned = Returned {
        code: one("code").map(Secret::from),
        issuer: one("iss"),
        error: one("error"),
        description: one("error_description"),
    };
    Arrival { state: one("state").map(Secret::from), browser, returned }
}

/// The name of the cookie by which a browser that comes back is known to be the one that was sent.
fn cookie_name(app: &App) -> &'static str {
    if app.facts.is_plain_http() { "portolan-attempt" } else { "__Host-portolan-attempt" }
}

pub(super) fn browser(app: &App, headers: &HeaderMap) -> Option<Secret> {
    door::cookie(headers, cookie_name(app)).map(Secret::from)
}

/// `Lax`, because the way back begins at the provider's page.
fn set_cookie(app: &App, browser: &Secret) -> HeaderValue {
    let (name, secure) = (cookie_name(app), if app.facts.is_plain_http() { "" } else { "; Secure" });
    let (secret, seconds) = (browser.expose(), LIFE_MS / 1000);
    let text = format!("{name}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("secrets are letters, digits, dashes and underscores")
}
