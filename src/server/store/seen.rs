//! What readings of a registry elsewhere find out about its tags, and what of that is history.
//!
//! Of a repository that was never read nothing is known, so what its first reading meets is no move, and is not written as
//! one: a registry of a hundred thousand tags costs no row of history until something changes there. From then on a tag that
//! is new, that moved, that is gone or that is back has a row, without anybody: who did it is not known. A tag that could not
//! be read the first time is new when it can. What goes by a delete from here is written by that. Of a repository that is
//! not listed any more nothing is read, and its tags keep what they named.

use super::repositories::Repository;
use super::tags::{self, Current, Placement};
use super::{Store, Tx, Value, history};
use crate::domain::view::How;
use crate::domain::{Digest, RepositoryName, Result, Tag, Timestamp};
use crate::params;

/// Where a tag was found to point.
pub struct Seen<'a> {
    pub repository: &'a Repository,
    pub tag: &'a Tag,
    pub digest: &'a Digest,
    /// What the catalog had of it.
    pub before: Option<&'a Current>,
    /// Whether its repository was read before.
    pub is_known: bool,
    pub now: Timestamp,
}

/// Whether all tags of a repository were read once. One that failed since is known still by its newest tag, which the end
/// of a reading finds.
pub async fn is_known(store: &Store, name: &RepositoryName) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM repositories
               WHERE name = $1 AND read_at > 0 AND (newest_tag IS NOT NULL OR read_error IS NULL)";
    Ok(store.one(sql, params![name]).await?.is_some())
}

/// Sets a tag to what was found; `true` if that changed something. The manifest must be stored already.
pub async fn place(tx: &mut Tx, seen: Seen<'_>) -> Result<bool> {
    let Seen { repository, tag, digest, before, is_known, now } = seen;
    let at = Placement { repository, tag, digest, before, how: How::Seen, by: None, reason: None, now };
    let is_move = is_known || before.is_some();
    tags::put(tx, &at, is_move).await?;
    let is_changed = at.left() != Some(digest);
    if is_changed && is_move {
        history::record(tx, &at).await?;
    }
    Ok(is_changed)
}

/// After a whole list of tags was read: those that were not in it are missing there.
pub async fn mark_missing(tx: &mut Tx, repository_id: &str, read_since: Timestamp, now: Timestamp) -> Result<()> {
    leave(tx, repository_id, ("(t.checked_at < $3 OR t.checked_at > $2)", read_since.into()), now).await
}

/// Notes that the registry does not have a tag any more.
pub async fn missing(tx: &mut Tx, repository_id: &str, tag: &Tag, now: Timestamp) -> Result<()> {
    leave(tx, repository_id, ("t.name = $3", tag.into()), now).await
}

/// Notes that the tags which fit a condition left.
async fn leave(tx: &mut Tx, repository_id: &str, (condition, value): (&str, Value), now: Timestamp) -> Result<()> {
    let params = [params![repository_id, now], vec![value]].concat();
    let which = format!("t.repository_id = $1 AND t.missing_since IS NULL AND {condition}");
    history::record_gone(tx, &which, params.clone()).await?;
    tx.run(&format!("UPDATE tags AS t SET missing_since = $2 WHERE {which}"), params).await.map(drop)
}
