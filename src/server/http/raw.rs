//! The bytes of a manifest as a file. They are a pusher's: a browser saves them and opens nothing.

use super::{error, shell};
use crate::domain::action::ReadRepository;
use crate::domain::{Address, Digest, Error, RepositoryName, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::images;
use crate::ui::query::decode_path;
use crate::ui::request::Assets;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, header};
use axum::response::IntoResponse;

/// The file, where the address is that of one; else, and where it is not there or not to be seen, the page of the address.
pub(super) async fn or_page(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    assets: Extension<Assets>,
    request: Request<Body>,
) -> Response<Body> {
    let path = decode_path(request.uri().path());
    let asked = path.strip_prefix("/r/").and_then(Address::parse_repository);
    let Some(Address::RawManifest(repository, digest)) = asked else {
        return shell::page(State(app), Extension(caller), assets, request).await;
    };
    match bytes(&app, &caller, repository, &digest).await {
        Ok(bytes) => file(&digest, bytes),
        Err(Error::NotFound(_) | Error::Unauthenticated | Error::Forbidden(_)) => {
            shell::page(State(app), Extension(caller), assets, request).await
        }
        Err(failure) => error::problem(&failure),
    }
}

async fn bytes(app: &App, caller: &Caller, repository: RepositoryName, digest: &Digest) -> Result<Vec<u8>> {
    let proof = app.access.authorize(caller, ReadRepository { repository }).await?;
    images::raw(app, &proof, digest.clone()).await
}

fn file(digest: &Digest, bytes: Vec<u8>) -> Response<Body> {
    let name = format!("attachment; filename=\"{}.json\"", digest.short());
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, &*name),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'"),
    ];
    (headers, bytes).into_response()
}
