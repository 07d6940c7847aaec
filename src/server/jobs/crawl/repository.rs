//! Reading one repository: its tags, HEAD each, and what is new behind them.

use super::graph;
use super::places::Places;
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, Tag, Timestamp};
use crate::server::jobs::reading::{Reading, is_ours};
use crate::server::store::manifests::NewManifest;
use crate::server::store::repositories::Repository;
use crate::server::store::seen::{self, Seen};
use crate::server::store::{Tx, edges, history, manifests, mounts, repositories, tags};
use futures::stream::{self, StreamExt};
use std::collections::BTreeSet;
use tokio::sync::oneshot;

/// Names of tags asked for in one page: some registries send the whole list every time.
const NAMES_PAGE: u32 = 1000;
/// Tags that are resolved and written together.
const TOGETHER: usize = 50;
/// Graphs of manifests of one repository that are fetched side by side.
const GRAPHS_TOGETHER: usize = 20;
/// Bytes of fetched manifests that are written before more are fetched.
const HELD_BYTES: usize = 2 << 20;
/// The most tags of one repository that are read.
const MAX_TAGS: u64 = 1_000_000;

/// Reads all tags of one repository. `first_rows` is told when the first page is in the catalog.
pub(super) async fn read(
    reading: &Reading<'_>,
    name: &RepositoryName,
    mut first_rows: Option<oneshot::Sender<()>>,
) -> Result<()> {
    let (started, mut after, mut read, mut places) = (reading.app.clock.now(), None::<String>, 0u64, Places::default());
    let is_known = seen::is_known(&reading.app.store, name).await?;
    loop {
        let page = reading.mount.read.tags(name, after.as_deref(), NAMES_PAGE).await?;
        let n_items = page.items.len();
        read += n_items as u64;
        for batch in page.items.chunks(TOGETHER) {
            read_some(reading, name, batch.to_vec(), is_known).await?;
            if let Some(first_rows) = first_rows.take() {
                let _ = first_rows.send(()); // The page may have been closed meanwhile.
            }
        }
        after = places.next(reading, n_items, page.next)?;
        if after.is_none() || read >= MAX_TAGS {
            break;
        }
    }
    let (now, is_whole) = (reading.app.clock.now(), after.is_none());
    reading
        .keep_in(name.clone(), move |tx, repository| {
            Box::pin(async move {
                if is_whole {
                    seen::mark_missing(tx, &repository.id, started, now).await?;
                }
                repositories::mark_read(tx, repository, now).await
            })
        })
        .await
}

/// Checks again what a reader has on screen: new names, and where these tags point.
pub(super) async fn check(reading: &Reading<'_>, name: &RepositoryName, on_screen: Vec<Tag>) -> Result<()> {
    let store = &reading.app.store;
    let Some(repository) = repositories::find(store, name).await? else {
        return Ok(());
    };
    let is_known = seen::is_known(store, name).await?;
    let (mut after, mut fresh, mut listed, mut places) = (None::<String>, BTreeSet::new(), 0u64, Places::default());
    loop {
        let page = reading.mount.read.tags(name, after.as_deref(), NAMES_PAGE).await?;
        let n_items = page.items.len();
        listed += n_items as u64;
        let known = tags::known(store, &repository.id, &page.items).await?;
        fresh.extend(page.items.into_iter().filter(|tag| !known.contains(tag)));
        after = places.next(reading, n_items, page.next)?;
        if after.is_none() || listed >= MAX_TAGS {
            break;
        }
    }
    fresh.extend(on_screen);
    let fresh: Vec<Tag> = fresh.into_iter().collect();
    for batch in fresh.chunks(TOGETHER) {
        read_some(reading, name, batch.to_vec(), is_known).await?;
    }
    let name = name.clone();
    let noted = reading.keep(move |tx, id| {
        Box::pin(async move {
            repositories::readable(tx, id, &name).await?;
            mounts::reachable(tx, id).await
        })
    });
    noted.await
}

/// Reads one tag again that somebody found to be otherwise than the catalog says.
pub(super) async fn catch_up(reading: &Reading<'_>, name: &RepositoryName, tag: Tag) -> Result<()> {
    let is_known = seen::is_known(&reading.app.store, name).await?;
    read_some(reading, name, vec![tag], is_known).await
}

/// Resolves some tags, fetches what is new behind them, and writes it; whether all tags of the repository were read before.
/// A tag that cannot be read is skipped and keeps what it named.
///
/// # Errors
/// The last failure, if no tag could be read.
async fn read_some(reading: &Reading<'_>, name: &RepositoryName, wanted: Vec<Tag>, is_known: bool) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let (n_wanted, asked_at) = (wanted.len(), reading.app.clock.now());
    let resolve = |tag: Tag| async move {
        let _turn = reading.lane.requests.acquire().await;
        let digest = reading.mount.read.resolve(name, &Reference::Tag(tag.clone())).await;
        (tag, digest)
    };
    let mut resolving = stream::iter(wanted).map(resolve).buffered(TOGETHER);
    let (mut resolved, mut unread, mut failure) = (Vec::new(), Vec::new(), None);
    while let Some((tag, digest)) = resolving.next().await {
        match digest {
            Ok(digest) => resolved.push((tag, digest)),
            Err(error) => {
                failure = Some(skip(name, &tag, error)?);
                unread.push(tag);
            }
        }
    }
    let digests: BTreeSet<Digest> = resolved.iter().filter_map(|(_, digest)| digest.clone()).collect();
    let (unfetched, last) = fetch_new(reading, name, digests.into_iter().collect()).await?;
    let n_unfetched = resolved.iter().filter(|(_, digest)| digest.as_ref().is_some_and(|it| unfetched.contains(it)));
    let n_failed = unread.len() + n_unfetched.count();
    match last.or(failure) {
        Some(error) if n_failed == n_wanted => Err(error),
        _ => keep_tags(reading, name, Answers { asked_at, resolved, unread, is_known }).await,
    }
}

/// Logs the failure of a part and hands it back; what is Portolan's own failure ends the reading.
fn skip(name: &RepositoryName, part: &dyn std::fmt::Display, error: Error) -> Result<Error> {
    if is_ours(&error) {
        return Err(error);
    }
    tracing::warn!(repository = %name, %part, %error, "a part of a repository could not be read and is skipped");
    Ok(error)
}

/// Fetches and writes what the catalog does not have of `digests`, before much is held in memory.
/// Returns those that could not be fetched, with the last reason.
async fn fetch_new(
    reading: &Reading<'_>,
    name: &RepositoryName,
    digests: Vec<Digest>,
) -> Result<(BTreeSet<Digest>, Option<Error>)> {
    let known = manifests::known(&reading.app.store, name, &digests).await?;
    let new: Vec<Digest> = digests.into_iter().filter(|digest| !known.contains(digest)).collect();
    let mut fetching = stream::iter(new)
        .map(|digest| async move { (digest.clone(), graph::fetch(reading, name, digest).await) })
        .buffer_unordered(GRAPHS_TOGETHER);
    let (mut found, mut bytes, mut unfetched, mut failure) = (Vec::new(), 0, BTreeSet::new(), None);
    while let Some((digest, graph)) = fetching.next().await {
        match graph {
            Ok(graph) => {
                bytes += graph.iter().map(graph::bytes).sum::<usize>();
                found.extend(graph);
            }
            Err(error) => {
                failure = Some(skip(name, &digest, error)?);
                unfetched.insert(digest);
            }
        }
        if bytes >= HELD_BYTES {
            bytes = 0;
            keep_manifests(reading, name, std::mem::take(&mut found)).await?;
        }
    }
    keep_manifests(reading, name, found).await?;
    Ok((unfetched, failure))
}

async fn keep_manifests(reading: &Reading<'_>, name: &RepositoryName, found: Vec<NewManifest>) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let now = reading.app.clock.now();
    let keep = reading.keep_in(name.clone(), move |tx, repository| {
        Box::pin(async move {
            for manifest in &found {
                if manifests::insert(tx, repository, manifest, None, now).await? {
                    edges::link_parts(tx, repository, manifest, now).await?;
                }
            }
            Ok(())
        })
    });
    keep.await
}

/// What the registry said about some tags.
struct Answers {
    /// Before the first of them was asked for.
    asked_at: Timestamp,
    /// `None` where the registry does not have the tag.
    resolved: Vec<(Tag, Option<Digest>)>,
    unread: Vec<Tag>,
    /// Whether the repository was read before, so that what is new was not there then.
    is_known: bool,
}

/// Writes where tags point, and that the others were met.
async fn keep_tags(reading: &Reading<'_>, name: &RepositoryName, answers: Answers) -> Result<()> {
    let now = reading.app.clock.now();
    let keep = reading.keep_in(name.clone(), move |tx, repository| {
        Box::pin(async move {
            let mut changed = false;
            for (tag, digest) in &answers.resolved {
                let Answers { asked_at, is_known, .. } = answers;
                let found = Found { tag, digest: digest.as_ref(), asked_at, is_known, now };
                changed |= place(tx, repository, found).await?;
            }
            for tag in &answers.unread {
                tags::checked(tx, &repository.id, tag, false, now).await?;
            }
            if changed {
                repositories::touch(tx, &repository.id, None, now).await?;
            }
            Ok(())
        })
    });
    keep.await
}

/// Where a tag points, and when that was so.
struct Found<'a> {
    tag: &'a Tag,
    digest: Option<&'a Digest>,
    asked_at: Timestamp,
    is_known: bool,
    now: Timestamp,
}

/// Sets a tag to what was found; `true` if that changed something. What somebody else found meanwhile is newer
/// and stands.
async fn place(tx: &mut Tx, repository: &Repository, found: Found<'_>) -> Result<bool> {
    let Found { tag, digest, asked_at, is_known, now } = found;
    let current = tags::current(tx, &repository.id, tag).await?;
    let is_newer = |checked_at: Timestamp| asked_at < checked_at && checked_at <= now;
    if current.as_ref().is_some_and(|current| is_newer(current.checked_at)) {
        return Ok(false);
    }
    if current.is_none() && history::left_since(tx, &repository.id, tag, asked_at).await? {
        return Ok(false);
    }
    let Some(digest) = digest else {
        seen::missing(tx, &repository.id, tag, now).await?;
        return Ok(false);
    };
    if manifests::size(tx, &repository.id, digest).await?.is_none() {
        // It could not be read (a type nobody knows, bytes that lie); the next round tries again.
        tags::checked(tx, &repository.id, tag, true, now).await?;
        return Ok(false);
    }
    seen::place(tx, Seen { repository, tag, digest, before: current.as_ref(), is_known, now }).await
}
