//! Reads the part of a repository's graph that a delete can reach, and weighs what goes.

mod whole;

pub use whole::{Sum, all_named, only_in, sums};

use super::repositories::Repository;
use super::{Row, Store, Tx, Value, batch};
use crate::domain::radius::{Graph, Node, Radius, referrer_tags};
use crate::domain::{ByteSize, Digest, Error, Result, Tag};
use std::collections::{BTreeMap, BTreeSet};

/// The most images and tags that one delete reaches.
pub const MAX_REACHED: usize = 50_000;

/// Digests or tags that share a statement.
const TOGETHER: usize = 256;

/// Where to read: as things stand, or inside the transaction that changes them.
pub enum Reader<'a> {
    Store(&'a Store),
    Tx(&'a mut Tx),
}

impl Reader<'_> {
    pub(super) async fn all(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        match self {
            Self::Store(store) => store.all(sql, params).await,
            Self::Tx(tx) => tx.all(sql, params).await,
        }
    }

    /// The rows of a query over some values, `{slots}` in its text, which follow the id of the repository.
    async fn each<'v, V>(&mut self, sql: &str, repository_id: &str, values: &'v [V]) -> Result<Vec<Row>>
    where
        V: Sync,
        &'v V: Into<Value>,
    {
        let mut rows = Vec::new();
        for some in values.chunks(TOGETHER) {
            let params = std::iter::once(Value::from(repository_id)).chain(some.iter().map(Into::into)).collect();
            rows.extend(self.all(&sql.replace("{slots}", &batch::slots(2, some.len())), params).await?);
        }
        Ok(rows)
    }
}

/// What these tags name, of those that are there.
pub async fn named(reader: &mut Reader<'_>, repository_id: &str, tags: &[Tag]) -> Result<BTreeMap<Tag, Digest>> {
    let sql = "SELECT name, digest FROM tags WHERE repository_id = $1 AND name IN ({slots})";
    let rows = reader.each(sql, repository_id, tags).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// Every image of `from`, and all that lies below them: what they list, and what is about them.
///
/// # Errors
/// [`Error::TooLarge`] if more is reached than one delete may take.
pub async fn graph(reader: &mut Reader<'_>, repository_id: &str, from: BTreeSet<Digest>) -> Result<Graph> {
    let (mut graph, mut frontier) = (Graph::default(), from);
    let mut n_reached = 0;
    while !frontier.is_empty() {
        let digests: Vec<Digest> = std::mem::take(&mut frontier).into_iter().collect();
        let found = level(reader, repository_id, &digests).await?;
        n_reached += found.values().map(|node| 1 + node.tags.len()).sum::<usize>();
        if n_reached > MAX_REACHED {
            let message = format!("this reaches more than {MAX_REACHED} tags and images; delete fewer at once");
            return Err(Error::TooLarge { message });
        }
        let below = found.values().flat_map(|node| node.children.iter().chain(&node.referrers));
        frontier.extend(below.filter(|it| !graph.0.contains_key(*it) && !found.contains_key(*it)).cloned());
        graph.0.extend(found);
    }
    Ok(graph)
}

/// Images by digest, each with its neighbours.
async fn level(reader: &mut Reader<'_>, id: &str, digests: &[Digest]) -> Result<BTreeMap<Digest, Node>> {
    let mut nodes = BTreeMap::new();
    let sql = "SELECT digest, kind, pull_bytes, COALESCE(NULLIF(platforms, ''), artifact_type, '') FROM manifests WHERE repository_id = $1 AND digest IN ({slots})";
    for mut row in reader.each(sql, id, digests).await? {
        let (digest, kind, bytes) = (row.take()?, row.take()?, row.take()?);
        nodes.insert(digest, Node { kind: Some(kind), bytes, label: row.take()?, ..Node::default() });
    }
    let digests: Vec<Digest> = nodes.keys().cloned().collect();
    let sql = "SELECT digest, name FROM tags WHERE repository_id = $1 AND digest IN ({slots})";
    for mut row in reader.each(sql, id, &digests).await? {
        let (digest, tag): (Digest, Tag) = (row.take()?, row.take()?);
        nodes.entry(digest).or_default().tags.insert(tag);
    }
    for (sql, add) in NEIGHBOURS {
        for mut row in reader.each(sql, id, &digests).await? {
            let (of, other): (Digest, Digest) = (row.take()?, row.take()?);
            add(nodes.entry(of).or_default(), other);
        }
    }
    noted(reader, id, &digests, &mut nodes).await?;
    Ok(nodes)
}

type Add = fn(&mut Node, Digest);

/// Who is beside an image, each with how it is noted.
const NEIGHBOURS: [(&str, Add); 4] = [
    (
        "SELECT e.parent, e.child FROM manifest_edges e JOIN manifests m ON m.repository_id = e.repository_id AND m.digest = e.child
         WHERE e.repository_id = $1 AND e.relation = 'manifest' AND e.parent IN ({slots})",
        |node, child| {
            node.children.insert(child);
        },
    ),
    (
        "SELECT e.child, e.parent FROM manifest_edges e
         WHERE e.repository_id = $1 AND e.relation = 'manifest' AND e.child IN ({slots})",
        |node, parent| {
            node.parents.insert(parent);
        },
    ),
    (
        "SELECT f.subject, f.digest FROM referrers f WHERE f.repository_id = $1 AND f.subject IN ({slots})",
        |node, referrer| {
            node.referrers.insert(referrer);
        },
    ),
    (
        "SELECT f.digest, f.subject FROM referrers f JOIN manifests m ON m.repository_id = f.repository_id AND m.digest = f.subject
         WHERE f.repository_id = $1 AND f.digest IN ({slots})",
        |node, subject| node.subject = Some(subject),
    ),
];

/// Signatures and the like that are found by a tag which names their subject.
async fn noted(
    reader: &mut Reader<'_>,
    id: &str,
    digests: &[Digest],
    nodes: &mut BTreeMap<Digest, Node>,
) -> Result<()> {
    let tags: BTreeMap<Tag, &Digest> =
        digests.iter().flat_map(|digest| referrer_tags(digest).into_iter().map(move |tag| (tag, digest))).collect();
    let names: Vec<Tag> = tags.keys().cloned().collect();
    for (tag, referrer) in named(reader, id, &names).await? {
        if let Some(subject) = tags.get(&tag) {
            nodes.entry((*subject).clone()).or_default().referrers.insert(referrer);
        }
    }
    Ok(())
}

/// For each group of images the bytes of blobs that nothing names but these groups: no other image of the repository,
/// and no other repository of the mount. A blob of several groups counts for the first.
pub async fn only_here(
    reader: &mut Reader<'_>,
    repository: &Repository,
    groups: &[BTreeSet<Digest>],
) -> Result<Vec<ByteSize>> {
    let mut sums = vec![0; groups.len()];
    for (group, size) in blobs_only_here(reader, repository, groups).await?.into_values() {
        sums[group] += size;
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
        "SELECT DISTINCT e.child FROM deleted_edges e WHERE e.repository_id = $1 AND e.child IN ({slots})",
        "SELECT DISTINCT d.digest FROM deleted_blobs d JOIN trash x ON x.id = d.entry WHERE $1 <> '' AND d.digest IN ({slots})",
        "SELECT DISTINCT o.digest FROM repository_blobs l CROSS JOIN repository_blobs o CROSS JOIN deleted_repositories d
         WHERE l.repository_id = $1 AND l.digest IN ({slots}) AND o.mount_id = l.mount_id AND o.digest = l.digest
         AND d.id = o.repository_id",
    ] {
        for mut row in reader.each(sql, &repository.id, &digests).await? {
            blobs.remove(&row.take::<Digest>()?);
        }
    }
    Ok(ByteSize(blobs.into_values().map(|(_, size)| size).sum()))
}

/// Of the images that nothing names in the end, those that something in the trash keeps: an image there that lists it; and,
/// where it stays in its place until then, a tag there or an image there that it is about.
async fn kept_by_trash(reader: &mut Reader<'_>, repository_id: &str, radius: &Radius) -> Result<BTreeSet<Digest>> {
    let end: Vec<Digest> = radius.in_the_end.keys().cloned().collect();
    let left: Vec<Digest> = end.iter().filter(|digest| !radius.images.contains_key(*digest)).cloned().collect();
    let mut kept = BTreeSet::new();
    for (sql, digests) in [
        ("SELECT DISTINCT e.child FROM deleted_edges e WHERE e.repository_id = $1 AND e.child IN ({slots})", &end),
        (
            "SELECT d.digest FROM deleted_tags d WHERE d.repository_id = $1 AND d.digest IN ({slots})
             UNION SELECT f.digest FROM referrers f CROSS JOIN deleted_manifests d WHERE f.repository_id = $1
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

/// Those blobs, each with the first group that it belongs to, and its size.
async fn blobs_only_here(
    reader: &mut Reader<'_>,
    repository: &Repository,
    groups: &[BTreeSet<Digest>],
) -> Result<BTreeMap<Digest, (usize, u64)>> {
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
    let mut blobs: BTreeMap<Digest, (usize, u64)> = BTreeMap::new();
    for mut row in reader.each(sql, &repository.id, &images).await? {
        let (parent, child, size): (Digest, Digest, u64) = (row.take()?, row.take()?, row.take()?);
        let group = own.get(&parent).copied().unwrap_or_default();
        let counted = blobs.entry(child).or_insert((group, size));
        counted.0 = counted.0.min(group);
    }
    let digests: Vec<Digest> = blobs.keys().cloned().collect();
    let sql =
        "SELECT DISTINCT e.child, e.parent FROM manifest_edges e WHERE e.repository_id = $1 AND e.child IN ({slots})";
    for mut row in reader.each(sql, &repository.id, &digests).await? {
        let (child, parent): (Digest, Digest) = (row.take()?, row.take()?);
        if !own.contains_key(&parent) {
            blobs.remove(&child);
        }
    }
    let digests: Vec<Digest> = blobs.keys().cloned().collect();
    let sql = "SELECT DISTINCT l.digest FROM repository_blobs l CROSS JOIN repository_blobs o CROSS JOIN repositories r
               WHERE l.repository_id = $1 AND l.digest IN ({slots}) AND o.mount_id = l.mount_id AND o.digest = l.digest
               AND o.repository_id <> l.repository_id AND r.id = o.repository_id";
    for mut row in reader.each(sql, &repository.id, &digests).await? {
        blobs.remove(&row.take::<Digest>()?);
    }
    Ok(blobs)
}
