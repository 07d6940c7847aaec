//! What the server counts about itself. Labels are classes of routes, never names of repositories.

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

/// The counters.
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

    /// All counters as OpenMetrics text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes every text");
        text
    }
}
