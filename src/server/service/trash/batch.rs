//! Who asks for all that one request deleted: whether they may have it is decided before anything is said of it, and before
//! it is read.

use super::restoring_whole;
use crate::domain::action::{RestoreTrash, Trashed};
use crate::domain::error::What;
use crate::domain::run::AT_ONCE;
use crate::domain::{Error, Permission, RepositoryName, Result, Scope, Target};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
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
        Some(_) => Err(super::not_over()),
        None => Ok(found),
    }
}

/// Proofs for all that there is, one for each repository, where that is more than comes back at once: for who may bring back
/// whatever was deleted there. None of it is read.
pub(super) async fn much(
    app: &App,
    caller: &Caller,
    numbers: &BTreeMap<RepositoryName, u64>,
) -> Result<Option<Vec<Authorized<RestoreTrash>>>> {
    if numbers.values().sum::<u64>() <= AT_ONCE {
        return Ok(None);
    }
    let action = |(name, n): (&RepositoryName, &u64)| {
        let words = format!("{n} things of {name}");
        RestoreTrash { what: Trashed::Whole(name.clone()), words }
    };
    let actions: Vec<RestoreTrash> = numbers.iter().map(action).collect();
    if !actions.iter().all(|action| app.access.may(&caller.standing, action)) {
        return Ok(None);
    }
    let mut proofs = Vec::new();
    for action in actions {
        proofs.push(app.access.authorize(caller, action).await?);
    }
    Ok(Some(proofs))
}
