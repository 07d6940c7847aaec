//! Where passwords wait that have to be checked, which costs on purpose. There is a line for each account from each
//! origin (a network, or a browser that is known), the first of each of them stands in the line of the origin, and the
//! first of that in the line of what lies around it: so nobody who tries one account holds up others, and nobody who has
//! many networks takes all of the time. Of those who are left the ones who are known go first.

use super::backoff::Origin;
use crate::domain::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Those who may stand in a line.
const OF_ACCOUNT: usize = 64;
const OF_ORIGIN: usize = 512;

/// Strangers who may wait for a place: more of them would wait for longer than anybody does.
const STRANGERS: usize = 64;

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

    /// Waits for the turn among all who come from there, and then among all who come from around there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where too many wait already.
    pub(super) async fn of_origin(&self, origin: &Origin) -> Result<[Turn; 2]> {
        let own = self.line(origin.as_str(), OF_ORIGIN).turn(OF_ORIGIN).await?;
        let around = format!("around {}", origin.around());
        Ok([own, self.line(&around, OF_ORIGIN).turn(OF_ORIGIN).await?])
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

/// Who waits for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// By a browser with which they signed in before, or by something else that they showed.
    Known,
    Stranger,
}

/// The places for what costs. However many strangers come, at most one of them stands ahead of who is known.
pub(super) struct Places {
    free: Arc<Semaphore>,
    /// Room for strangers.
    waiting: Semaphore,
    /// Strangers wait here, and one of them with those who are known.
    door: tokio::sync::Mutex<()>,
}

impl Places {
    pub(super) fn new(n_places: usize) -> Self {
        Self {
            free: Semaphore::new(n_places).into(),
            waiting: Semaphore::new(STRANGERS),
            door: tokio::sync::Mutex::default(),
        }
    }

    /// Waits for a place, which is free again when dropped.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for a stranger where too many wait already.
    pub(super) async fn place(&self, who: Who) -> Result<OwnedSemaphorePermit> {
        let _first = match who {
            Who::Known => None,
            Who::Stranger => {
                let room = self.waiting.try_acquire().map_err(|_| {
                    Error::Unavailable("too many sign-ins are waiting at this moment; try again soon".to_owned())
                })?;
                Some((room, self.door.lock().await))
            }
        };
        Arc::clone(&self.free).acquire_owned().await.map_err(|_| Error::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use futures::future::join_all;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[tokio::test]
    async fn strangers_in_any_number_leave_who_is_known_a_place() {
        let places = Places::new(2);
        let taken = [places.place(Who::Stranger).await.unwrap(), places.place(Who::Stranger).await.unwrap()];
        let mut strangers: Vec<_> = (0..STRANGERS).map(|_| Box::pin(places.place(Who::Stranger))).collect();
        assert!(strangers.iter_mut().all(|stranger| stranger.as_mut().now_or_never().is_none()));
        for _ in 0..10_000 {
            let refused = places.place(Who::Stranger).now_or_never().expect("at once").err();
            assert!(matches!(refused, Some(Error::Unavailable(_))), "{refused:?}");
        }
        let mut known = Box::pin(places.place(Who::Known));
        assert!(known.as_mut().now_or_never().is_none(), "nobody is thrown out");
        drop(taken);
        assert!(known.as_mut().now_or_never().is_some_and(|place| place.is_ok()), "two places: a stranger's, and this");
        let first = strangers.remove(0).now_or_never();
        assert!(first.is_some_and(|place| place.is_ok()), "strangers come in too");
    }

    proptest! {
        /// Whoever has whole networks has one turn for all that one customer holds.
        #[test]
        fn networks_around_each_other_have_one_turn_at_a_time(
            six in prop::collection::vec((0..3_u16, any::<u16>(), any::<u64>()), 1..40),
            four in prop::collection::vec((0..3_u8, any::<[u8; 2]>()), 1..40),
        ) {
            let six = six.into_iter().map(|(site, net, host)| {
                let bits = u128::from(0x2001_0db8_0000_u64 + u64::from(site)) << 80 | u128::from(net) << 64 | u128::from(host);
                (format!("six {site}"), Ipv6Addr::from_bits(bits).to_string())
            });
            let four = four.into_iter().map(|(site, [net, host])| {
                (format!("four {site}"), Ipv4Addr::new(198, 51 + site, net, host).to_string())
            });
            let origins: Vec<_> = six.chain(four).map(|(site, from)| (site, Origin::network(&from))).collect();
            let queue = Queue::default();
            let (mut turns, mut waiting, mut sites) = (vec![], vec![], BTreeSet::new());
            for (site, origin) in &origins {
                let mut turn = Box::pin(queue.of_origin(origin));
                let has_turn = turn.as_mut().now_or_never().map(|turn| turns.push(turn.unwrap())).is_some();
                prop_assert_eq!(has_turn, sites.insert(site.clone()), "the first of each site, and nobody else");
                if !has_turn {
                    waiting.push(turn);
                }
            }
        }
    }

    #[tokio::test]
    async fn a_line_that_is_full_holds_up_nobody_in_another() {
        let queue = Queue::default();
        let first = queue.of_account("192.0.2.0/24 mara", 4).await.unwrap();
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(queue.of_account("192.0.2.0/24 mara", 4))).collect();
        assert!(waiting.iter_mut().all(|turn| turn.as_mut().now_or_never().is_none()), "one after the other");
        let refused = queue.of_account("192.0.2.0/24 mara", 4).await.err();
        assert!(matches!(refused, Some(Error::Unavailable(_))), "{refused:?}");
        assert!(queue.of_account("192.0.2.0/24 nina", 4).now_or_never().is_some_and(|turn| turn.is_ok()));
        assert!(queue.of_origin(&Origin::network("nowhere")).now_or_never().is_some_and(|turns| turns.is_ok()));
        assert!(queue.of_origin(&Origin::network("192.0.2.7")).now_or_never().is_some_and(|turn| turn.is_ok()));
        drop(first);
        let turns = waiting.into_iter().map(|turn| async move { turn.await.map(drop) });
        assert!(join_all(turns).await.iter().all(Result::is_ok), "who waits gets in, in the end");
        assert!(queue.of_account("192.0.2.0/24 mara", 0).await.is_ok());
    }
}
