//! Fetching what stands behind a digest: the manifest, the manifests that it lists, and the
//! configuration of each image. Bounded in depth and number whatever the registry answers.

use crate::domain::digest::Algorithm;
use crate::domain::manifest::{Descriptor, MAX_CONFIG_BYTES, MAX_CONFIG_TIME, Manifest, Relation};
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, media_type};
use crate::server::blobs::{ContentHash, collect_within};
use crate::server::jobs::reading::Reading;
use crate::server::store::manifests::NewManifest;
use std::collections::HashSet;

/// Indexes inside indexes that are followed.
const MAX_DEPTH: usize = 4;
/// Manifests behind one digest that are fetched.
const MAX_MANIFESTS: usize = 200;
/// A graph that takes more than this in memory is large: one at a time goes on.
const LARGE_BYTES: usize = 1 << 20;
/// What one graph may take in memory; after that no more of it is fetched.
const MAX_BYTES: usize = 32 << 20;

/// The manifests behind `digest`, children first. Empty if the registry has nothing that can be read:
/// gone meanwhile, or of a type that nobody knows.
pub(super) async fn fetch(
    reading: &Reading<'_>,
    repository: &RepositoryName,
    digest: Digest,
) -> Result<Vec<NewManifest>> {
    let _turn = reading.lane.requests.acquire().await;
    let (mut found, mut met) = (Vec::new(), HashSet::new());
    let (mut steps, mut n_bytes, mut large) = (vec![Step::Enter(digest, 0)], 0, None);
    while let Some(step) = steps.pop() {
        let (digest, depth) = match step {
            Step::Enter(digest, depth) => (digest, depth),
            Step::Leave(manifest) => {
                found.push(*manifest);
                continue;
            }
        };
        if met.len() >= MAX_MANIFESTS || n_bytes >= MAX_BYTES {
            tracing::warn!(%repository, %digest, "more stands behind a manifest than is read; the rest is left out");
            continue;
        }
        if !met.insert(digest.clone()) {
            continue;
        }
        let Some(manifest) = manifest(reading, repository, digest).await? else {
            continue;
        };
        n_bytes += bytes(&manifest);
        let listed = manifest.parsed.of(Relation::Manifest).filter(|_| depth < MAX_DEPTH);
        let listed = listed.filter(|child| media_type::is_manifest(&child.media_type));
        let children: Vec<_> = listed.map(|child| Step::Enter(child.digest.clone(), depth + 1)).collect();
        steps.push(Step::Leave(Box::new(manifest)));
        steps.extend(children);
        if n_bytes > LARGE_BYTES && large.is_none() {
            large = Some(reading.lane.large.acquire().await);
        }
    }
    Ok(found)
}

/// A graph is walked depth first, and a manifest is left when everything that it lists is known.
enum Step {
    Enter(Digest, usize),
    Leave(Box<NewManifest>),
}

/// What a manifest takes in memory, about: its bytes, and what was read from them.
pub(super) fn bytes(manifest: &NewManifest) -> usize {
    let config = manifest.config.as_ref().map_or(0, Vec::len);
    manifest.content.len() * 2 + manifest.parsed.children.len() * size_of::<(Relation, Descriptor)>() + config
}

async fn manifest(reading: &Reading<'_>, repository: &RepositoryName, digest: Digest) -> Result<Option<NewManifest>> {
    let raw = reading.mount.read.manifest(repository, &Reference::Digest(digest.clone())).await?;
    let Some(raw) = raw else { return Ok(None) };
    let parsed = match Manifest::accept(Some(&raw.media_type), &raw.bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            tracing::warn!(%repository, %digest, %error, "a manifest cannot be read and is left out");
            return Ok(None);
        }
    };
    let config = match parsed.readable_config() {
        Some(config) => config_bytes(reading, repository, config).await?,
        None => None,
    };
    Ok(Some(NewManifest { digest, content: raw.bytes.to_vec(), parsed, config }))
}

/// The configuration's bytes, if they are what its digest says.
async fn config_bytes(
    reading: &Reading<'_>,
    repository: &RepositoryName,
    config: &Descriptor,
) -> Result<Option<Vec<u8>>> {
    let Some(content) = reading.mount.read.blob(repository, &config.digest, None).await? else {
        return Ok(None);
    };
    let bytes = match collect_within(content, MAX_CONFIG_BYTES, MAX_CONFIG_TIME).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(reading.fault("took too long to send an image's configuration")),
        Err(Error::TooLarge { .. }) => return Ok(None),
        Err(error) => return Err(reading.fault(&format!("broke off an image's configuration: {error}"))),
    };
    let algorithm: Algorithm = config.digest.algorithm();
    Ok((ContentHash::digest_of(algorithm, &bytes) == config.digest).then(|| bytes.to_vec()))
}
