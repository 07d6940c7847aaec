//! `/api/v1/trash`.

use super::bodies::parsed;
use super::{Page, answer, asked, body, done, of, paged};
use crate::domain::trash::{Over, SeenTag, TrashKind, TrashRow};
use crate::domain::{Actor, ByteSize, Digest, Error, Namespace, RepositoryName, Result, Tag};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::plans::Plan;
use crate::server::service::trash::{self, Taken, Undone, Wanted, hidden};
use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Listed {
    id: String,
    /// What was deleted by the same request has the same.
    batch: String,
    kind: TrashKind,
    repository: RepositoryName,
    tag: Option<Tag>,
    digest: Option<Digest>,
    n_tags: u64,
    held_bytes: ByteSize,
    deleted_at: String,
    deleted_by: Option<Actor>,
    expires_at: String,
}

impl From<TrashRow> for Listed {
    fn from(it: TrashRow) -> Self {
        Self {
            id: it.id,
            batch: it.batch,
            kind: it.kind,
            repository: it.repository,
            tag: it.tag,
            digest: it.digest,
            n_tags: it.tags,
            held_bytes: it.held,
            deleted_at: it.deleted.rfc3339(),
            deleted_by: it.deleted_by,
            expires_at: it.expires.rfc3339(),
        }
    }
}

/// Which entries are asked for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    repository: Option<RepositoryName>,
    namespace: Option<Namespace>,
    batch: Option<String>,
}

/// What was deleted and the caller may bring back, newest first.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        if !caller.standing.is_signed_in() {
            return Err(Error::Unauthenticated);
        }
        let (part, Asked { repository, namespace, batch }) = asked(query)?;
        let before = (!part.after.is_empty()).then(|| part.after.clone());
        let wanted = Wanted { repository, below: namespace, batch, before, ..Wanted::default() };
        let page = trash::list(&app, &caller, &wanted, part.limit).await?;
        Ok(Page { items: page.items.into_iter().map(|it| Listed::from(it.row)).collect(), next: page.next })
    };
    paged(&app, &caller, found.await)
}

/// One entry.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let found = async {
        let row = trash::find(&app, &id).await?;
        let allowed = app.access.authorize(&caller, trash::restoring(&row)).await;
        allowed.map_err(hidden).map(|_| Listed::from(row))
    };
    answer(&app, &caller, StatusCode::OK, found.await)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct How {
    /// Whether a tag that names another image by now moves.
    over: bool,
    /// What it was seen to name: one that names something else by then stays.
    expect: Option<BTreeMap<SeenTag, Digest>>,
}

impl How {
    fn over(self) -> Result<Over> {
        match (self.over, self.expect) {
            (false, None) => Ok(Over::Nothing),
            (true, None) => Ok(Over::Anything),
            (true, Some(seen)) => Ok(Over::Seen(seen)),
            (false, Some(_)) => Err(Error::invalid("expect", "this goes with \"over\": true")),
        }
    }
}

/// Brings an entry back.
pub(in crate::server::http) async fn restore(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    sent: Bytes,
) -> Response<Body> {
    let restored = async {
        let row = trash::find(&app, &id).await?;
        let proof = app.access.authorize(&caller, trash::restoring(&row)).await.map_err(hidden)?;
        let how = if sent.is_empty() { How::default() } else { of(parsed(&sent)?)? };
        trash::restore(&app, &proof, vec![id], how.over()?).await
    };
    done(&app, &caller, restored.await)
}

/// What is to come back: what a plan deleted, or all of a batch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Undo {
    plan: Option<String>,
    batch: Option<String>,
    /// As of one entry.
    #[serde(default)]
    over: bool,
    expect: Option<BTreeMap<SeenTag, Digest>>,
    /// Whether what would move a tag stays in the trash, and all else comes back.
    #[serde(default)]
    leave_out: bool,
}

impl Undo {
    /// The batch, and what becomes of tags that name other images by now.
    fn read(self, app: &App, caller: &Caller) -> Result<(String, Taken)> {
        let Self { plan, batch, over, expect, leave_out } = self;
        let taken = match (How { over, expect }).over()? {
            Over::Nothing if leave_out => Taken::LeftOut,
            _ if leave_out => return Err(Error::invalid("leave_out", "tags move, or they are left out; not both")),
            over => Taken::Moved(over),
        };
        Ok((batch_of(app, caller, plan, batch)?, taken))
    }
}

/// Brings all of it back that one request deleted: at once, or by a job.
pub(in crate::server::http) async fn restore_all(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<Undo>, JsonRejection>,
) -> Response<Body> {
    let undone = async {
        let (batch, taken) = body(sent)?.read(&app, &caller)?;
        trash::undo(&app, &caller, &batch, taken).await
    };
    match undone.await {
        Ok(Undone::Job(job)) => answer(&app, &caller, StatusCode::ACCEPTED, Ok(json!({ "job": job }))),
        undone => done(&app, &caller, undone.map(drop)),
    }
}

/// What was deleted together: by a plan, or as the list calls it.
fn batch_of(app: &App, caller: &Caller, plan: Option<String>, batch: Option<String>) -> Result<String> {
    match (plan, batch) {
        (Some(plan), None) => Ok(Plan::open(app, &caller.standing, &plan)?.id),
        (None, Some(batch)) => Ok(batch),
        _ => Err(Error::invalid("body", "name a `plan`, or a `batch`, and not both")),
    }
}

/// What is to go for good: all tags of a repository that a plan deleted, or those of a batch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct Purge {
    plan: Option<String>,
    batch: Option<String>,
    repository: RepositoryName,
}

/// Lets all tags of a repository go for good that one request deleted. One that is cut off has let some of them go; sent
/// once more it goes on.
pub(in crate::server::http) async fn purge_all(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<Purge>, JsonRejection>,
) -> Response<Body> {
    let purged = async {
        let Purge { plan, batch, repository } = body(sent)?;
        let batch = batch_of(&app, &caller, plan, batch)?;
        let _seen = app.access.authorize(&caller, trash::restoring_whole(&repository)).await.map_err(hidden)?;
        trash::require_tags(&app, &batch, &repository).await?;
        let proof = app.access.authorize(&caller, trash::purging_all(repository)).await?;
        let n_gone = trash::purge_all(&app, &proof, &batch).await?;
        Ok(json!({ "purged": n_gone }))
    };
    answer(&app, &caller, StatusCode::OK, purged.await)
}

/// Lets an entry go for good.
pub(in crate::server::http) async fn purge(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    let purged = async {
        let row = trash::find(&app, &id).await?;
        let _seen = app.access.authorize(&caller, trash::restoring(&row)).await.map_err(hidden)?;
        let proof = app.access.authorize(&caller, trash::purging(&row)).await?;
        trash::purge(&app, &proof, id).await
    };
    done(&app, &caller, purged.await)
}
