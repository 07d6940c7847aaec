//! Long work that somebody asks for, a run: begun here, and taken up by its kind step by step. What people see of it, and
//! do to it, is for jobs.

mod places;

pub use places::{end_displaced, require};

use crate::domain::action::Bookkeeping;
use crate::domain::run::RunKind;
use crate::domain::{Action, Error, Result, Scope};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::identity::behalf;
use crate::server::store::runs::{self, NewRun};
use crate::server::store::{Change, Part, Tx};

/// The most runs of one that are not over.
const MAX_OPEN: u64 = 20;

/// A run that whoever holds the proof asks for.
///
/// # Errors
/// [`Error::Conflict`] for who came with a token of the registry.
pub fn new_run<A: Action>(
    app: &App,
    proof: &Authorized<A>,
    kind: RunKind,
    scope: Scope,
    params: String,
) -> Result<NewRun> {
    let (at, behalf) = (app.clock.now(), behalf::of(&proof.rights().standing())?);
    let params = places::noted(app, &params)?;
    Ok(NewRun { id: new_id(&*app.entropy, at), kind, scope, params, by: proof.actor().clone(), behalf, at })
}

/// Puts a run in the line, inside the transaction of what asked for it.
///
/// # Errors
/// [`Error::Conflict`] if they have too many already.
pub async fn start(tx: &mut Tx, new: &NewRun) -> Result<()> {
    if runs::n_open_of(tx, &new.owner()).await? >= MAX_OPEN {
        return Err(Error::Conflict(format!("you have {MAX_OPEN} jobs that are not over; wait for some of them")));
    }
    runs::start(tx, new).await
}

/// Starts a run that does what whoever holds the proof asked for, and nothing besides. Returns it.
///
/// # Errors
/// As [`start`].
pub async fn begin<A: Bookkeeping>(app: &App, proof: &Authorized<A>, new: NewRun) -> Result<String> {
    begin_by_each(app, &[proof], new).await
}

/// The same by proofs for several places: each of them is asked, and has its row in the audit log.
///
/// # Errors
/// As [`start`].
pub async fn begin_by_each<A: Bookkeeping>(app: &App, proofs: &[&Authorized<A>], new: NewRun) -> Result<String> {
    let (id, mut new) = (new.id.clone(), Some(new));
    let parts = proofs.iter().map(|proof| {
        let (new, after) = (new.take(), format!("by the job {id}"));
        let part: Part = Box::new(move |tx| {
            Box::pin(async move {
                if let Some(new) = new {
                    start(tx, &new).await?;
                }
                Ok(Change::new((), None, Some(after)))
            })
        });
        (*proof, part)
    });
    app.store.write_each(parts.collect()).await?;
    Ok(id)
}
