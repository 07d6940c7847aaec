//! The embedded registry: manifests, tags and links in the database, bytes in the blob store.
//! What it acknowledges is durable and in the catalog.

mod deletes;
mod destination;
mod manifests;
mod uploads;

use super::{Names, RawManifest, ReadRegistry};
use crate::domain::capability::Capability;
use crate::domain::error::What;
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, Tag};
use crate::server::access::Visibility;
use crate::server::blobs::{BlobStore, Content, ContentRange};
use crate::server::clock::Clock;
use crate::server::entropy::Entropy;
use crate::server::store::{Store, blobs, manifests as manifest_rows, repositories, tags};
use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// The embedded registry.
pub struct HostedRegistry {
    pub(super) parts: HostedParts,
    /// Uploads that a request is writing to at this moment: one writer each.
    busy: Arc<Mutex<HashSet<String>>>,
}

/// What the embedded registry stands on.
#[derive(Clone)]
pub struct HostedParts {
    pub mount_id: String,
    pub store: Store,
    pub blobs: Arc<dyn BlobStore>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl HostedRegistry {
    /// A registry over these parts.
    pub fn new(parts: HostedParts) -> Self {
        Self { parts, busy: Arc::default() }
    }
}

#[async_trait]
impl ReadRegistry for HostedRegistry {
    async fn capabilities(&self) -> Vec<(Capability, Option<bool>)> {
        Capability::ALL.map(|capability| (capability, Some(true))).to_vec()
    }

    async fn repositories(&self, after: Option<&str>, limit: u32) -> Result<Names<RepositoryName>> {
        let (store, mount) = (&self.parts.store, &self.parts.mount_id);
        let items = repositories::names(store, &Visibility::Everything, mount, after, limit.saturating_add(1)).await?;
        Ok(Names::cut(items, limit))
    }

    async fn tags(&self, repository: &RepositoryName, after: Option<&str>, limit: u32) -> Result<Names<Tag>> {
        let found = repositories::find(&self.parts.store, repository).await?;
        let found = found.filter(|found| found.mount_id == self.parts.mount_id);
        let found = found.ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))?;
        let items = tags::names(&self.parts.store, &found.id, after, limit.saturating_add(1)).await?;
        Ok(Names::cut(items, limit))
    }

    async fn resolve(&self, repository: &RepositoryName, reference: &Reference) -> Result<Option<Digest>> {
        Ok(self.manifest(repository, reference).await?.map(|manifest| manifest.digest))
    }

    async fn manifest(&self, repository: &RepositoryName, reference: &Reference) -> Result<Option<RawManifest>> {
        let stored = manifest_rows::find(&self.parts.store, &self.parts.mount_id, repository, reference).await?;
        Ok(stored.map(|stored| RawManifest {
            digest: stored.digest,
            media_type: stored.media_type,
            bytes: stored.content.into(),
        }))
    }

    async fn blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        range: Option<ContentRange>,
    ) -> Result<Option<Content>> {
        // The link comes first: that the store holds some bytes never makes them readable here.
        let Some(size) = blobs::linked(&self.parts.store, &self.parts.mount_id, repository, digest).await? else {
            return Ok(None);
        };
        let content = self.parts.blobs.open(digest, range).await?;
        match content {
            Some(content) if content.size == size => Ok(Some(content)),
            _ => {
                tracing::error!(%digest, "the blob store does not hold what the catalog says; push it again to repair it");
                Err(Error::Damaged(digest.clone()))
            }
        }
    }
}
