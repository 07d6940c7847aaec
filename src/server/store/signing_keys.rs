//! Keys that sign tokens, sealed.

use super::Tx;
use crate::domain::{Error, Result, Timestamp};
use crate::params;

/// The key in force; this one, if there was none.
pub async fn first(tx: &mut Tx, id: &str, sealed: Vec<u8>, public: &str, now: Timestamp) -> Result<Vec<u8>> {
    tx.lock("portolan signing keys").await?;
    let sql = "INSERT INTO signing_keys (id, sealed, public, created_at, retires_at)
               SELECT $1, $2, $3, $4, 0 WHERE NOT EXISTS (SELECT 1 FROM signing_keys)";
    tx.run(sql, params![id, sealed, public, now]).await?;
    let row = tx.one("SELECT sealed FROM signing_keys ORDER BY created_at DESC, id LIMIT 1", vec![]).await?;
    row.ok_or(Error::Internal)?.take()
}
