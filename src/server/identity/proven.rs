//! Passwords that were right a while ago, as programs show them with each request. They are right for as long as the
//! account keeps the hash that they were checked against, so nobody pays for that hash again, nor waits because others
//! guess.

use moka::sync::Cache;
use std::time::Duration;

/// How many are remembered, and for how long after they were last shown.
const REMEMBERED: u64 = 20_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(3600);

/// By a name for what was shown ([`super::Identity`] makes it), the hash that it fits.
pub(super) struct Proven(Cache<[u8; 32], String>);

impl Default for Proven {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_idle(REMEMBERED_FOR).build())
    }
}

impl Proven {
    /// Keeps that this fits `hash`.
    pub(super) fn keep(&self, name: [u8; 32], hash: &str) {
        self.0.insert(name, hash.to_owned());
    }

    /// The hash that this is known to fit.
    pub(super) fn hash(&self, name: &[u8; 32]) -> Option<String> {
        self.0.get(name)
    }
}
