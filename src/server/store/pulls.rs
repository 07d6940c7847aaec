//! How often repositories and tags were pulled, by UTC day.

use super::{Store, Tx, repositories};
use crate::domain::{Reference, RepositoryName, Result, Timestamp};
use crate::params;

const DAY_MS: i64 = 86_400_000;

/// Adds pulls of one reference, the last of them at `last`. A manifest that an index lists is a part of that one's
/// pull and counts no further. What has been deleted meanwhile counts nowhere.
pub async fn add(
    tx: &mut Tx,
    name: &RepositoryName,
    reference: &Reference,
    fetched: u64,
    last: Timestamp,
) -> Result<()> {
    let Some(repository) = repositories::current(tx, name).await? else { return Ok(()) };
    let mut of = vec![""];
    match reference {
        Reference::Tag(tag) => {
            let sql = "UPDATE tags SET pulled_at = CASE WHEN pulled_at < $3 THEN $3 ELSE pulled_at END
                       WHERE repository_id = $1 AND name = $2";
            if tx.run(sql, params![&repository.id, tag, last]).await? == 0 {
                return Ok(());
            }
            of.push(tag.as_str());
        }
        Reference::Digest(digest) => {
            let sql = "SELECT 1 AS found FROM manifests m WHERE m.repository_id = $1 AND m.digest = $2 AND NOT EXISTS
                       (SELECT 1 FROM manifest_edges e WHERE e.repository_id = $1 AND e.child = $2 AND e.relation = 'manifest')";
            if tx.one(sql, params![&repository.id, digest]).await?.is_none() {
                return Ok(());
            }
        }
    }
    for tag in of.into_iter().filter(|_| fetched > 0) {
        let sql = "INSERT INTO pulls (repository_id, tag, day, n_pulls) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (repository_id, tag, day) DO UPDATE SET n_pulls = pulls.n_pulls + excluded.n_pulls";
        tx.run(sql, params![&repository.id, tag, last.0.div_euclid(DAY_MS), fetched]).await?;
    }
    Ok(())
}

/// Pulls of a repository in the last thirty days, today among them.
pub async fn recent(store: &Store, repository_id: &str, now: Timestamp) -> Result<u64> {
    let sql = "SELECT CAST(COALESCE(SUM(n_pulls), 0) AS BIGINT) FROM pulls WHERE repository_id = $1 AND tag = '' AND day > $2";
    let since = now.0.div_euclid(DAY_MS) - 30;
    store.one(sql, params![repository_id, since]).await?.map_or(Ok(0), |mut row| row.take())
}
