//! Tags copied to another repository with all that their images are: what they list, what is about them, their blobs.
//!
//! Inside the hosted registry that is one transaction. Between registries it is a job ([`step`]): what there is to copy is
//! read first, then content goes over piece by piece, and tags are set when all of it is there.

mod asking;
mod back;
mod catalog;
mod content;
mod found;
mod images;
mod listing;
mod naming;
mod plan;
mod reading;
mod shown;
mod undo;
mod uploads;
mod way;

pub use back::{made, take_back};
pub use shown::{page, plan};
pub(super) use undo::of_job;
pub use undo::undo;
pub use way::{SLICE, step};

use super::namer::Namer;
use crate::domain::action::CopyTags;
use crate::domain::condition::Expect;
use crate::domain::error::What;
use crate::domain::protection::Act;
use crate::domain::radius::{Graph, subject_of};
use crate::domain::view::{CopyPlan, How};
use crate::domain::{Digest, Error, Permission, RepositoryName, Result, Tag, Target};
use crate::server::access::{Authorized, Rights};
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::store::protections::{By, Rules};
use crate::server::store::radius::{Bound, Reader, Start, graph, named};
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{Change, Tx, copies};
use std::collections::{BTreeMap, BTreeSet};

/// What has to hold of tags before they are copied, as far as somebody looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What each names.
    from: BTreeMap<Tag, Digest>,
    /// What each names where it goes, by its name there.
    to: BTreeMap<Tag, Expect>,
}

impl Seen {
    /// This of the name to which a single one goes.
    pub fn there(name: Tag, expect: Expect) -> Self {
        Self { to: BTreeMap::from([(name, expect)]), ..Self::default() }
    }

    /// All that a plan says.
    pub fn of(plan: &CopyPlan) -> Self {
        let rows = || plan.rows.iter();
        let expect = |now: &Option<Digest>| now.clone().map_or(Expect::Absent, Expect::Named);
        Self {
            from: rows().map(|row| (row.tag.clone(), row.digest.clone())).collect(),
            to: rows().map(|row| (row.name.clone(), expect(&row.now))).collect(),
        }
    }

    /// Whether tags name what was seen.
    fn check_source(&self, from: &RepositoryName, now: &BTreeMap<Tag, Digest>) -> Result<()> {
        let moved = self.from.iter().find(|(tag, digest)| now.get(tag).is_some_and(|now| now != *digest));
        moved.map_or(Ok(()), |(tag, _)| Err(moved_meanwhile(tag, from)))
    }

    /// Whether the names to which they go name what was seen.
    ///
    /// # Errors
    /// [`Error::Changed`] with what a single one names; of several [`Error::Conflict`], which says which one.
    fn check_there(&self, to: &RepositoryName, now: &BTreeMap<Tag, Digest>) -> Result<()> {
        for (name, expect) in &self.to {
            if let Err(changed) = expect.check(now.get(name)) {
                return Err(if self.to.len() == 1 { changed } else { moved_meanwhile(name, to) });
            }
        }
        Ok(())
    }
}

fn moved_meanwhile(tag: &Tag, of: &RepositoryName) -> Error {
    Error::Conflict(format!("{tag} of {of} moved meanwhile, and nothing was copied; look again"))
}

/// Whether a copy between two repositories takes a job: bytes go from one registry to another, or are mounted inside one
/// elsewhere.
///
/// # Errors
/// [`Error::ReadOnly`] where nothing is written; it may be read from there.
fn takes_job(app: &App, from: &RepositoryName, to: &RepositoryName) -> Result<bool> {
    let there = app.changeable(to)?;
    let here = app.mount(from).ok_or_else(|| Error::NotFound(What::Repository(from.clone())))?;
    Ok(from != to && (here.id != there.id || there.write.is_none()))
}

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Each tag by its name there.
    pub tags: BTreeMap<Tag, Digest>,
    /// How many images came with them that were not there.
    pub images: u64,
    /// Tags of signatures that are left out: they name other ones there, or may not be set.
    pub left: Vec<Tag>,
    /// The job that does it, where it is not done yet: then these are the images that the tags will name.
    pub job: Option<String>,
}

/// Copies tags: inside the hosted registry at once, all or none, where their images are linked and no byte is written;
/// and by a job otherwise.
///
/// # Errors
/// Not found for a tag that is not there; [`Error::Changed`] if the one tag that is copied does not name what was seen
/// where it goes; [`Error::Conflict`] where nothing can be written there.
pub async fn copy(app: &App, proof: &Authorized<CopyTags>, seen: Seen) -> Result<Copied> {
    let CopyTags { from, to, tags } = proof.action().clone();
    let namer = Namer::of(app, proof, &to)?;
    let source = app.mount(&from).ok_or_else(|| Error::NotFound(What::Repository(from.clone())))?;
    if source.write.is_none() || source.id != namer.mount_id {
        return asking::ask(app, proof, (&source, &seen)).await;
    }
    let made = new_id(&*app.entropy, app.clock.now());
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            for name in BTreeSet::from([from.clone(), to]) {
                tx.lock(name.as_str()).await?; // In this order always, so that no two wait for each other.
            }
            tx.lock(&namer.mount_id).await?;
            let found = repositories::current(tx, &from).await?.filter(|found| found.mount_id == namer.mount_id);
            let found = found.ok_or_else(|| Error::NotFound(What::Repository(from.clone())))?;
            let there = open(tx, &namer, &made).await?;
            let names: Vec<Tag> = seen.to.keys().cloned().collect();
            seen.check_there(&namer.name, &named(&mut Reader::Tx(tx), &there.id, &names).await?)?;
            let (copied, before) = all(tx, (&from, &found, &seen), (&namer, &there), &tags).await?;
            namer.touch(tx, &there).await?;
            let (before, after) = (back::written(&namer.name, &before), back::written(&namer.name, &copied.tags));
            Ok(Change::new(copied, Some(before), Some(after)).announcing(namer.name))
        })
    });
    change.await
}

/// The repository that is copied to, made if it is new.
async fn open(tx: &mut Tx, namer: &Namer, new_id: &str) -> Result<Repository> {
    let (there, is_new) = repositories::ensure(tx, &namer.name, &namer.mount_id, new_id, namer.now).await?;
    if is_new {
        namer.rights().require(Permission::RepositoryCreate, &Target::Repository(namer.name.clone()))?;
    }
    Ok(there)
}

/// Copies them; also what each name named before that names something.
async fn all(
    tx: &mut Tx,
    (from, found, seen): (&RepositoryName, &Repository, &Seen),
    (namer, there): (&Namer, &Repository),
    tags: &[(Tag, Tag)],
) -> Result<(Copied, BTreeMap<Tag, Digest>)> {
    let names: Vec<Tag> = tags.iter().map(|(tag, _)| tag.clone()).collect();
    let now = named(&mut Reader::Tx(tx), &found.id, &names).await?;
    if let Some(tag) = names.iter().find(|tag| !now.contains_key(*tag)) {
        return Err(Error::NotFound(What::Tag { repository: from.clone(), tag: tag.clone() }));
    }
    seen.check_source(from, &now)?;
    let graph =
        graph(&mut Reader::Tx(tx), &found.id, Start { tags: &now, images: &BTreeSet::new(), bound: Bound::Whole })
            .await?;
    let digests: Vec<Digest> = graph.0.keys().cloned().collect();
    let images = copies::images(tx, (found, there), &digests, (&namer.by, namer.now)).await?;
    let (mut placed, mut before) = (BTreeMap::new(), BTreeMap::new());
    let mut wanted: BTreeMap<Tag, Digest> = tags.iter().map(|(tag, to)| (to.clone(), now[tag].clone())).collect();
    // Signatures that are found by a tag which names their subject are found by it there too, as far as that may be.
    let notes = notes(&graph, |tag| wanted.contains_key(tag));
    let names: Vec<Tag> = notes.keys().cloned().collect();
    let others = named(&mut Reader::Tx(tx), &there.id, &names).await?;
    let rules = namer.rules(tx).await?;
    let stays = |(tag, digest): &(Tag, Digest)| stays((&rules, namer.rights()), (tag, digest), others.get(tag));
    let (left, along): (Vec<_>, Vec<_>) = notes.into_iter().partition(stays);
    wanted.extend(along);
    for (tag, digest) in wanted {
        let named = namer.naming(there, &rules).put(tx, (&tag, &digest), How::Copy, None).await?;
        before.extend(named.map(|named| (tag.clone(), named)));
        placed.insert(tag, digest);
    }
    let left = left.into_iter().map(|(tag, _)| tag).collect();
    Ok((Copied { tags: placed, images, left, job: None }, before))
}

/// Tags that name their subject, but for those that are asked for by name.
fn notes(graph: &Graph, is_asked_for: impl Fn(&Tag) -> bool) -> BTreeMap<Tag, Digest> {
    let is_note = |tag: &&Tag| subject_of(tag).is_some_and(|subject| graph.0.contains_key(&subject));
    let nodes =
        graph.0.iter().flat_map(|(digest, node)| node.tags.iter().filter(is_note).map(move |tag| (tag, digest)));
    nodes.filter(|(tag, _)| !is_asked_for(tag)).map(|(tag, digest)| (tag.clone(), digest.clone())).collect()
}

/// Whether such a tag is left out: it names another one there, or may not be set by who copies. Nobody chose it, so that it
/// is in the way of nothing.
fn stays((rules, rights): (&Rules, &Rights), (tag, digest): (&Tag, &Digest), other: Option<&Digest>) -> bool {
    match Act::between(other, Some(digest)) {
        None => false,
        Some(Act::Create) => rules.allow(rights, (tag, Act::Create), By::Right).is_err(),
        Some(Act::Move | Act::Delete) => true,
    }
}
