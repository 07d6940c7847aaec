//! The embedded registry: manifests, tags and links in the database, bytes in the blob store.
//! What it acknowledges is durable and in the catalog.

mod deletes;
mod destination;
mod keeping;
mod manifests;
mod turns;
mod uploads;

use super::{About, MAX_REFERRERS, Names, RawManifest, ReadRegistry};
use crate::domain::action::Maintain;
use crate::domain::capability::Capability;
use crate::domain::error::What;
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, Tag};
use crate::server::access::{Authorized, Visibility};
use crate::server::blobs::{BlobStore, Content, ContentRange, collect};
use crate::server::clock::Clock;
use crate::server::entropy::Entropy;
use crate::server::store::recent::{Keep, Recent};
use crate::server::store::{Store, blobs, manifests as manifest_rows, referrers, repositories, tags};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// Room for manifests that were read lately, and for small blobs: configurations, signatures.
const RECENT_MANIFESTS_BYTES: usize = 16 << 20;
const RECENT_BLOBS_BYTES: usize = 8 << 20;

/// Blobs of at most this size are read whole at once, and kept for a while.
const SMALL_BYTES: u64 = 16 << 10;

impl Keep for RawManifest {
    fn n_bytes(&self) -> usize {
        self.bytes.len() + self.media_type.len()
    }
}

impl Keep for Bytes {
    fn n_bytes(&self) -> usize {
        self.len()
    }
}

/// The embedded registry.
pub struct HostedRegistry {
    pub(super) parts: HostedParts,
    manifests: Recent<Reference, RawManifest>,
    small_blobs: Recent<Digest, Bytes>,
    /// Uploads that a request is writing to at this moment: one writer each.
    busy: Arc<Mutex<HashSet<String>>>,
    /// Who pushes a large manifest.
    turns: turns::Turns,
}

/// What the embedded registry stands on.
pub struct HostedParts {
    pub mount_id: String,
    pub store: Store,
    pub blobs: Arc<dyn BlobStore>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// For how long what is deleted is kept where no namespace says so.
    pub trash_days: u32,
    /// For how long a client can count on what it pushed or was told of.
    pub grace_ms: i64,
    /// For the notes of such promises.
    pub keeps: Authorized<Maintain>,
}

impl HostedRegistry {
    /// A registry over these parts.
    pub fn new(parts: HostedParts) -> Self {
        let (manifests, small_blobs) = (Recent::new(RECENT_MANIFESTS_BYTES), Recent::new(RECENT_BLOBS_BYTES));
        Self { parts, manifests, small_blobs, busy: Arc::default(), turns: turns::Turns::default() }
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
        let moment = self.parts.store.moment();
        if let Some(known) = self.manifests.known(moment, repository, reference) {
            return Ok(Some(known));
        }
        let stored = manifest_rows::find(&self.parts.store, &self.parts.mount_id, repository, reference).await?;
        let Some(stored) = stored else { return Ok(None) };
        let (media_type, bytes) = (stored.media_type, stored.content.into());
        let found = RawManifest { digest: stored.digest, media_type, bytes };
        self.manifests.keep(moment, repository, reference, &found);
        Ok(Some(found))
    }

    async fn blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        range: Option<ContentRange>,
    ) -> Result<Option<Content>> {
        let moment = self.parts.store.moment();
        if let Some(bytes) = self.small_blobs.known(moment, repository, digest) {
            return Content::part_of(&bytes, range).map(Some);
        }
        let Some(content) = self.open(repository, digest, range).await? else { return Ok(None) };
        if content.length < content.size || content.size > SMALL_BYTES {
            return Ok(Some(content));
        }
        let bytes = collect(content, SMALL_BYTES).await?;
        self.small_blobs.keep(moment, repository, digest, &bytes);
        Content::part_of(&bytes, None).map(Some)
    }

    async fn referrers(&self, repository: &RepositoryName, subject: &Digest) -> Result<Option<About>> {
        let (store, mount) = (&self.parts.store, &self.parts.mount_id);
        let mut wanted = referrers::Wanted { subject: subject.clone(), types: vec![], after: None, limit: 500 };
        let mut digests: Vec<Digest> = Vec::new();
        loop {
            let (items, is_cut) = referrers::list(store, mount, repository, &wanted).await?;
            digests.extend(items.into_iter().map(|it| it.digest));
            wanted.after = digests.last().cloned();
            if !is_cut || digests.len() >= MAX_REFERRERS {
                return Ok(Some(About::cut(digests, is_cut)));
            }
        }
    }
}

impl HostedRegistry {
    /// Opens what the blob store holds, if this repository has it.
    async fn open(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        range: Option<ContentRange>,
    ) -> Result<Option<Content>> {
        // The link comes first: that the store holds some bytes never makes them readable here.
        let Some(size) = blobs::linked(&self.parts.store, &self.parts.mount_id, repository, digest).await? else {
            return Ok(None);
        };
        match self.parts.blobs.open(digest, range).await? {
            Some(content) if content.size == size => Ok(Some(content)),
            // It was collected between the two questions.
            None if blobs::linked(&self.parts.store, &self.parts.mount_id, repository, digest).await?.is_none() => {
                Ok(None)
            }
            _ => {
                tracing::error!(%digest, "the blob store does not hold what the catalog says; push it again to repair it");
                Err(Error::Damaged(digest.clone()))
            }
        }
    }
}
