//! Tags on their way into the trash at registries elsewhere. Each is noted before the first step there, so that whatever
//! comes between, it stands in the trash afterwards or where it was.

use super::repositories::Repository;
use super::{Known, Row, Store, Tx, Value, batch};
use crate::domain::{Actor, Digest, RepositoryName, Result, Tag, Timestamp};
use crate::params;
use std::collections::BTreeMap;

/// How many tags share a statement.
const TOGETHER: usize = 100;

/// One of them.
#[derive(Clone, Debug)]
pub struct Going {
    pub batch: String,
    pub repository: Repository,
    pub name: RepositoryName,
    pub tag: Tag,
    pub digest: Digest,
    pub by: Option<Actor>,
    pub since: Timestamp,
}

/// In which repository, for which request, by whom and when.
#[derive(Clone, Copy)]
pub struct Where<'a> {
    pub batch: &'a str,
    pub repository: &'a Repository,
    pub name: &'a RepositoryName,
    pub by: &'a Actor,
    pub at: Timestamp,
}

/// Notes that these tags are about to go.
pub async fn note(tx: &mut Tx, at: Where<'_>, tags: &BTreeMap<Tag, Digest>) -> Result<()> {
    let tags: Vec<(&Tag, &Digest)> = tags.iter().collect();
    for some in tags.chunks(TOGETHER) {
        let sql = format!(
            "INSERT INTO trash_going (batch, mount_id, repository_id, repository, tag, digest, by_whom, since) VALUES {}
             ON CONFLICT (batch, repository_id, tag) DO UPDATE SET since = excluded.since",
            batch::rows(1, some.len(), 8)
        );
        let Where { batch, repository, name, by, at } = at;
        let row = |(tag, digest): &(&Tag, &Digest)| {
            params![batch, &repository.mount_id, &repository.id, name, *tag, *digest, by, at]
        };
        tx.run(&sql, some.iter().flat_map(row).collect()).await?;
    }
    Ok(())
}

/// Those of a mount that have been on their way since before then; those of which nothing could be found out come last.
pub async fn left(store: &Store, mount_id: &str, before: Timestamp, limit: u32) -> Result<Vec<Going>> {
    let sql = "SELECT batch, mount_id, repository_id, repository, tag, digest, by_whom, since FROM trash_going
               WHERE mount_id = $1 AND since < $2 ORDER BY failed_at, since, batch, tag LIMIT $3";
    store.all(sql, params![mount_id, before, limit]).await?.into_iter().map(going).collect()
}

/// Those of these tags that are on their way for a request, each with what it named.
pub async fn of<'t>(
    store: &Store,
    (batch, repository_id): (&str, &str),
    tags: impl Iterator<Item = &'t Tag>,
) -> Result<BTreeMap<Tag, Digest>> {
    let (mut found, tags) = (BTreeMap::new(), tags.map(Value::from).collect::<Vec<_>>());
    for some in tags.chunks(TOGETHER) {
        let sql = format!(
            "SELECT tag, digest FROM trash_going WHERE batch = $1 AND repository_id = $2 AND tag IN ({})",
            batch::slots(3, some.len())
        );
        for mut row in store.all(&sql, [params![batch, repository_id], some.to_vec()].concat()).await? {
            found.insert(row.take()?, row.take()?);
        }
    }
    Ok(found)
}

/// Whether a tag is on its way for any request.
pub async fn is_on_its_way(store: &Store, repository_id: &str, tag: &Tag) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM trash_going WHERE repository_id = $1 AND tag = $2 LIMIT 1";
    Ok(store.one(sql, params![repository_id, tag]).await?.is_some())
}

fn going(mut row: Row) -> Result<Going> {
    let (batch, mount_id) = (row.take()?, row.take()?);
    let repository = Repository { mount_id, id: row.take()? };
    let (name, tag, digest, Known(by)) = (row.take()?, row.take()?, row.take()?, row.take()?);
    Ok(Going { batch, repository, name, tag, digest, by, since: row.take()? })
}

/// Forgets those that are on their way no more.
pub async fn forget<'t>(
    tx: &mut Tx,
    (batch, repository_id): (&str, &str),
    tags: impl Iterator<Item = &'t Tag>,
) -> Result<()> {
    let sql = "DELETE FROM trash_going WHERE batch = $1 AND repository_id = $2 AND tag = $3";
    for tag in tags {
        tx.run(sql, params![batch, repository_id, tag]).await?;
    }
    Ok(())
}

/// Whether one is on its way still, and nobody tries once more.
pub async fn is_there(tx: &mut Tx, going: &Going) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM trash_going WHERE batch = $1 AND repository_id = $2 AND tag = $3 AND since = $4";
    Ok(tx.one(sql, params![&going.batch, &going.repository.id, &going.tag, going.since]).await?.is_some())
}

/// Notes that it could not be found out what became of one.
pub async fn failed(tx: &mut Tx, going: &Going, now: Timestamp) -> Result<()> {
    let sql = "UPDATE trash_going SET failed_at = $4 WHERE batch = $1 AND repository_id = $2 AND tag = $3";
    tx.run(sql, params![&going.batch, &going.repository.id, &going.tag, now]).await.map(|_| ())
}
