//! Background work on the table of jobs: any node may lease a job, one at a time runs it.
//! One file per job; this one is the runner.

mod crawl;
mod look;
mod sweep;

pub use look::Crawls;

use super::context::{App, Mount};
use super::entropy::{new_id, new_secret_id};
use super::store::jobs::{self, Leased};
use super::store::{Change, mounts};
use crate::domain::action::Maintain;
use crate::domain::principal::Job;
use crate::domain::view::MountKind;
use crate::domain::{Result, Timestamp};
use crate::server::access::Authorized;
use std::time::Duration;

/// How long a lease lasts, and how often it is renewed.
const LEASE_MS: i64 = 60_000;
const RENEW: Duration = Duration::from_secs(20);
/// How often the table is asked for due jobs.
const POLL: Duration = Duration::from_millis(500);
/// A registry that could not be read is tried again after this, or after its refresh time if that is less.
const RETRY_MS: i64 = 10_000;
/// How often leftovers of uploads are swept.
const SWEEP_EVERY_MS: i64 = 10 * 60_000;

/// Makes sure that every job of this configuration is in the table.
pub async fn schedule(app: &App) -> Result<()> {
    let now = app.clock.now();
    let remotes: Vec<String> =
        app.mounts.iter().filter(|mount| mount.kind == MountKind::Remote).map(|mount| mount.id.clone()).collect();
    let ids: Vec<String> = (0..=remotes.len()).map(|_| new_id(&*app.entropy, now)).collect();
    app.store
        .write(&proof(app, Job::Sweep), move |tx| {
            Box::pin(async move {
                jobs::retain(tx, Job::Crawl.name(), &remotes).await?;
                jobs::ensure(tx, &ids[0], Job::Sweep.name(), "", now).await?;
                for (id, mount) in ids[1..].iter().zip(&remotes) {
                    jobs::ensure(tx, id, Job::Crawl.name(), mount, now).await?;
                    jobs::hasten(tx, Job::Crawl.name(), mount, now).await?;
                }
                Ok(Change::bookkeeping(()))
            })
        })
        .await
}

/// Runs due jobs until the task is dropped.
pub async fn run(app: App) {
    let node = new_secret_id(&*app.entropy);
    loop {
        match take(&app, &node).await {
            Ok(Some(job)) => {
                tokio::spawn(work(app.clone(), node.clone(), job));
            }
            Ok(None) => tokio::time::sleep(POLL).await,
            Err(error) => {
                tracing::error!(%error, "no job could be taken from the table");
                tokio::time::sleep(POLL * 10).await;
            }
        }
    }
}

async fn take(app: &App, node: &str) -> Result<Option<Leased>> {
    let now = app.clock.now();
    if !jobs::any_due(&app.store, now).await? {
        return Ok(None);
    }
    let node = node.to_owned();
    app.store
        .write(&proof(app, Job::Sweep), move |tx| {
            Box::pin(
                async move { Ok(Change::bookkeeping(jobs::lease(tx, &node, now, Timestamp(now.0 + LEASE_MS)).await?)) },
            )
        })
        .await
}

/// Runs one job while its lease is kept alive, and gives it back with the time of its next run.
async fn work(app: App, node: String, job: Leased) {
    let keep = async {
        loop {
            tokio::time::sleep(RENEW).await;
            if !renew(&app, &node, &job).await.unwrap_or(true) {
                break;
            }
        }
    };
    let next = tokio::select! {
        next = perform(&app, &job) => next,
        () = keep => return, // Another node has it now.
    };
    let (now, id) = (app.clock.now(), job.id);
    let (delay_ms, error) = match next {
        Ok(delay_ms) => (delay_ms, None),
        Err((delay_ms, error)) => (delay_ms, Some(error.to_string())),
    };
    let proof = proof(&app, Job::Sweep);
    let released = app.store.write(&proof, move |tx| {
        Box::pin(async move {
            jobs::release(tx, &id, &node, Timestamp(now.0 + delay_ms), error.as_deref()).await?;
            Ok(Change::bookkeeping(()))
        })
    });
    if let Err(error) = released.await {
        tracing::error!(%error, "a job could not be given back; its lease will run out");
    }
}

async fn renew(app: &App, node: &str, job: &Leased) -> Result<bool> {
    let (id, node, until) = (job.id.clone(), node.to_owned(), Timestamp(app.clock.now().0 + LEASE_MS));
    app.store
        .write(&proof(app, Job::Sweep), move |tx| {
            Box::pin(async move { Ok(Change::bookkeeping(jobs::renew(tx, &id, &node, until).await?)) })
        })
        .await
}

/// Milliseconds until the next run, also after a failure.
async fn perform(app: &App, job: &Leased) -> Result<i64, (i64, crate::domain::Error)> {
    if job.kind == Job::Sweep.name() {
        return sweep::run(app).await.map(|()| SWEEP_EVERY_MS).map_err(|error| (SWEEP_EVERY_MS, error));
    }
    let Some(mount) = app.mounts.iter().find(|mount| mount.id == job.object) else {
        return Ok(SWEEP_EVERY_MS);
    };
    let refresh_ms = i64::try_from(mount.refresh_s).unwrap_or(i64::MAX / 2000) * 1000;
    match crawl::round(app, mount).await {
        Ok(()) => Ok(refresh_ms),
        Err(error) => {
            tracing::warn!(prefix = %mount.prefix, %error, "a registry could not be read; it is tried again");
            note_failure(app, mount, error.to_string()).await;
            Err((refresh_ms.min(RETRY_MS), error))
        }
    }
}

async fn note_failure(app: &App, mount: &Mount, message: String) {
    let (id, now) = (mount.id.clone(), app.clock.now());
    let proof = proof(app, Job::Crawl);
    let noted = app.store.write(&proof, move |tx| {
        Box::pin(async move {
            mounts::crawl_failed(tx, &id, &message, now).await?;
            Ok(Change::bookkeeping(()))
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
