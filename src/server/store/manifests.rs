//! Manifests with their bytes, and the graph: index → children → config and layers, subject → referrers.

use super::repositories::Repository;
use super::{Store, Tx, blobs};
use crate::domain::manifest::{Descriptor, ImageConfig, Kind, Manifest, Relation};
use crate::domain::{Digest, Reference, RepositoryName, Result, Timestamp, media_type};
use crate::params;

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
    let slots: Vec<String> = (0..digests.len()).map(|index| format!("${}", index + 2)).collect();
    if slots.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT m.digest FROM repositories r JOIN manifests m ON m.repository_id = r.id
         WHERE r.name = $1 AND m.digest IN ({})",
        slots.join(", ")
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

/// Stores a manifest with its edges, links and counts; `false` if it was there already.
/// The children of an index must be stored first: its platforms and size come from them.
pub async fn insert(
    tx: &mut Tx,
    repository: &Repository,
    new: &NewManifest,
    actor: &str,
    now: Timestamp,
) -> Result<bool> {
    let derived = derive(tx, repository, new).await?;
    let sql =
        "INSERT INTO manifests (repository_id, digest, media_type, kind, artifact_type, content, config, size_bytes,
                 pull_bytes, platforms, built_at, subject, pushed_at, pushed_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
               ON CONFLICT (repository_id, digest) DO NOTHING";
    let parsed = &new.parsed;
    let subject = parsed.subject.as_ref().map(|subject| subject.digest.as_str());
    let params = params![
        &repository.id,
        &new.digest,
        &parsed.media_type,
        kind_text(parsed.kind),
        parsed.artifact_type.clone(),
        new.content.clone(),
        new.config.clone(),
        new.content.len() as i64,
        derived.pull_bytes,
        &derived.platforms,
        derived.built_at,
        subject,
        now,
        actor,
    ];
    if tx.run(sql, params).await? == 0 {
        return Ok(false);
    }
    insert_edges(tx, repository, new, now).await?;
    count(tx, repository, new, &derived).await?;
    Ok(true)
}

/// What the list of tags shows of a manifest without reading it.
struct Derived {
    pull_bytes: u64,
    platforms: String,
    built_at: i64,
}

async fn derive(tx: &mut Tx, repository: &Repository, new: &NewManifest) -> Result<Derived> {
    if new.parsed.kind != Kind::Index {
        let config = new.config.as_deref().and_then(ImageConfig::parse).unwrap_or_default();
        let platform = config.platform().filter(|platform| !platform.is_unknown());
        return Ok(Derived {
            pull_bytes: new.parsed.pull_bytes(),
            platforms: platform.map(|platform| platform.to_string()).unwrap_or_default(),
            built_at: built_at(&config),
        });
    }
    let mut platforms: Vec<String> = Vec::new();
    let (mut pull_bytes, mut built_at) = (0, 0);
    for child in new.parsed.of(Relation::Manifest) {
        let sql = "SELECT platforms, pull_bytes, built_at FROM manifests WHERE repository_id = $1 AND digest = $2";
        let stated = child.platform.as_ref().map(ToString::to_string);
        let is_unknown = child.platform.as_ref().is_some_and(|platform| platform.is_unknown());
        let mut platform = stated.filter(|_| !is_unknown);
        if let Some(mut row) = tx.one(sql, params![&repository.id, &child.digest]).await? {
            let (own, size, built): (String, u64, i64) = (row.take()?, row.take()?, row.take()?);
            if !is_unknown {
                platform = platform.or(Some(own));
                pull_bytes = pull_bytes.max(size);
                built_at = built_at.max(built);
            }
        }
        platforms.extend(platform.filter(|platform| !platform.is_empty() && !platforms.contains(platform)));
    }
    Ok(Derived { pull_bytes, platforms: platforms.join(","), built_at })
}

/// A build time that says nothing (the epoch, as reproducible builds state it) counts as not stated.
pub fn built_at(config: &ImageConfig) -> i64 {
    config.created.as_deref().and_then(Timestamp::parse).map_or(0, |built| built.0.max(0))
}

async fn insert_edges(tx: &mut Tx, repository: &Repository, new: &NewManifest, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO manifest_edges (repository_id, parent, position, relation, child, media_type, size_bytes, platform, about)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    for (position, (relation, child)) in new.parsed.children.iter().enumerate() {
        let platform = child.platform.as_ref().map(ToString::to_string);
        let relation_text = match relation {
            Relation::Manifest => "manifest",
            Relation::Config => "config",
            Relation::Layer => "layer",
        };
        let params = params![
            &repository.id,
            &new.digest,
            position as i64,
            relation_text,
            &child.digest,
            &child.media_type,
            child.size,
            platform,
            about(child),
        ];
        tx.run(sql, params).await?;
        // A layer that is meant to live elsewhere may be named by anybody: naming is no right to read.
        let is_elsewhere = *relation == Relation::Layer && media_type::is_foreign_layer(&child.media_type);
        if *relation != Relation::Manifest && !is_elsewhere {
            blobs::link(tx, repository, &child.digest, child.size, now).await?;
        }
    }
    Ok(())
}

/// The digest that an attestation in an index is about (BuildKit's annotation).
pub fn about(child: &Descriptor) -> Option<String> {
    let is_attestation =
        child.annotations.get("vnd.docker.reference.type").is_some_and(|kind| kind == "attestation-manifest");
    is_attestation.then(|| child.annotations.get("vnd.docker.reference.digest").cloned().unwrap_or_default())
}

/// Keeps the number of images and the bytes before sharing. What people call an image is what stands by
/// itself: a platform that an index lists is a part of that one.
async fn count(tx: &mut Tx, repository: &Repository, new: &NewManifest, derived: &Derived) -> Result<()> {
    let is_index = new.parsed.kind == Kind::Index;
    let runs = new.parsed.kind != Kind::Artifact && !derived.platforms.is_empty();
    let parents = "SELECT COUNT(*) FROM manifest_edges WHERE repository_id = $1 AND child = $2";
    let listed = tx.one(parents, params![&repository.id, &new.digest]).await?;
    let stands_alone = runs && listed.map_or(Ok(0), |mut row| row.take::<i64>())? == 0;
    let adopted = "SELECT COUNT(*) FROM manifests m WHERE m.repository_id = $1 AND m.platforms <> '' AND m.kind <> 'artifact'
        AND m.digest IN (SELECT e.child FROM manifest_edges e WHERE e.repository_id = $1 AND e.parent = $2)
        AND NOT EXISTS (SELECT 1 FROM manifest_edges o WHERE o.repository_id = $1 AND o.child = m.digest AND o.parent <> $2)";
    let adopted = match is_index {
        true => {
            tx.one(adopted, params![&repository.id, &new.digest]).await?.map_or(Ok(0), |mut row| row.take::<i64>())?
        }
        false => 0,
    };
    let (images, bytes) = (i64::from(stands_alone) - adopted, if is_index { 0 } else { derived.pull_bytes });
    for sql in [
        "UPDATE repositories SET n_images = n_images + $2, logical_bytes = logical_bytes + $3 WHERE id = $1",
        "UPDATE mounts SET n_images = n_images + $2, logical_bytes = logical_bytes + $3
         WHERE id = (SELECT mount_id FROM repositories WHERE id = $1)",
    ] {
        tx.run(sql, params![&repository.id, images, bytes]).await?;
    }
    Ok(())
}

/// The word for a kind in the `kind` column.
pub fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "image",
        Kind::Index => "index",
        Kind::Artifact => "artifact",
    }
}

/// The inverse of [`kind_text`].
pub fn kind(text: &str) -> Kind {
    match text {
        "image" => Kind::Image,
        "index" => Kind::Index,
        _ => Kind::Artifact,
    }
}
