//! Callers that were found lately, by what they showed.

use super::known::At;
use crate::server::access::Standing;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

/// For how long one is remembered at most.
pub(super) const FOR: Duration = Duration::from_secs(60);
/// How many there are, by what they hold: one without grants weighs so much, and each grant one more. In all it is some
/// 60 MB at the most.
const MOST: u64 = 400_000;
const WEIGHT: usize = 20;

/// Each holds for a minute at most, and never beyond a change of what decides over access.
pub(super) struct Remembered(Cache<[u8; 32], Arc<Found>>);

struct Found {
    at: At,
    standing: Arc<Standing>,
}

impl Default for Remembered {
    fn default() -> Self {
        let weigh =
            |_: &[u8; 32], found: &Arc<Found>| u32::try_from(WEIGHT + found.standing.terms.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(MOST).weigher(weigh).time_to_live(FOR).build())
    }
}

impl Remembered {
    /// Who shows this, as far as that still holds.
    pub(super) fn get(&self, name: &[u8; 32], at: At) -> Option<Arc<Standing>> {
        let found = self.0.get(name)?;
        let is_fresh = at.now.0 - found.at.now.0 < FOR.as_millis() as i64;
        let holds = found.at.epoch == at.epoch && is_fresh && found.standing.ends_at.is_none_or(|end| at.now < end);
        holds.then(|| Arc::clone(&found.standing))
    }

    pub(super) fn keep(&self, name: [u8; 32], at: At, standing: Arc<Standing>) {
        self.0.insert(name, Arc::new(Found { at, standing }));
    }
}
