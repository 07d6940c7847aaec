//! What holds for every request: its id, its log line, who may address us, and the headers that
//! keep pages from doing what they should not.

use super::metrics::route_class;
use crate::domain::Actor;
use crate::domain::Error;
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::entropy::new_secret_id;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::time::{Duration, Instant};
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id and a caller, logs its end, counts it.
pub(super) async fn every_request(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = new_secret_id(&*app.entropy)[..16].to_owned();
    let caller = Caller { actor: Actor::Anonymous, request_id: id.clone() };
    request.extensions_mut().insert(caller);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let started = Instant::now();
    let span = tracing::info_span!("request", id = %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    app.metrics.request(route_class(&path), method.as_str(), status, elapsed);
    span.in_scope(|| log(&method, &path, status, elapsed));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// One line for each request: loud where something changed or failed.
fn log(method: &Method, path: &str, status: u16, elapsed: Duration) {
    let elapsed_us = elapsed.as_micros() as u64;
    match (status, method.is_safe()) {
        (500.., _) => tracing::warn!(%method, %path, status, elapsed_us, "failed"),
        (_, false) => tracing::info!(%method, %path, status, elapsed_us, "answered"),
        (_, true) => tracing::debug!(%method, %path, status, elapsed_us, "answered"),
    }
}

/// While whoever reaches the address is let in, a web page elsewhere must not reach it under a name of
/// its own (DNS rebinding): the `Host` must be this machine or the public address.
pub(super) async fn known_host(State(app): State<App>, request: Request, next: Next) -> Response {
    let host = host_of(&request);
    let is_known = host == app.facts.host || host_name(&host).is_some_and(is_loopback_name);
    if !host.is_empty() && !is_known {
        let message = format!("this server answers as {} and on this machine only, not as {host}", app.facts.host);
        return super::error::of_path(request.uri().path(), &Error::invalid("host", message));
    }
    next.run(request).await
}

/// Headers of every page.
pub(super) async fn page_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    response
}

/// The policy for what a page may load and run; `nonce` marks the one script of its shell.
pub(super) fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

fn host_of(request: &Request) -> String {
    let authority = request.uri().authority().map(|authority| authority.as_str());
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    authority.or(header).unwrap_or_default().to_ascii_lowercase()
}

/// The name of `name:port` or `[v6]:port`.
fn host_name(host: &str) -> Option<&str> {
    match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(name, _)| name),
        None => Some(host.split(':').next().unwrap_or(host)),
    }
}

/// Whether a host name can only mean this machine.
pub fn is_loopback_name(name: &str) -> bool {
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
