//! Frees what abandoned and interrupted uploads left behind, and removes sign-ins that are over.

use super::proof;
use crate::domain::principal::Job;
use crate::domain::{Digest, Error, Result, Timestamp};
use crate::server::blobs::{BlobStore, Held};
use crate::server::context::App;
use crate::server::store::{blobs as rows, uploads};
use std::sync::{Arc, Mutex};

/// An upload that nobody touched for a day is given up.
const ABANDONED_MS: i64 = 24 * 3_600_000;
/// Staged bytes without a session are swept when they are this old: a start may be on its way.
const ORPHANED_MS: i64 = 10 * 60_000;
/// Contents that one run looks at, and how many at once.
const CONTENTS: usize = 20_000;
const TOGETHER: usize = 500;

/// Where the next run goes on looking.
#[derive(Default)]
pub(super) struct Place(Mutex<Option<Digest>>);

/// Closes abandoned sessions, and discards staged bytes that belong to none and content that nothing knows.
pub(super) async fn run(app: &App, blobs: Option<&Arc<dyn BlobStore>>, place: &Place) -> Result<()> {
    app.identity.sweep().await?;
    let Some(blobs) = blobs else { return Ok(()) };
    let now = app.clock.now();
    let before = Timestamp(now.0 - ABANDONED_MS);
    for upload in uploads::abandoned(&app.store, before, 1000).await? {
        let id = upload.clone();
        let proof = proof(app, Job::Sweep);
        let close =
            app.store.note(&proof, move |tx| Box::pin(async move { uploads::close_abandoned(tx, &id, before).await }));
        if close.await? {
            blobs.discard(&upload).await?;
        }
    }
    for (upload, changed) in blobs.staged().await? {
        let is_left = changed.0 < now.0 - ORPHANED_MS && !uploads::is_open(&app.store, &upload).await?;
        if is_left && let Err(error) = blobs.discard(&upload).await {
            tracing::warn!(upload, %error, "staged bytes could not be removed");
        }
    }
    look_through_contents(app, blobs, before, place).await
}

/// A server that dies between making content and noting it leaves content that nothing knows. Going through all of
/// it takes as many runs as it takes.
async fn look_through_contents(app: &App, blobs: &Arc<dyn BlobStore>, before: Timestamp, place: &Place) -> Result<()> {
    let mut after = place.0.lock().expect("no holder of the lock panics").clone();
    for _ in 0..CONTENTS / TOGETHER {
        let held = blobs.contents(after.as_ref(), TOGETHER).await?;
        after = held.last().map(|last| last.digest.clone());
        for some in held.chunks(TOGETHER) {
            remove_unknown(app, blobs, some, before).await?;
        }
        if held.len() < TOGETHER {
            after = None; // From the beginning again.
            break;
        }
    }
    *place.0.lock().expect("no holder of the lock panics") = after;
    Ok(())
}

async fn remove_unknown(app: &App, blobs: &Arc<dyn BlobStore>, held: &[Held], before: Timestamp) -> Result<()> {
    let old: Vec<Digest> = held.iter().filter(|it| it.changed < before).map(|it| it.digest.clone()).collect();
    let known = rows::known(&app.store, &old).await?;
    for digest in old.into_iter().filter(|digest| !known.contains(digest)) {
        let (store, blobs) = (app.store.clone(), Arc::clone(blobs));
        // By a task of its own: whoever drops this sweep lets nobody commit before the file is gone.
        let remove = tokio::spawn(async move {
            let only = std::slice::from_ref(&digest);
            let alone = blobs.commits().stop(only).await;
            if rows::known(&store, only).await?.is_empty() {
                tracing::info!(%digest, "content that nothing knows is removed");
                blobs.remove(only, &alone).await?;
            }
            Ok(())
        });
        remove.await.map_err(|_| Error::Internal)??;
    }
    Ok(())
}
