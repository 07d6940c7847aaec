//! Counters for Prometheus. Labels are classes of routes, never names of repositories.

use super::error;
use crate::domain::action::ReadSystem;
use crate::server::access::Caller;
use crate::server::context::App;
use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::time::Duration;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabel {
    route: &'static str,
}

type Durations = Family<RouteLabel, Histogram, fn() -> Histogram>;

/// Seconds from 50 µs to 13 s.
fn new_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 4.0, 10))
}

/// What the server counts about itself.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Durations,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("portolan");
        let requests = Family::default();
        let durations: Durations = Family::new_with_constructor(new_histogram);
        registry.register("http_requests", "Requests answered", Family::clone(&requests));
        registry.register("http_request_duration_seconds", "Time to answer", Family::clone(&durations));
        Self { registry, requests, durations }
    }
}

impl Metrics {
    /// Counts one request.
    pub fn request(&self, route: &'static str, method: &str, status: u16, elapsed: Duration) {
        let known = matches!(method, "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS");
        let method = if known { method } else { "other" }.to_owned();
        self.requests.get_or_create(&RequestLabels { route, method, status }).inc();
        self.durations.get_or_create(&RouteLabel { route }).observe(elapsed.as_secs_f64());
    }
}

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
        _ if path.starts_with("/health/") || path == "/metrics" => "operations",
        "/events" => "events",
        _ => "pages",
    }
}

/// The counters as OpenMetrics text.
pub(super) async fn serve(State(app): State<App>, Extension(caller): Extension<Caller>) -> Response {
    if let Err(refusal) = app.access.authorize(&caller, ReadSystem {}).await {
        return error::problem(&refusal);
    }
    let mut text = String::new();
    match encode(&mut text, &app.metrics.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
            .into_response(),
        Err(failure) => {
            let incident = app.incident();
            tracing::error!(%incident, %failure, "the metrics could not be written");
            error::problem(&crate::domain::Error::Internal(incident))
        }
    }
}
