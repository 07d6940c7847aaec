//! Pages: puts the request into the context and lets the site draw itself.

use super::{error, security};
use crate::domain::Error;
use crate::server::access::Caller;
use crate::server::context::App;
use crate::ui::request::{Assets, ErrorReport, PageRequest, Part, Theme};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use leptos::nonce::use_nonce;
use leptos::prelude::{expect_context, provide_context};
use leptos_axum::{ResponseOptions, render_app_async_with_context};
use std::sync::Arc;

/// Draws whatever page the address names.
pub(super) async fn page(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<Assets>,
    request: Request<Body>,
) -> Response {
    let page = page_request(&app, &caller, assets, &request);
    let provide = move || {
        provide_context(app.clone());
        provide_context(caller.clone());
        provide_context(report_to(&expect_context::<ResponseOptions>()));
        provide_context(PageRequest { nonce: with_policy(), ..page.clone() });
    };
    render_app_async_with_context(provide, crate::ui::document::document)(request).await
}

fn page_request(app: &App, caller: &Caller, assets: Assets, request: &Request<Body>) -> PageRequest {
    let query = request.uri().query().unwrap_or_default();
    let part = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "part");
    PageRequest {
        host: app.facts.host.clone(),
        public_url: app.facts.public_url.clone(),
        banner: app.facts.banner.clone(),
        try_mode: app.facts.is_try,
        id: caller.request_id.clone(),
        now: app.clock.now(),
        theme: cookie(request.headers(), "theme").and_then(|value| Theme::parse(&value)),
        part: part.and_then(|(_, value)| Part::parse(&value)),
        path_and_query: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        assets,
        nonce: None,
    }
}

/// The status of the answer follows the error that the page shows.
fn report_to(response: &ResponseOptions) -> ErrorReport {
    let response = response.clone();
    ErrorReport(Arc::new(move |error: &Error| response.set_status(error::status(error))))
}

/// Sets the content security policy for the nonce of this page and returns the nonce.
fn with_policy() -> Option<String> {
    let nonce = use_nonce()?.to_string();
    let policy = HeaderValue::from_str(&security::content_security_policy(&nonce)).ok()?;
    expect_context::<ResponseOptions>().insert_header(header::CONTENT_SECURITY_POLICY, policy);
    Some(nonce)
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}
