//! What was deleted: seen, brought back, or let go for good.

mod shown;

pub use shown::{crosses, page};

use crate::domain::action::{PurgeTrash, RestoreTrash, Trashed};
use crate::domain::error::What;
use crate::domain::trash::TrashRow;
use crate::domain::{Action, Error, Permission, Result, Target};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
pub use crate::server::store::trash::Wanted;
use crate::server::store::trash::{self, Entry, Restoring};
use crate::server::store::{Change, Tx, collect};
use std::sync::Arc;

/// Entries that are looked through for one page, at most: the reader may see few of them.
const MAX_LOOKED_AT: usize = 5_000;
/// Entries that are read at once.
const TOGETHER: u32 = 200;
/// The most entries that one request deleted and that come back at once.
const MAX_OF_BATCH: u32 = 10_000;

/// An entry as its reader sees it.
#[derive(Clone, Debug)]
pub struct Shown {
    pub row: TrashRow,
    /// Whether they may let it go for good.
    pub may_purge: bool,
}

/// One page of what the caller may restore, and after which entry to go on.
pub struct Listed {
    pub items: Vec<Shown>,
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

/// The action that lets it go.
pub fn purging(row: &TrashRow) -> PurgeTrash {
    PurgeTrash { what: trashed(row), words: row.words() }
}

/// What was deleted and the caller may bring back, newest first.
pub async fn list(app: &App, caller: &Caller, mut wanted: Wanted, limit: u32) -> Result<Listed> {
    let holds = |action: &dyn Fn(&TrashRow) -> Vec<(Permission, Target)>, row: &TrashRow| {
        action(row).iter().all(|(permission, target)| app.access.holds(&caller.standing, *permission, target))
    };
    let (mut items, mut n_looked_at) = (Vec::new(), 0);
    loop {
        let entries = trash::list(&app.store, &wanted, TOGETHER).await?;
        let is_last = entries.len() < TOGETHER as usize;
        for Entry { row, .. } in entries {
            if items.len() == limit as usize {
                return Ok(Listed { items, next: wanted.before });
            }
            n_looked_at += 1;
            wanted.before = Some(row.id.clone());
            if holds(&|row| restoring(row).needs(), &row) {
                let may_purge = holds(&|row| purging(row).needs(), &row);
                items.push(Shown { row, may_purge });
            }
        }
        if is_last || n_looked_at >= MAX_LOOKED_AT {
            return Ok(Listed { items, next: wanted.before.filter(|_| !is_last) });
        }
    }
}

/// An entry by its id.
pub async fn find(app: &App, id: &str) -> Result<TrashRow> {
    let found = trash::find(&app.store, id).await?;
    found.map(|entry| entry.row).ok_or(Error::NotFound(What::Trash))
}

/// What one request deleted, as far as it is in the trash still.
pub async fn of_batch(app: &App, batch: &str) -> Result<Vec<TrashRow>> {
    let found = trash::of_batch(&app.store, batch, MAX_OF_BATCH).await?;
    Ok(found.into_iter().map(|entry| entry.row).collect())
}

/// Brings entries back, all or none. `over` moves a tag that names another image by now.
///
/// # Errors
/// [`Error::Conflict`] that says what is in the way; not found for what is in the trash no more.
pub async fn restore(app: &App, proof: &Authorized<RestoreTrash>, ids: Vec<String>, over: bool) -> Result<()> {
    let name = proof.action().what.repository().clone();
    let (allowed, at) = (proof.action().what.clone(), app.clock.now());
    let who =
        Restoring { by: proof.actor().clone(), at, rights: proof.rights(), over, entropy: Arc::clone(&app.entropy) };
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let mut words = Vec::new();
            for id in &ids {
                let entry = current(tx, id, &allowed).await?;
                trash::restore(tx, &entry, &who).await?;
                words.push(entry.row.words());
            }
            Ok(Change::new((), None, Some(words.join("\n"))).announcing(name))
        })
    });
    change.await
}

/// Lets an entry go for good.
pub async fn purge(app: &App, proof: &Authorized<PurgeTrash>, id: String) -> Result<()> {
    let (allowed, now) = (proof.action().what.clone(), app.clock.now());
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let entry = current(tx, &id, &allowed).await?;
            trash::purge(tx, &entry).await?;
            collect::soon(tx, now).await?;
            Ok(Change::new((), Some(entry.row.words()), None))
        })
    });
    change.await
}

/// An entry that is there still and that the proof is about; no other change of its repository comes between.
async fn current(tx: &mut Tx, id: &str, allowed: &Trashed) -> Result<Entry> {
    let absent = || Error::NotFound(What::Trash);
    let found = trash::current(tx, id).await?.ok_or_else(absent)?;
    tx.lock(found.row.repository.as_str()).await?;
    tx.lock(&found.mount_id).await?;
    let entry = trash::current(tx, id).await?.ok_or_else(absent)?;
    let is_allowed = match (allowed, &entry.row.tag) {
        (Trashed::Whole(name), _) => *name == entry.row.repository,
        (Trashed::Tags(name, tags), Some(tag)) => *name == entry.row.repository && tags.contains(tag),
        (Trashed::Tags(..), None) => false,
    };
    if is_allowed { Ok(entry) } else { Err(absent()) }
}
