//! The statements behind a search. Each looks at so much and no more, of what its reader may see: what is hidden changes
//! neither what is found nor what is said of it.

mod tags;

pub use tags::{Tags, among, everywhere};

use super::tags::AFTER_HEX;
use super::{Store, Value, batch, dialect, visible};
use crate::domain::pasted::DigestStart;
use crate::domain::sought::Sought;
use crate::domain::view::{FoundImage, FoundRepository};
use crate::domain::{Digest, Namespace, RepositoryName, Result, Tag};
use crate::params;
use crate::server::access::Visibility;

/// Repositories in which tags and images are looked for.
const MAX_REPOSITORIES: u32 = 20;

/// Tags that a word by itself is looked for among.
pub(super) const MAX_TAGS: u64 = 2_000;

/// A repository that fits.
#[derive(Debug)]
pub struct Fit {
    pub id: String,
    pub row: FoundRepository,
    /// Whether all words fit, and not only those before the last.
    pub is_whole: bool,
}

/// Which repositories fit.
#[derive(Debug, Default)]
pub struct Fitting {
    /// The best of them, best first.
    pub repositories: Vec<Fit>,
    /// Whether more tags of the whole instance begin as the only word does than one looks at. Nobody is told.
    pub has_many_tags: bool,
    /// Whether the reader sees any repository at all, where that was asked.
    pub sees_any: bool,
}

/// Repositories whose names have all words in them, or all but the one that may be a tag; and whether the reader sees any
/// at all, if that is `asked`.
pub async fn repositories(store: &Store, visibility: &Visibility, sought: &Sought, asked: bool) -> Result<Fitting> {
    let mut params = params![MAX_REPOSITORIES];
    let n_tags = match sought.only() {
        None => "0".to_owned(),
        Some(word) => {
            params.extend(params![word, after(word), MAX_TAGS + 1]);
            "(SELECT COUNT(*) FROM (SELECT 1 FROM tags t WHERE t.name >= $2 AND t.name < $3 LIMIT $4) AS begun)"
                .to_owned()
        }
    };
    let mut has = |word: &str| {
        params.push(dialect::like_part(&word.to_lowercase()).into());
        format!("r.name LIKE ${} ESCAPE '\\'", params.len())
    };
    let fits: Vec<String> = sought.names.iter().map(|word| has(word)).collect();
    let is_whole = sought.tag.as_deref().map_or("1 = 1".to_owned(), has);
    let fits = if fits.is_empty() { is_whole.clone() } else { fits.join(" AND ") };
    let place = place(sought, &mut params);
    let shown = visible::condition(store, visibility, "r", &mut params);
    let any = match asked {
        false => "1 = 1".to_owned(),
        true => format!(
            "EXISTS (SELECT 1 FROM repositories r JOIN mounts o ON o.id = r.mount_id WHERE o.active = 1 {shown})"
        ),
    };
    let order = |of: &str| format!("ORDER BY {of}is_whole DESC, {of}place, LENGTH({of}name), {of}name");
    let sql = format!(
        "SELECT CAST(c.n AS BIGINT), c.sees_any, f.id, f.name, f.kind, f.n_tags, f.is_whole FROM (
           SELECT {n_tags} AS n, CASE WHEN {any} THEN 1 ELSE 0 END AS sees_any) AS c LEFT JOIN (
           SELECT r.id AS id, r.name AS name, o.kind AS kind, r.n_tags AS n_tags,
             CASE WHEN {is_whole} THEN 1 ELSE 0 END AS is_whole, {place} AS place
           FROM repositories r JOIN mounts o ON o.id = r.mount_id
           WHERE o.active = 1 AND {fits} {shown} {} LIMIT $1) AS f ON 1 = 1 {}",
        order("").replace("name", "r.name"),
        order("f.")
    );
    let mut fitting = Fitting::default();
    for mut row in store.scan(&sql, params).await? {
        (fitting.has_many_tags, fitting.sees_any) = (row.take::<u64>()? > MAX_TAGS, row.take()?);
        let Some(id) = row.take::<Option<String>>()? else { continue };
        let row_of = FoundRepository { name: row.take()?, mount: row.take()?, tags: row.take()? };
        fitting.repositories.push(Fit { id, row: row_of, is_whole: row.take()? });
    }
    Ok(fitting)
}

/// How well a name fits that has the word in it, best first: it is what is sought, its own part is the word, begins so, has
/// it; else another part has it.
fn place(sought: &Sought, params: &mut Vec<Value>) -> String {
    let whole = sought.words().collect::<Vec<_>>().join("/").to_lowercase();
    let word = sought.names.last().or(sought.tag.as_ref()).map_or(String::new(), |word| word.to_lowercase());
    let like = dialect::like_literal(&word);
    let mut is = |pattern: String| {
        params.push(pattern.into());
        format!("r.name LIKE ${} ESCAPE '\\'", params.len())
    };
    let own = is(format!("%/{like}"));
    let (begins, begins_inside) = (is(format!("{like}%")), is(format!("%/{like}%")));
    let (goes_on, goes_on_inside) = (is(format!("{like}%/%")), is(format!("%/{like}%/%")));
    let has_before = is(format!("%{like}%/%"));
    params.extend(params![whole, word]);
    let (whole, word) = (params.len() - 1, params.len());
    format!(
        "CASE WHEN r.name IN (${whole}, ${word}) THEN 0 WHEN {own} THEN 1
           WHEN ({begins} AND NOT {goes_on}) OR ({begins_inside} AND NOT {goes_on_inside}) THEN 2
           WHEN NOT {has_before} THEN 3 ELSE 4 END"
    )
}

/// Up to so many images by the beginning of their digest; in some repositories, or wherever the reader sees them.
pub async fn images(
    store: &Store,
    visibility: &Visibility,
    start: &DigestStart,
    within: Option<&[Fit]>,
    limit: usize,
) -> Result<Vec<FoundImage>> {
    if within.is_some_and(<[Fit]>::is_empty) {
        return Ok(vec![]);
    }
    let start = start.text();
    let mut params = params![&start, format!("{start}{AFTER_HEX}"), limit as u64];
    let lies = within.map_or(String::new(), |repositories| {
        let slots = batch::slots(params.len() + 1, repositories.len());
        params.extend(repositories.iter().map(|fit| Value::from(&fit.id)));
        format!("AND m.repository_id IN ({slots})")
    });
    let shown = visible::condition(store, visibility, "r", &mut params);
    let tag = super::tags::tag_of("m", "1 = 1", 0);
    // From the digest to its repositories, and not the other way round.
    let sql = format!(
        "SELECT f.name, m.digest, m.kind, m.artifact_type, {tag} FROM (
           SELECT r.name AS name, i.repository_id AS repository_id, i.digest AS digest FROM (
             SELECT m.repository_id AS repository_id, m.digest AS digest FROM manifests m
             WHERE m.digest >= $1 AND m.digest < $2 {lies}) AS i
           CROSS JOIN repositories r CROSS JOIN mounts o
           WHERE r.id = i.repository_id AND o.id = r.mount_id AND o.active = 1 {shown}
           ORDER BY i.digest, r.name LIMIT $3) AS f
         JOIN manifests m ON m.repository_id = f.repository_id AND m.digest = f.digest ORDER BY m.digest, f.name"
    );
    let rows = store.scan(&sql, params).await?.into_iter().map(|mut row| {
        Ok(FoundImage {
            repository: row.take()?,
            digest: row.take()?,
            kind: row.take()?,
            artifact: row.take()?,
            tag: row.take()?,
        })
    });
    rows.collect()
}

/// Those of some repositories that are there and have a tag and an image, where these are named.
pub async fn there(
    store: &Store,
    visibility: &Visibility,
    names: &[RepositoryName],
    (tag, digest): (Option<&Tag>, Option<&Digest>),
) -> Result<Vec<RepositoryName>> {
    let mut params: Vec<Value> = names.iter().map(Value::from).collect();
    let slots = batch::slots(1, names.len());
    let tagged = tag.map_or(String::new(), |tag| {
        params.push(tag.into());
        format!("AND EXISTS (SELECT 1 FROM tags t WHERE t.repository_id = r.id AND t.name = ${})", params.len())
    });
    let held = digest.map_or(String::new(), |digest| {
        params.push(digest.into());
        format!("AND EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = r.id AND m.digest = ${})", params.len())
    });
    let shown = visible::condition(store, visibility, "r", &mut params);
    let sql = format!(
        "SELECT r.name FROM repositories r JOIN mounts o ON o.id = r.mount_id
         WHERE r.name IN ({slots}) AND o.active = 1 {tagged} {held} {shown}"
    );
    store.all(&sql, params).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Whether the reader sees something in a namespace.
pub async fn is_below(store: &Store, visibility: &Visibility, namespace: &Namespace) -> Result<bool> {
    let mut params = vec![];
    let shown =
        visible::condition(store, visibility, "r", &mut params) + &visible::below(Some(namespace), "r", &mut params);
    let sql =
        format!("SELECT 1 FROM repositories r JOIN mounts o ON o.id = r.mount_id WHERE o.active = 1 {shown} LIMIT 1");
    Ok(store.one(&sql, params).await?.is_some())
}

/// Comes after all tags that begin so, and before all others that come after these.
fn after(start: &str) -> String {
    format!("{start}\u{7f}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::dialect::Dialect;
    use rusqlite::Connection;

    #[test]
    fn what_begins_so_is_found_by_its_index() {
        let connection = Connection::open_in_memory().unwrap();
        Dialect::Sqlite.migrations().iter().for_each(|step| connection.execute_batch(step).unwrap());
        let plan = |sql: &str| {
            let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let lines = explained.query_map([], |row| row.get::<_, String>(3)).unwrap();
            lines.map(|line| line.unwrap()).collect::<Vec<_>>()
        };
        let begins =
            "SELECT t.repository_id, t.name FROM tags t WHERE t.name >= 'v1' AND t.name < 'v2' ORDER BY t.name LIMIT 9";
        let found = plan(begins);
        assert!(found.len() == 1 && found[0].contains("COVERING INDEX tags_by_name (name>? AND name<?)"), "{found:?}");
        assert!(after("v1").as_str() > "v1zzz~" && after("v1").as_str() < "v2" && after("v1").as_str() > "v1");
    }
}
