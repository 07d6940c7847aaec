//! The decision: a pure function of policy, standing, permission and target; and the same rule as a filter for lists.

use super::Scopes;
use super::standing::Standing;
use crate::domain::{Actor, Permission, RepositoryName, RepositoryVisibility, Role, Target, Timestamp};

/// A named way to decide, written down by whoever starts the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// What was granted, and what is open to everybody.
    Grants,
    /// Everybody may read everything, nobody may write (`serve --try`).
    ReadOnly,
}

/// Which repositories a list may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    Everything,
    /// All that are public, and besides those of these scopes.
    Open {
        /// All that lie here.
        granted: Scopes,
        /// Those that are internal and lie here.
        internal: Scopes,
    },
}

/// Whether `standing` holds `permission` on `target`, whatever the target is like.
pub fn permits(policy: Policy, standing: &Standing, permission: Permission, target: &Target, now: Timestamp) -> bool {
    match (policy, &standing.actor) {
        (_, Actor::System(_)) => true,
        _ if permission == Permission::SystemMaintain => false,
        (Policy::Grants, _) if permission == Permission::AccountManage => standing.is_own(target),
        (Policy::ReadOnly, _) => {
            matches!(permission, Permission::RepositoryRead | Permission::MountRead | Permission::SystemRead)
        }
        (Policy::Grants, _) => standing.is_granted(permission, target, now),
    }
}

/// Whether `standing` holds all that something needs.
pub(super) fn permits_all(policy: Policy, standing: &Standing, needs: &[(Permission, Target)], now: Timestamp) -> bool {
    needs.iter().all(|(permission, target)| permits(policy, standing, *permission, target, now))
}

/// Whether `standing` is at least of that role on `target`, as protection rules ask.
pub fn has_role(policy: Policy, standing: &Standing, role: Role, target: &Target, now: Timestamp) -> bool {
    match (policy, &standing.actor) {
        (_, Actor::System(_)) => true,
        (Policy::ReadOnly, _) => false,
        (Policy::Grants, _) => standing.has_role(role, target, now),
    }
}

/// Whether `standing` may read a repository of this visibility.
pub fn reads(
    policy: Policy,
    standing: &Standing,
    repository: &RepositoryName,
    visibility: RepositoryVisibility,
    now: Timestamp,
) -> bool {
    let target = Target::Repository(repository.clone());
    permits(policy, standing, Permission::RepositoryRead, &target, now) || standing.is_open(repository, visibility)
}

impl Visibility {
    /// Whether a list shows this repository.
    pub fn shows(&self, repository: &RepositoryName, visibility: RepositoryVisibility) -> bool {
        match self {
            Self::Everything => true,
            Self::Open { granted, internal } => {
                visibility == RepositoryVisibility::Public
                    || granted.cover(repository)
                    || (visibility == RepositoryVisibility::Internal && internal.cover(repository))
            }
        }
    }
}

/// What lists show by the same rule as [`reads`].
pub fn visibility(policy: Policy, standing: &Standing, now: Timestamp) -> Visibility {
    if policy == Policy::ReadOnly || matches!(standing.actor, Actor::System(_)) {
        return Visibility::Everything;
    }
    let (granted, internal) = standing.readable(now);
    let (granted, internal) = (Scopes::of(granted.iter()), Scopes::of(internal.iter()));
    if granted.is_everything() { Visibility::Everything } else { Visibility::Open { granted, internal } }
}
