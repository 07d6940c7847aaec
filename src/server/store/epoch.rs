//! How often what decides over access has changed: by it every node knows that what it remembers is old.

use super::{Store, Tx};
use crate::domain::{Error, Result};

/// The present epoch.
pub async fn now(store: &Store) -> Result<i64> {
    store.one("SELECT epoch FROM instance", vec![]).await?.ok_or(Error::Internal)?.take()
}

/// The same inside a transaction.
pub(super) async fn current(tx: &mut Tx) -> Result<i64> {
    tx.one("SELECT epoch FROM instance", vec![]).await?.ok_or(Error::Internal)?.take()
}

/// Ends it: called in the transaction of every change of a grant or a visibility, and of what takes a way in from
/// somebody or gives them another password. What only adds somebody ends none: nobody remembers who was not there.
pub(super) async fn next(tx: &mut Tx) -> Result<()> {
    tx.run("UPDATE instance SET epoch = epoch + 1", vec![]).await.map(|_| ())
}
