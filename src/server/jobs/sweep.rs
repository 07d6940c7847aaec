//! Frees what abandoned and interrupted uploads left behind.

use super::proof;
use crate::domain::principal::Job;
use crate::domain::{Result, Timestamp};
use crate::server::blobs::BlobStore;
use crate::server::context::App;
use crate::server::store::uploads;

/// An upload that nobody touched for a day is given up.
const ABANDONED_MS: i64 = 24 * 3_600_000;
/// Staged bytes without a session are swept when they are this old: a start may be on its way.
const ORPHANED_MS: i64 = 10 * 60_000;

/// Closes abandoned sessions and discards staged bytes that belong to none.
pub(super) async fn run(app: &App, blobs: Option<&dyn BlobStore>) -> Result<()> {
    let Some(blobs) = blobs else { return Ok(()) };
    let now = app.clock.now();
    let before = Timestamp(now.0 - ABANDONED_MS);
    for upload in uploads::abandoned(&app.store, before, 1000).await? {
        let id = upload.clone();
        let is_closed = app
            .store
            .note(&proof(app, Job::Sweep), move |tx| {
                Box::pin(async move { uploads::close_abandoned(tx, &id, before).await })
            })
            .await?;
        if is_closed {
            blobs.discard(&upload).await?;
        }
    }
    for (upload, changed) in blobs.staged().await? {
        if changed.0 < now.0 - ORPHANED_MS && !uploads::is_open(&app.store, &upload).await? {
            blobs.discard(&upload).await?;
        }
    }
    Ok(())
}
