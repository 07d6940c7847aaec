//! Sign-ins by a provider that came to an end: none does so twice.

use super::Tx;
use crate::domain::{Result, Timestamp};
use crate::params;

/// How many are remembered. Beyond that the oldest is forgotten: its code is worth nothing at the provider either.
const AT_MOST: u32 = 20_000;
/// The same from one network.
const AT_MOST_FROM_ONE: u32 = 500;

/// Ends the attempt of that state, given by its fingerprint, which was begun from a network; `false` if it was ended
/// before. Those that could not be ended any more are forgotten.
pub async fn end(tx: &mut Tx, state: &str, network: &str, (expires_at, now): (Timestamp, Timestamp)) -> Result<bool> {
    tx.run("DELETE FROM ended_attempts WHERE expires_at <= $1", params![now]).await?;
    let sql = "DELETE FROM ended_attempts WHERE state IN
               (SELECT state FROM ended_attempts ORDER BY expires_at DESC LIMIT 100 OFFSET $1)";
    tx.run(sql, params![AT_MOST]).await?;
    let sql = "DELETE FROM ended_attempts WHERE state IN (SELECT state FROM ended_attempts WHERE network = $1
                 ORDER BY expires_at DESC LIMIT 100 OFFSET $2)";
    tx.run(sql, params![network, AT_MOST_FROM_ONE - 1]).await?;
    let sql =
        "INSERT INTO ended_attempts (state, network, expires_at) VALUES ($1, $2, $3) ON CONFLICT (state) DO NOTHING";
    Ok(tx.run(sql, params![state, network, expires_at]).await? == 1)
}
