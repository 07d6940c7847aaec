//! Garbage collection while the registry is in use: what the trash kept for long enough, images that nothing holds, links
//! and content that no image needs. A run goes page by page over each of them; where it stands is noted, so that any
//! node goes on from there.

mod bytes;
mod left;

use super::{Work, proof};
use crate::domain::action::RunCollection;
use crate::domain::principal::Job;
use crate::domain::{ByteSize, Digest, Result, Timestamp};
use crate::server::access::Authorized;
use crate::server::store::Tx;
use crate::server::store::collect::{self, After, At, Candidate, Rule};
use crate::server::store::runs::{Progress, Run};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long a step goes on.
const SLICE: Duration = Duration::from_millis(400);
/// Rows that are looked at in one go.
const PAGE: u32 = 1000;
/// Entries of the trash that are looked at in one go, and how many go in one transaction at most.
const ENTRIES: u32 = 500;
const MOST_ENTRIES: usize = 64;
/// How long a transaction is meant to take, which others wait for; it takes as many rows as fit.
const MEANT: Duration = Duration::from_millis(2);
const LEAST: usize = 4;
const MOST: usize = 200;

/// What a run is asked for.
#[derive(Deserialize)]
struct Asked {
    dry_run: bool,
}

/// Where a run stands.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    phase: Phase,
    /// The last row that was looked at.
    after: After,
    /// Whether anything went since the beginning of this phase was looked at last.
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
    rule: Rule,
    place: Place,
    to: Progress,
    /// How many rows a transaction takes.
    together: usize,
}

/// The rule by which things are collected now.
fn rule(work: &Work, is_dry: bool) -> Rule {
    let (now, facts) = (work.app.clock.now(), &work.app.facts);
    let told_since = Timestamp(now.0 - collect::grace(facts.grace_ms));
    Rule { is_dry, now, told_since, moved_since: now.plus_days(-i64::from(facts.history_days)) }
}

/// One step of a run: as many pages as fit into a short time.
pub(super) async fn step(work: &Work, run: &Run) -> Result<Progress> {
    let (Asked { dry_run }, place): (Asked, Place) = (run.asked()?, run.stands()?);
    still_may(work, run, dry_run).await?;
    let rule = rule(work, dry_run);
    let mut collecting = Collecting { work, rule, place, to: Progress::of(run), together: LEAST };
    let started = Instant::now();
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
        let (would, bytes) = (if self.rule.is_dry { "Would collect" } else { "Collected" }, ByteSize(self.to.n_bytes));
        format!(
            "{would} entries of the trash: {n_entries}; images: {n_images}; links of blobs: {n_links}; blobs: {n_contents}, of {bytes}."
        )
    }

    /// What a dry run before this one thought away is thought of again.
    async fn start(&mut self) -> Result<()> {
        while self.note(|tx| Box::pin(collect::think_anew(tx))).await? {}
        self.brought().await?;
        self.to.n_total = Some(collect::n_rows(&self.work.app.store, &self.rule).await?);
        self.go_on(Phase::Entries);
        Ok(())
    }

    async fn entries(&mut self) -> Result<()> {
        let ids = collect::expired(&self.work.app.store, &self.rule, ENTRIES).await?;
        self.looked_at(ids.len());
        let (rule, mut ids, mut n_gone) = (self.rule, ids, 0);
        while !ids.is_empty() {
            let some: Vec<String> = ids.drain(..self.together.min(MOST_ENTRIES).min(ids.len())).collect();
            let n_rows = some.len();
            let (n_taken, took) =
                self.timed(move |tx| Box::pin(async move { collect::take_entries(tx, &rule, &some).await })).await?;
            n_gone += n_taken;
            self.pace(n_rows, took);
        }
        self.place.n_entries += n_gone;
        if n_gone == 0 {
            self.go_on(Phase::Clear);
        }
        Ok(())
    }

    /// Images free what they listed: as long as any goes, all are looked at once more.
    async fn images(&mut self) -> Result<()> {
        let (found, last) = collect::unnamed(&self.work.app.store, &self.rule, &self.place.after, PAGE).await?;
        self.looked_at(found.len());
        let n_gone = self.take(found, true).await?;
        self.place.n_images += n_gone;
        self.place.again |= n_gone > 0;
        match (last, self.place.again) {
            (Some(last), _) => self.place.after = last,
            (None, true) => self.go_on(Phase::Images),
            (None, false) => self.go_on(Phase::Links),
        }
        Ok(())
    }

    async fn links(&mut self) -> Result<()> {
        let (found, last) = collect::linked(&self.work.app.store, &self.rule, &self.place.after, PAGE).await?;
        self.looked_at(found.len());
        self.place.n_links += self.take(found, false).await?;
        match last {
            Some(last) => self.place.after = last,
            None => self.go_on(Phase::Contents),
        }
        Ok(())
    }

    /// Takes what is free on a page, a few rows in each transaction.
    async fn take(&mut self, found: Vec<Candidate>, are_images: bool) -> Result<u64> {
        let mut free: Vec<Candidate> = found.into_iter().filter(|it| it.is_free).collect();
        let (rule, mut n_gone) = (self.rule, 0);
        while !free.is_empty() {
            let some: Vec<Candidate> = free.drain(..self.together.min(free.len())).collect();
            let (n_rows, groups) = (some.len(), by_repository(some));
            let (n_taken, took) = self
                .timed(move |tx| {
                    Box::pin(async move {
                        let mut n_taken = 0;
                        collect::lock(tx, &groups.keys().cloned().collect::<Vec<_>>()).await?;
                        for (at, digests) in &groups {
                            n_taken += match are_images {
                                true => collect::take_images(tx, &rule, at, digests).await?,
                                false => collect::take_links(tx, &rule, at, digests).await?,
                            };
                        }
                        Ok(n_taken)
                    })
                })
                .await?;
            n_gone += n_taken;
            self.pace(n_rows, took);
        }
        Ok(n_gone)
    }

    /// The next transaction takes as many rows as take as long as one is meant to.
    fn pace(&mut self, n_rows: usize, took: Duration) {
        let each = took.as_secs_f64() / n_rows.max(1) as f64;
        let fitting = MEANT.as_secs_f64() / each.max(1e-7);
        self.together = (fitting as usize).clamp(LEAST, self.together * 2).min(MOST);
    }

    /// The same with how long it took once it was under way.
    async fn timed<F>(&self, change: F) -> Result<(u64, Duration)>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<u64>> + Send + 'static,
    {
        let whole = self.note(|tx| {
            Box::pin(async move {
                let started = Instant::now();
                Ok((change(tx).await?, started.elapsed()))
            })
        });
        whole.await
    }

    /// Where a power cut undoes it, the run stands where it stood before and does it again.
    async fn note<T, F>(&self, note: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.work.app.store.note_loosely(&self.proof(), note).await
    }

    fn proof(&self) -> Authorized<crate::domain::action::Maintain> {
        proof(&self.work.app, Job::Collect)
    }
}

fn by_repository(some: Vec<Candidate>) -> BTreeMap<At, Vec<Digest>> {
    let mut groups: BTreeMap<At, Vec<Digest>> = BTreeMap::new();
    for it in some {
        groups.entry(it.repository).or_default().push(it.digest);
    }
    groups
}
