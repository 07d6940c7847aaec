//! Tags: the list, one by name, and their moves.

mod filtered;

pub(super) use filtered::{AFTER_HEX, fitting};
pub use filtered::{count_matching, matching};

use super::keyset::{self, Order};
use super::radius::Reader;
use super::repositories::Repository;
use super::{Known, Row, Store, Tx, Value, batch, history, repositories};
use crate::domain::page::Position;
use crate::domain::tag_filter::TagFilter;
use crate::domain::view::{How, Moved, TagMay, TagQuery, TagRow, TagSort};
use crate::domain::{Actor, Cursor, Digest, Page, RepositoryName, Result, Tag, Timestamp, media_type, page};
use crate::params;

/// One page of a repository's tags, with up to two siblings on the same image for each.
pub async fn list(
    store: &Store,
    repository_id: &str,
    (query, filter): (&TagQuery, &TagFilter),
    position: &Position,
) -> Result<Page<TagRow>> {
    let limit = page::limit(query.limit);
    let key = match query.sort {
        TagSort::Moved => Some("t.changed_at"),
        TagSort::Built => Some("t.built_at"),
        TagSort::Size => Some("t.pull_bytes"),
        TagSort::Name => None,
    };
    let mut params = params![repository_id, limit + 1];
    let fits = fitting(store.dialect(), filter, key.is_none(), &mut params);
    let keyset = Order { key, name: "t.name" }.at(position, params.len() + 1);
    params.extend(keyset.params);
    let sql =
        format!("{} {fits} {} {} LIMIT $2", select(key.unwrap_or("t.changed_at")), keyset.condition, keyset.order_by);
    let found = if filter.is_empty() { store.all(&sql, params).await } else { store.scan(&sql, params).await };
    let rows = found?.into_iter().map(|mut row| {
        let item = tag_row(&mut row)?;
        Ok((Cursor { key: row.take()?, name: item.tag.to_string() }, item))
    });
    Ok(keyset::page(rows.collect::<Result<_>>()?, position, limit))
}

/// The rows of a list of tags, of the repository `$1`, each with the key by which they are sorted.
fn select(key: &str) -> String {
    let sibling = |skip| tag_of("t", "s.name <> t.name", skip);
    format!(
        "SELECT t.name, t.digest, t.pull_bytes, t.changed_at, t.move_known, t.moved_by, t.built_at, t.missing_since,
                m.kind, m.media_type, m.artifact_type, m.platforms, m.n_tags, {}, {}, {key}
         FROM tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
         WHERE t.repository_id = $1",
        sibling(0),
        sibling(1)
    )
}

/// The tag `s` of an image, in the order of their names, after some that fit a condition as well.
pub(super) fn tag_of(image: &str, which: &str, skip: u8) -> String {
    format!(
        "(SELECT s.name FROM tags s WHERE s.repository_id = {image}.repository_id AND s.digest = {image}.digest
          AND {which} ORDER BY s.name LIMIT 1 OFFSET {skip})"
    )
}

/// One tag, as a list shows it.
pub async fn row(reader: &mut Reader<'_>, repository_id: &str, tag: &Tag) -> Result<Option<TagRow>> {
    let sql = format!("{} AND t.name = $2", select("t.changed_at"));
    let rows = reader.all(&sql, params![repository_id, tag]).await?;
    rows.into_iter().next().map(|mut row| tag_row(&mut row)).transpose()
}

/// Names after `after` in bytewise order, for `tags/list`.
pub async fn names(store: &Store, repository_id: &str, after: Option<&str>, limit: u32) -> Result<Vec<Tag>> {
    let sql = "SELECT name FROM tags WHERE repository_id = $1 AND name > $2 ORDER BY name LIMIT $3";
    let rows = store.all(sql, params![repository_id, after.unwrap_or(""), limit]).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// Names that may be what somebody meant by one that is not there: those that stand around it, some that begin alike, those
/// that moved last, and it with a `v` before it or without. At most two hundred.
pub async fn around(store: &Store, repository: &RepositoryName, asked: &Tag) -> Result<Vec<Tag>> {
    let name = asked.as_str();
    let beginning: String = name.chars().take(2).collect();
    let other = name.strip_prefix('v').map_or_else(|| format!("v{name}"), str::to_owned);
    let of = "SELECT t.name FROM tags t JOIN repositories r ON r.id = t.repository_id WHERE r.name = $1 AND t.missing_since IS NULL";
    let sql = format!(
        "SELECT name FROM ({of} AND t.name = $3) AS the_other
         UNION SELECT name FROM ({of} AND t.name > $2 ORDER BY t.name LIMIT 40) AS behind
         UNION SELECT name FROM ({of} AND t.name < $2 ORDER BY t.name DESC LIMIT 40) AS before
         UNION SELECT name FROM ({of} AND t.name >= $4 AND t.name < $5 ORDER BY t.name DESC LIMIT 60) AS alike
         UNION SELECT name FROM ({of} ORDER BY t.changed_at DESC, t.name LIMIT 59) AS moved"
    );
    let params = params![repository, name, other, beginning.as_str(), format!("{beginning}{}", filtered::AFTER_ANY)];
    store.all(&sql, params).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Those of `tags` that the catalog has.
pub async fn known(store: &Store, repository_id: &str, tags: &[Tag]) -> Result<std::collections::HashSet<Tag>> {
    let mut known = std::collections::HashSet::new();
    for some in tags.chunks(500) {
        let slots = batch::slots(2, some.len());
        let sql = format!("SELECT name FROM tags WHERE repository_id = $1 AND name IN ({slots})");
        let mut params = params![repository_id];
        params.extend(some.iter().map(Value::from));
        for mut row in store.all(&sql, params).await? {
            known.insert(row.take()?);
        }
    }
    Ok(known)
}

/// What a tag names at the time of a transaction.
pub struct Current {
    pub digest: Digest,
    /// When that was last found to be so.
    pub checked_at: Timestamp,
    /// Whether its registry did not have it any more when it was looked for last.
    pub is_missing: bool,
}

impl Current {
    /// What the tag names, as far as its registry has it.
    pub fn named(&self) -> Option<&Digest> {
        (!self.is_missing).then_some(&self.digest)
    }
}

/// What a tag names, if it is there.
pub async fn current(tx: &mut Tx, repository_id: &str, tag: &Tag) -> Result<Option<Current>> {
    let sql = "SELECT digest, checked_at, missing_since FROM tags WHERE repository_id = $1 AND name = $2";
    let Some(mut row) = tx.one(sql, params![repository_id, tag]).await? else { return Ok(None) };
    let (digest, checked_at, missing_since): (_, _, Option<Timestamp>) = (row.take()?, row.take()?, row.take()?);
    Ok(Some(Current { digest, checked_at, is_missing: missing_since.is_some() }))
}

/// What a tag names, as far as its registry has it, outside of any transaction.
pub async fn named(store: &Store, repository_id: &str, tag: &Tag) -> Result<Option<Digest>> {
    let sql = "SELECT digest FROM tags WHERE repository_id = $1 AND name = $2 AND missing_since IS NULL";
    store.one(sql, params![repository_id, tag]).await?.map(|mut row| row.take()).transpose()
}

/// How a tag came to name a digest.
pub struct Placement<'a> {
    pub repository: &'a Repository,
    pub tag: &'a Tag,
    pub digest: &'a Digest,
    /// What the catalog had of it.
    pub before: Option<&'a Current>,
    pub how: How,
    /// Who did it; nobody known where a crawl saw it.
    pub by: Option<&'a Actor>,
    pub reason: Option<&'a str>,
    pub now: Timestamp,
}

/// All tags that name an image, in bytewise order.
pub async fn naming(tx: &mut Tx, repository_id: &str, digest: &Digest) -> Result<Vec<Tag>> {
    let sql = "SELECT name FROM tags WHERE repository_id = $1 AND digest = $2 ORDER BY name";
    tx.all(sql, params![repository_id, digest]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// How many tags name it.
pub async fn n_naming(tx: &mut Tx, repository_id: &str, digest: &Digest) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM tags WHERE repository_id = $1 AND digest = $2";
    tx.one(sql, params![repository_id, digest]).await?.map_or(Ok(0), |mut row| row.take())
}

impl<'a> Placement<'a> {
    /// What the tag named until now. One that its registry had no more had left its image.
    pub fn left(&self) -> Option<&'a Digest> {
        self.before.and_then(Current::named)
    }
}

/// Sets a tag, writes its history and keeps every count that depends on it. The manifest must
/// be stored already. Setting a tag to what it names changes only when it was last checked. Returns whether some tag was
/// deleted from that image: then the trash may have this one.
pub async fn place(tx: &mut Tx, at: Placement<'_>) -> Result<bool> {
    let was_deleted = put(tx, &at, true).await?;
    if at.left() != Some(at.digest) {
        history::record(tx, &at).await?;
    }
    Ok(was_deleted)
}

/// The same without its history; whether it is known that the tag moved.
pub(super) async fn put(tx: &mut Tx, at: &Placement<'_>, is_move: bool) -> Result<bool> {
    let repository_id = at.repository.id.as_str();
    if at.left() == Some(at.digest) {
        checked(tx, repository_id, at.tag, true, at.now).await?;
        return Ok(false);
    }
    let sql = "INSERT INTO tags (repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at)
               SELECT $1, $2, $3, $4, $5, $6, built_at, pull_bytes, $4 FROM manifests WHERE repository_id = $1 AND digest = $3
               ON CONFLICT (repository_id, name) DO UPDATE SET digest = excluded.digest, changed_at = excluded.changed_at,
                 move_known = excluded.move_known, moved_by = excluded.moved_by, built_at = excluded.built_at,
                 pull_bytes = excluded.pull_bytes, checked_at = excluded.checked_at, missing_since = NULL";
    tx.run(sql, params![repository_id, at.tag, at.digest, at.now, is_move, at.by]).await?;
    let stood = at.before.map(|before| (&before.digest, -1));
    count(tx, at.repository, [(at.digest, 1)].into_iter().chain(stood), at.now).await
}

/// Keeps the counts of manifests that tags were given to or taken from, each with how many, of their repository and
/// of the mount. Returns whether some tag was deleted from one of those that they were given to.
pub(super) async fn count<'d>(
    tx: &mut Tx,
    repository: &Repository,
    changes: impl IntoIterator<Item = (&'d Digest, i64)> + Send,
    now: Timestamp,
) -> Result<bool> {
    let (mut n_tags, mut sharing, mut was_deleted) = (0, 0, false);
    for (digest, by) in changes.into_iter().collect::<Vec<_>>() {
        let named = name(tx, repository, digest, by, now).await?;
        n_tags += by;
        sharing += named.0;
        was_deleted |= named.1;
    }
    if n_tags != 0 {
        tx.run("UPDATE repositories SET n_tags = n_tags + $2 WHERE id = $1", params![&repository.id, n_tags]).await?;
    }
    let sql = "UPDATE mounts SET n_tags = n_tags + $2, n_sharing = n_sharing + $3 WHERE id = $1";
    tx.run(sql, params![&repository.mount_id, n_tags, sharing]).await?;
    Ok(was_deleted)
}

/// Adds to the number of tags of a manifest, and notes when the last one goes. Returns by how much the number of tags
/// changes that share their image with another: a second tag makes two of them, each further one more. And whether it
/// was given a tag and some was deleted from it, which costs a push no statement of its own so.
async fn name(tx: &mut Tx, repository: &Repository, digest: &Digest, by: i64, now: Timestamp) -> Result<(i64, bool)> {
    let sql =
        "UPDATE manifests SET n_tags = n_tags + $3, unnamed_since = CASE WHEN n_tags + $3 > 0 THEN NULL ELSE $4 END
               WHERE repository_id = $1 AND digest = $2 RETURNING n_tags,
               CAST(CASE WHEN $3 > 0 AND EXISTS (SELECT 1 FROM tags_in_trash d WHERE d.repository_id = $1 AND d.digest = $2)
                 THEN 1 ELSE 0 END AS BIGINT)";
    let row = tx.one(sql, params![&repository.id, digest, by, now]).await?;
    let found = row.map(|mut row| Ok((row.take::<i64>()?, row.take()?))).transpose()?;
    let (after, was_deleted) = found.unwrap_or_default();
    let sharing = |names: i64| if names > 1 { names } else { 0 };
    Ok((sharing(after) - sharing(after - by), was_deleted))
}

/// Notes that a tag was met and could not be read: it keeps what it named. One that is `present` in the
/// registry is not missing.
pub async fn checked(tx: &mut Tx, repository_id: &str, tag: &Tag, present: bool, now: Timestamp) -> Result<()> {
    let sql = "UPDATE tags SET checked_at = $3, missing_since = CASE WHEN $4 = 1 THEN NULL ELSE missing_since END
               WHERE repository_id = $1 AND name = $2";
    tx.run(sql, params![repository_id, tag, now, present]).await?;
    Ok(())
}

/// Forgets the tags of an image that its registry does not have any more, where the image is forgotten with them.
pub(super) async fn forget_missing(tx: &mut Tx, at: &Repository, digest: &Digest, now: Timestamp) -> Result<()> {
    let sql = "DELETE FROM tags WHERE repository_id = $1 AND digest = $2";
    let n_gone = i64::try_from(tx.run(sql, params![&at.id, digest]).await?).unwrap_or(i64::MAX);
    if n_gone == 0 {
        return Ok(());
    }
    count(tx, at, [(digest, -n_gone)], now).await?;
    repositories::refresh_newest(tx, at).await
}

fn tag_row(row: &mut Row) -> Result<TagRow> {
    let (tag, digest, size) = (row.take()?, row.take()?, row.take()?);
    let (when, known, Known(by)): (Timestamp, bool, _) = (row.take()?, row.take()?, row.take()?);
    let (built, missing_since): (Timestamp, _) = (row.take()?, row.take()?);
    let (kind, media_type, artifact_type) = (row.take()?, row.take()?, row.take::<Option<String>>()?);
    let (platforms, n_tags): (String, u64) = (row.take()?, row.take()?);
    let same_as: Vec<Tag> = [row.take::<Option<Tag>>()?, row.take()?].into_iter().flatten().collect();
    Ok(TagRow {
        tag,
        digest,
        kind,
        media_type,
        artifact: artifact_type.map(|kind| media_type::artifact_words(&kind).to_owned()),
        platforms: platforms.split(',').filter(|platform| !platform.is_empty()).map(str::to_owned).collect(),
        size,
        same_more: n_tags.saturating_sub(1 + same_as.len() as u64),
        same_as,
        moved: if known { Moved::At { when, by } } else { Moved::FirstSeen { when } },
        built: (built.0 != 0).then_some(built),
        missing_since,
        may: TagMay::default(),
    })
}
