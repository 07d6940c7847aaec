//! The last two phases: content that nothing links is marked, and what is still marked while nobody commits it is put aside,
//! forgotten, and freed. Whatever happens in between, the next run goes on with what is marked.

use super::{Collecting, PAGE, Phase};
use crate::domain::{Digest, Error, Result};
use crate::server::blobs::BlobStore;
use crate::server::context::App;
use crate::server::entropy::new_secret_uuid;
use crate::server::store::collect::{self, Rule};
use futures::future::try_join_all;
use std::sync::Arc;
use std::time::Duration;

/// Content that is put aside at a time: whoever commits waits for that.
const TOGETHER: u32 = 64;
/// Who waits to commit goes first.
const BETWEEN: Duration = Duration::from_millis(2);
/// How often it is asked whether blobs can be freed, while they cannot.
const ASK: Duration = Duration::from_millis(500);
/// How the names begin of what is put aside.
const ASIDE: &str = "aside-";

impl Collecting<'_> {
    pub(super) async fn contents(&mut self) -> Result<()> {
        let page = collect::contents(&self.work.app.store, &self.rule, &self.place.after.1, PAGE).await?;
        self.looked_at(page.len());
        let Some(last) = page.last().map(|(digest, ..)| digest.to_string()) else {
            self.go_on(if self.rule.is_dry { Phase::Over } else { Phase::Bytes });
            return Ok(());
        };
        let free = page.into_iter().filter(|(.., is_free)| *is_free);
        if self.rule.is_dry {
            for (_, size, _) in free {
                self.place.n_contents += 1;
                self.to.n_bytes += size;
            }
        } else {
            let (rule, free): (_, Vec<Digest>) = (self.rule, free.map(|(digest, ..)| digest).collect());
            for some in free.chunks(TOGETHER as usize).map(<[Digest]>::to_vec) {
                self.note(move |tx| Box::pin(async move { collect::mark(tx, &rule, &some).await })).await?;
            }
        }
        self.place.after.1 = last;
        Ok(())
    }

    pub(super) async fn bytes(&mut self) -> Result<()> {
        let app = &self.work.app;
        if self.place.after.1.is_empty() {
            self.free_what_was_left().await?;
        }
        let marked = collect::marked(&app.store, &self.place.after.1, TOGETHER).await?;
        let (Some((last, _)), Some(blobs)) = (marked.last(), &self.work.blobs) else {
            self.go_on(Phase::Over);
            return Ok(());
        };
        let Some(removing) = blobs.begin_removing()? else {
            self.to.waits_for = Some("a backup copies the blobs; they are freed when it ends".to_owned());
            tokio::time::sleep(ASK).await;
            return Ok(());
        };
        self.place.after.1 = last.to_string();
        let digests: Vec<Digest> = marked.into_iter().map(|(digest, _)| digest).collect();
        let (app, blobs, rule) = (app.clone(), Arc::clone(blobs), self.rule);
        // By a task of its own: whoever drops this run lets nobody commit before the files are where they are to be.
        let put_aside = tokio::spawn({
            let blobs = Arc::clone(&blobs);
            async move { (put_aside(&app, &*blobs, &rule, &digests).await, removing) }
        });
        let (aside, _removing) = put_aside.await.map_err(|_| Error::Internal)?;
        let aside = aside?;
        let gone: Vec<Digest> = aside.iter().map(|(digest, _)| digest.clone()).collect();
        if !gone.is_empty() {
            let forgotten = self.note(move |tx| Box::pin(async move { collect::forget_contents(tx, &gone).await }));
            let (n_gone, n_bytes) = forgotten.await?;
            self.place.n_contents += n_gone;
            self.to.n_bytes += n_bytes;
        }
        let mut freed = Vec::with_capacity(aside.len());
        for (_, place) in &aside {
            freed.push(blobs.discard(place));
        }
        try_join_all(freed).await?;
        tokio::time::sleep(BETWEEN).await;
        Ok(())
    }

    /// A run that was cut off may have put content aside and not freed it.
    async fn free_what_was_left(&self) -> Result<()> {
        let Some(blobs) = &self.work.blobs else { return Ok(()) };
        for (name, _) in blobs.staged().await?.into_iter().filter(|(name, _)| name.starts_with(ASIDE)) {
            blobs.discard(&name).await?;
        }
        Ok(())
    }
}

/// Puts content aside that is marked still while nobody commits it; what that was, and under which names.
async fn put_aside(app: &App, blobs: &dyn BlobStore, rule: &Rule, digests: &[Digest]) -> Result<Vec<(Digest, String)>> {
    let alone = blobs.commits().stop(digests).await;
    let still = collect::still_marked(&app.store, rule, digests).await?;
    let named = still.into_iter().map(|digest| (digest, format!("{ASIDE}{}", new_secret_uuid(&*app.entropy))));
    let aside: Vec<(Digest, String)> = named.collect();
    blobs.put_aside(&aside, &alone).await?;
    Ok(aside)
}
