//! Where somebody may do something to tags, for lists of what was deleted or is kept: the decision's own rule as scopes
//! and patterns, which the database asks of each row. It says nothing about the visibility of a repository.

use super::{Bound, Policy, Scopes, Standing, Verbs};
use crate::domain::{Actor, Permission, Role, Scope, TagPattern, Terms, Timestamp};
use std::collections::BTreeMap;

/// Where somebody may do something to tags: within each of these parts. What was granted is one of them, and so is each
/// bound of what somebody came with, which adds nothing to it.
#[derive(Clone, Debug)]
pub struct Reach(Vec<Vec<Within>>);

/// Somewhere in a part: the tags of these scopes that a pattern takes in; where there is none, all that is there.
#[derive(Clone, Debug)]
pub struct Within {
    pub scopes: Scopes,
    pub tags: Option<TagPattern>,
}

impl Reach {
    /// Where a standing holds a permission that is one of [`Permission::OF_TAGS`].
    pub(super) fn of_permission(policy: Policy, standing: &Standing, permission: Permission, now: Timestamp) -> Self {
        match (policy, &standing.actor) {
            (_, Actor::System(_)) => Self::everywhere(),
            (Policy::ReadOnly, _) => Self::nowhere(),
            (Policy::Grants, _) => {
                let allowed = |verbs: Verbs| verbs.allow(permission);
                Self::of(standing, now, |role| role.holds(permission), Some(&allowed))
            }
        }
    }

    /// Where a standing is at least of a role, as protection rules ask.
    pub(super) fn of_role(policy: Policy, standing: &Standing, role: Role, now: Timestamp) -> Self {
        match (policy, &standing.actor) {
            (_, Actor::System(_)) => Self::everywhere(),
            (Policy::ReadOnly, _) => Self::nowhere(),
            (Policy::Grants, _) => Self::of(standing, now, |own| own.holds_all_of(role), None),
        }
    }

    /// By the terms whose role will do, and by what verbs of the registry's own tokens allow, where that is asked.
    fn of(
        standing: &Standing,
        now: Timestamp,
        does: impl Fn(Role) -> bool,
        allowed: Option<&dyn Fn(Verbs) -> bool>,
    ) -> Self {
        let of_terms = |terms: &[&Terms]| places(terms.iter().copied().filter(|terms| does(terms.role)));
        let held: Vec<&Terms> = standing.terms.iter().filter(|terms| terms.hold_at(now)).collect();
        let bounds = standing.bounds.iter().filter_map(|bound| match (bound, allowed) {
            (Bound::Terms(terms), _) => Some(of_terms(&[terms])),
            (Bound::Registry { repositories, .. }, Some(allowed)) => {
                let some = repositories.iter().filter(|(_, verbs)| allowed(*verbs));
                let scopes: Vec<Scope> = some.map(|(name, _)| Scope::Repository(name.clone())).collect();
                Some(vec![Within { scopes: Scopes::of(scopes.iter()), tags: None }])
            }
            (Bound::Registry { .. }, None) => None,
        });
        Self(std::iter::once(of_terms(&held)).chain(bounds).collect())
    }

    fn everywhere() -> Self {
        Self(vec![])
    }

    fn nowhere() -> Self {
        Self(vec![vec![]])
    }

    /// Within each of these, in one place of it at least.
    pub fn parts(&self) -> &[Vec<Within>] {
        &self.0
    }

    /// Whether it ends somewhere by the names of tags.
    pub fn is_of_some_tags(&self) -> bool {
        self.0.iter().flatten().any(|within| within.tags.is_some())
    }
}

/// Where some terms hold: scopes that the same pattern narrows, or none, are one place.
fn places<'t>(terms: impl Iterator<Item = &'t Terms>) -> Vec<Within> {
    let mut by_pattern: BTreeMap<Option<&str>, (Option<&TagPattern>, Vec<&Scope>)> = BTreeMap::new();
    for terms in terms {
        let tags = terms.tags.as_ref();
        by_pattern.entry(tags.map(TagPattern::as_str)).or_insert((tags, vec![])).1.push(&terms.scope);
    }
    let within = |(tags, scopes): (Option<&TagPattern>, Vec<&Scope>)| Within {
        scopes: Scopes::of(scopes.into_iter()),
        tags: tags.cloned(),
    };
    by_pattern.into_values().map(within).collect()
}
