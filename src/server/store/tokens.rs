//! Tokens of users and robots, by their fingerprints.

use super::{Row, Store, Tx, epoch, principals};
use crate::domain::view::TokenRow;
use crate::domain::{Error, Result, Role, Scope, TagPattern, Terms, Timestamp, TokenName};
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
        let bound = bound(&mut row)?;
        Ok(Token { id, principal_id, bound, expires_at: row.take()? })
    })
    .transpose()
}

fn bound(row: &mut Row) -> Result<Option<Terms>> {
    let (role, scope): (Option<Role>, Option<Scope>) = (row.take()?, row.take()?);
    let tags: Option<TagPattern> = row.take()?;
    Ok(role.zip(scope).map(|(role, scope)| Terms { role, scope, tags, expires_at: None }))
}

/// Tokens of a principal after `after`, oldest first.
pub async fn of_principal(store: &Store, principal_id: &str, after: &str, limit: u32) -> Result<Vec<TokenRow>> {
    let sql = "SELECT id, name, role, scope, tags, expires_at, created_at, used_at, used_from FROM tokens
               WHERE principal_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    let rows = store.all(sql, params![principal_id, after, limit]).await?;
    rows.into_iter().map(listed).collect()
}

fn listed(mut row: Row) -> Result<TokenRow> {
    let (id, name): (_, TokenName) = (row.take()?, row.take()?);
    let (bound, expires_at) = (bound(&mut row)?, row.take()?);
    let (created_at, used_at): (_, Timestamp) = (row.take()?, row.take()?);
    let (used_at, used_from) = ((used_at.0 != 0).then_some(used_at), row.take()?);
    Ok(TokenRow { id, name, bound, expires_at, created_at, used_at, used_from, reaches: false })
}

/// How many tokens a principal has, and whether one of them has this name. Until the transaction ends nobody else
/// adds one.
pub async fn count(tx: &mut Tx, principal_id: &str, name: &TokenName) -> Result<(u32, bool)> {
    hold(tx, principal_id).await?;
    let sql = "SELECT name FROM tokens WHERE principal_id = $1";
    let names = tx.all(sql, params![principal_id]).await?;
    let names: Vec<String> = names.into_iter().map(|mut row| row.take()).collect::<Result<_>>()?;
    Ok((names.len() as u32, names.iter().any(|own| own == name.as_str())))
}

/// Takes one of a principal's tokens away; `false` if it is gone already.
pub async fn delete_own(tx: &mut Tx, principal_id: &str, id: &str) -> Result<bool> {
    let n_deleted = tx.run("DELETE FROM tokens WHERE id = $1 AND principal_id = $2", params![id, principal_id]).await?;
    epoch::next(tx).await?;
    Ok(n_deleted == 1)
}

/// Lets nobody else change the tokens of a principal until the transaction ends: whoever writes its row makes others
/// wait.
async fn hold(tx: &mut Tx, principal_id: &str) -> Result<()> {
    tx.run("UPDATE principals SET name = name WHERE id = $1", params![principal_id]).await.map(|_| ())
}

/// Takes all tokens of a principal away. Until the transaction ends nobody else adds one.
pub async fn delete_all(tx: &mut Tx, principal_id: &str) -> Result<()> {
    hold(tx, principal_id).await?;
    tx.run("DELETE FROM tokens WHERE principal_id = $1", params![principal_id]).await?;
    epoch::next(tx).await
}

/// Notes that a token of a principal was used.
pub async fn used(tx: &mut Tx, (id, principal_id): (&str, &str), now: Timestamp, from: &str) -> Result<()> {
    tx.run("UPDATE tokens SET used_at = $2, used_from = $3 WHERE id = $1", params![id, now, from]).await?;
    principals::seen(tx, principal_id, now).await
}

/// How many tokens of a principal have not ended.
pub async fn count_live(tx: &mut Tx, principal_id: &str, now: Timestamp) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM tokens WHERE principal_id = $1 AND (expires_at IS NULL OR expires_at > $2)";
    tx.one(sql, params![principal_id, now]).await?.ok_or(Error::Internal)?.take()
}
