//! Use cases: plain functions, one file per noun. They take the proof of what was allowed.

pub mod access;
pub mod account;
pub mod activity;
pub mod changes;
pub mod delete;
pub mod groups;
pub mod images;
pub mod mounts;
pub mod pull;
pub mod push;
pub mod repositories;
pub mod settings;
pub mod system;
pub mod tags;
pub mod tokens;
pub mod users;
pub mod waiting;

use crate::domain::Action;
use crate::server::access::Authorized;

/// Whether the one whose proof this is might do something else as well, so that a page shows no control which the
/// server would refuse.
fn may<A: Action, B: Action>(proof: &Authorized<A>, other: &B) -> bool {
    let rights = proof.rights();
    other.needs().iter().all(|(permission, target)| rights.require(*permission, target).is_ok())
}
