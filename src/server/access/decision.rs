//! The decision: a pure function of policy, actor, permission and target, and the same rule as a
//! filter for lists. Grants will stand in this function; until sign-in exists two policies do.

use crate::domain::{Actor, Permission, RepositoryName, Target};

/// A named way to decide, written down by whoever starts the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Whoever reaches the address may do everything. Refused on any address but loopback.
    OpenOnLoopback,
    /// Everybody may read everything, nobody may write (`serve --try`).
    ReadOnly,
    /// Users own the namespace of their name, a user `NAME-ci` reads and pushes there and deletes nothing, and
    /// everybody reads `public`. No start of the server chooses it: tests hold the rules of who-may to it until
    /// grants stand here.
    Tenants,
}

/// Which repositories a list may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    Everything,
    /// Those in these namespaces.
    Under(Vec<String>),
}

/// Whether `actor` holds `permission` on `target`.
pub fn permits(policy: Policy, actor: &Actor, permission: Permission, target: &Target) -> bool {
    match (policy, actor) {
        (_, Actor::System(_)) => true,
        _ if permission == Permission::SystemMaintain => false,
        (Policy::OpenOnLoopback, _) => true,
        (Policy::ReadOnly, _) => {
            matches!(permission, Permission::RepositoryRead | Permission::MountRead | Permission::SystemRead)
        }
        (Policy::Tenants, actor) => target.repository().is_some_and(|name| in_tenancy(actor, permission, name)),
    }
}

fn in_tenancy(actor: &Actor, permission: Permission, repository: &RepositoryName) -> bool {
    let (tenant, is_ci) = tenant(actor);
    let is_own = tenant.is_some_and(|tenant| is_under(repository, tenant));
    match permission {
        Permission::RepositoryRead => is_own || is_under(repository, PUBLIC),
        Permission::RepositoryPush | Permission::RepositoryCreate | Permission::TagMove => is_own,
        Permission::TagDelete | Permission::ManifestDelete => is_own && !is_ci,
        Permission::MountRead | Permission::SystemRead | Permission::SystemMaintain => false,
    }
}

impl Visibility {
    /// Whether a list shows this repository.
    pub fn shows(&self, repository: &RepositoryName) -> bool {
        match self {
            Self::Everything => true,
            Self::Under(namespaces) => namespaces.iter().any(|namespace| is_under(repository, namespace)),
        }
    }
}

/// What lists show by the same rule.
pub fn visibility(policy: Policy, actor: &Actor) -> Visibility {
    match (policy, actor) {
        (Policy::Tenants, Actor::Anonymous | Actor::User(_)) => {
            let own = tenant(actor).0.map(str::to_owned);
            Visibility::Under(own.into_iter().chain([PUBLIC.to_owned()]).collect())
        }
        _ => Visibility::Everything,
    }
}

/// The namespace that everybody reads under [`Policy::Tenants`].
const PUBLIC: &str = "public";

/// Whose namespace an actor works in, and whether it only pushes there.
fn tenant(actor: &Actor) -> (Option<&str>, bool) {
    match actor {
        Actor::User(name) => (name.strip_suffix("-ci").or(Some(name)), name.ends_with("-ci")),
        Actor::Anonymous | Actor::System(_) => (None, false),
    }
}

fn is_under(repository: &RepositoryName, namespace: &str) -> bool {
    repository.as_str().strip_prefix(namespace).is_some_and(|rest| rest.starts_with('/'))
}
