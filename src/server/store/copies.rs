//! Images of one repository linked to another of the same registry.

use super::manifests::{self, NewManifest};
use super::repositories::Repository;
use super::{Tx, Value, batch, blobs};
use crate::domain::manifest::{Manifest, Relation};
use crate::domain::{Actor, Digest, Error, Result, Timestamp};
use crate::params;
use std::collections::BTreeMap;

/// Digests that share a statement.
const TOGETHER: usize = 64;

/// Stores those of `digests` that the second repository does not have, with the blobs that they name; how many.
pub async fn images(
    tx: &mut Tx,
    (from, to): (&Repository, &Repository),
    digests: &[Digest],
    (by, now): (&Actor, Timestamp),
) -> Result<u64> {
    let refs: Vec<&Digest> = digests.iter().collect();
    let there = manifests::sizes(tx, &to.id, &refs).await?;
    let wanted: Vec<&Digest> = digests.iter().filter(|digest| !there.contains_key(*digest)).collect();
    let mut missing = Vec::new();
    for some in wanted.chunks(TOGETHER) {
        let sql = format!(
            "SELECT digest, media_type, content, config FROM manifests WHERE repository_id = $1 AND digest IN ({})",
            batch::slots(2, some.len())
        );
        let named = some.iter().map(|digest| Value::from(*digest)).collect();
        for mut row in tx.all(&sql, [params![&from.id], named].concat()).await? {
            let (digest, media_type): (Digest, String) = (row.take()?, row.take()?);
            let content: Vec<u8> = row.take()?;
            let parsed = Manifest::parse(Some(&media_type), &content)?;
            missing.push(NewManifest { digest, content, parsed, config: row.take()? });
        }
    }
    let n_missing = missing.len() as u64;
    for new in children_first(missing)? {
        link_blobs(tx, (from, to), &new, now).await?;
        manifests::insert(tx, to, &new, Some(by), now).await?;
    }
    Ok(n_missing)
}

/// Manifests in an order in which each comes after those that it lists.
pub(super) fn children_first(all: Vec<NewManifest>) -> Result<Vec<NewManifest>> {
    let mut waiting: BTreeMap<Digest, NewManifest> = all.into_iter().map(|it| (it.digest.clone(), it)).collect();
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_ready =
            |it: &&NewManifest| it.parsed.of(Relation::Manifest).all(|child| !waiting.contains_key(&child.digest));
        let ready: Vec<Digest> = waiting.values().filter(is_ready).map(|it| it.digest.clone()).collect();
        if ready.is_empty() {
            return Err(Error::Internal); // A digest cannot lie in itself.
        }
        order.extend(ready.iter().filter_map(|digest| waiting.remove(digest)));
    }
    Ok(order)
}

async fn link_blobs(
    tx: &mut Tx,
    (from, to): (&Repository, &Repository),
    new: &NewManifest,
    now: Timestamp,
) -> Result<()> {
    let parts: Vec<&Digest> = new.parsed.children.iter().map(|(_, child)| &child.digest).collect();
    let (source, linked) =
        (blobs::linked_sizes(tx, &from.id, &parts).await?, blobs::linked_sizes(tx, &to.id, &parts).await?);
    for (digest, size) in source.into_iter().filter(|(digest, _)| !linked.contains_key(digest)) {
        blobs::link(tx, to, &digest, size, now).await?;
    }
    Ok(())
}
