//! What pages say of the trash besides its entries: what it holds, and what stands in the way of one that comes back.

use super::{ENTRY, Entry, Wanted, entry_of, fitting, within};
use crate::domain::trash::TrashKind;
use crate::domain::view::{Crossing, Fold, LeftInTrash, TrashSum};
use crate::domain::{ByteSize, Error, Namespace, RepositoryName, Result, Tag, Timestamp};
use crate::params;
use crate::server::access::Reach;
use crate::server::store::{Row, Store, Value, batch};
use std::collections::{BTreeSet, HashMap};

/// What the entries of a reach hold that are asked for, in one sum.
pub async fn held(store: &Store, asked: (&Reach, &Wanted)) -> Result<TrashSum> {
    let mut params: Vec<Value> = vec![];
    let conditions = fitting(store, asked, &mut params);
    let sql = format!("SELECT COUNT(*), CAST(COALESCE(SUM(held_bytes), 0) AS BIGINT) FROM trash WHERE {conditions}");
    let mut row = store.scan(&sql, params).await?.into_iter().next().ok_or(Error::Internal)?;
    Ok(TrashSum { n: row.take()?, held: row.take()? })
}

/// How much of what is asked for there is; none where there is nothing.
pub async fn left(store: &Store, asked: (&Reach, &Wanted)) -> Result<Option<LeftInTrash>> {
    let mut params: Vec<Value> = vec![];
    let conditions = fitting(store, asked, &mut params);
    let sql = format!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN kind = 'repository' THEN 1 ELSE 0 END), 0) AS BIGINT),
           COALESCE(MIN(expires_at), 0) FROM trash WHERE {conditions}"
    );
    let mut row = store.scan(&sql, params).await?.into_iter().next().ok_or(Error::Internal)?;
    let (n, n_repositories, until): (u64, u64, Timestamp) = (row.take()?, row.take()?, row.take()?);
    Ok((n > 0).then_some(LeftInTrash { n, n_repositories, until }))
}

/// Some of the entries of a reach, newest first; the tags of a repository that one request deleted, and the repositories,
/// as their last one, with what all of them hold.
pub async fn folded(
    store: &Store,
    (reach, wanted): (&Reach, &Wanted),
    limit: u32,
) -> Result<Vec<(Entry, Option<Fold>)>> {
    let mut params: Vec<Value> = params![limit];
    let conditions = fitting(store, (reach, &Wanted { before: None, ..wanted.clone() }), &mut params);
    let before = wanted.before.as_ref().map_or(String::new(), |before| {
        params.push(before.into());
        format!("AND x.id < ${}", params.len())
    });
    let sql = format!(
        "WITH many (of_batch, of_kind, of_repository, head, n, holds, has_tags, lowest, highest, first_name, last_name) AS (
           SELECT batch, kind, CASE WHEN kind = 'tag' THEN repository ELSE '' END, MAX(id), COUNT(*),
             CAST(SUM(held_bytes) AS BIGINT), CAST(SUM(n_tags) AS BIGINT), MIN(name), MAX(name), MIN(repository), MAX(repository)
           FROM trash WHERE {conditions} AND kind IN ('tag', 'repository') GROUP BY 1, 2, 3 HAVING COUNT(*) > 1)
         SELECT x.*, m.n, m.holds, m.has_tags, m.lowest, m.highest, m.first_name, m.last_name
         FROM ({ENTRY} WHERE {conditions}) AS x
         LEFT JOIN many m ON m.of_batch = x.batch AND m.of_kind = x.kind
           AND m.of_repository = CASE WHEN x.kind = 'tag' THEN x.repository ELSE '' END
         WHERE (m.head IS NULL OR m.head = x.id) {before} ORDER BY x.id DESC LIMIT $1"
    );
    let rows = store.scan(&sql, params).await?.into_iter().map(|mut row| {
        let mut entry = entry_of(&mut row)?;
        let (n, held): (Option<u64>, Option<ByteSize>) = (row.take()?, row.take()?);
        let Some(n) = n else { return Ok((entry, None)) };
        entry.row.held = held.unwrap_or(entry.row.held);
        let fold = fold(entry.row.kind, n, &mut row)?;
        Ok((entry, Some(fold)))
    });
    rows.collect()
}

fn fold(kind: TrashKind, n: u64, row: &mut Row) -> Result<Fold> {
    let n_tags = row.take()?;
    let (lowest, highest): (String, String) = (row.take()?, row.take()?);
    if kind == TrashKind::Tag {
        return Ok(Fold::Tags { n, first: lowest.parse()?, last: highest.parse()? });
    }
    let (first, last): (RepositoryName, RepositoryName) = (row.take()?, row.take()?);
    Ok(Fold::Repositories { n, n_tags, within: Namespace::around(&first, &last) })
}

/// Those of some entries of tags whose images are not there: they were deleted as images since.
pub async fn without_image(store: &Store, ids: &[String]) -> Result<BTreeSet<String>> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (slots, ids) = batch::padded(1, ids);
    let sql = format!(
        "SELECT x.id FROM trash x WHERE x.id IN ({slots}) AND x.kind = 'tag' AND NOT EXISTS
           (SELECT 1 FROM manifests m WHERE m.repository_id = x.repository_id AND m.digest = x.digest)"
    );
    store.all(&sql, ids).await?.into_iter().map(|mut row| row.take()).collect()
}

/// The mount in which a batch deleted tags of a repository; none if it has none of them any more.
pub async fn mount_of_tags(store: &Store, batch: &str, repository: &RepositoryName) -> Result<Option<String>> {
    let sql = "SELECT mount_id FROM trash WHERE batch = $1 AND repository = $2 AND kind = 'tag' LIMIT 1";
    store.one(sql, params![batch, repository]).await?.map(|mut row| row.take()).transpose()
}

/// Tags of a repository that one request deleted: how many, what they hold, and the first by name.
#[derive(Default)]
pub struct TagsOf {
    pub n: u64,
    pub held: ByteSize,
    pub first: Vec<Tag>,
    /// In which mount they were deleted.
    pub mount_id: Option<String>,
}

/// Those of a batch, of which at most `limit` are named.
pub async fn tags_of_batch(store: &Store, batch: &str, repository: &RepositoryName, limit: u32) -> Result<TagsOf> {
    let sql = "SELECT name, COUNT(*) OVER () AS n, CAST(SUM(held_bytes) OVER () AS BIGINT) AS held, mount_id FROM trash
               WHERE batch = $1 AND repository = $2 AND kind = 'tag' ORDER BY name LIMIT $3";
    let mut found = TagsOf::default();
    for mut row in store.all(sql, params![batch, repository, limit]).await? {
        found.first.push(row.take()?);
        (found.n, found.held, found.mount_id) = (row.take()?, row.take()?, row.take()?);
    }
    Ok(found)
}

/// How many entries of a reach these batches have.
pub async fn numbers_of(store: &Store, reach: &Reach, batches: &[String]) -> Result<HashMap<String, u64>> {
    if batches.is_empty() {
        return Ok(HashMap::new());
    }
    let slots = batch::slots(1, batches.len());
    let mut params = batches.iter().map(|it| it.as_str().into()).collect();
    let within = within(store, reach, &mut params);
    let sql = format!("SELECT batch, COUNT(*) FROM trash WHERE batch IN ({slots}) AND {within} GROUP BY batch");
    let rows = store.scan(&sql, params).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// How many entries a batch has, whoever may bring them back.
pub async fn n_of_batch(store: &Store, batch: &str) -> Result<u64> {
    let row = store.one("SELECT COUNT(*) FROM trash WHERE batch = $1", params![batch]).await?;
    row.map_or(Ok(0), |mut row| row.take())
}

/// Tags of an entry that name another image by now, at most `limit`.
pub async fn crossings(store: &Store, entry: &str, limit: u32) -> Result<Vec<Crossing>> {
    let sql = "SELECT x.repository, d.name, d.digest, t.digest FROM trash x JOIN deleted_tags d ON d.entry = x.id
               JOIN tags t ON t.repository_id = d.repository_id AND t.name = d.name AND t.digest <> d.digest
               WHERE x.id = $1 ORDER BY d.name LIMIT $2";
    store.all(sql, params![entry, limit]).await?.into_iter().map(|mut row| crossing(&mut row)).collect()
}

/// A tag of something in the trash that names another image by now.
pub struct Crossed {
    pub entry: String,
    pub kind: TrashKind,
    pub crossing: Crossing,
}

fn crossing(row: &mut Row) -> Result<Crossing> {
    Ok(Crossing { repository: row.take()?, tag: row.take()?, deleted: row.take()?, now: row.take()? })
}

/// Those of all that one request deleted, at most `limit`.
pub async fn crossings_of_batch(store: &Store, batch: &str, limit: u32) -> Result<Vec<Crossed>> {
    let sql = "SELECT x.id, x.kind, x.repository, d.name, d.digest, t.digest FROM trash x
               JOIN deleted_tags d ON d.entry = x.id
               JOIN tags t ON t.repository_id = d.repository_id AND t.name = d.name AND t.digest <> d.digest
               WHERE x.batch = $1 ORDER BY d.name, x.id LIMIT $2";
    let rows = store
        .scan(sql, params![batch, limit])
        .await?
        .into_iter()
        .map(|mut row| Ok(Crossed { entry: row.take()?, kind: row.take()?, crossing: crossing(&mut row)? }));
    rows.collect()
}

/// The tags of an entry, at most `limit`, and how many images it has.
pub async fn tags_and_images(store: &Store, entry: &str, limit: u32) -> Result<(Vec<Tag>, u64)> {
    let whole = "SELECT d.id FROM trash x JOIN deleted_repositories d ON d.id = x.repository_id AND d.entry = x.id WHERE x.id = $1";
    let sql = format!(
        "SELECT * FROM (SELECT name, 0 FROM deleted_tags WHERE entry = $1
           UNION ALL SELECT name, 0 FROM tags WHERE repository_id IN ({whole}) ORDER BY name LIMIT $2) AS tags
         UNION ALL SELECT NULL, (SELECT COUNT(*) FROM deleted_manifests WHERE entry = $1)
           + (SELECT COUNT(*) FROM manifests WHERE repository_id IN ({whole}))"
    );
    let (mut tags, mut n_images) = (vec![], 0);
    for mut row in store.all(&sql, params![entry, limit]).await? {
        match row.take::<Option<Tag>>()? {
            Some(tag) => tags.push(tag),
            None => n_images = row.take()?,
        }
    }
    Ok((tags, n_images))
}
