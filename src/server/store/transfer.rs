//! The whole database as one SQLite file: taken from either engine while it is used, and put into either.

use super::value::Value;
use super::{Location, Row, Tx, batch, lite, pg};
use crate::domain::action::Maintain;
use crate::domain::{Digest, Error, Result};
use crate::server::access::Authorized;
use crate::server::events::Events;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// Rows that travel together.
const TOGETHER: usize = 200;

/// Writes the state of this moment into a file: a new one from SQLite, one that has the schema already from
/// PostgreSQL. Nobody waits for it.
pub async fn save(location: &Location, file: &Path) -> Result<()> {
    match location {
        Location::Sqlite(path) => save_lite(path, file)?,
        Location::Postgres(url) => save_pg(url, file).await?,
    }
    let connection = lite::connect(file)?;
    // Staged bytes do not travel, and whoever holds a job now does not there.
    lite::execute(&connection, "DELETE FROM uploads", &[])?;
    // Nor does who was in at that moment: a session that ended since must not come back.
    lite::execute(&connection, "DELETE FROM sessions", &[])?;
    lite::execute(&connection, "DELETE FROM one_time_links", &[])?;
    lite::execute(&connection, "DELETE FROM ended_attempts", &[])?;
    // Each of these works once: a provider takes one that was used meanwhile for stolen, and puts its owner out.
    lite::execute(&connection, "UPDATE identities SET refresh_token = NULL", &[])?;
    // Content that was about to be removed may be gone. An earlier version marked none.
    let marks = "SELECT 1 FROM pragma_table_info('blobs') WHERE name = 'deleting_at'";
    if !lite::query(&connection, marks, &[])?.is_empty() {
        lite::execute(&connection, "DELETE FROM blobs WHERE deleting_at IS NOT NULL", &[])?;
    }
    // What can be read again from content. An earlier version kept none.
    let lists = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'layer_lists'";
    if !lite::query(&connection, lists, &[])?.is_empty() {
        lite::execute(&connection, "DELETE FROM layer_lists", &[])?;
    }
    lite::execute(&connection, "UPDATE jobs SET leased_by = NULL, leased_until = NULL", &[])?;
    // One file without a log, which can be read where nothing can be written.
    lite::query(&connection, "PRAGMA journal_mode = DELETE", &[])?;
    Ok(())
}

/// Puts what [`save`] wrote into a database that holds nothing yet; into PostgreSQL where both have the same schema.
///
/// # Errors
/// If it holds repositories, or the SQLite file is there already.
pub async fn load(_proof: &Authorized<Maintain>, file: &Path, location: &Location) -> Result<()> {
    match location {
        Location::Sqlite(path) => {
            lite::execute(&lite::connect_to_look(file)?, "VACUUM INTO $1", &[text(path)])?;
            Ok(())
        }
        Location::Postgres(url) => load_pg(file, url).await,
    }
}

/// Blobs that a saved database knows, up to `limit` after `after`, with their sizes.
pub fn blobs(file: &Path, after: Option<&Digest>, limit: u32) -> Result<Vec<(Digest, u64)>> {
    let sql = "SELECT digest, size_bytes FROM blobs WHERE digest > $1 ORDER BY digest LIMIT $2";
    let rows =
        lite::query(&lite::connect_to_look(file)?, sql, &[after.map_or("", Digest::as_str).into(), limit.into()])?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// The id of a saved database; none where an earlier version saved it.
pub fn instance(file: &Path) -> Result<Option<String>> {
    let connection = lite::connect_to_look(file)?;
    if !tables(&connection)?.iter().any(|table| table.name == "instance") {
        return Ok(None);
    }
    let row = lite::query(&connection, "SELECT id FROM instance", &[])?.into_iter().next();
    row.map(|mut row| row.take()).transpose()
}

fn save_lite(path: &Path, file: &Path) -> Result<()> {
    if !path.exists() {
        return Err(Error::Unavailable(format!("there is no database at {}; nothing to save", path.display())));
    }
    lite::execute(&lite::connect(path)?, "VACUUM INTO $1", &[text(file)])?;
    Ok(())
}

async fn save_pg(url: &str, file: &Path) -> Result<()> {
    let connection = lite::connect(file)?;
    lite::execute(&connection, "PRAGMA foreign_keys = OFF", &[])?;
    let pg = pg::Pg::open(url, Events::default()).await?;
    let mut tx = pg.snapshot().await?;
    for table in tables(&connection)? {
        // A name of its own: what has been prepared for one table does not fit another.
        let cursor = format!("of_{}", table.name);
        let declare = format!("DECLARE {cursor} CURSOR FOR SELECT {} FROM {}", table.columns(), table.name);
        tx.run(&declare, vec![]).await?;
        loop {
            let rows = tx.all(&format!("FETCH {TOGETHER} FROM {cursor}"), vec![]).await?;
            if rows.is_empty() {
                break;
            }
            insert_lite(&connection, &table, rows)?;
        }
        tx.run(&format!("CLOSE {cursor}"), vec![]).await?;
    }
    tx.commit().await?; // Gives its connection back, for which closing waits.
    pg.close().await
}

fn insert_lite(connection: &Connection, table: &Table, rows: Vec<Row>) -> Result<()> {
    connection.execute_batch("BEGIN").map_err(lite::failure)?;
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.columns(), table.slots(0));
    for row in rows {
        lite::execute(connection, &sql, &row.cells())?;
    }
    connection.execute_batch("COMMIT").map_err(lite::failure)
}

async fn load_pg(file: &Path, url: &str) -> Result<()> {
    let connection = lite::connect_to_look(file)?;
    let tables = tables(&connection)?;
    let pg = pg::Pg::open(url, Events::default()).await?;
    let mut tx = pg.begin().await?;
    if tx.one("SELECT id FROM repositories LIMIT 1", vec![]).await?.is_some() {
        return Err(Error::Conflict("the database holds repositories already; restore into an empty one".to_owned()));
    }
    for table in tables.iter().rev() {
        tx.run(&format!("DELETE FROM {}", table.name), vec![]).await?;
    }
    for table in &tables {
        insert_pg(&mut tx, &connection, table).await?;
    }
    tx.commit().await?;
    pg.close().await
}

/// Rows go in the order of their keys.
async fn insert_pg(tx: &mut Tx, connection: &Connection, table: &Table) -> Result<()> {
    let (columns, key) = (table.columns(), table.key.iter().map(|at| table.names[*at].as_str()).collect::<Vec<_>>());
    let key = key.join(", ");
    let from = format!("SELECT {columns} FROM {}", table.name);
    let ordered = format!("ORDER BY {key} LIMIT {TOGETHER}");
    let behind = format!("{from} WHERE ({key}) > ({}) {ordered}", batch::slots(1, table.key.len()));
    let mut rows = lite::query(connection, &format!("{from} {ordered}"), &[])?;
    while !rows.is_empty() {
        let (mut slots, mut values, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            let cells = row.cells();
            after = table.key.iter().map(|at| cells[*at].clone()).collect();
            slots.push(format!("({})", table.slots(values.len())));
            values.extend(cells.into_iter().zip(&table.kinds).map(|(cell, kind)| typed(cell, kind)));
        }
        let insert = format!("INSERT INTO {} ({}) VALUES {}", table.name, table.columns(), slots.join(", "));
        tx.run(&insert, values).await?;
        rows = lite::query(connection, &behind, &after)?;
    }
    Ok(())
}

/// A table of the schema with its columns.
struct Table {
    name: String,
    names: Vec<String>,
    kinds: Vec<String>,
    /// Which of them are its primary key, in the order of that.
    key: Vec<usize>,
}

impl Table {
    fn columns(&self) -> String {
        self.names.join(", ")
    }

    fn slots(&self, before: usize) -> String {
        batch::slots(before + 1, self.names.len())
    }
}

/// Every table but the one that holds the version, those first that others refer to.
fn tables(connection: &Connection) -> Result<Vec<Table>> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
               AND name <> 'schema_version' ORDER BY rowid";
    let columns = "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid";
    let table = |mut row: Row| {
        let name: String = row.take()?;
        let (mut names, mut kinds, mut key) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (at, mut row) in lite::query(connection, columns, &[Value::from(&name)])?.into_iter().enumerate() {
            names.push(row.take()?);
            kinds.push(row.take()?);
            key.insert(row.take::<i64>()?, at); // Its place in the key, from 1 on; 0 outside of it.
        }
        key.remove(&0);
        Ok(Table { name, names, kinds, key: key.into_values().collect() })
    };
    lite::query(connection, sql, &[])?.into_iter().map(table).collect()
}

/// SQLite's nothing has no type, and PostgreSQL wants one.
fn typed(cell: Value, kind: &str) -> Value {
    match (cell, kind) {
        (Value::Int(None) | Value::Text(None) | Value::Bytes(None), "TEXT") => Value::Text(None),
        (Value::Int(None) | Value::Text(None) | Value::Bytes(None), "BLOB") => Value::Bytes(None),
        (cell, _) => cell,
    }
}

fn text(path: &Path) -> Value {
    Value::from(path.to_string_lossy().into_owned())
}
