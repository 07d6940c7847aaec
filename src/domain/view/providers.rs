//! Pages about identity providers.

use super::Again;
use crate::domain::{GroupName, ProviderKind, ProviderSettings, Timestamp, Username};
use serde::{Deserialize, Serialize};

/// An identity provider in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRow {
    pub name: String,
    pub kind: ProviderKind,
    pub title: String,
    pub url: String,
    /// Whether people may sign in by it.
    pub is_live: bool,
    /// Whether the configuration sets it, and nothing else can.
    pub is_of_file: bool,
    /// Whether the configuration has another one of this name, which stands before it.
    pub is_hidden: bool,
    pub has_secret: bool,
    pub n_people: u64,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvidersView {
    pub providers: Vec<ProviderRow>,
    pub local_sign_in: bool,
}

/// The page of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderView {
    pub row: ProviderRow,
    /// Empty for one of the configuration.
    pub id: String,
    pub settings: ProviderSettings,
    /// The address to register there.
    pub callback: String,
    /// When it was enabled, where it is live; looked up for its own page.
    pub live_since: Option<Timestamp>,
    /// Groups of it whose name another one has by now; looked up for its own page.
    pub strangers: Vec<StrangerRow>,
    /// What is shown once more before it goes, where it is the last one by which people sign in; looked up for its own page.
    pub last: Option<Again>,
}

/// A group that counts for nothing, because another one had its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrangerRow {
    pub value: String,
    /// What the provider called the one that is meant, and calls the one that has the name, whatever their names are.
    pub was: String,
    pub is: String,
    /// When that was seen.
    pub at: Timestamp,
}

/// What came of trying a provider. It is shown once and kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub subject: String,
    /// What they may be called here, the best first, as the provider spells it.
    pub usernames: Vec<String>,
    pub name: String,
    pub email: String,
    pub email_is_verified: bool,
    pub groups: Vec<String>,
    /// How many there are; `groups` may be the first of them.
    pub n_groups: usize,
    /// Groups whose name another one has by now: they count for nothing.
    pub strangers: Vec<String>,
    /// Whether there were more than the provider was ready to name.
    pub groups_unknown: bool,
    /// Our groups that these stand for.
    pub ours: Vec<GroupName>,
    /// Whether one of them makes an administrator.
    pub is_admin: bool,
    pub verdict: Verdict,
}

/// Whether somebody would be let in, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// They are here already.
    Is(Username),
    /// Their account is let in no more.
    Disabled(Username),
    Everybody,
    /// By this group of the provider.
    By(String),
    /// They would wait.
    Waits,
}
