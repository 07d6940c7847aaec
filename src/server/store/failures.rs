//! Sign-ins in vain, of one account from one network, until they are forgotten.

use super::{Store, Tx};
use crate::domain::{Result, Timestamp};
use crate::params;

/// How often, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    pub n_failed: i64,
    pub last_at: Timestamp,
}

/// What is known of a subject.
pub async fn of(store: &Store, subject: &str) -> Result<Option<Failures>> {
    let sql = "SELECT n_failed, last_at FROM failed_sign_ins WHERE subject = $1";
    let row = store.one(sql, params![subject]).await?;
    row.map(|mut row| Ok(Failures { n_failed: row.take()?, last_at: row.take()? })).transpose()
}

/// Counts one more; begins anew where the last was before `since`.
pub async fn add(tx: &mut Tx, subject: &str, now: Timestamp, since: Timestamp) -> Result<()> {
    let sql = "INSERT INTO failed_sign_ins (subject, n_failed, last_at) VALUES ($1, 1, $2)
               ON CONFLICT (subject) DO UPDATE SET last_at = excluded.last_at,
                 n_failed = CASE WHEN failed_sign_ins.last_at < $3 THEN 1 ELSE failed_sign_ins.n_failed + 1 END";
    tx.run(sql, params![subject, now, since]).await.map(|_| ())
}

/// Forgets what was last counted before `since`, at most so many; how many they were.
pub async fn sweep(tx: &mut Tx, since: Timestamp, limit: u32) -> Result<u64> {
    let sql = "DELETE FROM failed_sign_ins WHERE subject IN (
                 SELECT subject FROM failed_sign_ins WHERE last_at < $1 LIMIT $2)";
    tx.run(sql, params![since, limit]).await
}

/// Forgets a subject.
pub async fn forget(tx: &mut Tx, subject: &str) -> Result<()> {
    tx.run("DELETE FROM failed_sign_ins WHERE subject = $1", params![subject]).await.map(|_| ())
}
