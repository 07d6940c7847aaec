//! Proof that somebody may do exactly one thing.

use super::{Caller, Policy, Reach, Record, Standing, Visibility, has_role, permits, permits_all, reads};
use crate::domain::{
    Action, Actor, Error, Permission, RepositoryName, RepositoryVisibility, Result, Role, Target, Timestamp,
};
use std::sync::{Arc, PoisonError, RwLock};

/// Proof that [`super::Access`] decided in favour: who, exactly what, under which rights.
///
/// Its fields are private, it cannot be copied, and nothing outside `access` makes one, so a
/// function that takes it cannot be reached without the decision, nor used on another object:
///
/// ```compile_fail
/// use portolan::domain::action::PushBlob;
/// use portolan::server::access::Authorized;
/// let repository = "team/web".parse().unwrap();
/// let forged: Authorized<PushBlob> = Authorized { action: PushBlob { repository } };
/// ```
///
/// ```compile_fail
/// use portolan::domain::action::{PushBlob, ReadRepository};
/// use portolan::server::access::Authorized;
/// fn push(_: &Authorized<PushBlob>) {}
/// fn with_a_weaker_proof(proof: &Authorized<ReadRepository>) { push(proof) }
/// ```
///
/// ```compile_fail
/// use portolan::domain::action::PushBlob;
/// use portolan::server::access::Authorized;
/// fn twice(proof: &Authorized<PushBlob>) -> Authorized<PushBlob> { proof.clone() }
/// ```
///
/// A proof that only reads opens no transaction that writes:
///
/// ```compile_fail
/// use portolan::domain::action::{ListRepositories, Mutation};
/// use portolan::server::access::Authorized;
/// fn write<A: Mutation>(_: &Authorized<A>) {}
/// fn with_a_proof_that_reads(proof: &Authorized<ListRepositories>) { write(proof) }
/// ```
///
/// The positive twins of these, with the same imports:
///
/// ```
/// use portolan::domain::action::PushBlob;
/// use portolan::server::access::Authorized;
/// fn push(proof: &Authorized<PushBlob>) -> String { proof.action().repository.to_string() }
/// ```
///
/// ```
/// use portolan::domain::action::{Mutation, PushManifest};
/// use portolan::server::access::Authorized;
/// fn write<A: Mutation>(_: &Authorized<A>) {}
/// fn with_a_proof_that_writes(proof: &Authorized<PushManifest>) { write(proof) }
/// ```
#[must_use = "a decision that nobody uses protects nothing"]
pub struct Authorized<A> {
    actor: Actor,
    rights: Rights,
    action: A,
    request_id: String,
    address: String,
}

impl<A: Action> Authorized<A> {
    pub(super) fn new(policy: Policy, caller: &Caller, action: A, now: Timestamp) -> Self {
        let standing = Arc::new(RwLock::new(Arc::clone(&caller.standing)));
        let rights = Rights { standing, policy, now };
        let (request_id, address) = (caller.request_id.clone(), caller.address.clone());
        Self { actor: caller.actor().clone(), rights, action, request_id, address }
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What was allowed.
    pub fn action(&self) -> &A {
        &self.action
    }

    /// The request that asked.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// From which address that came.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The record of what the change turned out to be refused for: a right that it does not carry, or a rule.
    pub fn refusal(&self, reason: String) -> Record {
        Record {
            actor: self.actor().clone(),
            action: A::NAME,
            object: self.action.object(),
            source: self.action.source(),
            place: self.action.place(),
            reason: Some(reason),
            token: self.rights.standing().token.clone(),
            request_id: self.request_id.clone(),
            address: self.address.clone(),
        }
    }

    /// The rights that were decided, to be taken into the transaction that changes something.
    pub fn rights(&self) -> Rights {
        self.rights.clone()
    }

    /// Which repositories a list may show to the actor.
    pub fn visibility(&self) -> Visibility {
        self.rights.standing().lists(self.rights.policy, self.rights.now)
    }
}

/// What an actor may do, for the questions that only the state inside a transaction can raise:
/// is this repository new, does this tag move?
///
/// All copies are the same rights: where access changed since the decision, the store finds them anew before a change
/// begins ([`Rights::renew`]), and the change goes on with those.
#[derive(Clone, Debug)]
pub struct Rights {
    standing: Arc<RwLock<Arc<Standing>>>,
    policy: Policy,
    now: Timestamp,
}

impl Rights {
    /// Whose they are, as last found.
    pub fn standing(&self) -> Arc<Standing> {
        Arc::clone(&self.standing.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether something that was granted for a time ended between the decision and now.
    pub fn lost_some_by(&self, now: Timestamp) -> bool {
        let has_ended = |end: Timestamp| self.now < end && end <= now;
        self.standing().terms.iter().any(|terms| terms.expires_at.is_some_and(has_ended))
    }

    /// Puts what was found anew in the place of what was known when the request began.
    pub fn renew(&self, found: Standing) {
        *self.standing.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(found);
    }

    /// Whether they hold a permission anywhere at all, so that a page may offer what it is for.
    pub fn reach_anywhere(&self, permission: Permission) -> bool {
        self.policy == Policy::Grants && self.standing().reaches_anywhere(permission, self.now)
    }

    /// Checks one more permission.
    pub fn require(&self, permission: Permission, target: &Target) -> Result<()> {
        let is_permitted = permits(self.policy, &self.standing(), permission, target, self.now);
        if is_permitted { Ok(()) } else { Err(Error::Forbidden(permission)) }
    }

    /// Whether they hold all that an action needs, as it was granted.
    pub fn may(&self, action: &impl Action) -> bool {
        self.hold(&action.needs())
    }

    /// Whether they hold all of these.
    pub fn hold(&self, needs: &[(Permission, Target)]) -> bool {
        permits_all(self.policy, &self.standing(), needs, self.now)
    }

    /// Whether they are at least of that role there.
    pub fn have_role(&self, role: Role, target: &Target) -> bool {
        has_role(self.policy, &self.standing(), role, target, self.now)
    }

    /// Where they are at least of that role.
    pub fn reach_of_role(&self, role: Role) -> Reach {
        Reach::of_role(self.policy, &self.standing(), role, self.now)
    }

    /// Whether they hold a permission at least until then; `None` is without an end.
    pub fn hold_until(&self, permission: Permission, target: &Target, end: Option<Timestamp>) -> bool {
        let standing = self.standing();
        matches!(standing.actor, Actor::System(_)) || standing.is_granted_until(permission, target, self.now, end)
    }

    /// The same for reading a repository of this visibility, which may be open without a grant.
    pub fn require_read(&self, repository: &RepositoryName, visibility: RepositoryVisibility) -> Result<()> {
        match reads(self.policy, &self.standing(), repository, visibility, self.now) {
            true => Ok(()),
            false => Err(Error::Forbidden(Permission::RepositoryRead)),
        }
    }
}
