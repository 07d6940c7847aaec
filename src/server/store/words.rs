//! Enumerations that a column holds as a word. A word that is none of them is a damaged database.

use super::Value;
use super::sessions::Purpose;
use super::value::FromCell;
use crate::domain::manifest::{Kind, Relation};
use crate::domain::principal::PrincipalKind;
use crate::domain::protection::ProtectionKind;
use crate::domain::trash::TrashKind;
use crate::domain::view::{How, MountKind};
use crate::domain::{RepositoryVisibility, Role, Scope};

macro_rules! words {
    ($($type:ty { $($variant:path => $word:literal),* $(,)? })*) => {$(
        impl From<$type> for Value {
            fn from(it: $type) -> Self {
                Value::from(match it { $($variant => $word),* })
            }
        }
        impl FromCell for $type {
            fn from_cell(cell: Value) -> Option<Self> {
                match String::from_cell(cell)?.as_str() {
                    $($word => Some($variant),)*
                    _ => None,
                }
            }
        }
    )*};
}

words! {
    Kind { Kind::Image => "image", Kind::Index => "index", Kind::Artifact => "artifact" }
    Relation { Relation::Manifest => "manifest", Relation::Config => "config", Relation::Layer => "layer" }
    MountKind { MountKind::Hosted => "hosted", MountKind::Remote => "remote" }
    PrincipalKind { PrincipalKind::User => "user", PrincipalKind::Robot => "robot" }
    Purpose { Purpose::SetUp => "setup", Purpose::Invite => "invite", Purpose::Recover => "recover" }
    How {
        How::Push => "push", How::Seen => "seen", How::Delete => "delete", How::Set => "retag", How::RollBack => "rollback",
        How::Copy => "copy", How::Promote => "promote", How::Restore => "restore", How::Rename => "rename",
    }
    TrashKind {
        TrashKind::Tag => "tag", TrashKind::Image => "image", TrashKind::Blob => "blob",
        TrashKind::Repository => "repository",
    }
}

/// Words that the domain spells.
macro_rules! spelled {
    ($($type:ty),*) => {$(
        impl FromCell for $type {
            fn from_cell(cell: Value) -> Option<Self> {
                String::from_cell(cell)?.parse().ok()
            }
        }
    )*};
}

spelled!(Role, Scope, RepositoryVisibility, ProtectionKind);
