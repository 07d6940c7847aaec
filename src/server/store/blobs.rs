//! Blob rows and the links that make blobs readable in a repository.

use super::repositories::Repository;
use super::{Store, Tx, batch};
use crate::domain::manifest::Manifest;
use crate::domain::{Digest, Result, Timestamp};
use crate::params;
use std::collections::{HashMap, HashSet};

/// Parts of a manifest that share a statement.
const PARTS: usize = 256;

/// The size of a blob that a mount's repository has, or `None`.
pub async fn linked(
    store: &Store,
    mount_id: &str,
    repository: &crate::domain::RepositoryName,
    digest: &Digest,
) -> Result<Option<u64>> {
    let sql = "SELECT l.size_bytes FROM repository_blobs l JOIN repositories r ON r.id = l.repository_id
               WHERE r.name = $1 AND l.digest = $2 AND r.mount_id = $3";
    store.one(sql, params![repository, digest, mount_id]).await?.map(|mut row| row.take()).transpose()
}

/// The same inside a transaction.
pub async fn linked_size(tx: &mut Tx, repository_id: &str, digest: &Digest) -> Result<Option<u64>> {
    let sql = "SELECT size_bytes FROM repository_blobs WHERE repository_id = $1 AND digest = $2";
    tx.one(sql, params![repository_id, digest]).await?.map(|mut row| row.take()).transpose()
}

/// The sizes of those of `digests` that the repository has as blobs.
pub async fn linked_sizes(tx: &mut Tx, repository_id: &str, digests: &[&Digest]) -> Result<HashMap<Digest, u64>> {
    batch::sizes(tx, "repository_blobs", repository_id, digests).await
}

/// Notes that the blob store holds some content.
pub async fn hold(tx: &mut Tx, digest: &Digest, size: u64, now: Timestamp) -> Result<()> {
    // What was about to be removed is wanted again, and its bytes were just written.
    let sql = "INSERT INTO blobs (digest, size_bytes, created_at) VALUES ($1, $2, $3)
               ON CONFLICT (digest) DO UPDATE SET deleting_at = NULL WHERE blobs.deleting_at IS NOT NULL";
    tx.run(sql, params![digest, size, now]).await?;
    Ok(())
}

/// Whether the database knows any content.
pub async fn any(store: &Store) -> Result<bool> {
    Ok(store.one("SELECT digest FROM blobs LIMIT 1", vec![]).await?.is_some())
}

/// Those of `digests` that the database knows.
pub async fn known(store: &Store, digests: &[Digest]) -> Result<HashSet<Digest>> {
    if digests.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = format!("SELECT digest FROM blobs WHERE digest IN ({})", batch::slots(1, digests.len()));
    let rows = store.all(&sql, digests.iter().map(super::Value::from).collect()).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// Takes the link of a blob away, and keeps the stored bytes.
pub(super) async fn unlink(tx: &mut Tx, repository: &Repository, digest: &Digest, size: u64) -> Result<()> {
    let sql = "DELETE FROM repository_blobs WHERE repository_id = $1 AND digest = $2";
    tx.run(sql, params![&repository.id, digest]).await?;
    let sql = "UPDATE repositories SET stored_bytes = stored_bytes - $2 WHERE id = $1";
    tx.run(sql, params![&repository.id, size]).await?;
    if !is_in_mount(tx, &repository.mount_id, digest).await? {
        let sql = "UPDATE mounts SET stored_bytes = stored_bytes - $2 WHERE id = $1";
        tx.run(sql, params![&repository.mount_id, size]).await?;
    }
    Ok(())
}

async fn is_in_mount(tx: &mut Tx, mount_id: &str, digest: &Digest) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM repository_blobs l CROSS JOIN repositories r
               WHERE l.mount_id = $1 AND l.digest = $2 AND r.id = l.repository_id LIMIT 1";
    Ok(tx.one(sql, params![mount_id, digest]).await?.is_some())
}

/// Links a blob to a repository and keeps the stored bytes of repository and mount: a blob counts
/// once in each, however many images name it. Whoever is told of one that is linked already can count on it anew.
pub async fn link(tx: &mut Tx, repository: &Repository, digest: &Digest, size: u64, now: Timestamp) -> Result<()> {
    let told = "UPDATE repository_blobs SET linked_at = $3 WHERE repository_id = $1 AND digest = $2";
    if tx.run(told, params![&repository.id, digest, now]).await? > 0 {
        return Ok(());
    }
    let is_known = is_in_mount(tx, &repository.mount_id, digest).await?;
    let sql = "INSERT INTO repository_blobs (repository_id, digest, mount_id, size_bytes, linked_at)
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (repository_id, digest) DO NOTHING";
    if tx.run(sql, params![&repository.id, digest, &repository.mount_id, size, now]).await? == 0 {
        return Ok(());
    }
    let sql = "UPDATE repositories SET stored_bytes = stored_bytes + $2 WHERE id = $1";
    tx.run(sql, params![&repository.id, size]).await?;
    if !is_known {
        let sql = "UPDATE mounts SET stored_bytes = stored_bytes + $2 WHERE id = $1";
        tx.run(sql, params![&repository.mount_id, size]).await?;
    }
    Ok(())
}

/// Links what a manifest that comes back is made of again, where it was taken out of its repository meanwhile.
pub(super) async fn link_deleted(
    tx: &mut Tx,
    repository: &Repository,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<()> {
    let parts: Vec<Digest> = manifest.children.iter().map(|(_, part)| part.digest.clone()).collect();
    for some in parts.chunks(PARTS) {
        let (slots, named) = batch::padded(2, some);
        let sql = format!(
            "SELECT b.digest, b.size_bytes, b.entry FROM deleted_blobs b WHERE b.repository_id = $1 AND b.digest IN ({slots})
             AND NOT EXISTS (SELECT 1 FROM repository_blobs l WHERE l.repository_id = $1 AND l.digest = b.digest)"
        );
        for mut row in tx.all(&sql, [params![&repository.id], named].concat()).await? {
            let (digest, size, entry): (Digest, u64, String) = (row.take()?, row.take()?, row.take()?);
            link(tx, repository, &digest, size, now).await?;
            tx.run("DELETE FROM deleted_blobs WHERE entry = $1 AND digest = $2", params![&entry, &digest]).await?;
            tx.run("DELETE FROM trash WHERE id = $1 AND kind = 'blob'", params![&entry]).await?;
        }
    }
    Ok(())
}
