//! Whether the process lives, and whether it can serve.

use super::error;
use crate::server::context::App;
use crate::server::service::system;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

/// The process answers.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The database answers too, so requests can be served.
pub(super) async fn ready(State(app): State<App>) -> Response {
    match system::ready(&app).await {
        Ok(()) => "ready\n".into_response(),
        Err(failure) => error::problem(&failure),
    }
}
