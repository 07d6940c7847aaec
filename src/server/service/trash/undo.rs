//! Undo: all that one request deleted comes back, by forms and by programs alike.

use super::{
    by_repository, crosses_together, is_much, much, numbers, of_batch, restore, restore_each, restoring_all, start,
    uncrossed,
};
use crate::domain::action::RestoreTrash;
use crate::domain::error::What;
use crate::domain::trash::{Over, TrashRow};
use crate::domain::{Error, Result};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;

/// What becomes of tags that name other images by now.
pub enum Taken {
    /// They are asked about before anything comes back.
    Asked,
    /// They move as this says, or nothing comes back.
    Moved(Over),
    /// They stay, and what was deleted under their names stays in the trash. All else comes back.
    LeftOut,
}

/// What came of it.
pub enum Undone {
    /// Nothing came back: tags name other images by now.
    Crosses,
    /// This came back.
    Done(Vec<TrashRow>),
    /// This job brings it back.
    Job(String),
}

/// What somebody may not bring back is not in the trash to them.
pub fn hidden(refusal: Error) -> Error {
    match refusal {
        Error::Forbidden(_) | Error::NotFound(_) => Error::NotFound(What::Trash),
        refusal => refusal,
    }
}

/// Brings back what a batch deleted, as far as it is in the trash still: in one step, all or none of it; or by a job, where
/// that is much, of however many repositories it is.
///
/// # Errors
/// Not found if nothing of it is left, or it is not theirs; what is in the way of one of its parts.
pub async fn undo(app: &App, caller: &Caller, batch: &str, taken: Taken) -> Result<Undone> {
    bring_back(app, caller, batch, taken).await.map_err(hidden)
}

async fn bring_back(app: &App, caller: &Caller, batch: &str, taken: Taken) -> Result<Undone> {
    let numbers = numbers(app, caller, batch).await?;
    let (parts, is_much) = match much(app, caller, (batch, &numbers)).await? {
        Some(proofs) => (proofs.into_iter().map(|proof| (proof, vec![])).collect(), true),
        None => {
            let rows = of_batch(app, batch).await?;
            let is_much = is_much(app, &rows).await?;
            (proven(app, caller, rows).await?, is_much)
        }
    };
    if parts.is_empty() {
        return Err(Error::NotFound(What::Trash));
    }
    if matches!(taken, Taken::Asked) && crosses_together(app, batch).await? {
        return Ok(Undone::Crosses);
    }
    let (over, leaves_out) = match taken {
        Taken::Moved(over) => (over, false),
        Taken::Asked => (Over::Nothing, false),
        Taken::LeftOut => (Over::Nothing, true),
    };
    // A job leaves out what cannot come back, and says so.
    if is_much {
        let proofs: Vec<_> = parts.iter().map(|(proof, _)| proof).collect();
        return start(app, &proofs, batch, over).await.map(Undone::Job);
    }
    let parts = if leaves_out { others(app, caller, batch, parts).await? } else { parts };
    match parts.as_slice() {
        [(proof, rows)] => restore(app, proof, rows.iter().map(|row| row.id.clone()).collect(), over).await?,
        parts => restore_each(app, parts, &over).await?,
    }
    Ok(Undone::Done(parts.into_iter().flat_map(|(_, rows)| rows).collect()))
}

/// What is in the trash of a repository, with the proof that it may come back.
type Proven = (Authorized<RestoreTrash>, Vec<TrashRow>);

async fn proven(app: &App, caller: &Caller, rows: Vec<TrashRow>) -> Result<Vec<Proven>> {
    let mut parts = Vec::new();
    for (repository, rows) in by_repository(rows) {
        parts.push((app.access.authorize(caller, restoring_all(&repository, &rows)).await?, rows));
    }
    Ok(parts)
}

/// The same without what would move a tag.
async fn others(app: &App, caller: &Caller, batch: &str, parts: Vec<Proven>) -> Result<Vec<Proven>> {
    let rows = parts.into_iter().flat_map(|(_, rows)| rows).collect();
    let rows = uncrossed(app, batch, rows).await?;
    if rows.is_empty() {
        let words = "all of it has names that other images have by now; nothing is left to come back without them";
        return Err(Error::Conflict(words.to_owned()));
    }
    proven(app, caller, rows).await
}
