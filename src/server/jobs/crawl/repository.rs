//! Reading one repository: its tags, HEAD each, and what is new behind them.

use super::graph;
use super::records::{Places, keep, keep_in};
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, Tag, Timestamp};
use crate::server::context::{App, Mount};
use crate::server::entropy::new_id;
use crate::server::store::manifests::NewManifest;
use crate::server::store::repositories::Repository;
use crate::server::store::tags::{How, Placement};
use crate::server::store::{Tx, manifests, mounts, repositories, tags};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Notify;

/// Names of tags asked for in one page: some registries send the whole list every time.
const NAMES_PAGE: u32 = 1000;
/// Tags that are resolved and written together.
const TOGETHER: usize = 50;
/// The most tags of one repository that are read.
const MAX_TAGS: u64 = 1_000_000;

/// Reads all tags of one repository. `first_rows` is told when the first page is in the catalog.
pub(in crate::server::jobs) async fn read_repository(
    app: &App,
    mount: &Mount,
    name: &RepositoryName,
    first_rows: Option<&Notify>,
) -> Result<()> {
    let (started, mut after, mut read, mut places) = (app.clock.now(), None::<String>, 0u64, Places::default());
    loop {
        let page = mount.read.tags(name, after.as_deref(), NAMES_PAGE).await?;
        read += page.items.len() as u64;
        for batch in page.items.chunks(TOGETHER) {
            read_tags(app, mount, name, batch.to_vec()).await?;
            if let Some(first_rows) = first_rows {
                first_rows.notify_one();
            }
            app.events.changed(name);
        }
        after = places.next(mount, page.next)?;
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
pub(in crate::server::jobs) async fn check_repository(app: &App, mount: &Mount, name: &RepositoryName) -> Result<()> {
    let Some(repository) = repositories::find(&app.store, name).await? else {
        return Ok(());
    };
    let newest = tags::newest(&app.store, &repository.id, TOGETHER as u32).await?;
    let (mut after, mut fresh, mut listed, mut places) = (None::<String>, BTreeSet::new(), 0u64, Places::default());
    loop {
        let page = mount.read.tags(name, after.as_deref(), NAMES_PAGE).await?;
        listed += page.items.len() as u64;
        let known = tags::known(&app.store, &repository.id, &page.items).await?;
        fresh.extend(page.items.into_iter().filter(|tag| !known.contains(tag)));
        after = places.next(mount, page.next)?;
        if after.is_none() || listed >= MAX_TAGS {
            break;
        }
    }
    fresh.extend(newest);
    let fresh: Vec<Tag> = fresh.into_iter().collect();
    for batch in fresh.chunks(TOGETHER) {
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
        .buffered(TOGETHER)
        .try_collect()
        .await?;
    let digests: BTreeSet<Digest> = resolved.iter().filter_map(|(_, digest)| digest.clone()).collect();
    let digests: Vec<Digest> = digests.into_iter().collect();
    let known = manifests::known(&app.store, name, &digests).await?;
    let missing = digests.into_iter().filter(|digest| !known.contains(digest));
    let fetched: Vec<Vec<NewManifest>> = stream::iter(missing)
        .map(|digest| graph::fetch(&*mount.read, &budget, name, digest))
        .buffered(TOGETHER)
        .try_collect()
        .await?;
    let (now, entropy) = (app.clock.now(), Arc::clone(&app.entropy));
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
