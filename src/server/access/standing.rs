//! What somebody may do: who it is, what was granted, and the bounds of what they signed in with.

use super::Listed;
use crate::domain::{Actor, Permission, RepositoryName, RepositoryVisibility, Role, Scope, Target, Terms, Timestamp};

/// Somebody who asks, with all the rights that were found for them.
#[derive(Clone, Debug)]
pub struct Standing {
    pub actor: Actor,
    /// Of a user or a robot.
    pub id: Option<String>,
    /// The token that they came with, by its id.
    pub token: Option<String>,
    /// Everything that is granted to them, to their groups, and to everybody.
    pub terms: Vec<Terms>,
    /// The most that what they came with allows, all of it; nothing for somebody who signed in as themselves.
    pub bounds: Vec<Bound>,
    /// When what they came with ends by itself, if it does.
    pub ends_at: Option<Timestamp>,
    /// What all of this rests on. Nobody looks it up anew where there is nothing: for who is vouched for, and for
    /// Portolan's own work.
    pub basis: Option<Basis>,
    /// What lists show them, once it was asked for.
    pub listed: Listed,
}

/// What has to stand still for somebody to stay who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The epoch of access in which they were found.
    pub epoch: i64,
    pub shown: Evidence,
    /// The identity providers whose word about them counts.
    pub providers: Vec<String>,
    /// Those of them that the console can take out of force.
    pub of_console: Vec<String>,
    /// Whether they are here by the word of those alone.
    pub is_by_word: bool,
}

impl Basis {
    /// That of who shows nothing.
    pub fn of_nobody(epoch: i64) -> Self {
        Self { epoch, shown: Evidence::Nothing, providers: vec![], of_console: vec![], is_by_word: false }
    }
}

/// What they showed, besides a token, that can be taken from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    Nothing,
    /// The session of that id.
    Session(String),
    /// The password of this hash.
    Password(String),
}

/// The most that a token allows. Live rights decide besides: it never adds to them.
#[derive(Clone, Debug)]
pub enum Bound {
    /// A personal token: what these terms would allow.
    Terms(Terms),
    /// A token of the registry: these verbs on these repositories, and the list of them.
    Registry { repositories: Vec<(RepositoryName, Verbs)>, catalog: bool },
}

/// What the registry's tokens call pull, push and delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verbs {
    pub pull: bool,
    pub push: bool,
    pub delete: bool,
}

impl Standing {
    /// Nobody in particular, with what is granted to everybody.
    pub fn anonymous(terms: Vec<Terms>) -> Self {
        let (actor, listed) = (Actor::Anonymous, Listed::default());
        Self { actor, id: None, token: None, terms, bounds: vec![], ends_at: None, basis: None, listed }
    }

    /// Somebody by name alone, with no right.
    pub fn of(actor: Actor) -> Self {
        Self { actor, ..Self::anonymous(vec![]) }
    }

    /// Somebody with one role on everything, for the command line and for tests.
    pub fn with_role(actor: Actor, role: Role) -> Self {
        let terms = Terms { role, scope: Scope::Everything, tags: None, expires_at: None };
        Self { terms: vec![terms], ..Self::of(actor) }
    }

    /// The session of a browser that they came with, by its id.
    pub fn session(&self) -> Option<&str> {
        match &self.basis.as_ref()?.shown {
            Evidence::Session(id) => Some(id),
            Evidence::Nothing | Evidence::Password(_) => None,
        }
    }

    /// The hash of the password that they came with.
    pub fn password(&self) -> Option<&str> {
        match &self.basis.as_ref()?.shown {
            Evidence::Password(hash) => Some(hash),
            Evidence::Nothing | Evidence::Session(_) => None,
        }
    }

    /// Whether they are known by name.
    pub fn is_signed_in(&self) -> bool {
        !matches!(self.actor, Actor::Anonymous)
    }

    /// Whether it is their own account, and they came as themselves: a token makes no other.
    pub(super) fn is_own(&self, target: &Target) -> bool {
        let is_theirs = matches!((target, &self.actor), (Target::Account(of), Actor::User(own)) if of == own);
        is_theirs && self.token.is_none() && self.bounds.is_empty()
    }

    /// Until when what somebody may see is what it is now: the first end of what they came by, and of what they hold.
    pub fn listens_until(&self, now: Timestamp) -> Option<Timestamp> {
        let held = self.terms.iter().filter(|terms| terms.hold_at(now));
        held.filter_map(|terms| terms.expires_at).chain(self.ends_at).min()
    }

    /// Whether anything that was granted to somebody who came as themselves holds a permission.
    pub(super) fn reaches_anywhere(&self, permission: Permission, now: Timestamp) -> bool {
        self.bounds.is_empty() && self.terms.iter().any(|terms| terms.hold_at(now) && terms.role.holds(permission))
    }

    /// Whether what was granted allows it, at this moment and within the bound.
    pub(super) fn is_granted(&self, permission: Permission, target: &Target, now: Timestamp) -> bool {
        let granted = |terms: &Terms| terms.hold_at(now) && allows(terms, permission, target);
        self.is_in_bound(permission, target) && self.terms.iter().any(granted)
    }

    /// The same by a grant that does not end before `end`, which may be never. A robot ends with all that it holds.
    pub(super) fn is_granted_until(
        &self,
        permission: Permission,
        target: &Target,
        now: Timestamp,
        end: Option<Timestamp>,
    ) -> bool {
        let lasts = |own: Option<Timestamp>| own.is_none_or(|own| end.is_some_and(|end| end <= own));
        let granted =
            |terms: &Terms| terms.hold_at(now) && lasts(terms.expires_at) && allows(terms, permission, target);
        let own_end = self.ends_at.filter(|_| matches!(self.actor, Actor::Robot(_)));
        lasts(own_end) && self.is_in_bound(permission, target) && self.terms.iter().any(granted)
    }

    /// Whether one grant makes them at least this there, and no token that they came with makes them less. What the
    /// registry's own tokens say is of verbs, and nothing of roles: there the grant alone decides.
    pub(super) fn has_role(&self, role: Role, target: &Target, now: Timestamp) -> bool {
        let reaches = |terms: &Terms| terms.role.holds_all_of(role) && lies_in(terms, target);
        let is_in_bound = |bound: &Bound| match bound {
            Bound::Terms(terms) => reaches(terms),
            Bound::Registry { .. } => true,
        };
        self.bounds.iter().all(is_in_bound) && self.terms.iter().any(|terms| terms.hold_at(now) && reaches(terms))
    }

    /// Whether a repository of this visibility is open to them without any grant.
    pub(super) fn is_open(&self, repository: &RepositoryName, visibility: RepositoryVisibility) -> bool {
        let read = || self.is_in_bound(Permission::RepositoryRead, &Target::Repository(repository.clone()));
        match visibility {
            RepositoryVisibility::Public => true,
            RepositoryVisibility::Internal => self.is_signed_in() && read(),
            RepositoryVisibility::Private => false,
        }
    }

    fn is_in_bound(&self, permission: Permission, target: &Target) -> bool {
        self.bounds.iter().all(|bound| match bound {
            Bound::Terms(terms) => allows(terms, permission, target),
            Bound::Registry { repositories, .. } => whole(target).or(target.repository()).is_some_and(|name| {
                let mut verbs = repositories.iter().filter(|(of, _)| of == name);
                verbs.any(|(_, verbs)| verbs.allow(permission))
            }),
        })
    }

    /// The same, but for what a token of the registry is for: another one could be had.
    pub(super) fn with_any_registry_token(&self) -> Self {
        let is_kept = |bound: &&Bound| !matches!(bound, Bound::Registry { .. });
        Self { bounds: self.bounds.iter().filter(is_kept).cloned().collect(), ..self.clone() }
    }

    /// Whether they came with a token of the registry.
    pub(super) fn has_registry_token(&self) -> bool {
        self.bounds.iter().any(|bound| matches!(bound, Bound::Registry { .. }))
    }

    /// Whether that token, if they have one, is for the list of repositories.
    pub fn may_ask_for_the_catalog(&self) -> bool {
        self.bounds.iter().all(|bound| !matches!(bound, Bound::Registry { catalog: false, .. }))
    }

    /// The scopes in which they may read by what was granted, and those in which internal repositories are open.
    pub(super) fn readable(&self, now: Timestamp) -> (Vec<Scope>, Vec<Scope>) {
        let reads = |terms: &&Terms| terms.hold_at(now) && terms.role.holds(Permission::RepositoryRead);
        let granted: Vec<Scope> = self.terms.iter().filter(reads).map(|terms| terms.scope.clone()).collect();
        let internal = if self.is_signed_in() { vec![Scope::Everything] } else { vec![] };
        self.bounds.iter().fold((granted, internal), |(granted, internal), bound| match bound {
            Bound::Registry { catalog: true, .. } => (granted, internal),
            Bound::Terms(bound) if bound.role.holds(Permission::RepositoryRead) => {
                let within = |scopes: Vec<Scope>| scopes.iter().filter_map(|it| narrower(it, &bound.scope)).collect();
                (within(granted), within(internal))
            }
            Bound::Registry { .. } | Bound::Terms(_) => (vec![], vec![]),
        })
    }
}

impl Verbs {
    pub(super) fn allow(self, permission: Permission) -> bool {
        match permission {
            Permission::RepositoryRead => self.pull,
            Permission::RepositoryPush | Permission::RepositoryCreate | Permission::TagMove => self.push,
            Permission::TagDelete | Permission::ManifestDelete => self.delete,
            _ => false,
        }
    }
}

/// Whether terms, while they hold, allow something. A tag pattern narrows what is done to a tag; what is done to a
/// repository's content is done to no tag.
fn allows(terms: &Terms, permission: Permission, target: &Target) -> bool {
    terms.role.holds(permission)
        && match target {
            Target::Instance => terms.scope == Scope::Everything,
            Target::Account(_) => false,
            // Over all tags of a scope only who is not narrowed to some.
            Target::Scope(scope) => {
                terms.scope.holds(scope) && (terms.tags.is_none() || !Permission::OF_TAGS.contains(&permission))
            }
            Target::Repository(name) => terms.scope.covers(name),
            Target::Tag(name, tag) => {
                terms.scope.covers(name) && terms.tags.as_ref().is_none_or(|pattern| pattern.matches(tag))
            }
        }
}

/// Whether terms reach all of a target: where a tag pattern narrows them, only tags that it takes in.
fn lies_in(terms: &Terms, target: &Target) -> bool {
    match target {
        Target::Instance => terms.scope == Scope::Everything && terms.tags.is_none(),
        Target::Account(_) => false,
        Target::Scope(scope) => terms.scope.holds(scope) && terms.tags.is_none(),
        Target::Repository(name) => terms.scope.covers(name) && terms.tags.is_none(),
        Target::Tag(name, tag) => {
            terms.scope.covers(name) && terms.tags.as_ref().is_none_or(|pattern| pattern.matches(tag))
        }
    }
}

/// The repository that is meant with all that is in it.
fn whole(target: &Target) -> Option<&RepositoryName> {
    match target {
        Target::Scope(Scope::Repository(name)) => Some(name),
        _ => None,
    }
}

/// What lies in both scopes, which is one of them or nothing.
fn narrower(one: &Scope, other: &Scope) -> Option<Scope> {
    match (one.holds(other), other.holds(one)) {
        (true, _) => Some(other.clone()),
        (_, true) => Some(one.clone()),
        (false, false) => None,
    }
}
