//! `/api/v1/jobs`.

use super::{All, Page, answer, asked, body, paged};
use crate::domain::action::{ListJobs, ReadJob, RunCollection};
use crate::domain::error::What;
use crate::domain::run::{Control, CopyOf, RunKind, RunState};
use crate::domain::view::{JobRow, JobView};
use crate::domain::{Actor, Error, Result, Scope, Timestamp};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::jobs;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Response, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Listed {
    id: String,
    kind: RunKind,
    dry_run: bool,
    copy: Option<CopyOf>,
    scope: Scope,
    state: RunState,
    done: u64,
    total: Option<u64>,
    /// What it freed, copied or moved so far.
    bytes: u64,
    waits_for: Option<String>,
    left_s: Option<u64>,
    created_at: String,
    created_by: Option<Actor>,
    started_at: Option<String>,
    finished_at: Option<String>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    listed: Listed,
    /// By which what it deleted or restores comes back, and how much of that is in the trash.
    batch: Option<String>,
    in_trash: u64,
    /// What it said so far, oldest first.
    log: Vec<Said>,
}

#[derive(Serialize)]
struct Said {
    at: String,
    words: String,
}

impl From<JobRow> for Listed {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            dry_run: row.is_dry,
            copy: row.copy,
            scope: row.scope,
            state: row.state,
            done: row.n_done,
            total: row.n_total,
            bytes: row.n_bytes,
            waits_for: row.waits_for,
            left_s: row.left_s,
            created_at: row.created_at.rfc3339(),
            created_by: row.by,
            started_at: row.started_at.map(Timestamp::rfc3339),
            finished_at: row.finished_at.map(Timestamp::rfc3339),
            error: row.error,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server::http) struct New {
    kind: RunKind,
    #[serde(default)]
    dry_run: bool,
}

/// Jobs, newest first.
pub(in crate::server::http) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: RawQuery,
) -> Response<Body> {
    let found = async {
        let (part, All {}) = asked(query)?;
        let proof = app.access.authorize(&caller, ListJobs {}).await?;
        let view = jobs::list(&app, &proof, &part.after, part.limit).await?;
        Ok(Page::<Listed>::of(view.rows, view.next))
    };
    paged(&app, &caller, found.await)
}

/// One of them.
pub(in crate::server::http) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response<Body> {
    answer(&app, &caller, StatusCode::OK, whole(&app, &caller, id).await)
}

/// A new one: what a deletion or a copy needs is started by that.
pub(in crate::server::http) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    sent: Result<Json<New>, JsonRejection>,
) -> Response<Body> {
    let made = async {
        let New { kind, dry_run } = body(sent)?;
        if kind != RunKind::Collect {
            let words = "a garbage collection is started here; the others begin with what asks for much";
            return Err(Error::invalid("kind", words));
        }
        let proof = app.access.authorize(&caller, RunCollection { dry_run }).await?;
        let id = jobs::collect(&app, &proof).await?;
        whole(&app, &caller, id).await
    };
    answer(&app, &caller, StatusCode::CREATED, made.await)
}

/// Pauses one, lets it go on, or ends it.
pub(in crate::server::http) async fn control(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path((id, control)): Path<(String, String)>,
) -> Response<Body> {
    let done = async {
        let control = Control::parse(&control).ok_or(Error::NotFound(What::Page))?;
        let action = jobs::to_control(&app, &caller, &id, control).await?;
        let proof = app.access.authorize(&caller, action).await?;
        jobs::control(&app, &proof).await?;
        whole(&app, &caller, id).await
    };
    answer(&app, &caller, StatusCode::OK, done.await)
}

async fn whole(app: &App, caller: &Caller, id: String) -> Result<Whole> {
    let proof = app.access.authorize(caller, ReadJob { id }).await?;
    let JobView { row, log, in_trash, .. } = jobs::view(app, &proof).await?;
    let log = log.into_iter().map(|(at, words)| Said { at: at.rfc3339(), words }).collect();
    let (batch, in_trash) = in_trash.map(|it| (it.batch, it.n)).unzip();
    Ok(Whole { listed: row.into(), batch, in_trash: in_trash.unwrap_or_default(), log })
}
