//! Keys for how long things are kept, and when they are freed.

use super::values::number;
use crate::domain::trash;
use serde::Deserialize;

/// What was deleted.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrashConfig {
    /// For how many days it is kept, where no namespace says so.
    #[serde(deserialize_with = "number")]
    pub days: u64,
}

impl Default for TrashConfig {
    fn default() -> Self {
        Self { days: trash::DEFAULT_DAYS.into() }
    }
}

/// For how many days history is kept where nothing else is set.
const HISTORY_DAYS: u64 = 30;

/// What tags named before.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryConfig {
    /// For how many days an image stays that a tag named.
    #[serde(deserialize_with = "number")]
    pub days: u64,
}

impl Default for HistoryConfig {
    fn default() -> Self {
        Self { days: HISTORY_DAYS }
    }
}

/// Garbage collection of the hosted registry.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GcConfig {
    /// Seconds between two that run by themselves; none do where it is 0.
    #[serde(deserialize_with = "number")]
    pub every_s: u64,
    /// For how many seconds a client can count on content that it pushed or was told of.
    #[serde(deserialize_with = "number")]
    pub grace_s: u64,
}

impl Default for GcConfig {
    fn default() -> Self {
        Self { every_s: 86_400, grace_s: 86_400 }
    }
}
