//! What goes for good: the rows that could bring it back. Content that nothing holds after that is collected later.

use super::{Entry, forget};
use crate::domain::Result;
use crate::domain::trash::TrashKind;
use crate::params;
use crate::server::store::Tx;

/// Lets what an entry holds go.
pub async fn purge(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let (id, repository) = (&entry.row.id, &entry.repository_id);
    for sql in [
        "DELETE FROM deleted_tags WHERE entry = $1",
        "DELETE FROM deleted_manifests WHERE entry = $1",
        "DELETE FROM deleted_blobs WHERE entry = $1",
        "DELETE FROM deleted_repositories WHERE entry = $1",
    ] {
        tx.run(sql, params![id]).await?;
    }
    forget(tx, id).await?;
    match entry.row.kind {
        TrashKind::Tag | TrashKind::Blob => Ok(()),
        TrashKind::Image => unlink(tx, repository).await,
        TrashKind::Repository => forget_all_of(tx, repository).await,
    }
}

/// Removes the edges of manifests that are in the trash no more.
async fn unlink(tx: &mut Tx, repository_id: &str) -> Result<()> {
    let sql = "DELETE FROM deleted_edges WHERE repository_id = $1 AND NOT EXISTS (SELECT 1 FROM deleted_manifests d
               WHERE d.repository_id = deleted_edges.repository_id AND d.digest = deleted_edges.parent)";
    tx.run(sql, params![repository_id]).await.map(|_| ())
}

/// What was deleted in a repository before all of it was can never come back either.
async fn forget_all_of(tx: &mut Tx, repository_id: &str) -> Result<()> {
    for table in ["trash", "deleted_tags", "deleted_manifests", "deleted_blobs", "deleted_edges", "tag_moves", "pulls"]
    {
        tx.run(&format!("DELETE FROM {table} WHERE repository_id = $1"), params![repository_id]).await?;
    }
    Ok(())
}
