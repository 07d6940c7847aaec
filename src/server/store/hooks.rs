//! By what registries elsewhere are known that tell of pushes: a secret for each mount, kept as its fingerprint.

use super::{Store, Tx};
use crate::domain::view::MountKind;
use crate::domain::{Error, Result, Timestamp};
use crate::params;

/// That something was heard is noted again after this.
const NOTED_EVERY_MS: i64 = 60_000;

/// The mount of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    pub mount_id: String,
    heard_at: Option<Timestamp>,
}

impl Hook {
    /// Whether it is to be noted that it was heard now.
    pub fn is_news(&self, now: Timestamp) -> bool {
        self.heard_at.is_none_or(|at| !(0..NOTED_EVERY_MS).contains(&(now.0 - at.0)))
    }
}

/// The mount whose registry has the secret of this fingerprint.
pub async fn find(store: &Store, fingerprint: &str) -> Result<Option<Hook>> {
    let sql = "SELECT id, heard_at FROM mounts WHERE hook_fingerprint = $1 AND active = 1";
    let row = store.one(sql, params![fingerprint]).await?;
    row.map(|mut row| Ok(Hook { mount_id: row.take()?, heard_at: row.take()? })).transpose()
}

/// Puts another secret in the place of the one that a mount has. Returns when that one was made, if there was one.
///
/// # Errors
/// [`Error::Conflict`] where there is no such mount of a registry elsewhere any more.
pub async fn rotate(tx: &mut Tx, id: &str, fingerprint: &str, now: Timestamp) -> Result<Option<Timestamp>> {
    tx.lock(id).await?;
    let sql = "SELECT hook_at FROM mounts WHERE id = $1 AND kind = $2 AND active = 1";
    let row = tx.one(sql, params![id, MountKind::Remote]).await?;
    let before = row.ok_or_else(|| Error::Conflict("somebody else removed this mount".to_owned()))?.take()?;
    let sql = "UPDATE mounts SET hook_fingerprint = $2, hook_at = $3, heard_at = NULL WHERE id = $1";
    tx.run(sql, params![id, fingerprint, now]).await?;
    Ok(before)
}

/// Notes that a mount's registry was heard, as long as it has the secret by which it was.
pub async fn heard(tx: &mut Tx, fingerprint: &str, now: Timestamp) -> Result<()> {
    let sql = "UPDATE mounts SET heard_at = $2 WHERE hook_fingerprint = $1
               AND (heard_at IS NULL OR heard_at <= $3 OR heard_at > $2)";
    tx.run(sql, params![fingerprint, now, now.0 - NOTED_EVERY_MS]).await.map(drop)
}
