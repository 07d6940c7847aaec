//! The table of jobs, as this program means the word: work in the background, leased to one node at a time; a node that
//! dies loses its lease. What people call a job, and find at `/jobs`, is a run (`runs.rs`). While that is open it has a row
//! here, which says who does it and nothing of what it is.

use super::dialect::Dialect;
use super::runs::waits;
use super::{Store, Tx};
use crate::domain::principal::Job;
use crate::domain::run::Lane;
use crate::domain::{Error, Result, Timestamp};
use crate::params;

/// A job that this node holds.
#[derive(Clone, Debug)]
pub struct Leased {
    pub id: String,
    pub kind: Job,
    /// What it is about, such as the id of a mount.
    pub object: String,
}

/// Makes sure that a job exists; one that does keeps its time.
pub async fn ensure(tx: &mut Tx, id: &str, kind: &str, object: &str, run_at: Timestamp) -> Result<()> {
    let sql =
        "INSERT INTO jobs (id, kind, object, run_at) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, object) DO NOTHING";
    tx.run(sql, params![id, kind, object, run_at]).await?;
    Ok(())
}

/// Makes a job due at `run_at`, if it was due later.
pub async fn hasten(tx: &mut Tx, kind: &str, object: &str, run_at: Timestamp) -> Result<()> {
    let sql = "UPDATE jobs SET run_at = $3 WHERE kind = $1 AND object = $2 AND run_at > $3";
    tx.run(sql, params![kind, object, run_at]).await?;
    Ok(())
}

/// Removes the jobs of a kind whose object is not among `objects`.
pub async fn retain(tx: &mut Tx, kind: &str, objects: &[String]) -> Result<()> {
    for mut row in tx.all("SELECT id, object FROM jobs WHERE kind = $1", params![kind]).await? {
        let (id, object): (String, String) = (row.take()?, row.take()?);
        if !objects.contains(&object) {
            tx.run("DELETE FROM jobs WHERE id = $1", params![id]).await?;
        }
    }
    Ok(())
}

/// At the start, on a database that this process has for itself: whoever holds a lease is dead. On one that
/// nodes share, theirs run out by themselves.
pub async fn free_orphans(tx: &mut Tx) -> Result<()> {
    if tx.dialect() == Dialect::Sqlite {
        tx.run("UPDATE jobs SET leased_by = NULL, leased_until = NULL", vec![]).await?;
    }
    Ok(())
}

/// Whether any job is due, without a transaction. A run is if it waits in one of these lanes, or is not to go on.
pub async fn any_due(store: &Store, now: Timestamp, lanes: &[Lane]) -> Result<bool> {
    let full: Vec<Lane> = Lane::ALL.into_iter().filter(|lane| !lanes.contains(lane)).collect();
    let sql = format!(
        "SELECT id FROM jobs WHERE run_at <= $1 AND (leased_until IS NULL OR leased_until < $1) AND NOT {} LIMIT 1",
        waits(&full)
    );
    Ok(store.one(&sql, params![now]).await?.is_some())
}

/// Whether a node holds a job. One that died does until another one takes it.
pub async fn is_held(store: &Store, kind: Job, object: &str) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM jobs WHERE kind = $1 AND object = $2 AND leased_by IS NOT NULL";
    Ok(store.one(sql, params![kind.name(), object]).await?.is_some())
}

/// Takes the job that is due longest, until `until`. Runs that are to go on have [turns](super::runs::take_turn).
pub async fn lease(tx: &mut Tx, node: &str, now: Timestamp, until: Timestamp) -> Result<Option<Leased>> {
    let (skip_locked, waits) = (tx.dialect().skip_locked(), waits(&Lane::ALL));
    let sql = format!(
        "UPDATE jobs SET leased_by = $1, leased_until = $2, attempts = attempts + 1
         WHERE id = (SELECT id FROM jobs WHERE run_at <= $3 AND (leased_until IS NULL OR leased_until < $3) AND NOT {waits}
                     ORDER BY run_at LIMIT 1{skip_locked})
         RETURNING id, kind, object"
    );
    let row = tx.one(&sql, params![node, until, now]).await?;
    let kind = |name: String| Job::ALL.into_iter().find(|job| job.name() == name).ok_or(Error::Internal);
    row.map(|mut row| Ok(Leased { id: row.take()?, kind: kind(row.take()?)?, object: row.take()? })).transpose()
}

/// Keeps a lease alive; `false` if it was lost.
pub async fn renew(tx: &mut Tx, id: &str, node: &str, until: Timestamp) -> Result<bool> {
    let sql = "UPDATE jobs SET leased_until = $3 WHERE id = $1 AND leased_by = $2";
    Ok(tx.run(sql, params![id, node, until]).await? == 1)
}

/// Gives a job back, due again at `run_at`.
pub async fn release(tx: &mut Tx, id: &str, node: &str, run_at: Timestamp, error: Option<&str>) -> Result<()> {
    let sql = "UPDATE jobs SET leased_by = NULL, leased_until = NULL, run_at = $3, last_error = $4,
               attempts = CASE WHEN $4 IS NULL THEN 0 ELSE attempts END WHERE id = $1 AND leased_by = $2";
    tx.run(sql, params![id, node, run_at, error]).await?;
    Ok(())
}
