//! The whole surface on one screen.

use super::{
    assets, console, distribution, edge, events, health, hooks, in_time, invite, keys, metrics, packed, provider, push,
    raw, rest, search, security, set_up, shell, sign_in, to_its_end, token,
};
use crate::domain::Error;
use crate::domain::error::What;
use crate::server::context::App;
use crate::server::service::plans;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::{any, delete, get, post};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;

/// The most of a form, and of a document for the API: a plan to delete fits in, with what is sent beside it.
pub(super) const FORM_BYTES: usize = 128 * 1024;
const _: () = assert!(plans::MAX_BYTES + 16 * 1024 <= FORM_BYTES);

/// Every route of the server.
pub fn router(app: App) -> Router {
    let _ = any_spawner::Executor::init_tokio(); // Pages are drawn on it; set already where a test made a router before.
    let short =
        pages().merge(rest_api()).merge(plain()).layer(from_fn(to_its_end::changes)).layer(from_fn(in_time::bodies));
    let routes = short.merge(distribution_api()).with_state(app.clone());
    // Around all routes together: a layer of a router is copied for each request of each route, with all beneath it.
    let around = ServiceBuilder::new()
        .layer(from_fn_with_state(app.clone(), edge::every_request))
        .layer(from_fn_with_state(app, security::known_host))
        .layer(CsrfLayer::new());
    Router::new().fallback_service(around.service(routes))
}

/// What people see, and the forms on it.
fn pages() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/repositories") }))
        .route("/repositories", get(shell::page).post(console::submit))
        .route("/repositories/new", get(shell::page).post(console::submit))
        .route("/repositories/push", get(push::page))
        .route("/search", get(search::page))
        .route("/r/{*rest}", get(raw::or_page).post(console::submit))
        .route("/n/{*rest}", get(shell::page).post(console::submit))
        .route("/account", get(shell::page).post(console::submit))
        .route("/account/{page}", get(shell::page).post(console::submit))
        .route("/help", get(shell::page))
        .route("/help/shortcuts", get(shell::page).post(keys::choose))
        .route("/activity", get(shell::page))
        .route("/help/api", get(shell::page))
        .route("/trash", get(shell::page).post(console::submit))
        .route("/jobs", get(shell::page).post(console::submit))
        .route("/jobs/{id}", get(shell::page).post(console::submit))
        .route("/admin/{page}", get(shell::page).post(console::submit))
        .route("/admin/{page}/{name}", get(shell::page).post(console::submit))
        .route("/admin/mounts/{*name}", get(shell::page).post(console::submit))
        .route("/auth/login", get(sign_in::login_page).post(sign_in::log_in))
        .route("/auth/setup", get(set_up::page).post(set_up::submit))
        .route("/auth/invite/{link}", get(invite::page).post(invite::accept))
        .route("/auth/invite/{link}/by/{provider}", get(invite::by_provider))
        .route("/auth/provider/{name}", get(provider::start))
        .route("/auth/provider/{name}/callback", get(provider::callback))
        .route("/auth/logout", get(|| async { Redirect::to("/repositories") }).post(sign_in::log_out))
        .fallback(shell::page)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(Extension(assets::names()))
        .layer(from_fn(packed::pages))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)))
        .layer(from_fn(security::page_headers))
}

/// What registry clients speak.
fn distribution_api() -> Router<App> {
    Router::new()
        .route("/v2", any(distribution::serve))
        .route("/v2/", any(distribution::serve))
        .route("/v2/{*path}", any(distribution::serve))
        .layer(Extension(distribution::Held::default()))
}

/// What was deleted, for programs.
fn trash_api() -> Router<App> {
    Router::new()
        .route("/api/v1/trash", get(rest::trash::list))
        .route("/api/v1/trash/restore", post(rest::trash::restore_all))
        .route("/api/v1/trash/purge", post(rest::trash::purge_all))
        .route("/api/v1/trash/{id}", get(rest::trash::show).delete(rest::trash::purge))
        .route("/api/v1/trash/{id}/restore", post(rest::trash::restore))
}

/// Who they are, for programs.
fn people_api() -> Router<App> {
    Router::new()
        .route("/api/v1/account", get(rest::account::show))
        .route("/api/v1/account/sessions/{id}", delete(rest::account::end_session))
        .route("/api/v1/users", get(rest::users::list).post(rest::users::create))
        .route("/api/v1/users/{who}", get(rest::users::show).patch(rest::users::change).delete(rest::users::delete))
        .route("/api/v1/users/{who}/invitation", post(rest::users::invite))
        .route("/api/v1/users/{who}/sessions", delete(rest::users::sign_out))
        .route("/api/v1/waiting", get(rest::waiting::list))
        .route("/api/v1/waiting/{id}", get(rest::waiting::show).delete(rest::waiting::dismiss))
        .route("/api/v1/waiting/{id}/let-in", post(rest::waiting::let_in))
}

/// What programs speak. Each call stands in the OpenAPI document too.
fn rest_api() -> Router<App> {
    people_api()
        .merge(trash_api())
        .route("/api/v1/groups", get(rest::groups::list).post(rest::groups::create))
        .route(
            "/api/v1/groups/{name}",
            get(rest::groups::show).patch(rest::groups::change).delete(rest::groups::delete),
        )
        .route("/api/v1/mounts", get(rest::mounts::list).post(rest::mounts::create))
        .route(
            "/api/v1/mounts/{*name}",
            get(rest::mounts::show).post(rest::mounts::ask).patch(rest::mounts::change).delete(rest::mounts::delete),
        )
        .route("/api/v1/jobs", get(rest::jobs::list).post(rest::jobs::create))
        .route("/api/v1/jobs/{id}", get(rest::jobs::show))
        .route("/api/v1/jobs/{id}/{control}", post(rest::jobs::control))
        .route("/api/v1/roles", get(rest::roles::list))
        .route("/api/v1/roles/{name}", get(rest::roles::show))
        .route("/api/v1/providers", get(rest::providers::list).post(rest::providers::create))
        .route(
            "/api/v1/providers/{name}",
            get(rest::providers::show).patch(rest::providers::change).delete(rest::providers::delete),
        )
        .route("/api/v1/activity", get(rest::activity::list))
        .route("/api/v1/grants", get(rest::access::list).post(rest::access::give))
        .route("/api/v1/grants/{id}", get(rest::access::show).patch(rest::access::change).delete(rest::access::take))
        .route("/api/v1/protections", get(rest::protections::list).post(rest::protections::set))
        .route(
            "/api/v1/protections/{id}",
            get(rest::protections::show).patch(rest::protections::change).delete(rest::protections::remove),
        )
        .route("/api/v1/tokens", get(rest::tokens::list).post(rest::tokens::create))
        .route("/api/v1/tokens/{id}", get(rest::tokens::show).delete(rest::tokens::delete))
        .route("/api/v1/robots", get(rest::robots::list).post(rest::robots::create))
        .route("/api/v1/robots/{id}", get(rest::robots::show).patch(rest::robots::change).delete(rest::robots::delete))
        .route("/api/v1/robots/{id}/rotate", post(rest::robots::rotate))
        .route("/api/v1/namespaces", get(rest::namespaces::list))
        .route("/api/v1/repositories", get(rest::repositories::list))
        .route("/api/v1/search", get(rest::search::find))
        .route(
            "/api/v1/r/{*repository}",
            get(rest::repositories::show)
                .post(rest::changes::post)
                .put(rest::changes::put)
                .patch(rest::repositories::configure)
                .delete(rest::repositories::delete),
        )
        .route(
            "/api/v1/n/{*namespace}",
            get(rest::namespaces::show)
                .post(rest::changes::post_in_namespace)
                .patch(rest::namespaces::change)
                .delete(rest::changes::delete_namespace),
        )
        .route("/api/openapi.json", get(rest::openapi::show).layer(Extension(rest::openapi::document())))
        .route("/api/{*rest}", any(|| async { edge::refused(Error::NotFound(What::Page)) }))
        .layer(from_fn(rest::kept::by_clients))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// Files, events, tokens, probes.
fn plain() -> Router<App> {
    Router::new()
        .route("/events", get(events::stream))
        .route("/v1/{*rest}", any(|| async { edge::refused(Error::NotFound(What::Endpoint)) }))
        .route("/token", get(token::get).post(token::post))
        .route("/token/jwks.json", get(token::keys))
        .route("/token/ca.pem", get(token::authority))
        .route("/hooks/registry/{mount_id}", post(hooks::registry))
        .route("/metrics", get(metrics::serve))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/pkg/{*path}", get(assets::built))
        .route("/favicon.ico", get(|| async { Redirect::permanent("/favicon.svg") }))
        .route("/favicon.svg", get(assets::public))
        .route("/icons.svg", get(assets::public))
        .route("/chart.svg", get(assets::public))
        .route("/chevron.svg", get(assets::public))
        .route("/copy.svg", get(assets::public))
        .route("/check.svg", get(assets::public))
}
