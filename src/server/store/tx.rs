//! A transaction on either database.

use super::dialect::Dialect;
use super::value::{Row, Value};
use super::{lite, pg};
use crate::domain::Result;
use sqlx::Postgres;
use std::time::{Duration, Instant};

/// An open transaction. Only [`super::Store`] hands one out, and commits it.
pub struct Tx {
    pub(super) engine: Engine,
    n_statements: u64,
    waited: Duration,
}

/// The transaction of its database.
pub(super) enum Engine {
    /// Owns the connection while the change runs, so that it may move between threads.
    Lite(rusqlite::Connection),
    Pg(sqlx::Transaction<'static, Postgres>),
}

impl From<Engine> for Tx {
    fn from(engine: Engine) -> Self {
        Self { engine, n_statements: 0, waited: Duration::ZERO }
    }
}

impl Tx {
    /// How many statements ran in it.
    pub(super) fn n_statements(&self) -> u64 {
        self.n_statements
    }

    /// How long it waited for what others held.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// All rows of a query.
    pub async fn all(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        self.n_statements += 1;
        match &mut self.engine {
            Engine::Lite(connection) => lite::query(connection, sql, &params),
            Engine::Pg(transaction) => {
                let rows = pg::bind(sql, params).fetch_all(&mut **transaction).await.map_err(pg::failure)?;
                rows.iter().map(pg::row).collect()
            }
        }
    }

    /// The first row of a query, if there is one.
    pub async fn one(&mut self, sql: &str, params: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.all(sql, params).await?.into_iter().next())
    }

    /// Runs a statement and tells how many rows it changed.
    pub async fn run(&mut self, sql: &str, params: Vec<Value>) -> Result<u64> {
        self.n_statements += 1;
        match &mut self.engine {
            Engine::Lite(connection) => lite::execute(connection, sql, &params),
            Engine::Pg(transaction) => {
                let done = pg::bind(sql, params).execute(&mut **transaction).await.map_err(pg::failure)?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Makes what a transaction of [`pg::Pg::begin`] did durable.
    pub(super) async fn commit(self) -> Result<()> {
        match self.engine {
            Engine::Lite(_) => Ok(()), // The writer commits.
            Engine::Pg(transaction) => transaction.commit().await.map_err(pg::failure),
        }
    }

    /// Whether SQLite still holds it: some failures, such as a full disk, end a transaction by themselves.
    pub(super) fn is_open(&self) -> bool {
        match &self.engine {
            Engine::Lite(connection) => !connection.is_autocommit(),
            Engine::Pg(_) => true,
        }
    }

    /// Which engine runs it.
    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Lite(_) => Dialect::Sqlite,
            Engine::Pg(_) => Dialect::Postgres,
        }
    }

    /// Holds `name` until the transaction ends, so that changes of one repository follow each
    /// other. SQLite has a single writer and needs nothing.
    pub async fn lock(&mut self, name: &str) -> Result<()> {
        self.hold("pg_advisory_xact_lock", name).await
    }

    /// Holds `name` until then beside all who hold it so: whoever [locks](Self::lock) it waits for them.
    pub async fn lock_shared(&mut self, name: &str) -> Result<()> {
        self.hold("pg_advisory_xact_lock_shared", name).await
    }

    async fn hold(&mut self, how: &str, name: &str) -> Result<()> {
        if let Engine::Pg(_) = self.engine {
            let asked = Instant::now();
            self.all(&format!("SELECT {how}(hashtextextended($1, 0))::text"), crate::params![name]).await?;
            self.waited += asked.elapsed();
        }
        Ok(())
    }
}
