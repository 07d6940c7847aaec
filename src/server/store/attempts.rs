//! Browsers on their way through an identity provider: what they have to bring back, once and soon.

use super::{Store, Tx};
use crate::domain::{Result, Timestamp};
use crate::params;
use crate::server::secret::Secret;

/// How many may be under way. Who begins more pushes the oldest out: nobody fills the table from outside.
const AT_MOST: u32 = 20_000;
/// The same from one network.
const AT_MOST_FROM_ONE: u32 = 500;

/// A sign-in that was begun.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The provider's name.
    pub provider: String,
    /// SHA-256 of the cookie of the browser that began it, in hex.
    pub browser: String,
    pub nonce: String,
    pub verifier: Secret,
    /// Where to go on.
    pub next: String,
    /// The session of who only tries the provider; empty for who wants to sign in.
    pub tried_by: String,
    /// From which network it was begun.
    pub network: String,
    pub expires_at: Timestamp,
}

/// Keeps an attempt under the fingerprint of its state, and forgets those whose time is over.
pub async fn insert(tx: &mut Tx, state: &str, new: &Attempt, now: Timestamp) -> Result<()> {
    tx.run("DELETE FROM sign_in_attempts WHERE expires_at <= $1", params![now]).await?;
    let sql = "DELETE FROM sign_in_attempts WHERE state IN
               (SELECT state FROM sign_in_attempts ORDER BY expires_at DESC LIMIT 100 OFFSET $1)";
    tx.run(sql, params![AT_MOST]).await?;
    let sql = "DELETE FROM sign_in_attempts WHERE state IN (SELECT state FROM sign_in_attempts WHERE network = $1
                 ORDER BY expires_at DESC LIMIT 100 OFFSET $2)";
    tx.run(sql, params![&new.network, AT_MOST_FROM_ONE - 1]).await?;
    let sql = "INSERT INTO sign_in_attempts (state, provider, browser, nonce, verifier, next, expires_at,
                 tried_by, network)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let verifier = new.verifier.expose();
    let (provider, browser, nonce) = (&new.provider, &new.browser, &new.nonce);
    let (tried_by, network) = (&new.tried_by, &new.network);
    let params = params![state, provider, browser, nonce, verifier, &new.next, new.expires_at, tried_by, network];
    tx.run(sql, params).await.map(|_| ())
}

/// Whether an attempt has this state: whoever makes one up costs no write.
pub async fn is_there(store: &Store, state: &str) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM sign_in_attempts WHERE state = $1";
    Ok(store.one(sql, params![state]).await?.is_some())
}

/// Takes the attempt of a state, which nobody takes a second time; `None` if there is none whose time is left.
pub async fn take(tx: &mut Tx, state: &str, now: Timestamp) -> Result<Option<Attempt>> {
    let sql = "DELETE FROM sign_in_attempts WHERE state = $1
               RETURNING provider, browser, nonce, verifier, next, expires_at, tried_by, network";
    let Some(mut row) = tx.one(sql, params![state]).await? else { return Ok(None) };
    let attempt = Attempt {
        provider: row.take()?,
        browser: row.take()?,
        nonce: row.take()?,
        verifier: row.take::<String>()?.into(),
        next: row.take()?,
        expires_at: row.take()?,
        tried_by: row.take()?,
        network: row.take()?,
    };
    Ok(Some(attempt).filter(|attempt| now < attempt.expires_at))
}
