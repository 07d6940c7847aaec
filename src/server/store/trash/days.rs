//! For how many days namespaces keep what is deleted in them.

use crate::domain::{Namespace, RepositoryName, Result, Scope};
use crate::params;
use crate::server::store::radius::Reader;
use crate::server::store::{Row, Store, Tx, Value, namespaces};
use std::collections::BTreeMap;

/// For how many days what is deleted in a repository is kept, where a namespace above it says so: the nearest counts.
pub async fn days(reader: &mut Reader<'_>, name: &RepositoryName) -> Result<Option<u32>> {
    let (sql, params) = saying(&Scope::Repository(name.clone()));
    let nearest = reader.all(&sql, params).await?.into_iter().next();
    nearest.map(|row| said(row).map(|(_, days)| days)).transpose()
}

/// What the namespaces say in which a scope lies, and in it those that have repositories of a mount.
pub async fn days_within(reader: &mut Reader<'_>, mount_id: &str, scope: &Scope) -> Result<BTreeMap<Namespace, u32>> {
    let (above, mut params) = namespaces::above("name", scope, 1);
    let mut sql = format!("SELECT name, days FROM namespace_trash WHERE {above}");
    if let Scope::Namespace(namespace) = scope {
        let first = params.len() + 1;
        params.extend(params![mount_id, format!("{namespace}/"), format!("{namespace}0")]); // `0` follows the slash.
        sql.push_str(&format!(
            " UNION ALL SELECT t.name, t.days FROM namespaces n CROSS JOIN namespace_trash t
              WHERE n.mount_id = ${first} AND n.name > ${} AND n.name < ${} AND t.name = n.name",
            first + 1,
            first + 2
        ));
    }
    let rows = reader.all(&sql, params).await?.into_iter();
    rows.map(|row| said(row).and_then(|(name, days)| Ok((name.parse()?, days)))).collect()
}

/// The namespaces of a scope and above it that say so, the nearest first.
pub(in crate::server::store) fn saying(scope: &Scope) -> (String, Vec<Value>) {
    let (above, params) = namespaces::above("name", scope, 1);
    (format!("SELECT name, days FROM namespace_trash WHERE {above} ORDER BY LENGTH(name) DESC LIMIT 2"), params)
}

fn said(mut row: Row) -> Result<(String, u32)> {
    Ok((row.take()?, u32::try_from(row.take::<u64>()?).unwrap_or(u32::MAX)))
}

/// What a namespace says itself, and what the nearest one above it says.
pub async fn said_days(store: &Store, namespace: &Namespace) -> Result<(Option<u32>, Option<u32>)> {
    let (sql, params) = saying(&Scope::Namespace(namespace.clone()));
    let rows = store.all(&sql, params).await?.into_iter().map(|row| {
        let (name, days) = said(row)?;
        Ok((name == namespace.as_str(), days))
    });
    let rows: Vec<(bool, u32)> = rows.collect::<Result<_>>()?;
    let first = |is_own: bool| rows.iter().find(|(own, _)| *own == is_own).map(|(_, days)| *days);
    Ok((first(true), first(false)))
}

/// Sets it for what is deleted from now on; `None` leaves it to the namespaces above.
pub async fn set_days(tx: &mut Tx, namespace: &Namespace, days: Option<u32>) -> Result<()> {
    tx.run("DELETE FROM namespace_trash WHERE name = $1", params![namespace]).await?;
    if let Some(days) = days {
        let sql = "INSERT INTO namespace_trash (name, days) VALUES ($1, $2)";
        tx.run(sql, params![namespace, days]).await?;
    }
    Ok(())
}
