//! Manifests with their bytes, and the graph: index → children → config and layers, subject → referrers.

use super::repositories::Repository;
use super::{Store, Tx, Value, batch, collect, edges, referrers};
use crate::domain::manifest::{Descriptor, ImageConfig, Kind, Manifest, Relation};
use crate::domain::{Actor, Digest, Platform, Reference, RepositoryName, Result, Timestamp, media_type};
use crate::params;
use std::collections::{BTreeSet, HashMap};

/// The annotation and label that says what something is (OCI image specification, "Pre-Defined Annotation Keys").
const DESCRIPTION: &str = "org.opencontainers.image.description";

/// The most platforms that a list shows of an image.
const PLATFORMS: usize = 32;

/// Children that are asked for in one statement.
const TOGETHER: usize = 256;

/// A manifest on its way into the catalog: its bytes, and what was read from them.
#[derive(Clone)]
pub struct NewManifest {
    pub digest: Digest,
    pub content: Vec<u8>,
    pub parsed: Manifest,
    /// The image configuration's bytes, where there is one of reasonable size.
    pub config: Option<Vec<u8>>,
}

/// A stored manifest.
pub struct Stored {
    pub digest: Digest,
    pub media_type: String,
    pub content: Vec<u8>,
}

/// The manifest that a reference names in a mount's repository, in one statement.
pub async fn find(
    store: &Store,
    mount_id: &str,
    repository: &RepositoryName,
    reference: &Reference,
) -> Result<Option<Stored>> {
    let by_digest = "SELECT m.digest, m.media_type, m.content FROM repositories r
        JOIN manifests m ON m.repository_id = r.id WHERE r.name = $1 AND m.digest = $2 AND r.mount_id = $3";
    let by_tag = "SELECT m.digest, m.media_type, m.content FROM repositories r
        JOIN tags t ON t.repository_id = r.id JOIN manifests m ON m.repository_id = r.id AND m.digest = t.digest
        WHERE r.name = $1 AND t.name = $2 AND r.mount_id = $3";
    let row = match reference {
        Reference::Digest(digest) => store.one(by_digest, params![repository, digest, mount_id]).await?,
        Reference::Tag(tag) => store.one(by_tag, params![repository, tag, mount_id]).await?,
    };
    row.map(|mut row| Ok(Stored { digest: row.take()?, media_type: row.take()?, content: row.take()? })).transpose()
}

/// Those of `digests` that the repository has as manifests.
pub async fn known(store: &Store, repository: &RepositoryName, digests: &[Digest]) -> Result<Vec<Digest>> {
    if digests.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT m.digest FROM repositories r JOIN manifests m ON m.repository_id = r.id
         WHERE r.name = $1 AND m.digest IN ({})",
        batch::slots(2, digests.len())
    );
    let mut params = params![repository];
    params.extend(digests.iter().map(super::Value::from));
    store.all(&sql, params).await?.into_iter().map(|mut row| row.take()).collect()
}

/// The size of a manifest that the repository has, or `None`.
pub async fn size(tx: &mut Tx, repository_id: &str, digest: &Digest) -> Result<Option<u64>> {
    let sql = "SELECT size_bytes FROM manifests WHERE repository_id = $1 AND digest = $2";
    tx.one(sql, params![repository_id, digest]).await?.map(|mut row| row.take()).transpose()
}

/// The media type of a manifest that the repository has, or `None`.
pub async fn media_type(tx: &mut Tx, repository_id: &str, digest: &Digest) -> Result<Option<String>> {
    let sql = "SELECT media_type FROM manifests WHERE repository_id = $1 AND digest = $2";
    tx.one(sql, params![repository_id, digest]).await?.map(|mut row| row.take()).transpose()
}

/// The sizes of those of `digests` that the repository has as manifests.
pub async fn sizes(tx: &mut Tx, repository_id: &str, digests: &[&Digest]) -> Result<HashMap<Digest, u64>> {
    batch::sizes(tx, "manifests", repository_id, digests).await
}

/// Stores a manifest with its edges and counts; `false` if it was there already.
/// The children of an index must be stored first: its platforms and size come from them.
pub async fn insert(
    tx: &mut Tx,
    repository: &Repository,
    new: &NewManifest,
    actor: Option<&Actor>,
    now: Timestamp,
) -> Result<bool> {
    let shown = show(tx, repository, new).await?;
    let sql =
        "INSERT INTO manifests (repository_id, digest, kind, artifact_type, pull_bytes, platforms, built_at, description,
                 media_type, content, config, size_bytes, pushed_at, pushed_by, told_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13)
               ON CONFLICT (repository_id, digest) DO NOTHING";
    let mut params = derived(repository, new, shown);
    params.extend(params![
        &new.parsed.media_type,
        new.content.clone(),
        new.config.clone(),
        new.content.len() as i64,
        now,
        actor,
    ]);
    if tx.run(sql, params).await? == 0 {
        // Who sends it again wants it: it stays although nothing names it.
        collect::want(tx, &repository.id, &new.digest, now).await?;
        return Ok(false);
    }
    follow(tx, repository, new).await?;
    weigh(tx, &repository.id, &new.digest, 1).await?;
    Ok(true)
}

/// Computes again all that follows from the bytes of a stored manifest: what lists show of it, its edges and links,
/// and whom it refers to. Counts are for the caller.
pub(super) async fn derive(tx: &mut Tx, repository: &Repository, new: &NewManifest, now: Timestamp) -> Result<()> {
    let shown = show(tx, repository, new).await?;
    let sql = "UPDATE manifests SET kind = $3, artifact_type = $4, pull_bytes = $5, platforms = $6, built_at = $7,
               description = $8 WHERE repository_id = $1 AND digest = $2
               AND (kind, artifact_type, pull_bytes, platforms, built_at, description)
                 IS DISTINCT FROM ($3, $4, $5, $6, $7, $8)"; // What is right is not written again.
    tx.run(sql, derived(repository, new, shown)).await?;
    follow(tx, repository, new).await?;
    edges::link_parts(tx, repository, new, now).await
}

/// Writes what follows from a manifest in other tables.
async fn follow(tx: &mut Tx, repository: &Repository, new: &NewManifest) -> Result<()> {
    edges::insert(tx, repository, new).await?;
    referrers::insert(tx, &repository.id, new).await
}

/// The key of a manifest and the columns that follow from its bytes.
fn derived(repository: &Repository, new: &NewManifest, shown: Shown) -> Vec<Value> {
    params![
        &repository.id,
        &new.digest,
        new.parsed.kind,
        new.parsed.artifact_type.clone(),
        shown.pull_bytes,
        shown.platforms,
        shown.built_at,
        shown.description,
    ]
}

/// What lists show of a manifest without reading it.
#[derive(Default)]
struct Shown {
    pull_bytes: u64,
    platforms: String,
    built_at: i64,
    description: Option<String>,
}

async fn show(tx: &mut Tx, repository: &Repository, new: &NewManifest) -> Result<Shown> {
    let own = new.parsed.annotations.get(DESCRIPTION).cloned();
    if new.parsed.kind == Kind::Index {
        let mut shown = show_index(tx, repository, &new.parsed).await?;
        shown.description = own.as_deref().and_then(sentence).or(shown.description);
        return Ok(shown);
    }
    let mut config = new.config.as_deref().and_then(ImageConfig::parse).unwrap_or_default();
    let own = own.or_else(|| config.config.labels.remove(DESCRIPTION));
    let platform = config.platform().filter(|platform| !platform.is_unknown());
    Ok(Shown {
        pull_bytes: new.parsed.pull_bytes(),
        platforms: platform.map(|platform| platform.to_string()).unwrap_or_default(),
        built_at: built_at(&config),
        description: own.as_deref().and_then(sentence),
    })
}

/// An index is shown by what it lists: the platforms, and the largest, newest and first described of them.
async fn show_index(tx: &mut Tx, repository: &Repository, parsed: &Manifest) -> Result<Shown> {
    let listed = parsed.of(Relation::Manifest).filter(|child| media_type::is_manifest(&child.media_type));
    let listed: Vec<_> = listed.filter(|child| !child.platform.as_ref().is_some_and(Platform::is_unknown)).collect();
    let children = shown_children(tx, repository, &listed).await?;
    let (mut platforms, mut shown) = (Vec::new(), Shown::default());
    for child in listed {
        let stored = children.get(&child.digest);
        if let Some(stored) = stored {
            shown.pull_bytes = shown.pull_bytes.max(stored.pull_bytes);
            shown.built_at = shown.built_at.max(stored.built_at);
            shown.description = shown.description.or_else(|| stored.description.clone());
        }
        let stated = child.platform.as_ref().map(ToString::to_string);
        let named = stated.or_else(|| stored.map(|stored| stored.platforms.clone())).unwrap_or_default();
        for platform in named.split(',').filter(|platform| !platform.is_empty()) {
            if platforms.len() < PLATFORMS && !platforms.iter().any(|known| known == platform) {
                platforms.push(platform.to_owned());
            }
        }
    }
    Ok(Shown { platforms: platforms.join(","), ..shown })
}

async fn shown_children(
    tx: &mut Tx,
    repository: &Repository,
    children: &[&Descriptor],
) -> Result<HashMap<Digest, Shown>> {
    let digests: BTreeSet<&Digest> = children.iter().map(|child| &child.digest).collect();
    let (digests, mut found): (Vec<_>, _) = (digests.into_iter().collect(), HashMap::new());
    for some in digests.chunks(TOGETHER) {
        let sql = format!(
            "SELECT digest, pull_bytes, platforms, built_at, description FROM manifests
             WHERE repository_id = $1 AND digest IN ({})",
            batch::slots(2, some.len())
        );
        let named = some.iter().map(|digest| Value::from(*digest)).collect();
        for mut row in tx.all(&sql, [params![&repository.id], named].concat()).await? {
            let digest = row.take()?;
            let (pull_bytes, platforms) = (row.take()?, row.take()?);
            found.insert(digest, Shown { pull_bytes, platforms, built_at: row.take()?, description: row.take()? });
        }
    }
    Ok(found)
}

/// A description as lists can show it: one line of at most 300 characters.
fn sentence(text: &str) -> Option<String> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = words.chars().filter(|c| !c.is_control()).take(300).collect();
    (!line.is_empty()).then_some(line)
}

/// A build time that says nothing (the epoch, as reproducible builds state it) counts as not stated.
pub fn built_at(config: &ImageConfig) -> i64 {
    config.created.as_deref().and_then(Timestamp::parse).map_or(0, |built| built.0.max(0))
}

/// Adds a manifest to the number of images and the bytes before sharing, or takes it away again (`by` -1, while its
/// edges still stand). What people call an image is what stands by itself: a platform that an index lists is
/// a part of that one.
pub(super) async fn weigh(tx: &mut Tx, repository_id: &str, digest: &Digest, by: i64) -> Result<()> {
    let sql = "SELECT m.kind, m.pull_bytes, m.platforms, (SELECT COUNT(*) FROM manifest_edges e
               WHERE e.repository_id = $1 AND e.child = $2 AND e.relation = 'manifest') FROM manifests m WHERE m.repository_id = $1 AND m.digest = $2";
    let Some(mut row) = tx.one(sql, params![repository_id, digest]).await? else { return Ok(()) };
    let (kind, bytes, platforms, parents): (Kind, i64, String, i64) =
        (row.take()?, row.take()?, row.take()?, row.take()?);
    let stands_alone = kind != Kind::Artifact && !platforms.is_empty() && parents == 0;
    let (adopted, bytes) = match kind {
        Kind::Index => (edges::only_children(tx, repository_id, digest).await?, 0),
        Kind::Image | Kind::Artifact => (0, bytes),
    };
    let (images, bytes) = (by * (i64::from(stands_alone) - adopted), by * bytes);
    for sql in [
        "UPDATE repositories SET n_images = n_images + $2, logical_bytes = logical_bytes + $3 WHERE id = $1",
        "UPDATE mounts SET n_images = n_images + $2, logical_bytes = logical_bytes + $3
         WHERE id = (SELECT mount_id FROM repositories WHERE id = $1)",
    ] {
        tx.run(sql, params![repository_id, images, bytes]).await?;
    }
    Ok(())
}
