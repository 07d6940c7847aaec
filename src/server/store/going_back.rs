//! Tags on their way back, those of a namespace to a time and those of an entry of the trash to what they named, all in one
//! transaction: what differs is noted once, asked about, and set by statements for all tags of a repository.

use super::history::{self, Span};
use super::repositories::Repository;
use super::{Row, Tx, batch};
use crate::domain::view::How;
use crate::domain::{Actor, Digest, RepositoryName, Result, Tag, Timestamp};
use crate::params;

/// Tags that are left out by one statement.
const LEFT_TOGETHER: usize = 256;

/// What goes back by one change, in one repository.
#[derive(Clone, Copy)]
pub struct Back<'a> {
    pub batch: &'a str,
    pub repository: &'a Repository,
}

/// A tag that goes back.
#[derive(Clone, Debug)]
pub struct Tagged {
    pub tag: Tag,
    pub then: Option<Digest>,
    pub now: Option<Digest>,
}

/// Notes what differs; how many tags that are.
pub async fn note(tx: &mut Tx, batch: &str, span: &Span<'_>) -> Result<u64> {
    let (differences, mut params) = history::all_differences(span);
    let sql = format!(
        "INSERT INTO tags_going_back (batch, repository_id, tag, then_digest, now_digest)
         SELECT ${}, d.repository_id, d.tag, d.then_digest, d.now_digest FROM ({differences}) AS d",
        params.len() + 1
    );
    params.extend(params![batch]);
    tx.run(&sql, params).await
}

/// Notes the tags of an entry of the trash that name something else by now, or nothing: the entry is the batch.
pub async fn note_deleted(tx: &mut Tx, entry: &str) -> Result<()> {
    let sql = "INSERT INTO tags_going_back (batch, repository_id, tag, then_digest, now_digest)
               SELECT d.entry, d.repository_id, d.name, d.digest, t.digest FROM deleted_tags d
               LEFT JOIN tags t ON t.repository_id = d.repository_id AND t.name = d.name
               WHERE d.entry = $1 AND t.digest IS DISTINCT FROM d.digest";
    tx.run(sql, params![entry]).await.map(drop)
}

/// Forgets it, once it is done.
pub async fn forget(tx: &mut Tx, batch: &str) -> Result<()> {
    tx.run("DELETE FROM tags_going_back WHERE batch = $1", params![batch]).await.map(drop)
}

/// The repositories of which tags go back.
pub async fn repositories(tx: &mut Tx, batch: &str) -> Result<Vec<RepositoryName>> {
    let sql =
        "SELECT DISTINCT r.name FROM tags_going_back b JOIN repositories r ON r.id = b.repository_id WHERE b.batch = $1
               ORDER BY r.name";
    tx.all(sql, params![batch]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Some of the tags of one, after a name.
pub async fn page(tx: &mut Tx, at: Back<'_>, after: &str, limit: u32) -> Result<Vec<Tagged>> {
    let sql =
        "SELECT tag, then_digest, now_digest FROM tags_going_back WHERE batch = $1 AND repository_id = $2 AND tag > $3
               ORDER BY tag LIMIT $4";
    let rows = tx.all(sql, params![at.batch, &at.repository.id, after, limit]).await?;
    rows.into_iter().map(tagged).collect()
}

fn tagged(mut row: Row) -> Result<Tagged> {
    Ok(Tagged { tag: row.take()?, then: row.take()?, now: row.take()? })
}

/// Leaves some tags as they are.
pub async fn leave(tx: &mut Tx, at: Back<'_>, tags: &[Tag]) -> Result<()> {
    for some in tags.chunks(LEFT_TOGETHER) {
        let slots = batch::slots(3, some.len());
        let sql = format!("DELETE FROM tags_going_back WHERE batch = $1 AND repository_id = $2 AND tag IN ({slots})");
        let params = params![at.batch, &at.repository.id].into_iter().chain(some.iter().map(Into::into)).collect();
        tx.run(&sql, params).await?;
    }
    Ok(())
}

/// Up to `limit` images that are to be named and are not there, after one of them.
pub async fn absent(tx: &mut Tx, at: Back<'_>, after: &str, limit: u32) -> Result<Vec<Digest>> {
    let sql = "SELECT DISTINCT b.then_digest FROM tags_going_back b WHERE b.batch = $1 AND b.repository_id = $2
               AND b.then_digest > $3 AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = b.repository_id
                 AND m.digest = b.then_digest)
               ORDER BY b.then_digest LIMIT $4";
    let rows = tx.all(sql, params![at.batch, &at.repository.id, after, limit]).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// Puts all of them on what they named, where that was anything: the images have to be there. Their history says how they
/// came back.
pub async fn set(tx: &mut Tx, at: Back<'_>, how: How, (by, now): (&Actor, Timestamp)) -> Result<()> {
    let own = params![at.batch, &at.repository.id];
    let sharing = sharing(tx, at).await?;
    let n_new = "SELECT COUNT(*) FROM tags_going_back b WHERE b.batch = $1 AND b.repository_id = $2 AND b.then_digest IS NOT NULL
                 AND b.now_digest IS NULL";
    let n_new: i64 = tx.one(n_new, own.clone()).await?.map_or(Ok(0), |mut row| row.take())?;
    let moves = format!(
        "INSERT INTO tag_moves (repository_id, tag, from_digest, to_digest, how, actor, at)
         SELECT b.repository_id, b.tag, b.now_digest, b.then_digest, $3, $4, {}
         FROM tags_going_back b WHERE b.batch = $1 AND b.repository_id = $2 AND b.then_digest IS NOT NULL ORDER BY b.tag",
        history::after_the_last("$5", "b.repository_id", "b.tag")
    );
    tx.run(&moves, [own.clone(), params![how, by, now]].concat()).await?;
    let place = "INSERT INTO tags (repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at)
                 SELECT b.repository_id, b.tag, b.then_digest, $3, 1, $4, m.built_at, m.pull_bytes, $3
                 FROM tags_going_back b JOIN manifests m ON m.repository_id = b.repository_id AND m.digest = b.then_digest
                 WHERE b.batch = $1 AND b.repository_id = $2
                 ON CONFLICT (repository_id, name) DO UPDATE SET digest = excluded.digest, changed_at = excluded.changed_at,
                   move_known = excluded.move_known, moved_by = excluded.moved_by, built_at = excluded.built_at,
                   pull_bytes = excluded.pull_bytes, checked_at = excluded.checked_at, missing_since = NULL";
    tx.run(place, [own.clone(), params![now, by]].concat()).await?;
    tx.run(COUNT, [own, params![now]].concat()).await?;
    let sharing = self::sharing(tx, at).await? - sharing;
    tx.run("UPDATE repositories SET n_tags = n_tags + $2 WHERE id = $1", params![&at.repository.id, n_new]).await?;
    let sql = "UPDATE mounts SET n_tags = n_tags + $2, n_sharing = n_sharing + $3 WHERE id = $1";
    tx.run(sql, params![&at.repository.mount_id, n_new, sharing]).await.map(drop)
}

/// Lets entries of the trash go that are about one tag alone which names again what it was deleted from.
pub async fn forget_deleted(tx: &mut Tx, at: Back<'_>, name: &RepositoryName) -> Result<()> {
    let tags = "DELETE FROM deleted_tags WHERE (entry, name) IN (
                  SELECT d.entry, d.name FROM tags_going_back b CROSS JOIN tags_in_trash d CROSS JOIN trash x
                  WHERE b.batch = $1 AND b.repository_id = $2 AND d.repository_id = b.repository_id
                  AND d.digest = b.then_digest AND d.name = b.tag AND x.id = d.entry AND x.kind = 'tag')";
    if tx.run(tags, params![at.batch, &at.repository.id]).await? == 0 {
        return Ok(());
    }
    let entries = "DELETE FROM trash WHERE repository = $1 AND repository_id = $2 AND kind = 'tag'
                   AND NOT EXISTS (SELECT 1 FROM deleted_tags d WHERE d.entry = trash.id)";
    tx.run(entries, params![name, &at.repository.id]).await.map(drop)
}

/// As many tags more, or fewer, as an image is given and loses.
const COUNT: &str = "UPDATE manifests SET n_tags = manifests.n_tags + c.n,
      unnamed_since = CASE WHEN manifests.n_tags + c.n > 0 THEN NULL ELSE $3 END
    FROM (SELECT digest, CAST(SUM(n) AS BIGINT) AS n FROM (
        SELECT b.then_digest AS digest, 1 AS n FROM tags_going_back b WHERE b.batch = $1 AND b.repository_id = $2
          AND b.then_digest IS NOT NULL
        UNION ALL SELECT b.now_digest, -1 FROM tags_going_back b WHERE b.batch = $1 AND b.repository_id = $2
          AND b.then_digest IS NOT NULL AND b.now_digest IS NOT NULL) AS each_tag GROUP BY digest) AS c
    WHERE manifests.repository_id = $2 AND manifests.digest = c.digest";

/// The images that get a name or lose one.
const NAMED: &str = "SELECT b.then_digest FROM tags_going_back b WHERE b.batch = $1 AND b.repository_id = $2
      AND b.then_digest IS NOT NULL
    UNION SELECT b.now_digest FROM tags_going_back b WHERE b.batch = $1 AND b.repository_id = $2
      AND b.then_digest IS NOT NULL AND b.now_digest IS NOT NULL";

/// How many tags those have that have more than one.
async fn sharing(tx: &mut Tx, at: Back<'_>) -> Result<i64> {
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(m.n_tags), 0) AS BIGINT) FROM manifests m
         WHERE m.repository_id = $2 AND m.n_tags > 1 AND m.digest IN ({NAMED})"
    );
    let row = tx.one(&sql, params![at.batch, &at.repository.id]).await?;
    row.map_or(Ok(0), |mut row| row.take())
}
