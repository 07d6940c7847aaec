//! Where passwords wait that have to be checked, which costs on purpose. Whoever comes from one origin (a network, or a
//! browser that is known) checks one after the other and waits in few places, so nobody takes all of the time, and
//! everybody else gets a turn.

use crate::domain::{Error, Result};
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Those who may wait in one line, with the one whose turn it is.
const PLACES: usize = 32;

/// Lines that are remembered, and for how long after somebody stood in them.
const LINES: u64 = 20_000;
const KEPT_FOR: Duration = Duration::from_secs(60);

/// A line for each origin.
pub(super) struct Queue(Cache<String, Arc<Line>>);

struct Line {
    places: Arc<Semaphore>,
    turn: Arc<Semaphore>,
}

/// Somebody's turn, over when dropped.
pub(super) struct Turn {
    _turn: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Default for Queue {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(LINES).time_to_idle(KEPT_FOR).build())
    }
}

impl Default for Line {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl Queue {
    /// Waits for the turn of one who comes from there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where too many wait already.
    pub(super) async fn turn(&self, origin: &str) -> Result<Turn> {
        let line = self.0.get_with(origin.to_owned(), Arc::default);
        let full =
            |_| Error::Unavailable("too many sign-ins from your network are waiting; try again in a moment".to_owned());
        let place = Arc::clone(&line.places).try_acquire_owned().map_err(full)?;
        let turn = Arc::clone(&line.turn).acquire_owned().await.map_err(|_| Error::Internal)?;
        Ok(Turn { _turn: turn, _place: place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use futures::future::join_all;

    #[tokio::test]
    async fn a_network_that_fills_its_line_holds_up_nobody_else() {
        let queue = Queue::default();
        let first = queue.turn("192.0.2.0/24").await.unwrap();
        let mut waiting: Vec<_> = (1..PLACES).map(|_| Box::pin(queue.turn("192.0.2.0/24"))).collect();
        assert!(waiting.iter_mut().all(|turn| turn.as_mut().now_or_never().is_none()), "one after the other");
        let refused = queue.turn("192.0.2.0/24").await.err();
        assert!(matches!(refused, Some(Error::Unavailable(_))), "{refused:?}");
        assert!(queue.turn("198.51.100.0/24").now_or_never().is_some_and(|turn| turn.is_ok()), "others get theirs");
        drop(first);
        let turns = waiting.into_iter().map(|turn| async move { turn.await.map(drop) });
        assert!(join_all(turns).await.iter().all(Result::is_ok), "who waits gets in, in the end");
        assert!(queue.turn("192.0.2.0/24").await.is_ok());
    }
}
