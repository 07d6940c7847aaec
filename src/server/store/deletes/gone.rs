//! What is gone at a registry elsewhere already. Nothing is asked any more: it goes to the trash as far as the catalog has
//! it, whatever was read, or forbidden, meanwhile.

use super::{Deletion, planned};
use crate::domain::radius::{Graph, Radius};
use crate::domain::trash::TrashKind;
use crate::domain::{ByteSize, Digest, Result, Tag};
use crate::params;
use crate::server::store::radius::{Bound, Reader, Start, graph, named};
use crate::server::store::{Tx, trash};
use std::collections::{BTreeMap, BTreeSet};

/// Puts tags that are gone there into the trash, and images that were to go with theirs as far as nothing else names
/// them by now. Returns the ids of the entries, and what went.
pub async fn gone(
    tx: &mut Tx,
    deletion: &Deletion,
    tags: &BTreeMap<Tag, Digest>,
    images: &BTreeSet<Digest>,
) -> Result<(Vec<String>, Radius)> {
    let id = &deletion.repository.id;
    let names: Vec<Tag> = tags.keys().cloned().collect();
    let here = named(&mut Reader::Tx(tx), id, &names).await?;
    let (same, other): (Vec<_>, Vec<_>) = tags.iter().partition(|(tag, digest)| here.get(*tag) == Some(*digest));
    let named: BTreeMap<Tag, Digest> = same.into_iter().map(|(tag, digest)| (tag.clone(), digest.clone())).collect();
    let bound = if images.is_empty() { Bound::Cut } else { Bound::Whole };
    let graph = graph(&mut Reader::Tx(tx), id, Start { tags: &named, images, bound }).await?;
    let same: BTreeSet<Tag> = named.into_keys().collect();
    let radius = within(&graph, &same, images.clone());
    let mut entries = planned(tx, deletion, &graph, &radius).await?;
    for (tag, digest) in other {
        entries.extend(as_it_was(tx, deletion, tag, digest).await?);
    }
    Ok((entries, radius))
}

/// Where there is no trash, nothing stays in it.
pub async fn keep_none(tx: &mut Tx, entries: &[String]) -> Result<()> {
    for id in entries {
        if let Some(entry) = trash::current(tx, id).await? {
            trash::purge(tx, &[entry]).await?;
        }
    }
    Ok(())
}

/// What goes if nothing goes that was not taken: an image that has another tag, or that an index lists by now, stays.
fn within(graph: &Graph, tags: &BTreeSet<Tag>, mut images: BTreeSet<Digest>) -> Radius {
    loop {
        let radius = graph.radius(tags, &images);
        let named = radius.tags.iter().filter(|(tag, _)| !tags.contains(*tag));
        let named = named.filter_map(|(_, digest)| radius.images.get(digest)).map(|(top, _)| top);
        let stay: BTreeSet<Digest> = radius.parents.keys().chain(named).cloned().collect();
        if stay.is_empty() {
            return radius;
        }
        images.retain(|digest| !stay.contains(digest));
    }
}

/// A tag that the catalog does not have so any more, such as by a reading that was faster: what it named can come back.
/// None where that is in the trash already.
async fn as_it_was(tx: &mut Tx, deletion: &Deletion, tag: &Tag, digest: &Digest) -> Result<Option<String>> {
    let Deletion { repository, who, .. } = deletion;
    let sql = "SELECT 1 AS found FROM tags_in_trash d JOIN trash x ON x.id = d.entry
               WHERE d.repository_id = $1 AND d.name = $2 AND d.digest = $3 LIMIT 1";
    if tx.one(sql, params![&repository.id, tag, digest]).await?.is_some() {
        return Ok(None);
    }
    let entry = deletion.entry(TrashKind::Tag, tag.as_str(), Some(digest), (1, ByteSize(0)));
    trash::insert(tx, std::slice::from_ref(&entry)).await?;
    let sql = "INSERT INTO deleted_tags (batch, entry, repository_id, name, digest, changed_at, move_known, moved_by,
                 pulled_at, deleted_at, deleted_by) VALUES ($1, $2, $3, $4, $5, $6, 0, '', 0, $6, $7)";
    let row = params![&who.batch, &entry.id, &repository.id, tag, digest, who.at, &who.by];
    tx.run(sql, row).await?;
    trash::name(tx, &repository.id, &[(digest, entry.id.as_str())]).await?;
    Ok(Some(entry.id))
}
