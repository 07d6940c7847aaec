//! Images of one repository linked to another of the same registry.

use super::manifests::{self, NewManifest};
use super::repositories::Repository;
use super::{Store, Tx, Value, batch, blobs, dialect};
use crate::domain::manifest::{Manifest, Relation};
use crate::domain::{Actor, Digest, Error, RepositoryName, Result, Tag, Timestamp, order};
use crate::params;
use crate::server::access::Scopes;
use std::collections::BTreeMap;

/// Digests that share a statement.
const TOGETHER: usize = 64;

/// The moves among which names are sought that are moved now and then.
const MAX_MOVES: u32 = 1000;

/// Names that people move, whether or not they did so here yet.
const USUAL: [&str; 6] = ["prod", "production", "staging", "stable", "live", "latest"];

/// Names of a repository that were moved before or are usually, the last first, each with what it names and since when.
pub async fn moving(store: &Store, repository_id: &str, limit: u32) -> Result<Vec<(Tag, Digest, Timestamp)>> {
    let sql = format!(
        "WITH moving (name) AS (
           SELECT v.tag FROM (SELECT tag, from_digest, to_digest FROM tag_moves
             WHERE repository_id = $1 ORDER BY at DESC, tag DESC LIMIT $2) v
           WHERE v.from_digest IS NOT NULL AND v.to_digest IS NOT NULL
           UNION SELECT u.name FROM tags u WHERE u.repository_id = $1 AND u.name IN ({}))
         SELECT t.name, t.digest, t.changed_at FROM moving JOIN tags t ON t.repository_id = $1 AND t.name = moving.name
         ORDER BY t.changed_at DESC, t.name LIMIT $3",
        batch::slots(4, USUAL.len())
    );
    let usual = USUAL.into_iter().map(Value::from);
    let params = params![repository_id, MAX_MOVES, limit].into_iter().chain(usual).collect();
    let rows = store.all(&sql, params).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?, row.take()?))).collect()
}

/// Repositories of some mounts that lie in some scopes, those first whose name ends like that of `from`, then those that
/// changed last.
pub async fn places(
    store: &Store,
    mount_ids: &[String],
    (from, scopes): (&RepositoryName, &Scopes),
    limit: u32,
) -> Result<Vec<RepositoryName>> {
    let alike = format!("%/{}", dialect::like_literal(from.base()));
    if mount_ids.is_empty() {
        return Ok(vec![]);
    }
    let mut params: Vec<Value> = params![from, alike, limit];
    let mounts = batch::slots(params.len() + 1, mount_ids.len());
    params.extend(mount_ids.iter().map(Value::from));
    let within = store.dialect().lies_in("r.name", scopes, &mut params);
    let sql = format!(
        "SELECT r.name FROM repositories r WHERE r.mount_id IN ({mounts}) AND r.name <> $1 AND {within}
         ORDER BY CASE WHEN r.name LIKE $2 ESCAPE '\\' THEN 0 ELSE 1 END, r.updated_at DESC, r.name LIMIT $3"
    );
    store.scan(&sql, params).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Those of some images that a repository has.
pub async fn held(store: &Store, repository_id: &str, digests: &[Digest]) -> Result<Vec<Digest>> {
    let mut held = Vec::new();
    for some in digests.chunks(TOGETHER) {
        let sql = format!(
            "SELECT digest FROM manifests WHERE repository_id = $1 AND digest IN ({})",
            batch::slots(2, some.len())
        );
        let params = std::iter::once(Value::from(repository_id)).chain(some.iter().map(Value::from)).collect();
        for mut row in store.all(&sql, params).await? {
            held.push(row.take()?);
        }
    }
    Ok(held)
}

/// What the manifests of one copy weigh at most with their configurations: they are in memory together.
const MAX_BYTES: usize = 256 << 20;
/// How much they name: each is a row, and nobody else writes meanwhile.
const MAX_EDGES: usize = 50_000;

/// Stores those of `digests` that the second repository does not have, with the blobs that they name; how many.
///
/// # Errors
/// [`Error::TooLarge`] for more than are copied in one transaction.
pub async fn images(
    tx: &mut Tx,
    (from, to): (&Repository, &Repository),
    digests: &[Digest],
    (by, now): (&Actor, Timestamp),
) -> Result<u64> {
    let refs: Vec<&Digest> = digests.iter().collect();
    let there = manifests::sizes(tx, &to.id, &refs).await?;
    let wanted: Vec<&Digest> = digests.iter().filter(|digest| !there.contains_key(*digest)).collect();
    let (mut missing, mut n_bytes, mut n_edges) = (Vec::new(), 0, 0);
    for some in wanted.chunks(TOGETHER) {
        let sql = format!(
            "SELECT digest, media_type, content, config FROM manifests WHERE repository_id = $1 AND digest IN ({})",
            batch::slots(2, some.len())
        );
        let named = some.iter().map(|digest| Value::from(*digest)).collect();
        for mut row in tx.all(&sql, [params![&from.id], named].concat()).await? {
            let (digest, media_type): (Digest, String) = (row.take()?, row.take()?);
            let (content, config): (Vec<u8>, Option<Vec<u8>>) = (row.take()?, row.take()?);
            let parsed = Manifest::parse(Some(&media_type), &content)?;
            n_bytes += content.len() + config.as_ref().map_or(0, Vec::len);
            n_edges += parsed.children.len();
            if n_bytes > MAX_BYTES || n_edges > MAX_EDGES {
                let message = "these images are more than are copied at once; copy fewer tags at a time".to_owned();
                return Err(Error::TooLarge { message });
            }
            missing.push(NewManifest { digest, content, parsed, config });
        }
    }
    let n_missing = missing.len() as u64;
    let listed = |it: &NewManifest| it.parsed.of(Relation::Manifest).map(|child| child.digest.clone()).collect();
    let lists: BTreeMap<Digest, Vec<Digest>> = missing.iter().map(|it| (it.digest.clone(), listed(it))).collect();
    let mut missing: BTreeMap<Digest, NewManifest> = missing.into_iter().map(|it| (it.digest.clone(), it)).collect();
    for new in order::after_what_they_name(&lists).into_iter().filter_map(|digest| missing.remove(digest)) {
        link_blobs(tx, (from, to), &new, now).await?;
        manifests::insert(tx, to, &new, Some(by), now).await?;
    }
    Ok(n_missing)
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
