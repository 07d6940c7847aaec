//! What comes back: as it was, under the digests that it had.

use super::settled::{Settled, settle};
use super::{Entry, forget, whole};
use crate::domain::manifest::{Manifest, Relation};
use crate::domain::trash::{Over, TrashKind};
use crate::domain::view::How;
use crate::domain::{Actor, Digest, Error, Permission, RepositoryName, Result, Scope, Tag, Target, Timestamp, order};
use crate::params;
use crate::server::access::Rights;
use crate::server::entropy::Entropy;
use crate::server::store::going_back::{self, Back};
use crate::server::store::manifests::{self, NewManifest};
use crate::server::store::naming::Naming;
use crate::server::store::protections::{By, Rules};
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{Known, Row, Tx, blobs, collect, parts};
use std::collections::{BTreeMap, BTreeSet};
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

/// Images in the trash, each with what it lists.
type Lists = BTreeMap<Digest, Vec<Digest>>;

/// Images of which the bytes are read at once.
const TOGETHER: u32 = 16;
/// Images that are looked for together.
const ABSENT: u32 = 1000;

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

/// Makes sure that an image can be named: it is here, or it comes back from the trash without its tags, which stay there.
pub async fn image(
    tx: &mut Tx,
    repository: &Repository,
    name: &RepositoryName,
    digest: &Digest,
    who: &Restoring,
) -> Result<Settled> {
    if manifests::size(tx, &repository.id, digest).await?.is_some() {
        return Ok(Settled::new());
    }
    let sql = "SELECT entry FROM images_in_trash WHERE repository_id = $1 AND digest = $2 ORDER BY entry DESC LIMIT 1";
    let Some(mut row) = tx.one(sql, params![&repository.id, digest]).await? else {
        return Err(Error::Conflict(format!("the image {} is gone for good", digest.short())));
    };
    let id: String = row.take()?;
    let name = name.clone();
    // It was deleted as an image, and comes back by who may bring that back.
    let whole = Target::Scope(Scope::Repository(name.clone()));
    if !who.is_done {
        who.rights.require(Permission::TrashRestore, &whole)?;
    }
    let mut settled = bring_back_all(tx, repository, &id, (&name, who)).await?;
    settled.extend(settle(tx, &id, &name, who).await?);
    Ok(settled)
}

/// Makes sure of all images that tags on their way back are to name.
pub async fn images(tx: &mut Tx, at: Back<'_>, name: &RepositoryName, who: &Restoring) -> Result<Settled> {
    let (mut settled, mut after) = (Settled::new(), String::new());
    loop {
        let digests = going_back::absent(tx, at, &after, ABSENT).await?;
        let Some(last) = digests.last() else { return Ok(settled) };
        after = last.to_string();
        for digest in &digests {
            settled.extend(image(tx, at.repository, name, digest, who).await?);
        }
    }
}

/// Puts the manifests back that an entry holds.
async fn bring_back_all(
    tx: &mut Tx,
    repository: &Repository,
    id: &str,
    (name, who): (&RepositoryName, &Restoring),
) -> Result<Settled> {
    let lists = lists_of(tx, id).await?;
    let entries = bring_back(tx, repository, lists, who.at).await?;
    let mut settled = Settled::new();
    for other in entries.iter().filter(|other| *other != id) {
        settled.extend(settle(tx, other, name, who).await?);
    }
    Ok(settled)
}

/// The images of an entry. Their bytes, which may be many, are not held together.
async fn lists_of(tx: &mut Tx, id: &str) -> Result<Lists> {
    let sql = "SELECT digest, media_type, content FROM deleted_manifests WHERE entry = $1 AND digest > $2
               ORDER BY digest LIMIT $3";
    let (mut lists, mut after) = (Lists::new(), String::new());
    loop {
        let rows = tx.all(sql, params![id, &after, TOGETHER]).await?;
        if rows.is_empty() {
            return Ok(lists);
        }
        for mut row in rows {
            let digest: Digest = row.take()?;
            after = digest.to_string();
            lists.insert(digest, listed(&mut row)?);
        }
    }
}

/// Puts manifests back, each after what it lists; what an index lists comes with it, whatever it was deleted with.
/// Returns all entries that held some of it: an image that was deleted more than once is in several.
async fn bring_back(
    tx: &mut Tx,
    repository: &Repository,
    mut lists: Lists,
    now: Timestamp,
) -> Result<BTreeSet<String>> {
    let mut met = BTreeSet::new();
    let mut wanted: Vec<Digest> = lists.values().flatten().cloned().collect();
    while let Some(digest) = wanted.pop() {
        let is_known = lists.contains_key(&digest) || !met.insert(digest.clone());
        if is_known || manifests::size(tx, &repository.id, &digest).await?.is_some() {
            continue;
        }
        let sql = "SELECT media_type, content FROM images_in_trash WHERE repository_id = $1 AND digest = $2
                   ORDER BY entry DESC LIMIT 1";
        if let Some(mut row) = tx.one(sql, params![&repository.id, &digest]).await? {
            let listed = listed(&mut row)?;
            wanted.extend(listed.iter().cloned());
            lists.insert(digest, listed);
        }
    }
    let mut entries = BTreeSet::new();
    for digest in order::after_what_they_name(&lists) {
        entries.extend(put_back(tx, repository, digest).await?);
        collect::want(tx, &repository.id, digest, now).await?;
    }
    Ok(entries)
}

/// What a manifest lists, by its type and its bytes.
fn listed(row: &mut Row) -> Result<Vec<Digest>> {
    let (media_type, content): (String, Vec<u8>) = (row.take()?, row.take()?);
    let parsed = Manifest::parse(Some(&media_type), &content)?;
    Ok(parsed.of(Relation::Manifest).map(|child| child.digest.clone()).collect())
}

/// Puts a manifest back as it was deleted last. Returns the entries that held it: none does any more.
async fn put_back(tx: &mut Tx, repository: &Repository, digest: &Digest) -> Result<Vec<String>> {
    let sql = "SELECT media_type, content, config, pushed_at, pushed_by FROM images_in_trash
               WHERE repository_id = $1 AND digest = $2 ORDER BY entry DESC LIMIT 1";
    let mut row = tx.one(sql, params![&repository.id, digest]).await?.ok_or(Error::Internal)?;
    let (media_type, content, config): (String, Vec<u8>, _) = (row.take()?, row.take()?, row.take()?);
    let (pushed_at, Known(pushed_by)): (Timestamp, Known<Actor>) = (row.take()?, row.take()?);
    let parsed = Manifest::parse(Some(&media_type), &content)?;
    let new = NewManifest { digest: digest.clone(), content, parsed, config };
    blobs::link_deleted(tx, repository, &new.parsed, pushed_at).await?;
    parts::require(tx, repository, &new.parsed).await.map_err(|error| match error {
        Error::MissingParts(_) => Error::Conflict(format!("a part of the image {} is gone for good", digest.short())),
        error => error,
    })?;
    manifests::insert(tx, repository, &new, pushed_by.as_ref(), pushed_at).await?;
    let sql = "DELETE FROM deleted_manifests WHERE digest = $2
               AND entry IN (SELECT n.entry FROM deleted_names n WHERE n.repository_id = $1 AND n.digest = $2) RETURNING entry";
    tx.all(sql, params![&repository.id, digest]).await?.into_iter().map(|mut row| row.take()).collect()
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
