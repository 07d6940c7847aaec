//! Who may address us, and the headers that keep pages from doing what they should not.

use crate::domain::Error;
use crate::server::context::App;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

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
