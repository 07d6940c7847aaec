//! Doing what a plan says.

use super::sealed::{Asked, Plan, Planned, print};
use super::{before, kept_days, steps, whole};
use crate::domain::protection::Act;
use crate::domain::view::How;
use crate::domain::{Digest, Error, Permission, RepositoryName, Result, Scope, Tag, Target};
use crate::server::access::{Authorized, Rights};
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::service::elsewhere::{self, Elsewhere, Gone, Taking};
use crate::server::service::locking;
use crate::server::service::repositories::require;
use crate::server::store::deletes::{self, Deleting, Deletion};
use crate::server::store::plans::Redeemed;
use crate::server::store::protections::{By, Rules};
use crate::server::store::radius::{Reached, Reader, reach};
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{Change, Tx, plans};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Does what a plan says, if that is what would go now: at once, or by a job where it is much. Doing it again does
/// nothing, and has the same answer.
///
/// # Errors
/// [`Error::Outdated`] if something else would go than the preview said; [`Error::Conflict`] while somebody else does it
/// at a registry elsewhere, who would be met halfway there.
pub async fn redeem<A: Planned>(app: &App, proof: &Authorized<A>, plan: &Plan) -> Result<Redeemed> {
    let _turn = match is_elsewhere(app, &proof.action().asked()) {
        true => Some(app.redeeming.take(&plan.id).ok_or_else(at_this_moment)?),
        false => None,
    };
    if let Some(before) = plans::redeemed(&app.store, &plan.id).await? {
        return Ok(before);
    }
    let done = match steps::is_much_now(app, proof, Some(&plan.print)).await? {
        true => steps::start(app, proof, plan).await.map(Redeemed::Run),
        false => run(app, proof, (Some(plan), Some(&plan.print))).await.map(Redeemed::Done),
    };
    match (done, plans::redeemed(&app.store, &plan.id).await?) {
        (Err(_), Some(before)) => Ok(before), // Somebody sent it twice at once.
        (done, _) => done,
    }
}

/// Does at once what is asked, without a look at it before.
///
/// # Errors
/// [`Error::Conflict`] for what only a job does.
pub async fn act<A: Planned>(app: &App, proof: &Authorized<A>) -> Result<Vec<String>> {
    steps::require_little(app, proof).await?;
    run(app, proof, (None, None)).await
}

/// Whoever deletes by this proof, under a batch.
pub(super) fn deleting<A: Planned>(app: &App, proof: &Authorized<A>, batch: String) -> Deleting {
    Deleting {
        by: proof.actor().clone(),
        at: app.clock.now(),
        how: How::Delete,
        batch,
        default_days: app.facts.trash_days,
        entropy: Arc::clone(&app.entropy),
    }
}

/// Does it, under a plan's batch if there is one, and only if exactly that would go which has this print.
pub(super) async fn run<A: Planned>(app: &App, proof: &Authorized<A>, seen: Seen<'_>) -> Result<Vec<String>> {
    locking::again(|| run_once(app, proof, seen)).await
}

/// A plan, and the print of what would go by it.
type Seen<'a> = (Option<&'a Plan>, Option<&'a Digest>);

async fn run_once<A: Planned>(app: &App, proof: &Authorized<A>, (plan, seen): Seen<'_>) -> Result<Vec<String>> {
    let batch = plan.map_or_else(|| new_id(&*app.entropy, app.clock.now()), |plan| plan.id.clone());
    let who = deleting(app, proof, batch);
    let (rights, expected, is_planned) = (proof.rights(), seen.cloned(), plan.is_some());
    let job = match proof.action().asked() {
        Asked::Content { repository, tags, digests, .. } => {
            let content = Content::of(app, repository, (tags, digests), (rights, expected))?;
            if let Some(elsewhere) = elsewhere::of(app, &content.name)? {
                let gone = content.take(app, proof, (&elsewhere, &who.batch), false).await?.some()?;
                let who = Deleting { at: app.clock.now(), ..who }; // A reading that asked before knows less.
                return content.settle(app, proof, gone, (who, is_planned)).await;
            }
            Job::Content(content)
        }
        Asked::Repository(name) => Job::Whole(whole::Whole::one(app, name, (rights, expected)).await?),
        Asked::Namespace(namespace) => Job::Whole(whole::Whole::all(app, namespace, (rights, expected)).await?),
    };
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if is_planned && plans::current(tx, &who.batch).await?.is_some() {
                return Err(twice());
            }
            let done = match job {
                Job::Content(content) => content.delete(tx, &who).await?,
                Job::Whole(whole) => whole.delete(tx, &who).await?,
            };
            if is_planned {
                plans::redeem(tx, &who.batch, &Redeemed::Done(done.entries.clone()), who.at).await?;
            }
            Ok(done.change(&who))
        })
    });
    change.await
}

/// Whether it is about content of a registry elsewhere that may be changed.
fn is_elsewhere(app: &App, asked: &Asked) -> bool {
    let Asked::Content { repository, .. } = asked else { return false };
    app.mount(repository).is_some_and(|mount| mount.changes.is_some())
}

fn at_this_moment() -> Error {
    Error::Conflict("this is being done at this moment; look again".to_owned())
}

/// What is said of a plan that was redeemed in between.
pub(super) fn twice() -> Error {
    Error::Conflict("this was done a moment ago".to_owned())
}

enum Job {
    Content(Content),
    Whole(whole::Whole),
}

/// What was done.
pub(super) struct Done {
    /// What holds it in the trash: nothing does where a mount keeps none.
    pub entries: Vec<String>,
    pub is_kept: bool,
    /// What stood there before.
    pub before: String,
    pub changed: Vec<RepositoryName>,
}

impl Done {
    pub(super) fn change(self, who: &Deleting) -> Change<Vec<String>> {
        let after = self.is_kept.then(|| format!("in the trash as {}", who.batch));
        let change = Change::new(self.entries, Some(self.before), after);
        self.changed.into_iter().fold(change, Change::announcing)
    }
}

/// Tags and images of one repository.
pub(super) struct Content {
    pub name: RepositoryName,
    mount_id: String,
    pub keeps_trash: bool,
    default_days: u32,
    pub tags: Vec<Tag>,
    digests: Vec<Digest>,
    rights: Rights,
    expected: Option<Digest>,
}

impl Content {
    /// These tags and images, if names may be changed where they are.
    pub(super) fn of(
        app: &App,
        name: RepositoryName,
        (tags, digests): (Vec<Tag>, Vec<Digest>),
        (rights, expected): (Rights, Option<Digest>),
    ) -> Result<Self> {
        let mount = app.changeable(&name)?;
        let (mount_id, keeps_trash, default_days) = (mount.id.clone(), mount.keeps_trash, app.facts.trash_days);
        Ok(Self { name, mount_id, keeps_trash, default_days, tags, digests, rights, expected })
    }

    /// Does it at a registry elsewhere, which is before it is done here; a tag that names another image there may be left
    /// alone.
    ///
    /// # Errors
    /// [`Error::Outdated`] also where its mount keeps a trash no more, or again, since a moment ago.
    pub(super) async fn take<A: Planned>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        (elsewhere, batch): (&Elsewhere, &str),
        leaves_moved: bool,
    ) -> Result<Gone> {
        if elsewhere.mount.keeps_trash != self.keeps_trash {
            return Err(Error::Outdated);
        }
        let found = self.now(app).await?;
        let (repository, radius) = (&found.repository, &found.radius);
        elsewhere.take(app, proof, Taking { repository, name: &self.name, radius, batch, leaves_moved }).await
    }

    /// What would go now, if that may be and is what was expected.
    pub(super) async fn now(&self, app: &App) -> Result<Reached> {
        self.found(&mut Reader::Store(&app.store), require(app, &self.name).await?).await
    }

    /// Its repository, which stays as it is until the transaction ends.
    pub(super) async fn open(&self, tx: &mut Tx) -> Result<Repository> {
        locking::repository(tx, &self.name, &self.mount_id).await
    }

    /// What is gone there is gone here, whatever was set or read meanwhile.
    pub(super) async fn settled(self, tx: &mut Tx, here: Repository, (who, gone): (&Deleting, &Gone)) -> Result<Done> {
        let (entries, radius) = elsewhere::settle(tx, (here, &self.name), who, (gone, self.keeps_trash)).await?;
        let before = before(&gone.tags, radius.images.keys().cloned());
        Ok(Done { entries, is_kept: self.keeps_trash, before, changed: vec![self.name] })
    }

    async fn settle<A: Planned>(
        self,
        app: &App,
        proof: &Authorized<A>,
        mut gone: Gone,
        (who, is_planned): (Deleting, bool),
    ) -> Result<Vec<String>> {
        let failed = gone.failed.take();
        let is_redeemed = is_planned && failed.is_none();
        let change = app.store.settle(proof, move |tx| {
            Box::pin(async move {
                let here = self.open(tx).await?;
                if is_planned && plans::current(tx, &who.batch).await?.is_some() {
                    return Err(twice());
                }
                let done = self.settled(tx, here, (&who, &gone)).await?;
                if is_redeemed {
                    plans::redeem(tx, &who.batch, &Redeemed::Done(done.entries.clone()), who.at).await?;
                }
                Ok(done.change(&who))
            })
        });
        let entries = change.await?;
        failed.map_or(Ok(entries), Err)
    }

    /// What would go, if that may be and is what was expected.
    async fn found(&self, reader: &mut Reader<'_>, repository: Repository) -> Result<Reached> {
        let found = match (reach(reader, repository, &self.name, (&self.tags, &self.digests)).await, &self.expected) {
            (Err(Error::NotFound(_)), Some(_)) => return Err(Error::Outdated),
            (reached, _) => reached?,
        };
        let radius = &found.radius;
        if let Some((digest, by)) = radius.parents.iter().next() {
            return Err(Error::InUse { digest: digest.clone(), by: by.iter().cloned().collect() });
        }
        if let Some(expected) = &self.expected {
            let days = kept_days::now(reader, &self.name, (self.keeps_trash, self.default_days)).await?;
            if *expected != print(radius, days) {
                return Err(Error::Outdated);
            }
        }
        let rules = match reader {
            Reader::Store(store) => Rules::now(store, &self.name).await?,
            Reader::Tx(tx) => Rules::of(tx, &self.name).await?,
        };
        radius.tags.keys().try_for_each(|tag| rules.allow(&self.rights, (tag, Act::Delete), By::Proof))?;
        if !radius.images.is_empty() {
            rules.check_content(&self.rights)?;
        }
        // Who may delete only some tags deletes nothing that has none: a signature, say, of an image whose tag is not theirs.
        // The tags of an image go with it, so they must be allowed each of them.
        let named: BTreeSet<&Digest> = radius.tags.values().collect();
        if radius.images.iter().any(|(digest, (_, part))| part.is_none() && !named.contains(digest)) {
            self.rights.require(Permission::ManifestDelete, &Target::Scope(Scope::Repository(self.name.clone())))?;
        }
        for tag in radius.tags.iter().filter(|(_, named)| radius.images.contains_key(*named)).map(|(tag, _)| tag) {
            self.rights.require(Permission::ManifestDelete, &Target::Tag(self.name.clone(), tag.clone()))?;
        }
        Ok(found)
    }

    pub(super) async fn delete(self, tx: &mut Tx, who: &Deleting) -> Result<Done> {
        let repository = self.open(tx).await?;
        let Reached { repository, graph, radius } = self.found(&mut Reader::Tx(tx), repository).await?;
        let deletion = Deletion::begin(tx, repository, self.name.clone(), who.clone()).await?;
        let entries = deletes::planned(tx, &deletion, &graph, &radius).await?;
        repositories::touch(tx, &deletion.repository.id, Some(&who.by), who.at).await?;
        let before = before(&radius.tags, radius.images.keys().cloned());
        Ok(Done { entries, is_kept: true, before, changed: vec![self.name] })
    }
}
