//! Reads the part of a repository's graph that a delete can reach.

mod edges;
mod first;
mod freed;
mod reached;
mod whole;

pub use first::{Listed, first_images, first_tags};
pub use freed::{freed, only_here};
pub use reached::{Reached, reach};
pub use whole::{Sum, only_in, sums};

use super::dialect::Dialect;
use super::{Row, Store, Tx, Value, batch};
use crate::domain::radius::{Graph, Node, referrer_tags};
use crate::domain::{Digest, Error, Result, Tag, Timestamp};
use crate::params;
use edges::{Edges, MAX_EDGES, beside};
use std::collections::{BTreeMap, BTreeSet};

/// The most images and tags that one delete reaches.
pub const MAX_REACHED: usize = 50_000;

/// The most of them that are read where only names go, and how many more for each of these.
const MAX_WEIGHED: usize = 2_000;
const WEIGHED_EACH: usize = 16;

/// Digests or tags that share a statement.
const TOGETHER: usize = 256;

/// As many names of an image are read that keep it, and the others are counted: there may be any number of them. Those
/// that go are read besides, so that as many are known of those that stay, wherever they come in the order of names.
const NAMES: u64 = 256;

/// Where to read: as things stand, or inside the transaction that changes them.
pub enum Reader<'a> {
    Store(&'a Store),
    Tx(&'a mut Tx),
}

impl Reader<'_> {
    pub(super) async fn all(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        match self {
            Self::Store(store) => store.scan(sql, params).await,
            Self::Tx(tx) => tx.all(sql, params).await,
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Store(store) => store.dialect(),
            Self::Tx(tx) => tx.dialect(),
        }
    }

    /// The rows of a query over some values, `{slots}` in its text, which follow the id of the repository.
    async fn each<'v, V>(&mut self, sql: &str, repository_id: &str, values: &'v [V]) -> Result<Vec<Row>>
    where
        V: Sync,
        &'v V: Into<Value>,
    {
        let mut rows = Vec::new();
        for some in values.chunks(TOGETHER) {
            let params = std::iter::once(Value::from(repository_id)).chain(some.iter().map(Into::into)).collect();
            rows.extend(self.all(&sql.replace("{slots}", &batch::slots(2, some.len())), params).await?);
        }
        Ok(rows)
    }
}

/// What these tags name, of those that are there.
pub async fn named(reader: &mut Reader<'_>, repository_id: &str, tags: &[Tag]) -> Result<BTreeMap<Tag, Digest>> {
    let sql = "SELECT name, digest FROM tags WHERE repository_id = $1 AND name IN ({slots})";
    let rows = reader.each(sql, repository_id, tags).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// What a graph begins with.
pub struct Start<'a> {
    /// Tags, with what they name.
    pub tags: &'a BTreeMap<Tag, Digest>,
    /// Images of which every name is wanted.
    pub images: &'a BTreeSet<Digest>,
    /// How much it may reach: all that is there, or enough to say about what it weighs.
    pub bound: Bound,
}

/// What becomes of a graph that reaches very much.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It is refused.
    Whole,
    /// It ends there: names go, and what lies below stays where it is.
    Cut,
}

/// The images of `from`, and all that lies below them: what they list, and what is about them. Of an image that has very
/// many names only some are read; those of `from` always, and those that say what it is about.
///
/// # Errors
/// [`Error::TooLarge`] if more is reached than one delete may take, where all of it is wanted.
pub async fn graph(reader: &mut Reader<'_>, repository_id: &str, from: Start<'_>) -> Result<Graph> {
    let mut graph = Graph::default();
    let mut frontier: BTreeSet<Digest> = from.tags.values().chain(from.images).cloned().collect();
    let mut known: BTreeMap<Digest, BTreeSet<Tag>> = BTreeMap::new();
    for (tag, digest) in from.tags {
        known.entry(digest.clone()).or_default().insert(tag.clone());
    }
    let mut n_reached = 0;
    let most = MAX_WEIGHED + WEIGHED_EACH * from.tags.len();
    let mut edges = Edges::of(from.bound, most);
    while !frontier.is_empty() && (from.bound == Bound::Whole || n_reached + frontier.len() <= most) {
        let digests: Vec<Digest> = std::mem::take(&mut frontier).into_iter().collect();
        let found = level(reader, repository_id, &digests, (&from, &mut known, &mut edges)).await?;
        n_reached += found.values().map(|node| 1 + node.tags.len()).sum::<usize>();
        if from.bound == Bound::Whole && n_reached > MAX_REACHED {
            return Err(too_large(MAX_REACHED, "tags and images"));
        }
        if from.bound == Bound::Whole && edges.has_more {
            return Err(too_large(MAX_EDGES, "links between images"));
        }
        let below = found.values().flat_map(|node| node.children.iter().chain(&node.referrers));
        frontier.extend(below.filter(|it| !graph.0.contains_key(*it) && !found.contains_key(*it)).cloned());
        graph.0.extend(found);
    }
    let is_unsure = |digest: &Digest| graph.0.get(digest).is_some_and(|node| node.n_missing_more > 0);
    let unsure: Vec<Tag> = known.iter().filter(|(it, _)| is_unsure(it)).flat_map(|(_, tags)| tags.clone()).collect();
    let missing = missing(reader, repository_id, &unsure).await?;
    for (digest, tags) in known {
        graph.0.entry(digest).and_modify(|node| node.know(tags, &missing));
    }
    Ok(graph)
}

fn too_large(most: usize, what: &str) -> Error {
    Error::TooLarge { message: format!("this reaches more than {most} {what}; delete fewer at once") }
}

/// Those of some tags that their registry does not have any more.
async fn missing(reader: &mut Reader<'_>, id: &str, tags: &[Tag]) -> Result<BTreeSet<Tag>> {
    let sql = "SELECT name FROM tags WHERE repository_id = $1 AND missing_since IS NOT NULL AND name IN ({slots})";
    reader.each(sql, id, tags).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Images by digest, each with its neighbours.
async fn level(
    reader: &mut Reader<'_>,
    id: &str,
    digests: &[Digest],
    (from, known, edges): (&Start<'_>, &mut BTreeMap<Digest, BTreeSet<Tag>>, &mut Edges),
) -> Result<BTreeMap<Digest, Node>> {
    let mut nodes = BTreeMap::new();
    let sql = "SELECT digest, kind, pull_bytes, COALESCE(NULLIF(platforms, ''), artifact_type, ''), n_tags,
           CASE WHEN platforms <> '' THEN 1 ELSE 0 END
         FROM manifests WHERE repository_id = $1 AND digest IN ({slots})";
    for mut row in reader.each(sql, id, digests).await? {
        let (digest, kind, bytes, label) = (row.take()?, row.take()?, row.take()?, row.take()?);
        let (n_tags, has_platform) = (row.take()?, row.take()?);
        nodes.insert(digest, Node { kind: Some(kind), bytes, label, has_platform, n_tags, ..Node::default() });
    }
    names(reader, id, &mut nodes, from).await?;
    let digests: Vec<Digest> = nodes.keys().cloned().collect();
    for some in digests.chunks(TOGETHER) {
        beside(reader, id, some, (&mut nodes, edges)).await?;
    }
    noted(reader, id, &digests, (&mut nodes, known)).await?;
    Ok(nodes)
}

const NAMED_BY: &str = "SELECT digest, name, missing_since FROM tags WHERE repository_id = $1 AND digest IN ({slots})";

/// The tags of images: all of them, or the first of very many.
async fn names(reader: &mut Reader<'_>, id: &str, nodes: &mut BTreeMap<Digest, Node>, from: &Start<'_>) -> Result<()> {
    let has_few = |(digest, node): &(&Digest, &Node)| node.n_tags <= NAMES || from.images.contains(*digest);
    let (few, many): (Vec<_>, Vec<_>) = nodes.iter().partition(has_few);
    let few: Vec<Digest> = few.into_iter().map(|(digest, _)| digest.clone()).collect();
    let many: Vec<(Digest, u64)> = many.into_iter().map(|(digest, node)| (digest.clone(), node.n_tags)).collect();
    let mut rows = reader.each(NAMED_BY, id, &few).await?;
    let mut n_going: BTreeMap<&Digest, u64> = BTreeMap::new();
    if !many.is_empty() {
        from.tags.values().for_each(|digest| *n_going.entry(digest).or_default() += 1);
    }
    for (digest, n_tags) in many {
        let most = NAMES + n_going.get(&digest).copied().unwrap_or_default();
        let (found, n_missing_more) = first_names(reader, id, (&digest, n_tags, most), from.bound).await?;
        rows.extend(found);
        nodes.entry(digest).or_default().n_missing_more = n_missing_more;
    }
    for mut row in rows {
        let (digest, tag): (Digest, Tag) = (row.take()?, row.take()?);
        let node = nodes.entry(digest).or_default();
        if row.take::<Option<Timestamp>>()?.is_some() {
            node.missing.insert(tag.clone());
        }
        node.tags.insert(tag);
    }
    Ok(())
}

/// The first `most` of very many tags that keep an image, and how many more are missing at its registry: those keep nothing. They
/// are read too where the image may go and they with it, unless that is more than one delete may take: then it stays.
async fn first_names(
    reader: &mut Reader<'_>,
    id: &str,
    (digest, n_tags, most): (&Digest, u64, u64),
    bound: Bound,
) -> Result<(Vec<Row>, u64)> {
    let named = "SELECT digest, name, missing_since FROM tags WHERE repository_id = $1 AND digest = $2";
    let sql = format!("{named} AND missing_since IS NULL ORDER BY name LIMIT $3");
    let mut rows = reader.all(&sql, params![id, digest, most]).await?;
    // Nothing is missing in the hosted registry, and so nothing is counted there.
    let sql = "SELECT COUNT(*) FROM repositories r CROSS JOIN mounts m CROSS JOIN tags t WHERE r.id = $1 AND m.id = r.mount_id
                 AND m.kind = 'remote' AND t.repository_id = r.id AND t.digest = $2 AND t.missing_since IS NOT NULL";
    let row = reader.all(sql, params![id, digest]).await?.into_iter().next();
    let n_missing: u64 = row.map_or(Ok(0), |mut row| row.take())?;
    let may_go = bound == Bound::Whole && n_tags.saturating_sub(n_missing) <= NAMES;
    if n_missing == 0 || !may_go || n_missing > MAX_REACHED as u64 {
        return Ok((rows, n_missing));
    }
    rows.extend(reader.all(&format!("{named} AND missing_since IS NOT NULL"), params![id, digest]).await?);
    Ok((rows, 0))
}

/// Signatures and the like that are found by a tag which names their subject.
async fn noted(
    reader: &mut Reader<'_>,
    id: &str,
    digests: &[Digest],
    (nodes, known): (&mut BTreeMap<Digest, Node>, &mut BTreeMap<Digest, BTreeSet<Tag>>),
) -> Result<()> {
    let tags: BTreeMap<Tag, &Digest> =
        digests.iter().flat_map(|digest| referrer_tags(digest).into_iter().map(move |tag| (tag, digest))).collect();
    let names: Vec<Tag> = tags.keys().cloned().collect();
    for (tag, referrer) in named(reader, id, &names).await? {
        if let Some(subject) = tags.get(&tag) {
            nodes.entry((*subject).clone()).or_default().referrers.insert(referrer.clone());
            known.entry(referrer).or_default().insert(tag);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::edges::NEIGHBOURS;
    use super::*;
    use crate::server::store::dialect::Dialect;
    use rusqlite::{Connection, params_from_iter};

    #[test]
    fn neighbours_are_found_by_an_index() {
        let connection = Connection::open_in_memory().unwrap();
        Dialect::Sqlite.migrations().iter().for_each(|step| connection.execute_batch(step).unwrap());
        let n_values = [1, 2, 3, TOGETHER];
        for (sql, n) in
            NEIGHBOURS.map(|(sql, _)| sql).into_iter().chain([NAMED_BY]).flat_map(|sql| n_values.map(|n| (sql, n)))
        {
            let first = if sql.contains("$2") { 3 } else { 2 };
            let question = sql.replace("{slots}", &batch::slots(first, n)).replace('$', "?");
            let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
            let lines =
                explained.query_map(params_from_iter(vec!["x"; n + first - 1]), |row| row.get::<_, String>(3)).unwrap();
            for line in lines.map(|line| line.unwrap()) {
                assert!(!line.ends_with("(repository_id=?)") && !line.starts_with("SCAN"), "{line}: {question}");
            }
        }
    }
}
