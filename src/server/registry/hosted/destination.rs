//! Where a change writes to: a repository, which is made if it is new and the proof carries the right to.

use super::HostedRegistry;
use crate::domain::{Action, Permission, RepositoryName, Result, Target, Timestamp};
use crate::server::access::{Authorized, Rights};
use crate::server::entropy::new_id;
use crate::server::store::Tx;
use crate::server::store::repositories::{self, Repository};

/// A repository that may not be there yet.
pub(super) struct Destination {
    pub(super) name: RepositoryName,
    pub(super) rights: Rights,
    pub(super) now: Timestamp,
    mount_id: String,
    new_id: String,
}

impl HostedRegistry {
    /// The destination of what `proof` allows.
    pub(super) fn destination<A: Action>(&self, proof: &Authorized<A>, name: &RepositoryName) -> Destination {
        let now = self.parts.clock.now();
        Destination {
            name: name.clone(),
            rights: proof.rights(),
            now,
            mount_id: self.parts.mount_id.clone(),
            new_id: new_id(&*self.parts.entropy, now),
        }
    }
}

impl Destination {
    /// The repository, there now. Until the transaction ends, other changes of it wait, and other changes of the
    /// mount's sums.
    pub(super) async fn open(&self, tx: &mut Tx) -> Result<Repository> {
        tx.lock(self.name.as_str()).await?;
        tx.lock(&self.mount_id).await?;
        let (repository, is_new) = repositories::ensure(tx, &self.name, &self.mount_id, &self.new_id, self.now).await?;
        if is_new {
            self.rights.require(Permission::RepositoryCreate, &Target::Repository(self.name.clone()))?;
        }
        Ok(repository)
    }
}
