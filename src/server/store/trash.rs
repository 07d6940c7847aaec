//! The trash: one entry for each thing that somebody deleted, until it is restored or purged, or expires.

pub(super) mod days;
mod images;
mod purge;
mod restore;
mod settled;
mod shown;
mod whole;

pub use days::{days, days_within, said_days, set_days};
pub use images::{image as restore_image, images as restore_images};
pub(super) use purge::named_for_longer;
pub use purge::{purge, refuse_if_needed};
pub use restore::{Restoring, restore};
pub use shown::{
    Crossed, TagsOf, crossings, crossings_of_batch, folded, held, left, mount_of_tags, n_of_batch, numbers_of,
    tags_and_images, tags_of_batch, without_image,
};

use super::repositories::Repository;
use super::visible::{self, Columns};
use super::{Known, Row, Store, Tx, Value, activity, batch};
use crate::domain::trash::{TrashKind, TrashRow};
use crate::domain::{Actor, ByteSize, Digest, Namespace, Reference, RepositoryName, Result, Tag, Timestamp};
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

/// Whether an image of a repository is in the trash, and can come back from it.
pub async fn has_image(store: &Store, repository: &RepositoryName, digest: &Digest) -> Result<bool> {
    let sql = "SELECT d.entry FROM repositories r CROSS JOIN images_in_trash d
               WHERE r.name = $1 AND d.repository_id = r.id AND d.digest = $2 LIMIT 1";
    Ok(store.one(sql, params![repository, digest]).await?.is_some())
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
    /// Only what took this tag or this image with it.
    pub named: Option<Reference>,
    pub kind: Option<TrashKind>,
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

/// Something of a batch that does not lie within a reach, if there is any.
pub async fn beyond(store: &Store, reach: &Reach, batch: &str) -> Result<Option<Entry>> {
    let mut params: Vec<Value> = params![batch];
    let within = within(store, reach, &mut params);
    let sql = format!("{ENTRY} WHERE batch = $1 AND NOT ({within}) LIMIT 1");
    store.scan(&sql, params).await?.into_iter().next().map(entry).transpose()
}

/// A tag of a batch in each repository that has any.
pub async fn first_tags(store: &Store, batch: &str) -> Result<BTreeMap<RepositoryName, Tag>> {
    let sql = "SELECT repository, MIN(name) FROM trash WHERE batch = $1 AND kind = 'tag' GROUP BY repository";
    let rows = store.all(sql, params![batch]).await?.into_iter();
    rows.map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// The condition that entries lie within a reach: tags one by one, and all else with its repository.
fn within(store: &Store, reach: &Reach, params: &mut Vec<Value>) -> String {
    let columns = Columns { repository: "repository", tag: "name", is_tag: "kind = 'tag'" };
    visible::within(store.dialect(), reach, &columns, params)
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
    match &wanted.named {
        Some(Reference::Tag(tag)) => {
            add("EXISTS (SELECT 1 FROM deleted_tags d WHERE d.entry = trash.id AND d.name = ?)", tag.into());
        }
        Some(Reference::Digest(digest)) => {
            add("EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.entry = trash.id AND d.digest = ?)", digest.into());
        }
        None => {}
    }
    if let Some(kind) = wanted.kind {
        add("kind = ?", kind.into());
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
