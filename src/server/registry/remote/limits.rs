//! How long and how much another registry may take. One place, so that tests can be quick.

use crate::domain::manifest::MAX_MANIFEST_BYTES;
use std::time::Duration;

/// Bounds of the talk with one registry.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Between two signs of life of an answer.
    pub read: Duration,
    /// For everything that one call does, except the bytes of a blob.
    pub total: Duration,
    /// The same where something is changed: a registry may have to look through all its tags.
    pub change: Duration,
    /// For all steps of one change.
    pub change_total: Duration,
    /// Before the first repetition; doubled before the second.
    pub backoff: Duration,
    /// The longest `Retry-After` that is waited for here.
    pub longest_wait: Duration,
    /// How often a request that broke off is repeated.
    pub retries: u32,
    /// How many redirects are followed.
    pub redirects: u32,
    /// One page of a list, in bytes.
    pub list_bytes: usize,
    /// One manifest, in bytes.
    pub manifest_bytes: usize,
    /// One answer of a token service, in bytes.
    pub token_bytes: usize,
    /// Tokens that are kept.
    pub tokens: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(10),
            total: Duration::from_secs(30),
            change: Duration::from_secs(60),
            change_total: Duration::from_secs(180),
            backoff: Duration::from_millis(250),
            longest_wait: Duration::from_secs(5),
            retries: 2,
            redirects: 5,
            list_bytes: 8 * 1024 * 1024,
            manifest_bytes: MAX_MANIFEST_BYTES,
            token_bytes: 1024 * 1024,
            tokens: 1000,
        }
    }
}
