//! Pages as brotli. A page is there whole before the first byte is sent, so it is packed in one go with a window of its
//! own size: the general layer does not know how much will come, and clears megabytes for each answer.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use http_body_util::BodyExt;
use std::io::Write;

/// Above this each step packs little more and takes twice as long.
const QUALITY: i32 = 4;
/// The window of RFC 7932, section 9.1, as a power of two: 256 KiB, which is more than a page of a hundred rows.
const WINDOW_BITS: i32 = 18;
/// What fits into one packet is sent as it is.
const LEAST: usize = 1_024;

/// Packs the pages for browsers that take brotli; all else goes on to the general layer.
pub(super) async fn pages(request: Request, next: Next) -> Response {
    let is_taken = takes_brotli(request.headers());
    let response = next.run(request).await;
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    match is_taken && is_page && !response.headers().contains_key(header::CONTENT_ENCODING) {
        true => pack(response).await,
        false => response,
    }
}

async fn pack(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let plain = match body.collect().await {
        Ok(whole) => whole.to_bytes(),
        Err(error) => return Response::from_parts(parts, Body::from_stream(broken(error))),
    };
    if plain.len() < LEAST {
        return Response::from_parts(parts, Body::from(plain));
    }
    let params =
        BrotliEncoderParams { quality: QUALITY, lgwin: WINDOW_BITS, size_hint: plain.len(), ..Default::default() };
    let mut packed = Vec::with_capacity(plain.len() / 4);
    // Into memory, which takes all of it.
    let is_whole = CompressorWriter::with_params(&mut packed, plain.len(), &params).write_all(&plain).is_ok();
    if !is_whole {
        return Response::from_parts(parts, Body::from(plain));
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    Response::from_parts(parts, Body::from(packed))
}

/// A body that ends as the one before it did.
fn broken(error: axum::Error) -> impl futures::Stream<Item = Result<Vec<u8>, axum::Error>> {
    futures::stream::iter([Err(error)])
}

/// RFC 9110, section 12.5.3.
fn takes_brotli(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let is_brotli = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
        is_brotli
            && !parts.any(|part| matches!(part.to_ascii_lowercase().as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_taken_by_who_says_so() {
        let takes = |accepted: &'static str| {
            takes_brotli(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]))
        };
        assert!(takes("gzip, deflate, br, zstd") && takes("BR;q=0.5") && takes("br"));
        assert!(!takes("gzip") && !takes("br;q=0, gzip") && !takes("br; q=0.000") && !takes("brx") && !takes(""));
    }
}
