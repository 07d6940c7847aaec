//! What was done and what was refused.

use super::Opens;
use crate::domain::{Actor, Scope, Timestamp};
use serde::{Deserialize, Serialize};

/// Something that was done, or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRow {
    pub id: String,
    pub at: Timestamp,
    /// `None` where nobody knows any more.
    pub actor: Option<Actor>,
    pub action: String,
    pub object: String,
    /// What was copied to it, for who may read that.
    pub source: Option<String>,
    /// The permission that was missing, if it was refused.
    pub refused: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub request_id: String,
    /// From which address; empty for what Portolan does by itself.
    pub address: String,
    /// The token by which it was asked, as its owner called it.
    pub token: Option<String>,
}

/// What a list of activity is asked for; empty is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivityQuery {
    /// A username, or an actor as records name them, such as `robot:ci-web`.
    pub who: String,
    /// An action such as `grant.give`, or all of a kind, such as `grant`.
    pub action: String,
    /// What it was done to, as records name it.
    pub object: String,
    pub refused_only: bool,
    /// Nothing that was done before.
    pub since: Option<Timestamp>,
    pub after: String,
}

/// The page of activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityView {
    pub scope: Scope,
    pub opens: Opens,
    pub rows: Vec<ActivityRow>,
    pub next: Option<String>,
}
