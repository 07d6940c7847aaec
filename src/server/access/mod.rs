//! The single place that decides. [`Access::authorize`] turns a caller and an action into an
//! [`Authorized`] value, without which no mutation compiles; lists get a [`Visibility`] with it.

mod authorized;
mod caller;
mod decision;

pub use authorized::{Authorized, Rights};
pub use caller::Caller;
pub use decision::{Policy, Visibility, permits};

use crate::domain::error::What;
use crate::domain::principal::Job;
use crate::domain::{Action, Actor, Error, Permission, Result, Target};
use std::sync::Arc;

/// A refusal, for the audit log.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub actor: Actor,
    pub action: &'static str,
    pub object: String,
    pub permission: Permission,
    pub request_id: String,
}

/// Decides who may do what.
#[derive(Clone)]
pub struct Access {
    policy: Policy,
    refused: Arc<dyn Fn(Refusal) + Send + Sync>,
}

impl Access {
    /// Decides by `policy`; `refused` keeps the record of refusals and must not block.
    pub fn new(policy: Policy, refused: impl Fn(Refusal) + Send + Sync + 'static) -> Self {
        Self { policy, refused: Arc::new(refused) }
    }

    /// Proof that `caller` may do `action`, or the reason why not.
    ///
    /// Asynchronous because grants live in the database; the policies of today need no look-up.
    pub async fn authorize<A: Action>(&self, caller: &Caller, action: A) -> Result<Authorized<A>> {
        for (permission, target) in action.needs() {
            if !permits(self.policy, &caller.actor, permission, &target) {
                (self.refused)(Refusal {
                    actor: caller.actor.clone(),
                    action: A::NAME,
                    object: action.object(),
                    permission,
                    request_id: caller.request_id.clone(),
                });
                return Err(self.refusal(&caller.actor, permission, &target));
            }
        }
        Ok(Authorized::new(self.policy, caller, action))
    }

    /// What may not be seen is not there: nobody learns from a refusal which repositories exist.
    fn refusal(&self, actor: &Actor, permission: Permission, target: &Target) -> Error {
        match target.repository() {
            Some(name) if !permits(self.policy, actor, Permission::RepositoryRead, target) => {
                Error::NotFound(What::Repository(name.clone()))
            }
            _ => Error::Forbidden(permission),
        }
    }

    /// Proof for Portolan's own background work. Only `jobs/` and `app.rs` call it; the architecture test says so.
    pub fn system<A: Action>(&self, job: Job, action: A) -> Authorized<A> {
        let caller = Caller { actor: Actor::System(job), request_id: job.name().to_owned() };
        Authorized::new(self.policy, &caller, action)
    }
}
