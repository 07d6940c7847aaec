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
use records::{Places, is_ours, keep, keep_in};

/// Names asked for in one page.
const NAMES_PAGE: u32 = 200;
/// Repositories that are read side by side.
const SIDE_BY_SIDE: usize = 4;
/// The most repositories of one registry that are listed.
const MAX_REPOSITORIES: usize = 200_000;
/// Repositories that are taken to be read at once; progress is counted exactly as often.
const BATCH: u32 = 100;
/// As many repositories that cannot be read one after the other mean that the registry cannot.
const FAILURES_IN_A_ROW: usize = 8;
/// An interrupted round goes on if it began within this time or the mount's refresh time; then it begins anew.
const CONTINUED_MS: i64 = 3_600_000;

/// One round over a registry. A round that was interrupted a short while ago goes on where it stopped.
pub(super) async fn round(app: &App, mount: &Mount) -> Result<()> {
    let now = app.clock.now();
    let state = mounts::find(&app.store, &mount.id, now).await?;
    let interrupted = state.and_then(|state| state.crawl_started_at);
    let started = interrupted.filter(|started| goes_on(mount, *started, now)).unwrap_or(now);
    keep(app, mount, move |tx, mount_id| Box::pin(async move { mounts::crawl_started(tx, mount_id, started).await }))
        .await?;
    list_repositories(app, mount).await?;
    let found = mount.read.capabilities().await;
    keep(app, mount, move |tx, id| Box::pin(async move { mounts::set_capabilities(tx, id, &found).await })).await?;
    read_all(app, mount, started).await?;
    keep(app, mount, move |tx, id| Box::pin(async move { mounts::crawl_finished(tx, id, started).await })).await
}

/// Whether a round that began then is fresh enough to be continued.
fn goes_on(mount: &Mount, started: Timestamp, now: Timestamp) -> bool {
    let refresh_ms = i64::try_from(mount.refresh_s).unwrap_or(i64::MAX).saturating_mul(1000);
    (0..refresh_ms.max(CONTINUED_MS)).contains(&now.0.saturating_sub(started.0))
}

/// Writes every name that the registry lists, page by page, so that names are on screen at once.
async fn list_repositories(app: &App, mount: &Mount) -> Result<()> {
    let listing = app.clock.now();
    let (mut after, mut listed, mut places) = (None::<String>, 0, Places::default());
    loop {
        let page = mount.read.repositories(after.as_deref(), NAMES_PAGE).await?;
        listed += page.items.len();
        let is_here = |name: &RepositoryName| app.mount(name).is_some_and(|owner| owner.id == mount.id);
        let names: Vec<RepositoryName> = page.items.into_iter().filter(is_here).collect();
        let first = names.first().cloned();
        keep_names(app, mount, names, listing).await?;
        if let Some(first) = first {
            app.events.changed(&first);
        }
        after = places.next(mount, page.next)?;
        if after.is_none() || listed >= MAX_REPOSITORIES {
            break;
        }
    }
    let (now, is_whole) = (app.clock.now(), after.is_none());
    keep(app, mount, move |tx, mount_id| {
        Box::pin(async move {
            if is_whole {
                repositories::mark_missing(tx, mount_id, listing, now).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Writes one page of names. A name that another mount holds is left to that one.
async fn keep_names(app: &App, mount: &Mount, names: Vec<RepositoryName>, listing: Timestamp) -> Result<()> {
    let now = app.clock.now();
    let ids: Vec<String> = names.iter().map(|_| new_id(&*app.entropy, now)).collect();
    keep(app, mount, move |tx, mount_id| {
        Box::pin(async move {
            for (name, id) in names.iter().zip(&ids) {
                match repositories::ensure(tx, name, mount_id, id, now).await {
                    Err(Error::Conflict(reason)) => tracing::warn!(%reason, "a listed repository is left out"),
                    made => drop(made?),
                }
            }
            repositories::mark_listed(tx, mount_id, &names, listing).await?;
            mounts::reachable(tx, mount_id).await
        })
    })
    .await
}

/// Reads the tags of every repository that was not read since the round began.
///
/// # Errors
/// The last failure of [`FAILURES_IN_A_ROW`]; fewer belong to the repositories at which they came up.
async fn read_all(app: &App, mount: &Mount, started: Timestamp) -> Result<()> {
    let mut failures = 0;
    loop {
        keep(app, mount, move |tx, id| Box::pin(async move { mounts::crawl_progress(tx, id, started).await })).await?;
        let batch = repositories::to_read(&app.store, &mount.id, started, BATCH).await?;
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
            failures = if read.is_ok() || matches!(read, Err(Error::NotFound(_))) { 0 } else { failures + 1 };
            match read {
                Ok(()) => {}
                // The registry lists it and does not have it (deleted meanwhile, or never pushed): that is no failure.
                Err(Error::NotFound(_)) => finish_empty(app, mount, &name).await?,
                Err(error) if is_ours(&error) => return Err(error),
                Err(error) => {
                    tracing::warn!(repository = %name, %error, "a repository could not be read; the next round tries again");
                    finish_tried(app, mount, name).await?;
                    if failures >= FAILURES_IN_A_ROW {
                        return Err(error);
                    }
                }
            }
            keep(app, mount, |tx, id| Box::pin(async move { mounts::crawl_advanced(tx, id).await })).await?;
        }
    }
}

async fn finish_tried(app: &App, mount: &Mount, name: RepositoryName) -> Result<()> {
    let now = app.clock.now();
    keep(app, mount, move |tx, id| Box::pin(async move { repositories::mark_tried(tx, id, &name, now).await })).await
}

/// Notes that the registry has nothing under this name.
pub(super) async fn finish_empty(app: &App, mount: &Mount, name: &RepositoryName) -> Result<()> {
    let (now, name) = (app.clock.now(), name.clone());
    keep_in(app, mount, name, move |tx, repository| {
        Box::pin(async move {
            tags::mark_missing(tx, &repository.id, now, now).await?;
            repositories::mark_read(tx, &repository.id, now).await
        })
    })
    .await
}

/// Notes that a repository which somebody opened could not be read.
pub(super) async fn look_failed(app: &App, mount: &Mount, message: String) -> Result<()> {
    let now = app.clock.now();
    keep(app, mount, move |tx, id| Box::pin(async move { mounts::look_failed(tx, id, &message, now).await })).await
}
