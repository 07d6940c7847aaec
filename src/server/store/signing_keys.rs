//! Keys that sign tokens and the authority that vouches for them, sealed.

use super::{Row, Store, Tx};
use crate::domain::{Result, Timestamp};
use crate::params;

/// A key as it is kept.
#[derive(Clone)]
pub struct Kept {
    pub id: String,
    pub sealed: Vec<u8>,
    /// The public half, as registries read it (RFC 7517).
    pub public: String,
    /// DER in base64; empty for a key from before there was an authority.
    pub certificate: String,
    pub created_at: Timestamp,
    /// From when on what it signed counts no more; 0 for the key in force.
    pub retires_at: Timestamp,
}

const COLUMNS: &str = "id, sealed, public, certificate, created_at, retires_at";

/// The authority; this one, if there was none.
pub async fn authority(tx: &mut Tx, new: &Kept) -> Result<Kept> {
    tx.lock("portolan signing keys").await?;
    let sql = format!("SELECT {COLUMNS} FROM signing_keys WHERE is_authority = 1 ORDER BY created_at, id LIMIT 1");
    if let Some(mut row) = tx.one(&sql, vec![]).await? {
        return kept(&mut row);
    }
    insert(tx, new, true).await?;
    Ok(new.clone())
}

/// All other keys, the one in force first.
pub async fn list(store: &Store) -> Result<Vec<Kept>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM signing_keys WHERE is_authority = 0
         ORDER BY CASE retires_at WHEN 0 THEN 0 ELSE 1 END, created_at DESC, id"
    );
    store.all(&sql, vec![]).await?.into_iter().map(|mut row| kept(&mut row)).collect()
}

/// Puts a key in force, unless one with a certificate came in after `due`. What the one before it signed counts until
/// `until`; those whose time is over go.
pub async fn renew(tx: &mut Tx, new: &Kept, due: Timestamp, until: Timestamp) -> Result<()> {
    tx.lock("portolan signing keys").await?;
    let fresh = "SELECT id FROM signing_keys WHERE is_authority = 0 AND retires_at = 0 AND certificate <> ''
                 AND created_at > $1";
    if tx.one(fresh, params![due]).await?.is_some() {
        return Ok(());
    }
    let over = "DELETE FROM signing_keys WHERE is_authority = 0 AND retires_at <> 0 AND retires_at < $1";
    tx.run(over, params![new.created_at]).await?;
    tx.run("UPDATE signing_keys SET retires_at = $1 WHERE is_authority = 0 AND retires_at = 0", params![until]).await?;
    insert(tx, new, false).await
}

async fn insert(tx: &mut Tx, new: &Kept, is_authority: bool) -> Result<()> {
    let sql = "INSERT INTO signing_keys (id, sealed, public, certificate, is_authority, created_at, retires_at)
               VALUES ($1, $2, $3, $4, $5, $6, 0)";
    let Kept { id, sealed, public, certificate, created_at, .. } = new.clone();
    tx.run(sql, params![id, sealed, public, certificate, i64::from(is_authority), created_at]).await.map(|_| ())
}

fn kept(row: &mut Row) -> Result<Kept> {
    Ok(Kept {
        id: row.take()?,
        sealed: row.take()?,
        public: row.take()?,
        certificate: row.take()?,
        created_at: row.take()?,
        retires_at: row.take()?,
    })
}
