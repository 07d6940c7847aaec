//! Images: with what belongs to them alone, as a plan says, or one and nothing else, as the distribution API asks.

use super::{Deletion, Unnamed, Untagged, refuse_if_used, untag};
use crate::domain::radius::{Graph, Radius};
use crate::domain::trash::TrashKind;
use crate::domain::{ByteSize, Digest, Result, Tag, order};
use crate::params;
use crate::server::store::radius::{Reader, only_here};
use crate::server::store::trash;
use crate::server::store::{Tx, collect, manifests, tags};
use std::collections::{BTreeMap, BTreeSet};

/// Does what a radius says: the tags go from their images, and the images with what belongs to them. Returns the ids of
/// the entries, those of tags first.
pub async fn planned(tx: &mut Tx, deletion: &Deletion, graph: &Graph, radius: &Radius) -> Result<Vec<String>> {
    let mut groups: BTreeMap<&Digest, BTreeSet<Digest>> = BTreeMap::new();
    for (digest, top) in &radius.in_the_end {
        groups.entry(top).or_default().insert(digest.clone());
    }
    let sums =
        only_here(&mut Reader::Tx(tx), &deletion.repository, &groups.values().cloned().collect::<Vec<_>>()).await?;
    let mut held: BTreeMap<&Digest, ByteSize> = groups.into_keys().zip(sums).collect();
    let (mut entries, mut by_image) = (Vec::new(), BTreeMap::new());
    let mut of_tags: BTreeMap<&Tag, usize> = BTreeMap::new();
    for (tag, digest) in radius.tags.iter().filter(|(_, digest)| !radius.images.contains_key(*digest)) {
        // Of several names that go from one image, the first holds it.
        let bytes = held.remove(digest).unwrap_or_default();
        of_tags.insert(tag, entries.len());
        entries.push(deletion.entry(TrashKind::Tag, tag.as_str(), Some(digest), (1, bytes)));
    }
    let mut n_names: BTreeMap<&Digest, u64> = BTreeMap::new();
    for (top, _) in radius.tags.values().filter_map(|named| radius.images.get(named)) {
        *n_names.entry(top).or_default() += 1;
    }
    for (top, _) in radius.images.iter().filter(|(_, (_, part))| part.is_none()) {
        let n_tags = n_names.get(top).copied().unwrap_or_default();
        let bytes = held.remove(top).unwrap_or_default();
        by_image.insert(top, entries.len());
        entries.push(deletion.entry(TrashKind::Image, top.as_str(), Some(top), (n_tags, bytes)));
    }
    trash::insert(tx, &entries).await?;
    let mut with: BTreeMap<&Digest, Unnamed<'_>> = BTreeMap::new();
    for digest in radius.tags.values() {
        if let Some((top, _)) = radius.images.get(digest) {
            let entry = &entries[by_image[top]].id;
            with.entry(digest).or_insert(Unnamed { digest, n_tags: 0, entry }).n_tags += 1;
        }
    }
    let alone: Vec<Untagged<'_>> = of_tags
        .into_iter()
        .map(|(tag, entry)| Untagged { tag, digest: &radius.tags[tag], entry: &entries[entry].id })
        .collect();
    untag(tx, deletion, &alone, &with.into_values().collect::<Vec<_>>()).await?;
    for digest in &parents_first(graph, radius) {
        let (top, _) = &radius.images[digest];
        remove(tx, deletion, digest, &entries[by_image[top]].id).await?;
    }
    Ok(entries.into_iter().map(|entry| entry.id).collect())
}

/// The images that go, each before what it lists.
fn parents_first(graph: &Graph, radius: &Radius) -> Vec<Digest> {
    let lists = |digest: &Digest| graph.0.get(digest).map(|node| node.children.clone()).unwrap_or_default();
    let lists: BTreeMap<Digest, BTreeSet<Digest>> =
        radius.images.keys().map(|digest| (digest.clone(), lists(digest))).collect();
    order::after_what_they_name(&lists).into_iter().rev().cloned().collect()
}

/// Deletes a manifest with its tags and nothing else. What it lists and what is about it can be pulled by digest until
/// its entry is gone. `false` if there is no such manifest.
///
/// # Errors
/// [`crate::domain::Error::InUse`] if an index lists it.
pub async fn exactly(tx: &mut Tx, deletion: &Deletion, digest: &Digest) -> Result<bool> {
    let repository = &deletion.repository;
    if manifests::size(tx, &repository.id, digest).await?.is_none() {
        return Ok(false);
    }
    refuse_if_used(tx, repository, digest).await?;
    let n_tags = tags::n_naming(tx, &repository.id, digest).await?;
    let held = only_here(&mut Reader::Tx(tx), repository, &[BTreeSet::from([digest.clone()])]).await?;
    let held = held.into_iter().next().unwrap_or_default();
    let entry = deletion.entry(TrashKind::Image, digest.as_str(), Some(digest), (n_tags, held));
    trash::insert(tx, std::slice::from_ref(&entry)).await?;
    if let Some(n_tags) = i64::try_from(n_tags).ok().filter(|n_tags| *n_tags > 0) {
        untag(tx, deletion, &[], &[Unnamed { digest, n_tags, entry: &entry.id }]).await?;
    }
    remove(tx, deletion, digest, &entry.id).await?;
    Ok(true)
}

/// Moves a manifest that no tag names to the trash, with its edges.
async fn remove(tx: &mut Tx, deletion: &Deletion, digest: &Digest, entry: &str) -> Result<()> {
    let super::Deletion { repository, who, .. } = deletion;
    let keep =
        "INSERT INTO deleted_manifests (batch, entry, repository_id, digest, media_type, content, config, pushed_at,
                  pushed_by, subject, deleted_at, deleted_by)
                SELECT $3, $4, m.repository_id, m.digest, m.media_type, m.content, m.config, m.pushed_at, m.pushed_by,
                  (SELECT f.subject FROM referrers f WHERE f.repository_id = $1 AND f.digest = $2 LIMIT 1), $5, $6
                FROM manifests m WHERE m.repository_id = $1 AND m.digest = $2";
    let params = params![&repository.id, digest, &who.batch, entry, who.at, &who.by];
    tx.run(keep, params).await?;
    trash::name(tx, &repository.id, &[(digest, entry)]).await?;
    manifests::weigh(tx, &repository.id, digest, -1).await?;
    tx.run(&left(), params![&repository.id, digest, who.at]).await?;
    for sql in [
        "INSERT INTO deleted_edges (repository_id, child, parent)
         SELECT DISTINCT repository_id, child, parent FROM manifest_edges
         WHERE repository_id = $1 AND parent = $2 ON CONFLICT (repository_id, child, parent) DO NOTHING",
        "DELETE FROM referrers WHERE repository_id = $1 AND digest = $2",
        "DELETE FROM manifest_edges WHERE repository_id = $1 AND parent = $2",
        "DELETE FROM manifests WHERE repository_id = $1 AND digest = $2",
    ] {
        tx.run(sql, params![&repository.id, digest]).await?;
    }
    Ok(())
}

/// What an image that goes lists, and what is about it, has lost its last name where nothing else names it.
fn left() -> String {
    format!(
        "UPDATE manifests SET unnamed_since = $3 WHERE repository_id = $1 AND {}
         AND digest IN (SELECT e.child FROM manifest_edges e WHERE e.repository_id = $1 AND e.parent = $2 AND e.relation = 'manifest'
           UNION SELECT f.digest FROM referrers f WHERE f.repository_id = $1 AND f.subject = $2)",
        collect::has_no_name_but("$2")
    )
}
