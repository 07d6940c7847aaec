//! Reading a mounted registry into the catalog: names first, then every repository's tags, HEAD per
//! tag, each digest fetched once. What is not found any more is noted, never deleted.

mod graph;
mod records;
mod repository;

pub(super) use repository::{check_repository, read_repository};

use crate::domain::{Error, RepositoryName, Result, Timestamp};
use crate::server::context::{App, Mount};
use crate::server::entropy::new_id;
use crate::server::store::{mounts, repositories, tags};
use futures::stream::{self, StreamExt};
use records::{Places, keep, keep_in};
use std::collections::HashSet;

/// Names asked for in one page.
const NAMES_PAGE: u32 = 200;
/// Repositories that are read side by side.
const SIDE_BY_SIDE: usize = 4;
/// The most repositories of one registry that are listed.
const MAX_REPOSITORIES: usize = 200_000;

/// One round over a registry. A round that was interrupted goes on where it stopped.
pub(super) async fn round(app: &App, mount: &Mount) -> Result<()> {
    let state = mounts::find(&app.store, &mount.id, app.clock.now()).await?;
    let interrupted = state.and_then(|state| state.crawl_started_at);
    let started = interrupted.unwrap_or_else(|| app.clock.now());
    keep(app, mount, move |tx, mount_id| Box::pin(async move { mounts::crawl_started(tx, mount_id, started).await }))
        .await?;
    list_repositories(app, mount).await?;
    let found = mount.read.capabilities().await;
    keep(app, mount, move |tx, id| Box::pin(async move { mounts::set_capabilities(tx, id, &found).await })).await?;
    read_all(app, mount, started).await?;
    let now = app.clock.now();
    keep(app, mount, move |tx, id| Box::pin(async move { mounts::crawl_finished(tx, id, now).await })).await
}

/// Writes every name that the registry lists, page by page, so that names are on screen at once.
async fn list_repositories(app: &App, mount: &Mount) -> Result<()> {
    let (mut after, mut seen, mut places) = (None::<String>, HashSet::new(), Places::default());
    loop {
        let page = mount.read.repositories(after.as_deref(), NAMES_PAGE).await?;
        seen.extend(page.items.iter().map(ToString::to_string));
        let now = app.clock.now();
        let new: Vec<_> = page.items.into_iter().map(|name| (name, new_id(&*app.entropy, now))).collect();
        let first = new.first().map(|(name, _)| name.clone());
        keep(app, mount, move |tx, mount_id| {
            Box::pin(async move {
                for (name, id) in &new {
                    repositories::ensure(tx, name, mount_id, id, now).await?;
                }
                mounts::reachable(tx, mount_id).await
            })
        })
        .await?;
        if let Some(first) = first {
            app.events.changed(&first);
        }
        after = places.next(mount, page.next)?;
        if after.is_none() || seen.len() >= MAX_REPOSITORIES {
            break;
        }
    }
    let (now, total) = (app.clock.now(), seen.len() as u64);
    keep(app, mount, move |tx, mount_id| {
        Box::pin(async move {
            mounts::crawl_progress(tx, mount_id, 0, total).await?;
            repositories::mark_missing(tx, mount_id, &seen, now).await
        })
    })
    .await
}

/// Reads the tags of every repository that was not read since the round began.
async fn read_all(app: &App, mount: &Mount, started: Timestamp) -> Result<()> {
    let mut done = 0u64;
    loop {
        let batch = repositories::to_read(&app.store, &mount.id, started, 100).await?;
        if batch.is_empty() {
            return Ok(());
        }
        let mut reading = stream::iter(batch)
            .map(|name| async move {
                let read = read_repository(app, mount, &name, None).await;
                (name, read)
            })
            .buffer_unordered(SIDE_BY_SIDE);
        while let Some((name, read)) = reading.next().await {
            match read {
                Ok(()) => {}
                // The registry lists it and does not have it (deleted meanwhile, or never pushed): that is no failure.
                Err(Error::NotFound(_)) => finish_empty(app, mount, &name).await?,
                Err(error) => return Err(error),
            }
            done += 1;
            keep(app, mount, move |tx, id| Box::pin(async move { mounts::crawl_advanced(tx, id, done).await })).await?;
        }
    }
}

async fn finish_empty(app: &App, mount: &Mount, name: &RepositoryName) -> Result<()> {
    let (now, name) = (app.clock.now(), name.clone());
    keep_in(app, mount, name, move |tx, repository| {
        Box::pin(async move {
            tags::mark_missing(tx, &repository.id, now, now).await?;
            repositories::mark_read(tx, &repository.id, now).await
        })
    })
    .await
}
