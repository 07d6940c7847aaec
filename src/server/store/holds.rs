//! Hidden tags at registries elsewhere, which hold there what is in the trash here.

mod ended;

pub use ended::{Expiring, end, expire, expired, purge};

use super::repositories::Repository;
use super::{Row, Store, Tx, Value};
use crate::domain::{Digest, RepositoryName, Result, Tag, Timestamp};
use crate::params;
use std::collections::BTreeSet;

/// Parts that go along with one image at most; more of them go by themselves.
const MOST_PARTS: u32 = 1000;

/// What goes when a hidden tag goes. It is kept as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing else: the image has other names, or may be brought back.
    Nothing = 0,
    /// Its image: that was deleted, or its last name was let go for good.
    Image = 1,
    /// A part of such an image, or an image that is deleted where there is no trash. No tag was ever put on it.
    Part = 2,
}

/// A hidden tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub tag: Tag,
    pub batch: String,
    pub mount_id: String,
    pub repository_id: String,
    pub repository: RepositoryName,
    pub digest: Digest,
    pub takes: Takes,
    /// Whether it could not be taken away once.
    pub has_failed: bool,
}

impl From<Takes> for Value {
    fn from(it: Takes) -> Self {
        Self::from(it as i64)
    }
}

/// The image that is to be held, for what one request deletes.
pub struct Held<'a> {
    pub repository: &'a Repository,
    pub name: &'a RepositoryName,
    pub batch: &'a str,
    pub digest: &'a Digest,
    pub takes: Takes,
}

/// Notes that a tag will hold an image; the one that was noted before, where there is one. An image that goes after its tags
/// goes as one in the end, with what belongs to it.
pub async fn keep(tx: &mut Tx, held: Held<'_>, tag: &Tag, now: Timestamp) -> Result<Tag> {
    let Held { repository, name, batch, digest, takes } = held;
    let sql = "INSERT INTO trash_holds (tag, batch, mount_id, repository_id, repository, digest, takes, held_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (batch, repository_id, digest) DO UPDATE SET
                held_at = excluded.held_at,
                takes = CASE WHEN trash_holds.takes = 0 THEN excluded.takes ELSE trash_holds.takes END";
    tx.run(sql, params![tag, batch, &repository.mount_id, &repository.id, name, digest, takes, now]).await?;
    let sql = "SELECT tag FROM trash_holds WHERE batch = $1 AND repository_id = $2 AND digest = $3";
    let row = tx.one(sql, params![batch, &repository.id, digest]).await?;
    row.map_or_else(|| Ok(tag.clone()), |mut row| row.take())
}

/// That nothing in the trash needs a hidden tag any more, and nothing on its way there.
fn is_free(hold: &str) -> String {
    let none = |rows: &str| {
        format!(
            "NOT EXISTS (SELECT 1 FROM {rows} d WHERE d.batch = {hold}.batch AND d.repository_id = {hold}.repository_id
              AND d.digest = {hold}.digest)"
        )
    };
    ["trash_going", "tags_in_trash", "images_in_trash"].map(none).join(" AND ")
}

/// That one is free, and a part is not before the images of its request are gone: those that the trash still needs by another
/// name too, since until then an index at the registry lists it.
fn is_free_in_turn() -> String {
    format!(
        "{} AND (h.takes < 2 OR NOT EXISTS (SELECT 1 FROM trash_holds t WHERE t.batch = h.batch
           AND t.repository_id = h.repository_id AND t.takes = 1))",
        is_free("h")
    )
}

const HOLD: &str = "SELECT h.tag, h.batch, h.mount_id, h.repository_id, h.repository, h.digest, h.takes, h.failed_at
     FROM trash_holds h";

/// Those of one request that nothing needs any more.
pub async fn free_of(store: &Store, batch: &str, limit: u32) -> Result<Vec<Hold>> {
    let sql = format!("{HOLD} WHERE h.batch = $1 AND {} ORDER BY h.tag LIMIT $2", is_free_in_turn());
    store.all(&sql, params![batch, limit]).await?.into_iter().map(hold).collect()
}

/// Those of a mount that nothing needs any more, of requests that are over since; those that could not be taken away come
/// last.
pub async fn free(store: &Store, mount_id: &str, before: Timestamp, limit: u32) -> Result<Vec<Hold>> {
    let sql = format!(
        "{HOLD} WHERE h.mount_id = $1 AND h.held_at < $2 AND {} ORDER BY h.failed_at, h.held_at, h.tag LIMIT $3",
        is_free_in_turn()
    );
    store.all(&sql, params![mount_id, before, limit]).await?.into_iter().map(hold).collect()
}

/// Requests by which an image, or a tag that named it, is in the trash of its repository; at most `limit` of them.
pub async fn batches(
    store: &Store,
    (repository, digest): (&RepositoryName, &Digest),
    limit: u32,
) -> Result<BTreeSet<String>> {
    let of = |rows: &str| {
        format!(
            "SELECT d.batch FROM repositories r CROSS JOIN {rows} d
             WHERE r.name = $1 AND d.repository_id = r.id AND d.digest = $2"
        )
    };
    let sql = format!("{} UNION {} ORDER BY 1 LIMIT $3", of("tags_in_trash"), of("images_in_trash"));
    store.all(&sql, params![repository, digest, limit]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Parts of images of the same request that nothing in the trash needs any more.
pub async fn parts_beside(store: &Store, of: &Hold) -> Result<Vec<Hold>> {
    let sql = format!(
        "{HOLD} WHERE h.batch = $1 AND h.repository_id = $2 AND h.takes = 2 AND {} ORDER BY h.tag LIMIT $3",
        is_free("h")
    );
    let rows = store.all(&sql, params![&of.batch, &of.repository_id, MOST_PARTS]).await?;
    rows.into_iter().map(hold).collect()
}

/// Notes that one could not be taken away.
pub async fn failed(tx: &mut Tx, tag: &Tag, now: Timestamp) -> Result<()> {
    tx.run("UPDATE trash_holds SET failed_at = $2 WHERE tag = $1", params![tag, now]).await.map(|_| ())
}

/// Forgets those of which nothing is left to be done at their registry.
pub async fn forget(tx: &mut Tx, tags: &[Tag]) -> Result<()> {
    for tag in tags {
        tx.run("DELETE FROM trash_holds WHERE tag = $1", params![tag]).await?;
    }
    Ok(())
}

/// Forgets images that were to be deleted where there is no trash, by whatever request: what became of them is known.
pub async fn forget_parts(tx: &mut Tx, repository: &Repository, digests: &BTreeSet<Digest>) -> Result<()> {
    let sql = "DELETE FROM trash_holds WHERE mount_id = $1 AND repository_id = $2 AND digest = $3 AND takes = 2";
    for digest in digests {
        tx.run(sql, params![&repository.mount_id, &repository.id, digest]).await?;
    }
    Ok(())
}

/// Whether nothing known here names an image or is part of it: the catalog does not have it, and nothing lists it or
/// holds it in the trash.
pub async fn is_unnamed(store: &Store, hold: &Hold) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM repositories r WHERE r.name = $1 AND (
                 EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = r.id AND m.digest = $2)
                 OR EXISTS (SELECT 1 FROM manifest_edges e WHERE e.repository_id = r.id AND e.child = $2)
                 OR EXISTS (SELECT 1 FROM deleted_edges e CROSS JOIN images_in_trash p WHERE e.repository_id = r.id AND e.child = $2
                   AND p.repository_id = e.repository_id AND p.digest = e.parent)
                 OR EXISTS (SELECT 1 FROM tags_in_trash d WHERE d.repository_id = r.id AND d.digest = $2)
                 OR EXISTS (SELECT 1 FROM images_in_trash d WHERE d.repository_id = r.id AND d.digest = $2))";
    Ok(store.one(sql, params![&hold.repository, &hold.digest]).await?.is_none())
}

/// Names by which a registry is known to have an image, but for those that other requests take away: tags of the catalog,
/// and hidden ones of this request and of what is in the trash.
pub async fn names_of(
    store: &Store,
    (repository_id, digest): (&str, &Digest),
    batch: &str,
    limit: u32,
) -> Result<Vec<Tag>> {
    let sql = "SELECT t.name FROM tags t WHERE t.repository_id = $1 AND t.digest = $2 AND t.missing_since IS NULL
                 AND t.name NOT IN (SELECT g.tag FROM trash_going g WHERE g.repository_id = $1 AND g.batch <> $3)
               UNION SELECT h.tag FROM trash_holds h WHERE h.batch = $3 AND h.repository_id = $1 AND h.digest = $2
                 AND h.takes < 2
               UNION SELECT h.tag FROM deleted_names n CROSS JOIN trash x CROSS JOIN trash_holds h
                 WHERE n.repository_id = $1 AND n.digest = $2 AND x.id = n.entry AND h.batch = x.batch
                 AND h.repository_id = n.repository_id AND h.digest = n.digest AND h.takes < 2
               ORDER BY 1 LIMIT $4";
    let rows = store.all(sql, params![repository_id, digest, batch, limit]).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// Whether a repository has more tags, or more images that have one, than these.
pub async fn has_more(store: &Store, repository: &RepositoryName, (tags, images): (u64, u64)) -> Result<bool> {
    let sql =
        "SELECT r.n_tags, (SELECT COUNT(*) FROM (SELECT DISTINCT t.digest FROM tags t WHERE t.repository_id = r.id
                 LIMIT $2) few) FROM repositories r WHERE r.name = $1";
    let Some(mut row) = store.one(sql, params![repository, images + 1]).await? else { return Ok(false) };
    Ok(row.take::<u64>()? > tags || row.take::<u64>()? > images)
}

fn hold(mut row: Row) -> Result<Hold> {
    let (tag, batch, mount_id, repository_id) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let (repository, digest) = (row.take()?, row.take()?);
    let takes = match row.take::<i64>()? {
        0 => Takes::Nothing,
        1 => Takes::Image,
        _ => Takes::Part,
    };
    let has_failed = row.take::<Timestamp>()?.0 > 0;
    Ok(Hold { tag, batch, mount_id, repository_id, repository, digest, takes, has_failed })
}
