//! The decision: a pure function of policy, actor, permission and target, and the same rule as a
//! filter for lists. Grants will stand in this function; until sign-in exists two policies do.

use crate::domain::{Actor, Permission, Target};

/// A named way to decide, written down by whoever starts the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Whoever reaches the address may do everything. Refused on any address but loopback.
    OpenOnLoopback,
    /// Everybody may read everything, nobody may write (`serve --try`).
    ReadOnly,
}

/// Which repositories a list may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    Everything,
}

/// Whether `actor` holds `permission` on `target`.
pub fn permits(policy: Policy, actor: &Actor, permission: Permission, target: &Target) -> bool {
    let _ = target; // Neither policy distinguishes targets; grants do.
    match (policy, actor) {
        (_, Actor::System(_)) => true,
        (_, Actor::Anonymous) if permission == Permission::SystemMaintain => false,
        (Policy::OpenOnLoopback, Actor::Anonymous) => true,
        (Policy::ReadOnly, Actor::Anonymous) => {
            matches!(permission, Permission::RepositoryRead | Permission::MountRead | Permission::SystemRead)
        }
    }
}
