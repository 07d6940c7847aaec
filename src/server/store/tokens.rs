//! Tokens of users and robots, by their fingerprints.

use super::{Store, Tx, epoch};
use crate::domain::{Result, Role, Scope, TagPattern, Terms, Timestamp};
use crate::params;

/// A token on its way into the table.
pub struct NewToken {
    pub id: String,
    pub principal_id: String,
    pub name: String,
    /// SHA-256 of the secret, in hex.
    pub fingerprint: String,
    /// The most that it allows; `None` is all that its owner may.
    pub bound: Option<Terms>,
    pub expires_at: Option<Timestamp>,
}

/// A token that somebody presents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: String,
    pub principal_id: String,
    pub bound: Option<Terms>,
    pub expires_at: Option<Timestamp>,
}

/// Keeps a token.
pub async fn insert(tx: &mut Tx, new: &NewToken, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO tokens (id, principal_id, name, fingerprint, role, scope, tags, expires_at, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let bound = new.bound.as_ref();
    let (role, scope) = (bound.map(|terms| terms.role.name()), bound.map(|terms| terms.scope.to_string()));
    let tags = bound.and_then(|terms| terms.tags.as_ref()).map(|tags| tags.as_str());
    let expires_at = new.expires_at.map(|at| at.0);
    let params = params![&new.id, &new.principal_id, &new.name, &new.fingerprint, role, scope, tags, expires_at, now];
    tx.run(sql, params).await.map(|_| ())
}

/// The token of a secret.
pub async fn find(store: &Store, fingerprint: &str) -> Result<Option<Token>> {
    let sql = "SELECT id, principal_id, role, scope, tags, expires_at FROM tokens WHERE fingerprint = $1";
    token(store, sql, fingerprint).await
}

/// The token of that id.
pub async fn by_id(store: &Store, id: &str) -> Result<Option<Token>> {
    let sql = "SELECT id, principal_id, role, scope, tags, expires_at FROM tokens WHERE id = $1";
    token(store, sql, id).await
}

async fn token(store: &Store, sql: &str, of: &str) -> Result<Option<Token>> {
    let row = store.one(sql, params![of]).await?;
    row.map(|mut row| {
        let (id, principal_id) = (row.take()?, row.take()?);
        let (role, scope): (Option<Role>, Option<Scope>) = (row.take()?, row.take()?);
        let tags: Option<TagPattern> = row.take()?;
        let bound = role.zip(scope).map(|(role, scope)| Terms { role, scope, tags, expires_at: None });
        Ok(Token { id, principal_id, bound, expires_at: row.take()? })
    })
    .transpose()
}

/// Takes a token away.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    tx.run("DELETE FROM tokens WHERE id = $1", params![id]).await?;
    epoch::next(tx).await
}

/// Notes that a token was used.
pub async fn used(tx: &mut Tx, id: &str, now: Timestamp, from: &str) -> Result<()> {
    tx.run("UPDATE tokens SET used_at = $2, used_from = $3 WHERE id = $1", params![id, now, from]).await.map(|_| ())
}
