//! Computes again what the catalog derives: the graph, links, sizes and counts, from the bytes of manifests and the
//! rows of tags. Whoever changes how something is derived changes it here by changing [`super::manifests`].

use super::change::Lasting;
use super::manifests::{self, NewManifest};
use super::repositories::{self, Repository};
use super::{Store, Tx, namespaces};
use crate::domain::manifest::{Manifest, Relation};
use crate::domain::{Digest, RepositoryName, Result, Timestamp, media_type, order};
use crate::params;
use std::collections::{BTreeMap, BTreeSet};

/// Repositories whose names are read at once.
const TOGETHER: u32 = 500;

/// What was gone through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    pub repositories: u64,
    pub manifests: u64,
}

/// Goes through every repository, each in a transaction of its own, and then sums up the mounts.
pub(super) async fn run(store: &Store) -> Result<Rebuilt> {
    in_trash(store).await?;
    let (mut rebuilt, mut after, now) = (Rebuilt::default(), String::new(), store.clock.now());
    loop {
        let sql = "SELECT name FROM repositories WHERE name > $1 ORDER BY name LIMIT $2";
        let names = store.all(sql, params![&after, TOGETHER]).await?;
        if names.is_empty() {
            break;
        }
        for mut row in names {
            let name: RepositoryName = row.take()?;
            after = name.to_string();
            rebuilt.repositories += 1;
            let changed = vec![name.clone()];
            let derived = store
                .noted(Lasting::AtOnce, changed, move |tx| Box::pin(async move { repository(tx, name, now).await }));
            rebuilt.manifests += derived.await?;
        }
    }
    store.transact(|tx| Box::pin(mounts(tx))).await?;
    Ok(rebuilt)
}

async fn repository(tx: &mut Tx, name: RepositoryName, now: Timestamp) -> Result<u64> {
    tx.lock(name.as_str()).await?;
    let Some(repository) = repositories::current(tx, &name).await? else {
        return Ok(0);
    };
    let n_manifests = derive(tx, &repository, now).await?;
    for sql in COUNTS.iter().copied().chain([SUMS]) {
        tx.run(sql, params![&repository.id]).await?;
    }
    repositories::refresh_newest(tx, &repository).await?;
    Ok(n_manifests)
}

/// Those in the trash, whose rows come back as they stand.
async fn in_trash(store: &Store) -> Result<()> {
    let (mut after, now) = (String::new(), store.clock.now());
    loop {
        let sql = "SELECT id, mount_id FROM deleted_repositories WHERE id > $1 ORDER BY id LIMIT $2";
        let rows = store.all(sql, params![&after, TOGETHER]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for mut row in rows {
            let repository = Repository { id: row.take()?, mount_id: row.take()? };
            after.clone_from(&repository.id);
            let derived = store.transact(move |tx| {
                Box::pin(async move {
                    tx.lock(&repository.mount_id).await?;
                    derive(tx, &repository, now).await?;
                    let sums = SUMS.replace(" repositories ", " deleted_repositories ");
                    for sql in COUNTS.iter().copied().chain([&*sums]) {
                        tx.run(sql, params![&repository.id]).await?;
                    }
                    Ok(())
                })
            });
            derived.await?;
        }
    }
}

/// Computes what follows from the manifests of a repository; how many it has.
async fn derive(tx: &mut Tx, repository: &Repository, now: Timestamp) -> Result<u64> {
    for table in ["manifest_edges", "referrers"] {
        tx.run(&format!("DELETE FROM {table} WHERE repository_id = $1"), params![&repository.id]).await?;
    }
    let order = children_first(tx, repository).await?;
    for digest in &order {
        if let Some(stored) = read(tx, repository, digest).await? {
            manifests::derive(tx, repository, &stored, now).await?;
        }
    }
    Ok(order.len() as u64)
}

/// Every manifest of a repository, each after those that it lists: an index is shown by what it lists.
async fn children_first(tx: &mut Tx, repository: &Repository) -> Result<Vec<Digest>> {
    let sql = "SELECT digest, media_type FROM manifests WHERE repository_id = $1 ORDER BY digest";
    let (mut all, mut indexes) = (Vec::new(), BTreeSet::new());
    for mut row in tx.all(sql, params![&repository.id]).await? {
        let (digest, kind): (Digest, String) = (row.take()?, row.take()?);
        if media_type::is_index(&kind) {
            indexes.insert(digest);
        } else {
            all.push(digest);
        }
    }
    let mut lists: BTreeMap<Digest, Vec<Digest>> = BTreeMap::new();
    for digest in &indexes {
        let Some(index) = read(tx, repository, digest).await? else { continue };
        let children = index.parsed.of(Relation::Manifest).map(|child| &child.digest);
        lists.insert(digest.clone(), children.filter(|child| indexes.contains(child)).cloned().collect());
    }
    all.extend(order::after_what_they_name(&lists).into_iter().cloned());
    Ok(all)
}

/// A stored manifest, parsed again; `None` if it cannot be, which the log tells.
async fn read(tx: &mut Tx, repository: &Repository, digest: &Digest) -> Result<Option<NewManifest>> {
    let sql = "SELECT media_type, content, config FROM manifests WHERE repository_id = $1 AND digest = $2";
    let Some(mut row) = tx.one(sql, params![&repository.id, digest]).await? else { return Ok(None) };
    let (media_type, content, config): (String, Vec<u8>, _) = (row.take()?, row.take()?, row.take()?);
    match Manifest::parse(Some(&media_type), &content) {
        Ok(parsed) => Ok(Some(NewManifest { digest: digest.clone(), content, parsed, config })),
        Err(error) => {
            tracing::warn!(%digest, %error, "a stored manifest cannot be read; what was derived from it is gone");
            Ok(None)
        }
    }
}

/// What a repository counts and sums up. Rows that are right are not written again: they hold whole manifests.
const COUNTS: &[&str] = &[
    "UPDATE manifests SET size_bytes = LENGTH(content) WHERE repository_id = $1 AND size_bytes <> LENGTH(content)",
    "UPDATE manifests SET n_tags = (SELECT COUNT(*) FROM tags t
       WHERE t.repository_id = manifests.repository_id AND t.digest = manifests.digest)
     WHERE repository_id = $1 AND n_tags <> (SELECT COUNT(*) FROM tags t
       WHERE t.repository_id = manifests.repository_id AND t.digest = manifests.digest)",
    "UPDATE tags SET built_at = m.built_at, pull_bytes = m.pull_bytes FROM manifests m
     WHERE tags.repository_id = $1 AND m.repository_id = $1 AND m.digest = tags.digest
       AND (tags.built_at <> m.built_at OR tags.pull_bytes <> m.pull_bytes)",
    "UPDATE repository_blobs SET size_bytes = (SELECT b.size_bytes FROM blobs b WHERE b.digest = repository_blobs.digest)
     WHERE repository_id = $1 AND EXISTS (SELECT 1 FROM blobs b WHERE b.digest = repository_blobs.digest
       AND b.size_bytes <> repository_blobs.size_bytes)",
];

const SUMS: &str = "UPDATE repositories SET
       n_tags = (SELECT COUNT(*) FROM tags t WHERE t.repository_id = $1),
       n_images = (SELECT COUNT(*) FROM manifests m WHERE m.repository_id = $1 AND m.platforms <> '' AND m.kind <> 'artifact'
         AND NOT EXISTS (SELECT 1 FROM manifest_edges e WHERE e.repository_id = $1 AND e.child = m.digest AND e.relation = 'manifest')),
       logical_bytes = (SELECT CAST(COALESCE(SUM(m.pull_bytes), 0) AS BIGINT) FROM manifests m
         WHERE m.repository_id = $1 AND m.kind <> 'index'),
       stored_bytes = (SELECT CAST(COALESCE(SUM(l.size_bytes), 0) AS BIGINT) FROM repository_blobs l WHERE l.repository_id = $1)
     WHERE id = $1";

/// What mounts sum up, and the namespaces above their repositories.
async fn mounts(tx: &mut Tx) -> Result<()> {
    let sum = |column: &str| {
        format!(
            "(SELECT CAST(COALESCE(SUM(r.{column}), 0) AS BIGINT) FROM repositories r WHERE r.mount_id = mounts.id)"
        )
    };
    let sql = format!(
        "UPDATE mounts SET n_tags = {}, n_images = {}, logical_bytes = {},
           n_repositories = (SELECT COUNT(*) FROM repositories r WHERE r.mount_id = mounts.id),
           n_sharing = (SELECT CAST(COALESCE(SUM(m.n_tags), 0) AS BIGINT) FROM manifests m
             JOIN repositories r ON r.id = m.repository_id WHERE r.mount_id = mounts.id AND m.n_tags > 1),
           stored_bytes = (SELECT CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM (SELECT l.digest, MAX(l.size_bytes) AS size_bytes
             FROM repository_blobs l JOIN repositories r ON r.id = l.repository_id WHERE l.mount_id = mounts.id
             GROUP BY l.digest) AS held)",
        sum("n_tags"),
        sum("n_images"),
        sum("logical_bytes")
    );
    tx.run(&sql, vec![]).await?;
    tx.run("DELETE FROM namespaces", vec![]).await?;
    let mut after = String::new();
    loop {
        let sql = "SELECT name, mount_id FROM repositories WHERE name > $1 ORDER BY name LIMIT $2";
        let rows = tx.all(sql, params![&after, TOGETHER]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for mut row in rows {
            let (name, mount_id): (RepositoryName, String) = (row.take()?, row.take()?);
            namespaces::count(tx, &mount_id, &name).await?;
            after = name.to_string();
        }
    }
}
