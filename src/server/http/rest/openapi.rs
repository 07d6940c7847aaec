//! `/api/openapi.json`: what can be called here, for programs and for who writes them. Everybody may read it: it says
//! nothing of what is in this registry.

use crate::server::service::openapi;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::http::{Response, header};
use axum::response::IntoResponse;

/// The document, as it is sent each time.
#[derive(Clone)]
pub(in crate::server::http) struct Document(Bytes);

/// The document of this version.
pub(in crate::server::http) fn document() -> Document {
    Document(Bytes::from(openapi::document().to_string()))
}

/// Sends it.
pub(in crate::server::http) async fn show(Extension(Document(document)): Extension<Document>) -> Response<Body> {
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}
