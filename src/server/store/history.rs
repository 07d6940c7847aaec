//! The history of tags: one row for each time that a tag came to name another image, or none. A row is found by its tag, by
//! its time, and by the image that the tag left; to which images tags came is not indexed, for every push would pay for it,
//! and a tag that did not leave an image names it now.

use super::keyset::{self, Order};
use super::radius::Reader;
use super::repositories::Repository;
use super::tags::Placement;
use super::{Known, Row, Store, Tx, Value, activity, batch, images, protections};
use crate::domain::page::Position;
use crate::domain::view::{Difference, Differences, HistoryQuery, HistoryRow, How};
use crate::domain::{
    Actor, Cursor, Digest, Error, Namespace, Page, RepositoryName, Result, Rule, Tag, Timestamp, page,
};
use crate::params;

/// Writes the move that a placement is.
pub(super) async fn record(tx: &mut Tx, at: &Placement<'_>) -> Result<()> {
    let sql = format!(
        "INSERT INTO tag_moves (repository_id, tag, from_digest, to_digest, how, actor, reason, at)
         SELECT $1, $2, $3, $4, $5, $6, $7, {}",
        after_the_last("$8", "$1", "$2")
    );
    let from = at.left().map(Digest::as_str);
    let params = params![&at.repository.id, at.tag, from, at.digest, at.how, at.by, at.reason, at.now];
    tx.run(&sql, params).await.map(|_| ())
}

/// A time, or a moment after the last move of a tag where that is not before it: the order of its moves is that of their
/// times.
pub(super) fn after_the_last(time: &str, repository: &str, tag: &str) -> String {
    let last = format!("(SELECT MAX(l.at) FROM tag_moves l WHERE l.repository_id = {repository} AND l.tag = {tag})");
    format!("CASE WHEN {last} >= {time} THEN {last} + 1 ELSE {time} END")
}

/// A tag that was deleted, as its history tells.
pub(super) struct Left<'a> {
    pub tag: &'a Tag,
    pub from: &'a Digest,
}

/// Writes that tags were deleted.
pub(super) async fn record_deleted(
    tx: &mut Tx,
    repository: &Repository,
    left: &[Left<'_>],
    (how, by, at): (How, &Actor, Timestamp),
) -> Result<()> {
    let sql = format!(
        "WITH gone (name, digest) AS (VALUES {})
         INSERT INTO tag_moves (repository_id, tag, from_digest, how, actor, at)
         SELECT $1, gone.name, gone.digest, $2, $3, {} FROM gone",
        batch::rows(5, left.len(), 2),
        after_the_last("$4", "$1", "gone.name")
    );
    let kept = params![&repository.id, how, by, at];
    let rows = left.iter().flat_map(|it| params![it.tag, it.from]).collect();
    tx.run(&sql, [kept, rows].concat()).await.map(|_| ())
}

/// Writes that all tags of some images were deleted with them.
pub(super) async fn record_deleted_with(
    tx: &mut Tx,
    repository: &Repository,
    images: &[Value],
    (how, by, at): (How, &Actor, Timestamp),
) -> Result<()> {
    let sql = format!(
        "INSERT INTO tag_moves (repository_id, tag, from_digest, how, actor, at)
         SELECT $1, t.name, t.digest, $2, $3, {} FROM tags t
         WHERE t.repository_id = $1 AND t.digest IN ({}) ORDER BY t.name",
        after_the_last("$4", "$1", "t.name"),
        batch::slots(5, images.len())
    );
    tx.run(&sql, [params![&repository.id, how, by, at], images.to_vec()].concat()).await.map(drop)
}

/// Writes that all tags of a repository went with it, or came back.
pub(super) async fn record_all(
    tx: &mut Tx,
    repository_id: &str,
    how: How,
    (by, at): (&Actor, Timestamp),
) -> Result<()> {
    let column = if how == How::Delete { "from_digest" } else { "to_digest" };
    let sql = format!(
        "INSERT INTO tag_moves (repository_id, tag, {column}, how, actor, at)
         SELECT $1, t.name, t.digest, $2, $3, {} FROM tags t WHERE t.repository_id = $1 ORDER BY t.name",
        after_the_last("$4", "$1", "t.name")
    );
    tx.run(&sql, params![repository_id, how, by, at]).await.map(|_| ())
}

/// Writes that tags `t` which fit a condition were seen to be gone, at the time `$2` in the repository `$1`; but for those that
/// are on their way into the trash, whose delete writes it.
pub(super) async fn record_gone(tx: &mut Tx, which: &str, params: Vec<Value>) -> Result<()> {
    let sql = format!(
        "INSERT INTO tag_moves (repository_id, tag, from_digest, how, actor, at)
         SELECT $1, t.name, t.digest, 'seen', '', {} FROM tags t WHERE {which}
           AND NOT EXISTS (SELECT 1 FROM trash_going g WHERE g.repository_id = $1 AND g.tag = t.name) ORDER BY t.name",
        after_the_last("$2", "$1", "t.name")
    );
    tx.run(&sql, params).await.map(drop)
}

/// Whether an image can still be named: it is here, or in the trash.
const IS_KEPT: &str = "(EXISTS (SELECT 1 FROM manifests k WHERE k.repository_id = v.repository_id AND k.digest = {d})
    OR EXISTS (SELECT 1 FROM images_in_trash k WHERE k.repository_id = v.repository_id AND k.digest = {d}))";

/// One page of the moves of a repository, newest first.
pub async fn list(
    store: &Store,
    repository_id: &str,
    query: &HistoryQuery,
    position: &Position,
) -> Result<Page<HistoryRow>> {
    let limit = page::limit(query.limit);
    let mut params = params![repository_id, limit + 1];
    let mut filter = String::new();
    let mut add = |condition: &str, value: Value| {
        params.push(value);
        filter.push_str(&format!(" AND {}", condition.replace('?', &format!("${}", params.len()))));
    };
    if let Some(tag) = &query.tag {
        add("v.tag = ?", tag.into());
    }
    if let Some(how) = query.how {
        add("v.how = ?", how.into());
    }
    if let Some(by) = &query.by {
        add(&activity::is_actor("v.actor", by), by.to_lowercase().into());
    }
    if let Some(since) = query.since {
        add("v.at >= ?", since.into());
    }
    let keyset = Order { key: Some("v.at"), name: "v.tag" }.at(position, params.len() + 1);
    params.extend(keyset.params);
    let kept = |digest: &str| format!("CASE WHEN {} THEN 1 ELSE 0 END", IS_KEPT.replace("{d}", digest));
    let sql = format!(
        "SELECT v.tag, v.from_digest, v.to_digest, v.how, v.at, v.actor, v.reason, {}, {}, t.digest,
           {} FROM tag_moves v
         LEFT JOIN tags t ON t.repository_id = v.repository_id AND t.name = v.tag
         LEFT JOIN manifests m ON m.repository_id = v.repository_id AND m.digest = v.from_digest
         WHERE v.repository_id = $1{filter} {} {} LIMIT $2",
        kept("v.from_digest"),
        kept("v.to_digest"),
        images::side_columns(),
        keyset.condition,
        keyset.order_by
    );
    // Who looks for what is rare looks at all of it.
    let rows = store.scan(&sql, params).await?.into_iter().map(|mut row| {
        let item = history_row(&mut row)?;
        Ok((Cursor { key: item.when.0, name: item.tag.to_string() }, item))
    });
    Ok(keyset::page(rows.collect::<Result<_>>()?, position, limit))
}

fn history_row(row: &mut Row) -> Result<HistoryRow> {
    let (tag, from, to): (_, Option<Digest>, _) = (row.take()?, row.take()?, row.take()?);
    let (how, when, Known(by), reason) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let (from_is_kept, to_is_kept, now) = (row.take()?, row.take()?, row.take()?);
    let from_side = images::side_of(row, from.as_ref())?;
    let may_roll_back = false;
    Ok(HistoryRow { tag, from, to, how, when, by, reason, from_is_kept, to_is_kept, from_side, now, may_roll_back })
}

/// Whether a tag ever named an image.
pub async fn ever_named(tx: &mut Tx, repository_id: &str, tag: &Tag, digest: &Digest) -> Result<bool> {
    Ok(tx.one(EVER_NAMED, params![repository_id, tag, digest]).await?.is_some())
}

/// The same as things stand, outside of a transaction.
pub async fn has_named(store: &Store, repository_id: &str, tag: &Tag, digest: &Digest) -> Result<bool> {
    Ok(store.one(EVER_NAMED, params![repository_id, tag, digest]).await?.is_some())
}

/// Whether any move of a tag is kept.
pub async fn is_told(store: &Store, repository: &RepositoryName, tag: &Tag) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM repositories r CROSS JOIN tag_moves v
               WHERE r.name = $1 AND v.repository_id = r.id AND v.tag = $2 LIMIT 1";
    Ok(store.one(sql, params![repository, tag]).await?.is_some())
}

const EVER_NAMED: &str = "SELECT 1 AS found FROM tag_moves WHERE repository_id = $1 AND tag = $2
    AND (to_digest = $3 OR from_digest = $3) LIMIT 1";

/// Whether a tag was taken away from here at that time or later.
pub async fn left_since(tx: &mut Tx, repository_id: &str, tag: &Tag, since: Timestamp) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM tag_moves WHERE repository_id = $1 AND tag = $2 AND at >= $3
               AND to_digest IS NULL AND how <> 'seen' LIMIT 1";
    Ok(tx.one(sql, params![repository_id, tag, since]).await?.is_some())
}

/// Which part of the differences of a namespace is read: of which hosted repositories, since when.
pub struct Span<'a> {
    pub mount_id: &'a str,
    pub namespace: &'a Namespace,
    pub then: Timestamp,
    /// Only what lies after this repository and tag.
    pub after: (&'a str, &'a str),
    pub limit: u32,
}

/// Tags that name another image now than then, by repository and tag. The first move since tells what it was then.
fn differences_sql() -> String {
    format!(
        "SELECT r.name AS repository, v.tag AS tag, v.from_digest AS then_digest, t.digest AS now_digest, CASE WHEN v.from_digest IS NULL OR {} THEN 1 ELSE 0 END AS kept,
           r.id AS repository_id
         FROM repositories r CROSS JOIN tag_moves v
         LEFT JOIN tags t ON t.repository_id = r.id AND t.name = v.tag
         WHERE r.mount_id = $1 AND r.name > $2 AND r.name < $3 AND v.repository_id = r.id AND v.at > $4
           AND NOT EXISTS (SELECT 1 FROM tag_moves e WHERE e.repository_id = r.id AND e.tag = v.tag AND e.at > $4 AND e.at < v.at)
           AND v.from_digest IS DISTINCT FROM t.digest",
        IS_KEPT.replace("{d}", "v.from_digest")
    )
}

fn span_params(span: &Span<'_>) -> Vec<Value> {
    let (from, to) = (format!("{}/", span.namespace), format!("{}0", span.namespace));
    params![span.mount_id, from, to, span.then]
}

fn difference(mut row: Row) -> Result<Difference> {
    let (repository, tag, then, now) = (row.take()?, row.take()?, row.take()?, row.take()?);
    Ok(Difference { repository, tag, then, now, is_kept: row.take()?, barred: None })
}

/// Some of them: the moves are read in the order of their tags, and no further than to the end of the page.
pub async fn differences(store: &Store, span: &Span<'_>) -> Result<Vec<Difference>> {
    let sql = format!(
        "{} AND r.name >= $5 AND v.tag > CASE WHEN r.name = $5 THEN $6 ELSE '' END ORDER BY r.name, v.tag LIMIT $7",
        differences_sql()
    );
    let params = [span_params(span), params![span.after.0, span.after.1, span.limit]].concat();
    store.scan(&sql, params).await?.into_iter().map(difference).collect()
}

/// All of them, whatever the limit of the span and where it begins: a query, and its values.
pub(super) fn all_differences(span: &Span<'_>) -> (String, Vec<Value>) {
    (differences_sql(), span_params(span))
}

/// The repositories in which there are any.
pub async fn different(store: &Store, span: &Span<'_>) -> Result<Vec<RepositoryName>> {
    let (differences, params) = all_differences(span);
    let sql = format!("SELECT DISTINCT repository FROM ({differences}) AS differences ORDER BY repository");
    store.scan(&sql, params).await?.into_iter().map(|mut row| row.take()).collect()
}

/// How many moves there were in a span since then, and the sum of their times.
const MOVES: &str = "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(v.at - $4), 0) AS BIGINT) AS total
    FROM repositories r JOIN tag_moves v ON v.repository_id = r.id AND v.at > $4
    WHERE r.mount_id = $1 AND r.name > $2 AND r.name < $3";

/// What was done in the span since then, in short: another one after whatever was done to a tag there.
pub async fn since(reader: &mut Reader<'_>, span: &Span<'_>) -> Result<String> {
    let mut row = reader.all(MOVES, span_params(span)).await?.into_iter().next().ok_or(Error::Internal)?;
    Ok(in_short(span, (row.take()?, row.take()?)))
}

/// The same with the rules that cover any of it, in one statement.
pub async fn since_and_rules(store: &Store, span: &Span<'_>) -> Result<(String, Vec<Rule>)> {
    let (moves, rules) = protections::below_beside(store, span.namespace, (MOVES, span_params(span))).await?;
    Ok((in_short(span, moves), rules))
}

fn in_short(span: &Span<'_>, (n_moves, sum): (u64, i64)) -> String {
    format!("{} {n_moves} {sum}", span.then.0)
}

/// How many there are, whatever the limit of the span.
pub async fn count_differences(store: &Store, span: &Span<'_>) -> Result<Differences> {
    let sql = format!(
        "SELECT COUNT(*), COUNT(*) - COUNT(differences.now_digest), COUNT(*) - COUNT(differences.then_digest),
           COALESCE(SUM(CASE WHEN kept = 0 THEN 1 ELSE 0 END), 0) FROM ({}) AS differences",
        differences_sql()
    );
    let rows = store.scan(&sql, all_differences(span).1).await?;
    let mut row = rows.into_iter().next().ok_or(Error::Internal)?;
    Ok(Differences { n: row.take()?, n_back: row.take()?, n_gone: row.take()?, n_lost: row.take()? })
}

/// Repositories of the span that were deleted since, as far as they are in the trash still: the first of them, and how
/// many there are.
pub async fn deleted_since(store: &Store, span: &Span<'_>) -> Result<(Vec<RepositoryName>, u64)> {
    let sql = "SELECT repository, COUNT(*) OVER () FROM (SELECT DISTINCT repository FROM trash
                 WHERE mount_id = $1 AND repository > $2 AND repository < $3 AND kind = 'repository' AND deleted_at > $4)
               AS deleted ORDER BY repository LIMIT $5";
    let (from, to) = (format!("{}/", span.namespace), format!("{}0", span.namespace));
    let (mut first, mut n_all) = (Vec::new(), 0);
    for mut row in store.all(sql, params![span.mount_id, from, to, span.then, span.limit]).await? {
        first.push(row.take()?);
        n_all = row.take()?;
    }
    Ok((first, n_all))
}
