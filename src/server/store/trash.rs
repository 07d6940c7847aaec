//! The trash: one entry for each thing that somebody deleted, until it is restored or purged, or expires.

mod purge;
mod restore;
mod settled;
mod shown;
mod whole;

pub use purge::{purge, refuse_if_needed};
pub use restore::{Restoring, image as restore_image, images as restore_images, restore};
pub use shown::{
    Crossed, TagsOf, crossings, crossings_of_batch, folded, held, mount_of_tags, n_of_batch, numbers_of,
    tags_and_images, tags_of_batch,
};

use super::repositories::Repository;
use super::visible::{self, Asked};
use super::{Known, Row, Store, Tx, Value, activity, batch, namespaces};
use crate::domain::trash::{TrashKind, TrashRow};
use crate::domain::{Actor, ByteSize, Digest, Namespace, RepositoryName, Result, Scope, Tag, Timestamp};
use crate::params;
use crate::server::access::Reach;
use std::collections::BTreeMap;

/// Entries that share a statement.
const TOGETHER: usize = 128;

/// An entry on its way into the trash.
pub struct NewEntry {
    pub id: String,
    pub batch: String,
    pub kind: TrashKind,
    pub mount_id: String,
    pub repository_id: String,
    pub repository: RepositoryName,
    /// The tag, the digest, or nothing for a repository.
    pub name: String,
    pub digest: Option<Digest>,
    pub n_tags: u64,
    pub held: ByteSize,
    pub at: Timestamp,
    pub by: Actor,
    pub expires: Timestamp,
}

/// An entry, and where it belongs.
#[derive(Clone, Debug)]
pub struct Entry {
    pub row: TrashRow,
    pub repository_id: String,
    pub mount_id: String,
}

/// Writes entries.
pub async fn insert(tx: &mut Tx, entries: &[NewEntry]) -> Result<()> {
    for some in entries.chunks(TOGETHER) {
        let sql = format!(
            "INSERT INTO trash (id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes, deleted_at,
               deleted_by, expires_at) VALUES {}",
            batch::rows(1, some.len(), 13)
        );
        let params = some.iter().flat_map(|it| {
            params![
                &it.id,
                &it.batch,
                it.kind,
                &it.mount_id,
                &it.repository_id,
                &it.repository,
                &it.name,
                it.digest.as_ref().map(Digest::as_str),
                it.n_tags,
                it.held,
                it.at,
                &it.by,
                it.expires,
            ]
        });
        tx.run(&sql, params.collect()).await?;
    }
    Ok(())
}

/// Notes which entries hold these images of a repository, or tags of them.
pub async fn name(tx: &mut Tx, repository_id: &str, images: &[(&Digest, &str)]) -> Result<()> {
    for some in images.chunks(TOGETHER) {
        let sql = format!(
            "INSERT INTO deleted_names (repository_id, digest, entry) VALUES {}
             ON CONFLICT (repository_id, digest, entry) DO NOTHING",
            batch::rows(1, some.len(), 3)
        );
        let rows = some.iter().flat_map(|(digest, entry)| params![repository_id, *digest, *entry]);
        tx.run(&sql, rows.collect()).await?;
    }
    Ok(())
}

/// For how many days what is deleted in a repository is kept, where a namespace above it says so: the nearest counts.
pub async fn days(tx: &mut Tx, name: &RepositoryName) -> Result<Option<u32>> {
    let (sql, params) = saying(&Scope::Repository(name.clone()));
    tx.one(&sql, params).await?.map(|row| said(row).map(|(_, days)| days)).transpose()
}

/// The same for what lies right below a namespace.
pub async fn days_below(store: &Store, namespace: &Namespace) -> Result<Option<u32>> {
    let (sql, params) = saying(&Scope::Namespace(namespace.clone()));
    store.one(&sql, params).await?.map(|row| said(row).map(|(_, days)| days)).transpose()
}

/// The namespaces of a scope and above it that say so, the nearest first.
pub(super) fn saying(scope: &Scope) -> (String, Vec<Value>) {
    let (above, params) = namespaces::above("name", scope, 1);
    (format!("SELECT name, days FROM namespace_trash WHERE {above} ORDER BY LENGTH(name) DESC LIMIT 2"), params)
}

fn said(mut row: Row) -> Result<(String, u32)> {
    Ok((row.take()?, u32::try_from(row.take::<u64>()?).unwrap_or(u32::MAX)))
}

/// What a namespace says itself, and what the nearest one above it says.
pub async fn said_days(store: &Store, namespace: &Namespace) -> Result<(Option<u32>, Option<u32>)> {
    let (sql, params) = saying(&Scope::Namespace(namespace.clone()));
    let rows = store.all(&sql, params).await?.into_iter().map(|row| {
        let (name, days) = said(row)?;
        Ok((name == namespace.as_str(), days))
    });
    let rows: Vec<(bool, u32)> = rows.collect::<Result<_>>()?;
    let first = |is_own: bool| rows.iter().find(|(own, _)| *own == is_own).map(|(_, days)| *days);
    Ok((first(true), first(false)))
}

/// Sets it for what is deleted from now on; `None` leaves it to the namespaces above.
pub async fn set_days(tx: &mut Tx, namespace: &Namespace, days: Option<u32>) -> Result<()> {
    tx.run("DELETE FROM namespace_trash WHERE name = $1", params![namespace]).await?;
    if let Some(days) = days {
        let sql = "INSERT INTO namespace_trash (name, days) VALUES ($1, $2)";
        tx.run(sql, params![namespace, days]).await?;
    }
    Ok(())
}

const ENTRY: &str =
    "SELECT id, batch, kind, repository, name, digest, n_tags, held_bytes, deleted_at, deleted_by, expires_at,
    repository_id, mount_id FROM trash";

fn entry(mut row: Row) -> Result<Entry> {
    entry_of(&mut row)
}

fn entry_of(row: &mut Row) -> Result<Entry> {
    let (id, batch, kind, repository) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let (name, digest, tags, held): (String, _, _, _) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let tag = if kind == TrashKind::Tag { Some(name.parse()?) } else { None };
    let (deleted, Known(deleted_by), expires) = (row.take()?, row.take()?, row.take()?);
    let row_ = TrashRow { id, batch, kind, repository, tag, digest, tags, held, deleted, deleted_by, expires };
    Ok(Entry { row: row_, repository_id: row.take()?, mount_id: row.take()? })
}

/// An entry by its id.
pub async fn find(store: &Store, id: &str) -> Result<Option<Entry>> {
    store.one(&format!("{ENTRY} WHERE id = $1"), params![id]).await?.map(entry).transpose()
}

/// The tags that an entry holds, each with what it named.
pub async fn tags_of(store: &Store, id: &str) -> Result<Vec<(Tag, Digest)>> {
    let sql = "SELECT name, digest FROM deleted_tags WHERE entry = $1 ORDER BY name";
    store.all(sql, params![id]).await?.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// The same inside a transaction.
pub async fn current(tx: &mut Tx, id: &str) -> Result<Option<Entry>> {
    tx.one(&format!("{ENTRY} WHERE id = $1"), params![id]).await?.map(entry).transpose()
}

/// Those of some entries that are there.
pub async fn some(tx: &mut Tx, ids: &[String]) -> Result<Vec<Entry>> {
    let (slots, ids) = batch::padded(1, ids);
    let sql = format!("{ENTRY} WHERE id IN ({slots}) ORDER BY id");
    tx.all(&sql, ids).await?.into_iter().map(entry).collect()
}

/// Everything that one request deleted and that is in the trash still.
pub async fn of_batch(store: &Store, batch: &str, limit: u32) -> Result<Vec<Entry>> {
    let sql = format!("{ENTRY} WHERE batch = $1 ORDER BY id LIMIT $2");
    store.all(&sql, params![batch, limit]).await?.into_iter().map(entry).collect()
}

/// How many things of it there are in each repository.
pub async fn in_repositories(store: &Store, batch: &str) -> Result<BTreeMap<RepositoryName, u64>> {
    let sql = "SELECT repository, COUNT(*) FROM trash WHERE batch = $1 GROUP BY repository";
    let rows = store.all(sql, params![batch]).await?.into_iter();
    rows.map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// The tags of it in one repository, inside a transaction.
pub async fn some_tags(tx: &mut Tx, batch: &str, repository: &RepositoryName, limit: u32) -> Result<Vec<Entry>> {
    let sql = format!("{ENTRY} WHERE batch = $1 AND repository = $2 AND kind = 'tag' ORDER BY id LIMIT $3");
    tx.all(&sql, params![batch, repository, limit]).await?.into_iter().map(entry).collect()
}

/// Those of them after one, in the order of their ids.
pub async fn of_batch_after(store: &Store, batch: &str, after: &str, limit: u32) -> Result<Vec<Entry>> {
    let sql = format!("{ENTRY} WHERE batch = $1 AND id > $2 ORDER BY id LIMIT $3");
    store.all(&sql, params![batch, after, limit]).await?.into_iter().map(entry).collect()
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only those of this repository, or of what lies below this namespace.
    pub repository: Option<RepositoryName>,
    pub below: Option<Namespace>,
    pub batch: Option<String>,
    /// Only what somebody deleted: their name, or their key.
    pub by: Option<String>,
    /// Only those before this one: the newest come first.
    pub before: Option<String>,
}

/// Some of the entries of a reach, newest first.
pub async fn list(store: &Store, (reach, wanted): (&Reach, &Wanted), limit: u32) -> Result<Vec<Entry>> {
    let mut params: Vec<Value> = params![limit];
    let conditions = fitting(store, (reach, wanted), &mut params);
    let sql = format!("{ENTRY} WHERE {conditions} ORDER BY id DESC LIMIT $1");
    store.scan(&sql, params).await?.into_iter().map(entry).collect()
}

/// The condition that entries lie within a reach: tags one by one, and all else with its repository.
fn within(store: &Store, reach: &Reach, params: &mut Vec<Value>) -> String {
    let asked = Asked { repository: "repository", tag: "name", is_tag: "kind = 'tag'" };
    visible::within(store.dialect(), reach, &asked, params)
}

/// The condition that entries lie within a reach and are those that are asked for.
fn fitting(store: &Store, (reach, wanted): (&Reach, &Wanted), params: &mut Vec<Value>) -> String {
    let mut conditions = vec![within(store, reach, params)];
    let mut add = |condition: &str, value: Value| {
        params.push(value);
        conditions.push(condition.replace('?', &format!("${}", params.len())));
    };
    if let Some(repository) = &wanted.repository {
        add("repository = ?", repository.into());
    }
    if let Some(namespace) = &wanted.below {
        add("repository > ?", format!("{namespace}/").into());
        add("repository < ?", format!("{namespace}0").into());
    }
    if let Some(batch) = &wanted.batch {
        add("batch = ?", batch.into());
    }
    if let Some(by) = &wanted.by {
        add(&activity::is_actor("deleted_by", by), by.to_lowercase().into());
    }
    if let Some(before) = &wanted.before {
        add("id < ?", before.into());
    }
    conditions.join(" AND ")
}

/// Takes entries out of the trash that are about a tag alone which names again what it named then: they would bring back
/// what is there.
pub async fn forget_back(tx: &mut Tx, repository: &Repository, (tag, digest): (&Tag, &Digest)) -> Result<()> {
    let sql = format!(
        "{ENTRY} WHERE kind = 'tag' AND id IN
         (SELECT entry FROM tags_in_trash WHERE repository_id = $1 AND digest = $2 AND name = $3) ORDER BY id"
    );
    let found = tx.all(&sql, params![&repository.id, digest, tag]).await?;
    let found: Vec<Entry> = found.into_iter().map(entry).collect::<Result<_>>()?;
    if found.is_empty() { Ok(()) } else { purge(tx, &found).await }
}

/// Takes an entry out of the trash, once what it stood for is back or gone.
async fn forget(tx: &mut Tx, id: &str) -> Result<()> {
    tx.run("DELETE FROM trash WHERE id = $1", params![id]).await.map(|_| ())
}
