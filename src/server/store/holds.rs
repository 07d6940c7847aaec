//! Hidden tags at registries elsewhere, which hold there what is in the trash here.

use super::collect::{self, At};
use super::repositories::Repository;
use super::trash::{self, Entry};
use super::{Row, Store, Tx};
use crate::domain::{Digest, RepositoryName, Result, Tag, Timestamp};
use crate::params;

/// A hidden tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub tag: Tag,
    pub mount_id: String,
    pub repository: RepositoryName,
    pub digest: Digest,
    /// Whether the image was deleted, and not only a name of it.
    pub is_whole: bool,
}

/// The image that is to be held, for what one request deletes.
pub struct Held<'a> {
    pub repository: &'a Repository,
    pub name: &'a RepositoryName,
    pub batch: &'a str,
    pub digest: &'a Digest,
    pub is_whole: bool,
}

/// Notes that a tag will hold an image; the one that was noted before, where there is one.
pub async fn keep(tx: &mut Tx, held: Held<'_>, tag: &Tag, now: Timestamp) -> Result<Tag> {
    let Held { repository, name, batch, digest, is_whole } = held;
    let sql = "INSERT INTO trash_holds (tag, batch, mount_id, repository_id, repository, digest, is_whole, held_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (batch, repository_id, digest) DO UPDATE SET held_at = excluded.held_at";
    tx.run(sql, params![tag, batch, &repository.mount_id, &repository.id, name, digest, is_whole, now]).await?;
    let sql = "SELECT tag FROM trash_holds WHERE batch = $1 AND repository_id = $2 AND digest = $3";
    let row = tx.one(sql, params![batch, &repository.id, digest]).await?;
    row.map_or_else(|| Ok(tag.clone()), |mut row| row.take())
}

/// Nothing in the trash needs it any more, and nothing on its way there.
const IS_FREE: &str =
    "NOT EXISTS (SELECT 1 FROM trash_going g WHERE g.batch = h.batch AND g.repository_id = h.repository_id
      AND g.digest = h.digest)
    AND NOT EXISTS (SELECT 1 FROM deleted_tags d WHERE d.batch = h.batch AND d.repository_id = h.repository_id
      AND d.digest = h.digest)
    AND NOT EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.batch = h.batch AND d.repository_id = h.repository_id
      AND d.digest = h.digest)";

const HOLD: &str = "SELECT h.tag, h.mount_id, h.repository, h.digest, h.is_whole FROM trash_holds h";

/// Those of one request that nothing needs any more.
pub async fn free_of(store: &Store, batch: &str) -> Result<Vec<Hold>> {
    let sql = format!("{HOLD} WHERE h.batch = $1 AND {IS_FREE} ORDER BY h.tag");
    store.all(&sql, params![batch]).await?.into_iter().map(hold).collect()
}

/// Those of a mount that nothing needs any more, of requests that are over since; those that could not be taken away come
/// last.
pub async fn free(store: &Store, mount_id: &str, before: Timestamp, limit: u32) -> Result<Vec<Hold>> {
    let sql = format!(
        "{HOLD} WHERE h.mount_id = $1 AND h.held_at < $2 AND {IS_FREE} ORDER BY h.failed_at, h.held_at, h.tag LIMIT $3"
    );
    store.all(&sql, params![mount_id, before, limit]).await?.into_iter().map(hold).collect()
}

/// Notes that one could not be taken away.
pub async fn failed(tx: &mut Tx, tag: &Tag, now: Timestamp) -> Result<()> {
    tx.run("UPDATE trash_holds SET failed_at = $2 WHERE tag = $1", params![tag, now]).await.map(|_| ())
}

/// Lets what is in the trash of a mount and whose time is over go; how many entries did.
pub async fn expire(tx: &mut Tx, mount_id: &str, now: Timestamp, limit: u32) -> Result<usize> {
    let sql = "SELECT id FROM trash WHERE mount_id = $1 AND expires_at <= $2 ORDER BY expires_at, id LIMIT $3";
    let rows = tx.all(sql, params![mount_id, now, limit]).await?;
    let ids: Vec<String> = rows.into_iter().map(|mut row| row.take()).collect::<Result<_>>()?;
    let at = |Entry { row, repository_id, mount_id }: Entry| At { name: row.repository, id: repository_id, mount_id };
    let mut places = Vec::new();
    for id in &ids {
        places.extend(trash::current(tx, id).await?.map(at));
    }
    collect::lock(tx, &places).await?;
    for id in &ids {
        if let Some(entry) = trash::current(tx, id).await? {
            trash::purge(tx, &[entry]).await?;
        }
    }
    Ok(ids.len())
}

/// Forgets one that is gone at its registry.
pub async fn forget(tx: &mut Tx, tag: &Tag) -> Result<()> {
    tx.run("DELETE FROM trash_holds WHERE tag = $1", params![tag]).await.map(|_| ())
}

/// Whether nothing known here names an image or is part of it: no tag, no index, nothing in the trash.
pub async fn is_unnamed(store: &Store, hold: &Hold) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM repositories r WHERE r.name = $1 AND (
                 EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = r.id AND m.digest = $2)
                 OR EXISTS (SELECT 1 FROM manifest_edges e WHERE e.repository_id = r.id AND e.child = $2)
                 OR EXISTS (SELECT 1 FROM deleted_edges e WHERE e.repository_id = r.id AND e.child = $2)
                 OR EXISTS (SELECT 1 FROM deleted_tags d WHERE d.repository_id = r.id AND d.digest = $2)
                 OR EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.repository_id = r.id AND d.digest = $2))";
    Ok(store.one(sql, params![&hold.repository, &hold.digest]).await?.is_none())
}

fn hold(mut row: Row) -> Result<Hold> {
    let (tag, mount_id, repository) = (row.take()?, row.take()?, row.take()?);
    Ok(Hold { tag, mount_id, repository, digest: row.take()?, is_whole: row.take()? })
}
