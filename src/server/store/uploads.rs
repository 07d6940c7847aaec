//! Upload sessions: how far each has come, bound to repository and actor.

use super::{Store, Tx};
use crate::domain::{Actor, RepositoryName, Result, Timestamp};
use crate::params;

/// An open session.
pub struct Session {
    /// What was received so far, as the state of its hash, which knows how many bytes it has seen.
    pub hash_state: Vec<u8>,
}

/// The session of that id, if it belongs to this repository and this actor.
pub async fn find(store: &Store, id: &str, repository: &RepositoryName, actor: &Actor) -> Result<Option<Session>> {
    let sql = "SELECT hash_state FROM uploads WHERE id = $1 AND repository = $2 AND actor = $3";
    let row = store.one(sql, params![id, repository, actor]).await?;
    row.map(|mut row| Ok(Session { hash_state: row.take()? })).transpose()
}

/// Opens a session.
pub async fn create(
    tx: &mut Tx,
    id: &str,
    repository: &RepositoryName,
    actor: &Actor,
    state: Vec<u8>,
    now: Timestamp,
) -> Result<()> {
    let sql =
        "INSERT INTO uploads (id, repository, actor, received, hash_state, touched_at) VALUES ($1, $2, $3, 0, $4, $5)";
    tx.run(sql, params![id, repository, actor, state, now]).await?;
    Ok(())
}

/// Notes how far a session has come; `false` if it does not stand at `before` any more.
pub async fn advance(
    tx: &mut Tx,
    id: &str,
    before: u64,
    received: u64,
    state: Vec<u8>,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE uploads SET received = $3, hash_state = $4, touched_at = $5 WHERE id = $1 AND received = $2";
    Ok(tx.run(sql, params![id, before, received, state, now]).await? == 1)
}

/// Whether a session is open still.
pub async fn current(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(tx.one("SELECT 1 AS found FROM uploads WHERE id = $1", params![id]).await?.is_some())
}

/// Closes a session; `false` if it was closed already.
pub async fn close(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(tx.run("DELETE FROM uploads WHERE id = $1", params![id]).await? == 1)
}

/// Closes a session unless somebody has touched it since `before`; `false` if it goes on.
pub async fn close_abandoned(tx: &mut Tx, id: &str, before: Timestamp) -> Result<bool> {
    Ok(tx.run("DELETE FROM uploads WHERE id = $1 AND touched_at < $2", params![id, before]).await? == 1)
}

/// Sessions that nobody has touched since `before`, oldest first.
pub async fn abandoned(store: &Store, before: Timestamp, limit: u32) -> Result<Vec<String>> {
    let sql = "SELECT id FROM uploads WHERE touched_at < $1 ORDER BY touched_at LIMIT $2";
    store.all(sql, params![before, limit]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Whether a session of that id is open.
pub async fn is_open(store: &Store, id: &str) -> Result<bool> {
    Ok(store.one("SELECT id FROM uploads WHERE id = $1", params![id]).await?.is_some())
}
