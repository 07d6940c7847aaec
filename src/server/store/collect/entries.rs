//! Entries of the trash whose time is over. One whose images history still names stays for as long as that.

use super::{Rule, think_away};
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
    let mut n_gone = 0;
    for id in ids {
        let Some(entry) = trash::current(tx, id).await? else { continue };
        tx.lock(entry.row.repository.as_str()).await?;
        tx.lock(&entry.mount_id).await?;
        let still = format!("SELECT id FROM ({}) expired WHERE id = $3", of(rule));
        if tx.one(&still, params![rule.now, rule.moved_since, id]).await?.is_some() {
            trash::purge(tx, &entry).await?;
            n_gone += 1;
        }
    }
    Ok(n_gone)
}
