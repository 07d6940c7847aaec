//! Runs as pages read them.

use super::{kind, scope, state};
use crate::domain::run::{CopyOf, RunKind, RunState};
use crate::domain::view::JobRow;
use crate::domain::{Actor, RepositoryName, Result, Timestamp};
use crate::params;
use crate::server::store::{Known, Row, Store};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A run is long enough under way to say how long it will go on.
const KNOWN_AFTER_MS: i64 = 5000;

const ROW: &str =
    "SELECT id, kind, scope, state, n_done, n_total, n_bytes, waits_for, worked_ms, created_at, started_at,
    finished_at, created_by, error, params FROM job_runs";

/// Runs, newest first: those of somebody, or all. Older than `after`, where it is not empty.
pub async fn list(store: &Store, by: Option<&Actor>, after: &str, limit: u32) -> Result<Vec<JobRow>> {
    let mut params = params![limit];
    let mut conditions = String::new();
    for (column, value) in [("created_by =", by.map(Actor::key)), ("id <", Some(after.to_owned()))] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            params.push(value.into());
            conditions.push_str(&format!(" AND {column} ${}", params.len()));
        }
    }
    let sql = format!("{ROW} WHERE 1 = 1{conditions} ORDER BY id DESC LIMIT $1");
    store.all(&sql, params).await?.into_iter().map(|mut row| job_row(&mut row)).collect()
}

/// One run.
pub async fn find(store: &Store, id: &str) -> Result<Option<JobRow>> {
    let row = store.one(&format!("{ROW} WHERE id = $1"), params![id]).await?;
    row.map(|mut row| job_row(&mut row)).transpose()
}

/// What a run was asked to do, as its kind reads it, and what it said, oldest first.
pub async fn told(store: &Store, id: &str) -> Result<(String, Vec<(Timestamp, String)>)> {
    let row = store.one("SELECT params, log FROM job_runs WHERE id = $1", params![id]).await?;
    let Some(mut row) = row else { return Ok(Default::default()) };
    let (params, log): (String, String) = (row.take()?, row.take()?);
    Ok((params, log.lines().filter_map(line).collect()))
}

/// A number that is another one once a run has changed: one, or any.
pub async fn changed_at(store: &Store, id: Option<&str>) -> Result<i64> {
    let row = match id {
        Some(id) => store.one("SELECT changed_at FROM job_runs WHERE id = $1", params![id]).await?,
        None => store.one("SELECT COALESCE(MAX(changed_at), 0) FROM job_runs", vec![]).await?,
    };
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

fn line(text: &str) -> Option<(Timestamp, String)> {
    let (at, words) = text.split_once(' ')?;
    Some((Timestamp(at.parse().ok()?), words.to_owned()))
}

fn job_row(row: &mut Row) -> Result<JobRow> {
    let (id, kind, scope, state) = (row.take()?, kind(row)?, scope(row)?, state(row)?);
    let (n_done, n_total): (u64, Option<u64>) = (row.take()?, row.take()?);
    let (n_bytes, waits_for, worked_ms) = (row.take()?, row.take()?, row.take::<i64>()?);
    let (created_at, started_at, finished_at) = (row.take()?, row.take()?, row.take()?);
    let (Known(by), error, params): (_, _, String) = (row.take()?, row.take()?, row.take()?);
    let left_s = n_total.filter(|_| state == RunState::Running && worked_ms >= KNOWN_AFTER_MS && n_done > 0);
    let left_s = left_s.map(|total| total.saturating_sub(n_done) * worked_ms.unsigned_abs() / n_done / 1000);
    let is_dry = params.contains("\"dry_run\":true");
    let copy = if kind == RunKind::Copy { copy_of(&params) } else { None };
    Ok(JobRow {
        id,
        kind,
        is_dry,
        copy,
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
    })
}
