//! Runs as pages read them.

use super::{Owner, Run, kind, scope, state};
use crate::domain::run::{CopyOf, Nouns, RunKind, RunState};
use crate::domain::view::JobRow;
use crate::domain::{RepositoryName, Result, Timestamp};
use crate::params;
use crate::server::store::{Known, Row, Store};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A run is long enough under way to say how long it will go on.
const KNOWN_AFTER_MS: i64 = 5000;

const ROW: &str =
    "SELECT id, kind, scope, state, n_done, n_total, n_bytes, waits_for, worked_ms, created_at, started_at,
    finished_at, created_by, principal_id, error, params,
    CASE WHEN kind = 'copy' THEN (SELECT p.n_done FROM job_parts p WHERE p.run_id = job_runs.id AND p.position = 0) END,
    CASE WHEN kind = 'copy' THEN (SELECT p.n_left FROM job_parts p WHERE p.run_id = job_runs.id AND p.position = 0) END
    FROM job_runs";

/// Runs, newest first: those of somebody, or all, each with whose it is, where anybody knows. Older than `after`, where it
/// is not empty.
pub async fn list(store: &Store, of: Option<&Owner>, after: &str, limit: u32) -> Result<Vec<(JobRow, Option<Owner>)>> {
    let mut params = params![limit];
    let mut conditions = String::new();
    if !after.is_empty() {
        params.push(after.into());
        conditions.push_str(" AND id < $2");
    }
    if let Some(owner) = of {
        let (is_theirs, value) = owner.condition(params.len() + 1);
        params.push(value);
        conditions.push_str(&format!(" AND {is_theirs}"));
    }
    let sql = format!("{ROW} WHERE 1 = 1{conditions} ORDER BY id DESC LIMIT $1");
    store.all(&sql, params).await?.into_iter().map(|mut row| job_row(&mut row)).collect()
}

/// One run, and whose it is, where anybody knows.
pub async fn find(store: &Store, id: &str) -> Result<Option<(JobRow, Option<Owner>)>> {
    let row = store.one(&format!("{ROW} WHERE id = $1"), params![id]).await?;
    row.map(|mut row| job_row(&mut row)).transpose()
}

/// Whether nobody wanted a run to stop, nor took it up, since it was taken up here.
pub async fn is_under_way(store: &Store, run: &Run) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM job_runs WHERE id = $1 AND turn = $2 AND state = 'running'";
    Ok(store.one(sql, params![&run.id, run.turn]).await?.is_some())
}

/// What a run was asked to do, as its kind reads it, and what it said, oldest first.
pub async fn told(store: &Store, id: &str) -> Result<(String, Vec<(Timestamp, String)>)> {
    let row = store.one("SELECT params, log FROM job_runs WHERE id = $1", params![id]).await?;
    let Some(mut row) = row else { return Ok(Default::default()) };
    let (params, log): (String, String) = (row.take()?, row.take()?);
    Ok((params, log.lines().filter_map(line).collect()))
}

/// A number that is another one once a run has changed.
pub async fn changed_at(store: &Store, id: &str) -> Result<i64> {
    let row = store.one("SELECT changed_at FROM job_runs WHERE id = $1", params![id]).await?;
    row.map_or(Ok(0), |mut row| row.take())
}

/// The same once any has, of somebody or at all.
pub async fn any_changed_at(store: &Store, of: Option<&Owner>) -> Result<i64> {
    let (which, params) = match of.map(|owner| owner.condition(1)) {
        Some((is_theirs, value)) => (format!(" WHERE {is_theirs}"), vec![value]),
        None => (String::new(), vec![]),
    };
    let row = store.one(&format!("SELECT COALESCE(MAX(changed_at), 0) FROM job_runs{which}"), params).await?;
    row.map_or(Ok(0), |mut row| row.take())
}

/// What the parameters of a copy say of it.
fn copy_of(params: &str) -> Option<CopyOf> {
    #[derive(Deserialize)]
    struct Asked {
        from: RepositoryName,
        to: RepositoryName,
        tags: Vec<IgnoredAny>,
    }
    let Asked { from, to, tags } = serde_json::from_str(params).ok()?;
    Some(CopyOf { from, to, n_tags: tags.len() as u64 })
}

/// Whether those of a garbage collection say that it frees nothing.
pub(super) fn is_dry(params: &str) -> bool {
    params.contains("\"dry_run\":true")
}

/// Whether those of a delete say that images go too, and that nothing else is counted.
fn takes_images(params: &str) -> (bool, bool) {
    #[derive(Deserialize)]
    struct Asked {
        #[serde(default)]
        takes_images: bool,
        n_tags: Option<u64>,
    }
    let asked = serde_json::from_str(params);
    asked.map_or((false, false), |Asked { takes_images, n_tags }| (takes_images, takes_images && n_tags == Some(0)))
}

/// What a run counts that is asked for this.
pub fn nouns(kind: RunKind, params: &str) -> Nouns {
    kind.nouns(kind == RunKind::Delete && takes_images(params).1)
}

fn line(text: &str) -> Option<(Timestamp, String)> {
    let (at, words) = text.split_once(' ')?;
    Some((Timestamp(at.parse().ok()?), words.to_owned()))
}

/// How long what is left takes, if it goes on as before; nothing where nothing was done yet by which that could be told.
fn left_s(n_past: u64, n_left: u64, worked_ms: i64) -> Option<u64> {
    let left_ms = (u128::from(n_left) * u128::from(worked_ms.unsigned_abs())).checked_div(n_past.into())?;
    u64::try_from(left_ms / 1000).ok()
}

fn job_row(row: &mut Row) -> Result<(JobRow, Option<Owner>)> {
    let (id, kind, scope, state) = (row.take()?, kind(row)?, scope(row)?, state(row)?);
    let (n_done, n_total): (u64, Option<u64>) = (row.take()?, row.take()?);
    let (n_bytes, waits_for): (_, Option<String>) = (row.take()?, row.take()?);
    let worked_ms: i64 = row.take()?;
    let (created_at, started_at, finished_at) = (row.take()?, row.take()?, row.take()?);
    let (Known(by), principal) = (row.take()?, row.take()?);
    let (error, params): (_, String) = (row.take()?, row.take()?);
    let owner = by.clone().map(|by| Owner::by(principal, by));
    let is_going = state == RunState::Running && waits_for.is_none();
    let bytes: (Option<u64>, Option<u64>) = (row.take()?, row.take()?);
    let left_s = n_total.filter(|_| is_going && worked_ms >= KNOWN_AFTER_MS).and_then(|total| match bytes {
        // Content takes its time by its bytes, in however many pieces it comes.
        (Some(n_past), Some(n_left)) => left_s(n_past, n_left, worked_ms),
        _ => left_s(n_done, total.saturating_sub(n_done), worked_ms),
    });
    let is_dry = is_dry(&params);
    let copy = if kind == RunKind::Copy { copy_of(&params) } else { None };
    let (takes_images, counts_images) = if kind == RunKind::Delete { takes_images(&params) } else { (false, false) };
    let row = JobRow {
        id,
        kind,
        is_dry,
        copy,
        takes_images,
        counts_images,
        scope,
        state,
        n_done,
        n_total,
        n_bytes,
        waits_for,
        left_s,
        created_at,
        started_at,
        finished_at,
        by,
        error,
    };
    Ok((row, owner))
}
