//! What a preview says of bytes is what a purge and a collection free.

use super::{A_WHILE_MS, files, pulls, rows, run};
use crate::support::{OCI_MANIFEST, START, TestApp, choices, decides, sha256};
use crate::tags::{push_index, push_signature};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::store::collect;
use serde_json::{Value, json};
use std::sync::Arc;

async fn post(test: &TestApp, path: &str, body: Value) -> Value {
    let answer = test.call("POST", path, "application/json", body.to_string()).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    answer.json()
}

/// Pushes an image of these layers, and returns its digest.
async fn push(test: &TestApp, repository: &str, layers: &[&str]) -> String {
    let mut of = Vec::new();
    for layer in layers {
        let digest = test.push_blob(repository, layer.as_bytes()).await;
        of.push(json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": layer.len()}));
    }
    let config = test.push_blob(repository, b"{}").await;
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": of,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2}});
    let (text, digest) = (manifest.to_string(), sha256(manifest.to_string().as_bytes()));
    assert_eq!(test.put_manifest(repository, &digest, OCI_MANIFEST, &text).await.status, 201);
    digest
}

/// The bytes of all blobs.
fn held(test: &TestApp) -> u64 {
    let file = |digest: &String| test.folder.path().join("blobs/sha256").join(&digest[7..9]).join(&digest[7..]);
    files(test.folder.path()).iter().map(|digest| std::fs::metadata(file(digest)).unwrap().len()).sum()
}

#[tokio::test]
async fn what_is_said_to_be_freed_is_freed() {
    let clock = Arc::new(ManualClock::new(START));
    let config = "[gc]\ngrace_s = 0\nevery_s = 0\n";
    let mut test = TestApp::build(config, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    push(&test, "team/web", &["stays", "of all"]).await;
    let first = push(&test, "team/web", &["first", "of two", "of all"]).await;
    let second = push(&test, "team/web", &["the second", "of two", "of all"]).await;
    push(&test, "old/web", &["the second", "only there"]).await;
    push(&test, "old/api", &["only there", "and here"]).await;
    // What is in the trash already holds its own.
    let asked = [
        ("team/web", json!({"digests": [first]}), false, 0),
        ("old/api", json!({"repository": true}), false, 0),
        ("team/web", json!({"digests": [second]}), true, 0),
        ("old/web", json!({"repository": true}), true, "the second".len() as u64),
    ];
    for (repository, asked, is_purged, freed) in asked {
        let at = format!("/api/v1/r/{repository}/-");
        let preview = post(&test, &format!("{at}/delete-preview"), asked).await;
        let done = post(&test, &format!("{at}/delete"), json!({"plan": preview["plan"]})).await;
        if !is_purged {
            continue;
        }
        assert_eq!(preview["freed_bytes"], json!(freed), "{repository}: {preview}");
        let before = held(&test);
        let entry = done["trash"][0].as_str().unwrap();
        assert_eq!(test.delete(&format!("/api/v1/trash/{entry}")).await.status, 204);
        clock.advance_ms(A_WHILE_MS);
        run(&test).await;
        assert_eq!(before - held(&test), freed, "{repository}");
    }
}

/// Some rows at a time, between which others push.
#[tokio::test]
async fn what_is_left_of_a_repository_is_cleared_away_under_pushes_of_its_name() {
    let test = TestApp::new().await;
    let (index, _) = push_index(&test, "team/web", "1.0", "old").await;
    push_signature(&test, "team/web", &index, 2).await;
    for tag in ["2.0", "2.1", "2.2"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    assert_eq!(test.delete("/v2/team/web/manifests/2.2").await.status, 202, "its own entry goes with the whole");
    assert_eq!(test.delete("/api/v1/r/team/web").await.status, 204);
    let entries = test.get("/api/v1/trash").await.json()["items"].clone();
    let entry = format!("/api/v1/trash/{}", entries[0]["id"].as_str().unwrap());
    assert_eq!(test.delete(&entry).await.status, 204);
    assert_eq!(test.get("/api/v1/trash").await.json()["items"], json!([]));
    assert_eq!(test.call("POST", &format!("{entry}/restore"), "application/json", "").await.status, 404);

    let proof = decides(Policy::Grants).system(Job::Collect, Maintain {});
    let clear = async || test.app.store.note(&proof, |tx| Box::pin(collect::clear(tx, 3))).await.unwrap();
    let mut pushed = Vec::new();
    while clear().await > 0 {
        let tag = format!("new-{}", pushed.len());
        test.push_image("team/web", &tag, "amd64", tag.as_bytes()).await;
        pushed.push(tag);
    }
    assert!(pushed.len() > 10, "it took its steps: {}", pushed.len());
    for table in ["tags", "manifests", "manifest_edges", "referrers", "repository_blobs", "deleted_tags", "tag_moves"] {
        let sql = format!("SELECT 1 FROM {table} WHERE repository_id NOT IN (SELECT id FROM repositories)");
        assert!(rows(&test, &sql).await.is_empty(), "{table}");
    }
    assert!(rows(&test, "SELECT 1 FROM gone_repositories").await.is_empty());
    for tag in &pushed {
        pulls(&test, "team/web", tag).await;
    }
}
