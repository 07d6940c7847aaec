//! Grants, and what they come to for one who asks.

use super::{Row, Store, Tx, epoch};
use crate::domain::principal::PrincipalKind;
use crate::domain::{Actor, RepositoryName, RepositoryVisibility, Result, Terms, Timestamp};
use crate::params;

/// Whom a grant is for, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GranteeId {
    Principal(PrincipalKind, String),
    Group(String),
    Everybody,
}

/// Gives something to somebody.
pub async fn insert(tx: &mut Tx, id: &str, to: &GranteeId, terms: &Terms, by: &Actor, now: Timestamp) -> Result<()> {
    let (kind, grantee) = match to {
        GranteeId::Principal(PrincipalKind::User, id) => ("user", id.as_str()),
        GranteeId::Principal(PrincipalKind::Robot, id) => ("robot", id.as_str()),
        GranteeId::Group(id) => ("group", id.as_str()),
        GranteeId::Everybody => ("anonymous", ""),
    };
    let sql = "INSERT INTO grants (id, grantee_kind, grantee, role, scope, tags, expires_at, created_at, created_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (tags, expires_at) = (terms.tags.as_ref().map(|tags| tags.as_str()), terms.expires_at.map(|at| at.0));
    let (role, scope) = (terms.role.name(), terms.scope.to_string());
    tx.run(sql, params![id, kind, grantee, role, scope, tags, expires_at, now, by]).await?;
    epoch::next(tx).await
}

/// What is granted to a principal, to their groups, and to everybody.
pub async fn of_principal(store: &Store, id: &str) -> Result<Vec<Terms>> {
    let sql = "SELECT role, scope, tags, expires_at FROM grants WHERE grantee IN ($1, '')
               UNION ALL SELECT g.role, g.scope, g.tags, g.expires_at FROM group_members m
                 JOIN grants g ON g.grantee = m.group_id AND g.grantee_kind = 'group' WHERE m.user_id = $1";
    store.all(sql, params![id]).await?.into_iter().map(terms).collect()
}

/// What is granted to everybody.
pub async fn of_everybody(store: &Store) -> Result<Vec<Terms>> {
    let sql = "SELECT role, scope, tags, expires_at FROM grants WHERE grantee = ''";
    store.all(sql, params![]).await?.into_iter().map(terms).collect()
}

/// How visible a repository is; one that does not exist is private.
pub async fn visibility(store: &Store, repository: &RepositoryName) -> Result<RepositoryVisibility> {
    let sql = "SELECT COALESCE(r.visibility, m.visibility) FROM repositories r JOIN mounts m ON m.id = r.mount_id
               WHERE r.name = $1";
    store.one(sql, params![repository]).await?.map_or(Ok(RepositoryVisibility::Private), |mut row| row.take())
}

fn terms(mut row: Row) -> Result<Terms> {
    Ok(Terms { role: row.take()?, scope: row.take()?, tags: row.take()?, expires_at: row.take()? })
}
