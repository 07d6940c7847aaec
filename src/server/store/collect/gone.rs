//! Rows of repositories that are gone for good: nothing leads to them, so nobody minds how long some of them stay.

use crate::domain::Result;
use crate::params;
use crate::server::store::{Tx, batch};

/// Where such rows lie, each table with what tells those of one repository apart.
const TABLES: [(&str, &str); 10] = [
    ("tags", "repository_id, name"),
    ("referrers", "repository_id, subject, digest"),
    ("manifest_edges", "repository_id, parent, position"),
    ("manifests", "repository_id, digest"),
    ("repository_blobs", "repository_id, digest"),
    ("deleted_blobs", "entry, digest"),
    ("deleted_edges", "repository_id, child, parent"),
    ("tag_moves", "repository_id, tag, at"),
    ("pulls", "repository_id, tag, day"),
    ("stars", "principal_id, repository_id"),
];

/// Clears at most `limit` of them away; how many that were. None are left when there is no such repository any more.
pub async fn clear(tx: &mut Tx, limit: u64) -> Result<u64> {
    let sql = "SELECT id FROM gone_repositories ORDER BY id LIMIT 1";
    let Some(mut row) = tx.one(sql, vec![]).await? else { return Ok(0) };
    let id: String = row.take()?;
    let n_gone = of_entries(tx, &id, limit).await?;
    if n_gone > 0 {
        return Ok(n_gone);
    }
    for (table, key) in TABLES {
        let sql = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE repository_id = $1 LIMIT $2)"
        );
        let n_gone = tx.run(&sql, params![&id, limit]).await?;
        if n_gone > 0 {
            return Ok(n_gone);
        }
    }
    tx.run("DELETE FROM gone_repositories WHERE id = $1", params![&id]).await
}

/// What was deleted in it before all of it was: at most `limit` entries, each with all its rows.
async fn of_entries(tx: &mut Tx, id: &str, limit: u64) -> Result<u64> {
    let sql = "SELECT digest, entry FROM deleted_names WHERE repository_id = $1 ORDER BY digest, entry LIMIT $2";
    let (mut last, mut entries): (Option<(String, String)>, Vec<String>) = (None, vec![]);
    for mut row in tx.all(sql, params![id, limit]).await? {
        let (digest, entry): (String, String) = (row.take()?, row.take()?);
        entries.push(entry.clone());
        last = Some((digest, entry));
    }
    let Some((digest, entry)) = last else { return Ok(0) };
    let (slots, named) = batch::padded(2, &entries);
    for table in ["deleted_tags", "deleted_manifests"] {
        let sql = format!("DELETE FROM {table} WHERE repository_id = $1 AND entry IN ({slots})");
        tx.run(&sql, [params![id], named.clone()].concat()).await?;
    }
    let sql = "DELETE FROM deleted_names WHERE repository_id = $1 AND (digest, entry) <= ($2, $3)";
    tx.run(sql, params![id, &digest, &entry]).await
}
