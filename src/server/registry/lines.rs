//! Whoever comes by the same name waits until those before have ended; some come together, and wait for who comes alone. It is
//! kept in memory, and holds within this process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock as Line};

/// Who waits, or has a turn, by name.
#[derive(Default)]
pub(super) struct Lines(Mutex<HashMap<String, Weak<Line<()>>>>);

/// A turn of one alone, which is over when it is dropped.
pub(super) type Turn = OwnedRwLockWriteGuard<()>;

/// Turns that others may have at the same time. They are over when dropped.
pub(super) struct Shared {
    _turns: Vec<OwnedRwLockReadGuard<()>>,
    /// Whether somebody had one alone, and was waited for.
    pub has_waited: bool,
}

impl Lines {
    /// Waits for a turn.
    pub(super) async fn wait(&self, name: &str) -> Turn {
        self.line(name).write_owned().await
    }

    /// A turn if nobody has one or waits for it.
    pub(super) fn try_turn(&self, name: &str) -> Option<Turn> {
        self.line(name).try_write_owned().ok()
    }

    /// Waits for a turn by each of these names. All who want several take them in one order, so that no two wait for each
    /// other.
    pub(super) async fn wait_all(&self, names: &BTreeSet<String>) -> Vec<Turn> {
        let mut turns = Vec::new();
        for line in self.lines(names) {
            turns.push(line.write_owned().await);
        }
        turns
    }

    /// Waits until nobody has a turn alone by any of these names; nobody gets one until these are over.
    pub(super) async fn share(&self, names: &BTreeSet<String>) -> Shared {
        let mut shared = Shared { _turns: Vec::new(), has_waited: false };
        for line in self.lines(names) {
            let turn = match Arc::clone(&line).try_read_owned() {
                Ok(turn) => turn,
                Err(_) => {
                    shared.has_waited = true;
                    line.read_owned().await
                }
            };
            shared._turns.push(turn);
        }
        shared
    }

    fn line(&self, name: &str) -> Arc<Line<()>> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(name).and_then(Weak::upgrade) {
            return line;
        }
        lines.retain(|_, line| line.strong_count() > 0);
        added(&mut lines, name)
    }

    /// The same of several, which may be many.
    fn lines(&self, names: &BTreeSet<String>) -> Vec<Arc<Line<()>>> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|_, line| line.strong_count() > 0);
        let known = |lines: &HashMap<String, Weak<_>>, name: &String| lines.get(name).and_then(Weak::upgrade);
        names.iter().map(|name| known(&lines, name).unwrap_or_else(|| added(&mut lines, name))).collect()
    }
}

fn added(lines: &mut HashMap<String, Weak<Line<()>>>, name: &str) -> Arc<Line<()>> {
    let line = Arc::default();
    lines.insert(name.to_owned(), Arc::downgrade(&line));
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn who_comes_alone_waits_for_those_who_share_and_they_for_who_came_alone() {
        let (lines, names) = (Lines::default(), |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect());
        let (both, one): (BTreeSet<String>, BTreeSet<String>) = (names(&["a", "b"]), names(&["b"]));
        let (first, second) = (lines.share(&both).await, lines.share(&one).await);
        assert!(!first.has_waited && !second.has_waited, "they come together");
        let mut alone = Box::pin(lines.wait_all(&both));
        drop(first);
        assert!(alone.as_mut().now_or_never().is_none());
        drop(second);
        let alone = alone.now_or_never().expect("nobody shares it any more");
        let mut third = Box::pin(lines.share(&one));
        assert!(third.as_mut().now_or_never().is_none());
        drop(alone);
        assert!(third.now_or_never().expect("a turn").has_waited);
    }
}
