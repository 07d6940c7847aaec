//! What one request does at a time: whoever comes with the same meanwhile is told so, and does not meet it halfway. It is
//! kept in memory alone, and ends with the process as the work does.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What is under way, by name.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<HashSet<String>>>);

/// A turn at something, until it is dropped.
#[derive(Debug)]
#[must_use = "the turn is over when it is dropped"]
pub struct Turn {
    turns: Turns,
    name: String,
}

impl Turns {
    /// The turn at that, if nobody has it.
    pub fn take(&self, name: &str) -> Option<Turn> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        is_free.then(|| Turn { turns: self.clone(), name: name.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_one_at_a_time_and_ends_when_it_is_dropped() {
        let turns = Turns::default();
        let turn = turns.take("a");
        assert!(turn.is_some() && turns.take("a").is_none() && turns.take("b").is_some());
        drop(turn);
        assert!(turns.take("a").is_some());
    }
}
