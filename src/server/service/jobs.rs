//! Long work that people see: what there is of it, a garbage collection by hand, and what is done to a run.

mod seen;

use seen::Eyes;

use super::{copies, long_work, may, trash};
use crate::domain::action::{ControlJob, ListJobs, ReadJob, ReadRepository, RunCollection, TakeBackCopy};
use crate::domain::run::{Control, RunKind, RunState};
use crate::domain::view::{JobRow, JobView, JobsView, MountKind, WayBack};
use crate::domain::{Address, Error, Result, Scope};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::store::Change;
use crate::server::store::runs::{self, Open};

/// A page of the runs that the caller sees, newest first.
pub async fn list(app: &App, proof: &Authorized<ListJobs>, after: &str, limit: u32) -> Result<JobsView> {
    let (found, next) = Eyes::of(app, proof)?.list(after, limit).await?;
    let may_control =
        |(row, is_own): &&(JobRow, bool)| !row.state.is_over() && may(proof, &action(row, *is_own, Control::Cancel));
    let controlled = found.iter().filter(may_control).map(|(row, _)| row.id.clone()).collect();
    let rows = found.into_iter().map(|(row, _)| row).collect();
    let is_hosted = app.mounts.now().iter().any(|mount| mount.kind == MountKind::Hosted);
    let may_collect = is_hosted && may(proof, &RunCollection { dry_run: false });
    Ok(JobsView { rows, controlled, next, may_collect })
}

/// Everything on the page of one run.
pub async fn view(app: &App, proof: &Authorized<ReadJob>) -> Result<JobView> {
    let (row, is_own) = seen(app, proof).await?;
    let (params, log) = runs::told(&app.store, &row.id).await?;
    let may_control = may(proof, &action(&row, is_own, Control::Cancel));
    let in_trash = match row.kind {
        RunKind::Delete | RunKind::Restore => Some(trash::of_job(app, proof, &params).await?),
        RunKind::Collect | RunKind::Copy => None,
    };
    let way_back = copied(app, proof, &row, &params).await?.map(|action| WayBack {
        may_take: may(proof, &action),
        repository: action.repository,
        tags: action.tags,
    });
    Ok(JobView { row, log, may_control, in_trash, way_back })
}

/// What to ask for to take back what a job copied, of somebody who may see it.
///
/// # Errors
/// [`Error::Conflict`] where there is nothing to take back.
pub async fn to_take_back(app: &App, caller: &Caller, id: &str) -> Result<TakeBackCopy> {
    let proof = app.access.authorize(caller, ReadJob { id: id.to_owned() }).await?;
    let (row, _) = seen(app, &proof).await?;
    let (params, _) = runs::told(&app.store, &row.id).await?;
    let copied = copied(app, &proof, &row, &params).await?;
    copied.ok_or_else(|| Error::Conflict("no tag names what this job copied to it, or it is not over".to_owned()))
}

/// What takes back a copy that is over, for who may see what its tags name now.
async fn copied(app: &App, proof: &Authorized<ReadJob>, row: &JobRow, params: &str) -> Result<Option<TakeBackCopy>> {
    if row.kind != RunKind::Copy || !row.state.is_over() {
        return Ok(None);
    }
    let found = copies::of_job(app, &row.id, params).await?;
    Ok(found.filter(|it| may(proof, &ReadRepository { repository: it.repository.clone() })))
}

/// A number that is another one once what the page of a run shows has changed; with whether it is over.
pub async fn stamp(app: &App, proof: &Authorized<ReadJob>) -> Result<(i64, bool)> {
    let (row, _) = seen(app, proof).await?;
    Ok((runs::changed_at(&app.store, &row.id).await?, row.state.is_over()))
}

/// The same for the page of all.
pub async fn stamp_of_all(app: &App, proof: &Authorized<ListJobs>) -> Result<i64> {
    let whose = Eyes::of(app, proof)?.whose();
    runs::any_changed_at(&app.store, whose.as_ref()).await
}

/// Starts a garbage collection of the hosted registry. Returns the run.
///
/// # Errors
/// [`Error::Conflict`] if one is under way, or there is nothing to collect from.
pub async fn collect(app: &App, proof: &Authorized<RunCollection>) -> Result<String> {
    if app.mounts.now().iter().all(|mount| mount.kind != MountKind::Hosted) {
        return Err(Error::Conflict("there is no hosted registry here; nothing can be collected".to_owned()));
    }
    let RunCollection { dry_run } = *proof.action();
    let params = serde_json::json!({ "dry_run": dry_run }).to_string();
    let new = long_work::new_run(app, proof, RunKind::Collect, Scope::Everything, params)?;
    let id = new.id.clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if let Some(open) = runs::open_of(tx, RunKind::Collect).await? {
                return Err(Error::Conflict(in_the_way(&open)));
            }
            runs::start(tx, &new).await?;
            Ok(Change::new((), None, Some(new.id)))
        })
    });
    write.await?;
    Ok(id)
}

/// Which garbage collection keeps another one from beginning, and what can be done about that.
fn in_the_way(open: &Open) -> String {
    let what = if open.is_dry { "a dry run of a garbage collection" } else { "a garbage collection" };
    let (how, can) = match open.state {
        RunState::Paused => ("paused", "resume or cancel it"),
        _ => ("under way", "wait for it, or cancel it"),
    };
    format!("{what} is {how}; {can} on its page, {}", Address::Job(open.id.clone()))
}

/// What to ask for to do something to a run, of somebody who may see it.
pub async fn to_control(app: &App, caller: &Caller, id: &str, control: Control) -> Result<ControlJob> {
    let proof = app.access.authorize(caller, ReadJob { id: id.to_owned() }).await?;
    let (row, is_own) = seen(app, &proof).await?;
    Ok(action(&row, is_own, control))
}

/// Pauses a run, lets it go on, or ends it.
///
/// # Errors
/// [`Error::Conflict`] if it does not stand so that this could be done to it.
pub async fn control(app: &App, proof: &Authorized<ControlJob>) -> Result<()> {
    let (ControlJob { id, control, .. }, now) = (proof.action().clone(), app.clock.now());
    let by = proof.actor().to_string();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            let before = runs::control(tx, &id, control, &by, now).await?;
            Ok(Change::new((), Some(before.name().to_owned()), Some(control.leads_to().name().to_owned())))
        })
    });
    write.await
}

fn action(row: &JobRow, is_own: bool, control: Control) -> ControlJob {
    let (id, scope) = (row.id.clone(), row.scope.clone());
    ControlJob { id, kind: row.kind, scope, takes_images: row.takes_images, control, is_own }
}

/// A run that the caller sees, and whether it is their own.
async fn seen(app: &App, proof: &Authorized<ReadJob>) -> Result<(JobRow, bool)> {
    Eyes::of(app, proof)?.find(&proof.action().id).await
}
