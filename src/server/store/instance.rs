//! What a database says of itself: who it is, and which version's derived rows it holds.

use super::{Store, rebuild};
use crate::domain::{Error, Result};
use crate::params;
use crate::server::entropy::new_id;

/// Changes with what is derived from manifests and tags, or how.
const DERIVED: i64 = 2;

/// Gives a new database its id, and computes derived rows again where another version did: also where that was
/// cut off before.
pub(super) async fn prepare(store: &Store) -> Result<()> {
    let id = new_id(&*store.entropy, store.clock.now());
    let first = store.transact(move |tx| {
        Box::pin(async move {
            tx.lock("portolan instance").await?;
            if tx.one("SELECT id FROM instance", vec![]).await?.is_none() {
                tx.run("INSERT INTO instance (id, derived) VALUES ($1, 0)", params![id]).await?;
            }
            let row = tx.one("SELECT derived FROM instance", vec![]).await?;
            row.map_or(Ok(0), |mut row| row.take::<i64>())
        })
    });
    if first.await? == DERIVED {
        return Ok(());
    }
    let known = store.one("SELECT COUNT(*) FROM repositories", vec![]).await?;
    let repositories = known.map_or(Ok(0), |mut row| row.take::<u64>())?;
    if repositories > 0 {
        tracing::info!(repositories, "computing what this version derives from the manifests; this can take minutes");
    }
    rebuild::run(store).await?;
    let mark = store.transact(|tx| {
        Box::pin(async move { tx.run("UPDATE instance SET derived = $1", params![DERIVED]).await.map(drop) })
    });
    mark.await
}

/// The database's own id, which its blob store bears as well.
pub async fn id(store: &Store) -> Result<String> {
    store.one("SELECT id FROM instance", vec![]).await?.ok_or(Error::Internal)?.take()
}
