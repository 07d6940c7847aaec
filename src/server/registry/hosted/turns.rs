//! Large manifests write many rows, and who pushes them many at once would keep everybody else from writing. So there is
//! one of them at a time, and each pusher stands in the line once, however many they send.

use super::super::lines::{self, Lines};
use tokio::sync::{Mutex, MutexGuard};

/// Who waits, or has a turn.
#[derive(Default)]
pub(super) struct Turns {
    of: Lines,
    all: Mutex<()>,
}

/// Over when dropped.
pub(super) struct Turn<'t> {
    _all: MutexGuard<'t, ()>,
    _own: lines::Turn,
}

impl Turns {
    /// Waits for a turn of theirs, and then for that of all.
    pub(super) async fn of(&self, who: &str) -> Turn<'_> {
        let own = self.of.wait(who).await;
        Turn { _all: self.all.lock().await, _own: own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn who_comes_often_stands_in_the_line_once() {
        let turns = Turns::default();
        let first = turns.of("eve").await;
        let mut more: Vec<_> = (0..100).map(|_| Box::pin(turns.of("eve"))).collect();
        assert!(more.iter_mut().all(|turn| turn.as_mut().now_or_never().is_none()));
        let mut other = Box::pin(turns.of("bob"));
        assert!(other.as_mut().now_or_never().is_none(), "one at a time");
        drop(first);
        let eves = more.iter_mut().filter_map(|turn| turn.as_mut().now_or_never()).count();
        assert_eq!(eves, 0, "bob came before the second of eve's");
        drop(other.now_or_never().expect("his turn"));
        assert!(more.remove(0).now_or_never().is_some());
    }
}
