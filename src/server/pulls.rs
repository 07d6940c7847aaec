//! Pulls that are not written down yet. Counting one costs a look into a map; a job writes what has gathered.

use crate::domain::{Reference, RepositoryName, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// What is counted at once at most: more names than that within seconds are nobody's pulls.
const MOST: usize = 100_000;

/// Counts that gather between two writings.
#[derive(Default)]
pub struct Pulls(Mutex<Gathered>);

#[derive(Default)]
struct Gathered {
    counts: HashMap<RepositoryName, HashMap<Reference, Tally>>,
    n_counts: usize,
}

/// How often something was pulled, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Manifests that were fetched; asking without fetching counts for `last` alone.
    pub fetched: u64,
    pub last: Timestamp,
}

impl Pulls {
    /// Counts one request for a manifest, which fetched it whole or only asked what it is.
    pub fn count(&self, repository: &RepositoryName, reference: &Reference, whole: bool, now: Timestamp) {
        let mut gathered = self.lock();
        let known = gathered.counts.get_mut(repository).and_then(|counts| counts.get_mut(reference));
        if let Some(tally) = known {
            *tally = Tally { fetched: tally.fetched + u64::from(whole), last: now };
        } else if gathered.n_counts < MOST {
            let tally = Tally { fetched: u64::from(whole), last: now };
            gathered.counts.entry(repository.clone()).or_default().insert(reference.clone(), tally);
            gathered.n_counts += 1;
        }
    }

    /// Takes what has gathered.
    pub fn take(&self) -> Vec<(RepositoryName, Reference, Tally)> {
        let gathered = std::mem::take(&mut *self.lock());
        let of_one = |(name, counts): (RepositoryName, HashMap<Reference, Tally>)| {
            counts.into_iter().map(move |(reference, tally)| (name.clone(), reference, tally))
        };
        gathered.counts.into_iter().flat_map(of_one).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().expect("no holder of the lock panics")
    }
}
