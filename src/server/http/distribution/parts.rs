//! Several parts of a blob in one answer (RFC 9110, section 14.6), as clients ask for them that pull lazily.

use super::blobs::OCTETS;
use super::value;
use crate::domain::Digest;
use crate::server::service::pull::Content;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;

/// A body of parts, each with its place, and the headers that say so.
pub(super) fn body(parts: Vec<Content>, digest: &Digest) -> ([(HeaderName, HeaderValue); 2], Body) {
    let boundary = &digest.hex()[..32]; // No content holds its own digest.
    let head = |part: &Content| {
        let place = place(part);
        format!("\r\n--{boundary}\r\nContent-Type: {OCTETS}\r\nContent-Range: {place}\r\n\r\n")
    };
    let end = format!("\r\n--{boundary}--\r\n");
    let headed: Vec<_> = parts.into_iter().map(|part| (head(&part), part)).collect();
    let length = headed.iter().map(|(head, part)| head.len() as u64 + part.length).sum::<u64>() + end.len() as u64;
    let whole = |text: String| stream::once(async move { Ok(Bytes::from(text)) });
    let body = stream::iter(headed).flat_map(move |(head, part)| whole(head).chain(part.body)).chain(whole(end));
    let headers = [
        (header::CONTENT_TYPE, value(format!("multipart/byteranges; boundary={boundary}"))),
        (header::CONTENT_LENGTH, value(length.to_string())),
    ];
    (headers, Body::from_stream(body))
}

/// Where a part lies in its content.
pub(super) fn place(part: &Content) -> String {
    format!("bytes {}-{}/{}", part.start, part.start + part.length - 1, part.size)
}
