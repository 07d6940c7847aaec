//! Static files. A release binary carries them inside itself, already compressed; a development
//! build reads them from where cargo-leptos puts them.

use super::edge;
use crate::domain::Error;
use crate::domain::error::What;
use crate::ui::request::Assets;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, header};
use axum::response::IntoResponse;
use std::borrow::Cow;

/// Files under `/pkg`: their names carry a hash of their content, so they never change.
pub(super) async fn built(request: Request) -> Response<Body> {
    serve(&request, "public, max-age=31536000, immutable")
}

/// Files with a fixed name.
pub(super) async fn public(request: Request) -> Response<Body> {
    serve(&request, "public, max-age=3600")
}

fn serve(request: &Request, cache_control: &'static str) -> Response<Body> {
    let path = request.uri().path().trim_start_matches('/');
    let Some((bytes, encoding)) = best(path, request.headers()) else {
        return edge::refused(Error::NotFound(What::Page));
    };
    let content_type = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, cache_control),
        (header::VARY, "accept-encoding"),
    ];
    let mut response = (headers, bytes.into_owned()).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, encoding.parse().expect("a constant header value"));
    }
    response
}

/// The smallest form of a file that the client takes.
fn best(path: &str, headers: &HeaderMap) -> Option<(Cow<'static, [u8]>, Option<&'static str>)> {
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (encoding, suffix) in [("br", "br"), ("gzip", "gz")] {
        if accepts.split(',').any(|offer| offer.trim().split(';').next() == Some(encoding))
            && let Some(bytes) = file(&format!("{path}.{suffix}"))
        {
            return Some((bytes, Some(encoding)));
        }
    }
    file(path).map(|bytes| (bytes, None))
}

/// The names of the built files, hashes included.
pub(super) fn names() -> Assets {
    let find = |ending: &str| {
        let found = list().into_iter().find(|path| path.starts_with("pkg/portolan") && path.ends_with(ending));
        found.map(|path| format!("/{path}")).unwrap_or_default()
    };
    Assets { css: find(".css"), js: find(".js"), wasm: find(".wasm") }
}

#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/target/site"]
struct Site;

#[cfg(feature = "embed")]
fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    Site::get(path).map(|file| file.data)
}

#[cfg(feature = "embed")]
fn list() -> Vec<String> {
    Site::iter().map(Cow::into_owned).collect()
}

#[cfg(not(feature = "embed"))]
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/site");
/// What cargo-leptos copies into the site as it is.
#[cfg(not(feature = "embed"))]
const PUBLIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/public");

#[cfg(not(feature = "embed"))]
fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    if path.split('/').any(|part| part == ".." || part.is_empty()) {
        return None;
    }
    let read = |folder: &str| std::fs::read(format!("{folder}/{path}")).ok();
    read(SITE).or_else(|| read(PUBLIC)).map(Cow::Owned)
}

#[cfg(not(feature = "embed"))]
fn list() -> Vec<String> {
    let entries = std::fs::read_dir(format!("{SITE}/pkg")).into_iter().flatten().flatten();
    entries.map(|entry| format!("pkg/{}", entry.file_name().to_string_lossy())).collect()
}
