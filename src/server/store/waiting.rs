//! People who signed in at a provider and whom nobody has let in yet.

use super::keyset::{self, Keyset, Order};
use super::{Row, Store, Tx};
use crate::domain::page::Position;
use crate::domain::{Cursor, Error, Page, Result, Timestamp};
use crate::params;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many may wait. The one who was seen least lately goes: strangers cannot fill the table.
const AT_MOST: u32 = 1_000;

/// How many are counted at most for the sign beside the entry of users: one more than it shows.
const COUNTED: u32 = 51;

/// For how long that count is known. What this node does ends it at once; what another does shows when it is over.
const KNOWN_FOR: Duration = Duration::from_secs(60);

/// How many waited a moment ago.
#[derive(Default)]
pub(super) struct Counted(Mutex<Option<(Instant, u64)>>);

/// How many wait, as far as anybody counts.
pub async fn count(store: &Store) -> Result<u64> {
    let known = *store.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, n_waiting)) = known.filter(|(at, _)| at.elapsed() < KNOWN_FOR) {
        return Ok(n_waiting);
    }
    let at = Instant::now(); // Before the question: what is written after it is not known by it.
    let sql = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM waiting_people LIMIT $1) AS counted";
    let n_waiting = store.one(sql, params![COUNTED]).await?.ok_or(Error::Internal)?.take()?;
    *store.waiting.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, n_waiting));
    Ok(n_waiting)
}

/// Somebody waits, or does no more.
pub fn changed(store: &Store) {
    *store.waiting.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub issuer: String,
    pub subject: String,
    pub provider: String,
    pub email: String,
    /// Whether the provider said that the address is theirs.
    pub email_verified: bool,
    pub name: String,
    pub groups: Vec<String>,
    /// What they may be called here, the best first, as the provider spells it.
    pub usernames: Vec<String>,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// Notes that somebody waits, or still does.
pub async fn note(tx: &mut Tx, who: &Waiting) -> Result<()> {
    let sql = "INSERT INTO waiting_people (issuer, subject, provider, email, name, claimed, spelled, first_at, last_at,
                 email_verified)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (issuer, subject) DO UPDATE SET
               provider = excluded.provider, email = excluded.email, name = excluded.name,
               claimed = excluded.claimed, spelled = excluded.spelled, last_at = excluded.last_at,
               email_verified = excluded.email_verified";
    let list = |of: &Vec<String>| serde_json::to_string(of).map_err(|_| Error::Internal);
    let (issuer, subject, provider) = (&who.issuer, &who.subject, &who.provider);
    let (claimed, spelled) = (list(&who.groups)?, list(&who.usernames)?);
    let params = params![
        issuer,
        subject,
        provider,
        &who.email,
        &who.name,
        claimed,
        spelled,
        who.first_at,
        who.last_at,
        who.email_verified
    ];
    tx.run(sql, params).await?;
    let sql = "DELETE FROM waiting_people WHERE (issuer, subject) IN
               (SELECT issuer, subject FROM waiting_people ORDER BY last_at DESC LIMIT 100 OFFSET $1)";
    tx.run(sql, params![AT_MOST]).await.map(|_| ())
}

const COLUMNS: &str = "issuer, subject, provider, email, name, claimed, spelled, first_at, last_at, email_verified";

/// Who came last first; of the same moment in the order of identities. No address has a space in it.
const LATEST: Order = Order { key: Some("last_at"), name: "issuer || ' ' || subject" };

/// A page of those who wait, who came last first.
pub async fn latest(store: &Store, position: &Position, limit: u32) -> Result<Page<Waiting>> {
    let Keyset { condition, order_by, params } = LATEST.at(position, 2);
    let sql = format!("SELECT {COLUMNS} FROM waiting_people WHERE 1 = 1 {condition} {order_by} LIMIT $1");
    let params = params![limit.saturating_add(1)].into_iter().chain(params).collect();
    let rows = store.all(&sql, params).await?.into_iter().map(|row| {
        let who = waiting(row)?;
        let cursor = Cursor { key: who.last_at.0, name: format!("{} {}", who.issuer, who.subject) };
        Ok((cursor, who))
    });
    Ok(keyset::page(rows.collect::<Result<Vec<_>>>()?, position, limit))
}

/// Those after an identity in the order of identities, for programs that read all of them.
pub async fn page(store: &Store, (issuer, subject): (&str, &str), limit: u32) -> Result<Vec<Waiting>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM waiting_people WHERE (issuer, subject) > ($1, $2) ORDER BY issuer, subject LIMIT $3"
    );
    store.all(&sql, params![issuer, subject, limit]).await?.into_iter().map(waiting).collect()
}

/// The one who waits under that identity.
pub async fn find(store: &Store, issuer: &str, subject: &str) -> Result<Option<Waiting>> {
    let sql = format!("SELECT {COLUMNS} FROM waiting_people WHERE issuer = $1 AND subject = $2");
    store.one(&sql, params![issuer, subject]).await?.map(waiting).transpose()
}

fn waiting(mut row: Row) -> Result<Waiting> {
    let list = |text: String| serde_json::from_str(&text).unwrap_or_default();
    Ok(Waiting {
        issuer: row.take()?,
        subject: row.take()?,
        provider: row.take()?,
        email: row.take()?,
        name: row.take()?,
        groups: list(row.take()?),
        usernames: list(row.take()?),
        first_at: row.take()?,
        last_at: row.take()?,
        email_verified: row.take()?,
    })
}

/// Somebody waits no longer.
pub async fn remove(tx: &mut Tx, issuer: &str, subject: &str) -> Result<()> {
    let sql = "DELETE FROM waiting_people WHERE issuer = $1 AND subject = $2";
    tx.run(sql, params![issuer, subject]).await.map(|_| ())
}
