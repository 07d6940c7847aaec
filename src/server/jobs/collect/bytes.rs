//! The last two phases: content that nothing links is marked, and what is still marked while nobody commits it is put aside,
//! forgotten, and freed. Whatever happens in between, the next run goes on with what is marked.

use super::{Collecting, Phase};
use crate::domain::{Digest, Error, Result};
use crate::server::blobs::BlobStore;
use crate::server::context::App;
use crate::server::entropy::new_secret_uuid;
use crate::server::store::collect::{self, Bounds};
use futures::future::try_join_all;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Content that is put aside at a time, of which nobody commits any meanwhile; and as much where somebody else writes.
const TOGETHER: u32 = 64;
const FEW: u32 = 8;
/// How often it is asked whether blobs can be freed, while they cannot.
const ASK: Duration = Duration::from_millis(500);
/// What is smaller is removed where it lies, which takes no longer than to put it aside.
const LARGE: u64 = 1 << 20;
/// In so many parts it is removed at the same time, where nobody else writes.
const SIDE_BY_SIDE: usize = 8;
/// How the names begin of what is put aside.
const ASIDE: &str = "aside-";

impl Collecting<'_> {
    pub(super) async fn contents(&mut self) -> Result<()> {
        let n_rows = self.page_size();
        let page = collect::contents(&self.work.app.store, &self.bounds, &self.place.after.1, n_rows).await?;
        self.looked_at(page.len());
        let Some(last) = page.last().map(|(digest, ..)| digest.to_string()) else {
            self.go_on(if self.bounds.is_dry { Phase::Over } else { Phase::Bytes });
            return Ok(());
        };
        let free = page.into_iter().filter(|(.., is_free)| *is_free);
        if self.bounds.is_dry {
            for (_, size, _) in free {
                self.place.n_contents += 1;
                self.to.n_bytes += size;
            }
        } else {
            let (bounds, free): (_, Vec<Digest>) = (self.bounds, free.map(|(digest, ..)| digest).collect());
            for some in free.chunks(TOGETHER as usize).map(<[Digest]>::to_vec) {
                self.note(move |tx| Box::pin(async move { collect::mark(tx, &bounds, &some).await })).await?;
            }
        }
        self.place.after.1 = last;
        Ok(())
    }

    pub(super) async fn bytes(&mut self) -> Result<()> {
        let (work, app) = (self.work, &self.work.app);
        if self.place.after.1.is_empty() {
            self.free_what_was_left().await?;
        }
        let is_alone = self.is_alone();
        let together = if is_alone { TOGETHER } else { FEW };
        let marked = collect::marked(&app.store, &self.place.after.1, together).await?;
        let (Some((last, _)), Some(blobs)) = (marked.last(), &work.blobs) else {
            self.go_on(Phase::Over);
            return Ok(());
        };
        let Some(removing) = blobs.begin_removing()? else {
            self.to.waits_for = Some("a backup copies the blobs; they are freed when it ends".to_owned());
            tokio::time::sleep(ASK).await;
            return Ok(());
        };
        self.place.after.1 = last.to_string();
        let (app, blobs, bounds) = (app.clone(), Arc::clone(blobs), self.bounds);
        // By a task of its own: whoever drops this run lets nobody commit before the files are where they are to be.
        let n_in_a_part = if is_alone { TOGETHER as usize / SIDE_BY_SIDE } else { TOGETHER as usize };
        let taking = tokio::spawn({
            let blobs = Arc::clone(&blobs);
            async move { (take_away(&app, &*blobs, (&bounds, n_in_a_part), &marked).await, removing) }
        });
        let (taken, _removing) = taking.await.map_err(|_| Error::Internal)?;
        let (gone, aside) = taken?;
        if !gone.is_empty() {
            let forgotten = self.note(move |tx| Box::pin(async move { collect::forget_contents(tx, &gone).await }));
            let (n_gone, n_bytes) = forgotten.await?;
            self.place.n_contents += n_gone;
            self.to.n_bytes += n_bytes;
        }
        try_join_all(aside.iter().map(|place| blobs.discard(place))).await.map(drop)
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

/// Takes content out of its place that is marked still while nobody commits it; what that was, and under which names what
/// is large lies aside.
async fn take_away(
    app: &App,
    blobs: &dyn BlobStore,
    (bounds, n_in_a_part): (&Bounds, usize),
    marked: &[(Digest, u64)],
) -> Result<(Vec<Digest>, Vec<String>)> {
    let digests: Vec<Digest> = marked.iter().map(|(digest, _)| digest.clone()).collect();
    let large: BTreeSet<&Digest> = marked.iter().filter(|(_, size)| *size >= LARGE).map(|(digest, _)| digest).collect();
    let alone = blobs.commits().stop(&digests).await;
    let still = collect::still_marked(&app.store, bounds, &digests).await?;
    let (large, small): (Vec<Digest>, Vec<Digest>) = still.iter().cloned().partition(|digest| large.contains(digest));
    try_join_all(small.chunks(n_in_a_part).map(|some| blobs.remove(some, &alone))).await?;
    let aside: Vec<(Digest, String)> =
        large.into_iter().map(|digest| (digest, format!("{ASIDE}{}", new_secret_uuid(&*app.entropy)))).collect();
    blobs.put_aside(&aside, &alone).await?;
    Ok((still, aside.into_iter().map(|(_, name)| name).collect()))
}
