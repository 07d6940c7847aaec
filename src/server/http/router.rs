//! The whole surface on one screen.

use super::{assets, distribution, edge, events, health, metrics, security, shell};
use crate::server::context::App;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::{any, get};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;

/// Every route of the server.
pub fn router(app: App) -> Router {
    let _ = any_spawner::Executor::init_tokio(); // Pages are drawn on it; set already where a test made a router before.
    let pages = Router::new()
        .route("/", get(|| async { Redirect::to("/repositories") }))
        .route("/repositories", get(shell::page))
        .route("/r/{*rest}", get(shell::page))
        .route("/admin/mounts", get(shell::page))
        .fallback(shell::page)
        .layer(Extension(assets::names()))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)))
        .layer(from_fn(security::page_headers));
    let distribution = Router::new()
        .route("/v2", any(distribution::serve))
        .route("/v2/", any(distribution::serve))
        .route("/v2/{*path}", any(distribution::serve));
    let plain = Router::new()
        .route("/events", get(events::stream))
        .route("/metrics", get(metrics::serve))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/pkg/{*path}", get(assets::built))
        .route("/favicon.ico", get(|| async { Redirect::permanent("/favicon.svg") }))
        .route("/favicon.svg", get(assets::public))
        .route("/icons.svg", get(assets::public))
        .route("/chevron.svg", get(assets::public))
        .route("/copy.svg", get(assets::public))
        .route("/check.svg", get(assets::public));
    let routes = pages.merge(distribution).merge(plain).with_state(app.clone());
    // Around all routes together: a layer of a router is copied for each request of each route, with all beneath it.
    let around = ServiceBuilder::new()
        .layer(from_fn_with_state(app.clone(), edge::every_request))
        .layer(from_fn_with_state(app, security::known_host))
        .layer(CsrfLayer::new());
    Router::new().fallback_service(around.service(routes))
}
