//! Which groups of a provider are which of ours. Who is in them follows from what providers last said of each person.

use super::{Store, Tx, epoch};
use crate::domain::{GroupName, Result};
use crate::params;

/// A group of a provider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    pub provider: String,
    pub value: String,
}

/// Those that one of our groups stands for.
pub async fn of_group(store: &Store, group_id: &str) -> Result<Vec<Claim>> {
    let sql = "SELECT provider, value FROM group_claims WHERE group_id = $1 ORDER BY provider, value";
    let rows = store.all(sql, params![group_id]).await?.into_iter();
    rows.map(|mut row| Ok(Claim { provider: row.take()?, value: row.take()? })).collect()
}

/// One of our groups by its name: its id, and the groups that it stands for.
pub async fn with_group(store: &Store, name: &GroupName) -> Result<Option<(String, Vec<Claim>)>> {
    let sql = "SELECT g.id, c.provider, c.value FROM user_groups g LEFT JOIN group_claims c ON c.group_id = g.id
               WHERE g.name = $1 ORDER BY c.provider, c.value";
    let (mut id, mut claims) = (None, Vec::new());
    for mut row in store.all(sql, params![name]).await? {
        id = Some(row.take()?);
        let (provider, value): (Option<String>, Option<String>) = (row.take()?, row.take()?);
        claims.extend(provider.zip(value).map(|(provider, value)| Claim { provider, value }));
    }
    Ok(id.map(|id| (id, claims)))
}

/// Says anew what a group stands for. Whom providers named at their last sign-in is in it at once, and who was in it
/// by what is gone is not.
pub async fn set(tx: &mut Tx, group_id: &str, claims: &[Claim]) -> Result<()> {
    tx.run("DELETE FROM group_claims WHERE group_id = $1", params![group_id]).await?;
    for Claim { provider, value } in claims {
        let sql = "INSERT INTO group_claims (group_id, provider, value) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        tx.run(sql, params![group_id, provider, value]).await?;
    }
    tx.run("DELETE FROM group_members WHERE group_id = $1 AND source <> ''", params![group_id]).await?;
    let sql = "INSERT INTO group_members (group_id, user_id, source)
               SELECT DISTINCT c.group_id, i.user_id, i.provider FROM group_claims c
                 JOIN identities i ON i.provider = c.provider
                 JOIN claimed_groups g ON g.issuer = i.issuer AND g.subject = i.subject AND g.value = c.value
               WHERE c.group_id = $1";
    tx.run(sql, params![group_id]).await?;
    epoch::next(tx).await
}

/// The groups of a provider that stand for one of ours.
pub async fn values(store: &Store, provider: &str) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT value FROM group_claims WHERE provider = $1";
    store.all(sql, params![provider]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// The same, each with the name of ours.
pub async fn named(store: &Store, provider: &str) -> Result<Vec<(String, GroupName)>> {
    let sql =
        "SELECT c.value, u.name FROM group_claims c JOIN user_groups u ON u.id = c.group_id WHERE c.provider = $1";
    let rows = store.all(sql, params![provider]).await?.into_iter();
    rows.map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// Which of our groups the groups of a provider are: its name for one, and our id.
pub async fn of_provider(tx: &mut Tx, provider: &str) -> Result<Vec<(String, String)>> {
    let sql = "SELECT value, group_id FROM group_claims WHERE provider = $1";
    let rows = tx.all(sql, params![provider]).await?.into_iter();
    rows.map(|mut row| Ok((row.take()?, row.take()?))).collect()
}
