//! What hidden tags hold at a registry elsewhere: brought back under its names, or let go.

use super::taking::{beside, saying};
use super::{Elsewhere, Step};
use crate::domain::action::{Bookkeeping, Mutation};
use crate::domain::protection::Act;
use crate::domain::trash::Over;
use crate::domain::{Digest, Error, Permission, Reference, RepositoryName, Result, Scope, Tag, Target};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::registry::changing::Allowed;
use crate::server::store::holds::{self, Hold, Takes};
use crate::server::store::manifests;
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
            if let (Some(_), Some(digest)) = (&entry.row.tag, &entry.row.digest)
                && manifests::known(&app.store, &entry.row.repository, std::slice::from_ref(digest)).await?.is_empty()
            {
                // Its image was deleted as one, and comes back by who may bring that back.
                let whole = Target::Scope(Scope::Repository(entry.row.repository.clone()));
                proof.rights().require(Permission::TrashRestore, &whole)?;
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
        self.catch_up(app, (name, tag), current.as_ref()).await?;
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
        // What images are made of follows them.
        for _ in 0..2 {
            let free = holds::free_of(&app.store, batch).await?;
            for hold in free.into_iter().filter(|hold| hold.mount_id == self.mount.id) {
                if let Err(error) = self.let_one_go(app, proof, &hold).await {
                    tracing::warn!(repository = %hold.repository, tag = %hold.tag, %error, "a hidden tag could not be taken away; the next sweep tries again");
                }
            }
        }
        Ok(())
    }

    async fn let_one_go<A: Bookkeeping>(&self, app: &App, proof: &Authorized<A>, hold: &Hold) -> Result<()> {
        let still = self.still(app, proof, (&hold.repository, vec![]));
        let allowed = Allowed::by(proof, &hold.repository, &still)?;
        if hold.takes != Takes::Part
            && let Some(manifest) = self.manifest(&hold.repository, &hold.digest).await?
        {
            let mut beside = beside(app, (&hold.repository_id, &hold.digest), &hold.batch).await?;
            beside.tags.retain(|tag| *tag != hold.tag);
            self.changes.remove_tag(&allowed, &hold.tag, &manifest, &beside).await?;
        }
        let over = match hold.takes {
            Takes::Nothing => vec![hold.tag.clone()],
            Takes::Image | Takes::Part => self.delete(app, &allowed, hold).await?,
        };
        app.store.note(proof, move |tx| Box::pin(async move { holds::forget(tx, &over).await })).await
    }

    /// Deletes an image with parts of what was let go beside it, as far as nothing names them, here or there. Returns the
    /// hidden tags of those that nothing is to be done about any more.
    async fn delete(&self, app: &App, allowed: &Allowed<'_>, hold: &Hold) -> Result<Vec<Tag>> {
        let (mut over, mut unnamed) = (Vec::new(), Vec::new());
        for it in std::iter::once(hold.clone()).chain(holds::parts_beside(&app.store, hold).await?) {
            match holds::is_unnamed(&app.store, &it).await? {
                true => unnamed.push(it),
                false => over.push(it.tag),
            }
        }
        let digests: Vec<Digest> = unnamed.iter().map(|it| it.digest.clone()).collect();
        let stay = match self.changes.remove_manifests(allowed, &digests).await {
            Err(Error::Conflict(words)) => digests.into_iter().map(|digest| (digest, words.clone())).collect(),
            stay => stay?,
        };
        for it in unnamed {
            let words = stay.get(&it.digest);
            if let Some(words) = words {
                tracing::info!(repository = %it.repository, digest = %it.digest, words, "an image stays");
            }
            // A part of another image, which holds it still, has its own turn.
            if words.is_none() || it.tag == hold.tag {
                over.push(it.tag);
            }
        }
        Ok(over)
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
