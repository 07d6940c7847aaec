//! What is let go for good of the trash of registries elsewhere, and what is to be deleted there with it: noted in the
//! transaction that lets go, so that nothing of it is left there whatever comes between.

use super::{Hold, Takes};
use crate::domain::trash::TrashKind;
use crate::domain::{Digest, RepositoryName, Result, Tag, Timestamp};
use crate::params;
use crate::server::entropy::{Entropy, new_id};
use crate::server::store::collect::{self, At};
use crate::server::store::repositories::Repository;
use crate::server::store::trash::{self, Entry};
use crate::server::store::{Store, Tx, batch, manifests, tags};
use std::collections::BTreeSet;

/// Rows that share a statement.
const TOGETHER: usize = 100;

/// Lets an entry go. What was deleted in it goes there too; of an image that had its last name in it so does all that
/// nothing names any more, which the catalog forgets: from now on nobody names it here.
pub async fn purge(tx: &mut Tx, entry: &Entry, entropy: &dyn Entropy) -> Result<()> {
    if entry.row.kind == TrashKind::Repository {
        return trash::purge(tx, std::slice::from_ref(entry)).await;
    }
    let images = digests(tx, "deleted_manifests", entry).await?;
    let named = digests(tx, "deleted_tags", entry).await?;
    trash::purge(tx, std::slice::from_ref(entry)).await?;
    let repository = Repository { id: entry.repository_id.clone(), mount_id: entry.mount_id.clone() };
    let (batch, at) = (entry.row.batch.as_str(), entry.row.deleted);
    let place = Place { repository: &repository, name: &entry.row.repository, batch, at };
    let mut goes = images.clone();
    for digest in named.difference(&images) {
        goes.extend(forget_unnamed(tx, &place, digest).await?);
    }
    note(tx, &place, goes, entropy).await
}

/// Forgets an image that a delete without a trash took there before it was cut off, as [`purge`] does one that had its last
/// name in the trash. Returns all that went.
pub async fn end(
    tx: &mut Tx,
    repository: &Repository,
    (hold, now): (&Hold, Timestamp),
    entropy: &dyn Entropy,
) -> Result<BTreeSet<Digest>> {
    let place = Place { repository, name: &hold.repository, batch: &hold.batch, at: now };
    let gone = forget_unnamed(tx, &place, &hold.digest).await?;
    note(tx, &place, gone.clone(), entropy).await?;
    Ok(gone)
}

/// What is let go of, where and when.
struct Place<'a> {
    repository: &'a Repository,
    name: &'a RepositoryName,
    /// What one request deletes shares it.
    batch: &'a str,
    at: Timestamp,
}

/// What is let go because its time is over.
#[derive(Clone)]
pub struct Expiring {
    pub mount_id: String,
    pub now: Timestamp,
    /// An image that lost its last name since then stays, and so does one that a tag left since then and that was deleted
    /// as an image: history may bring it back.
    pub moved_since: Timestamp,
}

/// The entries `x` that go. What a tag that is kept for longer needs to come back stays with it.
fn over() -> String {
    let named = trash::named_for_longer("$2");
    format!(
        "FROM trash x WHERE x.mount_id = $1 AND x.expires_at <= $2
         AND NOT EXISTS (SELECT 1 FROM deleted_tags d CROSS JOIN tag_moves v WHERE x.kind = 'tag' AND d.entry = x.id
           AND v.repository_id = d.repository_id AND v.from_digest = d.digest AND v.at > $3
           AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.repository_id = d.repository_id AND t.digest = d.digest
             AND t.missing_since IS NULL))
         AND NOT EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.entry = x.id AND ({named}
           OR EXISTS (SELECT 1 FROM tag_moves v WHERE v.repository_id = d.repository_id AND v.from_digest = d.digest
             AND v.at > $3)))"
    )
}

/// Entries in the trash of a mount whose time is over: when that was, and their ids, from behind such a one on.
pub async fn expired(
    store: &Store,
    which: &Expiring,
    after: Option<&(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<(Timestamp, String)>> {
    let (end, id) = after.map_or((Timestamp(i64::MIN), ""), |(end, id)| (*end, id));
    let sql = format!(
        "SELECT x.expires_at, x.id {} AND (x.expires_at, x.id) > ($4, $5) ORDER BY x.expires_at, x.id LIMIT $6",
        over()
    );
    let params = params![&which.mount_id, which.now, which.moved_since, end, id, limit];
    let rows = store.scan_in_background(&sql, params).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// Lets one of them go; whether it was there, and its time over, still.
pub async fn expire(tx: &mut Tx, which: &Expiring, id: &str, entropy: &dyn Entropy) -> Result<bool> {
    let Some(Entry { row, repository_id, mount_id }) = trash::current(tx, id).await? else { return Ok(false) };
    collect::lock(tx, &[At { name: row.repository, id: repository_id, mount_id }]).await?;
    let sql = format!("SELECT x.id {} AND x.id = $4", over());
    let found = tx.one(&sql, params![&which.mount_id, which.now, which.moved_since, id]).await?;
    match (found, trash::current(tx, id).await?) {
        (Some(_), Some(entry)) => purge(tx, &entry, entropy).await.map(|()| true),
        _ => Ok(false),
    }
}

async fn digests(tx: &mut Tx, table: &str, entry: &Entry) -> Result<BTreeSet<Digest>> {
    let rows = tx.all(&format!("SELECT DISTINCT digest FROM {table} WHERE entry = $1"), params![&entry.row.id]).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// Forgets an image that nothing names any more, and then what only it listed and what was about it alone, at any depth.
/// Returns all of it; nothing where something names the image.
async fn forget_unnamed(tx: &mut Tx, place: &Place<'_>, image: &Digest) -> Result<BTreeSet<Digest>> {
    let repository_id = &place.repository.id;
    let (mut gone, mut open) = (BTreeSet::new(), vec![image.clone()]);
    while let Some(digest) = open.pop() {
        if gone.contains(&digest) || is_named(tx, repository_id, &digest).await? {
            continue;
        }
        let sql = "SELECT e.child FROM manifest_edges e WHERE e.repository_id = $1 AND e.parent = $2 AND e.relation = 'manifest'
                   UNION SELECT f.digest FROM referrers f WHERE f.repository_id = $1 AND f.subject = $2";
        for mut row in tx.all(sql, params![repository_id, &digest]).await? {
            open.push(row.take()?);
        }
        tags::forget_missing(tx, place.repository, &digest, place.at).await?;
        manifests::weigh(tx, repository_id, &digest, -1).await?;
        for sql in [
            "DELETE FROM referrers WHERE repository_id = $1 AND digest = $2",
            "DELETE FROM manifest_edges WHERE repository_id = $1 AND parent = $2",
            "DELETE FROM manifests WHERE repository_id = $1 AND digest = $2",
        ] {
            tx.run(sql, params![repository_id, &digest]).await?;
        }
        gone.insert(digest);
    }
    Ok(gone)
}

/// Whether anything known here names an image: a tag that its registry has, an index, an image that it is about; or the
/// trash holds it.
async fn is_named(tx: &mut Tx, repository_id: &str, digest: &Digest) -> Result<bool> {
    const ROWS: [&str; 8] = [
        "tags t WHERE t.repository_id = $1 AND t.digest = $2 AND t.missing_since IS NULL",
        "manifest_edges e WHERE e.repository_id = $1 AND e.child = $2",
        "referrers f CROSS JOIN manifests s WHERE f.repository_id = $1 AND f.digest = $2
           AND s.repository_id = f.repository_id AND s.digest = f.subject",
        "referrers f CROSS JOIN images_in_trash d WHERE f.repository_id = $1 AND f.digest = $2
           AND d.repository_id = f.repository_id AND d.digest = f.subject",
        "deleted_edges e CROSS JOIN images_in_trash p WHERE e.repository_id = $1 AND e.child = $2
           AND p.repository_id = e.repository_id AND p.digest = e.parent",
        "tags_in_trash d WHERE d.repository_id = $1 AND d.digest = $2",
        "images_in_trash d WHERE d.repository_id = $1 AND d.digest = $2",
        "trash_going g WHERE g.repository_id = $1 AND g.digest = $2",
    ];
    let sql =
        format!("SELECT 1 AS found WHERE {}", ROWS.map(|rows| format!("EXISTS (SELECT 1 FROM {rows})")).join(" OR "));
    Ok(tx.one(&sql, params![repository_id, digest]).await?.is_some())
}

/// Notes that these are to be deleted there, beside the hidden tags that are on some of them.
async fn note(tx: &mut Tx, place: &Place<'_>, digests: BTreeSet<Digest>, entropy: &dyn Entropy) -> Result<()> {
    let Place { repository, name, batch, at } = *place;
    for some in digests.into_iter().collect::<Vec<_>>().chunks(TOGETHER) {
        let sql = format!(
            "INSERT INTO trash_holds (tag, batch, mount_id, repository_id, repository, digest, takes, held_at) VALUES {}
             ON CONFLICT (batch, repository_id, digest) DO UPDATE SET takes =
               CASE WHEN trash_holds.takes = 0 THEN 1 ELSE trash_holds.takes END",
            batch::rows(1, some.len(), 8)
        );
        let row = |digest: &Digest| {
            let tag = Tag::of_trash(&new_id(entropy, at));
            params![&tag, batch, &repository.mount_id, &repository.id, name, digest, Takes::Part, at]
        };
        tx.run(&sql, some.iter().flat_map(row).collect()).await?;
    }
    Ok(())
}
