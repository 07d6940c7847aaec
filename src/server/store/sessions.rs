//! Sessions of browsers, and the links that work once.

use super::{Store, Tx, epoch, principals, runs};
use crate::domain::{Actor, Error, Result, Timestamp};
use crate::params;

/// A session on its way into the table.
pub struct NewSession {
    /// SHA-256 of what the cookie holds, in hex.
    pub fingerprint: String,
    /// By what its owner names it.
    pub id: String,
    pub user_id: String,
    pub created_at: Timestamp,
    /// From where, and with what, it was opened.
    pub address: String,
    pub agent: String,
}

/// A session that a cookie names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: String,
    pub user_id: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    /// By what it was opened, as the table calls it.
    way: String,
}

impl Session {
    /// Whether it was opened by a link that works once.
    pub fn is_by_link(&self) -> bool {
        self.way == LINK
    }

    /// The name of the provider by which it was opened, if it was.
    pub fn provider(&self) -> Option<&str> {
        self.way.strip_prefix(PROVIDER)
    }
}

/// What somebody was known by, which may have been taken from them meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// A password of this hash.
    Password(String),
    /// The same, chosen by a link a moment ago.
    Link(String),
    /// An identity at the provider of that name.
    Identity(String),
}

impl Known {
    /// As the table calls it.
    fn way(&self) -> String {
        match self {
            Self::Password(_) => "password".to_owned(),
            Self::Link(_) => LINK.to_owned(),
            Self::Identity(provider) => format!("{PROVIDER}{provider}"),
        }
    }
}

const LINK: &str = "link";
pub(super) const PROVIDER: &str = "provider:";

/// Opens a session, if its owner is still let in by what they showed.
pub async fn open(tx: &mut Tx, new: &NewSession, known: &Known) -> Result<bool> {
    let share = tx.dialect().for_share();
    let sql = format!(
        "SELECT 1 AS found FROM principals WHERE id = $1 AND disabled_at IS NULL
         AND (expires_at IS NULL OR expires_at > $2){share}"
    );
    if tx.one(&sql, params![&new.user_id, new.created_at]).await?.is_none() {
        return Ok(false);
    }
    let found = match known {
        Known::Password(hash) | Known::Link(hash) => {
            let sql = format!("SELECT 1 AS found FROM passwords WHERE user_id = $1 AND hash = $2{share}");
            tx.one(&sql, params![&new.user_id, hash]).await?
        }
        Known::Identity(provider) => {
            let sql = format!("SELECT 1 AS found FROM identities WHERE user_id = $1 AND provider = $2 LIMIT 1{share}");
            tx.one(&sql, params![&new.user_id, provider]).await?
        }
    };
    if found.is_some() {
        insert(tx, new, &known.way()).await?;
    }
    Ok(found.is_some())
}

async fn insert(tx: &mut Tx, new: &NewSession, way: &str) -> Result<()> {
    let sql = "INSERT INTO sessions (fingerprint, id, user_id, created_at, seen_at, address, agent, way)
               VALUES ($1, $2, $3, $4, $4, $5, $6, $7)";
    let params = params![&new.fingerprint, &new.id, &new.user_id, new.created_at, &new.address, &new.agent, way];
    tx.run(sql, params).await?;
    tx.run(
        "UPDATE principals SET seen_at = $2, seen_from = $3 WHERE id = $1",
        params![&new.user_id, new.created_at, &new.address],
    )
    .await?;
    Ok(())
}

/// The session of a cookie.
pub async fn find(store: &Store, fingerprint: &str) -> Result<Option<Session>> {
    let sql = "SELECT id, user_id, created_at, seen_at, way FROM sessions WHERE fingerprint = $1";
    let row = store.one(sql, params![fingerprint]).await?;
    row.map(|mut row| {
        let (id, user_id, created_at, seen_at) = (row.take()?, row.take()?, row.take()?, row.take()?);
        Ok(Session { id, user_id, created_at, seen_at, way: row.take()? })
    })
    .transpose()
}

/// When a session was opened, by the id that its owner sees.
pub async fn opened_at(store: &Store, id: &str) -> Result<Option<Timestamp>> {
    let row = store.one("SELECT created_at FROM sessions WHERE id = $1", params![id]).await?;
    row.map(|mut row| row.take()).transpose()
}

/// Notes that a session of a user is in use.
pub async fn seen(tx: &mut Tx, (id, user_id): (&str, &str), now: Timestamp) -> Result<()> {
    tx.run("UPDATE sessions SET seen_at = $2 WHERE id = $1", params![id, now]).await?;
    principals::seen(tx, user_id, now).await
}

/// Ends one session.
pub async fn end(tx: &mut Tx, id: &str) -> Result<()> {
    tx.run("DELETE FROM sessions WHERE id = $1", params![id]).await?;
    epoch::next(tx).await
}

/// How many sessions of a user are not over.
pub async fn count(tx: &mut Tx, user_id: &str, (idle, oldest): (Timestamp, Timestamp)) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND seen_at > $2 AND created_at > $3";
    tx.one(sql, params![user_id, idle, oldest]).await?.ok_or(Error::Internal)?.take()
}

/// Ends all sessions of a user, with the jobs that they began by one; how many sessions they were.
pub async fn end_all(tx: &mut Tx, user_id: &str, now: Timestamp) -> Result<u64> {
    let n_ended = tx.run("DELETE FROM sessions WHERE user_id = $1", params![user_id]).await?;
    runs::put_out(tx, user_id, now).await?;
    epoch::next(tx).await?;
    Ok(n_ended)
}

/// Ends all sessions of a user but one, and their jobs as [`end_all`] does.
pub async fn end_others(tx: &mut Tx, user_id: &str, id: &str, now: Timestamp) -> Result<()> {
    tx.run("DELETE FROM sessions WHERE user_id = $1 AND id <> $2", params![user_id, id]).await?;
    runs::put_out(tx, user_id, now).await?;
    epoch::next(tx).await
}

/// Ends one session of a user; `false` if they have none of that id.
pub async fn end_own(tx: &mut Tx, user_id: &str, id: &str) -> Result<bool> {
    let n_ended = tx.run("DELETE FROM sessions WHERE user_id = $1 AND id = $2", params![user_id, id]).await?;
    epoch::next(tx).await?;
    Ok(n_ended == 1)
}

/// Ends the links by which a user would choose a password.
pub async fn end_links(tx: &mut Tx, user_id: &str) -> Result<()> {
    tx.run("DELETE FROM one_time_links WHERE user_id = $1", params![user_id]).await.map(|_| ())
}

/// Removes sessions that were seen or made last at these times, at most so many; how many they were. They are over, so
/// nobody has to be told.
pub async fn sweep(tx: &mut Tx, (seen, created): (Timestamp, Timestamp), limit: u32) -> Result<u64> {
    let sql = "DELETE FROM sessions WHERE fingerprint IN (
                 SELECT fingerprint FROM sessions WHERE seen_at <= $1
                 UNION SELECT fingerprint FROM sessions WHERE created_at <= $2 LIMIT $3)";
    tx.run(sql, params![seen, created, limit]).await
}

/// Removes links that nobody used in time, at most so many; how many they were.
pub async fn sweep_links(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64> {
    let sql = "DELETE FROM one_time_links WHERE fingerprint IN (
                 SELECT fingerprint FROM one_time_links WHERE expires_at <= $1 LIMIT $2)";
    tx.run(sql, params![now, limit]).await
}

/// What a link that works once is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The first administrator.
    SetUp,
    /// Somebody who was invited chooses a password.
    Invite,
    /// Somebody who lost their password chooses another.
    Recover,
}

/// Keeps a link; one for the set-up takes the place of an earlier one.
pub async fn insert_link(
    tx: &mut Tx,
    fingerprint: &str,
    (purpose, user_id): (Purpose, Option<&str>),
    expires_at: Option<Timestamp>,
    (by, now): (&Actor, Timestamp),
) -> Result<()> {
    if purpose == Purpose::SetUp {
        tx.run("DELETE FROM one_time_links WHERE purpose = $1", params![purpose]).await?;
    }
    let sql = "INSERT INTO one_time_links (fingerprint, purpose, user_id, expires_at, created_at, created_by)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let expires_at = expires_at.map(|at| at.0);
    tx.run(sql, params![fingerprint, purpose, user_id, expires_at, now, by]).await.map(|_| ())
}

/// Whether a link for the first administrator is there.
pub async fn has_set_up_link(store: &Store) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM one_time_links WHERE purpose = $1 LIMIT 1";
    Ok(store.one(sql, params![Purpose::SetUp]).await?.is_some())
}

/// Ends the links that make the first administrator: there is one.
pub async fn end_set_up_links(tx: &mut Tx) -> Result<()> {
    tx.run("DELETE FROM one_time_links WHERE purpose = $1", params![Purpose::SetUp]).await.map(|_| ())
}

/// What a link is for and whom, if it still works.
pub async fn link(store: &Store, fingerprint: &str, now: Timestamp) -> Result<Option<(Purpose, Option<String>)>> {
    let sql = "SELECT purpose, user_id FROM one_time_links
               WHERE fingerprint = $1 AND (expires_at IS NULL OR expires_at > $2)";
    let row = store.one(sql, params![fingerprint, now]).await?;
    row.map(|mut row| Ok((row.take()?, row.take()?))).transpose()
}

/// Uses a link up. `false` if it does not work any more: somebody else used it, or its time is over.
pub async fn use_link(tx: &mut Tx, fingerprint: &str, purpose: Purpose, now: Timestamp) -> Result<bool> {
    let sql = "DELETE FROM one_time_links
               WHERE fingerprint = $1 AND purpose = $2 AND (expires_at IS NULL OR expires_at > $3)";
    Ok(tx.run(sql, params![fingerprint, purpose, now]).await? == 1)
}
