//! Images that come back: all that an entry holds, or one of them for a tag that is to name it. That one comes with what it
//! lists and what is about it; nobody asked for the rest, which stays in its entry.

use super::current;
use super::restore::Restoring;
use super::settled::{Settled, settle, settle_tags};
use crate::domain::manifest::{Manifest, Relation};
use crate::domain::{
    Actor, ByteSize, Digest, Error, Permission, RepositoryName, Result, Scope, Target, Timestamp, order,
};
use crate::params;
use crate::server::store::going_back::{self, Back};
use crate::server::store::images::gone_for_good;
use crate::server::store::manifests::{self, NewManifest};
use crate::server::store::radius::{Reader, only_here};
use crate::server::store::repositories::Repository;
use crate::server::store::{Known, Row, Tx, blobs, collect, edges, parts};
use std::collections::{BTreeMap, BTreeSet};

/// Images of which the bytes are read at once.
const TOGETHER: u32 = 16;
/// Images that are looked for together.
const ABSENT: u32 = 1000;

/// Images in the trash, each with what it lists.
type Lists = BTreeMap<Digest, Vec<Digest>>;

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
        return Err(gone_for_good(digest));
    };
    let id: String = row.take()?;
    // It was deleted as an image, and comes back by who may bring that back.
    let whole = Target::Scope(Scope::Repository(name.clone()));
    if !who.is_done {
        who.rights.require(Permission::TrashRestore, &whole)?;
    }
    let comes = with_its_own(tx, repository, &id, digest).await?;
    let back = BTreeSet::from_iter(comes.keys().cloned());
    let mut settled = bring_back_some(tx, repository, (id.as_str(), comes), (name, who)).await?;
    settled.extend(settle_tags(tx, &id, name, who).await?);
    if current(tx, &id).await?.is_some() {
        lighten(tx, repository, &id, back).await?;
    }
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
pub(super) async fn bring_back_all(
    tx: &mut Tx,
    repository: &Repository,
    id: &str,
    by: (&RepositoryName, &Restoring),
) -> Result<Settled> {
    let all = lists_of(tx, id).await?;
    bring_back_some(tx, repository, (id, all), by).await
}

/// Puts some of them back. What is left of other entries that held any is settled.
async fn bring_back_some(
    tx: &mut Tx,
    repository: &Repository,
    (id, some): (&str, Lists),
    (name, who): (&RepositoryName, &Restoring),
) -> Result<Settled> {
    let entries = bring_back(tx, repository, some, who).await?;
    let mut settled = Settled::new();
    for other in entries.iter().filter(|other| *other != id) {
        settled.extend(settle(tx, other, name, who).await?);
    }
    Ok(settled)
}

/// An entry of which some images are back holds less: not the bytes that these need alone.
async fn lighten(tx: &mut Tx, repository: &Repository, id: &str, back: BTreeSet<Digest>) -> Result<()> {
    let needed = only_here(&mut Reader::Tx(tx), repository, &[back]).await?;
    let needed: ByteSize = needed.into_iter().next().unwrap_or_default();
    let sql = "UPDATE trash SET held_bytes = CASE WHEN held_bytes > $2 THEN held_bytes - $2 ELSE 0 END WHERE id = $1";
    tx.run(sql, params![id, needed]).await.map(|_| ())
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

/// One of them, with what it lists and what is about any of these.
async fn with_its_own(tx: &mut Tx, repository: &Repository, id: &str, image: &Digest) -> Result<Lists> {
    let own = "SELECT media_type, content FROM deleted_manifests WHERE entry = $1 AND digest = $2";
    let about = "SELECT digest FROM deleted_manifests WHERE repository_id = $1 AND subject = $2 AND entry = $3";
    let (mut lists, mut met, mut open) = (Lists::new(), BTreeSet::new(), vec![image.clone()]);
    while let Some(digest) = open.pop() {
        if !met.insert(digest.clone()) {
            continue;
        }
        for mut row in tx.all(about, params![&repository.id, &digest, id]).await? {
            open.push(row.take()?);
        }
        if let Some(mut row) = tx.one(own, params![id, &digest]).await? {
            let listed = listed(&mut row)?;
            open.extend(listed.iter().cloned());
            lists.insert(digest, listed);
        }
    }
    Ok(lists)
}

/// Puts manifests back, each after what it lists; what an index lists comes with it, whatever it was deleted with.
/// Returns all entries that held some of it: an image that was deleted more than once is in several.
async fn bring_back(
    tx: &mut Tx,
    repository: &Repository,
    mut lists: Lists,
    who: &Restoring,
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
        entries.extend(put_back(tx, repository, digest, who.is_done).await?);
        collect::want(tx, &repository.id, digest, who.at).await?;
    }
    Ok(entries)
}

/// What a manifest lists, by its type and its bytes.
fn listed(row: &mut Row) -> Result<Vec<Digest>> {
    let (media_type, content): (String, Vec<u8>) = (row.take()?, row.take()?);
    let parsed = Manifest::parse(Some(&media_type), &content)?;
    Ok(parsed.of(Relation::Manifest).map(|child| child.digest.clone()).collect())
}

/// Puts a manifest back as it was deleted last. One that its registry elsewhere has again comes back with as much of its parts
/// as was read of them. Returns the entries that held it: none does any more.
async fn put_back(tx: &mut Tx, repository: &Repository, digest: &Digest, is_done: bool) -> Result<Vec<String>> {
    let sql = "SELECT media_type, content, config, pushed_at, pushed_by FROM images_in_trash
               WHERE repository_id = $1 AND digest = $2 ORDER BY entry DESC LIMIT 1";
    let mut row = tx.one(sql, params![&repository.id, digest]).await?.ok_or(Error::Internal)?;
    let (media_type, content, config): (String, Vec<u8>, _) = (row.take()?, row.take()?, row.take()?);
    let (pushed_at, Known(pushed_by)): (Timestamp, Known<Actor>) = (row.take()?, row.take()?);
    let parsed = Manifest::parse(Some(&media_type), &content)?;
    let new = NewManifest { digest: digest.clone(), content, parsed, config };
    blobs::link_deleted(tx, repository, &new.parsed, pushed_at).await?;
    if !is_done {
        parts::require(tx, repository, &new.parsed).await.map_err(|error| match error {
            Error::MissingParts(_) => {
                Error::Conflict(format!("a part of the image {} is gone for good", digest.short()))
            }
            error => error,
        })?;
    }
    manifests::insert(tx, repository, &new, pushed_by.as_ref(), pushed_at).await?;
    if is_done {
        edges::link_parts(tx, repository, &new, pushed_at).await?;
    }
    let sql = "DELETE FROM deleted_manifests WHERE digest = $2
               AND entry IN (SELECT n.entry FROM deleted_names n WHERE n.repository_id = $1 AND n.digest = $2) RETURNING entry";
    tx.all(sql, params![&repository.id, digest]).await?.into_iter().map(|mut row| row.take()).collect()
}
