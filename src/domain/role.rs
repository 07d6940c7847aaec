//! Roles: named sets of permissions. These are built in; of those for repositories each holds all that the one before
//! it holds.

use super::{Error, Permission, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A built-in role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees and pulls.
    Reader,
    /// Pushes what is new: content, tags, repositories.
    Publisher,
    /// Moves and deletes tags as well.
    Developer,
    /// Deletes images, configures, and gives access.
    Maintainer,
    /// Everything there is to do with repositories.
    Owner,
    /// Reads everything on the instance and changes nothing.
    Auditor,
    /// Everything, users and settings too.
    Admin,
}

use Permission as P;

const READER: &[Permission] = &[P::RepositoryRead];
const PUBLISHER: &[Permission] = &[P::RepositoryPush, P::RepositoryCreate];
const DEVELOPER: &[Permission] = &[P::TagMove, P::TagDelete, P::TrashRestore, P::ScanRun];
const MAINTAINER: &[Permission] = &[
    P::ManifestDelete,
    P::RepositoryConfigure,
    P::GrantRead,
    P::GrantManage,
    P::RobotManage,
    P::WebhookManage,
    P::FindingTriage,
];
const OWNER: &[Permission] = &[P::RepositoryDelete, P::TrashPurge, P::AuditRead];
const AUDITOR: &[Permission] = &[
    P::RepositoryRead,
    P::GrantRead,
    P::AuditRead,
    P::UserRead,
    P::GroupRead,
    P::RoleRead,
    P::MountRead,
    P::SystemRead,
];

impl Role {
    /// All of them, from the least to the most; the two for the instance last.
    pub const ALL: [Self; 7] =
        [Self::Reader, Self::Publisher, Self::Developer, Self::Maintainer, Self::Owner, Self::Auditor, Self::Admin];

    /// Whether it holds a permission.
    pub fn holds(self, permission: Permission) -> bool {
        let ladder = [READER, PUBLISHER, DEVELOPER, MAINTAINER, OWNER];
        let n_steps = match self {
            Self::Reader => 1,
            Self::Publisher => 2,
            Self::Developer => 3,
            Self::Maintainer => 4,
            Self::Owner => 5,
            Self::Auditor => return AUDITOR.contains(&permission),
            Self::Admin => {
                return !matches!(permission, Permission::SystemMaintain | Permission::AccountManage);
            }
        };
        ladder[..n_steps].iter().any(|step| step.contains(&permission))
    }

    /// Whether it holds all that another one holds.
    pub fn holds_all_of(self, other: Self) -> bool {
        Permission::ALL.into_iter().all(|permission| !other.holds(permission) || self.holds(permission))
    }

    /// Whether it is for the whole instance only.
    pub fn is_of_the_instance(self) -> bool {
        matches!(self, Self::Auditor | Self::Admin)
    }

    /// Whether a tag pattern narrows anything that it holds.
    pub fn acts_on_tags(self) -> bool {
        [P::RepositoryPush, P::TagMove, P::TagDelete].into_iter().any(|permission| self.holds(permission))
    }

    /// The name in addresses, files and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Publisher => "publisher",
            Self::Developer => "developer",
            Self::Maintainer => "maintainer",
            Self::Owner => "owner",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// The name on screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Reader => "Reader",
            Self::Publisher => "Publisher",
            Self::Developer => "Developer",
            Self::Maintainer => "Maintainer",
            Self::Owner => "Owner",
            Self::Auditor => "Auditor",
            Self::Admin => "Admin",
        }
    }

    /// What somebody who has it may do, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reader => "see and pull",
            Self::Publisher => "pull, push new images and tags",
            Self::Developer => "also move and delete tags",
            Self::Maintainer => "also delete images, configure, give access",
            Self::Owner => "everything about repositories",
            Self::Auditor => "read everything, change nothing",
            Self::Admin => "everything, users and settings too",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::invalid("role", format!("there is no role `{text:.40}`; roles are {names}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(role.name().parse::<Role>().unwrap(), role);
        }
        assert!("Admin".parse::<Role>().is_err());
    }

    #[test]
    fn nobody_but_a_job_keeps_the_books_and_owners_hold_no_verb_of_the_instance() {
        assert!(Role::ALL.iter().all(|role| !role.holds(Permission::SystemMaintain)));
        let mut of_instance = Permission::ALL.into_iter().filter(|permission| permission.is_of_the_instance());
        assert!(of_instance.all(|permission| !Role::Owner.holds(permission)));
    }
}
