//! Identity providers that were added in the console. What changes one ends the epoch: by it all nodes read them anew.

use super::{Row, Store, Tx, epoch};
use crate::domain::{Actor, Error, ProviderKind, ProviderName, ProviderSettings, Result, Timestamp};
use crate::params;

/// How many there may be: all of them are known to every node.
pub const AT_MOST: u64 = 50;

/// A provider as it is kept.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: String,
    pub name: ProviderName,
    pub kind: ProviderKind,
    pub settings: ProviderSettings,
    /// Sealed; `None` where it has to be given again.
    pub secret: Option<Vec<u8>>,
    pub is_enabled: bool,
    /// Another number after each change.
    pub revision: i64,
    /// Since when it is asked in this way: who came by it since then has shown that it works.
    pub asked_since: Timestamp,
}

impl Stored {
    /// Whether who came by the one has shown that the other works.
    pub fn is_asked_like(&self, other: &Self) -> bool {
        let way = |it: &Self| {
            let ProviderSettings { url, api_url, client_id, scopes, groups_claim, .. } = it.settings.clone();
            (url, api_url, client_id, scopes, groups_claim, it.secret.clone())
        };
        way(self) == way(other)
    }
}

const COLUMNS: &str = "id, name, kind, title, url, api_url, client_id, secret, scopes, groups_claim, username_claim,
    open_sign_up, allowed_groups, admin_groups, is_enabled, revision, asked_since";

/// All of them, in the order of their names.
pub async fn all(store: &Store) -> Result<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM providers ORDER BY name");
    store.all(&sql, params![]).await?.into_iter().map(stored).collect()
}

/// The one of that name or id.
pub async fn find(store: &Store, text: &str) -> Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM providers WHERE name = $1 OR id = $1 ORDER BY name = $1 DESC LIMIT 1");
    store.one(&sql, params![text]).await?.map(stored).transpose()
}

/// Those in force, but for what the configuration sets.
pub(super) async fn in_force(tx: &mut Tx) -> Result<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM providers WHERE is_enabled = 1 AND secret IS NOT NULL");
    tx.all(&sql, params![]).await?.into_iter().map(stored).collect()
}

/// Whether all of these are in force still.
pub(super) async fn are_enabled(tx: &mut Tx, names: &[String]) -> Result<bool> {
    for name in names {
        let sql = "SELECT 1 AS found FROM providers WHERE name = $1 AND is_enabled = 1";
        if tx.one(sql, params![name]).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many people sign in by each provider: its name, its address, and the number.
pub async fn people(store: &Store) -> Result<Vec<(String, String, u64)>> {
    let sql = "SELECT provider, issuer, COUNT(DISTINCT user_id) FROM identities GROUP BY provider, issuer";
    let rows = store.all(sql, params![]).await?.into_iter();
    rows.map(|mut row| Ok((row.take()?, row.take()?, row.take()?))).collect()
}

/// Adds one; `false` if the name is taken.
///
/// # Errors
/// [`Error::Conflict`] if there are too many already.
pub async fn insert(tx: &mut Tx, new: &Stored, by: &Actor, now: Timestamp) -> Result<bool> {
    tx.lock("portolan providers").await?;
    let n_present: u64 = tx.one("SELECT COUNT(*) FROM providers", params![]).await?.ok_or(Error::Internal)?.take()?;
    if n_present >= AT_MOST {
        return Err(Error::Conflict(format!("there are {AT_MOST} sign-in providers already; remove one first")));
    }
    let sql = "INSERT INTO providers (id, name, kind, title, url, api_url, client_id, secret, scopes, groups_claim,
                 username_claim, open_sign_up, allowed_groups, admin_groups, is_enabled, revision, created_at,
                 created_by, changed_at, asked_since)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 1, $15, $16, $15, $15)
               ON CONFLICT (name) DO NOTHING";
    let Stored { id, name, kind, settings: s, secret, .. } = new;
    let (scopes, allowed, admins) = (list(&s.scopes)?, list(&s.allowed_groups)?, list(&s.admin_groups)?);
    let params = params![
        id,
        name,
        kind.name(),
        &s.title,
        &s.url,
        &s.api_url,
        &s.client_id,
        secret.clone(),
        scopes,
        &s.groups_claim,
        &s.username_claim,
        s.open_sign_up,
        allowed,
        admins,
        now,
        by
    ];
    let is_new = tx.run(sql, params).await? == 1;
    epoch::next(tx).await?;
    Ok(is_new)
}

/// Sets one, with the secret that it has from now on; `false` if it changed since it was read.
pub async fn update(tx: &mut Tx, new: &Stored, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE providers SET title = $3, url = $4, api_url = $5, client_id = $6, secret = $7, scopes = $8,
                 groups_claim = $9, username_claim = $10, open_sign_up = $11, allowed_groups = $12,
                 admin_groups = $13, is_enabled = $14, revision = revision + 1, changed_at = $15,
                 asked_since = $16
               WHERE id = $1 AND revision = $2";
    let Stored { id, settings: s, secret, is_enabled, revision, asked_since, .. } = new;
    let (scopes, allowed, admins) = (list(&s.scopes)?, list(&s.allowed_groups)?, list(&s.admin_groups)?);
    forget_groups(tx, id, &s.url).await?;
    let params = params![
        id,
        *revision,
        &s.title,
        &s.url,
        &s.api_url,
        &s.client_id,
        secret.clone(),
        scopes,
        &s.groups_claim,
        &s.username_claim,
        s.open_sign_up,
        allowed,
        admins,
        *is_enabled,
        now,
        *asked_since
    ];
    let is_set = tx.run(sql, params).await? == 1;
    epoch::next(tx).await?;
    Ok(is_set)
}

/// Takes one away. Who came by it stays, and rests.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool> {
    forget_groups(tx, id, "").await?;
    let is_gone = tx.run("DELETE FROM providers WHERE id = $1", params![id]).await? == 1;
    epoch::next(tx).await?;
    Ok(is_gone)
}

/// What stood for groups of a provider stands for none of another issuer's: it is forgotten where the address is not
/// `url` any more.
async fn forget_groups(tx: &mut Tx, id: &str, url: &str) -> Result<()> {
    for (table, column) in [("group_claims", "provider"), ("group_members", "source")] {
        let sql =
            format!("DELETE FROM {table} WHERE {column} = (SELECT name FROM providers WHERE id = $1 AND url <> $2)");
        tx.run(&sql, params![id, url]).await?;
    }
    Ok(())
}

fn list(of: &[String]) -> Result<String> {
    serde_json::to_string(of).map_err(|_| Error::Internal)
}

fn stored(mut row: Row) -> Result<Stored> {
    let list = |text: String| serde_json::from_str(&text).unwrap_or_default();
    let (id, name, kind): (_, _, String) = (row.take()?, row.take()?, row.take()?);
    let (title, url, api_url, client_id) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let secret = row.take()?;
    let settings = ProviderSettings {
        title,
        url,
        api_url,
        client_id,
        scopes: list(row.take()?),
        groups_claim: row.take()?,
        username_claim: row.take()?,
        open_sign_up: row.take()?,
        allowed_groups: list(row.take()?),
        admin_groups: list(row.take()?),
    };
    let (is_enabled, revision, asked_since) = (row.take()?, row.take()?, row.take()?);
    Ok(Stored { id, name, kind: kind.parse()?, settings, secret, is_enabled, revision, asked_since })
}
