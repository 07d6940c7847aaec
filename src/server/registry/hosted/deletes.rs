//! Deleting: what the proof names leaves the catalog in one transaction. The store keeps what brings it back, and no
//! byte is freed.

use super::HostedRegistry;
use crate::domain::action::{DeleteBlob, DeleteManifest, DeleteRepository, DeleteTag, Mutation};
use crate::domain::condition::Condition;
use crate::domain::error::What;
use crate::domain::protection::Act;
use crate::domain::{Digest, Error, Permission, RepositoryName, Result, Scope, Target};
use crate::server::access::{Authorized, Rights};
use crate::server::registry::DeleteContent;
use crate::server::store::deletes::{self, Deletion};
use crate::server::store::protections::Rules;
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{Change, Tx, tags};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::sync::Arc;

#[async_trait]
impl DeleteContent for HostedRegistry {
    async fn delete_tag(&self, proof: &Authorized<DeleteTag>, condition: Condition) -> Result<()> {
        let DeleteTag { repository, tag } = proof.action().clone();
        let rights = proof.rights();
        self.remove(proof, repository.clone(), move |tx, found, deletion| {
            Box::pin(async move {
                if let Some(current) = tags::current(tx, &found.id, &tag).await? {
                    condition.check(Some(&current.digest))?;
                    Rules::of(tx, &repository).await?.check(&rights, Act::Delete, &tag)?;
                }
                let absent = || Error::NotFound(What::Tag { repository, tag: tag.clone() });
                deletes::tag(tx, found, &tag, deletion).await?.ok_or_else(absent)
            })
        })
        .await
    }

    async fn delete_manifest(&self, proof: &Authorized<DeleteManifest>) -> Result<()> {
        let DeleteManifest { repository, digest } = proof.action().clone();
        let rights = proof.rights();
        self.remove(proof, repository.clone(), move |tx, found, deletion| {
            Box::pin(async move {
                // Its tags go with it, so who may delete only some tags must be allowed each of them.
                let tags = tags::naming(tx, &found.id, &digest).await?;
                if tags.is_empty() {
                    require_whole(&rights, &repository)?;
                }
                let rules = Rules::of(tx, &repository).await?;
                for tag in tags {
                    rights.require(Permission::ManifestDelete, &Target::Tag(repository.clone(), tag.clone()))?;
                    rules.check(&rights, Act::Delete, &tag)?;
                }
                match deletes::manifest(tx, found, &digest, deletion).await? {
                    true => rules.check_content(&rights).map(|()| digest),
                    false => Err(Error::NotFound(What::Manifest { repository, digest })),
                }
            })
        })
        .await
    }

    async fn delete_blob(&self, proof: &Authorized<DeleteBlob>) -> Result<()> {
        let DeleteBlob { repository, digest } = proof.action().clone();
        let rights = proof.rights();
        self.remove(proof, repository.clone(), move |tx, found, deletion| {
            Box::pin(async move {
                require_whole(&rights, &repository)?;
                match deletes::blob(tx, found, &digest, deletion).await? {
                    true => Rules::of(tx, &repository).await?.check_content(&rights).map(|()| digest),
                    false => Err(Error::NotFound(What::Blob { repository, digest })),
                }
            })
        })
        .await
    }

    async fn delete_repository(&self, proof: &Authorized<DeleteRepository>) -> Result<()> {
        let (name, mount) = (proof.action().repository.clone(), self.parts.mount_id.clone());
        let (now, by, rights) = (self.parts.clock.now(), proof.actor().clone(), proof.rights());
        let deletion = Deletion::new(by, now, Arc::clone(&self.parts.entropy));
        let change = self.parts.store.write(proof, move |tx| {
            Box::pin(async move {
                tx.lock(name.as_str()).await?;
                tx.lock(&mount).await?;
                let found = repositories::current(tx, &name).await?.filter(|found| found.mount_id == mount);
                let found = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
                Rules::of(tx, &name).await?.check_repository(tx, &rights, &found.id).await?;
                deletes::repository(tx, &found, &name, &deletion).await?;
                Ok(Change::new((), Some(found.id), None).announcing(name))
            })
        });
        change.await
    }
}

/// Who may delete only some tags deletes nothing that has none: a signature, say, of an image whose tag is not theirs.
fn require_whole(rights: &Rights, repository: &RepositoryName) -> Result<()> {
    rights.require(Permission::ManifestDelete, &Target::Scope(Scope::Repository(repository.clone())))
}

impl HostedRegistry {
    /// Runs one delete in its repository. `remove` returns the digest that was there before.
    async fn remove<A, F>(&self, proof: &Authorized<A>, name: RepositoryName, remove: F) -> Result<()>
    where
        A: Mutation,
        F: for<'t> FnOnce(&'t mut Tx, &'t Repository, &'t Deletion) -> BoxFuture<'t, Result<Digest>> + Send + 'static,
    {
        let (mount, now, by) = (self.parts.mount_id.clone(), self.parts.clock.now(), proof.actor().clone());
        let deletion = Deletion::new(by.clone(), now, Arc::clone(&self.parts.entropy));
        let change = self.parts.store.write(proof, move |tx| {
            Box::pin(async move {
                tx.lock(name.as_str()).await?;
                tx.lock(&mount).await?;
                let found = repositories::current(tx, &name).await?.filter(|found| found.mount_id == mount);
                let found = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
                let before = remove(tx, &found, &deletion).await?;
                repositories::touch(tx, &found.id, Some(&by), now).await?;
                Ok(Change::new((), Some(before.to_string()), None).announcing(name))
            })
        });
        change.await
    }
}
