//! Names of images: set, moved, renamed, brought back.

mod shown;

pub(super) use shown::Powers;
pub use shown::{naming, renaming, rolling_back};

use super::{elsewhere, locking};
use crate::domain::action::{RenameTag, RollBackTag, SetTag};
use crate::domain::error::What;
use crate::domain::principal::one_line;
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
use crate::server::store::trash::{self, Restoring};
use crate::server::store::{Change, Tx, history, manifests, tags};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What must hold of a tag before it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    #[default]
    Anything,
    /// It is not there.
    Absent,
    /// It names this image.
    Named(Digest),
}

impl Expect {
    /// Whether it holds.
    ///
    /// # Errors
    /// [`Error::Changed`] with what the tag names.
    pub fn check(&self, current: Option<&Digest>) -> Result<()> {
        let holds = match self {
            Self::Anything => true,
            Self::Absent => current.is_none(),
            Self::Named(digest) => current == Some(digest),
        };
        if holds { Ok(()) } else { Err(Error::Changed { current: current.cloned() }) }
    }
}

/// The longest reason for a move.
pub const MAX_REASON_CHARS: usize = 500;

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

    /// Takes tags away, into the trash.
    pub(super) async fn take(
        &self,
        tx: &mut Tx,
        repository: &Repository,
        gone: BTreeSet<Tag>,
        batch: String,
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
        let deletion = Deletion::begin(tx, repository.clone(), self.name.clone(), self.deleting(batch)).await?;
        deletes::planned(tx, &deletion, &graph, &radius).await.map(drop)
    }

    /// How it deletes.
    pub(super) fn deleting(&self, batch: String) -> Deleting {
        let (by, entropy) = (self.by.clone(), Arc::clone(&self.entropy));
        Deleting { by, at: self.now, batch, default_days: self.trash_days, entropy }
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

    fn absent(&self, tag: &Tag) -> Error {
        Error::NotFound(What::Tag { repository: self.name.clone(), tag: tag.clone() })
    }
}

/// Names an image that is there; whether the tag is new, and how lists show it now.
///
/// # Errors
/// Not found if the repository does not have the image; [`Error::Changed`] if the tag is not as expected.
pub async fn set(app: &App, proof: &Authorized<SetTag>, how: How, expect: Expect) -> Result<(bool, TagRow)> {
    let SetTag { repository, tag, digest } = proof.action().clone();
    let mut namer = Namer::of(app, proof, &repository)?;
    let expect = match elsewhere::of(app, &repository)? {
        None => expect,
        Some(elsewhere) => {
            elsewhere.put(app, proof, (&repository, &tag, &digest), &expect).await?;
            namer.now = app.clock.now(); // A reading that asked before knows less.
            Expect::Anything
        }
    };
    let about = (namer.is_done, &proof.action().repository, &proof.action().digest);
    let change = elsewhere::write_name(app, proof, about, move |tx| {
        Box::pin(async move {
            let found = namer.open(tx).await?;
            let current = tags::current(tx, &found.id, &tag).await?.map(|current| current.digest);
            expect.check(current.as_ref())?;
            if manifests::size(tx, &found.id, &digest).await?.is_none() {
                return Err(Error::NotFound(What::Manifest { repository, digest }));
            }
            let rules = namer.rules(tx).await?;
            let before = namer.put(tx, (&found, &rules), (&tag, &digest), (how, None)).await?;
            let named = namer.named(tx, &found, &tag).await?;
            let is_new = before.is_none();
            let before = before.map(|before| before.to_string());
            Ok(Change::new((is_new, named), before, Some(digest.to_string())).announcing(namer.name))
        })
    });
    change.await
}

/// Gives an image another name in place of one, which goes to the trash; how lists show it now.
///
/// # Errors
/// [`Error::Changed`] if the tag does not name `expect`; [`Error::Conflict`] if the new name is taken.
pub async fn rename(app: &App, proof: &Authorized<RenameTag>, expect: Expect) -> Result<TagRow> {
    let RenameTag { repository, tag, to } = proof.action().clone();
    let mut namer = Namer::of(app, proof, &repository)?;
    let batch = crate::server::entropy::new_id(&*app.entropy, app.clock.now());
    if let Some(elsewhere) = elsewhere::of(app, &repository)? {
        let renamed = elsewhere.rename(app, proof, &expect, &batch).await?;
        namer.now = app.clock.now(); // As above.
        return elsewhere::renamed(app, proof, namer, (renamed, batch)).await;
    }
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let found = namer.open(tx).await?;
            let current = tags::current(tx, &found.id, &tag).await?.ok_or_else(|| namer.absent(&tag))?.digest;
            expect.check(Some(&current))?;
            if tags::current(tx, &found.id, &to).await?.is_some() {
                return Err(Error::Conflict(format!("the tag {to} is there already; move it, or choose another name")));
            }
            let rules = namer.rules(tx).await?;
            namer.put(tx, (&found, &rules), (&to, &current), (How::Rename, None)).await?;
            namer.take(tx, &found, BTreeSet::from([tag.clone()]), batch).await?;
            let named = namer.named(tx, &found, &to).await?;
            Ok(Change::new(named, Some(format!("{tag} {current}")), Some(format!("{to} {current}")))
                .announcing(namer.name))
        })
    });
    change.await
}

/// Brings a tag back to an image that it named before, one in the trash is restored first; how lists show it now.
///
/// # Errors
/// [`Error::Conflict`] if the tag never named it, or it is gone for good; [`Error::Changed`] as above.
pub async fn roll_back(app: &App, proof: &Authorized<RollBackTag>, expect: Expect) -> Result<TagRow> {
    let RollBackTag { repository, tag, digest, reason } = proof.action().clone();
    let reason = one_line("reason", &reason, MAX_REASON_CHARS)?;
    let mut namer = Namer::of(app, proof, &repository)?;
    let expect = match elsewhere::of(app, &repository)? {
        None => expect,
        Some(elsewhere) => {
            elsewhere.put_again(app, proof, (&repository, &tag, &digest), &expect).await?;
            namer.now = app.clock.now(); // As above.
            Expect::Anything
        }
    };
    let about = (namer.is_done, &proof.action().repository, &proof.action().digest);
    let change = elsewhere::write_name(app, proof, about, move |tx| {
        Box::pin(async move {
            let found = namer.open(tx).await?;
            let current = tags::current(tx, &found.id, &tag).await?.map(|current| current.digest);
            expect.check(current.as_ref())?;
            if !history::ever_named(tx, &found.id, &tag, &digest).await? {
                let words = format!("the tag {tag} never named {}; to name it now, move the tag", digest.short());
                return Err(Error::Conflict(words));
            }
            trash::restore_image(tx, &found, &namer.name, &digest, &namer.restoring()).await?;
            let reason = Some(reason.as_str()).filter(|reason| !reason.is_empty());
            let rules = namer.rules(tx).await?;
            let before = namer.put(tx, (&found, &rules), (&tag, &digest), (How::RollBack, reason)).await?;
            let named = namer.named(tx, &found, &tag).await?;
            let after = reason.map_or_else(|| digest.to_string(), |reason| format!("{digest}\n{reason}"));
            Ok(Change::new(named, before.map(|before| before.to_string()), Some(after)).announcing(namer.name))
        })
    });
    change.await
}
