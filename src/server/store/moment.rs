//! Moments between two changes: what was read at one is known for exactly as long as nothing was written since.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A state of the database. What is read at two equal moments is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// Counts the changes that this process makes to its database: odd while one becomes durable.
#[derive(Clone, Default)]
pub(super) struct Moments(Arc<AtomicU64>);

/// While it lives, some readers see what is being written and others do not yet.
pub(super) struct Changing<'a>(&'a Moments);

impl Moments {
    /// The state that every reader sees, if there is one: none while a change becomes durable.
    pub(super) fn now(&self) -> Option<Moment> {
        let count = self.0.load(Ordering::SeqCst);
        count.is_multiple_of(2).then_some(Moment(count))
    }

    /// How often it changed through this process; also between two moments it tells of a change.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Ends the moment. The one writer calls it before readers can see what it wrote.
    pub(super) fn change(&self) -> Changing<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Changing(self)
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_ends_a_moment_and_is_none_itself() {
        let moments = Moments::default();
        let before = moments.now();
        assert!(before.is_some() && before == moments.now());
        let changing = moments.change();
        assert_eq!(moments.now(), None);
        drop(changing);
        assert!(moments.now().is_some_and(|after| Some(after) != before));
    }
}
