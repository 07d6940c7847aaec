//! People who signed in at a provider and whom nobody has let in yet.

use super::{Store, Tx};
use crate::domain::{Error, Result, Timestamp};
use crate::params;

/// How many may wait. The one who was seen least lately goes: strangers cannot fill the table.
const AT_MOST: u32 = 1_000;

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub issuer: String,
    pub subject: String,
    pub provider: String,
    pub email: String,
    pub name: String,
    pub groups: Vec<String>,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// Notes that somebody waits, or still does.
pub async fn note(tx: &mut Tx, who: &Waiting) -> Result<()> {
    let sql = "INSERT INTO waiting_people (issuer, subject, provider, email, name, claimed, first_at, last_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (issuer, subject) DO UPDATE SET
               provider = excluded.provider, email = excluded.email, name = excluded.name,
               claimed = excluded.claimed, last_at = excluded.last_at";
    let claimed = serde_json::to_string(&who.groups).map_err(|_| Error::Internal)?;
    let (issuer, subject, provider) = (&who.issuer, &who.subject, &who.provider);
    let params = params![issuer, subject, provider, &who.email, &who.name, claimed, who.first_at, who.last_at];
    tx.run(sql, params).await?;
    let sql = "DELETE FROM waiting_people WHERE (issuer, subject) IN
               (SELECT issuer, subject FROM waiting_people ORDER BY last_at DESC LIMIT 100 OFFSET $1)";
    tx.run(sql, params![AT_MOST]).await.map(|_| ())
}

/// Those who wait, who came last first.
pub async fn list(store: &Store, limit: u32) -> Result<Vec<Waiting>> {
    let sql = "SELECT issuer, subject, provider, email, name, claimed, first_at, last_at FROM waiting_people
               ORDER BY last_at DESC, issuer, subject LIMIT $1";
    let rows = store.all(sql, params![limit]).await?.into_iter();
    rows.map(|mut row| {
        Ok(Waiting {
            issuer: row.take()?,
            subject: row.take()?,
            provider: row.take()?,
            email: row.take()?,
            name: row.take()?,
            groups: serde_json::from_str(&row.take::<String>()?).unwrap_or_default(),
            first_at: row.take()?,
            last_at: row.take()?,
        })
    })
    .collect()
}

/// Somebody waits no longer.
pub async fn remove(tx: &mut Tx, issuer: &str, subject: &str) -> Result<()> {
    let sql = "DELETE FROM waiting_people WHERE issuer = $1 AND subject = $2";
    tx.run(sql, params![issuer, subject]).await.map(|_| ())
}
