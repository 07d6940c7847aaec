//! Locks the repositories that one change is about: their names in order and then their mount, as pushes do, so that no two
//! wait for each other. Which they are, where they are many, is read before, and again when they are locked.

use crate::domain::error::What;
use crate::domain::{Error, RepositoryName, Result};
use crate::server::store::Tx;
use crate::server::store::repositories::{self, Repository};
use std::collections::BTreeSet;

/// How often a change begins again because another repository came to those that it is about.
const TRIES: usize = 5;

/// A repository of a mount, which stays as it is until the transaction ends.
///
/// # Errors
/// Not found if the mount has none of that name.
pub async fn repository(tx: &mut Tx, name: &RepositoryName, mount_id: &str) -> Result<Repository> {
    tx.lock(name.as_str()).await?;
    tx.lock(mount_id).await?;
    let found = repositories::current(tx, name).await?.filter(|found| found.mount_id == mount_id);
    found.ok_or_else(|| Error::NotFound(What::Repository(name.clone())))
}

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
/// [`Error::Overtaken`] if one is not.
pub fn require_locked<'n>(
    names: &BTreeSet<RepositoryName>,
    mut found: impl Iterator<Item = &'n RepositoryName>,
) -> Result<()> {
    if found.all(|name| names.contains(name)) { Ok(()) } else { Err(Error::Overtaken) }
}

/// Makes a change, from its beginning once more where not all was locked.
pub async fn again<T, F: Future<Output = Result<T>>>(change: impl Fn() -> F) -> Result<T> {
    for _ in 1..TRIES {
        let done = change().await;
        if !is_too_early(&done) {
            return done;
        }
    }
    change().await
}

fn is_too_early<T>(done: &Result<T>) -> bool {
    matches!(done, Err(Error::Overtaken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_begins_again_for_a_repository_that_came_and_for_no_words() {
        let names: [RepositoryName; 2] = ["a", "b"].map(|name| name.parse().unwrap());
        let locked = BTreeSet::from([names[0].clone()]);
        assert_eq!(require_locked(&locked, names[..1].iter()), Ok(()));
        let came = require_locked(&locked, names.iter());
        let said: Result<()> = Err(Error::Conflict(came.clone().unwrap_err().to_string()));
        assert!(is_too_early(&came) && !is_too_early(&said) && !is_too_early(&Ok(())));
    }
}
