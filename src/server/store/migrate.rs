//! Brings the schema up to date, each step in a transaction with its version.

use super::dialect::Dialect;
use super::tx::Engine;
use super::{Location, Store, Tx, lite, pg};
use crate::domain::{Error, Result};
use crate::params;
use crate::server::events::Events;
use std::path::Path;

const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)";

/// Runs the steps that are missing; refuses a schema from a newer Portolan.
pub(super) async fn run(store: &Store) -> Result<()> {
    let migrations = store.dialect().migrations();
    store
        .transact(move |tx| {
            Box::pin(async move {
                tx.lock("portolan schema").await?;
                script(tx, VERSION_TABLE).await?;
                let found = version(tx).await?;
                check(found, migrations.len())?;
                for step in &migrations[found..] {
                    script(tx, step).await?;
                }
                if found < migrations.len() {
                    tx.run("DELETE FROM schema_version", vec![]).await?;
                    tx.run("INSERT INTO schema_version (version) VALUES ($1)", params![migrations.len() as i64])
                        .await?;
                }
                Ok(())
            })
        })
        .await
}

/// Before anything is touched: copies an older SQLite file beside itself, and refuses a newer one.
pub(super) fn copy_aside(path: &Path) -> Result<()> {
    let Some((found, known)) = inspect_lite(path)? else {
        return Ok(());
    };
    if found < known {
        let copy = path.with_extension(format!("v{found}.backup"));
        let _ = std::fs::remove_file(&copy);
        let connection = lite::connect(path)?;
        let target = super::Value::from(copy.to_string_lossy().into_owned());
        lite::execute(&connection, "VACUUM INTO $1", &[target])?;
        tracing::info!(copy = %copy.display(), "the database is older; a copy was kept before migrating it");
    }
    Ok(())
}

/// The schema's version in the database and the version this program knows; `None` if there is
/// no database yet. Changes nothing.
///
/// # Errors
/// If the database does not answer, or has a newer schema.
pub async fn inspect(location: &Location) -> Result<Option<(usize, usize)>> {
    match location {
        Location::Sqlite(path) => inspect_lite(path),
        Location::Postgres(url) => {
            let pg = pg::Pg::open(url, Events::default()).await?;
            let known = Dialect::Postgres.migrations().len();
            let there =
                pg.query("SELECT 1::bigint AS there FROM pg_tables WHERE tablename = 'schema_version'", vec![]).await?;
            if there.is_empty() {
                return Ok(None);
            }
            let row = pg.query("SELECT version FROM schema_version", vec![]).await?.into_iter().next();
            let found = row.map_or(Ok(0), |mut row| row.take::<i64>())? as usize;
            check(found, known)?;
            Ok(Some((found, known)))
        }
    }
}

fn inspect_lite(path: &Path) -> Result<Option<(usize, usize)>> {
    if !path.exists() {
        return Ok(None);
    }
    let connection = lite::connect_to_look(path)?;
    let there = lite::query(&connection, "SELECT name FROM sqlite_master WHERE name = 'schema_version'", &[])?;
    if there.is_empty() {
        return Ok(None);
    }
    let row = lite::query(&connection, "SELECT version FROM schema_version", &[])?.into_iter().next();
    let (found, known) = (row.map_or(Ok(0), |mut row| row.take::<i64>())? as usize, Dialect::Sqlite.migrations().len());
    check(found, known)?;
    Ok(Some((found, known)))
}

fn check(found: usize, known: usize) -> Result<()> {
    if found <= known {
        return Ok(());
    }
    Err(Error::Unavailable(format!(
        "the database has schema version {found}, and this Portolan knows {known}; start the newer version, or restore an older backup"
    )))
}

async fn version(tx: &mut Tx) -> Result<usize> {
    match tx.one("SELECT version FROM schema_version", vec![]).await? {
        Some(mut row) => Ok(row.take::<i64>()? as usize),
        None => Ok(0),
    }
}

async fn script(tx: &mut Tx, sql: &str) -> Result<()> {
    match &mut tx.engine {
        Engine::Lite(connection) => connection.execute_batch(sql).map_err(lite::failure),
        Engine::Pg(transaction) => {
            let script = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
            script.execute(&mut **transaction).await.map(|_| ()).map_err(super::pg::failure)
        }
    }
}
