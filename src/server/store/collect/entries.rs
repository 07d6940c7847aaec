//! Entries of the trash whose time is over. One whose images history still names stays for as long as that.

use super::{At, Rule, lock, think_away};
use crate::domain::Result;
use crate::params;
use crate::server::store::{Store, Tx, trash};

/// Up to `limit` entries that go.
pub async fn expired(store: &Store, rule: &Rule, limit: u32) -> Result<Vec<String>> {
    let sql = format!("{} LIMIT $3", of(rule));
    let params = params![rule.now, rule.moved_since, limit];
    store.scan(&sql, params).await?.into_iter().map(|mut row| row.take()).collect()
}

fn of(rule: &Rule) -> String {
    let unless = rule.unless_found("entry", "''", "x.id");
    format!(
        "SELECT x.id FROM trash x JOIN mounts h ON h.id = x.mount_id AND h.kind = 'hosted' WHERE x.expires_at <= $1{unless}
         AND NOT EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.entry = x.id AND (
           EXISTS (SELECT 1 FROM tag_moves v WHERE v.repository_id = d.repository_id AND v.to_digest = d.digest AND v.at > $2)
           OR EXISTS (SELECT 1 FROM tag_moves v WHERE v.repository_id = d.repository_id AND v.from_digest = d.digest AND v.at > $2)))
         ORDER BY x.expires_at, x.id"
    )
}

/// Lets some of these go, if they still are to; returns how many did.
pub async fn take(tx: &mut Tx, rule: &Rule, ids: &[String]) -> Result<u64> {
    if rule.is_dry {
        think_away(tx, "entry", "", ids).await?;
        return Ok(ids.len() as u64);
    }
    let (mut entries, mut places) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(entry) = trash::current(tx, id).await? else { continue };
        let (name, id, mount_id) = (entry.row.repository.clone(), entry.repository_id.clone(), entry.mount_id.clone());
        places.push(At { name, id, mount_id });
        entries.push(entry);
    }
    lock(tx, &places).await?; // All at once: a push has the lock of its repository while it waits for that of the mount.
    let still = format!("SELECT id FROM ({}) expired WHERE id = $3", of(rule));
    let mut gone = Vec::new();
    for entry in entries {
        if tx.one(&still, params![rule.now, rule.moved_since, &entry.row.id]).await?.is_some() {
            gone.push(entry);
        }
    }
    // Asked of all before the first goes: with a repository go its older entries, and count all the same.
    for entry in &gone {
        trash::purge(tx, entry).await?;
    }
    Ok(gone.len() as u64)
}
