//! What was left behind: images that jobs brought and did not name, and rows of repositories that are gone for good.

use super::{Collecting, MOST, PAGE, Phase};
use crate::domain::Result;
use crate::server::store::collect::{self, Leftover};

impl Collecting<'_> {
    /// From here on, what jobs brought that are over is held by what names it.
    pub(super) async fn brought(&mut self) -> Result<()> {
        let (bounds, mut after) = (self.bounds, Default::default());
        loop {
            let found = collect::brought(&self.work.app.store, &after, PAGE).await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.place();
            for some in found.chunks(MOST) {
                let some = some.to_vec();
                self.note(move |tx| Box::pin(async move { collect::let_go(tx, &bounds, &some).await })).await?;
            }
        }
    }

    /// What a table still says of what the trash let go: rows that lie beside one another go together.
    pub(super) async fn leftover(&mut self, of: Leftover, next: Phase) -> Result<()> {
        if self.bounds.is_dry {
            self.go_on(next);
            return Ok(());
        }
        let page = self.page_size();
        let (found, last) = collect::left(&self.work.app.store, of, &self.place.after, page).await?;
        self.looked_at(found.len());
        for of_one in found.chunk_by(|one, next| one.repository.id == next.repository.id) {
            let mut rest = of_one;
            while !rest.is_empty() {
                let (some, others) = rest.split_at(self.together.min(rest.len()));
                rest = others;
                let mut free = some.iter().filter(|it| it.is_free).map(|it| it.key.clone());
                let Some(first) = free.next() else { continue };
                let (at, last) = (some[0].repository.clone(), free.next_back().unwrap_or_else(|| first.clone()));
                let timed = self.timed(move |tx| {
                    Box::pin(async move {
                        collect::lock(tx, std::slice::from_ref(&at)).await?;
                        collect::clear_leftover(tx, of, &at, (&first, &last)).await
                    })
                });
                let (_, took) = timed.await?;
                self.pace(some.len(), took);
            }
        }
        match last {
            Some(last) => self.place.after = last,
            None => self.go_on(next),
        }
        Ok(())
    }

    /// What is left of repositories that are gone for good, some rows at a time. Nothing depends on them any more.
    pub(super) async fn clear(&mut self) -> Result<()> {
        let limit = self.together as u64;
        let n_gone = match self.bounds.is_dry {
            true => 0,
            false => {
                let (n_gone, took) = self.timed(move |tx| Box::pin(collect::clear(tx, limit))).await?;
                self.pace(self.together, took);
                n_gone
            }
        };
        if n_gone == 0 {
            self.go_on(Phase::Images);
        }
        Ok(())
    }
}
