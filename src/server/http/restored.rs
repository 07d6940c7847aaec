//! Undo: all that one request deleted comes back, by forms and by programs alike.

use crate::domain::action::{RestoreTrash, Trashed};
use crate::domain::error::What;
use crate::domain::trash::TrashRow;
use crate::domain::{Error, RepositoryName, Result, Tag};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::trash;
use std::collections::BTreeMap;

/// Brings back what a batch deleted, as far as it is in the trash still: each repository's part in one step, all or
/// none of it. Returns what came back.
///
/// # Errors
/// Not found if nothing of it is left; what is in the way of one of its parts.
pub(super) async fn batch(app: &App, caller: &Caller, batch: &str, over: bool) -> Result<Vec<TrashRow>> {
    let rows = trash::of_batch(app, batch).await?;
    if rows.is_empty() {
        return Err(Error::NotFound(What::Trash));
    }
    let mut of: BTreeMap<RepositoryName, Vec<TrashRow>> = BTreeMap::new();
    for row in rows {
        of.entry(row.repository.clone()).or_default().push(row);
    }
    let mut proofs = Vec::new();
    for (repository, rows) in &of {
        proofs.push(app.access.authorize(caller, restoring(repository, rows)).await?);
    }
    for (proof, rows) in proofs.iter().zip(of.values()) {
        trash::restore(app, proof, rows.iter().map(|row| row.id.clone()).collect(), over).await?;
    }
    Ok(of.into_values().flatten().collect())
}

/// What is restored of a repository: names alone, or more.
fn restoring(repository: &RepositoryName, rows: &[TrashRow]) -> RestoreTrash {
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
