//! The single place that decides. [`Access::authorize`] turns a caller and an action into an
//! [`Authorized`] value, without which no mutation compiles; lists get a [`Visibility`] with it.

mod authorized;
mod caller;
mod decision;
mod listed;
mod reach;
mod scopes;
mod standing;

pub use authorized::{Authorized, Rights};
pub use caller::Caller;
use decision::permits_all;
pub use decision::{Policy, Visibility, has_role, permits, reads, visibility};
pub use listed::Listed;
pub use reach::{Reach, Within};
pub use scopes::{BETWEEN, Scopes};
pub use standing::{Basis, Bound, Evidence, Standing, Verbs};

use super::clock::Clock;
use crate::domain::error::What;
use crate::domain::principal::Job;
use crate::domain::{Action, Actor, Error, Permission, RepositoryName, RepositoryVisibility, Result, Target};
use futures::future::BoxFuture;
use std::sync::Arc;

/// What goes into the audit log without a change: a refusal, most of the time.
#[derive(Clone, Debug)]
pub struct Record {
    pub actor: Actor,
    pub action: &'static str,
    pub object: String,
    /// What it would have taken from somewhere else.
    pub source: Option<String>,
    pub place: String,
    /// Why; `None` where nothing was refused, and it goes on record all the same.
    pub reason: Option<String>,
    /// The token by which it was asked, by its id.
    pub token: Option<String>,
    pub request_id: String,
    pub address: String,
}

/// Finds out how visible a repository is; one that does not exist is private.
pub type FindVisibility = dyn Fn(RepositoryName) -> BoxFuture<'static, Result<RepositoryVisibility>> + Send + Sync;

/// Decides who may do what.
#[derive(Clone)]
pub struct Access {
    policy: Policy,
    clock: Arc<dyn Clock>,
    find_visibility: Arc<FindVisibility>,
    told: Arc<dyn Fn(Record) + Send + Sync>,
}

impl Access {
    /// Decides by `policy`; `told` keeps the record of refusals and must not block.
    pub fn new(
        policy: Policy,
        clock: Arc<dyn Clock>,
        find_visibility: Arc<FindVisibility>,
        told: impl Fn(Record) + Send + Sync + 'static,
    ) -> Self {
        Self { policy, clock, find_visibility, told: Arc::new(told) }
    }

    /// Proof that `caller` may do `action`, or the reason why not.
    pub async fn authorize<A: Action>(&self, caller: &Caller, action: A) -> Result<Authorized<A>> {
        for (permission, target) in action.needs() {
            if !self.permits(&caller.standing, permission, &target).await? {
                if self.is_only_narrow(&caller.standing, permission, &target).await? {
                    return Err(Error::NarrowToken);
                }
                // Who has not signed in is asked to; that is the beginning and no refusal.
                if caller.standing.is_signed_in() || self.policy == Policy::ReadOnly {
                    self.tell(caller, &action, Some(permission.name()));
                }
                return Err(self.refusal(&caller.standing, permission, &target).await?);
            }
        }
        Ok(Authorized::new(self.policy, caller, action, self.clock.now()))
    }

    /// Puts on record what changed nothing: that it was refused, and why, or that it was done.
    pub fn tell<A: Action>(&self, caller: &Caller, action: &A, reason: Option<&str>) {
        (self.told)(Record {
            actor: caller.actor().clone(),
            action: A::NAME,
            object: action.object(),
            source: action.source(),
            place: action.place(),
            reason: reason.map(ToOwned::to_owned),
            token: caller.standing.token.clone(),
            request_id: caller.request_id.clone(),
            address: caller.address.clone(),
        });
    }

    /// Whether somebody holds a permission on something as it is now.
    pub async fn permits(&self, standing: &Standing, permission: Permission, target: &Target) -> Result<bool> {
        let now = self.clock.now();
        if permits(self.policy, standing, permission, target, now) {
            return Ok(true);
        }
        match (permission, target.repository()) {
            (Permission::RepositoryRead, Some(name)) => {
                let visibility = (self.find_visibility)(name.clone()).await?;
                Ok(reads(self.policy, standing, name, visibility, now))
            }
            _ => Ok(false),
        }
    }

    /// Whether somebody holds a permission by what was granted to them.
    pub fn holds(&self, standing: &Standing, permission: Permission, target: &Target) -> bool {
        permits(self.policy, standing, permission, target, self.clock.now())
    }

    /// Whether somebody holds all that an action needs by what was granted to them, so that a page shows no control which
    /// the server would refuse.
    pub fn may(&self, standing: &Standing, action: &impl Action) -> bool {
        permits_all(self.policy, standing, &action.needs(), self.clock.now())
    }

    /// Whether somebody who came as themselves holds a permission anywhere at all.
    pub fn reaches_anywhere(&self, standing: &Standing, permission: Permission) -> bool {
        self.policy == Policy::Grants && standing.reaches_anywhere(permission, self.clock.now())
    }

    /// Where somebody holds a permission over tags by what was granted to them: [`Self::holds`] for lists.
    pub fn reach(&self, standing: &Standing, permission: Permission) -> Reach {
        Reach::of_permission(self.policy, standing, permission, self.clock.now())
    }

    /// Whether another token of the registry would do: live rights allow it, and this one does not.
    async fn is_only_narrow(&self, standing: &Standing, permission: Permission, target: &Target) -> Result<bool> {
        match standing.has_registry_token() {
            true => self.permits(&standing.with_any_registry_token(), permission, target).await,
            false => Ok(false),
        }
    }

    /// What may not be seen is not there: nobody learns from a refusal which repositories exist.
    async fn refusal(&self, standing: &Standing, permission: Permission, target: &Target) -> Result<Error> {
        Ok(match target.repository() {
            Some(name) if !self.permits(standing, Permission::RepositoryRead, target).await? => {
                Error::NotFound(What::Repository(name.clone()))
            }
            _ => Error::Forbidden(permission),
        })
    }

    /// Proof of what somebody may do by what they showed: a password, a link, another's word for them. Only
    /// `identity/`, which has checked it, calls this; the architecture test says so.
    pub fn vouch<A: Action>(&self, actor: Actor, (request_id, address): (&str, &str), action: A) -> Authorized<A> {
        let standing = Arc::new(Standing::of(actor));
        let caller = Caller { standing, request_id: request_id.to_owned(), address: address.to_owned() };
        Authorized::new(self.policy, &caller, action, self.clock.now())
    }

    /// Proof for Portolan's own background work. Only `jobs/` and `app.rs` call it; the architecture test says so.
    pub fn system<A: Action>(&self, job: Job, action: A) -> Authorized<A> {
        let (standing, request_id) = (Arc::new(Standing::of(Actor::System(job))), job.name().to_owned());
        let caller = Caller { standing, request_id, address: String::new() };
        Authorized::new(self.policy, &caller, action, self.clock.now())
    }
}
