//! The counters for Prometheus.

use super::{door, error};
use crate::domain::Error;
use crate::domain::action::ReadSystem;
use crate::server::access::Caller;
use crate::server::context::App;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// The class of a path.
pub(super) fn route_class(path: &str) -> &'static str {
    let is_in = |part: &str| path.contains(part);
    match path {
        "/v2" | "/v2/" | "/v2/_catalog" => "v2",
        _ if path.starts_with("/v2/") && is_in("/manifests/") => "v2.manifests",
        _ if path.starts_with("/v2/") && is_in("/blobs/uploads") => "v2.uploads",
        _ if path.starts_with("/v2/") && is_in("/blobs/") => "v2.blobs",
        _ if path.starts_with("/v2/") => "v2",
        _ if path.starts_with("/pkg/") => "assets",
        _ if path.starts_with("/hooks/") => "hooks",
        _ if path.starts_with("/health/") || path == "/metrics" => "operations",
        "/events" => "events",
        "/search" => "search",
        _ => "pages",
    }
}

/// The counters as OpenMetrics text.
pub(super) async fn serve(State(app): State<App>, Extension(caller): Extension<Caller>) -> Response {
    if let Err(refusal) = app.access.authorize(&caller, ReadSystem {}).await {
        let refusal = door::soften(&app, &caller, refusal);
        let mut response = error::problem(&refusal);
        if refusal == Error::Unauthenticated {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"portolan\""));
        }
        return response;
    }
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], app.metrics.text())
        .into_response()
}
