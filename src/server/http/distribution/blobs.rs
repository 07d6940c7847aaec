//! Blobs: GET and HEAD (end-2), whole or in parts.

use super::manifests::CONTENT_DIGEST;
use super::{Call, parts, ranges, value};
use crate::domain::action::ReadRepository;
use crate::domain::error::What;
use crate::domain::{Digest, Error, RepositoryName, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::service::pull::{self, Content, ContentRange};
use axum::body::Body;
use axum::http::{Method, Response, StatusCode, header};
use axum::response::IntoResponse;

/// The type of all blobs: what they are is the manifest's to say.
pub(super) const OCTETS: &str = "application/octet-stream";

pub(super) async fn get(call: Call, repository: RepositoryName, digest: Digest) -> Result<Response<Body>> {
    let proof = call.app.access.authorize(&call.caller, ReadRepository { repository }).await?;
    let is_head = call.request.method() == Method::HEAD;
    let has_already = call.has_already(&digest);
    let matches = call.require_match(&digest);
    let ranges = if is_head || has_already || matches.is_err() { vec![] } else { ranges(&call, &digest) };
    let found = match find(&call.app, &proof, &digest, &ranges).await {
        // Who only asks is about to push: a client that hears of nothing here sends it, which repairs it.
        Err(Error::Damaged(digest)) if is_head => {
            let repository = proof.action().repository.clone();
            return Err(Error::NotFound(What::Blob { repository, digest }));
        }
        found => found?,
    };
    matches?;
    if is_head {
        pull::keep_blob(&call.app, &proof, &digest).await?;
    }
    let headers = [
        (CONTENT_DIGEST, value(&digest)),
        (header::ETAG, value(format!("\"{digest}\""))),
        (header::ACCEPT_RANGES, value("bytes")),
        (header::CACHE_CONTROL, value("private, max-age=31536000, immutable")),
        (header::CONTENT_DISPOSITION, value("attachment")),
        (header::CONTENT_SECURITY_POLICY, value("sandbox")),
    ];
    let octets =
        |length: u64| [(header::CONTENT_TYPE, value(OCTETS)), (header::CONTENT_LENGTH, value(length.to_string()))];
    Ok(match found {
        Found::Whole(_) if has_already => {
            (StatusCode::NOT_MODIFIED, headers, [(header::CONTENT_TYPE, value(OCTETS))]).into_response()
        }
        Found::Whole(content) if is_head => {
            (StatusCode::OK, headers, octets(content.length), Body::empty()).into_response()
        }
        Found::Whole(content) => {
            (StatusCode::OK, headers, octets(content.length), Body::from_stream(content.body)).into_response()
        }
        Found::Part(part) => {
            let place = [(header::CONTENT_RANGE, value(parts::place(&part)))];
            let body = Body::from_stream(part.body);
            (StatusCode::PARTIAL_CONTENT, headers, octets(part.length), place, body).into_response()
        }
        Found::Parts(some) => {
            let (of_parts, body) = parts::body(some, &digest);
            (StatusCode::PARTIAL_CONTENT, headers, of_parts, body).into_response()
        }
    })
}

/// What is answered of a blob.
enum Found {
    Whole(Content),
    Part(Content),
    Parts(Vec<Content>),
}

/// The ranges that lie in the content; all of it where they are none, or more together than the whole.
async fn find(
    app: &App,
    proof: &Authorized<ReadRepository>,
    digest: &Digest,
    ranges: &[ContentRange],
) -> Result<Found> {
    if let [only] = ranges {
        return Ok(Found::Part(pull::blob(app, proof, digest, Some(*only)).await?));
    }
    let whole = pull::blob(app, proof, digest, None).await?;
    let size = whole.size;
    let of = |range: &ContentRange| {
        let (start, length) = ContentRange::within(Some(*range), size).ok()?;
        Some(Content { size, start, length, body: pull::blob_later(app, proof, digest, *range) })
    };
    let mut parts: Vec<_> = ranges.iter().filter_map(of).collect();
    let n_bytes = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.length));
    match parts.len() {
        0 if !ranges.is_empty() => Err(Error::Beyond { size }),
        0 => Ok(Found::Whole(whole)),
        _ if n_bytes > size => Ok(Found::Whole(whole)),
        1 => Ok(Found::Part(parts.remove(0))),
        _ => Ok(Found::Parts(parts)),
    }
}

/// The parts that are asked for. A condition that it is still the same content (`If-Range`) holds if it names the
/// digest; any other means the whole.
fn ranges(call: &Call, digest: &Digest) -> Vec<ContentRange> {
    let is_same = |known: &str| known.trim() == format!("\"{digest}\"");
    let holds = call.header(header::IF_RANGE).is_none_or(is_same);
    call.header(header::RANGE).filter(|_| holds).map(ranges::wanted).unwrap_or_default()
}
