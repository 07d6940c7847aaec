//! Referrers: the manifests about another one, in pages (end-12).

use super::{Call, value};
use crate::domain::action::ReadRepository;
use crate::domain::{Digest, Error, RepositoryName, Result, media_type};
use crate::server::service::pull::{self, Referrer, Wanted};
use axum::body::Body;
use axum::http::{HeaderName, Response, header};
use axum::response::IntoResponse;
use serde::Serialize;
use std::collections::BTreeMap;
use url::form_urlencoded::Serializer;

const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");
/// Referrers of a page where the client did not say, and the most.
const MAX_PAGE: u32 = 1000;
/// The most types that one request names.
const MAX_TYPES: usize = 16;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    size: u64,
    digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

pub(super) async fn list(call: Call, repository: RepositoryName, subject: Digest) -> Result<Response<Body>> {
    let action = ReadRepository { repository: repository.clone() };
    let proof = call.app.access.authorize(&call.caller, action).await?;
    let wanted = wanted(&call, subject)?;
    let found = pull::referrers(&call.app, &proof, wanted.clone()).await?;
    let manifests = found.items.into_iter().map(descriptor).collect();
    let index = Index { schema_version: 2, media_type: media_type::OCI_INDEX, manifests };
    let body = serde_json::to_string(&index).map_err(|_| Error::Internal)?;
    let headers =
        [(header::CONTENT_TYPE, value(media_type::OCI_INDEX)), (header::CONTENT_LENGTH, value(body.len().to_string()))];
    let mut response = (headers, call.held.body(body.into(), None, &call.caller)?).into_response();
    if !wanted.types.is_empty() {
        response.headers_mut().insert(FILTERS_APPLIED, value("artifactType"));
    }
    if let Some(last) = found.next {
        let next = format!("</v2/{repository}/referrers/{}?{}>; rel=\"next\"", wanted.subject, query(&wanted, &last));
        response.headers_mut().insert(header::LINK, value(next));
    }
    Ok(response)
}

fn wanted(call: &Call, subject: Digest) -> Result<Wanted> {
    // No type has a space: who wrote a bare `+` is read as meaning it.
    let types: Vec<_> = call.query("artifactType").iter().map(|stated| stated.replace(' ', "+")).collect();
    if types.len() > MAX_TYPES {
        return Err(Error::invalid("artifactType", format!("ask for at most {MAX_TYPES} types at once")));
    }
    let limit = call.query("n").first().map(|text| text.parse::<u64>());
    let limit = limit.transpose().map_err(|_| Error::invalid("n", "n is the number of referrers of a page"))?;
    let limit = u32::try_from(limit.unwrap_or(MAX_PAGE.into())).unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
    let after = call.query("last").first().map(|last| last.parse()).transpose()?;
    Ok(Wanted { subject, types: types.into_iter().filter(|wanted| !wanted.is_empty()).collect(), after, limit })
}

/// The parameters of the next page.
fn query(wanted: &Wanted, last: &Digest) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(wanted.types.iter().map(|wanted| ("artifactType", wanted)));
    query.append_pair("last", last.as_str()).append_pair("n", &wanted.limit.to_string()).finish()
}

fn descriptor(found: Referrer) -> Descriptor {
    let Referrer { digest, media_type, artifact_type, size, annotations } = found;
    Descriptor { media_type, size, digest, artifact_type, annotations }
}
