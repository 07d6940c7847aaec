//! Robots as pages list them: where they belong, what was given to them, and when their secret was used.

use super::{Row, Store, Tx, Value, batch, epoch, grants};
use crate::domain::view::RobotRow;
use crate::domain::{Namespace, Result, Terms, Timestamp, Username};
use crate::params;

/// A robot has one token at a time.
const ROWS: &str = "SELECT p.id, p.username, p.namespace, p.expires_at, p.disabled_at, p.created_at,
        COALESCE(t.used_at, 0), COALESCE(t.used_from, '')
    FROM principals p LEFT JOIN tokens t ON t.principal_id = p.id WHERE p.kind = 'robot'";

/// Robots after `after` in the order of their names; of these namespaces, or of all.
pub async fn list(store: &Store, namespaces: Option<&[Namespace]>, after: &str, limit: u32) -> Result<Vec<RobotRow>> {
    let mut params = params![after, limit];
    let only = namespaces.map(|only| format!("AND p.namespace IN ({})", batch::slots(3, only.len())));
    let only = only.unwrap_or_default();
    params.extend(namespaces.into_iter().flatten().map(Value::from));
    let sql = format!("{ROWS} AND p.username > $1 {only} ORDER BY p.username LIMIT $2");
    let rows = store.all(&sql, params).await?;
    with_terms(store, rows.into_iter().map(robot).collect::<Result<_>>()?).await
}

/// Where there are robots: each namespace is one look into the index, however many it has.
pub async fn namespaces(store: &Store) -> Result<Vec<Namespace>> {
    let sql = "WITH RECURSIVE found (namespace) AS (
                 SELECT MIN(namespace) FROM principals WHERE namespace > ''
                 UNION ALL SELECT (SELECT MIN(p.namespace) FROM principals p WHERE p.namespace > f.namespace)
                 FROM found f WHERE f.namespace IS NOT NULL)
               SELECT namespace FROM found WHERE namespace IS NOT NULL";
    store.all(sql, vec![]).await?.into_iter().map(|mut row| row.take()).collect()
}

/// How many there are in a namespace and below, within a transaction that makes one more.
pub async fn count(tx: &mut Tx, namespace: &str) -> Result<i64> {
    tx.lock(&format!("robots of {namespace}")).await?;
    let sql = "SELECT COUNT(*) FROM principals WHERE namespace = $1 OR (namespace > $2 AND namespace < $3)";
    let (below, beyond) = (format!("{namespace}/"), format!("{namespace}0")); // `0` is what follows the slash.
    tx.one(sql, params![namespace, below, beyond]).await?.map_or(Ok(0), |mut row| row.take())
}

/// One robot, by name or id.
pub async fn find(store: &Store, who: &str) -> Result<Option<RobotRow>> {
    let sql = format!("{ROWS} AND (p.username = $1 OR p.id = $1) ORDER BY p.id = $1 DESC LIMIT 1");
    let rows = store.all(&sql, params![who]).await?;
    let found = rows.into_iter().map(robot).collect::<Result<_>>()?;
    Ok(with_terms(store, found).await?.into_iter().next())
}

/// All that was given to a robot itself, in the order in which it was.
pub async fn held(tx: &mut Tx, id: &str) -> Result<Vec<Terms>> {
    let sql = "SELECT role, scope, tags, expires_at FROM grants WHERE grantee = $1 ORDER BY id";
    tx.all(sql, params![id]).await?.into_iter().map(|mut row| grants::terms(&mut row)).collect()
}

/// Gives a robot another end, and the grants that ended with it.
pub async fn set_end(tx: &mut Tx, id: &str, before: Option<Timestamp>, end: Timestamp) -> Result<()> {
    tx.run("UPDATE principals SET expires_at = $2 WHERE id = $1", params![id, end]).await?;
    let sql = "UPDATE grants SET expires_at = $3 WHERE grantee = $1 AND expires_at = $2";
    tx.run(sql, params![id, before.map(|at| at.0), end]).await?;
    epoch::next(tx).await
}

async fn with_terms(store: &Store, mut found: Vec<RobotRow>) -> Result<Vec<RobotRow>> {
    if found.is_empty() {
        return Ok(found);
    }
    let sql = format!(
        "SELECT grantee, role, scope, tags, expires_at FROM grants WHERE grantee IN ({}) ORDER BY id",
        batch::slots(1, found.len())
    );
    let ids = found.iter().map(|found| Value::from(&found.id)).collect();
    for mut row in store.all(&sql, ids).await? {
        let (id, terms): (String, _) = (row.take()?, grants::terms(&mut row)?);
        found.iter_mut().filter(|found| found.id == id).for_each(|found| found.held.push(terms.clone()));
    }
    Ok(found)
}

fn robot(mut row: Row) -> Result<RobotRow> {
    let (id, name, namespace): (String, Username, Namespace) = (row.take()?, row.take()?, row.take()?);
    let expires_at = row.take()?;
    let disabled_at: Option<Timestamp> = row.take()?;
    let (created_at, used_at): (_, Timestamp) = (row.take()?, row.take()?);
    Ok(RobotRow {
        id,
        name,
        namespace,
        held: vec![],
        expires_at,
        is_disabled: disabled_at.is_some(),
        created_at,
        used_at: (used_at.0 != 0).then_some(used_at),
        used_from: row.take()?,
        may_rotate: false,
    })
}
