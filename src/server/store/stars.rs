//! Repositories that people marked for themselves.

use super::{Tx, Value};
use crate::domain::{Result, Timestamp};
use crate::params;

/// Marks a repository, or takes the mark away. Whether that changed anything.
pub async fn set(tx: &mut Tx, user_id: &str, repository_id: &str, starred: Option<Timestamp>) -> Result<bool> {
    let n_changed = match starred {
        Some(now) => {
            let sql = "INSERT INTO stars (principal_id, repository_id, starred_at) VALUES ($1, $2, $3)
                       ON CONFLICT (principal_id, repository_id) DO NOTHING";
            tx.run(sql, params![user_id, repository_id, now]).await?
        }
        None => {
            let sql = "DELETE FROM stars WHERE principal_id = $1 AND repository_id = $2";
            tx.run(sql, params![user_id, repository_id]).await?
        }
    };
    Ok(n_changed > 0)
}

/// How many repositories somebody marked, counted up to `limit`.
pub async fn count(tx: &mut Tx, user_id: &str, limit: u32) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM stars WHERE principal_id = $1 LIMIT $2) AS those";
    tx.one(sql, params![user_id, limit]).await?.map_or(Ok(0), |mut row| row.take())
}

/// 1 where the reader with this id marked the repository `r`, and else 0.
pub(super) fn is_starred(user_id: Option<&str>, params: &mut Vec<Value>) -> String {
    let Some(user_id) = user_id else { return "CAST(0 AS BIGINT)".to_owned() };
    params.push(user_id.into());
    format!(
        "CAST((SELECT COUNT(*) FROM stars s WHERE s.principal_id = ${} AND s.repository_id = r.id) AS BIGINT)",
        params.len()
    )
}
