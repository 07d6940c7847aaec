//! Repositories: the list, one by name, and what a push or a crawl changes in them.

mod listed;

pub use listed::{list, names};

use super::{Known, Row, Store, Tx, Value, batch, namespaces, protections, stars, visible};
use crate::domain::view::{MountKind, RepositoryRow};
use crate::domain::{Actor, Error, Protection, RepositoryName, Result, Timestamp};
use crate::params;
use crate::server::access::Visibility;

/// A repository's row, as far as other statements need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    pub id: String,
    pub mount_id: String,
}

/// The sizes and counts in a repository's head.
pub struct Head {
    pub row: RepositoryRow,
    pub id: String,
    pub logical: crate::domain::ByteSize,
    pub images: u64,
    pub mount_id: String,
    pub read_at: Option<Timestamp>,
}

const ROW: &str = "r.name, m.kind, COALESCE(r.visibility, m.visibility), r.newest_tag, COALESCE(NULLIF(r.own_description, ''), r.description), r.n_tags, r.stored_bytes, r.updated_at, r.updated_by, \
                   r.read_at, r.read_error, r.missing_since";

/// What stands in its head besides.
const HEAD: &str = "r.id, r.logical_bytes, r.n_images, r.mount_id, r.read_at";

/// A repository by name.
pub async fn find(store: &Store, name: &RepositoryName) -> Result<Option<Repository>> {
    let row = store.one("SELECT id, mount_id FROM repositories WHERE name = $1", params![name]).await?;
    row.map(|mut row| Ok(Repository { id: row.take()?, mount_id: row.take()? })).transpose()
}

/// The same inside a transaction.
pub async fn current(tx: &mut Tx, name: &RepositoryName) -> Result<Option<Repository>> {
    let row = tx.one("SELECT id, mount_id FROM repositories WHERE name = $1", params![name]).await?;
    row.map(|mut row| Ok(Repository { id: row.take()?, mount_id: row.take()? })).transpose()
}

/// Everything in the head of a repository's page.
pub async fn head(store: &Store, name: &RepositoryName) -> Result<Option<Head>> {
    let sql = format!(
        "SELECT {ROW}, {HEAD} FROM repositories r JOIN mounts m ON m.id = r.mount_id WHERE r.name = $1 AND m.active = 1"
    );
    store.one(&sql, params![name]).await?.map(|mut row| head_row(&mut row)).transpose()
}

/// The same with the rules that cover it, and whether a reader with this id marked it.
pub async fn head_and_rules(
    store: &Store,
    name: &RepositoryName,
    reader: Option<&str>,
) -> Result<Option<(Head, Vec<Protection>)>> {
    let (columns, join, line) = protections::joined(name, 2);
    let mut params: Vec<Value> = params![name].into_iter().chain(line).collect();
    let starred = stars::is_starred(reader, &mut params);
    let sql = format!(
        "SELECT {ROW}, {HEAD}, {starred}, {columns} FROM repositories r JOIN mounts m ON m.id = r.mount_id {join}
         WHERE r.name = $1 AND m.active = 1 ORDER BY p.id"
    );
    let (mut head, mut rules) = (None, vec![]);
    for mut row in store.all(&sql, params).await? {
        let Head { row: own, .. } = &mut *head.insert(head_row(&mut row)?);
        own.is_starred = row.take()?;
        rules.extend(protections::of_row(&mut row)?);
    }
    Ok(head.map(|head| (head, rules)))
}

fn head_row(row: &mut Row) -> Result<Head> {
    let (own, id, logical, images) = (repository_row(row)?, row.take()?, row.take()?, row.take()?);
    Ok(Head { row: own, id, logical, images, mount_id: row.take()?, read_at: stated(row.take()?) })
}

/// When a repository last changed.
pub async fn changed_at(store: &Store, name: &RepositoryName) -> Result<Timestamp> {
    let row = store.one("SELECT updated_at FROM repositories WHERE name = $1", params![name]).await?;
    row.map_or(Ok(Timestamp(0)), |mut row| row.take())
}

/// When any of those that the reader may see last changed.
pub async fn any_changed_at(store: &Store, visibility: &Visibility) -> Result<Timestamp> {
    let mut params = vec![];
    let shown = visible::condition(store, visibility, "r", &mut params);
    let sql = format!("SELECT r.updated_at FROM repositories r WHERE 1 = 1 {shown} ORDER BY r.updated_at DESC LIMIT 1");
    store.one(&sql, params).await?.map_or(Ok(Timestamp(0)), |mut row| row.take())
}

/// The repository of that name, made if it is not there; the flag says whether it was made.
pub async fn ensure(
    tx: &mut Tx,
    name: &RepositoryName,
    mount_id: &str,
    new_id: &str,
    now: Timestamp,
) -> Result<(Repository, bool)> {
    let sql = "INSERT INTO repositories (id, name, mount_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
               ON CONFLICT (name) DO NOTHING";
    let created = tx.run(sql, params![new_id, name, mount_id, now]).await? == 1;
    if created {
        namespaces::give_default_visibility(tx, new_id, name).await?;
    }
    if created {
        let count = "UPDATE mounts SET n_repositories = n_repositories + 1 WHERE id = $1";
        tx.run(count, params![mount_id]).await?;
        namespaces::count(tx, mount_id, name).await?;
    }
    let found = current(tx, name).await?;
    let found = found.ok_or_else(|| Error::Unavailable("the repository vanished; try again".into()))?;
    if found.mount_id != mount_id {
        return Err(Error::Taken(name.clone()));
    }
    Ok((found, created))
}

/// Another time than before, however fast changes follow each other: plans know by it whether anything changed.
const LATER: &str = "updated_at = CASE WHEN updated_at >= $2 THEN updated_at + 1 ELSE $2 END";

/// Notes that a repository changed now, by `actor`.
pub async fn touch(tx: &mut Tx, id: &str, actor: Option<&Actor>, now: Timestamp) -> Result<()> {
    let sql = format!("UPDATE repositories SET {LATER}, updated_by = COALESCE($3, updated_by) WHERE id = $1");
    tx.run(&sql, params![id, now, actor.map(Actor::key)]).await.map(drop)
}

/// The same for a push.
pub async fn pushed(tx: &mut Tx, id: &str, actor: &Actor, now: Timestamp) -> Result<()> {
    let sql = format!("UPDATE repositories SET {LATER}, updated_by = $3, pushed_at = $2 WHERE id = $1");
    tx.run(&sql, params![id, now, actor]).await.map(drop)
}

/// Finds the newest tag again, and with it what the repository says of itself: the tag that moved last; of a
/// registry elsewhere, of which not all moves are known, the one that was built last.
pub async fn refresh_newest(tx: &mut Tx, repository: &Repository) -> Result<()> {
    let sql = "SELECT kind FROM mounts WHERE id = $1";
    let row = tx.one(sql, params![&repository.mount_id]).await?;
    let order = match row.map_or(Ok(MountKind::Hosted), |mut row| row.take())? {
        MountKind::Hosted => "t.changed_at DESC, t.name",
        MountKind::Remote => "t.built_at DESC, t.name DESC",
    };
    let sql = format!(
        "UPDATE repositories SET (newest_tag, description) = (SELECT t.name, m.description FROM tags t
           JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
           WHERE t.repository_id = $1 ORDER BY {order} LIMIT 1) WHERE id = $1"
    );
    tx.run(&sql, params![&repository.id]).await?;
    Ok(())
}

/// Notes that a repository's tags were read.
pub async fn mark_read(tx: &mut Tx, repository: &Repository, now: Timestamp) -> Result<()> {
    let sql = "UPDATE repositories SET read_at = $2, read_error = NULL WHERE id = $1";
    tx.run(sql, params![&repository.id, now]).await?;
    refresh_newest(tx, repository).await
}

/// Notes that a repository could not be read now, and why: its turn comes again in the next round. Its rows stay.
pub async fn mark_tried(
    tx: &mut Tx,
    mount_id: &str,
    name: &RepositoryName,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    let sql = "UPDATE repositories SET read_at = $3, read_error = $4 WHERE mount_id = $1 AND name = $2";
    tx.run(sql, params![mount_id, name, now, reason]).await?;
    Ok(())
}

/// Notes that a repository can be read, whatever failed before.
pub async fn readable(tx: &mut Tx, mount_id: &str, name: &RepositoryName) -> Result<()> {
    let sql = "UPDATE repositories SET read_error = NULL WHERE mount_id = $1 AND name = $2 AND read_error IS NOT NULL";
    tx.run(sql, params![mount_id, name]).await?;
    Ok(())
}

/// Repositories of a mount that were last read before `before`, or in the future (the clock was set back since);
/// those never read come first.
pub async fn to_read(
    store: &Store,
    mount_id: &str,
    before: Timestamp,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<RepositoryName>> {
    let sql = "SELECT name FROM repositories WHERE mount_id = $1 AND missing_since IS NULL
               AND (read_at < $2 OR read_at > $3) ORDER BY read_at, name LIMIT $4";
    let rows = store.all(sql, params![mount_id, before, now, limit]).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// Notes that a listing, known by when it began, has these names: they are not missing (any more).
pub async fn mark_listed(tx: &mut Tx, mount_id: &str, names: &[RepositoryName], listing: Timestamp) -> Result<()> {
    for some in names.chunks(500) {
        let sql = format!(
            "UPDATE repositories SET listed_at = $2, missing_since = NULL WHERE mount_id = $1 AND name IN ({})",
            batch::slots(3, some.len())
        );
        let mut params = params![mount_id, listing];
        params.extend(some.iter().map(super::Value::from));
        tx.run(&sql, params).await?;
    }
    Ok(())
}

/// After a whole listing: what was not listed since it began is missing upstream. Nothing is ever deleted here.
pub async fn mark_missing(tx: &mut Tx, mount_id: &str, listing: Timestamp, now: Timestamp) -> Result<()> {
    let sql = "UPDATE repositories SET missing_since = $3
               WHERE mount_id = $1 AND (listed_at < $2 OR listed_at > $3) AND missing_since IS NULL";
    tx.run(sql, params![mount_id, listing, now]).await?;
    Ok(())
}

fn repository_row(row: &mut Row) -> Result<RepositoryRow> {
    let name = row.take()?;
    let (mount, visibility): (MountKind, _) = (row.take()?, row.take()?);
    let (newest_tag, description, tags, stored) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let (updated, Known(updated_by), read_at): (Timestamp, _, _) = (row.take()?, row.take()?, stated(row.take()?));
    let (read_error, missing_since): (Option<String>, _) = (row.take()?, row.take()?);
    let unread = mount == MountKind::Remote && (read_at.is_none() || (tags == 0 && read_error.is_some()));
    let updated = (!unread).then_some(updated);
    Ok(RepositoryRow {
        name,
        mount,
        visibility,
        newest_tag,
        description,
        tags,
        stored,
        updated,
        updated_by,
        unread,
        read_error,
        missing_since,
        is_starred: false,
    })
}

/// A time, where 0 stands for "never".
fn stated(time: Timestamp) -> Option<Timestamp> {
    (time.0 != 0).then_some(time)
}
