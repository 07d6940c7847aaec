//! What is deleted can be put back as it was, from what deletes keep and from nothing else.

use super::{derived, step, take};
use crate::support::{START, TestApp, choices, decides};
use portolan::domain::action::Maintain;
use portolan::domain::manifest::Manifest;
use portolan::domain::principal::Job;
use portolan::domain::{Actor, Digest, Result, Tag, Timestamp};
use portolan::params;
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::store::manifests::{self, NewManifest};
use portolan::server::store::repositories::{self, Repository};
use portolan::server::store::tags::{self, How, Placement};
use portolan::server::store::{Known, Row, Store, Tx, blobs};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::Arc;

/// All that is known of tags, images and blobs.
async fn known(store: &Store) -> String {
    let mut found = derived(store).await;
    for sql in [
        "SELECT repository_id, name, changed_at, move_known, moved_by, pulled_at FROM tags ORDER BY 1, 2",
        "SELECT repository_id, digest, media_type, content, config, pushed_at, pushed_by FROM manifests ORDER BY 1, 2",
        "SELECT repository_id, digest, linked_at FROM repository_blobs ORDER BY 1, 2",
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
        let rows = test.app.store.all(&format!("SELECT 1 FROM {table}"), vec![]).await.unwrap();
        assert!(rows.is_empty(), "{} are left of {table}", rows.len());
    }
}

/// Puts back what was deleted since a moment: blobs, then images before the indexes that list them, then tags.
async fn restore(tx: &mut Tx, since: Timestamp) -> Result<()> {
    let sql = "SELECT r.id, r.mount_id, d.digest, d.size_bytes, d.linked_at FROM deleted_blobs d
               JOIN repositories r ON r.id = d.repository_id WHERE d.deleted_at >= $1";
    for mut row in tx.all(sql, params![since]).await? {
        let (repository, digest): (_, Digest) = (repository(&mut row)?, row.take()?);
        blobs::link(tx, &repository, &digest, row.take()?, row.take()?).await?;
    }
    let sql = "SELECT r.id, r.mount_id, d.digest, d.media_type, d.content, d.config, d.pushed_by, d.pushed_at
               FROM deleted_manifests d JOIN repositories r ON r.id = d.repository_id WHERE d.deleted_at >= $1
               ORDER BY CASE WHEN d.media_type LIKE '%index%' THEN 1 ELSE 0 END";
    for mut row in tx.all(sql, params![since]).await? {
        let (repository, digest) = (repository(&mut row)?, row.take()?);
        let (media_type, content): (String, Vec<u8>) = (row.take()?, row.take()?);
        let parsed = Manifest::parse(Some(&media_type), &content)?;
        let new = NewManifest { digest, content, parsed, config: row.take()? };
        assert!(manifests::insert(tx, &repository, &new, row.take::<Known<_>>()?.0.as_ref(), row.take()?).await?);
    }
    restore_tags(tx, since).await
}

async fn restore_tags(tx: &mut Tx, since: Timestamp) -> Result<()> {
    let sql =
        "SELECT r.id, r.mount_id, d.name, d.digest, d.moved_by, d.changed_at, d.id, d.pulled_at FROM deleted_tags d
               JOIN repositories r ON r.id = d.repository_id WHERE d.deleted_at >= $1";
    for mut row in tx.all(sql, params![since]).await? {
        let (repository, tag, digest): (_, Tag, Digest) = (repository(&mut row)?, row.take()?, row.take()?);
        let by: Actor = row.take::<Known<_>>()?.0.expect("it was pushed");
        let (how, now, move_id) = (How::Push(&by), row.take()?, row.take()?);
        let place = Placement { repository: &repository, tag: &tag, digest: &digest, from: None, how, now, move_id };
        tags::place(tx, place).await?;
        let sql = "UPDATE tags SET pulled_at = $3 WHERE repository_id = $1 AND name = $2";
        tx.run(sql, params![&repository.id, &tag, row.take::<Timestamp>()?]).await?;
        repositories::refresh_newest(tx, &repository).await?;
    }
    Ok(())
}

fn repository(row: &mut Row) -> Result<Repository> {
    Ok(Repository { id: row.take()?, mount_id: row.take()? })
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
            store.note(&proof, move |tx| Box::pin(restore(tx, since))).await.unwrap();
            prop_assert_eq!(before, known(store).await);
            Ok(())
        })
    });
    ran.unwrap();
}
