//! Which group of an issuer a name stands for, where names change hands there: the one that had it when it first counted.
//! Another one of the same name counts for nothing, until an administrator says that it is the same to them.

use super::{Store, Tx, epoch};
use crate::domain::{Result, Timestamp};
use crate::params;

/// The most that is read of them: of those names that mean anything here.
const AT_MOST: u32 = 5_000;

/// A name, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    pub value: String,
    /// What the issuer calls the group whatever its name is.
    pub id: String,
    /// The one that had the name when somebody came last who is in it; empty where that is the same.
    pub stranger: String,
    pub stranger_at: Timestamp,
}

const COLUMNS: &str = "value, id, stranger, stranger_at";

/// All of an issuer, in the order of their names.
pub async fn of_issuer(store: &Store, issuer: &str) -> Result<Vec<Pin>> {
    let sql = format!("SELECT {COLUMNS} FROM group_pins WHERE issuer = $1 ORDER BY value LIMIT $2");
    let rows = store.all(&sql, params![issuer, AT_MOST]).await?.into_iter();
    let pin = rows.map(|mut row| {
        Ok(Pin { value: row.take()?, id: row.take()?, stranger: row.take()?, stranger_at: row.take()? })
    });
    pin.collect()
}

/// Keeps what each name stands for that stood for nothing yet, and notes those that stand for another one by now: these
/// are returned.
pub async fn hold(tx: &mut Tx, issuer: &str, named: &[(String, String)], now: Timestamp) -> Result<Vec<String>> {
    tx.lock(&format!("groups of {issuer}")).await?;
    let mut strangers = vec![];
    for (value, id) in named {
        let sql = "INSERT INTO group_pins (issuer, value, id, pinned_at) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (issuer, value) DO NOTHING";
        if tx.run(sql, params![issuer, value, id, now]).await? == 1 {
            continue;
        }
        let sql = "UPDATE group_pins SET stranger = $3, stranger_at = $4 WHERE issuer = $1 AND value = $2 AND id <> $3";
        if tx.run(sql, params![issuer, value, id, now]).await? == 1 {
            strangers.push(value.clone());
        }
        // The one that is meant has its name again.
        let sql = "UPDATE group_pins SET stranger = '', stranger_at = 0
                   WHERE issuer = $1 AND value = $2 AND id = $3 AND stranger <> ''";
        tx.run(sql, params![issuer, value, id]).await?;
    }
    Ok(strangers)
}

/// Lets the name stand for the one that has it by now; what it stood for before, or nothing if it is another one still.
pub async fn accept(tx: &mut Tx, issuer: &str, (value, stranger): (&str, &str)) -> Result<Option<String>> {
    let sql = "SELECT id FROM group_pins WHERE issuer = $1 AND value = $2 AND stranger = $3";
    let before = tx.one(sql, params![issuer, value, stranger]).await?;
    let Some(before) = before.map(|mut row| row.take()).transpose()? else { return Ok(None) };
    let sql = "UPDATE group_pins SET id = stranger, stranger = '', stranger_at = 0 WHERE issuer = $1 AND value = $2";
    tx.run(sql, params![issuer, value]).await?;
    epoch::next(tx).await.map(|()| Some(before))
}
