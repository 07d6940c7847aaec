//! Looks at registries elsewhere: those that pages ask for, and those of which a registry gave a hint. They go ahead of the
//! round that may be under way, and never into the place of each other.

use super::crawl;
use super::reading::Reading;
use super::{Runner, Work};
use crate::server::looks::Look;
use crate::server::looks::hints::Taken;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

impl Runner {
    /// Starts a look, unless as many are under way at its registry already: then the page shows what there is.
    pub(super) fn start_look(&self, look: Look, stop: &CancellationToken) {
        let lanes = self.work.app.mount(&look.repository).map(|mount| self.work.lanes(&mount.id));
        let Some(turn) = lanes.and_then(|lanes| Arc::clone(&lanes.looks).try_acquire_owned().ok()) else { return };
        let (work, stop) = (Arc::clone(&self.work), stop.clone());
        self.work.tasks.spawn(async move {
            let _turn = turn;
            stop.run_until_cancelled(work.answer(look)).await;
        });
    }

    /// Asks about something that a registry told of.
    pub(super) fn start_hint(&self, told: Taken, stop: &CancellationToken) {
        let (work, stop) = (Arc::clone(&self.work), stop.clone());
        self.work.tasks.spawn(async move {
            stop.run_until_cancelled(work.ask_about(told)).await;
        });
    }
}

impl Work {
    /// Looks at a repository that somebody opened, ahead of the round that may be under way.
    async fn answer(&self, look: Look) {
        let app = &self.app;
        if let Some(mount) = app.mount(&look.repository) {
            let lanes = self.lanes(&mount.id);
            crawl::look(&Reading { app, mount: &mount, lane: &lanes.look }, look).await;
        }
    }

    /// Asks a registry about what it is said to have changed, unless it is mounted no more.
    async fn ask_about(&self, told: Taken) {
        let app = &self.app;
        let mount = app.mount(&told.hint.repository).filter(|mount| mount.id == told.mount_id);
        if let Some(mount) = mount {
            let lanes = self.lanes(&mount.id);
            crawl::hear(&Reading { app, mount: &mount, lane: &lanes.hint }, told).await;
        }
    }
}
