//! PostgreSQL: the same statements over a pool.

use super::tx::Tx;
use super::value::{Row, Value};
use crate::domain::{Error, Result};
use futures::future::BoxFuture;
use sqlx::postgres::{PgArguments, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Column, Postgres, Row as _, TypeInfo};
use std::time::Duration;

/// A pool of connections to PostgreSQL.
#[derive(Clone)]
pub(super) struct Pg(PgPool);

impl Pg {
    /// Connects, or says why not within ten seconds.
    pub(super) async fn open(url: &str) -> Result<Self> {
        let options = PgPoolOptions::new().max_connections(16).acquire_timeout(Duration::from_secs(10));
        options.connect(url).await.map(Self).map_err(|error| {
            Error::Unavailable(format!("PostgreSQL cannot be opened ({error}); check database.url and that it runs"))
        })
    }

    /// Gives every connection back.
    pub(super) async fn close(&self) -> Result<()> {
        self.0.close().await;
        Ok(())
    }

    /// Runs a query on any connection.
    pub(super) async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        let rows = bind(sql, params).fetch_all(&self.0).await.map_err(failure)?;
        rows.iter().map(row).collect()
    }

    /// Runs a change in a transaction of its own.
    pub(super) async fn write<T, F>(&self, change: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        let mut tx = Tx::Pg(self.0.begin().await.map_err(failure)?);
        let value = change(&mut tx).await?;
        if let Tx::Pg(transaction) = tx {
            transaction.commit().await.map_err(failure)?;
        }
        Ok(value)
    }
}

/// A statement with its parameters. The text comes from this crate's own constants; values are
/// always parameters.
pub(super) fn bind(sql: &str, params: Vec<Value>) -> sqlx::query::Query<'_, Postgres, PgArguments> {
    let query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    params.into_iter().fold(query, |query, value| match value {
        Value::Int(int) => query.bind(int),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

pub(super) fn row(row: &PgRow) -> Result<Row> {
    let cell = |index: usize| match row.columns()[index].type_info().name() {
        "INT8" => row.try_get(index).map(Value::Int),
        "INT4" => row.try_get::<Option<i32>, _>(index).map(|int| Value::Int(int.map(i64::from))),
        "BYTEA" => row.try_get(index).map(Value::Bytes),
        _ => row.try_get(index).map(Value::Text),
    };
    let cells = (0..row.columns().len()).map(cell).collect::<Result<_, _>>().map_err(failure)?;
    Ok(Row::new(cells))
}

pub(super) fn failure(error: sqlx::Error) -> Error {
    tracing::error!(%error, "PostgreSQL refused a statement");
    Error::Unavailable("the database did not answer; try again".to_owned())
}
