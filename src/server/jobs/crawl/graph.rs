//! Fetching what stands behind a digest: the manifest, the manifests that it lists, and the
//! configuration of each image. Bounded in depth and number whatever the registry answers.

use crate::domain::digest::Algorithm;
use crate::domain::manifest::{Descriptor, MAX_CONFIG_BYTES, Manifest, Relation};
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, media_type};
use crate::server::blobs::{ContentHash, collect};
use crate::server::registry::ReadRegistry;
use crate::server::store::manifests::NewManifest;
use tokio::sync::Semaphore;

/// Indexes inside indexes that are followed.
const MAX_DEPTH: usize = 4;
/// Manifests behind one digest that are fetched.
const MAX_MANIFESTS: usize = 200;

/// The manifests behind `digest`, children first. Empty if the registry has nothing that can be read:
/// gone meanwhile, or of a type that nobody knows.
pub(super) async fn fetch(
    registry: &dyn ReadRegistry,
    budget: &Semaphore,
    repository: &RepositoryName,
    digest: Digest,
) -> Result<Vec<NewManifest>> {
    let mut found: Vec<NewManifest> = Vec::new();
    let mut waiting = vec![(digest, 0)];
    while let Some((digest, depth)) = waiting.pop() {
        if found.len() >= MAX_MANIFESTS || found.iter().any(|known| known.digest == digest) {
            continue;
        }
        let Some(manifest) = manifest(registry, budget, repository, digest).await? else {
            continue;
        };
        if depth < MAX_DEPTH {
            let listed = manifest.parsed.of(Relation::Manifest);
            let manifests = listed.filter(|child| media_type::is_manifest(&child.media_type));
            waiting.extend(manifests.map(|child| (child.digest.clone(), depth + 1)));
        }
        found.push(manifest);
    }
    found.reverse(); // Parents were met first.
    Ok(found)
}

async fn manifest(
    registry: &dyn ReadRegistry,
    budget: &Semaphore,
    repository: &RepositoryName,
    digest: Digest,
) -> Result<Option<NewManifest>> {
    let raw = {
        let _turn = budget.acquire().await;
        registry.manifest(repository, &Reference::Digest(digest.clone())).await?
    };
    let Some(raw) = raw else { return Ok(None) };
    let parsed = match Manifest::parse(Some(&raw.media_type), &raw.bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            tracing::warn!(%repository, %digest, %error, "a manifest cannot be read and is left out");
            return Ok(None);
        }
    };
    let config = match parsed.config() {
        Some(config) => config_bytes(registry, budget, repository, config).await?,
        None => None,
    };
    Ok(Some(NewManifest { digest, content: raw.bytes.to_vec(), parsed, config }))
}

/// The configuration's bytes, if it is one of an image, small enough, and what its digest says.
async fn config_bytes(
    registry: &dyn ReadRegistry,
    budget: &Semaphore,
    repository: &RepositoryName,
    config: &Descriptor,
) -> Result<Option<Vec<u8>>> {
    if config.size > MAX_CONFIG_BYTES || !media_type::is_image_config(&config.media_type) {
        return Ok(None);
    }
    let _turn = budget.acquire().await;
    let Some(content) = registry.blob(repository, &config.digest, None).await? else {
        return Ok(None);
    };
    let bytes = match collect(content, MAX_CONFIG_BYTES).await {
        Ok(bytes) => bytes,
        Err(Error::TooLarge { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let algorithm: Algorithm = config.digest.algorithm();
    Ok((ContentHash::digest_of(algorithm, &bytes) == config.digest).then(|| bytes.to_vec()))
}
