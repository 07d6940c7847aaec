//! `/-/history`, `/-/rollback` and `/-/as-of`.

use super::{Page, Paged, answer, asked, of, paged};
use crate::domain::action::{ReadRepository, RollBackNamespace, RollBackTag};
use crate::domain::page::DEFAULT_LIMIT;
use crate::domain::view::{Deleted, Difference, HistoryQuery, HistoryRow, How};
use crate::domain::{Actor, Cursor, Digest, Error, Namespace, RepositoryName, Result, Tag, Timestamp};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::service::history::{self, Agreed, Weighed};
use crate::server::service::names;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Serialize)]
struct Move {
    tag: Tag,
    from: Option<Digest>,
    to: Option<Digest>,
    how: How,
    at: String,
    by: Option<Actor>,
    reason: Option<String>,
    /// Whether the image that it named before can be named again.
    from_is_kept: bool,
}

impl From<HistoryRow> for Move {
    fn from(it: HistoryRow) -> Self {
        let HistoryRow { tag, from, to, how, when, by, reason, from_is_kept, .. } = it;
        let from_is_kept = from_is_kept && from.is_some();
        Self { tag, from, to, how, at: when.rfc3339(), by, reason, from_is_kept }
    }
}

/// Which moves are asked for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    tag: Option<Tag>,
    how: Option<How>,
    /// A username, or the key of an actor.
    by: Option<String>,
    since: Option<String>,
}

/// The moves of a repository's tags, newest first.
pub(super) async fn list(app: &App, caller: &Caller, name: &str, query: RawQuery) -> Response<Body> {
    let found = async {
        let (part, Asked { tag, how, by, since }) = asked(query)?;
        let since = since.map(|since| time("since", &since)).transpose()?;
        let after = (!part.after.is_empty()).then(|| part.after.parse::<Cursor>()).transpose()?;
        let proof = app.access.authorize(caller, ReadRepository { repository: name.parse()? }).await?;
        let query = HistoryQuery { tag, how, by, since, after, limit: Some(part.limit), before: None };
        let page = history::list(app, &proof, &query).await?;
        Ok(Page::<Move>::of(page.items, page.next.map(|cursor| cursor.to_string())))
    };
    paged(app, caller, found.await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    tag: Tag,
    digest: Digest,
    #[serde(default, deserialize_with = "super::tags::stated")]
    expect: Option<Option<Digest>>,
    #[serde(default)]
    reason: String,
}

/// Brings a tag back to an image that it named before.
pub(super) async fn roll_back(app: &App, caller: &Caller, name: &str, sent: Result<Value>) -> Response<Body> {
    let moved = async {
        let (repository, Back { tag, digest, expect, reason }): (RepositoryName, _) = (name.parse()?, of(sent?)?);
        let proof = app.access.authorize(caller, RollBackTag { repository, tag, digest, reason }).await?;
        names::roll_back(app, &proof, super::tags::expected(expect)).await.map(super::tags::Listed::from)
    };
    answer(app, caller, StatusCode::OK, moved.await)
}

#[derive(Serialize)]
struct Differs {
    repository: RepositoryName,
    tag: Tag,
    then: Option<Digest>,
    now: Option<Digest>,
    is_kept: bool,
    /// The rule that keeps it as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    barred: Option<String>,
}

impl From<Difference> for Differs {
    fn from(it: Difference) -> Self {
        let barred = it.barred.map(|barred| barred.to_string());
        Self { repository: it.repository, tag: it.tag, then: it.then, now: it.now, is_kept: it.is_kept, barred }
    }
}

/// At which time a namespace is looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    t: String,
    /// Whether what rules keep is left out.
    #[serde(default)]
    leave_out: bool,
}

fn time(field: &str, text: &str) -> Result<Timestamp> {
    Timestamp::parse(text).ok_or_else(|| Error::invalid(field, "a time is written 2026-11-24T12:00:00Z"))
}

/// What tags of a namespace named at a time and name no more.
pub(super) async fn as_of(app: &App, caller: &Caller, name: &str, query: RawQuery) -> Response<Body> {
    let found = async {
        let (part, At { t, leave_out }) = asked(query)?;
        let namespace: Namespace = name.parse()?;
        let proof = app.access.authorize(caller, RollBackNamespace { namespace, to: time("t", &t)? }).await?;
        let after = part.after.rsplit_once(':').unwrap_or(("", ""));
        differing(app, &proof, (after, part.limit), leave_out).await
    };
    paged(app, caller, found.await)
}

/// One page of what differs.
#[derive(Serialize)]
struct Differing {
    items: Vec<Differs>,
    next: Option<String>,
    /// What is said of all of it, on the first page.
    #[serde(flatten)]
    all: Option<All>,
}

impl Paged for Differing {
    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

#[derive(Serialize)]
struct All {
    print: Digest,
    /// What rules keep: nothing goes back while they are in the way.
    barred: Vec<String>,
    barred_more: u64,
    /// How many tags stay because of them, where they are left out.
    left_out: u64,
    /// Repositories that were deleted since, which going back leaves in the trash.
    deleted: Vec<RepositoryName>,
    deleted_more: u64,
}

async fn differing(
    app: &App,
    proof: &Authorized<RollBackNamespace>,
    (after, limit): ((&str, &str), u32),
    leaves_out: bool,
) -> Result<Differing> {
    let items = history::as_of(app, proof, after, limit.saturating_add(1)).await?;
    let page = Page::cut(items, limit, |it: &Difference| format!("{}:{}", it.repository, it.tag));
    let all = match after.0.is_empty() {
        true => {
            let (weighed, _) = history::weigh(app, proof, leaves_out).await?;
            let Weighed { print, protected, rules, rules_more, leaves_out, .. } = weighed;
            let Deleted { first: deleted, more: deleted_more } = history::deleted(app, proof).await?;
            let (left_out, barred, barred_more) = match leaves_out {
                true => (protected.n, vec![], 0),
                false => (0, rules.iter().map(|met| met.barred.to_string()).collect(), rules_more),
            };
            Some(All { print, barred, barred_more, left_out, deleted, deleted_more })
        }
        false => None,
    };
    let items = page.items.into_iter().map(Differs::from).collect();
    Ok(Differing { items, next: page.next, all })
}

/// To which time a namespace goes back, and what was seen to differ.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct To {
    t: String,
    #[serde(default)]
    print: Option<Digest>,
    /// Whether tags that rules keep stay as they are.
    #[serde(default)]
    leave_out: bool,
}

/// Brings all tags of a namespace back to a time, and says which repositories are still gone. What does not differ as it
/// was seen any more is answered with what does now.
pub(super) async fn roll_back_namespace(app: &App, caller: &Caller, name: &str, sent: Result<Value>) -> Response<Body> {
    let moved = async {
        let (namespace, To { t, print, leave_out: leaves_out }): (Namespace, _) = (name.parse()?, of(sent?)?);
        let proof = app.access.authorize(caller, RollBackNamespace { namespace, to: time("t", &t)? }).await?;
        let deleted = history::deleted(app, &proof).await?;
        match history::roll_back(app, &proof, Agreed { print, leaves_out }).await {
            Err(Error::Outdated) => Ok(Err(differing(app, &proof, (("", ""), DEFAULT_LIMIT), leaves_out).await?)),
            moved => Ok(Ok((moved?, deleted))),
        }
    };
    match moved.await {
        Ok(Err(now)) => super::plans::conflict(&Error::Outdated, json!({ "differing": now })),
        Ok(Ok((n_moved, Deleted { first, more }))) => {
            let done = json!({ "moved": n_moved, "deleted": first, "deleted_more": more });
            answer(app, caller, StatusCode::OK, Ok(done))
        }
        Err(refused) => answer::<()>(app, caller, StatusCode::OK, Err(refused)),
    }
}
