//! Repositories that people mark for themselves.

use super::repositories::require;
use super::{may, who};
use crate::domain::action::{ReadRepository, StarRepository};
use crate::domain::{Actor, Error, Permission, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::{Change, stars};

/// The most repositories that one person marks.
pub const MAX_STARS: u32 = 1_000;

/// Whether the reader of a repository may mark it: who has an account, and came as themselves.
pub(super) fn may_star(proof: &Authorized<ReadRepository>) -> bool {
    let (Actor::User(username), Some(_)) = (proof.actor(), who::account(&proof.rights())) else { return false };
    let repository = proof.action().repository.clone();
    may(proof, &StarRepository { username: username.clone(), repository, starred: true })
}

/// Marks a repository for who asks, or takes the mark away.
///
/// # Errors
/// [`Error::Forbidden`] for who has no account, [`Error::Conflict`] for one more than [`MAX_STARS`].
pub async fn set(app: &App, proof: &Authorized<StarRepository>) -> Result<()> {
    let StarRepository { repository, starred, .. } = proof.action().clone();
    let found = require(app, &repository).await?;
    let user_id = who::account(&proof.rights()).ok_or(Error::Forbidden(Permission::AccountManage))?;
    let at = starred.then(|| app.clock.now());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if starred && stars::count(tx, &user_id, MAX_STARS).await? >= u64::from(MAX_STARS) {
                return Err(Error::Conflict(format!("you have {MAX_STARS} stars already; take one away first")));
            }
            stars::set(tx, &user_id, &found.id, at).await?;
            Ok(Change::new((), None, None))
        })
    });
    write.await
}
