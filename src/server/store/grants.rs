//! Grants, and what they come to for one who asks.

use super::{Row, Store, Tx, Value, epoch};
use crate::domain::principal::PrincipalKind;
use crate::domain::{
    Actor, Error, Grant, Grantee, Namespace, RepositoryName, RepositoryVisibility, Result, Scope, Terms, Timestamp,
};
use crate::params;

/// Whom a grant is for, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GranteeId {
    Principal(PrincipalKind, String),
    Group(String),
    Everybody,
}

/// The most grants to one, and to everybody, in one namespace at the top.
const MOST_TO_ONE: u64 = 500;
const MOST_TO_EVERYBODY: u64 = 100;

/// Gives something to somebody.
///
/// # Errors
/// [`Error::Conflict`] if they have the same already: one of two alike would stay when the other is taken.
pub async fn insert(tx: &mut Tx, id: &str, to: &GranteeId, terms: &Terms, by: &Actor, now: Timestamp) -> Result<()> {
    if !is_there(tx, to).await? {
        return Err(Error::invalid("principal", "whoever it was for is gone"));
    }
    let (kind, grantee) = match to {
        GranteeId::Principal(PrincipalKind::User, id) => ("user", id.as_str()),
        GranteeId::Principal(PrincipalKind::Robot, id) => ("robot", id.as_str()),
        GranteeId::Group(id) => ("group", id.as_str()),
        GranteeId::Everybody => ("anonymous", ""),
    };
    tx.lock(&format!("grants of {kind} {grantee}")).await?;
    refuse_a_second(tx, (kind, grantee), ("", terms)).await?;
    refuse_too_many(tx, (kind, grantee), &terms.scope).await?;
    let sql = "INSERT INTO grants (id, grantee_kind, grantee, role, scope, tags, expires_at, created_at, created_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (tags, expires_at) = (terms.tags.as_ref().map(|tags| tags.as_str()), terms.expires_at.map(|at| at.0));
    let (role, scope) = (terms.role.name(), terms.scope.to_string());
    tx.run(sql, params![id, kind, grantee, role, scope, tags, expires_at, now, by]).await?;
    epoch::next(tx).await
}

/// Besides the grant of that id.
async fn refuse_a_second(tx: &mut Tx, (kind, grantee): (&str, &str), (id, terms): (&str, &Terms)) -> Result<()> {
    let sql = "SELECT expires_at FROM grants WHERE grantee = $2 AND grantee_kind = $1 AND source = ''
               AND role = $3 AND scope = $4 AND COALESCE(tags, '') = $5 AND id <> $6";
    let tags = terms.tags.as_ref().map_or("", |tags| tags.as_str());
    let params = params![kind, grantee, terms.role.name(), terms.scope.to_string(), tags, id];
    let Some(mut row) = tx.one(sql, params).await? else { return Ok(()) };
    let end = match row.take::<Option<i64>>()? {
        Some(end) => format!("until {}", &Timestamp(end).rfc3339()[..10]),
        None => "without an end".to_owned(),
    };
    Err(Error::Conflict(format!("they have this already, {end}; take that away first to give it otherwise")))
}

/// All that one is given is looked up with them. The bound counts within one namespace at the top: nobody who gives there
/// uses up what is given elsewhere.
async fn refuse_too_many(tx: &mut Tx, (kind, grantee): (&str, &str), scope: &Scope) -> Result<()> {
    let scope = scope.to_string();
    let Some((top, _)) = scope.split_once('/') else { return Ok(()) };
    let sql = "SELECT COUNT(*) FROM grants WHERE grantee = $2 AND grantee_kind = $1
               AND SUBSTR(scope, 1, LENGTH($3)) = $3";
    let row = tx.one(sql, params![kind, grantee, format!("{top}/")]).await?;
    let n_given: u64 = row.map_or(Ok(0), |mut row| row.take())?;
    let most = if grantee.is_empty() { MOST_TO_EVERYBODY } else { MOST_TO_ONE };
    match n_given < most {
        true => Ok(()),
        false => Err(Error::Conflict(format!(
            "they have {most} grants in {top} already; give a namespace in place of its repositories one by one"
        ))),
    }
}

/// Whether a namespace holds repositories and nobody is left to whom it belongs without an end: no person, and no group
/// that has somebody.
pub async fn is_ownerless(tx: &mut Tx, namespace: &Namespace) -> Result<bool> {
    let below = format!("{namespace}/");
    let held = "SELECT 1 AS found FROM repositories WHERE name >= $1 AND name < $2 LIMIT 1";
    if tx.one(held, params![&below, format!("{namespace}0")]).await?.is_none() {
        return Ok(false);
    }
    let mut scopes = vec!["*".to_owned(), format!("{namespace}/*")];
    scopes.extend(namespace.as_str().match_indices('/').map(|(at, _)| format!("{}/*", &namespace.as_str()[..at])));
    let slots: Vec<String> = (1..=scopes.len()).map(|slot| format!("${slot}")).collect();
    let sql = format!(
        "SELECT 1 AS found FROM grants g WHERE g.role = 'owner' AND g.expires_at IS NULL AND g.scope IN ({})
         AND (EXISTS (SELECT 1 FROM principals p WHERE p.id = g.grantee AND p.kind = 'user' AND p.disabled_at IS NULL)
           OR EXISTS (SELECT 1 FROM group_members m WHERE m.group_id = g.grantee)) LIMIT 1",
        slots.join(", ")
    );
    Ok(tx.one(&sql, scopes.into_iter().map(Value::from).collect()).await?.is_none())
}

/// Whether whom a grant is for is there, and stays until the transaction ends.
async fn is_there(tx: &mut Tx, to: &GranteeId) -> Result<bool> {
    let (table, id) = match to {
        GranteeId::Everybody => return Ok(true),
        GranteeId::Principal(_, id) => ("principals", id),
        GranteeId::Group(id) => ("user_groups", id),
    };
    let sql = format!("SELECT 1 AS found FROM {table} WHERE id = $1{}", tx.dialect().for_share());
    Ok(tx.one(&sql, params![id]).await?.is_some())
}

/// Of grants whose people are there.
pub(super) const NOBODYS_LEFT: &str = "(g.grantee = '' OR p.id IS NOT NULL OR u.id IS NOT NULL)";

const LISTED: &str = "SELECT g.id, g.grantee_kind, COALESCE(p.username, u.name, ''), g.role, g.scope, g.tags,
        g.expires_at, g.created_at
    FROM grants g LEFT JOIN principals p ON p.id = g.grantee LEFT JOIN user_groups u ON u.id = g.grantee";

/// Grants on this very scope after `after`, or on any, oldest first.
pub async fn list(store: &Store, scope: Option<&Scope>, after: &str, limit: u32) -> Result<Vec<Grant>> {
    let (only, scope) =
        if let Some(scope) = scope { ("AND g.scope = $3", scope.to_string()) } else { ("", String::new()) };
    let sql = format!("{LISTED} WHERE {NOBODYS_LEFT} AND g.id > $1 {only} ORDER BY g.id LIMIT $2");
    let mut params = params![after, limit];
    params.extend((!only.is_empty()).then(|| scope.into()));
    store.all(&sql, params).await?.into_iter().map(grant).collect()
}

/// The grant of that id.
pub async fn find(store: &Store, id: &str) -> Result<Option<Grant>> {
    let sql = format!("{LISTED} WHERE {NOBODYS_LEFT} AND g.id = $1");
    store.one(&sql, params![id]).await?.map(grant).transpose()
}

/// When the last of what a user holds ends, by themselves or by their groups: `None` is never.
pub async fn latest_end(tx: &mut Tx, user_id: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT expires_at FROM grants WHERE (grantee = $1 AND grantee_kind = 'user') OR (grantee_kind = 'group'
                 AND grantee IN (SELECT m.group_id FROM group_members m WHERE m.user_id = $1))
               ORDER BY expires_at IS NULL DESC, expires_at DESC LIMIT 1";
    let row = tx.one(sql, params![user_id]).await?;
    row.map_or(Ok(Some(Timestamp(0))), |mut row| row.take())
}

/// Takes a grant away that says this; `false` if it is gone, or says something else by now.
pub async fn take(tx: &mut Tx, id: &str, terms: &Terms) -> Result<bool> {
    let sql = format!("DELETE FROM grants WHERE id = $1 AND {}", saying(2));
    let params = params![id].into_iter().chain(said(terms)).collect();
    let n_deleted = tx.run(&sql, params).await?;
    epoch::next(tx).await?;
    Ok(n_deleted == 1)
}

/// The condition that a grant says what [`said`] gives.
fn saying(first: usize) -> String {
    let [role, scope, tags, end] = [first, first + 1, first + 2, first + 3];
    format!("role = ${role} AND scope = ${scope} AND COALESCE(tags, '') = ${tags} AND COALESCE(expires_at, 0) = ${end}")
}

fn said(terms: &Terms) -> Vec<Value> {
    let tags = terms.tags.as_ref().map_or("", |tags| tags.as_str());
    params![terms.role.name(), terms.scope.to_string(), tags, terms.expires_at.map_or(0, |at| at.0)]
}

/// Takes a grant away; `false` if it is gone already.
pub(super) async fn delete(tx: &mut Tx, id: &str) -> Result<bool> {
    let n_deleted = tx.run("DELETE FROM grants WHERE id = $1", params![id]).await?;
    epoch::next(tx).await?;
    Ok(n_deleted == 1)
}

/// Gives the same grant other terms; `false` if it is gone, or says something else than `before` by now.
///
/// # Errors
/// [`Error::Conflict`] if they have the same by another one.
pub async fn change(tx: &mut Tx, id: &str, before: &Terms, terms: &Terms) -> Result<bool> {
    let sql = "SELECT grantee_kind, grantee FROM grants WHERE id = $1";
    let Some(mut row) = tx.one(sql, params![id]).await? else { return Ok(false) };
    let (kind, grantee): (String, String) = (row.take()?, row.take()?);
    tx.lock(&format!("grants of {kind} {grantee}")).await?;
    refuse_a_second(tx, (&kind, &grantee), (id, terms)).await?;
    if terms.scope != before.scope {
        refuse_too_many(tx, (&kind, &grantee), &terms.scope).await?;
    }
    let sql =
        format!("UPDATE grants SET role = $2, scope = $3, tags = $4, expires_at = $5 WHERE id = $1 AND {}", saying(6));
    let (tags, expires_at) = (terms.tags.as_ref().map(|tags| tags.as_str()), terms.expires_at.map(|at| at.0));
    let new = params![id, terms.role.name(), terms.scope.to_string(), tags, expires_at];
    let n_changed = tx.run(&sql, new.into_iter().chain(said(before)).collect()).await?;
    epoch::next(tx).await?;
    Ok(n_changed == 1)
}

/// By which id grants know somebody, if there is somebody of that name.
pub async fn id_of(store: &Store, to: &Grantee) -> Result<Option<GranteeId>> {
    let (sql, name) = match to {
        Grantee::Anonymous => return Ok(Some(GranteeId::Everybody)),
        Grantee::User(name) => ("SELECT id FROM principals WHERE kind = 'user' AND username = $1", name.as_str()),
        Grantee::Robot(name) => ("SELECT id FROM principals WHERE kind = 'robot' AND username = $1", name.as_str()),
        Grantee::Group(name) => ("SELECT id FROM user_groups WHERE name = $1", name.as_str()),
    };
    let Some(mut row) = store.one(sql, params![name]).await? else { return Ok(None) };
    let id = row.take()?;
    Ok(Some(match to {
        Grantee::Robot(_) => GranteeId::Principal(PrincipalKind::Robot, id),
        Grantee::Group(_) => GranteeId::Group(id),
        Grantee::User(_) | Grantee::Anonymous => GranteeId::Principal(PrincipalKind::User, id),
    }))
}

/// Sets how visible a repository is; what it was before.
pub async fn set_visibility(
    tx: &mut Tx,
    repository: &RepositoryName,
    visibility: RepositoryVisibility,
) -> Result<Option<RepositoryVisibility>> {
    let Some(mut row) = tx.one(VISIBILITY, params![repository]).await? else { return Ok(None) };
    let before = row.take()?;
    let sql = "UPDATE repositories SET visibility = $2 WHERE name = $1";
    tx.run(sql, params![repository, visibility.name()]).await?;
    epoch::next(tx).await?;
    Ok(Some(before))
}

/// The grants of a principal, of their groups, and of everybody. What providers say of them counts for those of
/// `providers`.
fn of_one(id: &str, providers: &[String]) -> (String, Vec<Value>) {
    let named: String = (2..providers.len() + 2).map(|slot| format!(", ${slot}")).collect();
    let sql = format!(
        "SELECT role, scope, tags, expires_at FROM grants WHERE grantee IN ($1, '') AND source IN (''{named})
         UNION ALL SELECT g.role, g.scope, g.tags, g.expires_at FROM group_members m
           JOIN grants g ON g.grantee = m.group_id AND g.grantee_kind = 'group'
         WHERE m.user_id = $1 AND m.source IN (''{named})"
    );
    (sql, std::iter::once(id).chain(providers.iter().map(String::as_str)).map(Value::from).collect())
}

/// What is granted to a principal, to their groups, and to everybody.
pub async fn of_principal(store: &Store, id: &str, providers: &[String]) -> Result<Vec<Terms>> {
    let (sql, params) = of_one(id, providers);
    store.all(&sql, params).await?.into_iter().map(|mut row| terms(&mut row)).collect()
}

/// What is granted to everybody.
pub async fn of_everybody(store: &Store) -> Result<Vec<Terms>> {
    let sql = "SELECT role, scope, tags, expires_at FROM grants WHERE grantee = ''";
    store.all(sql, params![]).await?.into_iter().map(|mut row| terms(&mut row)).collect()
}

/// The same for a principal, or for nobody in particular, inside a transaction.
pub(super) async fn current(tx: &mut Tx, id: Option<&str>, providers: &[String]) -> Result<Vec<Terms>> {
    // Nobody's id is that of everybody.
    let (sql, params) = of_one(id.unwrap_or_default(), providers);
    tx.all(&sql, params).await?.into_iter().map(|mut row| terms(&mut row)).collect()
}

const VISIBILITY: &str = "SELECT COALESCE(r.visibility, m.visibility) FROM repositories r
    JOIN mounts m ON m.id = r.mount_id WHERE r.name = $1";

/// How visible a repository is, if it is there.
pub async fn visibility(store: &Store, repository: &RepositoryName) -> Result<Option<RepositoryVisibility>> {
    store.one(VISIBILITY, params![repository]).await?.map(|mut row| row.take()).transpose()
}

/// The same inside a transaction; what is not there is open to nobody.
pub(super) async fn current_visibility(tx: &mut Tx, repository: &RepositoryName) -> Result<RepositoryVisibility> {
    tx.one(VISIBILITY, params![repository]).await?.map_or(Ok(RepositoryVisibility::Private), |mut row| row.take())
}

fn grant(mut row: Row) -> Result<Grant> {
    let (id, kind, name): (_, String, String) = (row.take()?, row.take()?, row.take()?);
    let (to, terms) = (grantee(&kind, &name)?, terms(&mut row)?);
    Ok(Grant { id, to, terms, created_at: row.take()? })
}

/// Whom a row is for.
pub(super) fn grantee(kind: &str, name: &str) -> Result<Grantee> {
    Ok(match kind {
        "user" => Grantee::User(name.parse()?),
        "robot" => Grantee::Robot(name.parse()?),
        "group" => Grantee::Group(name.parse()?),
        _ => Grantee::Anonymous,
    })
}

/// What a row says, from its role on.
pub(super) fn terms(row: &mut Row) -> Result<Terms> {
    Ok(Terms { role: row.take()?, scope: row.take()?, tags: row.take()?, expires_at: row.take()? })
}
