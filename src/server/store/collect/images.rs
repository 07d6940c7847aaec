//! Images that lost their last name and that nothing holds: no tag, no image around them or above them that is there or
//! in the trash, no tag in the trash, no history that is to be kept.

use super::{After, At, Bounds, Candidate, candidates, has_no_name, named, think_away};
use crate::domain::{Digest, Result, Timestamp};
use crate::params;
use crate::server::store::{Store, Tx};

/// That nothing holds the manifest `m`; `$1` and `$2` are the moments of the bounds. A tag that named it left it later.
pub(super) fn free(bounds: &Bounds) -> String {
    // One that a dry run left by thinking away what held it has no such moment.
    let left = if bounds.is_dry { "COALESCE(m.unnamed_since, $1)" } else { "m.unnamed_since" };
    let own = bounds.unless_found("image", "m.repository_id", "m.digest");
    let parent = bounds.unless_found("image", "e.repository_id", "e.parent");
    let subject = bounds.unless_found("image", "s.repository_id", "s.digest");
    let tagged = bounds.kept("tags_in_trash d", "d.repository_id = m.repository_id AND d.digest = m.digest");
    let about = bounds.kept(
        "referrers f CROSS JOIN images_in_trash d",
        "f.repository_id = m.repository_id AND f.digest = m.digest AND d.repository_id = f.repository_id AND d.digest = f.subject",
    );
    let in_trash = bounds.in_trash("m.repository_id", "m.digest");
    format!(
        "{left} <= $1 AND m.told_at <= $1{own}
         AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.repository_id = m.repository_id AND t.digest = m.digest)
         AND NOT EXISTS (SELECT 1 FROM tag_moves v WHERE v.repository_id = m.repository_id AND v.from_digest = m.digest AND v.at > $2)
         AND NOT EXISTS (SELECT 1 FROM manifest_edges e WHERE e.repository_id = m.repository_id AND e.child = m.digest
           AND e.relation = 'manifest'{parent})
         AND NOT EXISTS (SELECT 1 FROM referrers f CROSS JOIN manifests s WHERE f.repository_id = m.repository_id
           AND f.digest = m.digest AND s.repository_id = f.repository_id AND s.digest = f.subject{subject})
         AND NOT EXISTS ({tagged})
         AND NOT EXISTS ({about})
         AND NOT EXISTS ({in_trash})"
    )
}

/// A page of images that lost their last name, each with whether nothing else holds it.
pub async fn unnamed(
    store: &Store,
    bounds: &Bounds,
    after: &After,
    limit: u32,
) -> Result<(Vec<Candidate>, Option<After>)> {
    let sql = format!(
        "WITH page (repository_id, digest) AS (
           SELECT * FROM (SELECT m.repository_id, m.digest FROM manifests m CROSS JOIN repositories w
             WHERE m.unnamed_since IS NOT NULL AND (m.repository_id, m.digest) > ($3, $4) AND w.id = m.repository_id
             ORDER BY m.repository_id, m.digest LIMIT $5) own
           UNION SELECT * FROM (SELECT g.repository_id, g.name FROM collect_found g WHERE g.place = 'left'
             AND (g.repository_id, g.name) > ($3, $4) ORDER BY g.repository_id, g.name LIMIT $5) more
           ORDER BY 1, 2 LIMIT $5)
         SELECT m.repository_id, m.digest, r.name, r.mount_id, m.size_bytes,
           CASE WHEN h.kind = 'hosted' AND {} THEN 1 ELSE 0 END
         FROM page CROSS JOIN manifests m CROSS JOIN repositories r CROSS JOIN mounts h
         WHERE m.repository_id = page.repository_id AND m.digest = page.digest AND r.id = m.repository_id AND h.id = r.mount_id
         ORDER BY m.repository_id, m.digest",
        free(bounds)
    );
    let params = params![bounds.told_since, bounds.moved_since, &after.0, &after.1, limit];
    candidates(store.scan_in_background(&sql, params).await?)
}

/// Takes those of some images of a repository that nothing holds at this moment. Returns how many that were, and what they
/// listed and what was about them: it may have lost its last name with them.
pub async fn take(tx: &mut Tx, bounds: &Bounds, at: &At, digests: &[Digest]) -> Result<(u64, Vec<Digest>)> {
    let (slots, values) = named(4, digests);
    let sql = format!(
        "SELECT m.digest, CASE WHEN m.kind = 'index' THEN 0 ELSE m.pull_bytes END FROM manifests m
         WHERE m.repository_id = $3 AND m.digest IN ({slots}) AND {}",
        free(bounds)
    );
    let rows = tx.all(&sql, [params![bounds.told_since, bounds.moved_since, &at.id], values].concat()).await?;
    let (mut gone, mut bytes) = (Vec::new(), 0_i64);
    for mut row in rows {
        gone.push(row.take::<Digest>()?);
        bytes += row.take::<i64>()?;
    }
    if gone.is_empty() {
        return Ok((0, vec![]));
    }
    let left = held_by(tx, at, &gone).await?;
    if bounds.is_dry {
        think_away(tx, "image", &at.id, &texts(&gone)).await?;
        think_away(tx, "left", &at.id, &texts(&left)).await?;
        return Ok((gone.len() as u64, left));
    }
    let before = n_alone(tx, at, &gone).await? + n_alone(tx, at, &left).await?;
    for sql in [
        "DELETE FROM referrers WHERE repository_id = $1 AND digest IN",
        "DELETE FROM manifest_edges WHERE repository_id = $1 AND parent IN",
        "DELETE FROM manifests WHERE repository_id = $1 AND digest IN",
    ] {
        let (slots, values) = named(2, &gone);
        tx.run(&format!("{sql} ({slots})"), [params![&at.id], values].concat()).await?;
    }
    leave(tx, bounds, at, &left).await?;
    let n_alone = n_alone(tx, at, &left).await? - before;
    for sql in [
        "UPDATE repositories SET n_images = n_images + $2, logical_bytes = logical_bytes - $3 WHERE id = $1",
        "UPDATE mounts SET n_images = n_images + $2, logical_bytes = logical_bytes - $3
         WHERE id = (SELECT mount_id FROM repositories WHERE id = $1)",
    ] {
        tx.run(sql, params![&at.id, n_alone, bytes]).await?;
    }
    Ok((gone.len() as u64, left))
}

/// What some images hold that are not among them: what they list, and what is about them.
async fn held_by(tx: &mut Tx, at: &At, holders: &[Digest]) -> Result<Vec<Digest>> {
    let (slots, values) = named(2, holders);
    let sql = format!(
        "SELECT m.digest FROM manifests m WHERE m.repository_id = $1 AND m.digest IN (
           SELECT e.child FROM manifest_edges e WHERE e.repository_id = $1 AND e.parent IN ({slots}) AND e.relation = 'manifest'
           UNION SELECT f.digest FROM referrers f WHERE f.repository_id = $1 AND f.subject IN ({slots}))
         AND m.digest NOT IN ({slots})"
    );
    let rows = tx.all(&sql, [params![&at.id], values].concat()).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// How many of these stand by themselves: what people call images.
async fn n_alone(tx: &mut Tx, at: &At, digests: &[Digest]) -> Result<i64> {
    let mut n_alone = 0;
    for some in digests.chunks(CHUNK) {
        let (slots, values) = named(2, some);
        let sql = format!(
            "SELECT COUNT(*) FROM manifests m WHERE m.repository_id = $1 AND m.digest IN ({slots}) AND m.kind <> 'artifact'
             AND m.platforms <> '' AND NOT EXISTS (SELECT 1 FROM manifest_edges e WHERE e.repository_id = $1
               AND e.child = m.digest AND e.relation = 'manifest')"
        );
        let row = tx.one(&sql, [params![&at.id], values].concat()).await?;
        n_alone += row.map_or(Ok(0), |mut row| row.take::<i64>())?;
    }
    Ok(n_alone)
}

/// Digests that share a statement.
const CHUNK: usize = 256;

/// Images that lost what held them have lost their last name, if nothing else holds them. They may go at once, but for
/// those of which somebody was told.
async fn leave(tx: &mut Tx, bounds: &Bounds, at: &At, digests: &[Digest]) -> Result<()> {
    for some in digests.chunks(CHUNK) {
        let ((slots, values), no_name) = (named(3, some), has_no_name());
        let sql = format!(
            "UPDATE manifests SET unnamed_since = $2 WHERE repository_id = $1 AND digest IN ({slots}) AND {no_name}"
        );
        tx.run(&sql, [params![&at.id, bounds.told_since], values].concat()).await?;
    }
    Ok(())
}

fn texts(digests: &[Digest]) -> Vec<String> {
    digests.iter().map(ToString::to_string).collect()
}

/// That a manifest which is pushed again, or brought back, is wanted, whatever name it lost before.
pub async fn want(tx: &mut Tx, repository_id: &str, digest: &Digest, now: Timestamp) -> Result<()> {
    let sql = "UPDATE manifests SET unnamed_since = NULL, told_at = $3 WHERE repository_id = $1 AND digest = $2";
    tx.run(sql, params![repository_id, digest, now]).await?;
    Ok(())
}
