//! Reading a mounted registry into the catalog: names first, then every repository's tags, HEAD per
//! tag, each digest fetched once. What is not found any more is noted, never deleted.

mod graph;
mod hint;
mod look;
mod places;
mod repository;

pub(super) use hint::hear;
pub(super) use look::look;

use super::reading::{Reading, is_ours};
use crate::domain::{Error, RepositoryName, Result, Timestamp};
use crate::server::context::Mount;
use crate::server::entropy::new_id;
use crate::server::store::{mounts, repositories, seen};
use futures::stream::{self, StreamExt};
use places::Places;
use std::ops::ControlFlow;

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
pub(super) async fn round(reading: &Reading<'_>) -> Result<()> {
    let (mount, now) = (reading.mount, reading.app.clock.now());
    let state = mounts::find(&reading.app.store, &mount.id, now).await?;
    let interrupted = state.and_then(|state| state.crawl_started_at);
    let started = interrupted.filter(|started| goes_on(mount, *started, now)).unwrap_or(now);
    reading.keep(move |tx, id| Box::pin(async move { mounts::crawl_started(tx, id, started).await })).await?;
    list_repositories(reading).await?;
    ask_powers(reading).await?;
    read_all(reading, started).await?;
    reading.keep(move |tx, id| Box::pin(async move { mounts::crawl_finished(tx, id, started).await })).await
}

/// Asks what the registry can do. Where it tells nothing of that, what it told before stays.
async fn ask_powers(reading: &Reading<'_>) -> Result<()> {
    let found = reading.mount.read.capabilities().await;
    if found.iter().all(|(_, known)| known.is_none()) {
        return Ok(());
    }
    reading.keep(move |tx, id| Box::pin(async move { mounts::set_capabilities(tx, id, &found).await })).await
}

/// Whether a round that began then is fresh enough to be continued.
fn goes_on(mount: &Mount, started: Timestamp, now: Timestamp) -> bool {
    let refresh_ms = i64::try_from(mount.refresh_s).unwrap_or(i64::MAX).saturating_mul(1000);
    (0..refresh_ms.max(CONTINUED_MS)).contains(&now.0.saturating_sub(started.0))
}

/// Writes every name that the registry lists, page by page, so that names are on screen at once.
async fn list_repositories(reading: &Reading<'_>) -> Result<()> {
    let Reading { app, mount, .. } = *reading;
    let listing = app.clock.now();
    let (mut after, mut listed, mut refused, mut places) = (None::<String>, 0, 0, Places::default());
    loop {
        let page = mount.read.repositories(after.as_deref(), NAMES_PAGE).await?;
        let n_items = page.items.len();
        listed += n_items;
        refused += page.refused;
        let is_here = |name: &RepositoryName| app.mount(name).is_some_and(|owner| owner.id == mount.id);
        let names: Vec<RepositoryName> = page.items.into_iter().filter(is_here).collect();
        keep_names(reading, names, listing).await?;
        after = places.next(reading, n_items, page.next)?;
        if after.is_none() || listed >= MAX_REPOSITORIES {
            break;
        }
    }
    let (now, is_whole) = (app.clock.now(), after.is_none());
    let left_out = left_out(refused, is_whole);
    reading
        .keep(move |tx, mount_id| {
            Box::pin(async move {
                if is_whole {
                    repositories::mark_missing(tx, mount_id, listing, now).await?;
                }
                mounts::set_left_out(tx, mount_id, left_out.as_deref()).await
            })
        })
        .await
}

/// What of a listing is not in the catalog, in words.
fn left_out(refused: u64, is_whole: bool) -> Option<String> {
    let names = match refused {
        0 => None,
        1 => Some("1 name that no client could use".to_owned()),
        n => Some(format!("{n} names that no client could use")),
    };
    let rest = (!is_whole).then(|| format!("everything after the first {MAX_REPOSITORIES} repositories"));
    let parts: Vec<String> = names.into_iter().chain(rest).collect();
    (!parts.is_empty()).then(|| parts.join(", and "))
}

/// Writes one page of names. A name that another mount holds is left to that one.
async fn keep_names(reading: &Reading<'_>, names: Vec<RepositoryName>, listing: Timestamp) -> Result<()> {
    let Some(first) = names.first().cloned() else { return Ok(()) };
    let (app, now) = (reading.app, reading.app.clock.now());
    let ids: Vec<String> = names.iter().map(|_| new_id(&*app.entropy, now)).collect();
    let kept = reading.keep(move |tx, mount_id| {
        Box::pin(async move {
            for (name, id) in names.iter().zip(&ids) {
                match repositories::ensure(tx, name, mount_id, id, now).await {
                    Err(taken @ Error::Taken(_)) => tracing::warn!(reason = %taken, "a listed repository is left out"),
                    made => drop(made?),
                }
            }
            repositories::mark_listed(tx, mount_id, &names, listing).await?;
            mounts::reachable(tx, mount_id).await
        })
    });
    kept.await?;
    app.events.changed(first);
    Ok(())
}

/// How the repositories of a round went so far.
#[derive(Default)]
struct Tally {
    read: usize,
    /// How many in a row failed because the registry could not be asked.
    down: usize,
    last: Option<Error>,
}

impl Tally {
    /// Counts one; `Break` with the reason if the registry as a whole cannot be read.
    fn count(&mut self, read: Result<()>) -> ControlFlow<Error> {
        let Err(error) = read else {
            (self.read, self.down) = (self.read + 1, 0);
            return ControlFlow::Continue(());
        };
        let is_down = matches!(error, Error::Upstream { is_down: true, .. });
        self.down = if is_down { self.down + 1 } else { 0 };
        if self.down >= FAILURES_IN_A_ROW || is_ours(&error) {
            return ControlFlow::Break(error);
        }
        self.last = Some(error);
        ControlFlow::Continue(())
    }

    /// # Errors
    /// If there was something to read and none of it could be.
    fn end(self) -> Result<()> {
        if self.read == 0 { self.last.map_or(Ok(()), Err) } else { Ok(()) }
    }
}

/// Reads the tags of every repository that was not read since the round began.
///
/// # Errors
/// If the registry could not be asked [`FAILURES_IN_A_ROW`] times, or not one repository could be read; other
/// failures belong to the repositories at which they came up.
async fn read_all(reading: &Reading<'_>, started: Timestamp) -> Result<()> {
    let mut tally = Tally::default();
    loop {
        reading.keep(move |tx, id| Box::pin(async move { mounts::crawl_progress(tx, id, started).await })).await?;
        let batch =
            repositories::to_read(&reading.app.store, &reading.mount.id, started, reading.app.clock.now(), BATCH)
                .await?;
        if batch.is_empty() {
            return tally.end();
        }
        let read = |name: RepositoryName| async move { (read_one(reading, &name).await, name) };
        let mut under_way = stream::iter(batch).map(read).buffer_unordered(SIDE_BY_SIDE);
        while let Some((read, name)) = under_way.next().await {
            if let Err(error) = &read {
                tracing::warn!(repository = %name, %error, "a repository could not be read; the next round tries again");
            }
            let failed = read.as_ref().err().filter(|error| !is_ours(error)).map(ToString::to_string);
            if let ControlFlow::Break(error) = tally.count(read) {
                return Err(error);
            }
            if let Some(reason) = failed {
                finish_tried(reading, name, reason).await?;
            }
            reading.keep(|tx, id| Box::pin(async move { mounts::crawl_advanced(tx, id).await })).await?;
        }
    }
}

/// Reads one repository. That the registry lists it and does not have it (deleted meanwhile, or never pushed) is
/// no failure.
async fn read_one(reading: &Reading<'_>, name: &RepositoryName) -> Result<()> {
    match repository::read(reading, name, None).await {
        Err(Error::NotFound(_)) => finish_empty(reading, name).await,
        read => read,
    }
}

async fn finish_tried(reading: &Reading<'_>, name: RepositoryName, reason: String) -> Result<()> {
    let now = reading.app.clock.now();
    let noted = reading
        .keep(move |tx, id| Box::pin(async move { repositories::mark_tried(tx, id, &name, &reason, now).await }));
    noted.await
}

/// Notes that the registry has nothing under this name.
async fn finish_empty(reading: &Reading<'_>, name: &RepositoryName) -> Result<()> {
    let now = reading.app.clock.now();
    let noted = reading.keep_in(name.clone(), move |tx, repository| {
        Box::pin(async move {
            seen::mark_missing(tx, &repository.id, now, now).await?;
            repositories::mark_read(tx, repository, now).await
        })
    });
    noted.await
}
