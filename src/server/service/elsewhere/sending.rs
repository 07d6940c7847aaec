//! Sending what images are made of to a registry elsewhere.

use super::Elsewhere;
use crate::domain::action::Mutation;
use crate::domain::{Digest, Reference, RepositoryName, Result};
use crate::server::access::Authorized;
use crate::server::blobs::Content;
use crate::server::context::App;
use crate::server::registry::changing::Allowed;
use crate::server::registry::{RawManifest, ReadRegistry};

impl Elsewhere {
    /// The mount that it is.
    pub(in crate::server::service) fn mount_id(&self) -> &str {
        &self.mount.id
    }

    /// Reading it.
    pub(in crate::server::service) fn read(&self) -> &dyn ReadRegistry {
        &*self.mount.read
    }

    /// Whether the registry has an image.
    pub(in crate::server::service) async fn has_image(&self, name: &RepositoryName, digest: &Digest) -> Result<bool> {
        let found = self.mount.read.resolve(name, &Reference::Digest(digest.clone())).await?;
        Ok(found.is_some())
    }

    /// Whether the registry has a blob in that repository.
    pub(in crate::server::service) async fn has_blob(&self, name: &RepositoryName, digest: &Digest) -> Result<bool> {
        self.changes.has_blob(name, digest).await
    }

    /// Links a blob of another repository there; `false` where it has to be sent.
    pub(in crate::server::service) async fn link_blob<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        (name, from, digest): (&RepositoryName, &RepositoryName, &Digest),
    ) -> Result<bool> {
        let still = self.still(app, proof, (name, vec![]));
        self.changes.mount_blob(&Allowed::by(proof, name, &still)?, from, digest).await
    }

    /// Sends a blob.
    pub(in crate::server::service) async fn send_blob<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        (name, digest): (&RepositoryName, &Digest),
        content: Content,
    ) -> Result<()> {
        let still = self.still(app, proof, (name, vec![]));
        self.changes.send_blob(&Allowed::by(proof, name, &still)?, digest, content).await
    }

    /// Sends a manifest, under its digest.
    pub(in crate::server::service) async fn send_manifest<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        name: &RepositoryName,
        manifest: &RawManifest,
    ) -> Result<()> {
        let still = self.still(app, proof, (name, vec![]));
        self.changes.send_manifest(&Allowed::by(proof, name, &still)?, manifest).await
    }
}
