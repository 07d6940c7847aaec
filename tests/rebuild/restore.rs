//! What is deleted can be put back as it was, from what deletes keep and from nothing else.

use super::{derived, step, take};
use crate::support::{START, TestApp, choices, decides};
use portolan::domain::Timestamp;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::store::Store;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::Arc;

/// All that is known of tags, images and blobs.
async fn known(store: &Store) -> String {
    let mut found = derived(store).await;
    for sql in [
        "SELECT repository_id, name, changed_at, move_known, moved_by, pulled_at FROM tags ORDER BY 1, 2",
        "SELECT repository_id, digest, media_type, content, config, pushed_at, pushed_by FROM manifests ORDER BY 1, 2",
        "SELECT repository_id, digest FROM repository_blobs ORDER BY 1, 2",
    ] {
        found.extend(store.all(sql, vec![]).await.unwrap().iter().map(|row| format!("{row:?}")));
    }
    found.join("\n")
}

/// Some tags by name, the images with all their other tags, the blobs.
async fn delete_everything(test: &TestApp) {
    for sql in [
        "SELECT r.name, 'manifests', t.name FROM tags t JOIN repositories r ON r.id = t.repository_id
         WHERE t.name IN ('t0', 't1') ORDER BY 1, 3",
        "SELECT r.name, 'manifests', m.digest FROM manifests m JOIN repositories r ON r.id = m.repository_id
         ORDER BY CASE m.kind WHEN 'index' THEN 0 ELSE 1 END, (SELECT COUNT(*) FROM manifest_edges e
           WHERE e.repository_id = r.id AND e.child = m.digest), 1, 3",
        "SELECT r.name, 'blobs', l.digest FROM repository_blobs l JOIN repositories r ON r.id = l.repository_id ORDER BY 1, 3",
    ] {
        for mut row in test.app.store.all(sql, vec![]).await.unwrap() {
            let mut part = || row.take::<String>().unwrap();
            let path = format!("/v2/{}/{}/{}", part(), part(), part());
            assert_eq!(test.delete(&path).await.status.as_u16(), 202, "{path}");
        }
    }
    for table in ["tags", "manifests", "manifest_edges", "referrers", "repository_blobs"] {
        let sql = format!("SELECT 1 FROM {table} WHERE repository_id IN (SELECT id FROM repositories)");
        let rows = test.app.store.all(&sql, vec![]).await.unwrap();
        assert!(rows.is_empty(), "{} are left of {table}", rows.len());
    }
}

/// Restores what was deleted since a moment, the newest first.
async fn restore(test: &TestApp, since: Timestamp) {
    loop {
        let listed = test.get("/api/v1/trash?limit=500").await.json();
        let items = listed["items"].as_array().unwrap().clone();
        let since = since.rfc3339();
        let Some(entry) = items.iter().find(|it| it["deleted_at"].as_str().unwrap() >= &*since) else { return };
        let path = format!("/api/v1/trash/{}/restore", entry["id"].as_str().unwrap());
        let back = test.call("POST", &path, "application/json", "").await;
        assert_eq!(back.status.as_u16(), 204, "{entry}: {}", back.text());
    }
}

/// Decision 7.
#[test]
fn what_deletes_keep_brings_everything_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let lives = proptest::collection::vec(step(), 1..30);
    let ran = runner.run(&lives, |steps| {
        runtime.block_on(async {
            let clock = Arc::new(ManualClock::new(START));
            let test = TestApp::build("", choices(Policy::Grants, clock.clone())).await;
            let somebody = test.by_admin("somebody");
            for (number, step) in steps.into_iter().enumerate() {
                take(if number % 2 == 0 { &test } else { &somebody }, step).await;
                clock.advance_ms(1000);
            }
            let proof = decides(Policy::ReadOnly).system(Job::Rebuild, Maintain {});
            let store = &test.app.store;
            let pulled = "UPDATE tags SET pulled_at = changed_at + 7";
            store.note(&proof, |tx| Box::pin(tx.run(pulled, vec![]))).await.unwrap();
            let (before, since) = (known(store).await, clock.now());
            delete_everything(&test).await;
            restore(&test, since).await;
            prop_assert_eq!(before, known(store).await);
            Ok(())
        })
    });
    ran.unwrap();
}
