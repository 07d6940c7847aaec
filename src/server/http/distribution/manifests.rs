//! Manifests: GET, HEAD (end-3) and PUT (end-7).

use super::{Call, location, value};
use crate::domain::action::{PushManifest, ReadRepository};
use crate::domain::manifest::MAX_MANIFEST_BYTES;
use crate::domain::{Error, Reference, RepositoryName, Result};
use crate::server::service::pull::{self, RawManifest};
use crate::server::service::push;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use http_body_util::LengthLimitError;

/// Names the content of an answer by its digest.
pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

pub(super) async fn get(call: Call, repository: RepositoryName, reference: Reference) -> Result<Response<Body>> {
    let proof = call.app.access.authorize(&call.caller, ReadRepository { repository }).await?;
    let manifest = pull::manifest(&call.app, &proof, reference).await?;
    Ok(answer(&call, manifest))
}

fn answer(call: &Call, manifest: RawManifest) -> Response<Body> {
    let etag = format!("\"{}\"", manifest.digest);
    let known = call.header(header::IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == etag));
    let headers = [
        (CONTENT_DIGEST, value(&manifest.digest)),
        (header::ETAG, value(&etag)),
        (header::CONTENT_TYPE, value(&manifest.media_type)),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let length = [(header::CONTENT_LENGTH, value(manifest.bytes.len().to_string()))];
    let is_head = call.request.method() == Method::HEAD;
    let body = if is_head { Body::empty() } else { Body::from(manifest.bytes) };
    (StatusCode::OK, headers, length, body).into_response()
}

pub(super) async fn put(call: Call, repository: RepositoryName, reference: Reference) -> Result<Response<Body>> {
    let action = PushManifest { repository: repository.clone(), reference: reference.clone() };
    let proof = call.app.access.authorize(&call.caller, action).await?;
    let app = call.app.clone();
    let too_large = || Error::TooLarge { message: format!("a manifest has at most {MAX_MANIFEST_BYTES} bytes") };
    if call.length().is_some_and(|length| length > MAX_MANIFEST_BYTES as u64) {
        return Err(too_large());
    }
    let media_type =
        call.header(header::CONTENT_TYPE).and_then(|text| text.split(';').next()).map(|text| text.trim().to_owned());
    let bytes = to_bytes(call.request.into_body(), MAX_MANIFEST_BYTES).await.map_err(|error| {
        let is_too_large = std::error::Error::source(&error).is_some_and(|source| source.is::<LengthLimitError>());
        if is_too_large { too_large() } else { Error::invalid("body", format!("the body broke off: {error}")) }
    })?;
    let digest = push::manifest(&app, &proof, media_type.as_deref().filter(|text| !text.is_empty()), bytes).await?;
    let headers =
        [(header::LOCATION, location(&repository, &format!("manifests/{digest}"))), (CONTENT_DIGEST, value(&digest))];
    Ok((StatusCode::CREATED, headers).into_response())
}
