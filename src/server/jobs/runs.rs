//! Does the long work that people see, one bounded step after another. Where a run stands is noted after each, so that
//! another process goes on from there; whoever pauses or cancels it is heard after the step that is under way.

use super::{Work, collect, proof};
use crate::domain::principal::Job;
use crate::domain::run::{Control, Lane, RunKind, RunState, how_far};
use crate::domain::{Actor, Error, Result, Scope, Timestamp};
use crate::server::entropy::new_id;
use crate::server::service::copies;
use crate::server::service::plans;
use crate::server::service::trash;
use crate::server::store::runs::{self, Behalf, NewRun, Open, Progress, Run};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// A step that fails is tried again so often, each time after twice as long.
const TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// How long runs that are over are kept.
const KEPT_MS: i64 = 30 * 86_400_000;

/// How many runs are under way here at a time, by what they do: the others wait for their turn. A copy that takes hours
/// holds up nobody who deletes, and nothing holds up what frees space.
pub(super) struct Turns {
    collecting: Arc<Semaphore>,
    copying: Arc<Semaphore>,
    changing: Arc<Semaphore>,
    /// Told when a place is free again.
    pub(super) freed: Notify,
}

impl Turns {
    /// All of them free.
    pub(super) fn new() -> Self {
        let places = |n| Arc::new(Semaphore::new(n));
        Self { collecting: places(1), copying: places(2), changing: places(2), freed: Notify::new() }
    }

    /// Where another run has room.
    pub(super) fn room(&self) -> Vec<Lane> {
        Lane::ALL.into_iter().filter(|lane| self.of(*lane).available_permits() > 0).collect()
    }

    /// A place, which is free again once it is dropped.
    pub(super) fn take(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        Arc::clone(self.of(lane)).try_acquire_owned().ok()
    }

    fn of(&self, lane: Lane) -> &Arc<Semaphore> {
        match lane {
            Lane::Collecting => &self.collecting,
            Lane::Copying => &self.copying,
            Lane::Changing => &self.changing,
        }
    }
}

/// One step of a run, of its kind. It ends within a second or so where it need not wait for a registry elsewhere, and whatever
/// it did is durable when it returns.
async fn step(work: &Work, run: &Run) -> Result<Progress> {
    match run.kind {
        RunKind::Collect => collect::step(work, run).await,
        RunKind::Copy => copies::step(&work.app, run, copies::SLICE).await,
        RunKind::Delete => plans::step(&work.app, run).await,
        RunKind::Restore => trash::step(&work.app, run).await,
    }
}

/// Why a run cannot go on, with what it leaves.
async fn failed(work: &Work, run: &Run, failure: &Error) -> String {
    let left = match run.kind {
        RunKind::Collect | RunKind::Copy => {
            let one = run.n_total == Some(1);
            let far = how_far(run.kind.nouns(false), run.n_done, run.n_total);
            far.map(|far| format!("{far} {} done", if one { "was" } else { "were" }))
        }
        RunKind::Delete => plans::left(&work.app, run).await.ok(),
        RunKind::Restore => trash::left(&work.app, run).await.ok(),
    };
    left.map_or_else(|| failure.to_string(), |left| format!("{left}: {failure}"))
}

/// Does a run until it is over, or is not to go on; what has no place was not to go on when it was taken. Returns
/// milliseconds until it is looked at again, if it ever is.
pub(super) async fn perform(work: &Work, id: &str, has_place: bool) -> Result<i64> {
    if has_place && let Some(mut run) = take_up(work, id).await? {
        while go_on(work, &mut run).await? {}
    }
    let (proof, id) = (proof(&work.app, Job::Run), id.to_owned());
    work.app.store.note(&proof, move |tx| Box::pin(async move { runs::leave(tx, &id).await })).await?;
    Ok(0)
}

/// Where somebody waits longer than is fair, one run is to give its place up.
pub(super) async fn make_way(work: &Work) -> Result<()> {
    let (store, now) = (&work.app.store, work.app.clock.now());
    let Some(id) = runs::one_too_many(store, now).await? else { return Ok(()) };
    let proof = proof(&work.app, Job::Run);
    store.note(&proof, move |tx| Box::pin(async move { runs::give_place(tx, &id, now).await })).await
}

/// One step, tried until it succeeds or there is no hope; returns whether the run goes on here afterwards.
async fn go_on(work: &Work, run: &mut Run) -> Result<bool> {
    let mut wait = FIRST_WAIT;
    for tried in 1.. {
        let started = Instant::now();
        let failure = match step(work, run).await {
            Ok(to) => return note(work, run, to, started.elapsed()).await,
            Err(failure) => failure,
        };
        tracing::warn!(run = run.id, kind = run.kind.name(), %failure, "a step of a job failed");
        if tried == TRIES || !may_pass(&failure) {
            fail(work, run, &failure).await?;
            return Ok(false);
        }
        let waits_for = Some(format!("{failure}; it is tried again"));
        if !note(work, run, Progress { waits_for, ..Progress::of(run) }, Duration::ZERO).await? {
            return Ok(false);
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    Ok(false)
}

/// Whether the same step may succeed later. Who is let in no more since it began is told so by the next try.
fn may_pass(failure: &Error) -> bool {
    matches!(failure, Error::Unavailable(_) | Error::Upstream { .. } | Error::Internal | Error::Unauthenticated)
}

async fn take_up(work: &Work, id: &str) -> Result<Option<Run>> {
    let (now, id) = (work.app.clock.now(), id.to_owned());
    let proof = proof(&work.app, Job::Run);
    work.app.store.note(&proof, move |tx| Box::pin(async move { runs::take_up(tx, &id, now).await })).await
}

/// Notes where a run stands; whether it goes on here. It does not where somebody stopped it, or another node has it now.
async fn note(work: &Work, run: &mut Run, to: Progress, took: Duration) -> Result<bool> {
    run.place.clone_from(&to.place);
    (run.n_done, run.n_total, run.n_bytes) = (to.n_done, to.n_total, to.n_bytes);
    let (now, of) = (work.app.clock.now(), run.clone());
    let took_ms = i64::try_from(took.as_millis()).unwrap_or_default();
    let proof = proof(&work.app, Job::Run);
    let noted =
        work.app.store.note(&proof, move |tx| Box::pin(async move { runs::advance(tx, &of, &to, took_ms, now).await }));
    Ok(noted.await? == Some(RunState::Running))
}

async fn fail(work: &Work, run: &Run, failure: &Error) -> Result<()> {
    let (now, of, words) = (work.app.clock.now(), run.clone(), failed(work, run, failure).await);
    let proof = proof(&work.app, Job::Run);
    work.app.store.note(&proof, move |tx| Box::pin(async move { runs::fail(tx, &of, &words, now).await })).await
}

/// Starts a garbage collection, unless one is under way already or waits. A dry run that somebody paused is ended for it; a
/// collection that they paused holds it up, and is spoken of each time.
pub(super) async fn collect_by_itself(work: &Work) -> Result<()> {
    let (app, at) = (&work.app, work.app.clock.now());
    let new = NewRun {
        id: new_id(&*app.entropy, at),
        kind: RunKind::Collect,
        scope: Scope::Everything,
        params: r#"{"dry_run":false}"#.to_owned(),
        by: Actor::System(Job::Collect),
        behalf: Behalf::default(),
        at,
    };
    let proof = proof(app, Job::Run);
    let paused = app.store.note(&proof, move |tx| {
        Box::pin(async move {
            match runs::open_of(tx, RunKind::Collect).await? {
                Some(Open { id, state: RunState::Paused, is_dry: true }) => {
                    let by = "the schedule, for a collection that frees something";
                    runs::control(tx, &id, Control::Cancel, by, at).await?;
                }
                Some(open) => return Ok((open.state == RunState::Paused).then_some(open.id)),
                None => {}
            }
            runs::start(tx, &new).await.map(|()| None)
        })
    });
    if let Some(run) = paused.await? {
        tracing::warn!(run, "a garbage collection is due, and the last one is paused: resume or cancel it");
    }
    Ok(())
}

/// Forgets runs that were over long ago.
pub(super) async fn forget(work: &Work) -> Result<()> {
    let before = Timestamp(work.app.clock.now().0 - KEPT_MS);
    let proof = proof(&work.app, Job::Run);
    work.app.store.note(&proof, move |tx| Box::pin(async move { runs::forget(tx, before).await })).await
}
