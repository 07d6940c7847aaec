//! Where passwords wait that have to be checked, which costs on purpose. There is a line for each account from each
//! origin (a network, or a browser that is known), and the first of each of them stands in the line of the origin: so
//! nobody who tries one account holds up others, and no network takes all of the time.

use crate::domain::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Those who may stand in a line.
const OF_ACCOUNT: usize = 64;
const OF_ORIGIN: usize = 512;

/// Lines in which nobody stands are cleared away each time that so many more have come.
const CLEARED_AT: usize = 1_024;

/// All lines in which somebody stands.
#[derive(Default)]
pub(super) struct Queue(Mutex<HashMap<String, Weak<Line>>>);

struct Line {
    n_places: usize,
    places: Arc<Semaphore>,
    turn: Arc<Semaphore>,
}

/// Somebody's turn, over when dropped.
pub(super) struct Turn {
    _line: Arc<Line>,
    _turn: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Queue {
    /// Waits for the turn of one who tries this account from there, behind `at_most` others.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where more wait already.
    pub(super) async fn of_account(&self, subject: &str, at_most: usize) -> Result<Turn> {
        self.line(subject, OF_ACCOUNT).turn(at_most).await
    }

    /// Waits for the turn among all who come from there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where too many wait already.
    pub(super) async fn of_origin(&self, origin: &str) -> Result<Turn> {
        self.line(origin, OF_ORIGIN).turn(OF_ORIGIN).await
    }

    fn line(&self, name: &str, n_places: usize) -> Arc<Line> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(name).and_then(Weak::upgrade) {
            return line;
        }
        if lines.len() % CLEARED_AT == CLEARED_AT - 1 {
            lines.retain(|_, line| line.strong_count() > 0);
        }
        let line = Line { n_places, places: Semaphore::new(n_places).into(), turn: Semaphore::new(1).into() };
        let line = Arc::new(line);
        lines.insert(name.to_owned(), Arc::downgrade(&line));
        line
    }
}

impl Line {
    async fn turn(self: Arc<Self>, at_most: usize) -> Result<Turn> {
        let full = || Error::Unavailable("too many sign-ins like yours are waiting; try again in a moment".to_owned());
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| full())?;
        if self.n_places - self.places.available_permits() > at_most.saturating_add(1) {
            return Err(full());
        }
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| Error::Internal)?;
        Ok(Turn { _line: self, _turn: turn, _place: place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use futures::future::join_all;

    #[tokio::test]
    async fn a_line_that_is_full_holds_up_nobody_in_another() {
        let queue = Queue::default();
        let first = queue.of_account("192.0.2.0/24 mara", 4).await.unwrap();
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(queue.of_account("192.0.2.0/24 mara", 4))).collect();
        assert!(waiting.iter_mut().all(|turn| turn.as_mut().now_or_never().is_none()), "one after the other");
        let refused = queue.of_account("192.0.2.0/24 mara", 4).await.err();
        assert!(matches!(refused, Some(Error::Unavailable(_))), "{refused:?}");
        assert!(queue.of_account("192.0.2.0/24 nina", 4).now_or_never().is_some_and(|turn| turn.is_ok()));
        assert!(queue.of_origin("192.0.2.0/24").now_or_never().is_some_and(|turn| turn.is_ok()));
        drop(first);
        let turns = waiting.into_iter().map(|turn| async move { turn.await.map(drop) });
        assert!(join_all(turns).await.iter().all(Result::is_ok), "who waits gets in, in the end");
        assert!(queue.of_account("192.0.2.0/24 mara", 0).await.is_ok());
    }
}
