//! Whole repositories, as far as a preview weighs them, in a statement for all of them. No manifest and no tag is read:
//! tags a column counts, images are counted in an index, and what is freed is asked of the links of their blobs.

use super::Reader;
use crate::domain::{ByteSize, Namespace, RepositoryName, Result, Timestamp};
use crate::params;
use crate::server::store::{Store, batch};

/// What a repository comes to.
#[derive(Clone, Debug)]
pub struct Sum {
    pub id: String,
    pub name: RepositoryName,
    pub n_tags: u64,
    /// All of them, with what is a part of another one or about one.
    pub n_images: u64,
    pub logical: ByteSize,
    pub changed: Timestamp,
}

/// One repository of a mount, or those that lie below a namespace, up to `limit`.
pub async fn sums(
    reader: &mut Reader<'_>,
    mount_id: &str,
    name: Option<&RepositoryName>,
    below: Option<&Namespace>,
    limit: u32,
) -> Result<Vec<Sum>> {
    let (first, last) = match (name, below) {
        (Some(name), _) => (name.to_string(), name.to_string()),
        (None, Some(namespace)) => (format!("{namespace}/"), format!("{namespace}0")),
        (None, None) => return Ok(vec![]),
    };
    let sql = "SELECT r.id, r.name, r.n_tags, (SELECT COUNT(*) FROM manifests m WHERE m.repository_id = r.id), r.logical_bytes,
                 r.updated_at
               FROM repositories r WHERE r.mount_id = $1 AND r.name >= $2 AND r.name <= $3 ORDER BY r.name LIMIT $4";
    let rows = reader.all(sql, params![mount_id, first, last, limit]).await?;
    rows.into_iter()
        .map(|mut row| {
            let (id, name, n_tags, n_images) = (row.take()?, row.take()?, row.take()?, row.take()?);
            Ok(Sum { id, name, n_tags, n_images, logical: row.take()?, changed: row.take()? })
        })
        .collect()
}

/// Bytes of blobs that no other repository of the mount has, neither one that is there nor one in the trash. What was
/// deleted in these before goes for good with them.
pub async fn only_in(store: &Store, repositories: &[Sum]) -> Result<ByteSize> {
    let slots = batch::slots(1, repositories.len());
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM (SELECT l.digest, MAX(l.size_bytes) AS size_bytes
           FROM (SELECT b.digest, b.size_bytes, b.mount_id FROM repository_blobs b WHERE b.repository_id IN ({slots})
             UNION ALL SELECT g.digest, g.size_bytes, r.mount_id FROM deleted_blobs g
               JOIN trash x ON x.id = g.entry JOIN repositories r ON r.id = g.repository_id
             WHERE g.repository_id IN ({slots})) AS l
           WHERE NOT EXISTS (SELECT 1 FROM repository_blobs o
             WHERE o.mount_id = l.mount_id AND o.digest = l.digest AND o.repository_id NOT IN ({slots})
               AND (EXISTS (SELECT 1 FROM repositories w WHERE w.id = o.repository_id)
                 OR EXISTS (SELECT 1 FROM deleted_repositories w WHERE w.id = o.repository_id)))
             AND NOT EXISTS (SELECT 1 FROM deleted_blobs d JOIN trash x ON x.id = d.entry WHERE d.digest = l.digest
               AND d.repository_id NOT IN ({slots}))
           GROUP BY l.digest) AS held"
    );
    let ids = repositories.iter().map(|it| it.id.as_str().into()).collect();
    let row = store.scan(&sql, ids).await?.into_iter().next();
    row.map_or(Ok(ByteSize(0)), |mut row| row.take())
}
