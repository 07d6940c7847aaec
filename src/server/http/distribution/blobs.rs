//! Blobs: GET and HEAD (end-2), whole or a range.

use super::manifests::CONTENT_DIGEST;
use super::{Call, value};
use crate::domain::action::ReadRepository;
use crate::domain::{Digest, RepositoryName, Result};
use crate::server::service::pull::{self, ContentRange};
use axum::body::Body;
use axum::http::{Method, Response, StatusCode, header};
use axum::response::IntoResponse;

pub(super) async fn get(call: Call, repository: RepositoryName, digest: Digest) -> Result<Response<Body>> {
    let proof = call.app.access.authorize(&call.caller, ReadRepository { repository }).await?;
    let is_head = call.request.method() == Method::HEAD;
    let range = call.header(header::RANGE).filter(|_| !is_head).and_then(parse_range);
    let content = pull::blob(&call.app, &proof, &digest, range).await?;
    let headers = [
        (CONTENT_DIGEST, value(&digest)),
        (header::ETAG, value(format!("\"{digest}\""))),
        (header::CONTENT_TYPE, value("application/octet-stream")),
        (header::CONTENT_LENGTH, value(content.length.to_string())),
        (header::ACCEPT_RANGES, value("bytes")),
        (header::CACHE_CONTROL, value("private, max-age=31536000, immutable")),
        (header::CONTENT_DISPOSITION, value("attachment")),
        (header::CONTENT_SECURITY_POLICY, value("sandbox")),
    ];
    let body = if is_head { Body::empty() } else { Body::from_stream(content.body) };
    if range.is_none() {
        return Ok((StatusCode::OK, headers, body).into_response());
    }
    let part = format!("bytes {}-{}/{}", content.start, content.start + content.length - 1, content.size);
    Ok((StatusCode::PARTIAL_CONTENT, headers, [(header::CONTENT_RANGE, value(part))], body).into_response())
}

/// One range `bytes=a-b` or `bytes=a-`. What cannot be read, and several ranges at once, get the
/// whole content (RFC 9110, section 14.2).
fn parse_range(text: &str) -> Option<ContentRange> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    let end = if end.is_empty() { None } else { Some(end.parse().ok()?) };
    Some(ContentRange { start: start.parse().ok()?, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_ranges_mean_the_whole() {
        assert_eq!(parse_range("bytes=2-5"), Some(ContentRange { start: 2, end: Some(5) }));
        assert_eq!(parse_range("bytes=2-"), Some(ContentRange { start: 2, end: None }));
        for odd in ["bytes=-5", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes=99999999999999999999-"] {
            assert_eq!(parse_range(odd), None, "{odd}");
        }
    }
}
