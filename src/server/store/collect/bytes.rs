//! Content that nothing links: marked first, removed when it still is, and then forgotten. Who brings the same bytes
//! again takes the mark away.

use super::{Bounds, named};
use crate::domain::{Digest, Result};
use crate::params;
use crate::server::store::{Store, Tx};

/// That nothing links the content `b`, and nothing in the trash would.
pub(super) fn free(bounds: &Bounds) -> String {
    let link = bounds.unless_found("link", "l.repository_id", "l.digest");
    let in_trash = bounds.kept("deleted_blobs d", "d.digest = b.digest");
    let linked = "h.kind = 'hosted' AND l.mount_id = h.id AND l.digest = b.digest";
    let with_all = bounds.kept(
        "mounts h CROSS JOIN repository_blobs l CROSS JOIN deleted_repositories d",
        &format!("{linked} AND d.id = l.repository_id"),
    );
    format!(
        "NOT EXISTS (SELECT 1 FROM mounts h CROSS JOIN repository_blobs l CROSS JOIN repositories r
           WHERE {linked} AND r.id = l.repository_id{link})
         AND NOT EXISTS ({with_all})
         AND NOT EXISTS ({in_trash})"
    )
}

/// Some content on a page: its size, and whether nothing holds it.
pub type Content = (Digest, u64, bool);

/// A page of content.
pub async fn contents(store: &Store, bounds: &Bounds, after: &str, limit: u32) -> Result<Vec<Content>> {
    let sql = format!(
        "WITH page AS (SELECT digest, size_bytes FROM blobs WHERE digest > $1 ORDER BY digest LIMIT $2)
         SELECT b.digest, b.size_bytes, CASE WHEN {} THEN 1 ELSE 0 END FROM page b ORDER BY b.digest",
        free(bounds)
    );
    let rows = store.scan_in_background(&sql, params![after, limit]).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?, row.take()?))).collect()
}

/// Marks content that nothing holds at this moment: no link of it is on its way, for whoever links something has the
/// lock of the mount.
pub async fn mark(tx: &mut Tx, bounds: &Bounds, digests: &[Digest]) -> Result<u64> {
    for mut row in tx.all("SELECT id FROM mounts WHERE kind = 'hosted' ORDER BY id", vec![]).await? {
        tx.lock(&row.take::<String>()?).await?;
    }
    let (slots, values) = named(2, digests);
    let sql = format!(
        "UPDATE blobs AS b SET deleting_at = $1 WHERE b.digest IN ({slots}) AND b.deleting_at IS NULL AND {}",
        free(bounds)
    );
    tx.run(&sql, [params![bounds.now], values].concat()).await
}

/// Content that is marked, with its sizes, behind `after`.
pub async fn marked(store: &Store, after: &str, limit: u32) -> Result<Vec<(Digest, u64)>> {
    let sql =
        "SELECT digest, size_bytes FROM blobs WHERE deleting_at IS NOT NULL AND digest > $1 ORDER BY digest LIMIT $2";
    let rows = store.all(sql, params![after, limit]).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// Those of some content that are marked still, and that nothing holds. True for as long as nobody commits.
pub async fn still_marked(store: &Store, bounds: &Bounds, digests: &[Digest]) -> Result<Vec<Digest>> {
    let (slots, values) = named(1, digests);
    let sql = format!(
        "SELECT b.digest FROM blobs b WHERE b.deleting_at IS NOT NULL AND b.digest IN ({slots}) AND {}",
        free(bounds)
    );
    store.all(&sql, values).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Forgets content that was removed, unless it was brought again. Returns how much that was.
pub async fn forget(tx: &mut Tx, digests: &[Digest]) -> Result<(u64, u64)> {
    let (slots, values) = named(1, digests);
    let sql = format!("DELETE FROM blobs WHERE deleting_at IS NOT NULL AND digest IN ({slots}) RETURNING size_bytes");
    let (mut n_gone, mut n_bytes) = (0, 0);
    for mut row in tx.all(&sql, values).await? {
        n_gone += 1;
        n_bytes += row.take::<u64>()?;
    }
    Ok((n_gone, n_bytes))
}
