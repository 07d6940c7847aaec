//! Deleting as the distribution API asks for it: exactly what the proof names leaves the catalog in one transaction. It
//! is in the trash then, and no byte is freed.

use super::HostedRegistry;
use crate::domain::action::{DeleteBlob, DeleteManifest, DeleteTag, Mutation};
use crate::domain::condition::Condition;
use crate::domain::error::What;
use crate::domain::protection::Act;
use crate::domain::view::How;
use crate::domain::{Digest, Error, Permission, RepositoryName, Result, Scope, Target};
use crate::server::access::{Authorized, Rights};
use crate::server::entropy::new_id;
use crate::server::registry::DeleteContent;
use crate::server::store::deletes::{self, Deleting, Deletion};
use crate::server::store::protections::{By, Rules};
use crate::server::store::radius::{Bound, Reader, Start, graph};
use crate::server::store::{Change, Tx, repositories, tags};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[async_trait]
impl DeleteContent for HostedRegistry {
    async fn delete_tag(&self, proof: &Authorized<DeleteTag>, condition: Condition) -> Result<()> {
        let DeleteTag { repository, tag } = proof.action().clone();
        let rights = proof.rights();
        self.remove(proof, repository.clone(), move |tx, deletion| {
            Box::pin(async move {
                let rules = Rules::of(tx, &repository).await?;
                let absent = || Error::NotFound(What::Tag { repository, tag: tag.clone() });
                let current = tags::current(tx, &deletion.repository.id, &tag).await?.ok_or_else(absent)?.digest;
                condition.check(Some(&current))?;
                rules.allow(&rights, (&tag, Act::Delete), By::Proof)?;
                let named = BTreeMap::from([(tag.clone(), current.clone())]);
                let from = Start { tags: &named, images: &BTreeSet::new(), bound: Bound::Cut };
                let graph = graph(&mut Reader::Tx(tx), &deletion.repository.id, from).await?;
                let radius = graph.radius(&BTreeSet::from([tag.clone()]), &BTreeSet::new());
                deletes::planned(tx, deletion, &graph, &radius).await?;
                Ok(current)
            })
        })
        .await
    }

    async fn delete_manifest(&self, proof: &Authorized<DeleteManifest>) -> Result<()> {
        let DeleteManifest { repository, digest } = proof.action().clone();
        let rights = proof.rights();
        self.remove(proof, repository.clone(), move |tx, deletion| {
            Box::pin(async move {
                // Its tags go with it, so who may delete only some tags must be allowed each of them.
                let tags = tags::naming(tx, &deletion.repository.id, &digest).await?;
                if tags.is_empty() {
                    require_whole(&rights, &repository)?;
                }
                let rules = Rules::of(tx, &repository).await?;
                for tag in tags {
                    rights.require(Permission::ManifestDelete, &Target::Tag(repository.clone(), tag.clone()))?;
                    rules.allow(&rights, (&tag, Act::Delete), By::Proof)?;
                }
                match deletes::exactly(tx, deletion, &digest).await? {
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
        self.remove(proof, repository.clone(), move |tx, deletion| {
            Box::pin(async move {
                require_whole(&rights, &repository)?;
                match deletes::blob(tx, deletion, &digest).await? {
                    true => Rules::of(tx, &repository).await?.check_content(&rights).map(|()| digest),
                    false => Err(Error::NotFound(What::Blob { repository, digest })),
                }
            })
        })
        .await
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
        F: for<'t> FnOnce(&'t mut Tx, &'t Deletion) -> BoxFuture<'t, Result<Digest>> + Send + 'static,
    {
        let (mount, at, by) = (self.parts.mount_id.clone(), self.parts.clock.now(), proof.actor().clone());
        let entropy = Arc::clone(&self.parts.entropy);
        let batch = new_id(&*entropy, at);
        let (how, default_days) = (How::Delete, self.parts.trash_days);
        let who = Deleting { by: by.clone(), at, how, batch, default_days, entropy };
        let change = self.parts.store.write(proof, move |tx| {
            Box::pin(async move {
                tx.lock(name.as_str()).await?;
                tx.lock(&mount).await?;
                let found = repositories::current(tx, &name).await?.filter(|found| found.mount_id == mount);
                let found = found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))?;
                let deletion = Deletion::begin(tx, found, name.clone(), who).await?;
                let before = remove(tx, &deletion).await?;
                repositories::touch(tx, &deletion.repository.id, Some(&by), at).await?;
                Ok(Change::new((), Some(before.to_string()), None).announcing(name))
            })
        });
        change.await
    }
}
