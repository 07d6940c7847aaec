//! Users and robots, and the passwords of users.

use super::{Row, Store, Tx};
use crate::domain::principal::{Principal, PrincipalKind};
use crate::domain::{Actor, Error, Result, Timestamp, Username};
use crate::params;

const COLUMNS: &str = "id, kind, username, name, email, namespace, expires_at, disabled_at, created_at, seen_at";

/// Who has this username, if anybody.
pub async fn by_username(store: &Store, username: &Username) -> Result<Option<Principal>> {
    let sql = format!("SELECT {COLUMNS} FROM principals WHERE username = $1");
    store.one(&sql, params![username]).await?.map(principal).transpose()
}

/// Who has this id, if anybody.
pub async fn by_id(store: &Store, id: &str) -> Result<Option<Principal>> {
    let sql = format!("SELECT {COLUMNS} FROM principals WHERE id = $1");
    store.one(&sql, params![id]).await?.map(principal).transpose()
}

/// Users after `after` in the order of their names.
pub async fn users(store: &Store, after: &str, limit: u32) -> Result<Vec<Principal>> {
    let sql =
        format!("SELECT {COLUMNS} FROM principals WHERE kind = 'user' AND username > $1 ORDER BY username LIMIT $2");
    store.all(&sql, params![after, limit]).await?.into_iter().map(principal).collect()
}

/// That somebody else has a username.
pub fn taken(username: &Username) -> Error {
    Error::Conflict(format!("the username {username} is taken; choose another one"))
}

/// Adds somebody; `false` if the username is taken.
pub async fn insert(tx: &mut Tx, new: &Principal, by: &Actor) -> Result<bool> {
    let sql = "INSERT INTO principals (id, kind, username, name, email, namespace, expires_at, created_at, created_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (username) DO NOTHING";
    let namespace = new.namespace.as_ref().map(|it| it.as_str().to_owned());
    let expires_at = new.expires_at.map(|at| at.0);
    let params =
        params![&new.id, new.kind, &new.username, &new.name, &new.email, namespace, expires_at, new.created_at, by];
    Ok(tx.run(sql, params).await? == 1)
}

/// Notes that somebody is here. Where somebody else changes them at the moment nobody waits for it.
pub(super) async fn seen(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    let unless_held = tx.dialect().skip_locked();
    let sql = format!(
        "UPDATE principals SET seen_at = $2 WHERE id IN
         (SELECT id FROM principals WHERE id = $1 AND seen_at < $2{unless_held})"
    );
    tx.run(&sql, params![id, now]).await.map(|_| ())
}

/// Lets somebody in no more (`at`), or again (`None`).
pub async fn set_disabled(tx: &mut Tx, id: &str, at: Option<Timestamp>) -> Result<()> {
    let sql = "UPDATE principals SET disabled_at = $2 WHERE id = $1";
    tx.run(sql, params![id, at.map(|at| at.0)]).await?;
    super::epoch::next(tx).await
}

/// The hash of a user's password, where they have one.
pub async fn password(store: &Store, user_id: &str) -> Result<Option<String>> {
    let sql = "SELECT hash FROM passwords WHERE user_id = $1";
    store.one(sql, params![user_id]).await?.map(|mut row| row.take()).transpose()
}

/// Whether a user can sign in: by a password, or by an identity at a provider.
pub async fn has_way_in(tx: &mut Tx, user_id: &str) -> Result<bool> {
    let sql = "SELECT 1 AS found FROM principals p WHERE p.id = $1
               AND (EXISTS (SELECT 1 FROM passwords w WHERE w.user_id = p.id)
                 OR EXISTS (SELECT 1 FROM identities i WHERE i.user_id = p.id))";
    Ok(tx.one(sql, params![user_id]).await?.is_some())
}

/// Sets a user's password.
pub async fn set_password(tx: &mut Tx, user_id: &str, hash: &str, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO passwords (user_id, hash, changed_at, imported_cost) VALUES ($1, $2, $3, $4)
               ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at,
                 imported_cost = excluded.imported_cost";
    tx.run(sql, params![user_id, hash, now, imported_cost(hash)]).await?;
    super::epoch::next(tx).await
}

/// Keeps the same password by another hash; `false` if it is another password by now. Nobody loses a way in by it.
pub async fn renew(tx: &mut Tx, user_id: &str, (old, new): (&str, &str), now: Timestamp) -> Result<bool> {
    let sql = "UPDATE passwords SET hash = $3, changed_at = $4, imported_cost = $5 WHERE user_id = $1 AND hash = $2";
    Ok(tx.run(sql, params![user_id, old, new, now, imported_cost(new)]).await? == 1)
}

/// What the costliest of the hashes costs that came from another registry; 0 where there is none.
pub async fn highest_imported_cost(store: &Store) -> Result<u32> {
    let sql = "SELECT COALESCE(MAX(imported_cost), 0) FROM passwords";
    let cost: u64 = store.one(sql, params![]).await?.ok_or(Error::Internal)?.take()?;
    Ok(u32::try_from(cost).unwrap_or_default())
}

/// The cost of a hash of another registry, such as `$2y$10$…`; 0 for one of ours.
fn imported_cost(hash: &str) -> u32 {
    let cost = hash.strip_prefix("$2").and_then(|rest| rest.split('$').nth(1)?.parse().ok());
    cost.unwrap_or_default()
}

fn principal(mut row: Row) -> Result<Principal> {
    Ok(Principal {
        id: row.take()?,
        kind: row.take::<PrincipalKind>()?,
        username: row.take()?,
        name: row.take()?,
        email: row.take()?,
        namespace: row.take()?,
        expires_at: row.take()?,
        disabled_at: row.take()?,
        created_at: row.take()?,
        seen_at: row.take::<Timestamp>().map(|at| (at.0 != 0).then_some(at))?,
    })
}
