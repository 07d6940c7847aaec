//! Grants: who has which role where.

use super::text::checked_text;
use super::{Error, Result, Role, Scope, TagPattern, Timestamp, Username};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a group, such as `eng-web`: written as usernames are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupName(String);
checked_text!(GroupName);

impl GroupName {
    fn check(text: &str) -> Result<()> {
        text.parse::<Username>().map(|_| ()).map_err(|_| {
            Error::invalid(
                "name",
                "the name of a group has 1 to 64 lower-case letters, digits, dots, dashes or underscores, and starts and ends with a letter or digit",
            )
        })
    }
}

/// To whom something is granted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grantee {
    User(Username),
    Group(GroupName),
    Robot(Username),
    /// Everybody, signed in or not.
    Anonymous,
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user {name}"),
            Self::Group(name) => write!(f, "group {name}"),
            Self::Robot(name) => write!(f, "robot {name}"),
            Self::Anonymous => f.write_str("everybody"),
        }
    }
}

/// A grant as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub id: String,
    pub to: Grantee,
    pub terms: Terms,
    pub created_at: Timestamp,
}

/// What a grant says, whoever has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Terms {
    pub role: Role,
    pub scope: Scope,
    /// Narrows creating, moving and deleting tags to these; reading and uploading never.
    pub tags: Option<TagPattern>,
    pub expires_at: Option<Timestamp>,
}

impl Terms {
    /// Terms that make sense together.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a role of the instance on less than everything, and for a tag pattern on a role that
    /// does nothing to tags.
    pub fn new(role: Role, scope: Scope, tags: Option<TagPattern>, expires_at: Option<Timestamp>) -> Result<Self> {
        if role.is_of_the_instance() && scope != Scope::Everything {
            return Err(Error::invalid("scope", format!("{} is for the whole instance; its scope is *", role.title())));
        }
        if tags.is_some() && (!role.acts_on_tags() || role.is_of_the_instance()) {
            let message = format!("{} does nothing to tags that a pattern could narrow; leave it out", role.title());
            return Err(Error::invalid("tags", message));
        }
        Ok(Self { role, scope, tags, expires_at })
    }

    /// Whether they hold at this moment.
    pub fn hold_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}
