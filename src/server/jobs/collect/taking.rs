//! Images that nothing holds and links of blobs that no image names: a page of them at a time, some in each transaction.

use super::{Collecting, PAGE, Phase, SLICE};
use crate::domain::{Digest, Result};
use crate::server::store::collect::{self, At, Candidate};
use std::collections::BTreeMap;
use tokio::time::Instant;

impl Collecting<'_> {
    /// Images free what they listed and what was about them, which goes with them. Where that is very much the rest is found
    /// when all are looked at once more.
    pub(super) async fn images(&mut self) -> Result<()> {
        let (found, last) = collect::unnamed(&self.work.app.store, &self.rule, &self.place.after, PAGE).await?;
        self.looked_at(found.len());
        let mut left = by_repository(found.into_iter().filter(|it| it.is_free));
        let started = Instant::now();
        while let Some((at, digests)) = left.pop_first() {
            if started.elapsed() > SLICE {
                self.place.again = true;
                break;
            }
            let freed = self.take_images(&at, digests).await?;
            if !freed.is_empty() {
                left.entry(at).or_default().extend(freed);
            }
        }
        match (last, self.place.again) {
            (Some(last), _) => self.place.after = last,
            (None, true) => self.go_on(Phase::Images),
            (None, false) => self.go_on(Phase::Links),
        }
        Ok(())
    }

    pub(super) async fn links(&mut self) -> Result<()> {
        let (found, last) = collect::linked(&self.work.app.store, &self.rule, &self.place.after, PAGE).await?;
        self.looked_at(found.len());
        self.place.n_links += self.take_links(found).await?;
        match last {
            Some(last) => self.place.after = last,
            None => self.go_on(Phase::Contents),
        }
        Ok(())
    }

    /// Takes images of a repository, a few in each transaction; what they held.
    async fn take_images(&mut self, at: &At, mut digests: Vec<Digest>) -> Result<Vec<Digest>> {
        let (rule, mut freed) = (self.rule, Vec::new());
        while !digests.is_empty() {
            let (at, some) = (at.clone(), self.some(&mut digests));
            let n_rows = some.len();
            let take = self.timed(move |tx| {
                Box::pin(async move {
                    collect::lock(tx, std::slice::from_ref(&at)).await?;
                    collect::take_images(tx, &rule, &at, &some).await
                })
            });
            let ((n_gone, left), took) = take.await?;
            self.place.n_images += n_gone;
            freed.extend(left);
            self.pace(n_rows, took);
        }
        Ok(freed)
    }

    /// Takes the links that are free on a page, a few in each transaction; how many that were.
    async fn take_links(&mut self, found: Vec<Candidate>) -> Result<u64> {
        let (rule, mut n_gone) = (self.rule, 0);
        for (at, mut digests) in by_repository(found.into_iter().filter(|it| it.is_free)) {
            while !digests.is_empty() {
                let (at, some) = (at.clone(), self.some(&mut digests));
                let n_rows = some.len();
                let take = self.timed(move |tx| {
                    Box::pin(async move {
                        collect::lock(tx, std::slice::from_ref(&at)).await?;
                        collect::take_links(tx, &rule, &at, &some).await
                    })
                });
                let (n_taken, took) = take.await?;
                n_gone += n_taken;
                self.pace(n_rows, took);
            }
        }
        Ok(n_gone)
    }

    /// As many of these as the next transaction takes.
    fn some(&self, digests: &mut Vec<Digest>) -> Vec<Digest> {
        digests.drain(..self.together.min(digests.len())).collect()
    }
}

fn by_repository(some: impl Iterator<Item = Candidate>) -> BTreeMap<At, Vec<Digest>> {
    let mut groups: BTreeMap<At, Vec<Digest>> = BTreeMap::new();
    for it in some {
        groups.entry(it.repository).or_default().push(it.digest);
    }
    groups
}
