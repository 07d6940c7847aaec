//! The page of what was deleted.

use super::home::kept_at;
use super::{Entry, Restorable, Wanted, list, purging, purging_all, restoring, trashed};
use crate::domain::action::{ListRepositories, RestoreTrash, Trashed};
use crate::domain::error::What;
use crate::domain::page::DEFAULT_LIMIT;
use crate::domain::trash::{TrashKind, TrashRow};
use crate::domain::view::{Asking, Crossing, Fold, TrashQuery, TrashView, TrashedView};
use crate::domain::{Error, Permission, RepositoryName, Result, Scope, Target, Username};
use crate::server::access::{Caller, Reach};
use crate::server::context::App;
use crate::server::identity::again;
use crate::server::service::opens;
use crate::server::store::trash::{self, Crossed, TagsOf};
use std::collections::BTreeSet;

/// Tags of an entry that a question names; those that would move are all seen, or do not move.
const MAX_NAMED: u32 = 50;
const MAX_CROSSING: u32 = 500;

/// Lines of a page, each with the tags that it stands for where those are many, and after which entry to go on.
type Rows = (Vec<(Restorable, Option<Fold>)>, Option<String>);

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
    let wanted = Wanted { repository, below, batch, by, before, named: None, kind: None };
    let reach = app.access.reach(&caller.standing, Permission::TrashRestore);
    let (items, next) = rows(app, caller, (&reach, &wanted)).await?;
    let asking = match (restore, restore_all, purge, purge_all) {
        (Some(id), ..) => asked(app, caller, &id, false).await?,
        (None, Some(batch), ..) => asked_of_batch(app, caller, batch).await?,
        (None, None, Some(id), _) => asked(app, caller, &id, true).await?,
        (None, None, None, Some((batch, repository))) => asked_of_all(app, caller, batch, repository).await?,
        (None, None, None, None) => None,
    };
    // Where something is asked, nobody looks for what else was deleted with the others.
    let mut batches: Vec<String> = items.iter().map(|(it, _)| it.row.batch.clone()).collect();
    batches.dedup();
    batches.retain(|_| asking.is_none());
    let numbers = trash::numbers_of(&app.store, &reach, &batches).await?;
    let lacking = lacking(app, caller, items.iter().map(|(it, _)| &it.row)).await?;
    let rows = items.into_iter().map(|(Restorable { row, may_purge }, fold)| {
        let (n_together, lacks_image) = (numbers.get(&row.batch).copied().unwrap_or(1), lacking.contains(&row.id));
        TrashedView { row, may_purge, lacks_image, n_together, fold }
    });
    let sum = trash::held(&app.store, (&reach, &Wanted { before: None, ..wanted })).await?;
    Ok(TrashView { rows: rows.collect(), next, sum, asking, opens })
}

/// Those of them that are tags alone of which the image would have to come back too, by who may not bring it back.
pub(super) async fn lacking(
    app: &App,
    caller: &Caller,
    rows: impl Iterator<Item = &TrashRow>,
) -> Result<BTreeSet<String>> {
    let restores_all = |row: &TrashRow| {
        let whole = Target::Scope(Scope::Repository(row.repository.clone()));
        app.access.holds(&caller.standing, Permission::TrashRestore, &whole)
    };
    let some = rows.filter(|row| row.tag.is_some() && !restores_all(row)).map(|row| row.id.clone());
    trash::without_image(&app.store, &some.collect::<Vec<_>>()).await
}

/// One page. Tags or repositories that were deleted together are one line, unless they are what is asked for, or whether
/// their reader may bring one back depends on its name.
async fn rows(app: &App, caller: &Caller, (reach, wanted): (&Reach, &Wanted)) -> Result<Rows> {
    let sees_all = app.access.holds(&caller.standing, Permission::TrashRestore, &Target::Scope(place(wanted)));
    if wanted.batch.is_some() || !sees_all && reach.is_of_some_tags() {
        let listed = list(app, caller, wanted, DEFAULT_LIMIT).await?;
        return Ok((listed.items.into_iter().map(|it| (it, None)).collect(), listed.next));
    }
    let mut found = trash::folded(&app.store, (reach, wanted), DEFAULT_LIMIT + 1).await?;
    let is_cut = found.len() > DEFAULT_LIMIT as usize;
    found.truncate(DEFAULT_LIMIT as usize);
    let next = found.last().filter(|_| is_cut).map(|(entry, _)| entry.row.id.clone());
    let shown = |(Entry { row, .. }, fold): (Entry, Option<Fold>)| {
        let may_purge = match &fold {
            Some(Fold::Tags { .. }) => app.access.may(&caller.standing, &purging_all(row.repository.clone())),
            // Each goes for good by itself.
            Some(Fold::Repositories { .. }) => false,
            None => app.access.may(&caller.standing, &purging(&row)),
        };
        (Restorable { row, may_purge }, fold)
    };
    Ok((found.into_iter().map(shown).collect(), next))
}

/// The scope of all that is asked for.
fn place(wanted: &Wanted) -> Scope {
    match (&wanted.repository, &wanted.below) {
        (Some(name), _) => Scope::Repository(name.clone()),
        (None, Some(namespace)) => Scope::Namespace(namespace.clone()),
        (None, None) => Scope::Everything,
    }
}

fn bringing_back(what: Trashed) -> RestoreTrash {
    RestoreTrash { what, words: String::new() }
}

/// The question about an entry; none about one that is there no more.
async fn asked(app: &App, caller: &Caller, id: &str, is_purge: bool) -> Result<Option<Asking>> {
    let Some(Entry { row, mount_id, .. }) = trash::find(&app.store, id).await? else { return Ok(None) };
    let seen = |row: &TrashRow| app.access.may(&caller.standing, &bringing_back(trashed(row)));
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
    let what = |Crossed { kind, crossing: Crossing { repository, tag, .. }, .. }: &Crossed| match kind {
        TrashKind::Tag => Trashed::Tags(repository.clone(), vec![tag.clone()]),
        _ => Trashed::Whole(repository.clone()),
    };
    if !found.iter().all(|it| app.access.may(&caller.standing, &bringing_back(what(it)))) {
        return Ok(None);
    }
    let crossings: Vec<_> = found.into_iter().map(|it| it.crossing).collect();
    Ok((!crossings.is_empty()).then_some(Asking::RestoreAll { batch, crossings, is_cut }))
}

/// The question about all tags of one repository that were deleted together; none where they are there no more.
async fn asked_of_all(app: &App, caller: &Caller, batch: String, repository: RepositoryName) -> Result<Option<Asking>> {
    let TagsOf { n, held, first, mount_id } = trash::tags_of_batch(&app.store, &batch, &repository, MAX_NAMED).await?;
    if n == 0 || !app.access.may(&caller.standing, &bringing_back(Trashed::Whole(repository.clone()))) {
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
