//! `/api/v1`: the same use cases as the pages, for programs. JSON in and out, refusals as problem JSON (RFC 9457),
//! lists in pages: `{"items": […], "next": "…" or null}`. What is here stands in the OpenAPI document too
//! (`service/openapi/`), which tests hold against what is answered.

pub(super) mod access;
pub(super) mod account;
pub(super) mod activity;
mod bodies;
pub(super) mod changes;
mod compare;
mod copies;
pub(super) mod groups;
mod history;
mod image_rows;
mod images;
pub(super) mod jobs;
pub(super) mod kept;
pub(super) mod mounts;
pub(super) mod namespaces;
pub(super) mod openapi;
mod orders;
mod plans;
pub(super) mod protections;
pub(super) mod providers;
pub(super) mod repositories;
pub(super) mod robots;
pub(super) mod roles;
pub(super) mod search;
mod stars;
mod tags;
pub(super) mod tokens;
pub(super) mod trash;
pub(super) mod users;
pub(super) mod waiting;

use super::{door, error};
use crate::domain::{Error, Result, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, RawQuery};
use axum::http::{HeaderValue, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use bodies::{body, of};
use kept::Following;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

/// Items of a page where nothing is said, and at most.
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 500;

/// Which part of a list is asked for.
#[derive(Deserialize)]
struct Part {
    #[serde(default = "default_limit")]
    limit: u32,
    #[serde(default)]
    after: String,
}

fn default_limit() -> u32 {
    DEFAULT_LIMIT
}

/// What is asked of a list that has no filter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct All {}

/// One page of a list.
#[derive(Serialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<T> Page<T> {
    /// A page as it was read.
    fn of<R: Into<T>>(rows: Vec<R>, next: Option<String>) -> Self {
        Self { items: rows.into_iter().map(Into::into).collect(), next }
    }

    /// Cuts up to `limit + 1` rows to a page; `key` is that of an item.
    fn cut<R: Into<T>>(rows: impl IntoIterator<Item = R>, limit: u32, key: impl Fn(&T) -> String) -> Self {
        let mut items: Vec<T> = rows.into_iter().map(Into::into).collect();
        let is_cut = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| is_cut).map(key);
        Self { items, next }
    }
}

impl<T: Serialize> Paged for Page<T> {
    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

/// An answer that is a page of a list.
trait Paged: Serialize {
    /// Where the next one starts.
    fn next(&self) -> Option<&str>;
}

/// Which part of a list is asked for, within bounds, and of what. `F` denies what it does not know: by a typo in the name of a filter
/// the list would show everything.
fn asked<F: DeserializeOwned>(RawQuery(query): RawQuery) -> Result<(Part, F)> {
    let nothing = || form_urlencoded::Serializer::new(String::new());
    let (mut part, mut filter) = (nothing(), nothing());
    for (key, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let of = if matches!(&*key, "limit" | "after") { &mut part } else { &mut filter };
        of.append_pair(&key, &value);
    }
    let part: Part = read(&part.finish())?;
    if !(1..=MAX_LIMIT).contains(&part.limit) {
        return Err(Error::invalid("limit", format!("a limit is between 1 and {MAX_LIMIT}")));
    }
    Ok((part, read(&filter.finish())?))
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T> {
    let uri: Uri = format!("/?{query}").parse().map_err(|_| Error::invalid("query", "this query is too long"))?;
    let read = Query::try_from_uri(&uri).map_err(|rejection| bodies::of_query(&rejection));
    read.map(|Query(read)| read)
}

/// A moment as programs write it, in the field in which all of them stand.
fn moment(text: &str) -> Result<Timestamp> {
    Timestamp::parse(text).ok_or_else(|| Error::invalid("expires_at", "a time is written 2027-01-01T00:00:00Z"))
}

/// An answer with a status of its own, or a refusal.
fn answer<T: Serialize>(app: &App, caller: &Caller, status: StatusCode, found: Result<T>) -> Response<Body> {
    match found {
        // What is answered is for who asks, and some of it is shown this once. What is only read is kept by `kept`.
        Ok(found) => (status, [(header::CACHE_CONTROL, "no-store")], Json(found)).into_response(),
        Err(refusal) => refuse(app, caller, refusal),
    }
}

/// A page of a list with the address of the next one, or a refusal.
fn paged<T: Paged>(app: &App, caller: &Caller, found: Result<T>) -> Response<Body> {
    let next = found.as_ref().ok().and_then(Paged::next).map(|next| Following(next.to_owned()));
    let mut response = answer(app, caller, StatusCode::OK, found);
    if let Some(next) = next {
        response.extensions_mut().insert(next);
    }
    response
}

/// The answer of what leaves nothing to tell, or a refusal.
fn done(app: &App, caller: &Caller, found: Result<()>) -> Response<Body> {
    match found {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refuse(app, caller, refusal),
    }
}

/// A refusal; who did not sign in is told how.
fn refuse(app: &App, caller: &Caller, refusal: Error) -> Response<Body> {
    let refusal = match door::soften(app, caller, refusal) {
        // Whether something of that name is there is for those who are known.
        Error::NotFound(_) if !caller.standing.is_signed_in() => Error::Unauthenticated,
        refusal => refusal,
    };
    let mut response = error::problem(&refusal);
    if refusal == Error::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"portolan\""));
    }
    response
}
