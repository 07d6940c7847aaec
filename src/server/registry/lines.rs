//! Whoever comes by the same name waits until those before have ended. It is kept in memory, and holds within this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Mutex as Line, OwnedMutexGuard};

/// Who waits, or has a turn, by name.
#[derive(Default)]
pub(super) struct Lines(Mutex<HashMap<String, Weak<Line<()>>>>);

impl Lines {
    /// Waits for a turn, which is over when it is dropped.
    pub(super) async fn wait(&self, name: &str) -> OwnedMutexGuard<()> {
        self.line(name).lock_owned().await
    }

    /// A turn if nobody has one or waits for it.
    pub(super) fn try_turn(&self, name: &str) -> Option<OwnedMutexGuard<()>> {
        self.line(name).try_lock_owned().ok()
    }

    fn line(&self, name: &str) -> Arc<Line<()>> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(name).and_then(Weak::upgrade) {
            return line;
        }
        lines.retain(|_, line| line.strong_count() > 0);
        let line = Arc::default();
        lines.insert(name.to_owned(), Arc::downgrade(&line));
        line
    }
}
