//! Who changes names: what a transaction that does so takes along of the proof and the mount.

use super::locking;
use crate::domain::error::What;
use crate::domain::protection::Act;
use crate::domain::trash::Over;
use crate::domain::view::{How, TagRow};
use crate::domain::{Action, Actor, Digest, Error, RepositoryName, Result, Tag, Timestamp};
use crate::server::access::{Authorized, Rights};
use crate::server::context::{App, Mount};
use crate::server::entropy::Entropy;
use crate::server::store::deletes::{self, Deleting, Deletion};
use crate::server::store::naming::Naming;
use crate::server::store::protections::{By, Rules};
use crate::server::store::radius::{Bound, Reader, Start, graph, named};
use crate::server::store::repositories::{self, Repository};
use crate::server::store::trash::Restoring;
use crate::server::store::{Tx, tags};
use std::collections::BTreeSet;
use std::sync::Arc;

/// That there is a tag already where another one is to go.
pub(super) fn there_already(tag: &Tag) -> Error {
    Error::Conflict(format!("the tag {tag} is there already; move it, or choose another name"))
}

/// That a tag cannot be brought back to what it was never put on.
pub(super) fn never_named(tag: &Tag, digest: &Digest) -> Error {
    Error::Conflict(format!("the tag {tag} never named {}; to name it now, move the tag", digest.short()))
}

/// Who changes names in a repository, on the way into the transaction.
pub(super) struct Namer {
    pub name: RepositoryName,
    pub by: Actor,
    pub now: Timestamp,
    rights: Rights,
    pub mount_id: String,
    entropy: Arc<dyn Entropy>,
    trash_days: u32,
    pub keeps_trash: bool,
    /// Whether a registry elsewhere has done it already.
    pub is_done: bool,
}

impl Namer {
    /// By this proof.
    pub(super) fn of<A: Action>(app: &App, proof: &Authorized<A>, name: &RepositoryName) -> Result<Self> {
        let mount = app.changeable(name)?;
        Ok(Self::each(app, proof, &mount)(name.clone()))
    }

    /// The same in each repository of a mount.
    pub(super) fn each<A: Action>(
        app: &App,
        proof: &Authorized<A>,
        mount: &Mount,
    ) -> impl Fn(RepositoryName) -> Self + Send + Sync + use<A> {
        let (by, now, rights, entropy) =
            (proof.actor().clone(), app.clock.now(), proof.rights(), Arc::clone(&app.entropy));
        let (mount_id, trash_days) = (mount.id.clone(), app.facts.trash_days);
        let (keeps_trash, is_done) = (mount.keeps_trash, mount.changes.is_some());
        move |name| Self {
            name,
            by: by.clone(),
            now,
            rights: rights.clone(),
            mount_id: mount_id.clone(),
            entropy: Arc::clone(&entropy),
            trash_days,
            keeps_trash,
            is_done,
        }
    }

    /// The rules that cover it now.
    pub(super) async fn rules(&self, tx: &mut Tx) -> Result<Rules> {
        Rules::of(tx, &self.name).await
    }

    /// The repository, which nobody else changes until the transaction ends.
    pub(super) async fn open(&self, tx: &mut Tx) -> Result<Repository> {
        locking::repository(tx, &self.name, &self.mount_id).await
    }

    /// How it puts tags on images.
    pub(super) fn naming<'a>(&'a self, repository: &'a Repository, rules: &'a Rules) -> Naming<'a> {
        let (rights, by) = (&self.rights, &self.by);
        Naming { repository, name: &self.name, rights, rules, by, now: self.now, is_done: self.is_done }
    }

    /// What they may do.
    pub(super) fn rights(&self) -> &Rights {
        &self.rights
    }

    /// How it brings things back.
    pub(super) fn restoring(&self) -> Restoring {
        Restoring {
            by: self.by.clone(),
            at: self.now,
            rights: self.rights.clone(),
            over: Over::Nothing,
            is_done: self.is_done,
            entropy: Arc::clone(&self.entropy),
        }
    }

    /// Puts a tag on an image; what it named before.
    pub(super) async fn put(
        &self,
        tx: &mut Tx,
        (repository, rules): (&Repository, &Rules),
        (tag, digest): (&Tag, &Digest),
        (how, reason): (How, Option<&str>),
    ) -> Result<Option<Digest>> {
        self.naming(repository, rules).put(tx, (tag, digest), how, reason).await
    }

    /// Takes tags away, into the trash, under a batch.
    pub(super) async fn take(
        &self,
        tx: &mut Tx,
        repository: &Repository,
        gone: BTreeSet<Tag>,
        (how, batch): (How, String),
    ) -> Result<()> {
        let rules = self.rules(tx).await?;
        for tag in &gone {
            rules.allow(&self.rights, (tag, Act::Delete), By::Right)?;
        }
        let tags: Vec<Tag> = gone.iter().cloned().collect();
        let named = named(&mut Reader::Tx(tx), &repository.id, &tags).await?;
        let from = Start { tags: &named, images: &BTreeSet::new(), bound: Bound::Cut };
        let graph = graph(&mut Reader::Tx(tx), &repository.id, from).await?;
        let radius = graph.radius(&gone, &BTreeSet::new());
        let deletion = Deletion::begin(tx, repository.clone(), self.name.clone(), self.deleting(how, batch)).await?;
        deletes::planned(tx, &deletion, &graph, &radius).await.map(drop)
    }

    /// How it deletes.
    pub(super) fn deleting(&self, how: How, batch: String) -> Deleting {
        let (by, entropy) = (self.by.clone(), Arc::clone(&self.entropy));
        Deleting { by, at: self.now, how, batch, default_days: self.trash_days, entropy }
    }

    /// Notes that it changed.
    pub(super) async fn touch(&self, tx: &mut Tx, repository: &Repository) -> Result<()> {
        repositories::refresh_newest(tx, repository).await?;
        repositories::touch(tx, &repository.id, Some(&self.by), self.now).await
    }

    /// Notes that it changed; how a tag is shown by now, which the next change may take away.
    pub(super) async fn named(&self, tx: &mut Tx, repository: &Repository, tag: &Tag) -> Result<TagRow> {
        self.touch(tx, repository).await?;
        tags::row(&mut Reader::Tx(tx), &repository.id, tag).await?.ok_or_else(|| self.absent(tag))
    }

    pub(super) fn absent(&self, tag: &Tag) -> Error {
        Error::NotFound(What::Tag { repository: self.name.clone(), tag: tag.clone() })
    }
}
