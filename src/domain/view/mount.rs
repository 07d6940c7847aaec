//! What the pages of one mount show.

use super::MountRow;
use crate::domain::Timestamp;
use crate::domain::capability::Capability;
use crate::domain::mount::MountSettings;
use serde::{Deserialize, Serialize};

/// The page of a mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountView {
    pub id: String,
    pub row: MountRow,
    /// How it is set, where the console manages it.
    pub settings: Option<MountSettings>,
    /// Whether a password is kept for it, which nobody is shown.
    pub has_password: bool,
    /// What its registry is told, where it trusts tokens from here.
    pub trust: Option<TrustView>,
    /// Grants that go when it is removed; counted where that is asked.
    pub n_grants: u64,
    /// Images that are held at its registry for what is in the trash; counted for its own page.
    pub n_held: u64,
    /// Where the configuration led it before, if that changed not long ago and left something behind.
    pub moved: Option<LedElsewhere>,
    /// Whether the reader may change it; never where the configuration holds it.
    pub may_manage: bool,
}

/// A mount of the configuration that leads to another address since a start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedElsewhere {
    pub was: String,
    pub at: Timestamp,
    /// Tags that were on their way into the trash there, and images that are held there for what is in it.
    pub n_going: u64,
    pub n_held: u64,
}

/// What stands in `auth.token` of a registry that trusts tokens from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustView {
    pub realm: String,
    pub service: String,
    pub issuer: String,
}

/// What a registry answered that is not mounted yet, or not so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeView {
    /// One sentence each.
    pub answers: Vec<String>,
    pub capabilities: Vec<(Capability, Option<bool>)>,
}
