//! Who asks for all that one request deleted: whether they may have it is decided before anything is said of it, and before
//! it is read.

use super::restoring_whole;
use crate::domain::action::{RestoreTrash, Trashed};
use crate::domain::error::What;
use crate::domain::run::AT_ONCE;
use crate::domain::{Error, Permission, RepositoryName, Result, Scope, Target};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::store::trash::Entry;
use crate::server::store::{plans, trash};
use std::collections::BTreeMap;

/// How many things one request deleted in each repository, as far as they are in the trash still, for who may bring back
/// something in all of them.
///
/// # Errors
/// Not found for nothing, and for who may not; then [`Error::Conflict`] while a job deletes more of it.
pub(super) async fn numbers(app: &App, caller: &Caller, batch: &str) -> Result<BTreeMap<RepositoryName, u64>> {
    let mut found = trash::in_repositories(&app.store, batch).await?;
    let job = plans::under_way(&app.store, batch).await?;
    // What a job is to delete there may be nothing yet.
    if let Some(Scope::Repository(name)) = job.as_ref().map(|job| job.scope.clone()) {
        found.entry(name).or_default();
    }
    for name in found.keys() {
        let target = Target::Repository(name.clone());
        if !app.access.holds(&caller.standing, Permission::TrashRestore, &target) {
            let _refused = app.access.authorize(caller, restoring_whole(name)).await?; // Which puts that on record.
        }
    }
    match job {
        _ if found.is_empty() => Err(Error::NotFound(What::Trash)),
        Some(job) => Err(super::not_over(&job)),
        None => Ok(found),
    }
}

/// Proofs for all that there is, one for each repository, where that is more than comes back at once. Nothing of it is read
/// but one that is not theirs, by which they are refused, and one of each repository where all is theirs tag by tag.
pub(super) async fn much(
    app: &App,
    caller: &Caller,
    (batch, numbers): (&str, &BTreeMap<RepositoryName, u64>),
) -> Result<Option<Vec<Authorized<RestoreTrash>>>> {
    if numbers.values().sum::<u64>() <= AT_ONCE {
        return Ok(None);
    }
    let whole = |(name, n): (&RepositoryName, &u64)| restoring(Trashed::Whole(name.clone()), *n);
    let mut actions: Vec<RestoreTrash> = numbers.iter().map(whole).collect();
    let is_theirs = |action: &RestoreTrash| app.access.may(&caller.standing, action);
    if !actions.iter().all(is_theirs) {
        let reach = app.access.reach(&caller.standing, Permission::TrashRestore);
        if let Some(Entry { row, .. }) = trash::beyond(&app.store, &reach, batch).await? {
            let _refused = app.access.authorize(caller, super::restoring(&row)).await?;
        }
        // Each step of the job asks again, of all that it brings back.
        let mut first = trash::first_tags(&app.store, batch).await?;
        for action in actions.iter_mut().filter(|action| !is_theirs(action)) {
            let name = action.what.repository().clone();
            if let Some(tag) = first.remove(&name) {
                action.what = Trashed::Tags(name, vec![tag]);
            }
        }
    }
    let mut proofs = Vec::new();
    for action in actions {
        proofs.push(app.access.authorize(caller, action).await?);
    }
    Ok(Some(proofs))
}

fn restoring(what: Trashed, n: u64) -> RestoreTrash {
    let words = format!("{n} things of {}", what.repository());
    RestoreTrash { what, words }
}
