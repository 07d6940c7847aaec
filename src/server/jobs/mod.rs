//! Background work: jobs on a table, of which any node may lease one that is due, and looks that pages ask
//! for, or registries by telling of pushes. This file is the runner: a job lies in a file of its own, in the service whose
//! work it does, or in the module that goes through it in steps.

mod collect;
mod crawl;
mod holds;
mod layers;
mod lease;
mod looking;
pub mod pulls;
mod reading;
mod runs;
mod sweep;

use super::blobs::BlobStore;
use super::context::{App, Mount};
use super::entropy::{new_id, new_secret_id};
use super::identity::rechecking;
use super::layers::Waiting;
use super::looks::Look;
use super::store::jobs::{self, Leased};
use super::store::layers as layer_rows;
use super::store::mounts;
use super::store::runs as run_rows;
use crate::domain::action::Maintain;
use crate::domain::principal::Job;
use crate::domain::run::RunKind;
use crate::domain::view::MountKind;
use crate::domain::{Error, Result, Timestamp};
use crate::server::access::Authorized;
use reading::{Lanes, Reading, is_ours};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the table is asked for due jobs.
const POLL: Duration = Duration::from_millis(500);
/// A registry that could not be read is tried again after this, or after its refresh time if that is less.
const RETRY_MS: i64 = 10_000;
/// How often what the console mounts is followed.
const FOLLOW: Duration = Duration::from_millis(500);
/// When a mount that is not known here is looked for again.
const FOLLOW_MS: i64 = 1000;
/// How often pulls are written down.
const WRITE_PULLS_EVERY: Duration = Duration::from_secs(10);
/// How often leftovers of uploads are swept.
const SWEEP_EVERY_MS: i64 = 10 * 60_000;

/// How often providers are asked about whoever is due, and how soon again where more are.
const RECHECK_EVERY_MS: i64 = 10 * 60_000;
const RECHECK_MORE_MS: i64 = 1000;

/// Runs what is due in this process.
pub struct Runner {
    /// The name under which this process leases jobs.
    node: String,
    looks: mpsc::Receiver<Look>,
    work: Arc<Work>,
}

/// What the jobs stand on besides what requests use.
struct Work {
    app: App,
    /// Bytes of the hosted registry; `None` where there is none.
    blobs: Option<Arc<dyn BlobStore>>,
    swept: sweep::Place,
    /// Layers whose files somebody wants to see.
    layers: Waiting,
    /// For runs that people see, of which some are under way at a time.
    turns: runs::Turns,
    /// What may be under way to each mount's registry, by the mount's id.
    lanes: Mutex<HashMap<String, Arc<Lanes>>>,
    /// All that has to end before this process does.
    tasks: TaskTracker,
}

impl Runner {
    /// A runner for this app that answers the looks which come in, reads layers and keeps `blobs` tidy.
    pub fn new(app: App, looks: mpsc::Receiver<Look>, layers: Waiting, blobs: Option<Arc<dyn BlobStore>>) -> Self {
        let node = new_secret_id(&*app.entropy);
        let (swept, lanes, tasks) = (sweep::Place::default(), Mutex::default(), TaskTracker::new());
        let turns = runs::Turns::new();
        Self { node, looks, work: Arc::new(Work { app, blobs, swept, layers, turns, lanes, tasks }) }
    }

    /// Makes sure that every job of this configuration is in the table.
    pub async fn schedule(&self) -> Result<()> {
        let app = &self.work.app;
        let now = app.clock.now();
        let mounts = app.mounts.now();
        let remotes = mounts.iter().filter(|mount| mount.kind == MountKind::Remote);
        let remotes: Vec<String> = remotes.map(|mount| mount.id.clone()).collect();
        let every_ms = app.facts.collect_every_ms;
        let collects = every_ms > 0 && mounts.iter().any(|mount| mount.kind == MountKind::Hosted);
        let ids: Vec<String> = (0..remotes.len() + 3).map(|_| new_id(&*app.entropy, now)).collect();
        app.store
            .note(&proof(app, Job::Sweep), move |tx| {
                Box::pin(async move {
                    jobs::free_orphans(tx).await?;
                    layer_rows::free_orphans(tx).await?;
                    jobs::retain(tx, Job::Crawl.name(), &remotes).await?;
                    jobs::ensure(tx, &ids[0], Job::Sweep.name(), "", now).await?;
                    jobs::ensure(tx, &ids[1], Job::Recheck.name(), "", now).await?;
                    run_rows::line_up(tx, now).await?;
                    let first = Timestamp(now.0 + every_ms);
                    match collects {
                        true => {
                            jobs::ensure(tx, &ids[2], Job::Collect.name(), "", first).await?;
                            jobs::hasten(tx, Job::Collect.name(), "", first).await?;
                        }
                        false => jobs::retain(tx, Job::Collect.name(), &[]).await?,
                    }
                    for (id, mount) in ids[3..].iter().zip(&remotes) {
                        jobs::ensure(tx, id, Job::Crawl.name(), mount, now).await?;
                        jobs::hasten(tx, Job::Crawl.name(), mount, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Runs due jobs and looks until `stop`; returns when all of them have ended and every lease is given back.
    pub async fn run(mut self, stop: CancellationToken) {
        let (mut next_job, mut write_pulls) = (Instant::now(), tokio::time::interval(WRITE_PULLS_EVERY));
        let mut follow = tokio::time::interval(FOLLOW);
        self.work.tasks.spawn(layers::serve(Arc::clone(&self.work), self.node.clone(), stop.clone()));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep_until(next_job) => next_job = Instant::now() + self.start_next_job(&stop).await,
                _ = write_pulls.tick() => self.work.write_pulls().await,
                _ = follow.tick() => self.work.follow_mounts().await,
                () = self.work.turns.freed.notified() => next_job = Instant::now(),
                Some(look) = self.looks.recv() => self.start_look(look, &stop),
                told = self.work.app.looks.next_hint() => self.start_hint(told, &stop),
            }
        }
        self.work.write_pulls().await;
        self.work.tasks.close();
        self.work.tasks.wait().await;
    }

    /// Starts a job that is due. Returns how long to wait before the next.
    async fn start_next_job(&self, stop: &CancellationToken) -> Duration {
        let app = &self.work.app;
        let taken = match lease::take(app, &self.node, self.work.turns.room()).await {
            Ok(None) => runs::make_way(&self.work).await.map(|()| None),
            taken => taken,
        };
        match taken {
            Ok(Some((job, kind))) => {
                self.start(job, kind, stop);
                Duration::ZERO
            }
            Ok(None) => POLL,
            Err(error) => {
                tracing::error!(%error, "no job could be taken from the table");
                POLL * 10
            }
        }
    }

    /// Starts a job that is leased; a run of some kind in its place.
    fn start(&self, job: Leased, kind: Option<RunKind>, stop: &CancellationToken) {
        let (work, ended) = (Arc::clone(&self.work), Arc::clone(&self.work));
        let place = kind.and_then(|kind| work.turns.take(kind.lane()));
        let has_place = place.is_some();
        let run = move |job: Leased| async move { work.perform(&job, has_place).await };
        let held = lease::hold(ended.app.clone(), self.node.clone(), job, stop.clone(), run);
        self.work.tasks.spawn(async move {
            held.await;
            if place.is_some() {
                drop(place);
                ended.turns.freed.notify_one();
            }
        });
    }
}

impl Work {
    /// Milliseconds until the next run, also after a failure.
    async fn perform(&self, job: &Leased, has_place: bool) -> Result<i64, (i64, Error)> {
        let app = &self.app;
        match job.kind {
            Job::Sweep => {
                let swept = sweep::run(app, self.blobs.as_ref(), &self.swept).await;
                let swept =
                    swept.and(runs::forget(self).await).and(holds::run(app).await).and(layers::forget(app).await);
                swept.map(|()| SWEEP_EVERY_MS).map_err(|error| (SWEEP_EVERY_MS, error))
            }
            Job::Collect => {
                let wait_ms = app.facts.collect_every_ms;
                runs::collect_by_itself(self).await.map(|()| wait_ms).map_err(|error| (RETRY_MS, error))
            }
            Job::Run => runs::perform(self, &job.object, has_place).await.map_err(|error| (RETRY_MS, error)),
            Job::Recheck => {
                let more = rechecking::round(app, &self.tasks).await;
                let wait = |is_more| if is_more { RECHECK_MORE_MS } else { RECHECK_EVERY_MS };
                more.map(wait).map_err(|error| (RECHECK_EVERY_MS, error))
            }
            _ => self.crawl(job).await,
        }
    }

    /// Reads what is new at a registry elsewhere.
    async fn crawl(&self, job: &Leased) -> Result<i64, (i64, Error)> {
        let app = &self.app;
        let Some(mount) = app.mounts.find(&job.object) else {
            return Ok(FOLLOW_MS); // It was mounted a moment ago, or is no more.
        };
        let lanes = self.lanes(&mount.id);
        let refresh_ms = i64::try_from(mount.refresh_s).unwrap_or(i64::MAX / 2000) * 1000;
        match crawl::round(&Reading { app, mount: &mount, lane: &lanes.round }).await {
            Ok(()) => Ok(refresh_ms),
            Err(error) => {
                tracing::warn!(prefix = %mount.prefix, %error, "a registry could not be read; it is tried again");
                if !is_ours(&error) {
                    note_failure(app, &mount, error.to_string()).await;
                }
                Err((refresh_ms.min(RETRY_MS), error))
            }
        }
    }

    async fn write_pulls(&self) {
        if let Err(error) = pulls::write_down(&self.app).await {
            tracing::warn!(%error, "some pulls were not written down");
        }
    }

    fn lanes(&self, mount_id: &str) -> Arc<Lanes> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(mount_id.to_owned()).or_default())
    }

    /// Puts in force what the console mounts now, and forgets the lanes of what it does not.
    async fn follow_mounts(&self) {
        if let Err(error) = self.app.follow_mounts().await {
            tracing::warn!(%error, "the mounts of the console could not be read");
        }
        let mounts = self.app.mounts.now();
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.retain(|id, _| mounts.iter().any(|mount| mount.id == *id));
    }
}

async fn note_failure(app: &App, mount: &Mount, message: String) {
    let (id, now) = (mount.id.clone(), app.clock.now());
    let proof = proof(app, Job::Crawl);
    let noted = app.store.note(&proof, move |tx| {
        Box::pin(async move {
            mounts::crawl_failed(tx, &id, &message, now).await?;
            Ok(())
        })
    });
    if let Err(error) = noted.await {
        tracing::error!(%error, "the failure of a crawl could not be noted");
    }
}

/// The proof under which Portolan keeps its own records.
fn proof(app: &App, job: Job) -> Authorized<Maintain> {
    app.access.system(job, Maintain {})
}
