//! What is under way at a registry elsewhere and knows it by the address of its mount alone.

use super::radius::Reader;
use super::{Store, Tx};
use crate::domain::run::RunKind;
use crate::domain::{Error, RepositoryName, Result, Tag};
use crate::params;

/// A run that is not over: what it does, as its kind reads it.
pub struct Open {
    pub id: String,
    pub kind: RunKind,
    pub params: String,
}

/// Runs that are not over, whoever began them.
pub async fn runs(reader: &mut Reader<'_>) -> Result<Vec<Open>> {
    let sql = "SELECT id, kind, params FROM job_runs WHERE finished_at IS NULL ORDER BY id";
    let rows = reader.all(sql, vec![]).await?.into_iter();
    rows.map(|mut row| {
        let (id, kind): (String, String) = (row.take()?, row.take()?);
        let kind = RunKind::parse(&kind).map_err(|_| Error::Internal)?;
        Ok(Open { id, kind, params: row.take()? })
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

/// Nothing begins while an address changes, and no address changes while something begins.
pub async fn lock(tx: &mut Tx) -> Result<()> {
    tx.lock("portolan mounts").await
}
