//! PostgreSQL: the same statements over a pool.

use super::change::{Lasting, Step};
use super::moment::Moments;
use super::tx::{Engine, Tx};
use super::value::{Row, Value};
use crate::domain::{Error, Result};
use crate::server::events::Events;
use sqlx::postgres::{PgArguments, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Column, Connection, PgConnection, Postgres, Row as _, TypeInfo};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tracing::Instrument;

/// The most connections to the database.
const CONNECTIONS: u32 = 16;

/// A pool of connections to PostgreSQL.
#[derive(Clone)]
pub(super) struct Pg {
    pool: PgPool,
    /// Changes that may be under way: they wait for each other's locks, and readers must not wait with them.
    changes: Arc<Semaphore>,
    /// Other nodes write too, so it tells of this one's changes only.
    moments: Moments,
    events: Events,
}

impl Pg {
    /// Connects, or says why not within ten seconds.
    pub(super) async fn open(url: &str, events: Events) -> Result<Self> {
        let options = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(Duration::from_secs(10));
        let unusable = |error: sqlx::Error| {
            Error::Unavailable(format!("PostgreSQL cannot be opened ({error}); check database.url and that it runs"))
        };
        // A pool tries until its time is over and says only that; one connection says at once what is wrong.
        PgConnection::connect(url).await.map_err(unusable)?.close().await.map_err(unusable)?;
        let pool = options.connect(url).await.map_err(unusable)?;
        Ok(Self {
            pool,
            changes: Arc::new(Semaphore::new(CONNECTIONS as usize / 2)),
            moments: Moments::default(),
            events,
        })
    }

    /// Gives every connection back.
    pub(super) async fn close(&self) -> Result<()> {
        self.pool.close().await;
        Ok(())
    }

    pub(super) fn n_changes(&self) -> u64 {
        self.moments.count()
    }

    /// Runs a query on any connection.
    pub(super) async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        let rows = bind(sql, params).fetch_all(&self.pool).await.map_err(failure)?;
        rows.iter().map(row).collect()
    }

    /// A transaction for whoever has the database to themselves.
    pub(super) async fn begin(&self) -> Result<Tx> {
        Ok(Engine::Pg(self.pool.begin().await.map_err(failure)?).into())
    }

    /// A transaction that reads one state of everything, whatever is written meanwhile.
    pub(super) async fn snapshot(&self) -> Result<Tx> {
        let mut tx = self.begin().await?;
        tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", vec![]).await?;
        Ok(tx)
    }

    /// Runs a change in a transaction of its own. It ends as it will even if the caller goes away.
    pub(super) async fn write(&self, lasting: Lasting, change: Step) -> Result<()> {
        let pg = self.clone();
        let whole = async move {
            let _turn = pg.changes.acquire().await;
            let mut tx = pg.begin().await?;
            if lasting == Lasting::WithTheNext {
                tx.run("SET LOCAL synchronous_commit TO OFF", vec![]).await?;
            }
            let changed = change(&mut tx).await?;
            if let Engine::Pg(transaction) = tx.engine {
                let _changing = pg.moments.change();
                transaction.commit().await.map_err(failure)?;
            }
            changed.into_iter().for_each(|scope| pg.events.changed_in(scope));
            Ok(())
        };
        tokio::spawn(whole.in_current_span()).await.unwrap_or(Err(Error::Internal))
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
    match &error {
        sqlx::Error::Database(refused) if !may_pass(refused.code().as_deref()) => Error::Internal,
        sqlx::Error::Database(_)
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed => Error::Unavailable("the database did not answer; try again".to_owned()),
        _ => Error::Internal,
    }
}

/// Whether the same statement may succeed later (PostgreSQL, Appendix A, "Error Codes"): connections, conflicts of
/// transactions, missing resources, an operator's intervention, the system around the database.
fn may_pass(code: Option<&str>) -> bool {
    code.and_then(|code| code.get(..2)).is_some_and(|class| matches!(class, "08" | "40" | "53" | "55" | "57" | "58"))
}
