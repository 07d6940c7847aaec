//! `/-/delete-preview` and `/-/delete` of repositories and namespaces.

use super::{answer, of};
use crate::domain::action::{DeleteImages, DeleteNamespace, DeleteRepository, DeleteTags};
use crate::domain::error::What;
use crate::domain::view::{Preview, PreviewKind, PreviewRow};
use crate::domain::{ByteSize, Digest, Error, RepositoryName, Result, Tag, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::http::error;
use crate::server::service::plans::{Delete, Redeemed};
use crate::server::service::tags;
use axum::Json;
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Tags and images that one request names at most.
const MAX_NAMED: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    digests: Vec<Digest>,
    /// All tags that a filter matches.
    #[serde(default)]
    filter: String,
    #[serde(default)]
    repository: bool,
    /// Whether tags that a rule keeps stay, and the others go.
    #[serde(default)]
    leave_out: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redeem {
    plan: String,
}

#[derive(Serialize)]
struct Item {
    kind: PreviewKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    tag: Option<Tag>,
    digest: Option<Digest>,
    /// Its platforms, the type of an artifact, or what has no other name than an image that loses its last.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    reason: String,
}

impl From<PreviewRow> for Item {
    fn from(it: PreviewRow) -> Self {
        // Programs know three kinds of what stands in a repository: a referrer is an image to them.
        let kind = if it.kind == PreviewKind::Referrer { PreviewKind::Image } else { it.kind };
        let PreviewRow { name, tag, digest, label, reason, .. } = it;
        Self { kind, name, tag, digest, label, reason }
    }
}

#[derive(Serialize)]
struct Shown {
    /// Nothing where a rule is in the way, or the registry elsewhere deletes nothing.
    plan: Option<String>,
    removed: Vec<Item>,
    removed_more: u64,
    kept: Vec<Item>,
    kept_more: u64,
    /// What belongs to images that lose their last names, and has no other.
    unreachable: Vec<Item>,
    unreachable_more: u64,
    referrers: Vec<Digest>,
    parents: Vec<Digest>,
    barred: Vec<String>,
    barred_more: u64,
    freed_bytes: ByteSize,
    logical_bytes: ByteSize,
    /// Nothing where nothing of it can come back.
    kept_until: Option<String>,
    freed_at: String,
    freed_by: Option<String>,
    notes: Vec<String>,
}

impl From<Preview> for Shown {
    fn from(it: Preview) -> Self {
        Self {
            plan: Some(it.plan).filter(|_| it.barred.is_empty() && !it.rules.iter().any(|rule| rule.is_in_the_way)),
            removed: it.removed.into_iter().map(Item::from).collect(),
            removed_more: it.removed_more.all(),
            kept: it.kept.into_iter().map(Item::from).collect(),
            kept_more: it.kept_more.all(),
            unreachable: it.unreachable.into_iter().map(Item::from).collect(),
            unreachable_more: it.unreachable_more.all(),
            referrers: it.referrers,
            parents: it.parents,
            barred_more: it.barred_more,
            barred: it
                .rules
                .iter()
                .filter(|rule| rule.is_in_the_way)
                .map(|rule| rule.barred.to_string())
                .chain(it.barred)
                .collect(),
            freed_bytes: it.freed,
            logical_bytes: it.logical,
            kept_until: it.kept_until.map(Timestamp::rfc3339),
            freed_at: it.freed_at.rfc3339(),
            freed_by: it.freed_by,
            notes: [it.left_out, it.notes].concat(),
        }
    }
}

/// What would go of a repository, or all of it.
pub(super) async fn preview(app: &App, caller: &Caller, name: &str, sent: Result<Value>) -> Response<Body> {
    let found = async {
        let (repository, asked): (RepositoryName, Asked) = (name.parse()?, of(sent?)?);
        let wanted = wanted(app, caller, repository, asked).await?;
        wanted.preview(app, caller).await.map(Shown::from)
    };
    answer(app, caller, StatusCode::OK, found.await)
}

async fn wanted(app: &App, caller: &Caller, repository: RepositoryName, asked: Asked) -> Result<Delete> {
    let Asked { tags, digests, filter, repository: is_whole, leave_out } = asked;
    if leave_out && (is_whole || !digests.is_empty()) {
        let message = "leave_out is for tags: an image goes with all of its own, and a repository with all it holds";
        return Err(Error::invalid("leave_out", message));
    }
    if tags.len() + digests.len() > MAX_NAMED {
        let message = format!("one request names at most {MAX_NAMED} tags and images; use a filter, or send several");
        return Err(Error::invalid("tags", message));
    }
    let tags = match (is_whole, filter.is_empty()) {
        (true, _) => return Ok(Delete::Repository(DeleteRepository { repository })),
        (false, false) => tags::to_delete(app, caller, repository, filter).await?,
        (false, true) if tags.is_empty() && digests.is_empty() => {
            let message = "name tags, digests, a filter, or \"repository\": true";
            return Err(Error::invalid("tags", message));
        }
        (false, true) if digests.is_empty() => DeleteTags { repository, tags, filter: None },
        (false, true) => return Ok(Delete::Images(DeleteImages { repository, digests, tags })),
    };
    if leave_out { Delete::unprotected(app, caller, tags).await } else { Ok(Delete::Tags(tags)) }
}

/// What would go of a namespace.
pub(super) async fn preview_namespace(app: &App, caller: &Caller, name: &str) -> Response<Body> {
    let found = async {
        let wanted = Delete::Namespace(DeleteNamespace { namespace: name.parse()? });
        wanted.preview(app, caller).await.map(Shown::from)
    };
    answer(app, caller, StatusCode::OK, found.await)
}

/// Does what a preview said.
pub(super) async fn redeem(app: &App, caller: &Caller, name: &str, sent: Result<Value>) -> Response<Body> {
    let place = name.parse::<RepositoryName>().map(|name| name.to_string());
    done(app, caller, place, sent).await
}

/// The same of a namespace.
pub(super) async fn redeem_namespace(app: &App, caller: &Caller, name: &str, sent: Result<Value>) -> Response<Body> {
    let place = name.parse::<crate::domain::Namespace>().map(|name| format!("{name}/"));
    done(app, caller, place, sent).await
}

async fn done(app: &App, caller: &Caller, place: Result<String>, sent: Result<Value>) -> Response<Body> {
    let redeemed = async {
        let (place, Redeem { plan }) = (place?, of(sent?)?);
        let (plan, wanted) = Delete::open(app, caller, &plan).await?;
        if wanted.place() != place {
            return Err(Error::NotFound(What::Plan));
        }
        match wanted.redeem(app, caller, &plan).await {
            Err(outdated @ (Error::Outdated | Error::InUse { .. })) => Ok(Err((outdated, wanted))),
            Ok(redeemed) => Ok(Ok((redeemed, plan.id))),
            Err(refused) => Err(refused),
        }
    };
    match redeemed.await {
        Ok(Ok((Redeemed::Done(entries), batch))) => {
            answer(app, caller, StatusCode::OK, Ok(json!({ "trash": entries, "job": null, "batch": batch })))
        }
        Ok(Ok((Redeemed::Run(job), batch))) => {
            answer(app, caller, StatusCode::ACCEPTED, Ok(json!({ "trash": [], "job": job, "batch": batch })))
        }
        // What was shown does not hold any more: here is what would go now.
        Ok(Err((outdated, wanted))) => match wanted.preview(app, caller).await {
            Ok(preview) => again(&outdated, Shown::from(preview)),
            Err(_) => answer::<()>(app, caller, StatusCode::OK, Err(outdated)),
        },
        Err(refused) => answer::<()>(app, caller, StatusCode::OK, Err(refused)),
    }
}

fn again(outdated: &Error, preview: Shown) -> Response<Body> {
    conflict(outdated, json!({ "parents": preview.parents, "preview": preview }))
}

/// That something is not as it was seen, with how it is now.
pub(super) fn conflict(outdated: &Error, now: Value) -> Response<Body> {
    let mut body = json!({
        "type": "about:blank",
        "title": StatusCode::CONFLICT.canonical_reason(),
        "status": StatusCode::CONFLICT.as_u16(),
        "detail": outdated.to_string(),
    });
    if let (Value::Object(body), Value::Object(now)) = (&mut body, now) {
        body.extend(now);
    }
    let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
    let mut response = error::problem(outdated);
    let with_state = (StatusCode::CONFLICT, headers, Json(body)).into_response();
    *response.body_mut() = with_state.into_body();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.status_mut() = StatusCode::CONFLICT;
    response
}
