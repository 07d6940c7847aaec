//! What one request deleted in several repositories comes back in one step, unless that is much; of what came to be in its
//! way, all else does.

use super::{MAX_OF_BATCH, bring_back, by};
use crate::domain::action::RestoreTrash;
use crate::domain::trash::{Over, TrashRow};
use crate::domain::{RepositoryName, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::{Change, Part, trash};
use std::collections::{BTreeMap, BTreeSet};

/// These by the repositories that they are of.
pub(super) fn by_repository(rows: Vec<TrashRow>) -> BTreeMap<RepositoryName, Vec<TrashRow>> {
    let mut of: BTreeMap<RepositoryName, Vec<TrashRow>> = BTreeMap::new();
    for row in rows {
        of.entry(row.repository.clone()).or_default().push(row);
    }
    of
}

/// Brings entries of several hosted repositories back, all or none. They are no more than come back at once.
///
/// # Errors
/// As [`super::restore`].
pub(super) async fn restore_each(
    app: &App,
    parts: &[(Authorized<RestoreTrash>, Vec<TrashRow>)],
    over: &Over,
) -> Result<()> {
    // Names are locked before their mount, all of them by the first.
    let mut names: BTreeSet<RepositoryName> =
        parts.iter().map(|(proof, _)| proof.action().what.repository().clone()).collect();
    let mut changes = Vec::new();
    for (proof, rows) in parts {
        let (what, who) = (proof.action().what.clone(), by(app, proof, over.clone()));
        let (names, mount_id) = (std::mem::take(&mut names), app.hosted(what.repository())?.0.id.clone());
        let ids = rows.iter().map(|row| row.id.clone()).collect();
        let part: Part = Box::new(move |tx| {
            Box::pin(async move {
                for name in &names {
                    tx.lock(name.as_str()).await?;
                }
                let words = bring_back(tx, ids, (&mount_id, &what), &who).await?;
                Ok(Change::new((), None, Some(words)).announcing(what.repository().clone()))
            })
        });
        changes.push((proof, part));
    }
    app.store.write_each(changes).await
}

/// Whether anything of a batch would move a tag that names another image by now.
pub(super) async fn crosses_together(app: &App, batch: &str) -> Result<bool> {
    Ok(!trash::crossings_of_batch(&app.store, batch, 1).await?.is_empty())
}

/// Those of a batch that would move no such tag.
pub(super) async fn uncrossed(app: &App, batch: &str, rows: Vec<TrashRow>) -> Result<Vec<TrashRow>> {
    let crossed = trash::crossings_of_batch(&app.store, batch, MAX_OF_BATCH).await?;
    let crossed: BTreeSet<String> = crossed.into_iter().map(|it| it.entry).collect();
    Ok(rows.into_iter().filter(|row| !crossed.contains(&row.id)).collect())
}
