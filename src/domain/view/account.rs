//! What the page of one's own account shows.

use super::{AccessRow, SessionRow, UserRow};
use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};

/// By what somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaysIn {
    pub has_password: bool,
    /// Whether passwords count here at all.
    pub is_local: bool,
    pub identities: Vec<IdentityRow>,
    /// Live providers at which nobody is linked to the account, by name and title.
    pub linkable: Vec<(String, String)>,
    /// Whether the reader signed in a moment ago, and need not show again who they are.
    pub is_fresh: bool,
}

/// An identity at a provider that belongs to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityRow {
    pub issuer: String,
    pub subject: String,
    /// The provider by which they last came, by its name and its title.
    pub provider: String,
    pub title: String,
    /// As the provider called them then, as far as it said.
    pub name: String,
    pub email: String,
    /// When the provider last vouched for them.
    pub checked_at: Timestamp,
    /// Whether it may vouch for them now: it is live, and the same as then.
    pub is_live: bool,
    /// When it said that it vouches no more.
    pub refused_at: Option<Timestamp>,
}

/// The reader's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    pub user: UserRow,
    pub ways: WaysIn,
    pub access: Vec<AccessRow>,
    pub sessions: Vec<SessionRow>,
}
