//! Tags that begin with a word: in repositories that fit the words before it, or in all of them.

use super::{Fit, MAX_TAGS, after};
use crate::domain::view::{FoundTag, LeftOut, MAX_FOUND};
use crate::domain::{Result, Timestamp};
use crate::params;
use crate::server::access::Visibility;
use crate::server::store::tags::tag_of;
use crate::server::store::{Store, Value, batch, dialect, visible};
use std::cmp::Reverse;

/// Repositories that are looked at one by one where very many tags begin so.
const MAX_RECENT: u64 = 1_000;

/// Tags that were found.
#[derive(Debug, Default)]
pub struct Tags {
    pub found: Vec<FoundTag>,
    pub left_out: Option<LeftOut>,
}

/// The best tags of some repositories: those that begin with a word before those that have it in them; of these what was
/// built last, and of the tags of one image the longest name, which says the most. The very tag is among them; of a
/// reference it is the first.
pub async fn among(store: &Store, repositories: &[Fit], word: &str, is_reference: bool) -> Result<Tags> {
    if repositories.is_empty() {
        return Ok(Tags::default());
    }
    let each = MAX_TAGS / repositories.len() as u64;
    let mut params = params![word, after(word), MAX_FOUND as u64, dialect::like_part(word)];
    let first = params.len() + 1;
    params.extend(repositories.iter().map(|fit| Value::from(&fit.id)));
    let slots = batch::slots(first, repositories.len());
    let mut arms = vec![format!(
        "SELECT t.repository_id, t.name, 0 AS n FROM tags t WHERE t.repository_id IN ({slots}) AND t.name = $1"
    )];
    arms.extend(repositories.iter().enumerate().map(|(at, fit)| {
        let of = format!("FROM tags t WHERE t.repository_id = ${}", first + at);
        match fit.row.tags <= each {
            // There are so few that each is looked at.
            true => format!("SELECT t.repository_id, t.name, 0 {of} AND t.name <> $1 AND t.name LIKE $4 ESCAPE '\\'"),
            false => format!(
                "SELECT * FROM (SELECT t.repository_id, t.name, 0 AS n {of} AND t.name > $1 AND t.name < $2
                   ORDER BY t.name DESC LIMIT {each}) AS of_{at}"
            ),
        }
    }));
    let pairs = arms.join(" UNION ALL ");
    let (mut found, _) = best(store, &pairs, params).await?;
    if !is_reference {
        found.sort_by_cached_key(|(time, it)| {
            let (tag, is_of) = (it.tag.as_str(), |fit: &Fit| fit.row.name == it.repository);
            (!tag.starts_with(word), Reverse(*time), Reverse(tag.len()), repositories.iter().position(is_of))
        });
    }
    let is_left_out = found.len() == MAX_FOUND && repositories.iter().any(|fit| fit.row.tags > each);
    let found = found.into_iter().map(|(_, tag)| tag).collect();
    Ok(Tags { found, left_out: is_left_out.then_some(LeftOut::Tags(each)) })
}

/// The best tags that begin with a word wherever the reader sees them, one of each repository: the very tag, or the last
/// one by name.
///
/// Where more tags begin so than one looks at, the repositories that changed last are looked at one by one. So whoever sees
/// no more of them than that finds the same by either way, and learns nothing of how many tags there are besides.
pub async fn everywhere(store: &Store, visibility: &Visibility, word: &str, has_many: bool) -> Result<Tags> {
    let mut params = params![word, after(word), MAX_FOUND as u64, MAX_TAGS];
    if has_many {
        params[3] = MAX_RECENT.into();
    }
    let shown = visible::condition(store, visibility, "r", &mut params);
    let pairs = match has_many {
        false => format!(
            "SELECT b.repository_id, COALESCE(MAX(CASE WHEN b.name = $1 THEN b.name END), MAX(b.name)) AS name, 0 AS n FROM (
               SELECT t.repository_id, t.name FROM tags t WHERE t.name >= $1 AND t.name < $2 ORDER BY t.name LIMIT $4) AS b
             CROSS JOIN repositories r CROSS JOIN mounts o
             WHERE r.id = b.repository_id AND o.id = r.mount_id AND o.active = 1 {shown} GROUP BY b.repository_id"
        ),
        true => format!(
            "SELECT r.id AS repository_id, COALESCE((SELECT s.name FROM tags s WHERE s.repository_id = r.id AND s.name = $1),
               (SELECT MAX(s.name) FROM tags s WHERE s.repository_id = r.id AND s.name >= $1 AND s.name < $2)) AS name,
               COUNT(*) OVER () AS n
             FROM (SELECT r.id FROM repositories r JOIN mounts o ON o.id = r.mount_id WHERE o.active = 1 {shown}
               ORDER BY r.updated_at DESC, r.name LIMIT $4) AS r"
        ),
    };
    let (mut found, n) = best(store, &pairs, params).await?;
    found.sort_by_cached_key(|(time, it)| {
        let tag = it.tag.as_str();
        (tag != word, Reverse(*time), Reverse(tag.len()), it.repository.clone())
    });
    let found = found.into_iter().map(|(_, tag)| tag).collect();
    Ok(Tags { found, left_out: (n == MAX_RECENT).then_some(LeftOut::Repositories(n)) })
}

/// The best of some tags, each with the time by which it is that; and the number that stands beside them.
async fn best(store: &Store, pairs: &str, params: Vec<Value>) -> Result<(Vec<(Timestamp, FoundTag)>, u64)> {
    let other = tag_of("f", "s.name <> f.name", 0);
    let order = |of: &str| {
        format!(
            "ORDER BY {of}is_it DESC, {of}begins DESC, {of}dated DESC, LENGTH({of}name) DESC, {of}name, {of}repository_id"
        )
    };
    let sql = format!(
        "SELECT r.name, f.name, f.digest, m.kind, m.artifact_type, {other}, f.built_at, f.dated, f.n FROM (
           SELECT t.repository_id AS repository_id, t.name AS name, t.digest AS digest, t.built_at AS built_at, c.n AS n,
             CASE WHEN t.built_at > 0 THEN t.built_at ELSE t.changed_at END AS dated,
             CASE WHEN t.name = $1 THEN 1 ELSE 0 END AS is_it, CASE WHEN t.name >= $1 AND t.name < $2 THEN 1 ELSE 0 END AS begins
           FROM ({pairs}) AS c JOIN tags t ON t.repository_id = c.repository_id AND t.name = c.name {} LIMIT $3) AS f
         JOIN repositories r ON r.id = f.repository_id
         JOIN manifests m ON m.repository_id = f.repository_id AND m.digest = f.digest {}",
        order("").replace("name", "t.name").replace("repository_id", "t.repository_id"),
        order("f.")
    );
    let (mut found, mut n) = (vec![], 0);
    for mut row in store.scan(&sql, params).await? {
        let (repository, tag, digest, kind) = (row.take()?, row.take()?, row.take()?, row.take()?);
        let (artifact, same_as, built): (_, _, Timestamp) = (row.take()?, row.take()?, row.take()?);
        let built = (built.0 != 0).then_some(built);
        found.push((row.take()?, FoundTag { repository, tag, digest, kind, artifact, same_as, built }));
        n = row.take()?;
    }
    Ok((found, n))
}
