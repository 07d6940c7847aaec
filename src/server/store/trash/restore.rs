//! What comes back: as it was, under the digests that it had.

use super::{Entry, NewEntry, forget, insert, whole};
use crate::domain::manifest::{Manifest, Relation};
use crate::domain::trash::{Over, TrashKind};
use crate::domain::view::How;
use crate::domain::{
    Actor, ByteSize, Digest, Error, Permission, RepositoryName, Result, Scope, Tag, Target, Timestamp, order,
};
use crate::params;
use crate::server::access::Rights;
use crate::server::entropy::{Entropy, new_id};
use crate::server::store::going_back::{self, Back};
use crate::server::store::manifests::{self, NewManifest};
use crate::server::store::naming::Naming;
use crate::server::store::protections::Rules;
use crate::server::store::repositories::{self, Repository};
use crate::server::store::{Known, Row, Tx, batch, blobs, collect, parts};
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

/// Entries whose images are back, each with an entry that one of its tags is by itself now.
pub type Settled = Vec<(String, String)>;

/// Images in the trash, each with what it lists.
type Lists = BTreeMap<Digest, Vec<Digest>>;

/// Images of which the bytes are read at once.
const TOGETHER: u32 = 16;
/// Tags that share a statement.
const ROWS: usize = 256;

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
    let settled = match entry.row.kind {
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
    names(tx, &repository, name, &entry.row.id, who).await?;
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

/// An entry whose images are back holds nothing but tags, which stand in the trash by themselves then.
async fn settle(tx: &mut Tx, id: &str, name: &RepositoryName, who: &Restoring) -> Result<Settled> {
    let sql = "SELECT 1 AS found FROM deleted_manifests WHERE entry = $1 LIMIT 1";
    let mut settled = Settled::new();
    let Some(of) = super::current(tx, id).await? else { return Ok(settled) };
    if tx.one(sql, params![id]).await?.is_some() || of.row.kind != TrashKind::Image {
        return Ok(settled);
    }
    let (sql, mut entries, mut rows) = ("SELECT name, digest FROM deleted_tags WHERE entry = $1", vec![], vec![]);
    for mut row in tx.all(sql, params![id]).await? {
        let (tag, named): (Tag, Digest) = (row.take()?, row.take()?);
        let own = NewEntry {
            id: new_id(&*who.entropy, who.at),
            batch: of.row.batch.clone(),
            kind: TrashKind::Tag,
            mount_id: of.mount_id.clone(),
            repository_id: of.repository_id.clone(),
            repository: name.clone(),
            name: tag.to_string(),
            digest: Some(named),
            n_tags: 1,
            held: ByteSize(0),
            at: of.row.deleted,
            by: of.row.deleted_by.clone().unwrap_or_else(|| who.by.clone()),
            expires: of.row.expires,
        };
        rows.push((tag, own.id.clone()));
        settled.push((id.to_owned(), own.id.clone()));
        entries.push(own);
    }
    insert(tx, &entries).await?;
    let names: Vec<_> = entries.iter().filter_map(|own| Some((own.digest.as_ref()?, own.id.as_str()))).collect();
    super::name(tx, &of.repository_id, &names).await?;
    for some in rows.chunks(ROWS) {
        let sql = format!(
            "WITH own (tag_name, entry_id) AS (VALUES {})
             UPDATE deleted_tags SET entry = (SELECT entry_id FROM own WHERE tag_name = deleted_tags.name)
             WHERE entry = $1 AND name IN (SELECT tag_name FROM own)",
            batch::rows(2, some.len(), 2)
        );
        let values = some.iter().flat_map(|(tag, entry)| params![tag, entry]).collect();
        tx.run(&sql, [params![id], values].concat()).await?;
    }
    forget(tx, id).await?;
    Ok(settled)
}

/// Puts the manifests back that an entry holds.
async fn bring_back_all(
    tx: &mut Tx,
    repository: &Repository,
    id: &str,
    (name, who): (&RepositoryName, &Restoring),
) -> Result<Settled> {
    let lists = lists_of(tx, id).await?;
    let others = bring_back(tx, repository, lists, who.at).await?;
    let mut settled = Settled::new();
    for other in others.iter().filter(|other| *other != id) {
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
/// Returns the entries that held some of it.
async fn bring_back(
    tx: &mut Tx,
    repository: &Repository,
    mut lists: Lists,
    now: Timestamp,
) -> Result<BTreeSet<String>> {
    let (mut others, mut met) = (BTreeSet::new(), BTreeSet::new());
    let mut wanted: Vec<Digest> = lists.values().flatten().cloned().collect();
    while let Some(digest) = wanted.pop() {
        let is_known = lists.contains_key(&digest) || !met.insert(digest.clone());
        if is_known || manifests::size(tx, &repository.id, &digest).await?.is_some() {
            continue;
        }
        let sql = "SELECT entry, media_type, content FROM images_in_trash WHERE repository_id = $1 AND digest = $2
                   ORDER BY entry DESC LIMIT 1";
        if let Some(mut row) = tx.one(sql, params![&repository.id, &digest]).await? {
            others.insert(row.take()?);
            let listed = listed(&mut row)?;
            wanted.extend(listed.iter().cloned());
            lists.insert(digest, listed);
        }
    }
    for digest in order::after_what_they_name(&lists) {
        put_back(tx, repository, digest).await?;
        collect::want(tx, &repository.id, digest, now).await?;
    }
    Ok(others)
}

/// What a manifest lists, by its type and its bytes.
fn listed(row: &mut Row) -> Result<Vec<Digest>> {
    let (media_type, content): (String, Vec<u8>) = (row.take()?, row.take()?);
    let parsed = Manifest::parse(Some(&media_type), &content)?;
    Ok(parsed.of(Relation::Manifest).map(|child| child.digest.clone()).collect())
}

async fn put_back(tx: &mut Tx, repository: &Repository, digest: &Digest) -> Result<()> {
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
               AND entry IN (SELECT n.entry FROM deleted_names n WHERE n.repository_id = $1 AND n.digest = $2)";
    tx.run(sql, params![&repository.id, digest]).await.map(|_| ())
}

/// Puts the tags of an entry back on what they named.
async fn names(tx: &mut Tx, repository: &Repository, name: &RepositoryName, id: &str, who: &Restoring) -> Result<()> {
    if !who.is_done {
        allow(tx, repository, name, id, who).await?;
    }
    let at = Back { batch: id, repository };
    going_back::note_deleted(tx, id).await?;
    going_back::set(tx, at, How::Restore, (&who.by, who.at)).await?;
    going_back::forget(tx, id).await?;
    tx.run(AS_IT_WAS, params![&repository.id, id, who.at]).await?;
    tx.run("DELETE FROM deleted_tags WHERE entry = $1", params![id]).await.map(|_| ())
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
            who.over.check(&tag, current)?;
        }
        naming.may_restore(&tag, (current.as_ref(), &digest))?;
    }
    Ok(())
}

/// When each tag moved to what it names, by whom, and when it was last pulled.
const AS_IT_WAS: &str =
    "UPDATE tags SET checked_at = $3, missing_since = NULL, (changed_at, move_known, moved_by, pulled_at) =
      (SELECT d.changed_at, d.move_known, d.moved_by, d.pulled_at FROM deleted_tags d WHERE d.entry = $2
       AND d.name = tags.name LIMIT 1)
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
