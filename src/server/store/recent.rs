//! What was read lately and still holds. An answer is kept for exactly as long as the database does not change
//! ([`Moment`]): then all are forgotten, so none is ever older than what a query would say.

use super::Moment;
use crate::domain::RepositoryName;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// What one answer takes besides its content.
const OVERHEAD_BYTES: usize = 256;

/// An answer that takes more than this share of the room is not worth what it would displace.
const LARGEST_SHARE: usize = 32;

/// An answer that can be kept.
pub trait Keep: Clone {
    /// How many bytes it holds.
    fn n_bytes(&self) -> usize;
}

/// Answers to one kind of question in one kind of words.
pub struct Recent<K, V> {
    known: RwLock<Known<K, V>>,
    room_bytes: usize,
}

struct Known<K, V> {
    /// At which moment all of them were read.
    at: Option<Moment>,
    n_bytes: usize,
    answers: HashMap<RepositoryName, HashMap<K, V>>,
}

impl<K: Hash + Eq + Clone, V: Keep> Recent<K, V> {
    /// Room for answers of so many bytes.
    pub fn new(room_bytes: usize) -> Self {
        Self { known: RwLock::new(Known { at: None, n_bytes: 0, answers: HashMap::new() }), room_bytes }
    }

    /// What is known of `key` in `repository` at this moment. The caller names the moment before it asks anybody:
    /// whatever is written after that ends it.
    pub fn known(&self, now: Option<Moment>, repository: &RepositoryName, key: &K) -> Option<V> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_now = now.is_some() && known.at == now;
        known.answers.get(repository).filter(|_| is_now)?.get(key).cloned()
    }

    /// Keeps what was read since the moment.
    pub fn keep(&self, at: Option<Moment>, repository: &RepositoryName, key: &K, found: &V) {
        let n_bytes = found.n_bytes() + OVERHEAD_BYTES;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if at.is_none() || known.at > at || n_bytes > self.room_bytes / LARGEST_SHARE {
            return;
        }
        if known.at != at || known.n_bytes + n_bytes > self.room_bytes {
            *known = Known { at, n_bytes: 0, answers: HashMap::new() };
        }
        let before = known.answers.entry(repository.clone()).or_default().insert(key.clone(), found.clone());
        known.n_bytes += if before.is_none() { n_bytes } else { 0 };
    }
}
