//! Reading a mounted registry into the catalog: names first, then every repository's tags, HEAD per
//! tag, each digest fetched once. What is not found any more is noted, never deleted.

mod graph;

use super::proof;
use crate::domain::principal::Job;
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, Tag, Timestamp};
use crate::server::context::{App, Mount};
use crate::server::entropy::new_id;
use crate::server::store::manifests::NewManifest;
use crate::server::store::repositories::Repository;
use crate::server::store::tags::{How, Placement};
use crate::server::store::{Change, Tx, manifests, mounts, repositories, tags};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeSet, HashSet};
use tokio::sync::Notify;

/// Names asked for in one page.
const NAMES_PAGE: u32 = 200;
/// Tags that are read and written together.
const TAGS_PAGE: u32 = 50;
/// Repositories that are read side by side.
const SIDE_BY_SIDE: usize = 4;
/// The most repositories of one registry that are listed.
const MAX_REPOSITORIES: usize = 200_000;
/// The most tags of one repository that are read.
const MAX_TAGS: u64 = 1_000_000;

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
    let (mut after, mut seen) = (None::<String>, HashSet::new());
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
        after = page.next;
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
            keep(app, mount, move |tx, id| {
                Box::pin(async move {
                    let row = tx.one("SELECT n_to_read FROM mounts WHERE id = $1", crate::params![id]).await?;
                    let total = row.map_or(Ok(0), |mut row| row.take::<u64>())?;
                    mounts::crawl_progress(tx, id, done, total.max(done)).await
                })
            })
            .await?;
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

/// Reads all tags of one repository. `first_rows` is told when the first page is in the catalog.
pub(super) async fn read_repository(
    app: &App,
    mount: &Mount,
    name: &RepositoryName,
    first_rows: Option<&Notify>,
) -> Result<()> {
    let (started, mut after, mut read) = (app.clock.now(), None::<String>, 0u64);
    loop {
        let page = mount.read.tags(name, after.as_deref(), TAGS_PAGE).await?;
        read += page.items.len() as u64;
        read_tags(app, mount, name, page.items).await?;
        if let Some(first_rows) = first_rows {
            first_rows.notify_one();
        }
        app.events.changed(name);
        after = page.next;
        if after.is_none() || read >= MAX_TAGS {
            break;
        }
    }
    let now = app.clock.now();
    keep_in(app, mount, name.clone(), move |tx, repository| {
        Box::pin(async move {
            tags::mark_missing(tx, &repository.id, started, now).await?;
            repositories::mark_read(tx, &repository.id, now).await
        })
    })
    .await?;
    app.events.changed(name);
    Ok(())
}

/// Checks again what a reader has on screen: new names, and where the newest tags point.
pub(super) async fn check_repository(app: &App, mount: &Mount, name: &RepositoryName) -> Result<()> {
    let Some(repository) = repositories::find(&app.store, name).await? else { return Ok(()) };
    let newest = tags::newest(&app.store, &repository.id, TAGS_PAGE).await?;
    let (mut after, mut fresh, mut listed) = (None::<String>, BTreeSet::new(), 0u64);
    loop {
        let page = mount.read.tags(name, after.as_deref(), 1000).await?;
        listed += page.items.len() as u64;
        let known = tags::known(&app.store, &repository.id, &page.items).await?;
        fresh.extend(page.items.into_iter().filter(|tag| !known.contains(tag)));
        after = page.next;
        if after.is_none() || listed >= MAX_TAGS {
            break;
        }
    }
    fresh.extend(newest);
    let fresh: Vec<Tag> = fresh.into_iter().collect();
    for batch in fresh.chunks(TAGS_PAGE as usize) {
        read_tags(app, mount, name, batch.to_vec()).await?;
    }
    keep(app, mount, |tx, id| Box::pin(async move { mounts::reachable(tx, id).await })).await
}

/// Resolves some tags, fetches what is new behind them, and writes it all at once.
async fn read_tags(app: &App, mount: &Mount, name: &RepositoryName, wanted: Vec<Tag>) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let budget = app.crawls.budget(&mount.id);
    let resolved: Vec<(Tag, Option<Digest>)> = stream::iter(wanted)
        .map(|tag| {
            let budget = &budget;
            async move {
                let _turn = budget.acquire().await;
                let digest = mount.read.resolve(name, &Reference::Tag(tag.clone())).await?;
                Ok::<_, Error>((tag, digest))
            }
        })
        .buffered(TAGS_PAGE as usize)
        .try_collect()
        .await?;
    let digests: BTreeSet<Digest> = resolved.iter().filter_map(|(_, digest)| digest.clone()).collect();
    let digests: Vec<Digest> = digests.into_iter().collect();
    let known = manifests::known(&app.store, name, &digests).await?;
    let missing = digests.into_iter().filter(|digest| !known.contains(digest));
    let fetched: Vec<Vec<NewManifest>> = stream::iter(missing)
        .map(|digest| graph::fetch(&*mount.read, &budget, name, digest))
        .buffered(TAGS_PAGE as usize)
        .try_collect()
        .await?;
    let (now, entropy) = (app.clock.now(), std::sync::Arc::clone(&app.entropy));
    keep_in(app, mount, name.clone(), move |tx, repository| {
        Box::pin(async move {
            for manifest in fetched.iter().flatten() {
                manifests::insert(tx, repository, manifest, "", now).await?;
            }
            let mut changed = false;
            for (tag, digest) in &resolved {
                changed |= place(tx, repository, tag, digest.as_ref(), now, new_id(&*entropy, now)).await?;
            }
            if changed {
                repositories::touch(tx, &repository.id, None, None, now).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Sets a tag to what was found; `true` if that changed something.
async fn place(
    tx: &mut Tx,
    repository: &Repository,
    tag: &Tag,
    digest: Option<&Digest>,
    now: Timestamp,
    move_id: String,
) -> Result<bool> {
    let from = tags::current(tx, &repository.id, tag).await?;
    let Some(digest) = digest else {
        tags::missing(tx, &repository.id, tag, now).await?;
        return Ok(false);
    };
    if !manifests::exists(tx, &repository.id, digest).await? {
        return Ok(false); // It could not be read (a type nobody knows); the next round tries again.
    }
    let (repository_id, mount_id) = (repository.id.as_str(), repository.mount_id.as_str());
    let from = from.as_ref();
    tags::place(tx, Placement { repository_id, mount_id, tag, digest, from, how: How::Seen, now, move_id }).await?;
    Ok(from != Some(digest))
}

/// Writes records of a mount.
async fn keep<F>(app: &App, mount: &Mount, change: F) -> Result<()>
where
    F: for<'t> FnOnce(&'t mut Tx, &'t str) -> futures::future::BoxFuture<'t, Result<()>> + Send + 'static,
{
    let id = mount.id.clone();
    app.store
        .write(&proof(app, Job::Crawl), move |tx| {
            Box::pin(async move {
                change(tx, &id).await?;
                Ok(Change::bookkeeping(()))
            })
        })
        .await
}

/// Writes what was read of a repository, which is made if it was not listed before.
async fn keep_in<F>(app: &App, mount: &Mount, name: RepositoryName, change: F) -> Result<()>
where
    F: for<'t> FnOnce(&'t mut Tx, &'t Repository) -> futures::future::BoxFuture<'t, Result<()>> + Send + 'static,
{
    let now = app.clock.now();
    let (mount_id, new_id) = (mount.id.clone(), new_id(&*app.entropy, now));
    app.store
        .write(&proof(app, Job::Crawl), move |tx| {
            Box::pin(async move {
                tx.lock(name.as_str()).await?;
                let (repository, _) = repositories::ensure(tx, &name, &mount_id, &new_id, now).await?;
                change(tx, &repository).await?;
                Ok(Change::bookkeeping(()))
            })
        })
        .await
}
