//! Runs that are not over, for whoever is about to start another one.

use super::{Owner, rows, state};
use crate::domain::Result;
use crate::domain::run::{RunKind, RunState};
use crate::params;
use crate::server::store::Tx;

/// A run that is not over.
#[derive(Clone, Debug)]
pub struct Open {
    pub id: String,
    pub state: RunState,
    /// Whether it only finds out what it would do.
    pub is_dry: bool,
}

/// The oldest run of a kind that is not over. Until the transaction ends nobody else starts one.
pub async fn open_of(tx: &mut Tx, kind: RunKind) -> Result<Option<Open>> {
    tx.lock(&format!("runs of {}", kind.name())).await?;
    let sql = "SELECT id, state, params FROM job_runs WHERE kind = $1 AND finished_at IS NULL ORDER BY id LIMIT 1";
    let Some(mut row) = tx.one(sql, params![kind.name()]).await? else { return Ok(None) };
    let (id, state) = (row.take()?, state(&mut row)?);
    Ok(Some(Open { id, state, is_dry: rows::is_dry(&row.take::<String>()?) }))
}

/// How many runs of somebody are not over.
pub async fn n_open_of(tx: &mut Tx, owner: &Owner) -> Result<u64> {
    let (is_theirs, value) = owner.condition(1);
    let sql = format!("SELECT COUNT(*) FROM job_runs WHERE {is_theirs} AND finished_at IS NULL");
    tx.one(&sql, vec![value]).await?.map_or(Ok(0), |mut row| row.take())
}
