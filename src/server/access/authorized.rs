//! Proof that somebody may do exactly one thing.

use super::{Caller, Policy, Refusal, Standing, Visibility, decision, permits};
use crate::domain::{Action, Actor, Error, Permission, Result, Target, Timestamp};
use std::sync::Arc;

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
    rights: Rights,
    action: A,
    request_id: String,
}

impl<A: Action> Authorized<A> {
    pub(super) fn new(policy: Policy, caller: &Caller, action: A, now: Timestamp) -> Self {
        let rights = Rights { standing: Arc::clone(&caller.standing), policy, now };
        Self { rights, action, request_id: caller.request_id.clone() }
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.rights.standing.actor
    }

    /// What was allowed.
    pub fn action(&self) -> &A {
        &self.action
    }

    /// The request that asked.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The record of a right that it does not carry and that the change turned out to need.
    pub fn refusal(&self, permission: Permission) -> Refusal {
        Refusal {
            actor: self.actor().clone(),
            action: A::NAME,
            object: self.action.object(),
            permission,
            request_id: self.request_id.clone(),
        }
    }

    /// The rights that were decided, to be taken into the transaction that changes something.
    pub fn rights(&self) -> Rights {
        self.rights.clone()
    }

    /// Which repositories a list may show to the actor.
    pub fn visibility(&self) -> Visibility {
        decision::visibility(self.rights.policy, &self.rights.standing, self.rights.now)
    }
}

/// What an actor may do, for the questions that only the state inside a transaction can raise:
/// is this repository new, does this tag move?
#[derive(Clone, Debug)]
pub struct Rights {
    standing: Arc<Standing>,
    policy: Policy,
    now: Timestamp,
}

impl Rights {
    /// Checks one more permission.
    pub fn require(&self, permission: Permission, target: &Target) -> Result<()> {
        let is_permitted = permits(self.policy, &self.standing, permission, target, self.now);
        if is_permitted { Ok(()) } else { Err(Error::Forbidden(permission)) }
    }
}
