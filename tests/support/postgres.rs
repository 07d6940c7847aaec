//! The second run of the tests: the same servers on PostgreSQL, each in a schema of its own.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The address of an empty schema, if this run is the one on PostgreSQL (`PORTOLAN_TEST_ENGINE=postgres`).
#[expect(clippy::disallowed_methods, reason = "the test scripts say by variables on which engine they run and where")]
pub async fn schema_of_its_own() -> Option<String> {
    if std::env::var("PORTOLAN_TEST_ENGINE").as_deref() != Ok("postgres") {
        return None;
    }
    Some(new_schema().await.expect("scripts/with-postgres.sh sets PORTOLAN_TEST_POSTGRES"))
}

/// The address of an empty schema, where there is a PostgreSQL for tests.
#[expect(clippy::disallowed_methods, reason = "the test scripts say by a variable where PostgreSQL is")]
pub async fn new_schema() -> Option<String> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let url = std::env::var("PORTOLAN_TEST_POSTGRES").ok()?;
    let schema = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&url).await.expect("PostgreSQL runs");
    let create = sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {schema}")));
    create.execute(&mut connection).await.expect("a new schema");
    connection.close().await.expect("nothing is under way");
    Some(format!("{url}?options=-csearch_path%3D{schema}"))
}
