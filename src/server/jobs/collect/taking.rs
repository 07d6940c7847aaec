//! Images that nothing holds and links of blobs that no image names: a page of them at a time, some in each transaction.

use super::{Collecting, Phase, SLICE};
use crate::domain::{Digest, Result};
use crate::server::store::Tx;
use crate::server::store::collect::{self, At, Bounds, Candidate};
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// How some rows of a repository are taken, once it is locked.
type Take<T> = for<'t> fn(&'t mut Tx, &'t Bounds, &'t At, &'t [Digest]) -> BoxFuture<'t, Result<T>>;

impl Collecting<'_> {
    /// Images free what they listed and what was about them, which goes with them. Where that is very much the rest is found
    /// when all are looked at once more.
    pub(super) async fn images(&mut self) -> Result<()> {
        let page = self.page_size();
        let (found, last) = collect::unnamed(&self.work.app.store, &self.bounds, &self.place.after, page).await?;
        self.looked_at(found.len());
        let mut left = by_repository(found.into_iter().filter(|it| it.is_free));
        let started = Instant::now();
        while let Some((at, mut digests)) = left.pop_first() {
            if started.elapsed() > SLICE {
                self.place.again = true;
                break;
            }
            let mut rest = digests.split_off(self.together.min(digests.len()));
            rest.extend(self.take_images(&at, digests).await?);
            if !rest.is_empty() {
                left.entry(at).or_default().extend(rest);
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
        let page = self.page_size();
        let (found, last) = collect::linked(&self.work.app.store, &self.bounds, &self.place.after, page).await?;
        self.looked_at(found.len());
        for (at, digests) in by_repository(found.into_iter().filter(|it| it.is_free)) {
            let taken =
                self.take(&at, digests, |tx, bounds, at, some| Box::pin(collect::take_links(tx, bounds, at, some)));
            self.place.n_links += taken.await?.into_iter().sum::<u64>();
        }
        match last {
            Some(last) => self.place.after = last,
            None => self.go_on(Phase::Contents),
        }
        Ok(())
    }

    /// Takes images of a repository; what they held.
    async fn take_images(&mut self, at: &At, digests: Vec<Digest>) -> Result<Vec<Digest>> {
        let taken = self.take(at, digests, |tx, bounds, at, some| Box::pin(collect::take_images(tx, bounds, at, some)));
        let mut freed = Vec::new();
        for (n_gone, left) in taken.await? {
            self.place.n_images += n_gone;
            freed.extend(left);
        }
        Ok(freed)
    }

    /// Takes what is free in a repository, a few rows in each transaction; what came of each.
    async fn take<T: Send + 'static>(&mut self, at: &At, mut digests: Vec<Digest>, take: Take<T>) -> Result<Vec<T>> {
        let (bounds, mut taken) = (self.bounds, Vec::new());
        while !digests.is_empty() {
            let some: Vec<Digest> = digests.drain(..self.together.min(digests.len())).collect();
            let (at, n_rows) = (at.clone(), some.len());
            let timed = self.timed(move |tx| {
                Box::pin(async move {
                    collect::lock(tx, std::slice::from_ref(&at)).await?;
                    take(tx, &bounds, &at, &some).await
                })
            });
            let (of_these, took) = timed.await?;
            taken.push(of_these);
            self.pace(n_rows, took);
        }
        Ok(taken)
    }
}

fn by_repository(some: impl Iterator<Item = Candidate>) -> BTreeMap<At, Vec<Digest>> {
    let mut groups: BTreeMap<At, Vec<Digest>> = BTreeMap::new();
    for it in some {
        groups.entry(it.repository).or_default().push(it.digest);
    }
    groups
}
