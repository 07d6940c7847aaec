//! Changes of many repositories at once. Their names are locked before their mount, in the order in which pushes lock, so
//! that no two wait for each other: which they are is read before, and again when they are locked.

use crate::domain::{Error, RepositoryName, Result};
use crate::server::store::Tx;
use std::collections::BTreeSet;

/// How often a change begins again because another repository came to those that it is about.
pub const TRIES: usize = 5;

const CAME: &str = "another repository came to these meanwhile; try again";

/// Locks repositories of a mount, and then that.
pub async fn lock(tx: &mut Tx, names: &BTreeSet<RepositoryName>, mount_id: &str) -> Result<()> {
    for name in names {
        tx.lock(name.as_str()).await?;
    }
    tx.lock(mount_id).await
}

/// Makes sure that all that were found are locked.
///
/// # Errors
/// What [`is_too_early`] knows, if one is not.
pub fn require_locked<'n>(
    names: &BTreeSet<RepositoryName>,
    mut found: impl Iterator<Item = &'n RepositoryName>,
) -> Result<()> {
    if found.all(|name| names.contains(name)) { Ok(()) } else { Err(Error::Conflict(CAME.to_owned())) }
}

/// Whether a change did not begin because not all was locked.
pub fn is_too_early<T>(done: &Result<T>) -> bool {
    matches!(done, Err(Error::Conflict(words)) if words == CAME)
}
