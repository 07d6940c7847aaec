//! Deletes: a row leaves the tables that are read, and what brings it back is kept. Nothing is freed here.

mod whole;

pub use whole::repository;

use super::repositories::Repository;
use super::tags::Move;
use super::{Tx, Value, batch, blobs, edges, manifests, repositories, tags};
use crate::domain::{Actor, Digest, Error, Result, Tag, Timestamp};
use crate::params;
use crate::server::entropy::{Entropy, new_id};
use std::sync::Arc;

/// How many tags share a statement.
const TAGS_TOGETHER: usize = 256;

/// Who deletes, and when. What one deletes shares a batch.
pub struct Deletion {
    by: Actor,
    at: Timestamp,
    batch: String,
    entropy: Arc<dyn Entropy>,
}

impl Deletion {
    /// A new batch.
    pub fn new(by: Actor, at: Timestamp, entropy: Arc<dyn Entropy>) -> Self {
        Self { by, at, batch: new_id(&*entropy, at), entropy }
    }

    fn new_id(&self) -> String {
        new_id(&*self.entropy, self.at)
    }
}

/// Takes a tag from its image, which stays. Returns the image's digest, or `None` if there is no such tag.
pub async fn tag(tx: &mut Tx, repository: &Repository, tag: &Tag, deletion: &Deletion) -> Result<Option<Digest>> {
    let Some(current) = tags::current(tx, &repository.id, tag).await? else { return Ok(None) };
    untag(tx, repository, &current.digest, std::slice::from_ref(tag), deletion).await?;
    Ok(Some(current.digest))
}

/// Takes some of its tags from an image. One may have any number of them, and no other change waits for long.
async fn untag(tx: &mut Tx, repository: &Repository, digest: &Digest, tags: &[Tag], deletion: &Deletion) -> Result<()> {
    for some in tags.chunks(TAGS_TOGETHER) {
        let named = || some.iter().flat_map(|tag| [Value::from(deletion.new_id()), tag.into()]).collect();
        let sql = format!(
            "WITH gone (id, name) AS (VALUES {})
             INSERT INTO deleted_tags (id, batch, repository_id, name, digest, changed_at, move_known, moved_by,
               pulled_at, deleted_at, deleted_by)
             SELECT gone.id, $2, t.repository_id, t.name, t.digest, t.changed_at, t.move_known, t.moved_by, t.pulled_at, $3, $4
             FROM gone JOIN tags t ON t.repository_id = $1 AND t.name = gone.name",
            batch::rows(5, some.len(), 2)
        );
        let kept = params![&repository.id, &deletion.batch, deletion.at, &deletion.by];
        tx.run(&sql, [kept, named()].concat()).await?;
        let sql = format!(
            "WITH gone (id, name) AS (VALUES {})
             INSERT INTO tag_moves (id, repository_id, tag, from_digest, how, actor, at)
             SELECT gone.id, $1, gone.name, $2, $3, $4, $5 FROM gone",
            batch::rows(6, some.len(), 2)
        );
        let moved = params![&repository.id, digest, Move::Deleted, &deletion.by, deletion.at];
        tx.run(&sql, [moved, named()].concat()).await?;
        let sql = format!("DELETE FROM tags WHERE repository_id = $1 AND name IN ({})", batch::slots(2, some.len()));
        let names = some.iter().map(Value::from).collect();
        tx.run(&sql, [params![&repository.id], names].concat()).await?;
    }
    tags::count(tx, repository, [(digest, -(tags.len() as i64))]).await?;
    repositories::refresh_newest(tx, repository).await
}

/// Deletes a manifest with its tags. `false` if there is no such manifest.
///
/// # Errors
/// [`Error::InUse`] if an index lists it.
pub async fn manifest(tx: &mut Tx, repository: &Repository, digest: &Digest, deletion: &Deletion) -> Result<bool> {
    if manifests::size(tx, &repository.id, digest).await?.is_none() {
        return Ok(false);
    }
    refuse_if_used(tx, repository, digest).await?;
    let named = tags::naming(tx, &repository.id, digest).await?;
    if !named.is_empty() {
        untag(tx, repository, digest, &named, deletion).await?;
    }
    let keep =
        "INSERT INTO deleted_manifests (id, batch, repository_id, digest, media_type, content, config, pushed_at,
                  pushed_by, deleted_at, deleted_by)
                SELECT $3, $4, repository_id, digest, media_type, content, config, pushed_at, pushed_by, $5, $6
                FROM manifests WHERE repository_id = $1 AND digest = $2";
    let params = params![&repository.id, digest, deletion.new_id(), &deletion.batch, deletion.at, &deletion.by];
    tx.run(keep, params).await?;
    manifests::weigh(tx, &repository.id, digest, -1).await?;
    for sql in [
        "DELETE FROM referrers WHERE repository_id = $1 AND digest = $2",
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
