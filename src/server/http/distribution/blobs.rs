//! Blobs: GET and HEAD (end-2), whole or a range.

use super::manifests::CONTENT_DIGEST;
use super::{Call, ranges, value};
use crate::domain::action::ReadRepository;
use crate::domain::condition::Among;
use crate::domain::error::What;
use crate::domain::{Digest, Error, RepositoryName, Result};
use crate::server::service::pull::{self, ContentRange};
use axum::body::Body;
use axum::http::{Method, Response, StatusCode, header};
use axum::response::IntoResponse;

pub(super) async fn get(call: Call, repository: RepositoryName, digest: Digest) -> Result<Response<Body>> {
    let proof = call.app.access.authorize(&call.caller, ReadRepository { repository }).await?;
    let is_head = call.request.method() == Method::HEAD;
    let range = if is_head || call.has_already(&digest) { None } else { range(&call, &digest) };
    let content = match pull::blob(&call.app, &proof, &digest, range).await {
        // Who only asks is about to push: a client that hears of nothing here sends it, which repairs it.
        Err(Error::Damaged(digest)) if is_head => {
            let repository = proof.action().repository.clone();
            return Err(Error::NotFound(What::Blob { repository, digest }));
        }
        content => content?,
    };
    call.require_match(&digest)?;
    let headers = [
        (CONTENT_DIGEST, value(&digest)),
        (header::ETAG, value(format!("\"{digest}\""))),
        (header::CONTENT_TYPE, value("application/octet-stream")),
        (header::ACCEPT_RANGES, value("bytes")),
        (header::CACHE_CONTROL, value("private, max-age=31536000, immutable")),
        (header::CONTENT_DISPOSITION, value("attachment")),
        (header::CONTENT_SECURITY_POLICY, value("sandbox")),
    ];
    if call.has_already(&digest) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let length = [(header::CONTENT_LENGTH, value(content.length.to_string()))];
    let body = if is_head { Body::empty() } else { Body::from_stream(content.body) };
    if range.is_none() {
        return Ok((StatusCode::OK, headers, length, body).into_response());
    }
    let part = format!("bytes {}-{}/{}", content.start, content.start + content.length - 1, content.size);
    Ok((StatusCode::PARTIAL_CONTENT, headers, length, [(header::CONTENT_RANGE, value(part))], body).into_response())
}

/// The part that is asked for. A condition that it is still the same content (`If-Range`) holds if it names the
/// digest; any other means the whole.
fn range(call: &Call, digest: &Digest) -> Option<ContentRange> {
    let is_same = |known: &str| Among::parse(known, true).has(Some(digest));
    let holds = call.header(header::IF_RANGE).is_none_or(is_same);
    call.header(header::RANGE).filter(|_| holds).and_then(ranges::wanted)
}
