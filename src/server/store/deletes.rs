//! Deletes: a row leaves the tables that are read, and what brings it back is kept. Nothing is freed here.

use super::repositories::Repository;
use super::tags::History;
use super::{Tx, blobs, edges, manifests, referrers, repositories, tags};
use crate::domain::{Digest, Error, Result, Tag, Timestamp};
use crate::params;
use crate::server::entropy::{Entropy, new_id};
use std::sync::Arc;

/// Who deletes, and when. What one deletes shares a batch.
pub struct Deletion {
    by: String,
    at: Timestamp,
    batch: String,
    entropy: Arc<dyn Entropy>,
}

impl Deletion {
    /// A new batch.
    pub fn new(by: String, at: Timestamp, entropy: Arc<dyn Entropy>) -> Self {
        Self { by, at, batch: new_id(&*entropy, at), entropy }
    }

    fn new_id(&self) -> String {
        new_id(&*self.entropy, self.at)
    }
}

/// Takes a tag from its image, which stays. Returns the image's digest, or `None` if there is no such tag.
pub async fn tag(tx: &mut Tx, repository: &Repository, tag: &Tag, deletion: &Deletion) -> Result<Option<Digest>> {
    let sql = "INSERT INTO deleted_tags (id, batch, repository_id, name, digest, changed_at, move_known, moved_by,
                 pulled_at, deleted_at, deleted_by)
               SELECT $3, $4, repository_id, name, digest, changed_at, move_known, moved_by, pulled_at, $5, $6
               FROM tags WHERE repository_id = $1 AND name = $2 RETURNING digest";
    let params = params![&repository.id, tag, deletion.new_id(), &deletion.batch, deletion.at, &deletion.by];
    let Some(mut kept) = tx.one(sql, params).await? else { return Ok(None) };
    let digest: Digest = kept.take()?;
    tx.run("DELETE FROM tags WHERE repository_id = $1 AND name = $2", params![&repository.id, tag]).await?;
    tags::count(tx, repository, Some(&digest), None).await?;
    let moved = History {
        repository_id: &repository.id,
        tag,
        from: Some(&digest),
        to: None,
        how: "delete",
        actor: &deletion.by,
        at: deletion.at,
    };
    moved.write(tx, &deletion.new_id()).await?;
    repositories::refresh_newest(tx, repository).await?;
    Ok(Some(digest))
}

/// Deletes a manifest with its tags. `false` if there is no such manifest.
///
/// # Errors
/// [`Error::InUse`] if an index lists it.
pub async fn manifest(tx: &mut Tx, repository: &Repository, digest: &Digest, deletion: &Deletion) -> Result<bool> {
    let sql = "SELECT subject FROM manifests WHERE repository_id = $1 AND digest = $2";
    let Some(mut row) = tx.one(sql, params![&repository.id, digest]).await? else { return Ok(false) };
    let subject: Option<Digest> = row.take()?;
    refuse_if_used(tx, repository, digest).await?;
    let named = "SELECT name FROM tags WHERE repository_id = $1 AND digest = $2 ORDER BY name";
    for mut row in tx.all(named, params![&repository.id, digest]).await? {
        tag(tx, repository, &row.take()?, deletion).await?;
    }
    let keep =
        "INSERT INTO deleted_manifests (id, batch, repository_id, digest, media_type, content, config, pushed_at,
                  pushed_by, deleted_at, deleted_by)
                SELECT $3, $4, repository_id, digest, media_type, content, config, pushed_at, pushed_by, $5, $6
                FROM manifests WHERE repository_id = $1 AND digest = $2";
    let params = params![&repository.id, digest, deletion.new_id(), &deletion.batch, deletion.at, &deletion.by];
    tx.run(keep, params).await?;
    manifests::weigh(tx, &repository.id, digest, -1).await?;
    if let Some(subject) = subject {
        referrers::remove(tx, &repository.id, &subject, digest).await?;
    }
    for sql in [
        "DELETE FROM manifest_edges WHERE repository_id = $1 AND parent = $2",
        "DELETE FROM manifests WHERE repository_id = $1 AND digest = $2",
    ] {
        tx.run(sql, params![&repository.id, digest]).await?;
    }
    Ok(true)
}

/// Takes a blob out of a repository; the bytes stay in the store. `false` if the repository does not have it.
///
/// # Errors
/// [`Error::InUse`] if an image names it.
pub async fn blob(tx: &mut Tx, repository: &Repository, digest: &Digest, deletion: &Deletion) -> Result<bool> {
    let Some(size) = blobs::linked_size(tx, &repository.id, digest).await? else { return Ok(false) };
    refuse_if_used(tx, repository, digest).await?;
    let sql =
        "INSERT INTO deleted_blobs (id, batch, repository_id, digest, size_bytes, linked_at, deleted_at, deleted_by)
               SELECT $3, $4, repository_id, digest, size_bytes, linked_at, $5, $6
               FROM repository_blobs WHERE repository_id = $1 AND digest = $2";
    let params = params![&repository.id, digest, deletion.new_id(), &deletion.batch, deletion.at, &deletion.by];
    tx.run(sql, params).await?;
    blobs::unlink(tx, repository, digest, size).await?;
    Ok(true)
}

async fn refuse_if_used(tx: &mut Tx, repository: &Repository, digest: &Digest) -> Result<()> {
    let by = edges::users(tx, &repository.id, digest).await?;
    if by.is_empty() { Ok(()) } else { Err(Error::InUse { digest: digest.clone(), by }) }
}
