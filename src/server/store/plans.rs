//! Plans that were redeemed: what was done by one is done once, and the answer is the same when it is asked again.

use super::{Store, Tx};
use crate::domain::{Result, Timestamp};
use crate::params;

/// The entries of the trash that a plan left, if it was redeemed.
pub async fn redeemed(store: &Store, id: &str) -> Result<Option<Vec<String>>> {
    let row = store.one("SELECT entries FROM redeemed_plans WHERE id = $1", params![id]).await?;
    row.map(|mut row| Ok(words(&row.take::<String>()?))).transpose()
}

/// The same inside a transaction.
pub async fn current(tx: &mut Tx, id: &str) -> Result<Option<Vec<String>>> {
    let row = tx.one("SELECT entries FROM redeemed_plans WHERE id = $1", params![id]).await?;
    row.map(|mut row| Ok(words(&row.take::<String>()?))).transpose()
}

/// Notes what a plan left, and forgets plans that nobody can redeem any more.
pub async fn redeem(tx: &mut Tx, id: &str, entries: &[String], now: Timestamp) -> Result<()> {
    tx.run("DELETE FROM redeemed_plans WHERE at < $1", params![now.plus_days(-2)]).await?;
    let sql = "INSERT INTO redeemed_plans (id, at, entries) VALUES ($1, $2, $3)";
    tx.run(sql, params![id, now, entries.join(" ")]).await.map(|_| ())
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
