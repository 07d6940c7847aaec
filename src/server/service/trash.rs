//! What was deleted: seen, brought back, or let go for good.

mod batch;
mod batches;
mod home;
mod lost;
mod shown;
mod steps;
mod together;
mod undo;

use batch::{much, numbers};
use batches::{by_repository, crosses_together, restore_each, uncrossed};
use home::{Home, serving};
pub use lost::lost;
pub use shown::{crosses, page};
pub(super) use steps::of_job;
use steps::start;
pub use steps::{left, step};
pub use together::{purge_all, purging_all, require_tags, restoring_whole};
pub use undo::{Taken, Undone, hidden, undo};

use super::elsewhere;
use crate::domain::action::{PurgeTrash, RestoreTrash, Trashed};
use crate::domain::error::What;
use crate::domain::run::{AT_ONCE, AT_ONCE_ELSEWHERE};
use crate::domain::trash::{Over, TrashRow};
use crate::domain::view::JobRow;
use crate::domain::{Error, Permission, RepositoryName, Result, Tag};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
pub use crate::server::store::trash::Wanted;
use crate::server::store::trash::{self, Entry, Restoring};
use crate::server::store::{Change, Tx, collect, holds, plans};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Tags that go for good in one transaction.
const TOGETHER: u32 = 200;
/// The most entries that one request leaves.
const MAX_OF_BATCH: u32 = super::tags::MAX_MATCHED;

/// An entry that its reader may bring back.
#[derive(Clone, Debug)]
pub struct Restorable {
    pub row: TrashRow,
    /// Whether they may let it go for good.
    pub may_purge: bool,
}

/// One page of what the caller may restore, and after which entry to go on.
pub struct Listed {
    pub items: Vec<Restorable>,
    pub next: Option<String>,
}

/// What an entry was, for the decision about it.
pub fn trashed(row: &TrashRow) -> Trashed {
    match &row.tag {
        Some(tag) => Trashed::Tags(row.repository.clone(), vec![tag.clone()]),
        None => Trashed::Whole(row.repository.clone()),
    }
}

/// The action that brings it back.
pub fn restoring(row: &TrashRow) -> RestoreTrash {
    RestoreTrash { what: trashed(row), words: row.words() }
}

/// The action that brings these of a repository back: names alone, or more.
fn restoring_all(repository: &RepositoryName, rows: &[TrashRow]) -> RestoreTrash {
    let tags: Option<Vec<Tag>> = rows.iter().map(|row| row.tag.clone()).collect();
    let what = match tags {
        Some(tags) => Trashed::Tags(repository.clone(), tags),
        None => Trashed::Whole(repository.clone()),
    };
    let words = match rows {
        [one] => one.words(),
        _ => format!("{} things of {repository}", rows.len()),
    };
    RestoreTrash { what, words }
}

/// The action that lets it go.
pub fn purging(row: &TrashRow) -> PurgeTrash {
    PurgeTrash { what: trashed(row), words: row.words() }
}

/// What was deleted and the caller may bring back, newest first. One statement, whatever else is in the trash.
pub async fn list(app: &App, caller: &Caller, wanted: &Wanted, limit: u32) -> Result<Listed> {
    let reach = app.access.reach(&caller.standing, Permission::TrashRestore);
    let mut entries = trash::list(&app.store, (&reach, wanted), limit + 1).await?;
    let is_cut = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| is_cut).map(|entry| entry.row.id.clone());
    let shown = |Entry { row, .. }| Restorable { may_purge: app.access.may(&caller.standing, &purging(&row)), row };
    Ok(Listed { items: entries.into_iter().map(shown).collect(), next })
}

/// An entry by its id.
pub async fn find(app: &App, id: &str) -> Result<TrashRow> {
    let found = trash::find(&app.store, id).await?;
    found.map(|entry| entry.row).ok_or(Error::NotFound(What::Trash))
}

/// Whether these, which one request deleted, are more than come back at once, of however many repositories they are:
/// elsewhere each of their tags takes some requests.
async fn is_much(app: &App, rows: &[TrashRow]) -> Result<bool> {
    let Some(first) = rows.first() else { return Ok(false) };
    let entry = trash::find(&app.store, &first.id).await?;
    Ok(match entry.is_some_and(|entry| home::is_elsewhere(app, &entry.mount_id)) {
        true => rows.iter().map(|row| row.tags.max(1)).sum::<u64>() > AT_ONCE_ELSEWHERE,
        false => rows.len() as u64 > AT_ONCE,
    })
}

/// What one request deleted, as far as it is in the trash still; the first of it where that is very much.
///
/// # Errors
/// [`Error::Conflict`] while a job deletes more of it.
pub async fn of_batch(app: &App, batch: &str) -> Result<Vec<TrashRow>> {
    require_ended(app, batch).await?;
    let found = trash::of_batch(&app.store, batch, MAX_OF_BATCH).await?;
    Ok(found.into_iter().map(|entry| entry.row).collect())
}

/// # Errors
/// [`Error::Conflict`] while a job deletes more of a batch.
async fn require_ended(app: &App, batch: &str) -> Result<()> {
    match plans::under_way(&app.store, batch).await? {
        Some(job) => Err(not_over(&job)),
        None => Ok(()),
    }
}

fn not_over(job: &JobRow) -> Error {
    let words = match job.state.is_over() {
        false => "the job that deletes this is not over; cancel it on its page, or wait for it",
        true => "the job that deletes this ends with what it does at this moment; try again in a moment",
    };
    Error::Conflict(words.to_owned())
}

/// Brings entries back, where they were deleted. `over` moves a tag that names another image by now. In the hosted registry
/// all come back or none does; at one elsewhere all are looked at before the first, and where a step fails then, those before
/// it have their names there and stay in the trash here until this is done once more.
///
/// # Errors
/// [`Error::Conflict`] that says what is in the way, and what was done before; not found for what is in the trash no more.
pub async fn restore(app: &App, proof: &Authorized<RestoreTrash>, ids: Vec<String>, over: Over) -> Result<()> {
    let name = proof.action().what.repository().clone();
    let first = match ids.first() {
        Some(id) => trash::find(&app.store, id).await?.filter(|it| is_about(&proof.action().what, &it.row)),
        None => None,
    };
    let (mount_id, elsewhere) = serving(app, &first.ok_or(Error::NotFound(What::Trash))?)?;
    let mut batches = BTreeSet::new();
    if let Some(elsewhere) = &elsewhere {
        let mut entries = Vec::new();
        for id in &ids {
            let entry = trash::find(&app.store, id).await?.filter(|it| is_about(&proof.action().what, &it.row));
            entries.push(entry.ok_or(Error::NotFound(What::Trash))?);
        }
        elsewhere.bring_back(app, proof, &entries, &over).await?;
        batches.extend(entries.into_iter().map(|entry| entry.row.batch));
    }
    let (allowed, is_done) = (proof.action().what.clone(), elsewhere.is_some());
    let who = Restoring { is_done, ..by(app, proof, over) };
    let change = elsewhere::write(app, proof, is_done, move |tx| {
        Box::pin(async move {
            let words = bring_back(tx, ids, (&mount_id, &allowed), &who).await?;
            Ok(Change::new((), None, Some(words)).announcing(name))
        })
    });
    change.await?;
    elsewhere::let_all_go(app, proof, elsewhere, &batches).await
}

/// Who brings something back of the hosted registry.
fn by(app: &App, proof: &Authorized<RestoreTrash>, over: Over) -> Restoring {
    let (by, at, rights) = (proof.actor().clone(), app.clock.now(), proof.rights());
    Restoring { by, at, rights, over, is_done: false, entropy: Arc::clone(&app.entropy) }
}

/// Brings entries of one repository back, which were deleted at that mount. Returns what they were, in words.
async fn bring_back(
    tx: &mut Tx,
    ids: Vec<String>,
    (mount_id, allowed): (&str, &Trashed),
    who: &Restoring,
) -> Result<String> {
    let (asked, mut next) = (BTreeSet::from_iter(ids.clone()), VecDeque::from(ids));
    let mut words = Vec::new();
    while let Some(id) = next.pop_front() {
        let entry = match current(tx, &id, allowed).await {
            Err(Error::NotFound(_)) if !words.is_empty() => continue, // It came with what lists it.
            entry => entry?,
        };
        elsewhere::require_deleted_at(mount_id, &entry)?;
        let settled = trash::restore(tx, &entry, who).await?;
        // Of what came with it, the tags come too if they were asked for.
        next.extend(settled.into_iter().filter(|(of, _)| asked.contains(of)).map(|(_, own)| own));
        words.push(entry.row.words());
    }
    Ok(words.join("\n"))
}

/// Lets an entry go for good, whatever is mounted at its name by now.
pub async fn purge(app: &App, proof: &Authorized<PurgeTrash>, id: String) -> Result<()> {
    let (allowed, now) = (proof.action().what.clone(), app.clock.now());
    let found = trash::find(&app.store, &id).await?.filter(|it| is_about(&allowed, &it.row));
    let found = found.ok_or(Error::NotFound(What::Trash))?;
    let Home { is_elsewhere, elsewhere } = Home::of(app, &found.mount_id).await?;
    let entropy = Arc::clone(&app.entropy);
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let entry = current(tx, &id, &allowed).await?;
            trash::refuse_if_needed(tx, &entry).await?;
            match is_elsewhere {
                true => holds::purge(tx, &entry, &*entropy).await?,
                false => trash::purge(tx, std::slice::from_ref(&entry)).await?,
            }
            collect::soon(tx, now).await?;
            let words = entry.row.words();
            Ok(Change::new(entry.row.batch, Some(words), None).announcing(entry.row.repository))
        })
    });
    let batch = change.await?;
    elsewhere::let_all_go(app, proof, elsewhere, &BTreeSet::from([batch])).await
}

/// An entry that is there still and that the proof is about; no other change of its repository comes between.
async fn current(tx: &mut Tx, id: &str, allowed: &Trashed) -> Result<Entry> {
    let absent = || Error::NotFound(What::Trash);
    let found = trash::current(tx, id).await?.ok_or_else(absent)?;
    tx.lock(found.row.repository.as_str()).await?;
    tx.lock(&found.mount_id).await?;
    let entry = trash::current(tx, id).await?.ok_or_else(absent)?;
    if is_about(allowed, &entry.row) { Ok(entry) } else { Err(absent()) }
}

fn is_about(allowed: &Trashed, row: &TrashRow) -> bool {
    match (allowed, &row.tag) {
        (Trashed::Whole(name), _) => *name == row.repository,
        (Trashed::Tags(name, tags), Some(tag)) => *name == row.repository && tags.contains(tag),
        (Trashed::Tags(..), None) => false,
    }
}
