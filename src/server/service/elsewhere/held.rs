//! What hidden tags hold at a registry elsewhere: brought back under its names, or let go.

use super::behind::require_deleted_at;
use super::taking::{beside, saying};
use super::{Elsewhere, Step, closed};
use crate::domain::action::{Bookkeeping, DeleteImages, Mutation};
use crate::domain::protection::Act;
use crate::domain::trash::Over;
use crate::domain::{Digest, Error, Permission, Reference, RepositoryName, Result, Scope, Tag, Target};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::registry::changing::Allowed;
use crate::server::service::locking;
use crate::server::store::holds::{self, Hold, Takes};
use crate::server::store::protections::By;
use crate::server::store::trash::{self, Entry};
use crate::server::store::{Change, manifests, plans};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most that one purge, or one restore, takes away at once.
const MOST_LET_GO: u32 = 100;

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
            require_deleted_at(&self.mount.id, entry)?;
            if let (Some(_), Some(digest)) = (&entry.row.tag, &entry.row.digest)
                && manifests::known(&app.store, &entry.row.repository, std::slice::from_ref(digest)).await?.is_empty()
            {
                // Its image was deleted as one, and comes back by who may bring that back, or not at all: then nothing is
                // put there.
                if !trash::has_image(&app.store, &entry.row.repository, digest).await? {
                    return Err(gone(digest));
                }
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
        match self.put_as(app, proof, (name, tag, &manifest), (current.as_ref(), Some(step))).await {
            Err(Error::NotFound(_)) => Err(gone(digest)),
            put => put,
        }
    }

    /// What a tag names that is to come back, and as what step it does; none if it is back.
    async fn way_back(
        &self,
        (name, tag, digest): (&RepositoryName, &Tag, &Digest),
        over: &Over,
    ) -> Result<Option<(Option<Digest>, Step)>> {
        let current = self.named(name, tag).await?;
        let Some(act) = Act::between(current.as_ref(), Some(digest)) else { return Ok(None) };
        current.as_ref().map_or(Ok(()), |current| over.check((name, tag), current))?;
        let step = Step { act, tag: tag.clone(), by: By::Restore };
        match self.mount.read.resolve(name, &Reference::Digest(digest.clone())).await? {
            Some(_) => Ok(Some((current, step))),
            None => Err(gone(digest)),
        }
    }

    /// Takes hidden tags away that nothing in the trash needs any more. What cannot be reached now, and what is more than
    /// goes at once, is for the next sweep.
    async fn let_go<A: Bookkeeping>(&self, app: &App, proof: &Authorized<A>, batch: &str) -> Result<()> {
        // What images are made of follows them.
        for _ in 0..2 {
            let mut free = holds::free_of(&app.store, batch, MOST_LET_GO).await?;
            free.retain(|hold| hold.mount_id == self.mount.id);
            for some in together(free) {
                for (hold, error) in self.let_some_go(app, proof, &some).await {
                    tracing::warn!(repository = %hold.repository, tag = %hold.tag, %error, "a hidden tag could not be taken away; the next sweep tries again");
                }
            }
        }
        Ok(())
    }

    /// Takes hidden tags of one request in one repository away, and what goes with them. Returns those that stay to be taken
    /// away, each with why; where the registry is down, the first that met it.
    async fn let_some_go<'h, A: Bookkeeping>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        some: &'h [Hold],
    ) -> Vec<(&'h Hold, Error)> {
        let (mut failed, mut bare) = (Vec::new(), Vec::new());
        for hold in some {
            match self.bare(app, proof, hold).await {
                Ok(()) => bare.push(hold),
                Err(down @ Error::Upstream { is_down: true, .. }) => return vec![(hold, down)],
                Err(error) => failed.push((hold, error)),
            }
        }
        if let Err(error) = self.end_all(app, proof, &bare).await {
            let left = bare.into_iter().filter(|hold| hold.takes != Takes::Nothing);
            failed.extend(left.map(|hold| (hold, error.clone())));
        }
        failed
    }

    /// Takes a hidden tag from its image, if it was ever put on it.
    async fn bare<A: Bookkeeping>(&self, app: &App, proof: &Authorized<A>, hold: &Hold) -> Result<()> {
        if hold.takes == Takes::Part {
            return Ok(());
        }
        let Some(manifest) = self.manifest(&hold.repository, &hold.digest).await? else { return Ok(()) };
        let mut beside = beside(app, (&hold.repository_id, &hold.digest), &hold.batch).await?;
        beside.tags.retain(|tag| *tag != hold.tag);
        let still = self.still(app, proof, (&hold.repository, vec![]));
        let allowed = Allowed::by(proof, &hold.repository, &still)?;
        self.changes.remove_tag(&allowed, &hold.tag, &manifest, &beside).await.map(drop)
    }

    /// Deletes images whose hidden tags are gone, as far as they are to go, and forgets those tags.
    async fn end_all<A: Bookkeeping>(&self, app: &App, proof: &Authorized<A>, bare: &[&Hold]) -> Result<()> {
        let (stay, go): (Vec<&Hold>, Vec<&Hold>) = bare.iter().partition(|hold| hold.takes == Takes::Nothing);
        let mut over: Vec<Tag> = stay.into_iter().map(|hold| hold.tag.clone()).collect();
        let deleted = match go.first() {
            Some(first) => {
                let still = self.still(app, proof, (&first.repository, vec![]));
                self.delete(app, &Allowed::by(proof, &first.repository, &still)?, &go).await
            }
            None => Ok(vec![]),
        };
        over.extend(deleted.iter().flatten().cloned());
        if !over.is_empty() {
            app.store.note(proof, move |tx| Box::pin(async move { holds::forget(tx, &over).await })).await?;
        }
        deleted.map(drop)
    }

    /// Deletes images with parts of what was let go beside them, as far as nothing names them, here or there: what is there
    /// is looked at once for all of them. Returns the hidden tags of those that nothing is to be done about any more.
    async fn delete(&self, app: &App, allowed: &Allowed<'_>, holds: &[&Hold]) -> Result<Vec<Tag>> {
        let own: BTreeSet<&Tag> = holds.iter().map(|hold| &hold.tag).collect();
        let (mut over, mut unnamed) = (Vec::new(), Vec::new());
        let mut beside = holds::parts_beside(&app.store, holds[0]).await?;
        beside.retain(|it| !own.contains(&it.tag));
        for it in holds.iter().map(|it| (*it).clone()).chain(beside) {
            match holds::is_unnamed(&app.store, &it).await? {
                true => unnamed.push(it),
                false if own.contains(&it.tag) => over.push(it.tag),
                false => {} // It has its own turn.
            }
        }
        let digests: Vec<Digest> = unnamed.iter().map(|it| it.digest.clone()).collect();
        let stay = self.changes.remove_manifests(allowed, &digests).await?;
        for it in unnamed {
            let words = stay.get(&it.digest);
            if let Some(words) = words {
                tracing::info!(repository = %it.repository, digest = %it.digest, words, "an image stays");
            }
            // A part of another image, which holds it still, has its own turn.
            if words.is_none() || own.contains(&it.tag) {
                over.push(it.tag);
            }
        }
        Ok(over)
    }
}

/// What is let go together: holds of one request in one repository, whose tags are looked at once for all of them. What
/// failed before goes by itself, so that it holds up no other.
pub fn together(holds: Vec<Hold>) -> Vec<Vec<Hold>> {
    let (mut all, mut places): (Vec<Vec<Hold>>, _) = (Vec::new(), BTreeMap::new());
    for hold in holds {
        let of = (hold.batch.clone(), hold.repository_id.clone());
        match places.get(&of) {
            Some(place) if !hold.has_failed => {
                let some: &mut Vec<Hold> = &mut all[*place];
                some.push(hold);
            }
            _ => {
                if !hold.has_failed {
                    places.insert(of, all.len());
                }
                all.push(vec![hold]);
            }
        }
    }
    all
}

/// Takes hidden tags of one request in one repository away, of what is in the trash no more, at the registry that has them.
/// Returns those that stay to be taken away, each with why; where the registry is down, the first that met it.
pub async fn release<'h, A: Bookkeeping>(app: &App, proof: &Authorized<A>, some: &'h [Hold]) -> Vec<(&'h Hold, Error)> {
    match some.first().and_then(|hold| Elsewhere::if_open(app, &hold.mount_id)) {
        Some(elsewhere) => elsewhere.let_some_go(app, proof, some).await,
        None => some.iter().map(|hold| (hold, closed())).collect(),
    }
}

/// Takes hidden tags of some requests away that nothing in the trash needs any more.
pub(in crate::server::service) async fn let_all_go<A: Bookkeeping>(
    app: &App,
    proof: &Authorized<A>,
    elsewhere: Option<Elsewhere>,
    batches: &BTreeSet<String>,
) -> Result<()> {
    let Some(elsewhere) = elsewhere else { return Ok(()) };
    for batch in batches {
        // What is about to be in the trash is held already.
        if plans::under_way(&app.store, batch).await?.is_none() {
            elsewhere.let_go(app, proof, batch).await?;
        }
    }
    Ok(())
}

/// Ends a delete of an image that did not come to its end, where there is no trash: one that is gone there is gone from here
/// too, with what belonged to it alone, which then goes there as well. One that is there stays: nothing brings back what
/// would be deleted now.
pub async fn end_image(app: &App, proof: &Authorized<DeleteImages>, hold: &Hold) -> Result<()> {
    let elsewhere = Elsewhere::if_open(app, &hold.mount_id).ok_or_else(closed)?;
    let (is_kept, is_known) = (elsewhere.mount.keeps_trash, !holds::is_unnamed(&app.store, hold).await?);
    if is_kept || !is_known || elsewhere.has_image(&hold.repository, &hold.digest).await? {
        return Ok(());
    }
    let (hold, now, entropy) = (hold.clone(), app.clock.now(), Arc::clone(&app.entropy));
    let change = app.store.settle(proof, move |tx| {
        Box::pin(async move {
            let found = locking::repository(tx, &hold.repository, &hold.mount_id).await?;
            let gone = holds::end(tx, &found, (&hold, now), &*entropy).await?;
            let lines: Vec<String> = gone.iter().map(Digest::to_string).collect();
            let before = (!lines.is_empty()).then(|| lines.join("\n"));
            Ok(Change::new((), before, None).announcing(hold.repository))
        })
    });
    change.await
}

pub(super) fn gone(digest: &Digest) -> Error {
    Error::Conflict(format!("the image {} is gone at its registry for good", digest.short()))
}
