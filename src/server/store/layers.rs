//! The lists of layers. What a repository may be shown of them, its own link to the layer says, each time anew: no list is
//! found by its digest alone.

use super::{Store, Tx, Value, batch};
use crate::domain::files::FORMAT;
use crate::domain::{Digest, RepositoryName, Result, Timestamp};
use crate::params;
use std::collections::HashMap;

/// What a row costs besides its list, so that many of them count too.
const OF_ROW: u64 = 512;

/// Where a list is kept. Whoever pushes a layer here has its bytes: so all repositories of a hosted mount share its list. A
/// registry elsewhere may say of anything that it is a layer of some repository: so each repository there has its own.
const PLACE: &str = "CASE m.kind WHEN 'hosted' THEN m.id ELSE r.id END";

/// A layer of a repository, by what is known of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nobody read it yet, or what is known has to be read again.
    Unread,
    /// Somebody reads it at this moment.
    Reading,
    Unreadable(String),
    /// Its list, where it was asked for and all that was asked for is not too long.
    Listed(Option<Vec<u8>>),
}

/// Which lists are asked for.
pub struct Wanted<'w> {
    pub repository_id: &'w str,
    /// The layers of which it is asked what is known.
    pub layers: &'w [Digest],
    /// The only one whose list is wanted; all of them without it.
    pub only: Option<&'w Digest>,
    /// In which format.
    pub format: i64,
    /// The most that all lists together may be long.
    pub max_bytes: u64,
}

/// What is known of layers that repositories have; those that one does not have are not among its. One statement.
pub async fn known<const N: usize>(
    store: &Store,
    wanted: [&Wanted<'_>; N],
    now: Timestamp,
) -> Result<[HashMap<Digest, Known>; N]> {
    let mut known = std::array::from_fn(|_| HashMap::new());
    let (mut arms, mut params) = (Vec::new(), Vec::new());
    for (side, wanted) in wanted.into_iter().enumerate().filter(|(_, wanted)| !wanted.layers.is_empty()) {
        arms.push(arm(side, wanted, &mut params));
    }
    if arms.is_empty() {
        return Ok(known);
    }
    for mut row in store.all(&arms.join(" UNION ALL "), params).await? {
        let (side, digest): (u64, Digest) = (row.take()?, row.take()?);
        let (leased, failure): (Option<Timestamp>, Option<String>) = (row.take()?, row.take()?);
        let (retry_at, content): (Option<Timestamp>, Option<Vec<u8>>) = (row.take()?, row.take()?);
        let state = match failure {
            _ if row.take::<bool>()? => Known::Listed(content),
            _ if leased.is_some_and(|until| now < until) => Known::Reading,
            Some(failure) if retry_at.is_none_or(|at| now < at) => Known::Unreadable(failure),
            _ => Known::Unread,
        };
        known[side as usize].insert(digest, state);
    }
    Ok(known)
}

/// The part of the statement that asks for one of them.
fn arm(side: usize, wanted: &Wanted<'_>, params: &mut Vec<Value>) -> String {
    let only = wanted.only.map_or("", Digest::as_str);
    let [repository, most, one, format, first] = [1, 2, 3, 4, 5].map(|at| params.len() + at);
    params.extend(params![wanted.repository_id, wanted.max_bytes, only, wanted.format]);
    let (slots, digests) = batch::padded(first, wanted.layers);
    params.extend(digests);
    let is_asked = |of: &str| format!("(${one} = '' OR {of}.digest = ${one})");
    format!(
        "SELECT {side} AS side, b.digest, l.leased_until, l.failure, l.retry_at, CASE WHEN {} AND l.format = ${format} AND
             (SELECT COALESCE(SUM(t.n_bytes), 0) FROM layer_lists t, repositories r JOIN mounts m ON m.id = r.mount_id
              WHERE r.id = ${repository} AND t.place = {PLACE} AND t.digest IN ({slots}) AND {}) <= ${most} THEN l.content END,
           CASE WHEN l.content IS NOT NULL AND l.format = ${format} THEN 1 ELSE 0 END
         FROM repository_blobs b JOIN repositories r ON r.id = b.repository_id JOIN mounts m ON m.id = r.mount_id
           LEFT JOIN layer_lists l ON l.place = {PLACE} AND l.digest = b.digest
         WHERE b.repository_id = ${repository} AND b.digest IN ({slots})",
        is_asked("b"),
        is_asked("t")
    )
}

/// The arm of a statement that names those of some layers of the repository `$1` which have to be read.
pub(super) fn unread(layers: &[Digest], now: Timestamp, params: &mut Vec<Value>) -> String {
    if layers.is_empty() {
        return String::new();
    }
    let first = params.len() + 1;
    params.extend(params![now, FORMAT]);
    let (slots, digests) = batch::padded(first + 2, layers);
    params.extend(digests);
    format!(
        "UNION ALL SELECT 'unread', b.digest, NULL, NULL, NULL, 0, 0, NULL
         FROM repository_blobs b JOIN repositories r ON r.id = b.repository_id JOIN mounts m ON m.id = r.mount_id
         WHERE b.repository_id = $1 AND b.digest IN ({slots}) AND NOT EXISTS (
           SELECT 1 FROM layer_lists l WHERE l.place = {PLACE} AND l.digest = b.digest
             AND ((l.content IS NOT NULL AND l.format = ${format}) OR l.leased_until > ${first}
               OR (l.failure IS NOT NULL AND (l.retry_at IS NULL OR l.retry_at > ${first}))))",
        format = first + 1
    )
}

/// A layer that this node reads.
#[derive(Clone, Debug)]
pub struct Claim {
    pub place: String,
    pub digest: Digest,
    pub node: String,
}

/// Takes a layer of a repository until `until`; `None` where it is not there, or somebody reads or has read it.
pub async fn claim(
    tx: &mut Tx,
    (repository, digest): (&RepositoryName, &Digest),
    (node, format): (&str, i64),
    (now, until): (Timestamp, Timestamp),
) -> Result<Option<Claim>> {
    let sql = format!(
        "SELECT {PLACE} FROM repositories r JOIN mounts m ON m.id = r.mount_id
           JOIN repository_blobs b ON b.repository_id = r.id AND b.digest = $2
         WHERE r.name = $1 AND m.active = 1"
    );
    let Some(mut row) = tx.one(&sql, params![repository, digest]).await? else { return Ok(None) };
    let claim = Claim { place: row.take()?, digest: digest.clone(), node: node.to_owned() };
    let sql = "INSERT INTO layer_lists (place, digest, leased_by, leased_until, read_at, n_bytes, format)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (place, digest) DO UPDATE SET leased_by = excluded.leased_by, leased_until = excluded.leased_until
               WHERE (layer_lists.leased_until IS NULL OR layer_lists.leased_until <= $5)
                 AND (layer_lists.content IS NULL OR layer_lists.format <> $7)
                 AND (layer_lists.failure IS NULL OR layer_lists.retry_at <= $5)";
    let params = params![&claim.place, digest, node, until, now, OF_ROW, format];
    Ok((tx.run(sql, params).await? == 1).then_some(claim))
}

/// Keeps the list of a layer that was read, and lets the oldest ones go where all of them are longer than `max_bytes`.
pub async fn keep(
    tx: &mut Tx,
    claim: &Claim,
    list: Vec<u8>,
    format: i64,
    now: Timestamp,
    max_bytes: u64,
) -> Result<()> {
    let n_bytes = OF_ROW + list.len() as u64;
    let sql =
        "UPDATE layer_lists SET leased_by = NULL, leased_until = NULL, failure = NULL, retry_at = NULL, read_at = $4,
                 n_bytes = $5, format = $6, content = $7 WHERE place = $1 AND digest = $2 AND leased_by = $3";
    let params = params![&claim.place, &claim.digest, &claim.node, now, n_bytes, format, list];
    tx.run(sql, params).await?;
    let sql = "DELETE FROM layer_lists WHERE leased_until IS NULL AND (place, digest) IN (
                 SELECT k.place, k.digest FROM (SELECT l.place, l.digest,
                     SUM(l.n_bytes) OVER (ORDER BY l.read_at DESC, l.place, l.digest) AS n_bytes FROM layer_lists l) AS k
                 WHERE k.n_bytes > $1)";
    tx.run(sql, params![max_bytes]).await?;
    Ok(())
}

/// Notes why a layer has no list; it is read again from `retry_at` on, or never.
pub async fn fail(
    tx: &mut Tx,
    claim: &Claim,
    failure: &str,
    retry_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    let sql = "UPDATE layer_lists SET leased_by = NULL, leased_until = NULL, failure = $4, retry_at = $5, read_at = $6,
                 n_bytes = $7, content = NULL WHERE place = $1 AND digest = $2 AND leased_by = $3";
    let retry_at = retry_at.map(|at| at.0);
    tx.run(sql, params![&claim.place, &claim.digest, &claim.node, failure, retry_at, now, OF_ROW]).await?;
    Ok(())
}

/// Gives a layer back that was not read.
pub async fn release(tx: &mut Tx, claim: &Claim) -> Result<()> {
    let sql = "UPDATE layer_lists SET leased_by = NULL, leased_until = NULL WHERE place = $1 AND digest = $2 AND leased_by = $3";
    tx.run(sql, params![&claim.place, &claim.digest, &claim.node]).await?;
    Ok(())
}

/// At the start, on a database that this process has for itself: whoever holds a lease is dead.
pub async fn free_orphans(tx: &mut Tx) -> Result<()> {
    if tx.dialect() == super::dialect::Dialect::Sqlite {
        tx.run("UPDATE layer_lists SET leased_by = NULL, leased_until = NULL WHERE leased_by IS NOT NULL", vec![])
            .await?;
    }
    Ok(())
}

/// Forgets the lists of layers that no repository has any more for which they were read.
pub async fn forget_unlinked(tx: &mut Tx) -> Result<u64> {
    let sql = "DELETE FROM layer_lists WHERE leased_until IS NULL
                 AND NOT EXISTS (SELECT 1 FROM repository_blobs b WHERE b.mount_id = layer_lists.place AND b.digest = layer_lists.digest)
                 AND NOT EXISTS (SELECT 1 FROM repository_blobs b WHERE b.repository_id = layer_lists.place AND b.digest = layer_lists.digest)";
    tx.run(sql, vec![]).await
}

/// The lists that are kept, with what they cost; for tests and measurements.
pub async fn kept(store: &Store) -> Result<(u64, u64)> {
    let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(n_bytes), 0) AS BIGINT) FROM layer_lists";
    let row = store.one(sql, Vec::<Value>::new()).await?;
    row.map_or(Ok((0, 0)), |mut row| Ok((row.take()?, row.take()?)))
}
