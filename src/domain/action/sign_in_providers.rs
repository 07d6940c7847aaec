//! What is asked about identity providers.

use super::{Action, Mutation, all_of};
use crate::domain::{Permission, ProviderName, Role, Scope, Target, Terms};

impl Mutation for CreateProvider {}
impl Mutation for ChangeProvider {}
impl Mutation for EnableProvider {}
impl Mutation for DisableProvider {}
impl Mutation for DeleteProvider {}
impl Mutation for AcceptGroup {}

actions! {
    /// See by which providers people may sign in, and how each is set.
    ListProviders {} = "provider.list", needs |this| configures(), object String::new();

    /// Add one. Nobody lets a provider bring administrators who may not make one.
    CreateProvider { name: ProviderName, brings_admins: bool } = "provider.create",
        needs |this| sets(this.brings_admins), object this.name.to_string();

    /// Set one otherwise; `brings_admins` is whether it does, or did.
    ChangeProvider { name: ProviderName, brings_admins: bool } = "provider.change",
        needs |this| sets(this.brings_admins), object this.name.to_string();

    /// Let people sign in by it.
    EnableProvider { name: ProviderName, brings_admins: bool } = "provider.enable",
        needs |this| sets(this.brings_admins), object this.name.to_string();

    /// Believe its word no more.
    DisableProvider { name: ProviderName } = "provider.disable", needs |this| configures(), object this.name.to_string();

    /// Take it away. Who came by it stays.
    DeleteProvider { name: ProviderName } = "provider.delete", needs |this| configures(), object this.name.to_string();

    /// Take a group for the one that is meant, though another one had its name.
    AcceptGroup { name: ProviderName, value: String, id: String, brings_admins: bool } = "provider.accept-group",
        needs |this| sets(this.brings_admins), object format!("{} at {}", this.value, this.name);

    /// Count a group for what it is called. Nobody has the right: providers say who is in it.
    CountGroup { provider: String, value: String } = "group.count",
        needs |this| vec![(Permission::SystemMaintain, Target::Instance)],
        object format!("{} at {}", this.value, this.provider);

    /// Go through it without being signed in by it.
    TryProvider { name: ProviderName } = "provider.try", needs |this| configures(), object this.name.to_string();
}

fn configures() -> Vec<(Permission, Target)> {
    vec![(Permission::SystemConfigure, Target::Instance)]
}

fn sets(brings_admins: bool) -> Vec<(Permission, Target)> {
    let admin = Terms { role: Role::Admin, scope: Scope::Everything, tags: None, expires_at: None };
    let makes_admins = if brings_admins { all_of(&admin) } else { vec![] };
    configures().into_iter().chain(makes_admins).collect()
}
