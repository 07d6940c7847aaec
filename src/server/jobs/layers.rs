//! Reads the layers whose files somebody wants to see: one at a time, on a thread that gives way to all others, and each by
//! one node, which has it for as long as reading it may take. Where that is killed, the next who looks has it read again.

use super::{Work, proof};
use crate::domain::principal::Job;
use crate::domain::{Result, Timestamp};
use crate::server::context::App;
use crate::server::insight::bounds::MAX_TIME;
use crate::server::insight::{self, FORMAT, Outcome};
use crate::server::layers::Asked;
use crate::server::store::Tx;
use crate::server::store::layers::{self, Claim};
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How much longer than reading may take a node has a layer.
const LEASE_BEYOND_MS: i64 = 30_000;
/// What could not be read now is tried again after this.
const RETRY_MS: i64 = 5 * 60_000;
/// All lists that are kept, in bytes. Those that were read first go first.
const MAX_KEPT: u64 = 256 << 20;

/// Reads what is asked for until `stop`.
pub(super) async fn serve(work: Arc<Work>, node: String, stop: CancellationToken) {
    while let Some(one) = stop.run_until_cancelled(work.layers.next()).await {
        if let Err(error) = read(&work.app, &node, &one, &stop).await {
            tracing::error!(%error, repository = %one.repository, digest = %one.digest, "a layer could not be read");
        }
    }
}

async fn read(app: &App, node: &str, asked: &Asked, stop: &CancellationToken) -> Result<()> {
    let now = app.clock.now();
    let until = Timestamp(now.0 + MAX_TIME.as_millis() as i64 + LEASE_BEYOND_MS);
    let (repository, digest, node) = (asked.repository.clone(), asked.digest.clone(), node.to_owned());
    let proof = proof(app, Job::Layers);
    let claimed = app.store.note_loosely(&proof, move |tx| {
        Box::pin(async move { layers::claim(tx, (&repository, &digest), (&node, FORMAT), (now, until)).await })
    });
    let Some(claim) = claimed.await? else { return Ok(()) };
    let outcome = stop.run_until_cancelled(look(app, asked)).await;
    let now = app.clock.now();
    let retry_at = Some(Timestamp(now.0 + RETRY_MS));
    match outcome {
        Some(Ok(Outcome::Listed(list))) => {
            note(app, claim, move |tx, claim| Box::pin(layers::keep(tx, claim, list, FORMAT, now, MAX_KEPT))).await
        }
        Some(Ok(Outcome::Unreadable(why))) => {
            note(app, claim, move |tx, claim| Box::pin(async move { layers::fail(tx, claim, &why, None, now).await }))
                .await
        }
        Some(Ok(Outcome::Failed(why))) => {
            note(app, claim, move |tx, claim| {
                Box::pin(async move { layers::fail(tx, claim, &why, retry_at, now).await })
            })
            .await
        }
        Some(Err(error)) => {
            let why = error.to_string();
            note(app, claim, move |tx, claim| {
                Box::pin(async move { layers::fail(tx, claim, &why, retry_at, now).await })
            })
            .await
        }
        None => note(app, claim, |tx, claim| Box::pin(layers::release(tx, claim))).await,
    }
}

/// Reads the layer from wherever it is kept, by the rules of its mount.
async fn look(app: &App, asked: &Asked) -> Result<Outcome<Vec<u8>>> {
    let absent = || Outcome::Failed("its registry does not have it".to_owned());
    let Some(mount) = app.mount(&asked.repository) else { return Ok(absent()) };
    match mount.read.blob(&asked.repository, &asked.digest, None).await? {
        Some(content) => insight::read(content.body, &asked.digest).await,
        None => Ok(absent()),
    }
}

async fn note<F>(app: &App, claim: Claim, change: F) -> Result<()>
where
    F: for<'t> FnOnce(&'t mut Tx, &'t Claim) -> BoxFuture<'t, Result<()>> + Send + 'static,
{
    let proof = proof(app, Job::Layers);
    app.store.note(&proof, move |tx| Box::pin(async move { change(tx, &claim).await })).await
}

/// Forgets the lists of layers that nobody has any more.
pub(super) async fn forget(app: &App) -> Result<()> {
    app.store.note(&proof(app, Job::Layers), |tx| Box::pin(layers::forget_unlinked(tx))).await.map(drop)
}
