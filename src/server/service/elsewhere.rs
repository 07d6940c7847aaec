//! Changing tags of a registry elsewhere: there first, with all that has to hold asked right before each step, and then
//! in the catalog, by the transactions that the hosted registry has too.

mod behind;
mod held;
mod places;
mod said;
mod sending;
mod settling;
mod taking;

pub(super) use behind::require_deleted_at;
pub(super) use held::let_all_go;
pub use held::{end_image, release, together};
pub(super) use places::{at, of};
pub use said::deletes_nothing_at;
pub(super) use said::{Ends, leaving, said};
pub use settling::end;
pub(super) use settling::{renamed, settle, write, write_name};
pub(super) use taking::{Gone, Taking, saying};

use super::namer::{never_named, there_already};
use super::repositories::require;
use crate::domain::action::{Mutation, RenameTag};
use crate::domain::condition::{Among, Condition, Expect};
use crate::domain::error::What;
use crate::domain::protection::Act;
use crate::domain::{Digest, Error, Permission, Reference, RepositoryName, Result, Scope, Tag, Target};
use crate::server::access::Authorized;
use crate::server::context::{App, Mount};
use crate::server::registry::RawManifest;
use crate::server::registry::changing::{Allowed, ChangeRegistry};
use crate::server::store::protections::{By, Rules};
use crate::server::store::radius::{Reached, Reader, reach};
use crate::server::store::{going, history, manifests, tags, trash};
use futures::future::BoxFuture;
use std::sync::Arc;

/// A registry elsewhere that may be changed.
pub struct Elsewhere {
    pub(super) mount: Arc<Mount>,
    changes: Arc<dyn ChangeRegistry>,
}

/// A tag that has another name there by now.
pub(super) struct Renamed {
    pub digest: Digest,
    pub gone: Gone,
}

impl Elsewhere {
    /// Names an image there, if the tag is as expected.
    ///
    /// # Errors
    /// [`Error::Changed`] with what it names there; not found if the registry does not have the image.
    pub(super) async fn put<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        (name, tag, digest): (&RepositoryName, &Tag, &Digest),
        expect: &Expect,
    ) -> Result<()> {
        if manifests::known(&app.store, name, std::slice::from_ref(digest)).await?.is_empty() {
            return Err(absent(name, digest));
        }
        self.put_known(app, proof, (name, tag, digest), expect).await
    }

    async fn put_known<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        (name, tag, digest): (&RepositoryName, &Tag, &Digest),
        expect: &Expect,
    ) -> Result<()> {
        tag.refuse_reserved()?;
        let manifest = self.manifest(name, digest).await?.ok_or_else(|| absent(name, digest))?;
        let current = self.named(name, tag).await?;
        self.catch_up(app, (name, tag), current.as_ref()).await?;
        expect.check(current.as_ref())?;
        let repository = require(app, name).await?;
        self.require_own(&repository)?;
        let row = tags::row(&mut Reader::Store(&app.store), &repository.id, tag).await?;
        // A catalog that is behind is moved as well, by a transaction that asks nothing any more.
        let here = row.filter(|row| row.missing_since.is_none() && row.digest != *digest).map(|row| row.digest);
        let before = here.as_ref().or(current.as_ref());
        let act = Act::between(before, Some(digest));
        let step = act.map(|act| Step { act, tag: tag.clone(), by: By::Right });
        self.put_as(app, proof, (name, tag, &manifest), (current.as_ref(), step)).await
    }

    /// Brings a tag back to what it named before, which the catalog may have in its trash alone.
    ///
    /// # Errors
    /// As [`Self::put`]; [`Error::Conflict`] if the tag never named it.
    pub(super) async fn put_again<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        (name, tag, digest): (&RepositoryName, &Tag, &Digest),
        expect: &Expect,
    ) -> Result<()> {
        if !history::has_named(&app.store, &require(app, name).await?.id, tag, digest).await? {
            return Err(never_named(tag, digest));
        }
        if manifests::known(&app.store, name, std::slice::from_ref(digest)).await?.is_empty() {
            // It comes back out of the trash, or not at all: nothing is put there that is not known here then.
            if !trash::has_image(&app.store, name, digest).await? {
                return Err(held::gone(digest));
            }
            proof.rights().require(Permission::TrashRestore, &Target::Scope(Scope::Repository(name.clone())))?;
        }
        match self.put_known(app, proof, (name, tag, digest), expect).await {
            Err(Error::NotFound(_)) => Err(held::gone(digest)),
            put => put,
        }
    }

    /// Gives an image another name in place of one. What an earlier attempt did is done.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the new name is taken there.
    pub(super) async fn rename(
        &self,
        app: &App,
        proof: &Authorized<RenameTag>,
        expect: &Expect,
        batch: &str,
    ) -> Result<Renamed> {
        let RenameTag { repository: name, tag, to } = proof.action();
        let gone = || Error::NotFound(What::Tag { repository: name.clone(), tag: tag.clone() });
        if tag.is_reserved() {
            return Err(gone()); // The trash holds an image by it.
        }
        let repository = require(app, name).await?;
        let taken = self.named(name, to).await?;
        let known = tags::row(&mut Reader::Store(&app.store), &repository.id, tag).await?.map(|row| row.digest);
        let before =
            self.named(name, tag).await?.or_else(|| known.clone().filter(|known| taken.as_ref() == Some(known)));
        let digest = before.ok_or_else(gone)?;
        if known.as_ref() != Some(&digest) {
            self.catch_up(app, (name, tag), Some(&digest)).await?;
        }
        expect.check(Some(&digest))?;
        let mut reader = Reader::Store(&app.store);
        let reached = reach(&mut reader, repository, name, (std::slice::from_ref(tag), &[]));
        let Reached { repository, radius, .. } = reached.await?;
        if radius.tags.get(tag) != Some(&digest) {
            return Err(Error::Changed { current: Some(digest) }); // The catalog is behind.
        }
        let is_taken = |error| match error {
            Error::Changed { .. } => there_already(to),
            error => error,
        };
        // It may have got the new name before something failed.
        let is_again = going::is_on_its_way(&app.store, &repository.id, tag).await?
            || tags::row(&mut Reader::Store(&app.store), &repository.id, to).await?.is_none();
        if taken.as_ref() != Some(&digest) || !is_again {
            // Nothing is put there for a name that may not go.
            let leaving = vec![Step { act: Act::Delete, tag: tag.clone(), by: By::Proof }];
            let still = self.still(app, proof, (name, leaving));
            still().await?;
            self.changes.require_deletes(&Allowed::by(proof, name, &still)?).await?;
            self.put(app, proof, (name, to, &digest), &Expect::Absent).await.map_err(is_taken)?;
        }
        let halfway =
            |failed| saying(failed, format!("{to} names the image by now, and {tag} too; rename it once more"));
        let taking = Taking { repository: &repository, name, radius: &radius, batch, leaves_moved: false };
        let gone = self.take(app, proof, taking).await.and_then(Gone::some).map_err(halfway)?;
        Ok(Renamed { digest, gone })
    }

    /// Puts a tag that names `current` on a manifest, which is allowed as a step.
    async fn put_as<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        (name, tag, manifest): (&RepositoryName, &Tag, &RawManifest),
        (current, step): (Option<&Digest>, Option<Step>),
    ) -> Result<()> {
        let still = self.still(app, proof, (name, step.into_iter().collect()));
        still().await?;
        let condition = exactly(current);
        self.changes.put_tag(&Allowed::by(proof, name, &still)?, tag, manifest, &condition).await.map(drop)
    }

    /// What a tag names there; nothing for one that is on its way out.
    pub(super) async fn named(&self, name: &RepositoryName, tag: &Tag) -> Result<Option<Digest>> {
        let reference = Reference::Tag(tag.clone());
        match self.mount.read.resolve(name, &reference).await? {
            None => Ok(None),
            Some(_) => Ok(self.mount.read.manifest(name, &reference).await?.map(|manifest| manifest.digest)),
        }
    }

    async fn manifest(&self, name: &RepositoryName, digest: &Digest) -> Result<Option<RawManifest>> {
        self.mount.read.manifest(name, &Reference::Digest(digest.clone())).await
    }

    /// Asks whether a proof still holds, these steps are allowed by rights and rules, and the registry may be changed.
    fn still<A: Mutation>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        (name, steps): (&RepositoryName, Vec<Step>),
    ) -> impl Fn() -> BoxFuture<'static, Result<()>> + Send + Sync + use<A> {
        let (rights, asked, steps) = (proof.rights(), app.store.still(proof), Arc::new(steps));
        let (app, id, name) = (app.clone(), self.mount.id.clone(), name.clone());
        move || {
            let (rights, asked, steps) = (rights.clone(), asked(), Arc::clone(&steps));
            let (app, id, name) = (app.clone(), id.clone(), name.clone());
            Box::pin(async move {
                asked.await?;
                if !steps.is_empty() {
                    let rules = Rules::now(&app.store, &name).await?;
                    steps.iter().try_for_each(|it| rules.allow(&rights, (&it.tag, it.act), it.by))?;
                }
                match app.mounts.find(&id).is_some_and(|mount| mount.changes.is_some()) {
                    true => Ok(()),
                    false => Err(closed()),
                }
            })
        }
    }
}

/// What happens to a tag, and by which right.
struct Step {
    act: Act,
    tag: Tag,
    by: By,
}

/// That a tag names this, and nothing else.
fn exactly(current: Option<&Digest>) -> Condition {
    match current {
        None => Condition { differs: Some(Among::Any), ..Condition::default() },
        Some(current) => Condition { matches: Some(Among::These(vec![current.clone()])), ..Condition::default() },
    }
}

/// That nothing is done at a registry any more.
fn closed() -> Error {
    Error::ReadOnly("the mount was made read-only, or removed, meanwhile".to_owned())
}

fn absent(name: &RepositoryName, digest: &Digest) -> Error {
    Error::NotFound(What::Manifest { repository: name.clone(), digest: digest.clone() })
}
