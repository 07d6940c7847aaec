//! What a whole repository adds to the sums of its mount, where it comes, and takes from them, where it goes.

use super::repositories::Repository;
use super::{Row, Tx};
use crate::domain::{ByteSize, Error, Result};
use crate::params;

/// What one comes to: of its bytes those that no other repository of the mount has.
#[derive(Clone, Copy)]
struct Weight {
    n_tags: i64,
    n_images: i64,
    logical: i64,
    n_sharing: i64,
    only_here: i64,
}

/// Takes a repository that is there out of the sums. Returns how many tags it has, and the bytes that it alone holds.
pub async fn take(tx: &mut Tx, repository: &Repository) -> Result<(u64, ByteSize)> {
    let weight = weigh(tx, repository).await?;
    add(tx, repository, weight, -1).await?;
    Ok((weight.n_tags.unsigned_abs(), ByteSize(weight.only_here.unsigned_abs())))
}

/// Adds one that is there to them.
pub async fn give(tx: &mut Tx, repository: &Repository) -> Result<()> {
    let weight = weigh(tx, repository).await?;
    add(tx, repository, weight, 1).await
}

async fn weigh(tx: &mut Tx, repository: &Repository) -> Result<Weight> {
    let sql = "SELECT r.n_tags, r.n_images, r.logical_bytes,
                 (SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM (SELECT COUNT(*) AS n FROM tags t WHERE t.repository_id = $1
                   GROUP BY t.digest HAVING COUNT(*) > 1) AS shared),
                 (SELECT CAST(COALESCE(SUM(l.size_bytes), 0) AS BIGINT) FROM repository_blobs l WHERE l.repository_id = $1
                   AND NOT EXISTS (SELECT 1 FROM repository_blobs o CROSS JOIN repositories w WHERE o.mount_id = l.mount_id
                     AND o.digest = l.digest AND o.repository_id <> l.repository_id AND w.id = o.repository_id))
               FROM repositories r WHERE r.id = $1";
    let row = tx.one(sql, params![&repository.id]).await?;
    row.map_or(Err(Error::Internal), weight)
}

fn weight(mut row: Row) -> Result<Weight> {
    let (n_tags, n_images, logical) = (row.take()?, row.take()?, row.take()?);
    Ok(Weight { n_tags, n_images, logical, n_sharing: row.take()?, only_here: row.take()? })
}

async fn add(tx: &mut Tx, repository: &Repository, weight: Weight, by: i64) -> Result<()> {
    let sql = "UPDATE mounts SET n_repositories = n_repositories + $2, n_tags = n_tags + $3, n_images = n_images + $4,
                 logical_bytes = logical_bytes + $5, n_sharing = n_sharing + $6, stored_bytes = stored_bytes + $7
               WHERE id = $1";
    let Weight { n_tags, n_images, logical, n_sharing, only_here } = weight;
    let [n_tags, n_images, logical, n_sharing, only_here] =
        [n_tags, n_images, logical, n_sharing, only_here].map(|it| by * it);
    let params = params![&repository.mount_id, by, n_tags, n_images, logical, n_sharing, only_here];
    tx.run(sql, params).await.map(drop)
}
