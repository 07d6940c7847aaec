//! `/-/copy`: done at once inside the hosted registry, and by a job between registries.

use super::tags::{expected, stated};
use super::{answer, done, of};
use crate::domain::action::CopyTags;
use crate::domain::error::What;
use crate::domain::{Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::copies::{self, Seen};
use crate::server::service::jobs;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Tags that one request copies at most.
const MAX_TAGS: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    tags: Vec<Tag>,
    to: RepositoryName,
    /// What some of them are called there.
    #[serde(default)]
    names: BTreeMap<Tag, Tag>,
    /// What the one tag must name there.
    #[serde(default, deserialize_with = "stated")]
    expect: Option<Option<Digest>>,
}

/// What made the copy that is taken back.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum MadeBy {
    /// A request, by what it answered.
    Copy(String),
    Job(String),
}

/// Copies tags with their images to another repository.
pub(super) async fn copy(app: &App, caller: &Caller, name: &str, sent: Result<Value>) -> Response<Body> {
    let copied = async {
        let (from, Asked { tags, to, names, expect }): (RepositoryName, _) = (name.parse()?, of(sent?)?);
        if tags.is_empty() || tags.len() > MAX_TAGS {
            return Err(Error::invalid("tags", format!("one request copies 1 to {MAX_TAGS} tags")));
        }
        if expect.is_some() && tags.len() > 1 {
            return Err(Error::invalid("expect", "what a tag must name is said of one tag; copy it alone"));
        }
        let renamed: Vec<(Tag, Tag)> =
            tags.into_iter().map(|tag| (tag.clone(), names.get(&tag).cloned().unwrap_or(tag))).collect();
        if renamed.iter().map(|(_, to)| to).collect::<BTreeSet<_>>().len() < renamed.len() {
            return Err(Error::invalid("names", "two of the tags would have one name there"));
        }
        let seen = match renamed.as_slice() {
            [(_, name)] => Seen::there(name.clone(), expected(expect)),
            _ => Seen::default(),
        };
        let proof = app.access.authorize(caller, CopyTags { from, to, tags: renamed }).await?;
        let copied = copies::copy(app, &proof, seen).await?;
        Ok((
            json!({
                "tags": copied.tags,
                "images": copied.images,
                "left": copied.left,
                "copy": copied.job.is_none().then_some(&caller.request_id),
                "job": copied.job,
            }),
            copied.job,
        ))
    };
    match copied.await {
        Ok((copied, Some(job))) => begun(answer(app, caller, StatusCode::ACCEPTED, Ok(copied)), &job),
        copied => answer(app, caller, StatusCode::OK, copied.map(|(copied, _)| copied)),
    }
}

/// Brings the tags of a copy to this repository back to what they named before it.
pub(super) async fn undo(app: &App, caller: &Caller, name: &str, sent: Result<Value>) -> Response<Body> {
    let undone = async {
        let (to, made_by): (RepositoryName, _) = (name.parse()?, of(sent?)?);
        let action = match made_by {
            MadeBy::Copy(id) => copies::made(app, caller.actor(), &id).await?,
            MadeBy::Job(id) => jobs::to_take_back(app, caller, &id).await?,
        };
        if action.repository != to {
            return Err(Error::NotFound(What::Page));
        }
        copies::undo(app, caller, action).await
    };
    done(app, caller, undone.await)
}

/// The answer that says where the job is that does it.
fn begun(mut answer: Response<Body>, job: &str) -> Response<Body> {
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/jobs/{job}")) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}
