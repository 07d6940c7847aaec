//! The second run of the tests: the same servers on PostgreSQL, each in a schema of its own.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The address of an empty schema, if this run is the one on PostgreSQL (`PORTOLAN_TEST_ENGINE=postgres`).
#[expect(clippy::disallowed_methods, reason = "the test scripts say by variables on which engine they run and where")]
pub(super) async fn schema_of_its_own() -> Option<String> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    if std::env::var("PORTOLAN_TEST_ENGINE").as_deref() != Ok("postgres") {
        return None;
    }
    let url = std::env::var("PORTOLAN_TEST_POSTGRES").expect("scripts/with-postgres.sh sets it");
    let schema = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&url).await.expect("PostgreSQL runs");
    let create = sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {schema}")));
    create.execute(&mut connection).await.expect("a new schema");
    connection.close().await.expect("nothing is under way");
    Some(format!("{url}?options=-csearch_path%3D{schema}"))
}
