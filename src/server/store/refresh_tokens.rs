//! By what identity providers can be asked again about people who are not there, sealed. What comes of an answer counts
//! while the secret is still the one by which was asked: who signed in meanwhile has brought another.

use super::identities::{COLUMNS, Identity, taken};
use super::{Store, Tx, sessions};
use crate::domain::{Result, Timestamp};
use crate::params;

/// Somebody about whom their provider is to be asked.
#[derive(Clone)]
pub struct Due {
    pub identity: Identity,
    pub sealed: Vec<u8>,
    pub asked_at: Timestamp,
}

/// About whom a provider was not asked since `before`, the longest ago first. Nobody asks about who is not let in.
pub async fn due(
    store: &Store,
    (provider, issuer): (&str, &str),
    (before, now): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Due>> {
    let sql = format!(
        "SELECT {COLUMNS}, refresh_token, asked_at FROM identities
         WHERE provider = $1 AND issuer = $2 AND refresh_token IS NOT NULL AND asked_at <= $3
           AND EXISTS (SELECT 1 FROM principals p WHERE p.id = identities.user_id AND p.disabled_at IS NULL
                         AND (p.expires_at IS NULL OR p.expires_at > $4))
         ORDER BY asked_at, subject LIMIT $5"
    );
    let rows = store.all(&sql, params![provider, issuer, before, now, limit]).await?.into_iter();
    let due = rows.map(|mut row| Ok(Due { identity: taken(&mut row)?, sealed: row.take()?, asked_at: row.take()? }));
    due.collect()
}

/// Takes the turn to ask about somebody; `false` if another node did, or they signed in meanwhile.
pub async fn take_turn(tx: &mut Tx, due: &Due, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE identities SET asked_at = $5
               WHERE issuer = $1 AND subject = $2 AND asked_at = $3 AND refresh_token = $4";
    let Identity { issuer, subject, .. } = &due.identity;
    Ok(tx.run(sql, params![issuer, subject, due.asked_at, due.sealed.clone(), now]).await? == 1)
}

/// Whether it is still by this that their provider is asked. Whoever is told so is alone with them until the end of the
/// transaction.
pub async fn is_kept(tx: &mut Tx, identity: &Identity, sealed: &[u8]) -> Result<bool> {
    tx.lock(&format!("identity of {}", identity.user_id)).await?;
    let sql = "SELECT 1 AS found FROM identities WHERE issuer = $1 AND subject = $2 AND refresh_token = $3";
    Ok(tx.one(sql, params![&identity.issuer, &identity.subject, sealed.to_vec()]).await?.is_some())
}

/// Their provider has just vouched for them, and gave this to ask again by; `None` leaves what there is.
pub(super) async fn keep(tx: &mut Tx, identity: &Identity, sealed: Option<&[u8]>) -> Result<()> {
    let sql = "UPDATE identities SET refresh_token = COALESCE($3, refresh_token), asked_at = $4, refused_at = NULL
               WHERE issuer = $1 AND subject = $2";
    let Identity { issuer, subject, checked_at, .. } = identity;
    tx.run(sql, params![issuer, subject, sealed.map(<[u8]>::to_vec), *checked_at]).await.map(|_| ())
}

/// Puts what the provider gave in the place of that by which it was asked; `None` is to ask no more.
pub async fn replace(tx: &mut Tx, identity: &Identity, (old, new): (&[u8], Option<Vec<u8>>)) -> Result<()> {
    let sql = "UPDATE identities SET refresh_token = $4 WHERE issuer = $1 AND subject = $2 AND refresh_token = $3";
    tx.run(sql, params![&identity.issuer, &identity.subject, old.to_vec(), new]).await.map(|_| ())
}

/// Their provider vouches for them, and says no more than that.
pub async fn holds(tx: &mut Tx, identity: &Identity, (sealed, now): (&[u8], Timestamp)) -> Result<()> {
    let sql = "UPDATE identities SET checked_at = $4 WHERE issuer = $1 AND subject = $2 AND refresh_token = $3";
    tx.run(sql, params![&identity.issuer, &identity.subject, sealed.to_vec(), now]).await.map(|_| ())
}

/// Their provider vouches for them no more: its word does not count until they come again, and their sessions end.
pub async fn refuse(tx: &mut Tx, identity: &Identity, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE identities SET refresh_token = NULL, refused_at = $3 WHERE issuer = $1 AND subject = $2";
    tx.run(sql, params![&identity.issuer, &identity.subject, now]).await?;
    sessions::end_all(tx, &identity.user_id, now).await
}
