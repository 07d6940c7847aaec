//! The audit log: written by [`super::Store::write`] from the proof, and by refusals.

use super::activity::source;
use super::{Tx, Value, batch};
use crate::domain::{Action, Result, Timestamp};
use crate::params;
use crate::server::access::{Authorized, Record};

/// One entry before it is written.
pub(super) struct Entry {
    id: String,
    at: Timestamp,
    actor: String,
    action: &'static str,
    object: String,
    source: Option<String>,
    place: String,
    outcome: String,
    token: Option<String>,
    request_id: String,
    address: String,
}

/// The most of a name on record, in characters: PostgreSQL finds none that is longer than a third of a page.
const MAX_OBJECT_CHARS: usize = 500;

impl Entry {
    /// The entry of a change that was allowed.
    pub(super) fn of<A: Action>(proof: &Authorized<A>, id: String, at: Timestamp) -> Self {
        Self {
            id,
            at,
            actor: proof.actor().key(),
            action: A::NAME,
            object: cut(proof.action().object()),
            source: proof.action().source().map(cut),
            place: proof.action().place(),
            outcome: "done".to_owned(),
            token: proof.rights().standing().token.clone(),
            request_id: proof.request_id().to_owned(),
            address: proof.address().to_owned(),
        }
    }

    /// The entry of what changed nothing.
    pub(super) fn told(record: Record, id: String, at: Timestamp) -> Self {
        Self {
            id,
            at,
            actor: record.actor.key(),
            action: record.action,
            object: cut(record.object),
            source: record.source.map(cut),
            place: record.place,
            outcome: record.reason.map_or("done".to_owned(), |reason| format!("refused: {reason}")),
            token: record.token,
            request_id: record.request_id,
            address: record.address,
        }
    }

    /// Writes it. A token is named as its owner called it then: it may be gone when somebody reads this.
    pub(super) async fn record(self, tx: &mut Tx, before: Option<String>, after: Option<String>) -> Result<()> {
        let sql = "INSERT INTO audit (id, at, actor, action, object, outcome, before, after, request_id, kind, place, address, token)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                     COALESCE((SELECT t.name FROM tokens t WHERE t.id = $13), $13))";
        let kind = self.action.split('.').next().unwrap_or_default();
        let spaces = spaces(&self.id, &self.place);
        let after = source::before(self.source, after);
        let mut params = params![self.id, self.at, self.actor, self.action, self.object, self.outcome, before, after];
        params.extend(params![self.request_id, kind, self.place, self.address, self.token]);
        tx.run(sql, params).await?;
        if !spaces.is_empty() {
            let sql = format!("INSERT INTO audit_spaces (space, audit_id) VALUES {}", batch::rows(1, spaces.len(), 2));
            tx.run(&sql, spaces.concat()).await?;
        }
        Ok(())
    }
}

/// A name that is too long, by what it begins with.
fn cut(object: String) -> String {
    match object.char_indices().nth(MAX_OBJECT_CHARS) {
        Some((at, _)) => format!("{} and more", &object[..at]),
        None => object,
    }
}

/// A row for each namespace above a place, which ends with a slash if it is one itself.
fn spaces(id: &str, place: &str) -> Vec<Vec<Value>> {
    place.match_indices('/').map(|(at, _)| params![&place[..=at], id]).collect()
}
