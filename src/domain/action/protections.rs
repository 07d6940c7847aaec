//! What is asked about protection rules. Who sets one configures there, and is narrowed to no tags. Who sets, changes or
//! removes one that asks for a role holds it: a rule that those whom it binds could lift would bind nobody, and nobody binds
//! those above.

use super::{Action, Mutation};
use crate::domain::{Permission, Protection, Scope, Target};

impl Mutation for SetProtection {}
impl Mutation for ChangeProtection {}
impl Mutation for RemoveProtection {}

actions! {
    /// See the rules that hold in a scope.
    ListProtections { scope: Scope } = "protection.list",
        needs |this| {
            let target = match &this.scope {
                Scope::Repository(name) => Target::Repository(name.clone()),
                scope => Target::Scope(scope.clone()),
            };
            vec![(Permission::RepositoryRead, target)]
        },
        object this.scope.to_string();

    /// Set a rule.
    SetProtection { protection: Protection } = "protection.set",
        needs |this| lifting(&this.protection), object this.protection.words();

    /// Make a rule say something else.
    ChangeProtection { id: String, before: Protection, protection: Protection } = "protection.change",
        needs |this| lifting(&this.before).into_iter().chain(lifting(&this.protection)).collect(),
        object this.protection.words();

    /// Take a rule away.
    RemoveProtection { id: String, before: Protection } = "protection.remove",
        needs |this| lifting(&this.before), object this.before.words();
}

fn all_tags(scope: &Scope) -> Vec<(Permission, Target)> {
    let on = |permission| (permission, Target::Scope(scope.clone()));
    [Permission::RepositoryConfigure, Permission::TagMove].map(on).into()
}

fn lifting(rule: &Protection) -> Vec<(Permission, Target)> {
    let role = rule.guard.role().into_iter();
    let held = role.flat_map(|role| Permission::ALL.into_iter().filter(move |permission| role.holds(*permission)));
    let on = |permission: Permission| match permission.is_of_the_instance() {
        true => (permission, Target::Instance),
        false => (permission, Target::Scope(rule.scope.clone())),
    };
    all_tags(&rule.scope).into_iter().chain(held.map(on)).collect()
}
