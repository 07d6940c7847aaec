//! Uploads: start (end-4, end-11), go on (end-5), finish (end-6), ask (end-13), cancel (end-14).

use super::manifests::CONTENT_DIGEST;
use super::ranges::{self, Place};
use super::{Call, error, location, value};
use crate::domain::action::{MountBlob, PushBlob};
use crate::domain::digest::Algorithm;
use crate::domain::error::ContentProblem;
use crate::domain::{Digest, Error, RepositoryName, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::service::push::{self, Chunk};
use axum::body::{Body, HttpBody};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use futures::{StreamExt, TryStreamExt};

const UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");

pub(super) async fn start(call: Call, repository: RepositoryName) -> Result<Response<Body>> {
    let app = call.app.clone();
    let proof = app.access.authorize(&call.caller, PushBlob { repository: repository.clone() }).await?;
    let digest = digest(&call)?;
    let algorithm = algorithm(&call, digest.as_ref())?;
    let is_mount_alone = !call.query("mount").is_empty() && !has_body(&call);
    // Where a mount cannot be, an ordinary upload begins: that is always allowed (end-11), and never tells whether
    // the other repository or that blob exists.
    if let Some(action) = wanted_mount(&call, &repository)? {
        let mounted = action.digest.clone();
        match app.access.authorize(&call.caller, action).await {
            Ok(proof) if push::mount(&app, &proof).await? => return Ok(created(&repository, &mounted)),
            // A client that asked for too little gets the chance to ask again.
            Err(Error::NarrowToken) => return Err(Error::NarrowToken),
            Ok(_) | Err(_) => {}
        }
    }
    match digest.filter(|_| !is_mount_alone) {
        None => {
            let upload = push::start(&app, &proof, algorithm).await?;
            Ok((StatusCode::ACCEPTED, standing(&repository, &upload.id, upload.received)).into_response())
        }
        Some(digest) => {
            push::whole(&app, proof, &digest, chunk(call, None)).await?;
            Ok(created(&repository, &digest))
        }
    }
}

/// The blob that is to be linked from another repository, where both are named. A blob without a repository is not
/// looked for: that would tell who has it.
fn wanted_mount(call: &Call, repository: &RepositoryName) -> Result<Option<MountBlob>> {
    let digest = call.query("mount").first().map(|digest| digest.parse()).transpose()?;
    let from = call.query("from").first().and_then(|from| from.parse().ok());
    let action = |(digest, from)| MountBlob { repository: repository.clone(), from, digest };
    Ok(digest.zip(from).map(action))
}

pub(super) async fn append(call: Call, repository: RepositoryName, id: &str) -> Result<Response<Body>> {
    let proof = proof(&call, &repository).await?;
    let (app, place) = (call.app.clone(), content_range(&call)?);
    match push::append(&app, &proof, id, chunk(call, place)).await {
        Ok(upload) => Ok((StatusCode::ACCEPTED, standing(&repository, id, upload.received)).into_response()),
        Err(failure) => out_of_order(&repository, id, failure),
    }
}

pub(super) async fn close(call: Call, repository: RepositoryName, id: &str) -> Result<Response<Body>> {
    let proof = proof(&call, &repository).await?;
    match finish(&call.app.clone(), proof, call, id).await {
        Ok(digest) => Ok(created(&repository, &digest)),
        Err(failure) => out_of_order(&repository, id, failure),
    }
}

pub(super) async fn status(call: Call, repository: RepositoryName, id: &str) -> Result<Response<Body>> {
    let proof = proof(&call, &repository).await?;
    let upload = push::status(&call.app, &proof, id).await?;
    Ok((StatusCode::NO_CONTENT, standing(&repository, id, upload.received)).into_response())
}

pub(super) async fn cancel(call: Call, repository: RepositoryName, id: &str) -> Result<Response<Body>> {
    let proof = proof(&call, &repository).await?;
    push::cancel(&call.app, &proof, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Every step of an upload asks again: rights may have changed since the last.
fn proof(
    call: &Call,
    repository: &RepositoryName,
) -> impl Future<Output = Result<Authorized<PushBlob>>> + Send + use<> {
    let (app, caller, action) = (call.app.clone(), call.caller.clone(), PushBlob { repository: repository.clone() });
    async move { app.access.authorize(&caller, action).await }
}

/// A closing PUT may bring the last chunk with it.
async fn finish(app: &App, proof: Authorized<PushBlob>, call: Call, id: &str) -> Result<Digest> {
    let missing = || Error::invalid("digest", "say which digest the content has: PUT …?digest=sha256:…");
    let digest = match digest(&call) {
        Ok(digest) => digest.ok_or_else(missing)?,
        Err(failure) => {
            push::cancel(app, &proof, id).await?; // As for a digest that does not fit: it will not be right later.
            return Err(failure);
        }
    };
    let place = content_range(&call)?;
    // An empty body is no chunk: where its answer was lost, this request comes again when nothing is staged any more.
    let last = (has_body(&call) || place.is_some()).then(|| chunk(call, place));
    push::finish(app, proof, id, last, &digest).await?;
    Ok(digest)
}

/// HTTP/2 streams a body without saying so in a header.
fn has_body(call: &Call) -> bool {
    call.length() != Some(0) && !call.request.body().is_end_stream()
}

/// A 416 that says where the upload stands, if that is what is the matter.
fn out_of_order(repository: &RepositoryName, id: &str, failure: Error) -> Result<Response<Body>> {
    let Error::OutOfOrder { received } = failure else { return Err(failure) };
    Ok((standing(repository, id, received), error::oci(&failure)).into_response())
}

/// Where an upload is and how far it came. Clients read `0-0` for nothing received; a range that ends before it
/// starts confuses them.
fn standing(repository: &RepositoryName, id: &str, received: u64) -> [(HeaderName, HeaderValue); 3] {
    [
        (header::LOCATION, location(repository, &format!("blobs/uploads/{id}"))),
        (header::RANGE, value(format!("0-{}", received.saturating_sub(1)))),
        (UPLOAD_UUID, value(id)),
    ]
}

fn created(repository: &RepositoryName, digest: &Digest) -> Response<Body> {
    let headers =
        [(header::LOCATION, location(repository, &format!("blobs/{digest}"))), (CONTENT_DIGEST, value(digest))];
    (StatusCode::CREATED, headers).into_response()
}

fn digest(call: &Call) -> Result<Option<Digest>> {
    let mut digests = call.query("digest");
    match (digests.pop(), digests.pop()) {
        (None, _) => Ok(None),
        (Some(only), None) => only.parse().map(Some),
        (Some(_), Some(_)) => Err(Error::invalid("digest", "state one digest, not several")),
    }
}

/// The algorithm that is named beforehand (end-4c), or that of the digest. Who names one that nobody here could
/// check learns it now, and not after the last byte. The digest at the end decides.
fn algorithm(call: &Call, digest: Option<&Digest>) -> Result<Algorithm> {
    let mut algorithm = digest.map(Digest::algorithm);
    for name in call.query("digest-algorithm") {
        let named: Algorithm = name.parse()?;
        if algorithm.is_some_and(|known| known != named) {
            return Err(Error::invalid("digest", "two algorithms are named; name one"));
        }
        algorithm = Some(named);
    }
    Ok(algorithm.unwrap_or(Algorithm::Sha256))
}

/// Where a chunk belongs, if it says so. A place that cannot be read, or two of them, is never taken for none.
fn content_range(call: &Call) -> Result<Option<Place>> {
    let mut lines = call.request.headers().get_all(header::CONTENT_RANGE).iter();
    let (Some(line), next) = (lines.next(), lines.next()) else { return Ok(None) };
    let bad = || Error::invalid("content-range", "Content-Range names the first and last byte of the chunk: 10-19");
    let place = line.to_str().ok().filter(|_| next.is_none()).and_then(ranges::place).ok_or_else(bad)?;
    match call.length() {
        Some(announced) if announced != place.length => Err(Error::Content {
            problem: ContentProblem::Size,
            message: format!("Content-Range says {} bytes and Content-Length {announced}", place.length),
        }),
        _ => Ok(Some(place)),
    }
}

fn chunk(call: Call, place: Option<Place>) -> Chunk {
    let length = call.length().or(place.map(|place| place.length));
    let body = call.request.into_body().into_data_stream().map_err(std::io::Error::other).boxed();
    Chunk { start: place.map(|place| place.start), length, body }
}
