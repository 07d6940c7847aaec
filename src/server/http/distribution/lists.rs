//! The catalog and lists of tags, in pages (end-8).

use super::{Call, value};
use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::{Error, RepositoryName, Result};
use crate::server::service::{pull, repositories};
use axum::body::Body;
use axum::http::{Response, header};
use axum::response::IntoResponse;
use serde_json::json;

/// Names of a page where the client did not say.
const DEFAULT_PAGE: u32 = 1000;
/// The most names of a page.
const MAX_PAGE: u32 = 10_000;

pub(super) async fn catalog(call: Call) -> Result<Response<Body>> {
    if !call.caller.standing.may_ask_for_the_catalog() {
        return Err(Error::NarrowToken);
    }
    let proof = call.app.access.authorize(&call.caller, ListRepositories {}).await?;
    // Clients show what they have only when they are asked for it. Who has a token of nobody's was.
    if call.caller.standing.bounds.is_empty() {
        repositories::require_any(&call.app, &proof).await?;
    }
    let (limit, last) = (limit(&call)?, call.query("last").into_iter().next());
    let names = pull::repositories(&call.app, &proof, last.as_deref(), limit).await?;
    let next = names.next.map(|last| format!("/v2/_catalog?last={last}&n={limit}"));
    page(&call, json!({ "repositories": names.items }), next)
}

pub(super) async fn tags(call: Call, repository: RepositoryName) -> Result<Response<Body>> {
    let proof = call.app.access.authorize(&call.caller, ReadRepository { repository: repository.clone() }).await?;
    let (limit, last) = (limit(&call)?, call.query("last").into_iter().next());
    let names = pull::tags(&call.app, &proof, last.as_deref(), limit).await?;
    let next = names.next.map(|last| format!("/v2/{repository}/tags/list?last={last}&n={limit}"));
    page(&call, json!({ "name": repository, "tags": names.items }), next)
}

fn limit(call: &Call) -> Result<u32> {
    let Some(text) = call.query("n").into_iter().next() else {
        return Ok(DEFAULT_PAGE);
    };
    let asked: u64 = text.parse().map_err(|_| Error::invalid("n", "n is the number of names of a page, 0 or more"))?;
    Ok(u32::try_from(asked).unwrap_or(MAX_PAGE).min(MAX_PAGE))
}

fn page(call: &Call, body: serde_json::Value, next: Option<String>) -> Result<Response<Body>> {
    let body = body.to_string();
    let headers =
        [(header::CONTENT_TYPE, value("application/json")), (header::CONTENT_LENGTH, value(body.len().to_string()))];
    let mut response = (headers, call.held.body(body.into(), None, &call.caller)?).into_response();
    if let Some(next) = next {
        response.headers_mut().insert(header::LINK, value(format!("<{next}>; rel=\"next\"")));
    }
    Ok(response)
}
