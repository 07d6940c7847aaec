//! Pages about tokens and robots. No row holds a secret: nobody has it but whom it was shown to.

use super::Opens;
use crate::domain::{Namespace, Role, Terms, Timestamp, TokenName, Username};
use serde::{Deserialize, Serialize};

/// The most days that a token or robot lives from when it is made, where it has an end: a year, whichever.
pub const MAX_DAYS: i64 = 366;
/// How many days from now forms offer.
pub const OFFERED_DAYS: i64 = 90;
/// The most tokens of one user.
pub const MAX_TOKENS: u32 = 100;

/// A token in a list of its owner's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    pub id: String,
    pub name: TokenName,
    /// The most that it allows; `None` is all that its owner may.
    pub bound: Option<Terms>,
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// From which address; empty where it was not used.
    pub used_from: String,
    /// Whether anything that its owner was given lies in its bound.
    pub reaches: bool,
}

/// The reader's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensView {
    pub username: Username,
    pub tokens: Vec<TokenRow>,
}

/// A robot in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotRow {
    pub id: String,
    pub name: Username,
    pub namespace: Namespace,
    /// All that was given to it.
    pub held: Vec<Terms>,
    pub expires_at: Option<Timestamp>,
    pub is_disabled: bool,
    pub created_at: Timestamp,
    /// When its present secret was used last.
    pub used_at: Option<Timestamp>,
    pub used_from: String,
    /// Whether the reader holds all that it holds, and so may get hold of its secret.
    pub may_rotate: bool,
}

/// The robots of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotsView {
    pub namespace: Namespace,
    pub robots: Vec<RobotRow>,
    pub next: Option<String>,
    /// The roles that a robot of the whole namespace may get from the reader.
    pub roles: Vec<Role>,
    pub opens: Opens,
}
