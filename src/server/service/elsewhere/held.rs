//! What hidden tags hold at a registry elsewhere: brought back under its names, or let go.

use super::taking::saying;
use super::{Elsewhere, Step};
use crate::domain::action::{Bookkeeping, Mutation};
use crate::domain::protection::Act;
use crate::domain::trash::Over;
use crate::domain::{Digest, Error, Permission, Reference, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::registry::changing::Allowed;
use crate::server::store::holds::{self, Hold};
use crate::server::store::trash::{self, Entry};

impl Elsewhere {
    /// Puts the tags of entries of the trash back there. `over` moves those that name another image by now. All are looked
    /// at before the first is put.
    ///
    /// # Errors
    /// [`Error::Conflict`] that says what is in the way, and what was done before.
    pub(in crate::server::service) async fn bring_back<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        entries: &[Entry],
        over: &Over,
    ) -> Result<()> {
        let mut wanted = Vec::new();
        for entry in entries {
            if entry.mount_id != self.mount.id {
                let words = format!("{} was deleted at another registry than is mounted there now", entry.row.words());
                return Err(Error::Conflict(words));
            }
            for (tag, digest) in trash::tags_of(&app.store, &entry.row.id).await? {
                self.way_back((&entry.row.repository, &tag, &digest), over).await?;
                wanted.push((&entry.row.repository, tag, digest));
            }
        }
        for (n_done, (name, tag, digest)) in wanted.iter().enumerate() {
            let put = self.bring_back_one(app, proof, (name, tag, digest), over).await;
            put.map_err(|failed| match n_done {
                0 => failed,
                _ => saying(failed, format!("{n_done} of {} tags are back; restore once more", wanted.len())),
            })?;
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
        let Some((current, step)) = self.way_back((name, tag, digest), over).await? else { return Ok(()) };
        let manifest = self.manifest(name, digest).await?.ok_or_else(|| gone(digest))?;
        self.put_as(app, proof, (name, tag, &manifest), (current.as_ref(), Some(step))).await
    }

    /// What a tag names that is to come back, and as what step it does; none if it is back.
    async fn way_back(
        &self,
        (name, tag, digest): (&RepositoryName, &Tag, &Digest),
        over: &Over,
    ) -> Result<Option<(Option<Digest>, Step)>> {
        let current = self.named(name, tag).await?;
        let step = |needs, act| Step { needs, act, tag: tag.clone() };
        let step = match &current {
            None => step(None, Act::Create),
            Some(current) if current == digest => return Ok(None),
            Some(current) => {
                over.check(tag, current)?;
                step(Some(Permission::TagMove), Act::Move)
            }
        };
        match self.mount.read.resolve(name, &Reference::Digest(digest.clone())).await? {
            Some(_) => Ok(Some((current, step))),
            None => Err(gone(digest)),
        }
    }

    /// Takes hidden tags away that nothing in the trash needs any more. One that cannot be reached now is for the next
    /// sweep.
    pub(in crate::server::service) async fn let_go<A: Bookkeeping>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        batch: &str,
    ) -> Result<()> {
        let free = holds::free_of(&app.store, batch).await?;
        for hold in free.into_iter().filter(|hold| hold.mount_id == self.mount.id) {
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

/// Takes a hidden tag away, of what is in the trash no more, at the registry that has it.
pub async fn release<A: Bookkeeping>(app: &App, proof: &Authorized<A>, hold: &Hold) -> Result<()> {
    match Elsewhere::at(app, &hold.mount_id) {
        Some(elsewhere) => elsewhere.let_one_go(app, proof, hold).await,
        None => Ok(()),
    }
}

fn gone(digest: &Digest) -> Error {
    Error::Conflict(format!("the image {} is gone at its registry for good", digest.short()))
}
