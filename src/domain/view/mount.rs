//! What pages about mounts show.

use super::{CrawlState, MountKind, MountNotice, Totals};
use crate::domain::capability::Capability;
use crate::domain::mount::MountSettings;
use crate::domain::{MountPrefix, Timestamp};
use serde::{Deserialize, Serialize};

/// The page of mounted registries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountsView {
    pub mounts: Vec<MountRow>,
    /// Whether the reader may mount registries and change how they are mounted.
    pub may_manage: bool,
}

/// One mounted registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountRow {
    pub prefix: MountPrefix,
    pub kind: MountKind,
    /// The registry's address; for the embedded one Portolan's own.
    pub url: String,
    /// Every capability with what is known of it; `None` until it was probed.
    pub capabilities: Vec<(Capability, Option<bool>)>,
    pub totals: Totals,
    pub missing: u64,
    /// What the registry lists and Portolan cannot take in, in words.
    pub left_out: Option<String>,
    pub crawl: CrawlState,
    pub as_of: Option<Timestamp>,
    pub refresh_s: Option<u64>,
    /// Whether nothing is changed there from here.
    pub is_read_only: bool,
    /// Whether what is deleted there from here can be brought back for a while.
    pub keeps_trash: bool,
    /// Whether the configuration holds it: then it is changed there.
    pub is_of_file: bool,
    /// When the secret was made by which it tells of pushes, if there is one.
    pub hook_at: Option<Timestamp>,
    /// When it last told of one with that.
    pub heard_at: Option<Timestamp>,
}

/// For so long a registry that told of a push counts as one that tells of pushes.
const LATELY_DAYS: i64 = 1;

impl MountNotice {
    /// Whether the registry tells of pushes by itself: it did so within the last day.
    pub fn hears(&self, now: Timestamp) -> bool {
        self.heard_at.is_some_and(|at| at > now.plus_days(-LATELY_DAYS))
    }
}

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
    /// Where it tells of pushes; none where they come here by themselves, or nobody lets it and the reader may not.
    pub hook: Option<HookView>,
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

/// How a registry elsewhere tells of pushes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookView {
    /// The whole address to which it sends.
    pub address: String,
    /// Whether the reader may make another secret for it.
    pub may_rotate: bool,
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
