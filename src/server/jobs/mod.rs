//! Background work: jobs on a table, of which any node may lease one that is due, and looks that pages ask
//! for. One file per job; this one is the runner.

mod crawl;
mod lease;
pub mod pulls;
mod reading;
mod sweep;

use super::blobs::BlobStore;
use super::context::{App, Mount};
use super::entropy::{new_id, new_secret_id};
use super::looks::Look;
use super::store::jobs::{self, Leased};
use super::store::mounts;
use crate::domain::action::Maintain;
use crate::domain::principal::Job;
use crate::domain::view::MountKind;
use crate::domain::{Error, Result};
use crate::server::access::Authorized;
use reading::{Lanes, Reading, is_ours};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the table is asked for due jobs.
const POLL: Duration = Duration::from_millis(500);
/// A registry that could not be read is tried again after this, or after its refresh time if that is less.
const RETRY_MS: i64 = 10_000;
/// How often pulls are written down.
const WRITE_PULLS_EVERY: Duration = Duration::from_secs(10);
/// How often leftovers of uploads are swept.
const SWEEP_EVERY_MS: i64 = 10 * 60_000;

/// Runs what is due in this process.
pub struct Runner {
    /// The name under which this process leases jobs.
    node: String,
    looks: mpsc::Receiver<Look>,
    work: Arc<Work>,
    tasks: TaskTracker,
}

/// What the jobs stand on besides what requests use.
struct Work {
    app: App,
    /// Bytes of the hosted registry; `None` where there is none.
    blobs: Option<Arc<dyn BlobStore>>,
    swept: sweep::Place,
    /// What may be under way to each mount's registry, by the mount's id.
    lanes: HashMap<String, Lanes>,
}

impl Runner {
    /// A runner for this app that answers the looks which come in and keeps `blobs` tidy.
    pub fn new(app: App, looks: mpsc::Receiver<Look>, blobs: Option<Arc<dyn BlobStore>>) -> Self {
        let node = new_secret_id(&*app.entropy);
        let lanes = app.mounts.iter().map(|mount| (mount.id.clone(), Lanes::default())).collect();
        Self {
            node,
            looks,
            work: Arc::new(Work { app, blobs, swept: sweep::Place::default(), lanes }),
            tasks: TaskTracker::new(),
        }
    }

    /// Makes sure that every job of this configuration is in the table.
    pub async fn schedule(&self) -> Result<()> {
        let app = &self.work.app;
        let now = app.clock.now();
        let remotes: Vec<String> =
            app.mounts.iter().filter(|mount| mount.kind == MountKind::Remote).map(|mount| mount.id.clone()).collect();
        let ids: Vec<String> = (0..=remotes.len()).map(|_| new_id(&*app.entropy, now)).collect();
        app.store
            .note(&proof(app, Job::Sweep), move |tx| {
                Box::pin(async move {
                    jobs::free_orphans(tx).await?;
                    jobs::retain(tx, Job::Crawl.name(), &remotes).await?;
                    jobs::ensure(tx, &ids[0], Job::Sweep.name(), "", now).await?;
                    for (id, mount) in ids[1..].iter().zip(&remotes) {
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
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep_until(next_job) => next_job = Instant::now() + self.start_next_job(&stop).await,
                _ = write_pulls.tick() => self.work.write_pulls().await,
                Some(look) = self.looks.recv() => self.start_look(look, &stop),
            }
        }
        self.work.write_pulls().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Starts a look, unless as many are under way at its registry already: then the page shows what there is.
    fn start_look(&self, look: Look, stop: &CancellationToken) {
        let lanes = self.work.app.mount(&look.repository).and_then(|mount| self.work.lanes.get(&mount.id));
        let Some(turn) = lanes.and_then(|lanes| Arc::clone(&lanes.looks).try_acquire_owned().ok()) else { return };
        let (work, stop) = (Arc::clone(&self.work), stop.clone());
        self.tasks.spawn(async move {
            let _turn = turn;
            stop.run_until_cancelled(work.answer(look)).await;
        });
    }

    /// Starts the job that is due longest. Returns how long to wait before the next.
    async fn start_next_job(&self, stop: &CancellationToken) -> Duration {
        let app = &self.work.app;
        match lease::take(app, &self.node).await {
            Ok(Some(job)) => {
                let work = Arc::clone(&self.work);
                let run = |job: Leased| async move { work.perform(&job).await };
                self.tasks.spawn(lease::hold(app.clone(), self.node.clone(), job, stop.clone(), run));
                Duration::ZERO
            }
            Ok(None) => POLL,
            Err(error) => {
                tracing::error!(%error, "no job could be taken from the table");
                POLL * 10
            }
        }
    }
}

impl Work {
    /// Milliseconds until the next run, also after a failure.
    async fn perform(&self, job: &Leased) -> Result<i64, (i64, Error)> {
        let app = &self.app;
        if job.kind == Job::Sweep {
            let swept = sweep::run(app, self.blobs.as_deref(), &self.swept).await;
            return swept.map(|()| SWEEP_EVERY_MS).map_err(|error| (SWEEP_EVERY_MS, error));
        }
        let mount = app.mounts.iter().find(|mount| mount.id == job.object);
        let Some((mount, lanes)) = mount.zip(self.lanes.get(&job.object)) else {
            return Ok(SWEEP_EVERY_MS);
        };
        let refresh_ms = i64::try_from(mount.refresh_s).unwrap_or(i64::MAX / 2000) * 1000;
        match crawl::round(&Reading { app, mount, lane: &lanes.round }).await {
            Ok(()) => Ok(refresh_ms),
            Err(error) => {
                tracing::warn!(prefix = %mount.prefix, %error, "a registry could not be read; it is tried again");
                if !is_ours(&error) {
                    note_failure(app, mount, error.to_string()).await;
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

    /// Looks at a repository that somebody opened, ahead of the round that may be under way.
    async fn answer(&self, look: Look) {
        let app = &self.app;
        let mount = app.mount(&look.repository);
        if let Some((mount, lanes)) = mount.and_then(|mount| Some((mount, self.lanes.get(&mount.id)?))) {
            crawl::look(&Reading { app, mount, lane: &lanes.look }, look).await;
        }
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
