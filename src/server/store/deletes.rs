//! Deletes: a row leaves the tables that are read, and what brings it back is kept under an entry of the trash. Nothing
//! is freed here.

mod gone;
mod images;
mod whole;

pub use gone::{gone, keep_none};
pub use images::{exactly, planned};
pub use whole::repository;

use super::history::{self, Left};
use super::radius::Reader;
use super::repositories::Repository;
use super::trash::{self, NewEntry};
use super::{Tx, Value, batch, blobs, edges, repositories, tags};
use crate::domain::trash::TrashKind;
use crate::domain::view::How;
use crate::domain::{Actor, ByteSize, Digest, Error, RepositoryName, Result, Tag, Timestamp};
use crate::params;
use crate::server::entropy::{Entropy, new_id};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many tags share a statement.
const TAGS_TOGETHER: usize = 256;

/// Who deletes, when, and for how long that is kept where nothing else is set.
#[derive(Clone)]
pub struct Deleting {
    pub by: Actor,
    pub at: Timestamp,
    /// As what the history of the tags knows it.
    pub how: How,
    /// What one request deletes shares it.
    pub batch: String,
    pub default_days: u32,
    pub entropy: Arc<dyn Entropy>,
}

/// A delete under way in one repository.
pub struct Deletion {
    pub repository: Repository,
    pub name: RepositoryName,
    who: Deleting,
    expires: Timestamp,
}

impl Deletion {
    /// One in this repository, for which its namespace says how long it is kept.
    pub async fn begin(tx: &mut Tx, repository: Repository, name: RepositoryName, who: Deleting) -> Result<Self> {
        let days = trash::days(&mut Reader::Tx(tx), &name).await?.unwrap_or(who.default_days);
        let expires = who.at.plus_days(days.into());
        Ok(Self { repository, name, who, expires })
    }

    fn new_id(&self) -> String {
        new_id(&*self.who.entropy, self.who.at)
    }

    /// A new entry of the trash.
    fn entry(&self, kind: TrashKind, name: &str, digest: Option<&Digest>, (n_tags, held): (u64, ByteSize)) -> NewEntry {
        NewEntry {
            id: self.new_id(),
            batch: self.who.batch.clone(),
            kind,
            mount_id: self.repository.mount_id.clone(),
            repository_id: self.repository.id.clone(),
            repository: self.name.clone(),
            name: name.to_owned(),
            digest: digest.cloned(),
            n_tags,
            held,
            at: self.who.at,
            by: self.who.by.clone(),
            expires: self.expires,
        }
    }
}

/// A tag that goes, with what it names and the entry under which it is kept.
struct Untagged<'a> {
    tag: &'a Tag,
    digest: &'a Digest,
    entry: &'a str,
}

/// An image that goes with its tags, with the entry under which they are kept.
struct Unnamed<'a> {
    digest: &'a Digest,
    n_tags: i64,
    entry: &'a str,
}

/// Takes tags from their images: some by themselves, and all that some images have. There may be any number of them.
async fn untag(tx: &mut Tx, deletion: &Deletion, tags: &[Untagged<'_>], images: &[Unnamed<'_>]) -> Result<()> {
    take_tags(tx, deletion, tags).await?;
    take_with_images(tx, deletion, images).await?;
    let mut counts: BTreeMap<&Digest, i64> = images.iter().map(|it| (it.digest, -it.n_tags)).collect();
    for it in tags {
        *counts.entry(it.digest).or_default() -= 1;
    }
    tags::count(tx, &deletion.repository, counts, deletion.who.at).await?;
    repositories::refresh_newest(tx, &deletion.repository).await
}

/// Moves all tags of images, whose number makes no difference.
async fn take_with_images(tx: &mut Tx, deletion: &Deletion, images: &[Unnamed<'_>]) -> Result<()> {
    let Deletion { repository, who, .. } = deletion;
    for some in images.chunks(TAGS_TOGETHER) {
        let sql = format!(
            "WITH gone (gone_digest, gone_entry) AS (VALUES {})
             INSERT INTO deleted_tags (batch, entry, repository_id, name, digest, changed_at, move_known, moved_by,
               pulled_at, deleted_at, deleted_by)
             SELECT $2, gone_entry, t.repository_id, t.name, t.digest, t.changed_at, t.move_known,
               t.moved_by, t.pulled_at, $3, $4
             FROM gone CROSS JOIN tags t WHERE t.repository_id = $1 AND t.digest = gone_digest",
            batch::rows(5, some.len(), 2)
        );
        let kept = params![&repository.id, &who.batch, who.at, &who.by];
        let rows = some.iter().flat_map(|it| params![it.digest, it.entry]).collect();
        tx.run(&sql, [kept, rows].concat()).await?;
        let digests: Vec<Value> = some.iter().map(|it| Value::from(it.digest)).collect();
        history::record_deleted_with(tx, repository, &digests, (who.how, &who.by, who.at)).await?;
        let sql = format!("DELETE FROM tags WHERE repository_id = $1 AND digest IN ({})", batch::slots(2, some.len()));
        tx.run(&sql, [params![&repository.id], digests].concat()).await?;
    }
    Ok(())
}

async fn take_tags(tx: &mut Tx, deletion: &Deletion, tags: &[Untagged<'_>]) -> Result<()> {
    let Deletion { repository, who, .. } = deletion;
    for some in tags.chunks(TAGS_TOGETHER) {
        let sql = format!(
            "WITH gone (gone_name, gone_entry) AS (VALUES {})
             INSERT INTO deleted_tags (batch, entry, repository_id, name, digest, changed_at, move_known, moved_by,
               pulled_at, deleted_at, deleted_by)
             SELECT $2, gone_entry, t.repository_id, t.name, t.digest, t.changed_at, t.move_known, t.moved_by,
               t.pulled_at, $3, $4
             FROM gone JOIN tags t ON t.repository_id = $1 AND t.name = gone_name",
            batch::rows(5, some.len(), 2)
        );
        let kept = params![&repository.id, &who.batch, who.at, &who.by];
        let rows = some.iter().flat_map(|it| params![it.tag, it.entry]).collect();
        tx.run(&sql, [kept, rows].concat()).await?;
        let named: Vec<_> = some.iter().map(|it| (it.digest, it.entry)).collect();
        trash::name(tx, &repository.id, &named).await?;
        let left: Vec<Left<'_>> = some.iter().map(|it| Left { tag: it.tag, from: it.digest }).collect();
        history::record_deleted(tx, repository, &left, (who.how, &who.by, who.at)).await?;
        let sql = format!("DELETE FROM tags WHERE repository_id = $1 AND name IN ({})", batch::slots(2, some.len()));
        let names = some.iter().map(|it| Value::from(it.tag)).collect();
        tx.run(&sql, [params![&repository.id], names].concat()).await?;
    }
    Ok(())
}

/// Takes a blob out of a repository; the bytes stay in the store. `false` if the repository does not have it.
///
/// # Errors
/// [`Error::InUse`] if an image names it.
pub async fn blob(tx: &mut Tx, deletion: &Deletion, digest: &Digest) -> Result<bool> {
    let Deletion { repository, who, .. } = deletion;
    let Some(size) = blobs::linked_size(tx, &repository.id, digest).await? else { return Ok(false) };
    refuse_if_used(tx, repository, digest).await?;
    let entry = deletion.entry(TrashKind::Blob, digest.as_str(), Some(digest), (0, ByteSize(size)));
    trash::insert(tx, std::slice::from_ref(&entry)).await?;
    let sql =
        "INSERT INTO deleted_blobs (batch, entry, repository_id, digest, size_bytes, linked_at, deleted_at, deleted_by)
               SELECT $3, $4, repository_id, digest, size_bytes, linked_at, $5, $6
               FROM repository_blobs WHERE repository_id = $1 AND digest = $2";
    let params = params![&repository.id, digest, &who.batch, &entry.id, who.at, &who.by];
    tx.run(sql, params).await?;
    blobs::unlink(tx, repository, digest, size).await?;
    Ok(true)
}

async fn refuse_if_used(tx: &mut Tx, repository: &Repository, digest: &Digest) -> Result<()> {
    let by = edges::users(tx, &repository.id, digest).await?;
    if by.is_empty() { Ok(()) } else { Err(Error::InUse { digest: digest.clone(), by }) }
}
