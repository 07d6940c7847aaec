//! Asking for a fresh look at a repository because somebody opened it. Pages ask here and the jobs of this
//! process answer; neither knows the other.

use crate::domain::{RepositoryName, Timestamp};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long a page waits for the first rows of a repository that was never read.
const PATIENCE: Duration = Duration::from_millis(900);
/// A repository is not looked at again within this time.
const LOOK_EVERY_MS: i64 = 3_000;
/// Looks that are remembered; beyond it no more are taken until the oldest may be repeated.
const REMEMBERED: usize = 10_000;
/// Looks that wait to be taken; beyond it pages show what there is.
const WAITING: usize = 16;

/// Where pages ask.
pub struct Looks {
    waiting: mpsc::Sender<Look>,
    asked: Mutex<HashMap<RepositoryName, Timestamp>>,
}

/// One repository to look at.
pub struct Look {
    pub repository: RepositoryName,
    /// It was never read: somebody waits for its first rows, told by this (or by its being dropped).
    pub first_rows: Option<oneshot::Sender<()>>,
}

impl Looks {
    /// Where pages ask, and where the jobs take.
    pub fn channel() -> (Self, mpsc::Receiver<Look>) {
        let (waiting, taken) = mpsc::channel(WAITING);
        (Self { waiting, asked: Mutex::default() }, taken)
    }

    /// Somebody opened `repository`. Returns whether its first rows may have come meanwhile.
    pub async fn look(&self, repository: &RepositoryName, is_unread: bool, now: Timestamp) -> bool {
        let Ok(place) = self.waiting.try_reserve() else { return false };
        if !self.claim(repository, now) {
            return false;
        }
        let (first_rows, seen) = oneshot::channel();
        place.send(Look { repository: repository.clone(), first_rows: is_unread.then_some(first_rows) });
        if is_unread {
            let _ = tokio::time::timeout(PATIENCE, seen).await; // The page shows what there is.
        }
        is_unread
    }

    fn claim(&self, repository: &RepositoryName, now: Timestamp) -> bool {
        let mut asked = self.asked.lock().expect("no holder of the lock panics");
        if asked.get(repository).is_some_and(|last| now.0 - last.0 < LOOK_EVERY_MS) {
            return false;
        }
        if asked.len() >= REMEMBERED {
            asked.retain(|_, last| now.0 - last.0 < LOOK_EVERY_MS);
        }
        if asked.len() >= REMEMBERED {
            return false;
        }
        asked.insert(repository.clone(), now);
        true
    }
}
