//! The bytes of what goes: of blobs that nothing else needs.

use super::Reader;
use crate::domain::radius::{Graph, Radius};
use crate::domain::{ByteSize, Digest, Result};
use crate::server::store::repositories::Repository;
use std::collections::{BTreeMap, BTreeSet};

/// For each group of images the bytes of blobs that nothing names but these groups: no other image of the repository,
/// and no other repository of the mount. A blob of several groups counts for the first.
pub async fn only_here(
    reader: &mut Reader<'_>,
    repository: &Repository,
    groups: &[BTreeSet<Digest>],
) -> Result<Vec<ByteSize>> {
    let mut sums = vec![0; groups.len()];
    for blob in blobs_only_here(reader, repository, groups).await?.into_values() {
        sums[blob.group] += blob.size;
    }
    Ok(sums.into_iter().map(ByteSize).collect())
}

/// The bytes of blobs that nothing needs any more once the trash has let go what goes: as above, and nothing that is in
/// the trash already either.
pub async fn freed(
    reader: &mut Reader<'_>,
    repository: &Repository,
    (graph, radius): (&Graph, &Radius),
) -> Result<ByteSize> {
    let kept = graph.below(kept_by_trash(reader, &repository.id, radius).await?);
    let images = radius.in_the_end.keys().filter(|digest| !kept.contains(*digest)).cloned().collect();
    let mut blobs = blobs_only_here(reader, repository, &[images]).await?;
    let digests: Vec<Digest> = blobs.keys().cloned().collect();
    for sql in [
        "SELECT l.digest FROM repository_blobs l WHERE l.repository_id = $1 AND l.digest IN ({slots})
         AND EXISTS (SELECT 1 FROM deleted_edges e CROSS JOIN images_in_trash p WHERE e.repository_id = $1 AND e.child = l.digest
           AND p.repository_id = e.repository_id AND p.digest = e.parent)",
        "SELECT l.digest FROM repository_blobs l WHERE l.repository_id = $1 AND l.digest IN ({slots})
         AND EXISTS (SELECT 1 FROM deleted_blobs d JOIN trash x ON x.id = d.entry WHERE d.digest = l.digest)",
        "SELECT l.digest FROM repository_blobs l WHERE l.repository_id = $1 AND l.digest IN ({slots})
         AND EXISTS (SELECT 1 FROM repository_blobs o CROSS JOIN deleted_repositories d
           WHERE o.mount_id = l.mount_id AND o.digest = l.digest AND d.id = o.repository_id)",
    ] {
        for mut row in reader.each(sql, &repository.id, &digests).await? {
            blobs.remove(&row.take::<Digest>()?);
        }
    }
    Ok(ByteSize(blobs.into_values().map(|blob| blob.size).sum()))
}

/// Of the images that nothing names in the end, those that something in the trash keeps: an image there that lists it; and,
/// where it stays in its place until then, a tag there or an image there that it is about.
async fn kept_by_trash(reader: &mut Reader<'_>, repository_id: &str, radius: &Radius) -> Result<BTreeSet<Digest>> {
    let end: Vec<Digest> = radius.in_the_end.keys().cloned().collect();
    let left: Vec<Digest> = end.iter().filter(|digest| !radius.images.contains_key(*digest)).cloned().collect();
    let mut kept = BTreeSet::new();
    for (sql, digests) in [
        (
            "SELECT m.digest FROM manifests m WHERE m.repository_id = $1 AND m.digest IN ({slots})
             AND EXISTS (SELECT 1 FROM deleted_edges e CROSS JOIN images_in_trash p WHERE e.repository_id = $1 AND e.child = m.digest
               AND p.repository_id = e.repository_id AND p.digest = e.parent)",
            &end,
        ),
        (
            "SELECT m.digest FROM manifests m WHERE m.repository_id = $1 AND m.digest IN ({slots})
             AND EXISTS (SELECT 1 FROM tags_in_trash d WHERE d.repository_id = $1 AND d.digest = m.digest)
             UNION SELECT f.digest FROM referrers f CROSS JOIN images_in_trash d WHERE f.repository_id = $1
               AND f.digest IN ({slots}) AND d.repository_id = f.repository_id AND d.digest = f.subject",
            &left,
        ),
    ] {
        for mut row in reader.each(sql, repository_id, digests).await? {
            kept.insert(row.take()?);
        }
    }
    Ok(kept)
}

/// A blob that some images name: the first group of them that does, and how often they do.
struct Own {
    group: usize,
    size: u64,
    n_edges: u64,
}

/// Those blobs.
async fn blobs_only_here(
    reader: &mut Reader<'_>,
    repository: &Repository,
    groups: &[BTreeSet<Digest>],
) -> Result<BTreeMap<Digest, Own>> {
    let mut own: BTreeMap<&Digest, usize> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        for digest in group {
            own.entry(digest).or_insert(index);
        }
    }
    let images: Vec<Digest> = own.keys().map(|digest| (*digest).clone()).collect();
    let sql = "SELECT e.parent, e.child, l.size_bytes FROM manifest_edges e
               JOIN repository_blobs l ON l.repository_id = e.repository_id AND l.digest = e.child
               WHERE e.repository_id = $1 AND e.parent IN ({slots})";
    let mut blobs: BTreeMap<Digest, Own> = BTreeMap::new();
    for mut row in reader.each(sql, &repository.id, &images).await? {
        let (parent, child, size): (Digest, Digest, u64) = (row.take()?, row.take()?, row.take()?);
        let group = own.get(&parent).copied().unwrap_or_default();
        let counted = blobs.entry(child).or_insert(Own { group, size, n_edges: 0 });
        counted.group = counted.group.min(group);
        counted.n_edges += 1;
    }
    let digests: Vec<Digest> = blobs.keys().cloned().collect();
    // Every image may have the same base: it is asked whether there is one more, not which they are.
    let most = blobs.values().map(|blob| blob.n_edges).max().unwrap_or_default();
    let sql = format!(
        "SELECT l.digest, (SELECT COUNT(*) FROM (SELECT 1 FROM manifest_edges e WHERE e.repository_id = l.repository_id
           AND e.child = l.digest LIMIT {}) AS seen)
         FROM repository_blobs l WHERE l.repository_id = $1 AND l.digest IN ({{slots}})",
        most + 1
    );
    for mut row in reader.each(&sql, &repository.id, &digests).await? {
        let (digest, n_edges): (Digest, u64) = (row.take()?, row.take()?);
        if blobs.get(&digest).is_some_and(|blob| blob.n_edges < n_edges) {
            blobs.remove(&digest);
        }
    }
    let digests: Vec<Digest> = blobs.keys().cloned().collect();
    let sql = "SELECT l.digest FROM repository_blobs l WHERE l.repository_id = $1 AND l.digest IN ({slots})
               AND EXISTS (SELECT 1 FROM repository_blobs o CROSS JOIN repositories r WHERE o.mount_id = l.mount_id
                 AND o.digest = l.digest AND o.repository_id <> l.repository_id AND r.id = o.repository_id)";
    for mut row in reader.each(sql, &repository.id, &digests).await? {
        blobs.remove(&row.take::<Digest>()?);
    }
    Ok(blobs)
}
