//! The epoch of access as this process knows it, read again no oftener than it has to be.

use crate::domain::Result;
use crate::server::store::{Store, epoch};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long another process may have changed something before this one notices.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The last look.
#[derive(Default)]
pub(super) struct EpochWatch(Mutex<Option<Look>>);

#[derive(Clone, Copy)]
struct Look {
    epoch: i64,
    /// After how many changes of this process it was taken, and when.
    n_changes: u64,
    at: Instant,
}

impl EpochWatch {
    /// The present epoch: exact for what this process changed, and late by a moment for what others did.
    pub(super) async fn now(&self, store: &Store) -> Result<i64> {
        let n_changes = store.n_changes();
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.filter(|last| last.n_changes == n_changes && last.at.elapsed() < LOOK_AGAIN) {
            return Ok(last.epoch);
        }
        let at = Instant::now(); // Before the question: what is written after it ends this epoch.
        let epoch = epoch::now(store).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Look { epoch, n_changes, at });
        Ok(epoch)
    }
}
