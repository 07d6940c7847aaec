//! Manifests: GET, HEAD (end-3) and PUT (end-7).

use super::{Call, location, value, warning};
use crate::domain::action::{PushManifest, ReadRepository};
use crate::domain::manifest::MAX_MANIFEST_BYTES;
use crate::domain::{Error, Reference, RepositoryName, Result, Tag};
use crate::server::service::pull::{self, RawManifest};
use crate::server::service::push::{self, Pushed, SentManifest};
use axum::body::Body;
use axum::http::{HeaderName, Method, Response, StatusCode, header};
use axum::response::IntoResponse;

/// Names the content of an answer by its digest.
pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Tags that the registry took (end-7b), and whom a manifest is about (end-7).
const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");
const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");

/// The most tags that one push may name.
const MAX_TAGS: usize = 64;

pub(super) async fn get(call: Call, repository: RepositoryName, reference: Reference) -> Result<Response<Body>> {
    let proof = call.app.access.authorize(&call.caller, ReadRepository { repository }).await?;
    let whole = call.request.method() == Method::GET;
    let manifest = pull::manifest(&call.app, &proof, reference, whole).await?;
    call.require_match(&manifest.digest)?;
    answer(&call, manifest)
}

fn answer(call: &Call, manifest: RawManifest) -> Result<Response<Body>> {
    let headers = [
        (CONTENT_DIGEST, value(&manifest.digest)),
        (header::ETAG, value(format!("\"{}\"", manifest.digest))),
        (header::CONTENT_TYPE, value(&manifest.media_type)),
    ];
    if call.has_already(&manifest.digest) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let length = [(header::CONTENT_LENGTH, value(manifest.bytes.len().to_string()))];
    let body = match call.request.method() == Method::HEAD {
        true => Body::empty(),
        false => call.held.body(manifest.bytes, Some(&manifest.digest), &call.caller)?,
    };
    Ok((StatusCode::OK, headers, length, body).into_response())
}

pub(super) async fn put(call: Call, repository: RepositoryName, reference: Reference) -> Result<Response<Body>> {
    let tags = tags(&call, &reference)?;
    let action = PushManifest { repository: repository.clone(), reference, tags: tags.clone() };
    let proof = call.app.access.authorize(&call.caller, action).await?;
    let (app, condition) = (call.app.clone(), call.condition());
    let media_type = call.header(header::CONTENT_TYPE).and_then(|text| text.split(';').next());
    let media_type = media_type.map(|text| text.trim().to_ascii_lowercase()).filter(|text| !text.is_empty());
    let (length, held, caller) = (call.length(), call.held.clone(), call.caller.clone());
    let too_large = || Error::TooLarge { message: format!("a manifest has at most {MAX_MANIFEST_BYTES} bytes") };
    let bounds = (length, MAX_MANIFEST_BYTES);
    let (bytes, _place) = held.collect(call.request.into_body(), bounds, &caller, too_large).await?;
    let sent = SentManifest { media_type, bytes, condition, by_run: None };
    Ok(created(&repository, &push::manifest(&app, &proof, sent).await?, &tags))
}

/// The tags that a push by digest sets (end-7b).
fn tags(call: &Call, reference: &Reference) -> Result<Vec<Tag>> {
    let mut tags: Vec<Tag> = Vec::new();
    for tag in call.query("tag") {
        let tag = tag.parse()?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    match (reference, tags.len()) {
        (_, 0) | (Reference::Digest(_), 1..=MAX_TAGS) => Ok(tags),
        (Reference::Digest(_), n) => Err(Error::invalid("tag", format!("{n} tags at once; set at most {MAX_TAGS}"))),
        (Reference::Tag(_), _) => {
            Err(Error::invalid("tag", "tag parameters go with a push by digest: PUT …/manifests/sha256:…?tag=…"))
        }
    }
}

fn created(repository: &RepositoryName, pushed: &Pushed, tags: &[Tag]) -> Response<Body> {
    let place = location(repository, &format!("manifests/{}", pushed.digest));
    let headers = [(header::LOCATION, place), (CONTENT_DIGEST, value(&pushed.digest))];
    let mut response = (StatusCode::CREATED, headers).into_response();
    for tag in tags {
        response.headers_mut().append(OCI_TAG, value(tag));
    }
    if let Some(subject) = &pushed.subject {
        response.headers_mut().insert(OCI_SUBJECT, value(subject));
    }
    if pushed.layers_elsewhere > 0 {
        let text = format!(
            "{} of the layers are not kept here: whoever pulls this image fetches them from the addresses that it names",
            pushed.layers_elsewhere
        );
        response.headers_mut().insert(header::WARNING, warning::header(&text));
    }
    response
}
