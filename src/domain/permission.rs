//! Verbs and the things they are about.

use super::{RepositoryName, Tag};
use serde::{Deserialize, Serialize};

/// One verb on one kind of thing. A new room adds its verbs here, and the table of policies shows who holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Permission {
    #[serde(rename = "repository.read")]
    RepositoryRead,
    #[serde(rename = "repository.push")]
    RepositoryPush,
    #[serde(rename = "repository.create")]
    RepositoryCreate,
    #[serde(rename = "tag.move")]
    TagMove,
    #[serde(rename = "tag.delete")]
    TagDelete,
    /// Also for blobs that no image uses.
    #[serde(rename = "manifest.delete")]
    ManifestDelete,
    #[serde(rename = "mount.read")]
    MountRead,
    #[serde(rename = "system.read")]
    SystemRead,
    /// What only Portolan's own jobs do; no role holds it.
    #[serde(rename = "system.maintain")]
    SystemMaintain,
}

impl Permission {
    /// Every permission, in the order of the table in `tests/policy.rs`.
    pub const ALL: [Self; 9] = [
        Self::RepositoryRead,
        Self::RepositoryPush,
        Self::RepositoryCreate,
        Self::TagMove,
        Self::TagDelete,
        Self::ManifestDelete,
        Self::MountRead,
        Self::SystemRead,
        Self::SystemMaintain,
    ];

    /// The name that people and programs see.
    pub fn name(self) -> &'static str {
        match self {
            Self::RepositoryRead => "repository.read",
            Self::RepositoryPush => "repository.push",
            Self::RepositoryCreate => "repository.create",
            Self::TagMove => "tag.move",
            Self::TagDelete => "tag.delete",
            Self::ManifestDelete => "manifest.delete",
            Self::MountRead => "mount.read",
            Self::SystemRead => "system.read",
            Self::SystemMaintain => "system.maintain",
        }
    }
}

/// What a permission is asked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    Instance,
    Repository(RepositoryName),
    Tag(RepositoryName, Tag),
}

impl Target {
    /// The repository that it is, or lies in.
    pub fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Self::Instance => None,
            Self::Repository(name) | Self::Tag(name, _) => Some(name),
        }
    }
}
