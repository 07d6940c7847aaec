//! What hidden tags hold at a registry elsewhere: brought back under its names, or let go.

use super::{Elsewhere, Step, of};
use crate::domain::action::{Bookkeeping, Mutation};
use crate::domain::protection::Act;
use crate::domain::trash::Over;
use crate::domain::{Digest, Error, Permission, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::registry::changing::Allowed;
use crate::server::store::holds::{self, Hold};
use crate::server::store::trash::{self, Entry};

impl Elsewhere {
    /// Puts the tags of an entry of the trash back there. `over` moves one that names another image by now.
    ///
    /// # Errors
    /// [`Error::Conflict`] that says what is in the way.
    pub(in crate::server::service) async fn bring_back<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        entry: &Entry,
        over: &Over,
    ) -> Result<()> {
        let name = &entry.row.repository;
        for (tag, digest) in trash::tags_of(&app.store, &entry.row.id).await? {
            self.bring_back_one(app, proof, (name, &tag, &digest), over).await?;
        }
        Ok(())
    }

    async fn bring_back_one<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        (name, tag, digest): (&RepositoryName, &Tag, &Digest),
        over: &Over,
    ) -> Result<()> {
        let current = self.named(name, tag).await?;
        let step = |needs, act| Step { needs, act, tag: tag.clone() };
        let step = match &current {
            None => step(None, Act::Create),
            Some(current) if current == digest => return Ok(()),
            Some(current) => {
                over.check(tag, current)?;
                step(Some(Permission::TagMove), Act::Move)
            }
        };
        let gone = || Error::Conflict(format!("the image {} is gone at its registry for good", digest.short()));
        let manifest = self.manifest(name, digest).await?.ok_or_else(gone)?;
        self.put_as(app, proof, (name, tag, &manifest), (current.as_ref(), Some(step))).await
    }

    /// Takes hidden tags away that nothing in the trash needs any more. One that cannot be reached now is for the next
    /// sweep.
    pub(in crate::server::service) async fn let_go<A: Bookkeeping>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        batch: &str,
    ) -> Result<()> {
        for hold in holds::free_of(&app.store, batch).await? {
            if let Err(error) = self.let_one_go(app, proof, &hold).await {
                tracing::warn!(repository = %hold.repository, tag = %hold.tag, %error, "a hidden tag could not be taken away; the next sweep tries again");
            }
        }
        Ok(())
    }

    async fn let_one_go<A: Bookkeeping>(&self, app: &App, proof: &Authorized<A>, hold: &Hold) -> Result<()> {
        let still = self.still(app, proof, (&hold.repository, vec![]));
        let allowed = Allowed::by(proof, &hold.repository, &still)?;
        if let Some(manifest) = self.manifest(&hold.repository, &hold.digest).await? {
            self.changes.remove_tag(&allowed, &hold.tag, &manifest).await?;
            if hold.is_whole && holds::is_unnamed(&app.store, hold).await? {
                match self.changes.remove_manifest(&allowed, &hold.digest).await {
                    Err(Error::Conflict(words)) => {
                        tracing::info!(repository = %hold.repository, words, "an image stays")
                    }
                    removed => removed?,
                }
            }
        }
        let tag = hold.tag.clone();
        app.store.note(proof, move |tx| Box::pin(async move { holds::forget(tx, &tag).await })).await
    }
}

/// Takes a hidden tag away, of what is in the trash no more.
pub async fn release<A: Bookkeeping>(app: &App, proof: &Authorized<A>, hold: &Hold) -> Result<()> {
    match of(app, &hold.repository)? {
        Some(elsewhere) => elsewhere.let_one_go(app, proof, hold).await,
        None => Ok(()),
    }
}
