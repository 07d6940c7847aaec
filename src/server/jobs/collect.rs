//! Garbage collection while the registry is in use: what the trash kept for long enough, images that nothing holds, links
//! and content that no image needs. A run goes page by page over each of them; where it stands is noted, so that any
//! node goes on from there.

mod bytes;
mod left;
mod taking;

use super::{Work, proof};
use crate::domain::action::RunCollection;
use crate::domain::principal::Job;
use crate::domain::{ByteSize, Result, Timestamp};
use crate::server::access::Authorized;
use crate::server::store::Tx;
use crate::server::store::collect::{self, After, Bounds, Leftover};
use crate::server::store::runs::{Progress, Run};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// How long a step goes on.
const SLICE: Duration = Duration::from_millis(400);
/// Rows that are looked at in one go, and as many where somebody else writes as well.
const PAGE: u32 = 1000;
const FEW: u32 = 100;
/// Entries of the trash that are looked at in one go, and how many go in one transaction at most.
const ENTRIES: u32 = 500;
const MOST_ENTRIES: usize = 128;
/// How long a transaction is meant to take, which others wait for; it takes as many rows as fit. And how long where somebody
/// else writes as well.
const MEANT: Duration = Duration::from_millis(2);
const BRIEF: Duration = Duration::from_micros(600);
/// Nobody else writes who has not written for so long: between two requests a client is busy with itself.
const QUIET: Duration = Duration::from_millis(50);
/// So many times as long as a transaction took a run rests after it where somebody else writes: whoever does so all the time
/// has the writer to themselves but for a small part of it.
const RESTS: u32 = 64;
const LONGEST_REST: Duration = Duration::from_millis(100);
const LEAST: usize = 1;
const MOST: usize = 400;

/// What a run is asked for.
#[derive(Deserialize)]
struct Asked {
    dry_run: bool,
}

/// Where a run stands.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    phase: Phase,
    /// When it began, which is what it goes by: what is deleted while it goes on is for the next run, or it would never end
    /// beside somebody who deletes faster than it collects.
    began: Option<Timestamp>,
    /// The last row that was looked at.
    after: After,
    /// Whether this phase is gone through once more: it was cut short, or took what may have held more.
    again: bool,
    n_entries: u64,
    n_images: u64,
    n_links: u64,
    n_contents: u64,
}

/// What is gone through, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    #[default]
    Start,
    Entries,
    /// What images were made of that lie in the trash no more.
    Edges,
    /// By which digests entries were found that are gone.
    Names,
    /// Rows of repositories that are gone for good.
    Clear,
    Images,
    Links,
    Contents,
    Bytes,
    Over,
}

/// A run on its way.
struct Collecting<'w> {
    work: &'w Work,
    bounds: Bounds,
    place: Place,
    to: Progress,
    /// How many rows a transaction takes.
    together: usize,
    /// How often the database had been changed when that was looked at last, and when somebody else was seen to do so.
    n_changes: u64,
    others_wrote: Instant,
}

/// The bounds of a run that began at this moment.
fn bounds(work: &Work, is_dry: bool, now: Timestamp) -> Bounds {
    let facts = &work.app.facts;
    let told_since = Timestamp(now.0 - collect::kept_for(facts.grace_ms));
    Bounds { is_dry, now, told_since, moved_since: now.plus_days(-i64::from(facts.history_days)) }
}

/// One step of a run: as many pages as fit into a short time.
pub(super) async fn step(work: &Work, run: &Run) -> Result<Progress> {
    let (Asked { dry_run }, mut place): (Asked, Place) = (run.asked()?, run.stands()?);
    still_may(work, run, dry_run).await?;
    let began = *place.began.get_or_insert_with(|| work.app.clock.now());
    let (bounds, started) = (bounds(work, dry_run, began), Instant::now());
    let mut collecting =
        Collecting { work, bounds, place, to: Progress::of(run), together: LEAST, n_changes: 0, others_wrote: started };
    while started.elapsed() < SLICE && collecting.place.phase != Phase::Over {
        let phase = collecting.place.phase;
        collecting.page().await?;
        // With where the run stands all lasts that was noted before it: no file goes that a power cut would have wanted back.
        if collecting.place.phase == Phase::Bytes && phase != Phase::Bytes {
            break;
        }
    }
    collecting.ended()
}

/// Who began it by hand is asked for again; nobody is whose the schedule's is.
async fn still_may(work: &Work, run: &Run, dry_run: bool) -> Result<()> {
    if run.behalf.principal.is_none() {
        return Ok(());
    }
    let caller = work.app.identity.on_behalf(run).await?;
    work.app.access.authorize(&caller, RunCollection { dry_run }).await.map(drop)
}

impl Collecting<'_> {
    async fn page(&mut self) -> Result<()> {
        match self.place.phase {
            Phase::Start => self.start().await,
            Phase::Entries => self.entries().await,
            Phase::Edges => self.leftover(Leftover::Edges, Phase::Names).await,
            Phase::Names => self.leftover(Leftover::Names, Phase::Clear).await,
            Phase::Clear => self.clear().await,
            Phase::Images => self.images().await,
            Phase::Links => self.links().await,
            Phase::Contents => self.contents().await,
            Phase::Bytes => self.bytes().await,
            Phase::Over => Ok(()),
        }
    }

    /// Goes on with the next phase, from its beginning.
    fn go_on(&mut self, phase: Phase) {
        (self.place.phase, self.place.after, self.place.again) = (phase, After::default(), false);
    }

    fn looked_at(&mut self, n_rows: usize) {
        self.to.n_done += n_rows as u64;
        self.to.n_total = self.to.n_total.map(|total| total.max(self.to.n_done));
    }

    /// How many rows are looked at before others get to know how far it is, and may pause it.
    fn page_size(&mut self) -> u32 {
        if self.is_alone() { PAGE } else { FEW }
    }

    /// How the run stands after this step.
    fn ended(mut self) -> Result<Progress> {
        if self.place.phase == Phase::Over {
            self.to.n_total = Some(self.to.n_done);
            self.to.said.push(self.in_the_end());
            self.to.is_over = true;
        }
        self.to.place = serde_json::to_string(&self.place).map_err(|_| crate::domain::Error::Internal)?;
        Ok(self.to)
    }

    fn in_the_end(&self) -> String {
        let Place { n_entries, n_images, n_links, n_contents, .. } = self.place;
        let (would, bytes) =
            (if self.bounds.is_dry { "Would collect" } else { "Collected" }, ByteSize(self.to.n_bytes));
        format!(
            "{would} entries of the trash: {n_entries}; images: {n_images}; links of blobs: {n_links}; blobs: {n_contents}, of {bytes}."
        )
    }

    /// What a dry run before this one thought away is thought of again.
    async fn start(&mut self) -> Result<()> {
        while self.note(|tx| Box::pin(collect::think_anew(tx))).await? {}
        self.brought().await?;
        self.to.n_total = Some(collect::n_rows(&self.work.app.store, &self.bounds).await?);
        self.go_on(Phase::Entries);
        Ok(())
    }

    /// An entry that goes may have held another one back, which then goes when all are looked at once more. That they are to
    /// be stands from the first page that has one of them: a run that is cut off after it still does so.
    async fn entries(&mut self) -> Result<()> {
        let page = self.page_size().min(ENTRIES);
        let (mut ids, last) = collect::expired(&self.work.app.store, &self.bounds, &self.place.after, page).await?;
        self.looked_at(ids.len());
        let bounds = self.bounds;
        while !ids.is_empty() {
            let some: Vec<String> = ids.drain(..self.together.min(MOST_ENTRIES).min(ids.len())).collect();
            let n_rows = some.len();
            let (n_taken, took) =
                self.timed(move |tx| Box::pin(async move { collect::take_entries(tx, &bounds, &some).await })).await?;
            self.place.n_entries += n_taken;
            self.pace(n_rows, took);
        }
        match (last, self.place.again) {
            (Some(last), _) => (self.place.after, self.place.again) = (last, true),
            (None, true) => self.go_on(Phase::Entries),
            (None, false) => self.go_on(Phase::Edges),
        }
        Ok(())
    }

    /// The next transaction takes as many rows as take as long as one is meant to.
    fn pace(&mut self, n_rows: usize, took: Duration) {
        let each = took.as_secs_f64() / n_rows.max(1) as f64;
        let meant = if self.is_alone() { MEANT } else { BRIEF };
        let fitting = meant.as_secs_f64() / each.max(1e-7);
        self.together = (fitting as usize).clamp(LEAST, self.together * 2).min(MOST);
    }

    /// A transaction of the run. Where a power cut undoes it, the run stands where it stood before and does it again.
    async fn note<T, F>(&mut self, note: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.timed(note).await.map(|(value, _)| value)
    }

    /// Whether nobody else writes.
    fn is_alone(&mut self) -> bool {
        let (n_changes, now) = (self.work.app.store.n_changes(), Instant::now());
        if n_changes != self.n_changes {
            (self.n_changes, self.others_wrote) = (n_changes, now);
        }
        now - self.others_wrote > QUIET
    }

    /// A transaction of the run, with how long it took without the wait for its turn and for others: that holds nobody up,
    /// and many rows wait no longer than few. Where somebody else writes as well, a long rest follows.
    async fn timed<T, F>(&mut self, note: F) -> Result<(T, Duration)>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        let (store, is_alone, proof) = (&self.work.app.store, self.is_alone(), self.proof());
        let whole = store.note_loosely(&proof, |tx| {
            Box::pin(async move {
                let started = Instant::now();
                let value = note(&mut *tx).await?;
                Ok((value, started.elapsed().saturating_sub(tx.waited())))
            })
        });
        let (value, took) = whole.await?;
        self.n_changes = store.n_changes();
        if !is_alone {
            tokio::time::sleep((took * RESTS).min(LONGEST_REST)).await;
        }
        Ok((value, took))
    }

    fn proof(&self) -> Authorized<crate::domain::action::Maintain> {
        proof(&self.work.app, Job::Collect)
    }
}
