//! What is under way at a registry elsewhere and knows it by the address of its mount alone.

use super::radius::Reader;
use super::{Store, Tx};
use crate::domain::run::RunKind;
use crate::domain::{Error, RepositoryName, Result, Tag, Timestamp};
use crate::params;

/// A run that is not over: what it does, as its kind reads it, and how far it came.
pub struct Open {
    pub id: String,
    pub kind: RunKind,
    pub params: String,
    pub n_done: u64,
    pub n_total: Option<u64>,
}

/// Runs that are not over, whoever began them.
pub async fn runs(reader: &mut Reader<'_>) -> Result<Vec<Open>> {
    let sql = "SELECT id, kind, params, n_done, n_total FROM job_runs WHERE finished_at IS NULL ORDER BY id";
    let rows = reader.all(sql, vec![]).await?.into_iter();
    rows.map(|mut row| {
        let (id, kind): (String, String) = (row.take()?, row.take()?);
        let kind = RunKind::parse(&kind).map_err(|_| Error::Internal)?;
        Ok(Open { id, kind, params: row.take()?, n_done: row.take()?, n_total: row.take()? })
    })
    .collect()
}

/// Tags of a mount on their way into the trash, up to `limit`.
pub async fn going(reader: &mut Reader<'_>, mount_id: &str, limit: u32) -> Result<Vec<(RepositoryName, Tag)>> {
    let sql = "SELECT repository, tag FROM trash_going WHERE mount_id = $1 ORDER BY since, repository, tag LIMIT $2";
    let rows = reader.all(sql, params![mount_id, limit]).await?.into_iter();
    rows.map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// How many images are held there for what is in the trash.
pub async fn n_held(store: &Store, mount_id: &str) -> Result<u64> {
    let row = store.one("SELECT COUNT(*) FROM trash_holds WHERE mount_id = $1", params![mount_id]).await?;
    row.map_or(Ok(0), |mut row| row.take())
}

/// Leaves what is on its way, and what is held, at an address from which a mount goes away: at another registry nobody looks
/// after it. What was left at the one to which it comes is looked after again. How many tags and images stay behind.
pub async fn leave(tx: &mut Tx, mount_id: &str, (was, is): (&str, &str)) -> Result<(u64, u64)> {
    let left_at = |address: &str| format!("{mount_id} at {address}");
    let mut left = [0, 0];
    for (table, n) in ["trash_going", "trash_holds"].into_iter().zip(&mut left) {
        let sql = format!("UPDATE {table} SET mount_id = $2 WHERE mount_id = $1");
        *n = tx.run(&sql, params![mount_id, left_at(was)]).await?;
        tx.run(&sql, params![left_at(is), mount_id]).await?;
    }
    let [n_going, n_held] = left;
    Ok((n_going, n_held))
}

/// Forgets what was left so, with its mount.
pub async fn forget_left(tx: &mut Tx, mount_id: &str) -> Result<()> {
    for table in ["trash_going", "trash_holds"] {
        let sql = format!("DELETE FROM {table} WHERE SUBSTR(mount_id, 1, LENGTH($1) + 4) = $1 || ' at '");
        tx.run(&sql, params![mount_id]).await?;
    }
    Ok(())
}

/// Ends a run of which nothing may be done any more, in words.
pub async fn end(tx: &mut Tx, run_id: &str, words: &str, now: Timestamp) -> Result<()> {
    let sql = "UPDATE job_runs SET state = 'failed', error = $2, waits_for = NULL, finished_at = $3, changed_at = $3,
                 turn = turn + 1 WHERE id = $1 AND finished_at IS NULL";
    tx.run(sql, params![run_id, words, now]).await.map(drop)
}

/// Nothing begins while an address changes, and no address changes while something begins.
pub async fn lock(tx: &mut Tx) -> Result<()> {
    tx.lock("portolan mounts").await
}
