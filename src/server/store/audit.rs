//! The audit log: written by [`super::Store::write`] from the proof, and by refusals.

use super::Tx;
use crate::domain::{Action, Result, Timestamp};
use crate::params;
use crate::server::access::{Authorized, Refusal};

/// One entry before it is written.
pub(super) struct Entry {
    id: String,
    at: Timestamp,
    actor: String,
    action: &'static str,
    object: String,
    outcome: String,
    request_id: String,
}

impl Entry {
    /// The entry of a change that was allowed.
    pub(super) fn of<A: Action>(proof: &Authorized<A>, id: String, at: Timestamp) -> Self {
        Self {
            id,
            at,
            actor: proof.actor().key(),
            action: A::NAME,
            object: proof.action().object(),
            outcome: "done".to_owned(),
            request_id: proof.request_id().to_owned(),
        }
    }

    /// The entry of a refusal.
    pub(super) fn refused(refusal: Refusal, id: String, at: Timestamp) -> Self {
        Self {
            id,
            at,
            actor: refusal.actor.key(),
            action: refusal.action,
            object: refusal.object,
            outcome: format!("refused: {}", refusal.permission.name()),
            request_id: refusal.request_id,
        }
    }

    pub(super) async fn record(self, tx: &mut Tx, before: Option<String>, after: Option<String>) -> Result<()> {
        let sql = "INSERT INTO audit (id, at, actor, action, object, outcome, before, after, request_id)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let (actor, action, object) = (self.actor, self.action, self.object);
        tx.run(sql, params![self.id, self.at, actor, action, object, self.outcome, before, after, self.request_id])
            .await?;
        Ok(())
    }
}
