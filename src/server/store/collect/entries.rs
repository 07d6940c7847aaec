//! Entries of the trash whose time is over. One whose images history still names, or an entry that is to be kept for longer
//! needs to come back, stays for as long as that.

use super::{After, At, Bounds, lock, think_away};
use crate::domain::Result;
use crate::params;
use crate::server::store::{Store, Tx, batch, trash};
use std::collections::HashSet;

/// Up to `limit` entries that go, behind that at which the last page ended, and where this page ends.
pub async fn expired(
    store: &Store,
    bounds: &Bounds,
    after: &After,
    limit: u32,
) -> Result<(Vec<String>, Option<After>)> {
    let (end, id) = after;
    let end = end.parse().unwrap_or(i64::MIN); // At the beginning there is none.
    let params = params![bounds.now, bounds.moved_since, limit, end, id];
    let (mut ids, mut last) = (Vec::new(), None);
    for mut row in store.scan_in_background(&page(bounds), params).await? {
        let (id, end): (String, i64) = (row.take()?, row.take()?);
        last = Some((end.to_string(), id.clone()));
        ids.push(id);
    }
    Ok((ids, last))
}

/// A page of them: what stays, and lies before it, is not asked about again.
pub(super) fn page(bounds: &Bounds) -> String {
    format!(
        "SELECT x.id, x.expires_at FROM {} AND (x.expires_at, x.id) > ($4, $5) ORDER BY x.expires_at, x.id LIMIT $3",
        over(bounds)
    )
}

/// The entries `x` that go; `$1` and `$2` are the moments of the bounds.
pub(super) fn over(bounds: &Bounds) -> String {
    let unless = bounds.unless_found("entry", "''", "x.id");
    let around = bounds.unless_found("entry", "''", "y.id");
    let listed = |part: &str| {
        format!(
            "EXISTS (SELECT 1 FROM deleted_edges e CROSS JOIN images_in_trash p CROSS JOIN trash y
               WHERE e.repository_id = {part}.repository_id AND e.child = {part}.digest AND p.repository_id = e.repository_id
               AND p.digest = e.parent AND y.id = p.entry AND y.id <> x.id{around})"
        )
    };
    // Of the entries that hold one image the last to go is waited for: or two that hold an index and its platforms each would
    // wait for one another.
    let alone = format!(
        "NOT EXISTS (SELECT 1 FROM images_in_trash o CROSS JOIN trash y WHERE o.repository_id = d.repository_id
           AND o.digest = d.digest AND y.id = o.entry AND (y.expires_at, y.id) > (x.expires_at, x.id){around})"
    );
    let named = trash::named_for_longer("$1");
    format!(
        "trash x JOIN mounts h ON h.id = x.mount_id AND h.kind = 'hosted' WHERE x.expires_at <= $1{unless}
         AND NOT EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.entry = x.id AND (
           EXISTS (SELECT 1 FROM tag_moves v WHERE v.repository_id = d.repository_id AND v.from_digest = d.digest AND v.at > $2)
           OR {named} OR ({alone} AND {})))
         AND NOT EXISTS (SELECT 1 FROM trash y WHERE x.kind = 'repository' AND y.repository = x.repository
           AND y.repository_id = x.repository_id AND y.id <> x.id AND y.expires_at > $1)
         AND NOT EXISTS (SELECT 1 FROM deleted_blobs b WHERE b.entry = x.id AND {})
         AND NOT EXISTS (SELECT 1 FROM tag_moves v WHERE x.kind = 'repository' AND v.repository_id = x.repository_id AND v.at > $2)",
        listed("d"),
        listed("b")
    )
}

/// Lets some of these go, if they still are to; returns how many did.
pub async fn take(tx: &mut Tx, bounds: &Bounds, ids: &[String]) -> Result<u64> {
    if bounds.is_dry {
        think_away(tx, "entry", "", ids).await?;
        return Ok(ids.len() as u64);
    }
    let entries = trash::some(tx, ids).await?;
    let place = |entry: &trash::Entry| At {
        name: entry.row.repository.clone(),
        id: entry.repository_id.clone(),
        mount_id: entry.mount_id.clone(),
    };
    // All at once: a push has the lock of its repository while it waits for that of the mount.
    lock(tx, &entries.iter().map(place).collect::<Vec<_>>()).await?;
    // Asked of all before the first goes: with a repository go its older entries, and count all the same.
    let (slots, named) = batch::padded(3, ids);
    let sql = format!("SELECT x.id FROM {} AND x.id IN ({slots})", over(bounds));
    let asked = [params![bounds.now, bounds.moved_since], named].concat();
    let still: Vec<String> = tx.all(&sql, asked).await?.into_iter().map(|mut row| row.take()).collect::<Result<_>>()?;
    let still: HashSet<String> = still.into_iter().collect();
    let gone: Vec<_> = entries.into_iter().filter(|entry| still.contains(&entry.row.id)).collect();
    trash::purge(tx, &gone).await?;
    Ok(gone.len() as u64)
}
