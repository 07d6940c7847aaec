//! Undo: all that one request deleted comes back, by forms and by programs alike.

use crate::domain::error::What;
use crate::domain::trash::{Over, TrashRow};
use crate::domain::{Error, RepositoryName, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::trash;
use std::collections::BTreeMap;

/// What came of it.
pub(super) enum Restored {
    /// This came back.
    Done(Vec<TrashRow>),
    /// This job brings it back.
    Job(String),
}

/// What somebody may not bring back is not in the trash to them.
pub(super) fn hidden(refusal: Error) -> Error {
    match refusal {
        Error::Forbidden(_) | Error::NotFound(_) => Error::NotFound(What::Trash),
        refusal => refusal,
    }
}

/// Brings back what a batch deleted, as far as it is in the trash still: each repository's part in one step, all or
/// none of it; or by a job, where that is much.
///
/// # Errors
/// Not found if nothing of it is left; what is in the way of one of its parts.
pub(super) async fn batch(app: &App, caller: &Caller, batch: &str, over: Over) -> Result<Restored> {
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
        proofs.push(app.access.authorize(caller, trash::restoring_all(repository, rows)).await?);
    }
    if let ([proof], Some((_, rows))) = (proofs.as_slice(), of.first_key_value())
        && trash::is_much(app, rows).await?
    {
        return trash::start(app, proof, (batch, rows.len() as u64), over).await.map(Restored::Job);
    }
    for (proof, rows) in proofs.iter().zip(of.values()) {
        trash::restore(app, proof, rows.iter().map(|row| row.id.clone()).collect(), over.clone()).await?;
    }
    Ok(Restored::Done(of.into_values().flatten().collect()))
}
