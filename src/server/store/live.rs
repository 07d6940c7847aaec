//! Live rights, in the transaction that changes something. What was allowed when a request began may have been taken
//! while its body came: where the epoch of access or something that was lent ended meanwhile, whoever asks is looked up
//! anew and the decision is made again, before the change begins. So nothing becomes durable after a revocation that
//! would have stopped it. On SQLite that is exact; on PostgreSQL two transactions that overlap count as one after the
//! other.

use super::change::Change;
use super::{Store, Tx, audit, epoch, grants, identities, providers};
use crate::domain::action::Mutation;
use crate::domain::{Action, Error, Permission, Result, Target, Timestamp};
use crate::params;
use crate::server::access::{Authorized, Basis, Evidence, Rights, Standing};
use crate::server::entropy::new_id;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

impl Store {
    /// Asks again whether what a proof allows still is, for what is done outside of transactions.
    pub fn still<A: Action>(
        &self,
        proof: &Authorized<A>,
    ) -> impl Fn() -> BoxFuture<'static, Result<()>> + Send + Sync + use<A> {
        let (store, allowed) = (self.clone(), Allowed::by(proof));
        move || {
            let (store, allowed) = (store.clone(), allowed.clone());
            Box::pin(async move {
                let now = store.clock.now();
                store.transact(move |tx| Box::pin(async move { allowed.confirm(tx, now).await })).await
            })
        }
    }
}

impl Store {
    /// Writes down what is done at a registry elsewhere already: as [`Self::write`], and whoever did it is not asked again
    /// whether they may.
    pub async fn settle<A, T, F>(&self, proof: &Authorized<A>, change: F) -> Result<T>
    where
        A: Mutation,
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Change<T>>> + Send + 'static,
    {
        let now = self.clock.now();
        let entry = audit::Entry::of(proof, new_id(&*self.entropy, now), now);
        self.shown(None, entry, change).await
    }
}

/// A part of a change that is done by several proofs.
pub type Part = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Change<()>>> + Send>;

impl Store {
    /// As [`Self::write`], of several changes by proofs of their own: all of them or none, each with its row in the audit
    /// log.
    pub async fn write_each<A: Mutation>(&self, parts: Vec<(&Authorized<A>, Part)>) -> Result<()> {
        let (now, begun) = (self.clock.now(), Arc::new(AtomicUsize::new(0)));
        let proofs: Vec<&Authorized<A>> = parts.iter().map(|(proof, _)| *proof).collect();
        let of = |(proof, part): (&Authorized<A>, Part)| {
            (Allowed::by(proof), audit::Entry::of(proof, new_id(&*self.entropy, now), now), part)
        };
        let mut parts = parts.into_iter().map(of).collect::<Vec<_>>().into_iter();
        let Some((allowed, entry, first)) = parts.next() else { return Ok(()) };
        let at = Arc::clone(&begun);
        let change: Part = Box::new(move |tx| {
            Box::pin(async move {
                let mut whole = first(tx).await?;
                for (allowed, entry, part) in parts {
                    at.fetch_add(1, Ordering::Relaxed);
                    allowed.confirm(tx, now).await?;
                    let Change { before, after, changed, .. } = part(tx).await?;
                    entry.record(tx, before, after).await?;
                    whole.changed.extend(changed);
                }
                Ok(whole)
            })
        });
        let done = self.shown(Some((allowed, now)), entry, change).await;
        if let (Some(reason), Some(proof)) = (refused(&done), proofs.get(begun.load(Ordering::Relaxed))) {
            self.record(vec![proof.refusal(reason)]).await?;
        }
        done
    }
}

/// Why a change turned out to be nobody's to make who asked, in the words of the audit log.
pub(super) fn refused<T>(done: &Result<T>) -> Option<String> {
    match done {
        Err(Error::Forbidden(permission)) => Some(permission.name().to_owned()),
        Err(Error::Protected(barred)) => Some(barred.to_string()),
        _ => None,
    }
}

/// What a proof allows.
#[derive(Clone)]
pub(super) struct Allowed {
    rights: Rights,
    needs: Vec<(Permission, Target)>,
}

impl Allowed {
    /// By this proof.
    pub(super) fn by<A: Action>(proof: &Authorized<A>) -> Self {
        Self { rights: proof.rights(), needs: proof.action().needs() }
    }

    /// Whether it still is, as things stand in this transaction. One small read where access did not change.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if they are nobody any more, [`Error::Forbidden`] for what was taken from them.
    pub(super) async fn confirm(&self, tx: &mut Tx, now: Timestamp) -> Result<()> {
        let known = self.rights.standing();
        let Some(basis) = &known.basis else { return Ok(()) };
        let epoch = epoch::current(tx).await?;
        if basis.epoch == epoch && !self.rights.lost_some_by(now) {
            return Ok(());
        }
        if !is_let_in(tx, &known, &basis.shown, now).await? {
            return Err(Error::Unauthenticated);
        }
        if !providers::are_enabled(tx, &basis.of_console).await? {
            return Err(Error::Unauthenticated);
        }
        let vouching = match &known.id {
            Some(id) if !basis.providers.is_empty() => identities::vouching(tx, id, &basis.providers).await?,
            _ => vec![],
        };
        if vouching.is_empty() && basis.is_by_word {
            return Err(Error::Unauthenticated);
        }
        let mut terms = grants::current(tx, known.id.as_deref(), &vouching).await?;
        terms.retain(|terms| terms.expires_at.is_none_or(|end| now < end));
        let basis = Some(Basis { epoch, providers: vouching, ..basis.clone() });
        self.rights.renew(Standing { terms, basis, ..Standing::clone(&known) });
        for (permission, target) in &self.needs {
            match (permission, target) {
                (Permission::RepositoryRead, Target::Repository(name)) => {
                    self.rights.require_read(name, grants::current_visibility(tx, name).await?)?;
                }
                _ => self.rights.require(*permission, target)?,
            }
        }
        Ok(())
    }
}

/// Whether somebody is still let in by what they came with: the same as `identity` finds out at the door.
async fn is_let_in(tx: &mut Tx, known: &Standing, shown: &Evidence, now: Timestamp) -> Result<bool> {
    let Some(id) = &known.id else { return Ok(true) };
    let (session, hash) = match shown {
        Evidence::Nothing => ("", ""),
        Evidence::Session(id) => (id.as_str(), ""),
        Evidence::Password(hash) => ("", hash.as_str()),
    };
    let sql = "SELECT 1 AS found FROM principals p
               WHERE p.id = $1 AND p.disabled_at IS NULL AND (p.expires_at IS NULL OR p.expires_at > $2)
               AND ($3 = '' OR EXISTS (SELECT 1 FROM tokens t WHERE t.id = $3 AND t.principal_id = p.id
                 AND (t.expires_at IS NULL OR t.expires_at > $2)))
               AND ($4 = '' OR EXISTS (SELECT 1 FROM sessions s WHERE s.id = $4 AND s.user_id = p.id))
               AND ($5 = '' OR EXISTS (SELECT 1 FROM passwords w WHERE w.user_id = p.id AND w.hash = $5))";
    let token = known.token.as_deref().unwrap_or_default();
    Ok(tx.one(sql, params![id, now, token, session, hash]).await?.is_some())
}
