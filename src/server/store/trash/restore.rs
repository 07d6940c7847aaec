//! What comes back: as it was, under the digests that it had.

use super::images::{bring_back_all, image, images};
use super::settled::Settled;
use super::{Entry, forget, whole};
use crate::domain::trash::{Over, TrashKind};
use crate::domain::view::How;
use crate::domain::{Actor, Digest, Error, RepositoryName, Result, Tag, Timestamp};
use crate::params;
use crate::server::access::Rights;
use crate::server::entropy::Entropy;
use crate::server::store::going_back::{self, Back};
use crate::server::store::naming::Naming;
use crate::server::store::protections::{By, Rules};
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{Tx, blobs};
use std::sync::Arc;

/// Who brings something back.
pub struct Restoring {
    pub by: Actor,
    pub at: Timestamp,
    pub rights: Rights,
    /// Whether a tag that names another image by now moves.
    pub over: Over,
    /// Whether a registry elsewhere has done it already, so that nothing is asked any more.
    pub is_done: bool,
    pub entropy: Arc<dyn Entropy>,
}

/// Brings back what an entry holds. Images of other entries may come with it; what their tags are then is answered.
///
/// # Errors
/// [`Error::Conflict`] that says what is in the way: another image has the tag by now, another repository the name, or
/// a part of it is gone for good.
pub async fn restore(tx: &mut Tx, entry: &Entry, who: &Restoring) -> Result<Settled> {
    let name = &entry.row.repository;
    let repository = match entry.row.kind {
        TrashKind::Repository => whole::bring_back(tx, entry, who).await?,
        _ => live(tx, entry).await?,
    };
    let mut settled = match entry.row.kind {
        TrashKind::Tag => match &entry.row.digest {
            Some(digest) => image(tx, &repository, name, digest, who).await?,
            None => Settled::new(),
        },
        TrashKind::Image => bring_back_all(tx, &repository, &entry.row.id, (name, who)).await?,
        TrashKind::Blob => {
            link_again(tx, &repository, &entry.row.id, who.at).await?;
            Settled::new()
        }
        // What an earlier version moved away with it.
        TrashKind::Repository => {
            link_again(tx, &repository, &entry.row.id, who.at).await?;
            bring_back_all(tx, &repository, &entry.row.id, (name, who)).await?
        }
    };
    settled.extend(names(tx, &repository, entry, who).await?);
    repositories::refresh_newest(tx, &repository).await?;
    repositories::touch(tx, &repository.id, Some(&who.by), who.at).await?;
    forget(tx, &entry.row.id).await?;
    Ok(settled)
}

/// The repository of an entry, which must be there.
async fn live(tx: &mut Tx, entry: &Entry) -> Result<Repository> {
    let found = repositories::current(tx, &entry.row.repository).await?;
    let in_the_way = || match &found {
        Some(_) => "its repository was deleted, and another one has the name".to_owned(),
        None => format!("its repository {} is in the trash too; restore that first", entry.row.repository),
    };
    found.clone().filter(|found| found.id == entry.repository_id).ok_or_else(|| Error::Conflict(in_the_way()))
}

/// Puts the tags of an entry back on what they named: the image of one may be in another entry by now.
async fn names(tx: &mut Tx, repository: &Repository, entry: &Entry, who: &Restoring) -> Result<Settled> {
    let (id, name) = (entry.row.id.as_str(), &entry.row.repository);
    if !who.is_done {
        allow(tx, repository, name, id, who).await?;
    }
    let at = Back { batch: id, repository };
    going_back::note_deleted(tx, id).await?;
    let settled = images(tx, at, name, who).await?;
    going_back::set(tx, at, How::Restore, (&who.by, who.at)).await?;
    tx.run(AS_IT_WAS, params![&repository.id, id]).await?;
    if who.is_done {
        tx.run(IS_THERE, params![&repository.id, id, who.at]).await?;
    }
    tx.run("DELETE FROM deleted_tags WHERE entry = $1", params![id]).await?;
    // What was in several entries stands for one tag twice where that was settled.
    if entry.row.kind != TrashKind::Tag {
        going_back::forget_deleted(tx, at, name).await?;
    }
    going_back::forget(tx, id).await?;
    Ok(settled)
}

/// Asks whether each tag of an entry may be put back.
async fn allow(tx: &mut Tx, repository: &Repository, name: &RepositoryName, id: &str, who: &Restoring) -> Result<()> {
    let rules = &Rules::of(tx, name).await?;
    let naming = Naming { repository, name, rules, rights: &who.rights, by: &who.by, now: who.at, is_done: false };
    let sql = "SELECT d.name, d.digest, t.digest FROM deleted_tags d
               LEFT JOIN tags t ON t.repository_id = d.repository_id AND t.name = d.name WHERE d.entry = $1 ORDER BY d.name";
    for mut row in tx.all(sql, params![id]).await? {
        let (tag, digest, current): (Tag, Digest, Option<Digest>) = (row.take()?, row.take()?, row.take()?);
        if let Some(current) = current.as_ref().filter(|current| **current != digest) {
            who.over.check((name, &tag), current)?;
        }
        naming.allow(&tag, (current.as_ref(), &digest), By::Restore)?;
    }
    Ok(())
}

/// When each tag that goes back moved to what it names, by whom, and when it was last pulled. One that names that already was
/// set since, and keeps what is known of it.
const AS_IT_WAS: &str = "UPDATE tags SET (changed_at, move_known, moved_by, pulled_at) =
      (SELECT d.changed_at, d.move_known, d.moved_by, d.pulled_at FROM deleted_tags d WHERE d.entry = $2
       AND d.name = tags.name LIMIT 1)
    WHERE repository_id = $1 AND name IN (SELECT b.tag FROM tags_going_back b WHERE b.batch = $2 AND b.repository_id = $1)";

/// A registry elsewhere was given all of them, also those that it was read without.
const IS_THERE: &str = "UPDATE tags SET checked_at = $3, missing_since = NULL
    WHERE repository_id = $1 AND name IN (SELECT d.name FROM deleted_tags d WHERE d.entry = $2)";

/// Links the blobs of an entry to their repository again.
async fn link_again(tx: &mut Tx, repository: &Repository, id: &str, now: Timestamp) -> Result<()> {
    let sql = "SELECT digest, size_bytes FROM deleted_blobs WHERE entry = $1 ORDER BY digest";
    for mut row in tx.all(sql, params![id]).await? {
        let (digest, size): (Digest, u64) = (row.take()?, row.take()?);
        blobs::link(tx, repository, &digest, size, now).await?;
    }
    tx.run("DELETE FROM deleted_blobs WHERE entry = $1", params![id]).await.map(|_| ())
}
