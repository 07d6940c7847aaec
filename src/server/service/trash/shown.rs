//! The page of what was deleted.

use super::home::kept_at;
use super::{Entry, MAX_LOOKED_AT, Shown, TOGETHER, Wanted, list, purging, purging_all, restoring, trashed};
use crate::domain::action::{ListRepositories, RestoreTrash, Trashed};
use crate::domain::error::What;
use crate::domain::page::DEFAULT_LIMIT;
use crate::domain::trash::{TrashKind, TrashRow};
use crate::domain::view::{Asking, Fold, TrashQuery, TrashSum, TrashView, TrashedView};
use crate::domain::{Action, ByteSize, Error, Permission, RepositoryName, Result, Scope, Target, Username};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::again;
use crate::server::service::opens;
use crate::server::store::trash::{self, Crossed, TagsOf};
use std::collections::HashMap;

/// Parts of the trash that are added up for who may restore some of it.
const MAX_SUMMED: u32 = 5_000;
/// Tags of an entry that a question names; those that would move are all seen, or do not move.
const MAX_NAMED: u32 = 50;
const MAX_CROSSING: u32 = 500;

/// One page of what the caller may bring back, with what is asked about one of them.
///
/// # Errors
/// [`Error::Forbidden`] for who may bring nothing back.
pub async fn page(app: &App, caller: &Caller, query: TrashQuery) -> Result<TrashView> {
    if !caller.standing.is_signed_in() {
        return Err(Error::Unauthenticated);
    }
    if !app.access.reaches_anywhere(&caller.standing, Permission::TrashRestore) {
        return Err(Error::Forbidden(Permission::TrashRestore));
    }
    let reading = app.access.authorize(caller, ListRepositories {}).await?;
    let TrashQuery { repository, below, batch, by, before, restore, restore_all, purge, purge_all } = query;
    let opens = below.clone().map(|below| opens(app, &reading, &Scope::Namespace(below))).unwrap_or_default();
    let by = by.as_ref().map(Username::to_string);
    let wanted = Wanted { repository, below, batch, by, before };
    let (items, next) = rows(app, caller, &wanted).await?;
    let asking = match (restore, restore_all, purge, purge_all) {
        (Some(id), ..) => asked(app, caller, &id, false).await?,
        (None, Some(batch), ..) => asked_of_batch(app, caller, batch).await?,
        (None, None, Some(id), _) => asked(app, caller, &id, true).await?,
        (None, None, None, Some((batch, repository))) => asked_of_all(app, caller, batch, repository).await?,
        (None, None, None, None) => None,
    };
    // Where something is asked, nobody looks for what else was deleted with the others.
    let numbers = match asking {
        Some(_) => HashMap::new(),
        None => numbers(app, caller, &items).await?,
    };
    let rows = items.into_iter().map(|(Shown { row, may_purge }, fold)| {
        let n_together = numbers.get(&row.batch).copied().unwrap_or(1);
        TrashedView { row, may_purge, n_together, fold }
    });
    let sum = sum(app, caller, Wanted { before: None, ..wanted }).await?;
    Ok(TrashView { rows: rows.collect(), next, sum, asking, opens })
}

/// One page. Many tags that were deleted together are one line, unless they are what is asked for, or whether their reader
/// may bring one back depends on its name.
async fn rows(app: &App, caller: &Caller, wanted: &Wanted) -> Result<(Vec<(Shown, Option<Fold>)>, Option<String>)> {
    let sees_all = app.access.holds(&caller.standing, Permission::TrashRestore, &Target::Scope(place(wanted)));
    let mut restoring = caller.standing.terms.iter().filter(|terms| terms.role.holds(Permission::TrashRestore));
    if wanted.batch.is_some() || !sees_all && restoring.any(|terms| terms.tags.is_some()) {
        let listed = list(app, caller, wanted.clone(), DEFAULT_LIMIT).await?;
        return Ok((listed.items.into_iter().map(|it| (it, None)).collect(), listed.next));
    }
    let (mut wanted, mut items, mut n_looked_at) = (wanted.clone(), Vec::new(), 0);
    let together = if sees_all { DEFAULT_LIMIT + 1 } else { TOGETHER };
    loop {
        let found = trash::folded(&app.store, &wanted, together).await?;
        let is_last = found.len() < together as usize;
        for (Entry { row, .. }, fold) in found {
            if items.len() == DEFAULT_LIMIT as usize {
                return Ok((items, wanted.before));
            }
            n_looked_at += 1;
            wanted.before = Some(row.id.clone());
            if sees_all || allows(app, caller, &bringing_back(trashed(&row))) {
                let may_purge = match fold {
                    Some(_) => allows(app, caller, &purging_all(row.repository.clone())),
                    None => allows(app, caller, &purging(&row)),
                };
                items.push((Shown { row, may_purge }, fold));
            }
        }
        if is_last || n_looked_at >= MAX_LOOKED_AT {
            return Ok((items, wanted.before.filter(|_| !is_last)));
        }
    }
}

/// The scope of all that is asked for.
fn place(wanted: &Wanted) -> Scope {
    match (&wanted.repository, &wanted.below) {
        (Some(name), _) => Scope::Repository(name.clone()),
        (None, Some(namespace)) => Scope::Namespace(namespace.clone()),
        (None, None) => Scope::Everything,
    }
}

/// How many entries that the caller may bring back were deleted together, by batch; of tags that only some may, those
/// among the first are counted.
async fn numbers(app: &App, caller: &Caller, items: &[(Shown, Option<Fold>)]) -> Result<HashMap<String, u64>> {
    let mut batches: Vec<String> = items.iter().map(|(it, _)| it.row.batch.clone()).collect();
    batches.dedup();
    let (mut numbers, mut in_part) = (HashMap::new(), vec![]);
    for (batch, repository, n) in trash::numbers_of(&app.store, &batches).await? {
        match allows(app, caller, &bringing_back(Trashed::Whole(repository.clone()))) {
            true => *numbers.entry(batch).or_default() += n,
            false => in_part.push((batch, repository)),
        }
    }
    let mut batches: Vec<String> = in_part.iter().map(|(batch, _)| batch.clone()).collect();
    batches.dedup();
    for (batch, repository, tag) in trash::tags_together(&app.store, &batches, MAX_SUMMED).await? {
        let of = (batch, repository);
        if in_part.contains(&of) && allows(app, caller, &bringing_back(Trashed::Tags(of.1, vec![tag]))) {
            *numbers.entry(of.0).or_default() += 1;
        }
    }
    Ok(numbers)
}

fn bringing_back(what: Trashed) -> RestoreTrash {
    RestoreTrash { what, words: String::new() }
}

/// What all that the caller may bring back holds.
async fn sum(app: &App, caller: &Caller, wanted: Wanted) -> Result<TrashSum> {
    if app.access.holds(&caller.standing, Permission::TrashRestore, &Target::Scope(place(&wanted))) {
        return trash::held_by_all(&app.store, &wanted).await;
    }
    let parts = trash::held(&app.store, &wanted, MAX_SUMMED + 1).await?;
    let mut sum = TrashSum { is_cut: parts.len() > MAX_SUMMED as usize, ..TrashSum::default() };
    for it in parts.into_iter().take(MAX_SUMMED as usize) {
        let what = match it.tag {
            Some(tag) => Trashed::Tags(it.repository, vec![tag]),
            None => Trashed::Whole(it.repository),
        };
        if allows(app, caller, &bringing_back(what)) {
            sum.n += it.n;
            sum.held = ByteSize(sum.held.0.saturating_add(it.held.0));
        }
    }
    Ok(sum)
}

fn allows(app: &App, caller: &Caller, action: &impl Action) -> bool {
    let held = |(permission, target): &(Permission, Target)| app.access.holds(&caller.standing, *permission, target);
    action.needs().iter().all(held)
}

/// The question about an entry; none about one that is there no more.
async fn asked(app: &App, caller: &Caller, id: &str, is_purge: bool) -> Result<Option<Asking>> {
    let Some(Entry { row, mount_id, .. }) = trash::find(&app.store, id).await? else { return Ok(None) };
    let seen = |row: &TrashRow| allows(app, caller, &bringing_back(trashed(row)));
    if !seen(&row) {
        return Ok(None);
    }
    if is_purge {
        let _may_purge = app.access.authorize(caller, purging(&row)).await?;
        let (tags, n_images) = trash::tags_and_images(&app.store, id, MAX_NAMED).await?;
        let again = again::asked(app, &caller.standing).await?;
        let at = kept_at(app, &mount_id);
        return Ok(Some(Asking::Purge { row, tags, n_images, at, again }));
    }
    let _may_restore = app.access.authorize(caller, restoring(&row)).await?;
    let crossings = trash::crossings(&app.store, id, MAX_CROSSING).await?;
    Ok((!crossings.is_empty()).then_some(Asking::Restore { row, crossings }))
}

/// The question about all that was deleted together; none where it would move nothing.
async fn asked_of_batch(app: &App, caller: &Caller, batch: String) -> Result<Option<Asking>> {
    let mut found = trash::crossings_of_batch(&app.store, &batch, MAX_CROSSING + 1).await?;
    let is_cut = found.len() > MAX_CROSSING as usize;
    found.truncate(MAX_CROSSING as usize);
    let what = |it: &Crossed| match it.kind {
        TrashKind::Tag => Trashed::Tags(it.repository.clone(), vec![it.crossing.tag.clone()]),
        _ => Trashed::Whole(it.repository.clone()),
    };
    if !found.iter().all(|it| allows(app, caller, &bringing_back(what(it)))) {
        return Ok(None);
    }
    let repository = found.first().map(|it| it.repository.clone());
    let crossings = found.into_iter().map(|it| it.crossing).collect();
    Ok(repository.map(|repository| Asking::RestoreAll { batch, repository, crossings, is_cut }))
}

/// The question about all tags of one repository that were deleted together; none where they are there no more.
async fn asked_of_all(app: &App, caller: &Caller, batch: String, repository: RepositoryName) -> Result<Option<Asking>> {
    let TagsOf { n, held, first, mount_id } = trash::tags_of_batch(&app.store, &batch, &repository, MAX_NAMED).await?;
    if n == 0 || !allows(app, caller, &bringing_back(Trashed::Whole(repository.clone()))) {
        return Ok(None);
    }
    let _may_purge = app.access.authorize(caller, purging_all(repository.clone())).await?;
    let again = again::asked(app, &caller.standing).await?;
    let at = mount_id.and_then(|mount_id| kept_at(app, &mount_id));
    Ok(Some(Asking::PurgeAll { batch, repository, n, first, held, at, again }))
}

/// Whether an entry would move tags that name other images by now.
///
/// # Errors
/// Not found for what is in the trash no more.
pub async fn crosses(app: &App, row: &TrashRow) -> Result<bool> {
    match trash::find(&app.store, &row.id).await? {
        Some(_) => Ok(!trash::crossings(&app.store, &row.id, 1).await?.is_empty()),
        None => Err(Error::NotFound(What::Trash)),
    }
}
