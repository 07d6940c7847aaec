//! Users as pages list them: with their groups, whether they were invited, and where they are signed in.

use super::grants::grantee;
use super::sessions::Purpose;
use super::{Row, Store, Tx, Value, batch, dialect, epoch};
use crate::domain::view::{SessionRow, UserRow};
use crate::domain::{Grantee, GroupName, Result, Scope, Timestamp, Username};
use crate::params;

fn columns(store: &Store) -> String {
    let (groups, providers) = (store.dialect().joined("g.name"), store.dialect().joined("i.provider"));
    format!(
        "p.id, p.username, p.name, p.email, p.disabled_at, p.seen_at, p.created_at,
         (SELECT MAX(l.expires_at) FROM one_time_links l WHERE l.user_id = p.id AND l.purpose = $1),
         (SELECT COUNT(*) FROM passwords w WHERE w.user_id = p.id),
         (SELECT {providers} FROM identities i WHERE i.user_id = p.id),
         (SELECT COUNT(*) FROM grants r WHERE r.grantee = p.id)
           + (SELECT COUNT(*) FROM grants r WHERE r.grantee_kind = 'group' AND r.grantee IN
             (SELECT m.group_id FROM group_members m WHERE m.user_id = p.id)),
         (SELECT {groups} FROM user_groups g WHERE g.id IN
           (SELECT m.group_id FROM group_members m WHERE m.user_id = p.id))"
    )
}

/// Users after `after` in the order of their names; of those whose name, username or address holds `q`.
pub async fn list(store: &Store, q: &str, after: &str, limit: u32) -> Result<Vec<UserRow>> {
    let mut params = params![Purpose::Invite, after, limit];
    let filter = if q.is_empty() {
        ""
    } else {
        params.push(format!("%{}%", dialect::like_literal(&q.to_lowercase())).into());
        "AND (p.username LIKE $4 ESCAPE '\\' OR LOWER(p.name) LIKE $4 ESCAPE '\\' OR LOWER(p.email) LIKE $4 ESCAPE '\\')"
    };
    let sql = format!(
        "SELECT {} FROM principals p WHERE p.kind = 'user' AND p.username > $2 {filter} ORDER BY p.username LIMIT $3",
        columns(store)
    );
    store.scan(&sql, params).await?.into_iter().map(user).collect()
}

/// One user.
pub async fn find(store: &Store, username: &Username) -> Result<Option<UserRow>> {
    let sql = format!("SELECT {} FROM principals p WHERE p.kind = 'user' AND p.username = $2", columns(store));
    store.one(&sql, params![Purpose::Invite, username]).await?.map(user).transpose()
}

/// Usernames to pick from, in their order.
pub async fn usernames(store: &Store, limit: u32) -> Result<Vec<Username>> {
    let sql = "SELECT username FROM principals WHERE kind = 'user' AND disabled_at IS NULL ORDER BY username LIMIT $1";
    store.all(sql, params![limit]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Whom access to a scope is given to: users, and the robots of its namespace and of those below it.
pub async fn to_pick(store: &Store, scope: &Scope, limit: u32) -> Result<Vec<Grantee>> {
    let namespace = match scope {
        Scope::Everything => None,
        Scope::Namespace(namespace) => Some(namespace.clone()),
        Scope::Repository(name) => name.namespace(),
    };
    let start = namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let sql = "SELECT * FROM (SELECT kind, username FROM principals WHERE kind = 'user' AND disabled_at IS NULL
                 ORDER BY username LIMIT $1) users
               UNION ALL SELECT * FROM (SELECT kind, username FROM principals WHERE kind = 'robot'
                 AND disabled_at IS NULL AND SUBSTR(namespace || '/', 1, LENGTH($2)) = $2
                 ORDER BY username LIMIT $1) robots";
    let rows = store.all(sql, params![limit, start]).await?.into_iter();
    rows.map(|mut row| grantee(&row.take::<String>()?, &row.take::<String>()?)).collect()
}

/// Users with that e-mail address: two at most, which is one too many to know who is meant.
pub async fn with_email(store: &Store, email: &str) -> Result<Vec<Username>> {
    let sql = "SELECT username FROM principals WHERE kind = 'user' AND email <> '' AND LOWER(email) = $1 LIMIT 2";
    store.scan(sql, params![email.to_lowercase()]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Users who have one of these addresses, which are in lower case.
pub async fn with_emails(store: &Store, emails: &[String], limit: u32) -> Result<Vec<UserRow>> {
    let params = params![Purpose::Invite, limit].into_iter().chain(emails.iter().map(Value::from)).collect();
    let sql = format!(
        "SELECT {} FROM principals p WHERE p.kind = 'user' AND p.email <> '' AND LOWER(p.email) IN ({})
         ORDER BY p.username LIMIT $2",
        columns(store),
        batch::slots(3, emails.len())
    );
    store.scan(&sql, params).await?.into_iter().map(user).collect()
}

/// Usernames of those who may do everything by a grant of their own.
pub async fn administrators(store: &Store, limit: u32) -> Result<Vec<Username>> {
    let sql = "SELECT DISTINCT p.username FROM grants g JOIN principals p ON p.id = g.grantee
               WHERE g.scope = '*' AND g.role = 'admin' AND p.kind = 'user' AND p.disabled_at IS NULL
               ORDER BY p.username LIMIT $1";
    store.all(sql, params![limit]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// Where a user is signed in, newest first; of sessions that are not over.
pub async fn sessions(store: &Store, user_id: &str, (idle, oldest): (Timestamp, Timestamp)) -> Result<Vec<SessionRow>> {
    let sql = "SELECT id, created_at, seen_at, address, agent FROM sessions
               WHERE user_id = $1 AND seen_at > $2 AND created_at > $3 ORDER BY created_at DESC LIMIT 100";
    let rows = store.all(sql, params![user_id, idle, oldest]).await?;
    rows.into_iter()
        .map(|mut row| {
            let (id, created_at, seen_at) = (row.take()?, row.take()?, row.take()?);
            Ok(SessionRow { id, created_at, seen_at, address: row.take()?, agent: row.take()?, is_this: false })
        })
        .collect()
}

/// Takes a user away, with all that they had. Records keep their name.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    for sql in [
        "DELETE FROM tokens WHERE principal_id = $1",
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM one_time_links WHERE user_id = $1",
        "DELETE FROM passwords WHERE user_id = $1",
        "DELETE FROM group_members WHERE user_id = $1",
        "DELETE FROM grants WHERE grantee = $1",
        "DELETE FROM stars WHERE principal_id = $1",
        "DELETE FROM claimed_groups WHERE (issuer, subject) IN (SELECT issuer, subject FROM identities WHERE user_id = $1)",
        "DELETE FROM identities WHERE user_id = $1",
        // Uploads are of a name, which is somebody else's one day.
        "DELETE FROM uploads WHERE actor = (SELECT p.kind || ':' || p.username FROM principals p WHERE p.id = $1)",
        "DELETE FROM principals WHERE id = $1",
    ] {
        tx.run(sql, params![id]).await?;
    }
    epoch::next(tx).await
}

fn user(mut row: Row) -> Result<UserRow> {
    let (id, username, name, email) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let disabled_at: Option<Timestamp> = row.take()?;
    let (seen_at, created_at): (Timestamp, _) = (row.take()?, row.take()?);
    let (invited_until, n_passwords) = (row.take()?, row.take::<i64>()?);
    let (providers, n_grants) = (listed(row.take()?), row.take()?);
    let groups = listed(row.take()?).iter().map(|name| name.parse()).collect::<Result<Vec<GroupName>>>()?;
    Ok(UserRow {
        id,
        username,
        name,
        email,
        groups,
        is_disabled: disabled_at.is_some(),
        invited_until,
        has_password: n_passwords > 0,
        has_way_in: n_passwords > 0 || !providers.is_empty(),
        providers,
        n_grants,
        created_at,
        seen_at: (seen_at.0 != 0).then_some(seen_at),
    })
}

/// Names of one cell, each once and in their order.
fn listed(cell: Option<String>) -> Vec<String> {
    let cell = cell.unwrap_or_default();
    let mut names: Vec<String> = cell.split(',').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect();
    names.sort();
    names.dedup();
    names
}
