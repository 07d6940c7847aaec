//! Links of blobs that no image of the repository names, neither one that is there nor one in the trash. One of which
//! somebody was told a while ago stays: a push may be under way that counts on it.

use super::{After, At, Bounds, Candidate, candidates, named, think_away};
use crate::domain::{Digest, Result};
use crate::params;
use crate::server::store::{Store, Tx};
use std::collections::HashSet;

/// That nothing holds the link `l`; `$1` is the moment of the bounds.
pub(super) fn free(bounds: &Bounds) -> String {
    let parent = bounds.unless_found("image", "e.repository_id", "e.parent");
    let in_trash = bounds.in_trash("l.repository_id", "l.digest");
    format!(
        "l.linked_at <= $1
         AND NOT EXISTS (SELECT 1 FROM manifest_edges e WHERE e.repository_id = l.repository_id AND e.child = l.digest{parent})
         AND NOT EXISTS ({in_trash})"
    )
}

/// A page of links, each with whether nothing holds it.
pub async fn linked(
    store: &Store,
    bounds: &Bounds,
    after: &After,
    limit: u32,
) -> Result<(Vec<Candidate>, Option<After>)> {
    let sql = format!(
        "WITH page AS (SELECT o.repository_id, o.digest, o.mount_id, o.size_bytes, o.linked_at
           FROM repository_blobs o CROSS JOIN repositories w WHERE (o.repository_id, o.digest) > ($2, $3) AND w.id = o.repository_id
           ORDER BY o.repository_id, o.digest LIMIT $4)
         SELECT l.repository_id, l.digest, r.name, l.mount_id, l.size_bytes,
           CASE WHEN h.kind = 'hosted' AND {} THEN 1 ELSE 0 END
         FROM page l CROSS JOIN repositories r CROSS JOIN mounts h WHERE r.id = l.repository_id AND h.id = l.mount_id
         ORDER BY l.repository_id, l.digest",
        free(bounds)
    );
    candidates(store.scan_in_background(&sql, params![bounds.told_since, &after.0, &after.1, limit]).await?)
}

/// Takes those of some blobs out of a repository that nothing names there at this moment. Returns how many that were.
pub async fn take(tx: &mut Tx, bounds: &Bounds, at: &At, digests: &[Digest]) -> Result<u64> {
    let (slots, values) = named(3, digests);
    let sql = format!(
        "SELECT l.digest, l.size_bytes FROM repository_blobs l WHERE l.repository_id = $2 AND l.digest IN ({slots}) AND {}",
        free(bounds)
    );
    let mut gone: Vec<(Digest, i64)> = Vec::new();
    for mut row in tx.all(&sql, [params![bounds.told_since, &at.id], values].concat()).await? {
        gone.push((row.take()?, row.take()?));
    }
    if gone.is_empty() {
        return Ok(0);
    }
    let digests: Vec<Digest> = gone.iter().map(|(digest, _)| digest.clone()).collect();
    if bounds.is_dry {
        let names: Vec<String> = digests.iter().map(ToString::to_string).collect();
        think_away(tx, "link", &at.id, &names).await?;
        return Ok(gone.len() as u64);
    }
    let (slots, values) = named(2, &digests);
    let sql = format!("DELETE FROM repository_blobs WHERE repository_id = $1 AND digest IN ({slots})");
    tx.run(&sql, [params![&at.id], values.clone()].concat()).await?;
    let sql = format!(
        "SELECT DISTINCT o.digest FROM repository_blobs o CROSS JOIN repositories w
         WHERE o.mount_id = $1 AND o.digest IN ({slots}) AND w.id = o.repository_id"
    );
    let rows = tx.all(&sql, [params![&at.mount_id], values].concat()).await?;
    let elsewhere: HashSet<Digest> = rows.into_iter().map(|mut row| row.take()).collect::<Result<_>>()?;
    let own: i64 = gone.iter().map(|(_, size)| size).sum();
    let only: i64 = gone.iter().filter(|(digest, _)| !elsewhere.contains(digest)).map(|(_, size)| size).sum();
    let sql = "UPDATE repositories SET stored_bytes = stored_bytes - $2 WHERE id = $1";
    tx.run(sql, params![&at.id, own]).await?;
    let sql = "UPDATE mounts SET stored_bytes = stored_bytes - $2 WHERE id = $1";
    tx.run(sql, params![&at.mount_id, only]).await?;
    Ok(gone.len() as u64)
}
