//! What was left behind: images that jobs brought and did not name, and rows of repositories that are gone for good.

use super::{Collecting, MOST, PAGE, Phase};
use crate::domain::Result;
use crate::server::store::collect;

impl Collecting<'_> {
    /// From here on, what jobs brought that are over is held by what names it.
    pub(super) async fn brought(&mut self) -> Result<()> {
        let (rule, mut after) = (self.rule, Default::default());
        loop {
            let found = collect::brought(&self.work.app.store, &after, PAGE).await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.place();
            for some in found.chunks(MOST) {
                let some = some.to_vec();
                self.note(move |tx| Box::pin(async move { collect::let_go(tx, &rule, &some).await })).await?;
            }
        }
    }

    /// What is left of repositories that are gone for good, some rows at a time. Nothing depends on them any more.
    pub(super) async fn clear(&mut self) -> Result<()> {
        let limit = self.together as u64;
        let n_gone = match self.rule.is_dry {
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
