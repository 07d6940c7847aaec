//! What programs keep of an answer: its strong tag, by which they ask again and get nothing while nothing changed, and where
//! the next page of a list is, for those that follow `Link`. One layer around all calls, so that none goes without.

use crate::domain::digest::Algorithm;
use crate::domain::{Digest, Error};
use crate::server::http::conditions::among;
use crate::server::http::error;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

/// Where the page after an answered one starts. It comes here in the extensions of the answer.
#[derive(Clone)]
pub(super) struct Following(pub(super) String);

/// Tags what is read (RFC 9110, section 8.8.3), and answers 304 to who has it already (section 13.1.2). It is kept by who
/// asked alone, and asked for each time: what somebody may see changes without a word.
pub(in crate::server::http) async fn by_clients(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (uri, known) = (request.uri().clone(), among(request.headers(), header::IF_NONE_MATCH, false));
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // It was written by a handler, which bounds it.
    let Ok(body) = to_bytes(body, usize::MAX).await else { return error::problem(&Error::Internal) };
    let Ok(tag) = Digest::from_hex(Algorithm::Sha256, &hex::encode(Sha256::digest(&body))) else {
        return error::problem(&Error::Internal);
    };
    let link = parts.extensions.remove::<Following>().and_then(|Following(after)| link(&uri, &after));
    parts.headers.extend(link.map(|link| (header::LINK, link)));
    parts.headers.extend(HeaderValue::from_str(&format!("\"{tag}\"")).ok().map(|tag| (header::ETAG, tag)));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    parts.headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    if !known.is_some_and(|known| known.has(Some(&tag))) {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(header::CONTENT_TYPE);
    Response::from_parts(parts, Body::empty())
}

/// The address of the next page (RFC 8288, section 3), relative as all addresses are: the same question after another row.
fn link(uri: &Uri, after: &str) -> Option<HeaderValue> {
    let asked = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).filter(|(key, _)| key != "after");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked).append_pair("after", after);
    HeaderValue::from_str(&format!("<{}?{}>; rel=\"next\"", uri.path(), query.finish())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_same_question_after_another_row() {
        let of = |uri: &str, after: &str| link(&uri.parse().unwrap(), after).unwrap();
        assert_eq!(of("/api/v1/users", "nina"), "</api/v1/users?after=nina>; rel=\"next\"");
        assert_eq!(
            of("/api/v1/r/a/b/-/tags?limit=2&q=1.*+x%26y&after=old", "a>;b\"&c"),
            "</api/v1/r/a/b/-/tags?limit=2&q=1.*+x%26y&after=a%3E%3Bb%22%26c>; rel=\"next\""
        );
    }
}
