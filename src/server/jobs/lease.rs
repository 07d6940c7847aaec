//! Leases: one node at a time runs a job, keeps its lease alive meanwhile, and gives it back.

use super::proof;
use crate::domain::principal::Job;
use crate::domain::run::{Lane, RunKind};
use crate::domain::{Error, Result, Timestamp};
use crate::server::context::App;
use crate::server::store::jobs::{self, Leased};
use crate::server::store::runs;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a lease lasts, and how often it is renewed.
const LEASE_MS: i64 = 60_000;
const RENEW: Duration = Duration::from_secs(20);

/// Leases the job that is due longest, or the run whose turn it is where there is room for it, then with what it does.
pub(super) async fn take(app: &App, node: &str, room: Vec<Lane>) -> Result<Option<(Leased, Option<RunKind>)>> {
    let now = app.clock.now();
    if !jobs::any_due(&app.store, now, &room).await? {
        return Ok(None);
    }
    let (node, until, proof) = (node.to_owned(), lasts_until(app), proof(app, Job::Sweep));
    let taken = app.store.note(&proof, move |tx| {
        Box::pin(async move {
            if let Some(job) = jobs::lease(tx, &node, now, until).await? {
                return Ok(Some((job, None)));
            }
            let turn = runs::take_turn(tx, &node, (now, until), &room).await?;
            Ok(turn.map(|(job, kind)| (job, Some(kind))))
        })
    });
    taken.await
}

/// Runs one job while its lease is kept alive, and gives it back with the time of its next run: what `run`
/// says, or at once if it was stopped.
pub(super) async fn hold<R, F>(app: App, node: String, job: Leased, stop: CancellationToken, run: R)
where
    R: FnOnce(Leased) -> F,
    F: Future<Output = Result<i64, (i64, Error)>>,
{
    let keep = async {
        let mut until = lasts_until(&app);
        loop {
            tokio::time::sleep(RENEW).await;
            let renewed = lasts_until(&app);
            match renew(&app, &node, &job, renewed).await {
                Ok(true) => until = renewed,
                Ok(false) => break,
                Err(_) if app.clock.now() >= until => break,
                Err(_) => {} // The lease still stands, and the next try may succeed.
            }
        }
    };
    let (delay_ms, error) = tokio::select! {
        next = run(job.clone()) => match next {
            Ok(delay_ms) => (delay_ms, None),
            Err((delay_ms, error)) => (delay_ms, Some(error.to_string())),
        },
        () = stop.cancelled() => (0, None),
        () = keep => return, // Another node has it now, or may.
    };
    if let Err(error) = give_back(&app, node, job, delay_ms, error).await {
        tracing::error!(%error, "a job could not be given back; its lease will run out");
    }
}

fn lasts_until(app: &App) -> Timestamp {
    Timestamp(app.clock.now().0 + LEASE_MS)
}

async fn renew(app: &App, node: &str, job: &Leased, until: Timestamp) -> Result<bool> {
    let (id, node) = (job.id.clone(), node.to_owned());
    app.store
        .note(&proof(app, Job::Sweep), move |tx| Box::pin(async move { jobs::renew(tx, &id, &node, until).await }))
        .await
}

async fn give_back(app: &App, node: String, job: Leased, delay_ms: i64, error: Option<String>) -> Result<()> {
    let run_at = Timestamp(app.clock.now().0 + delay_ms);
    app.store
        .note(&proof(app, Job::Sweep), move |tx| {
            Box::pin(async move {
                jobs::release(tx, &job.id, &node, run_at, error.as_deref()).await?;
                Ok(())
            })
        })
        .await
}
