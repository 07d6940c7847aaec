//! Who may address us ([`host`]), and the headers that keep pages from doing what they should not.

mod host;

pub use host::known_host;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Where the public address has TLS, browsers come by it alone for a year (RFC 6797). Other hosts of its domain are not
/// ours to speak for.
pub(super) const HTTPS_ALONE: &str = "max-age=31536000";

/// Headers of every page.
pub(super) async fn page_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    mark_page(response.headers_mut());
    response
}

/// The same for a page that is written where no route is.
pub(super) fn mark_page(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
}

/// The policy for what a page may load and run; `nonce` marks the one script of its shell.
pub(super) fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}
