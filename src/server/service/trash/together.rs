//! Tags of one repository that one request deleted: a line of the trash by themselves, which goes for good as a whole, some
//! tags in each transaction. What else one request deleted stands in `batch`, and how all of it comes back in `batches`.

use super::{Home, TOGETHER, require_ended};
use crate::domain::action::{PurgeTrash, RestoreTrash, Trashed};
use crate::domain::error::What;
use crate::domain::run::AT_ONCE_ELSEWHERE;
use crate::domain::{Error, RepositoryName, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::service::elsewhere;
use crate::server::store::{Change, collect, holds, trash};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The action that brings back whatever was deleted in a repository.
pub fn restoring_whole(repository: &RepositoryName) -> RestoreTrash {
    RestoreTrash { what: Trashed::Whole(repository.clone()), words: String::new() }
}

/// # Errors
/// Not found where a batch has no tags of this repository, or none any more.
pub async fn require_tags(app: &App, batch: &str, repository: &RepositoryName) -> Result<()> {
    match trash::mount_of_tags(&app.store, batch, repository).await? {
        None => Err(Error::NotFound(What::Trash)),
        Some(_) => Ok(()),
    }
}

/// The action that lets all tags of a repository go which one request deleted.
pub fn purging_all(repository: RepositoryName) -> PurgeTrash {
    let words = format!("tags of {repository} that were deleted together");
    PurgeTrash { what: Trashed::Whole(repository), words }
}

/// Lets all tags of a repository go for good which one request deleted, some at a time; how many went. What a registry
/// elsewhere held for very many the next sweeps take away there.
///
/// # Errors
/// Not found if there is none; [`Error::Conflict`] while a job deletes more of them.
pub async fn purge_all(app: &App, proof: &Authorized<PurgeTrash>, batch: &str) -> Result<usize> {
    let name = proof.action().what.repository().clone();
    require_ended(app, batch).await?;
    let mount_id = trash::mount_of_tags(&app.store, batch, &name).await?.ok_or(Error::NotFound(What::Trash))?;
    let Home { is_elsewhere, elsewhere } = Home::of(app, &mount_id).await?;
    let mut n_gone = 0;
    loop {
        let n = purge_some(app, proof, (batch, &name), is_elsewhere).await?;
        n_gone += n;
        match n {
            0 if n_gone == 0 => return Err(Error::NotFound(What::Trash)),
            0 => break,
            _ => {}
        }
    }
    if n_gone as u64 <= AT_ONCE_ELSEWHERE {
        elsewhere::let_all_go(app, proof, elsewhere, &BTreeSet::from([batch.to_owned()])).await?;
    }
    Ok(n_gone)
}

async fn purge_some(
    app: &App,
    proof: &Authorized<PurgeTrash>,
    (batch, name): (&str, &RepositoryName),
    is_elsewhere: bool,
) -> Result<usize> {
    if trash::mount_of_tags(&app.store, batch, name).await?.is_none() {
        return Ok(0); // Nothing is written down of nothing.
    }
    let (batch, name, now, entropy) = (batch.to_owned(), name.clone(), app.clock.now(), Arc::clone(&app.entropy));
    let change = app.store.write(proof, move |tx| {
        Box::pin(async move {
            tx.lock(name.as_str()).await?;
            let found = trash::some_tags(tx, &batch, &name, TOGETHER).await?;
            let mounts: BTreeSet<&String> = found.iter().map(|entry| &entry.mount_id).collect();
            for mount in mounts {
                tx.lock(mount).await?;
            }
            match is_elsewhere {
                true => {
                    for entry in &found {
                        holds::purge(tx, entry, &*entropy).await?;
                    }
                }
                false => trash::purge(tx, &found).await?,
            }
            collect::soon(tx, now).await?;
            let words: Vec<String> = found.iter().map(|entry| entry.row.words()).collect();
            Ok(Change::new(found.len(), Some(words.join("\n")), None).announcing(name))
        })
    });
    change.await
}
