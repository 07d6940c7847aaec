//! Whole namespaces changed while others push to them and delete in them: nobody waits for whoever waits for them.

use super::{send, timed};
use crate::support::{Answer, OCI_MANIFEST, TestApp, sha256};
use portolan::server::clock::Clock;
use serde_json::json;

fn fine(answer: &Answer) {
    assert!(answer.status.as_u16() < 500, "{}: {}", answer.status, answer.text());
}

/// An image of nothing but two bytes. What somebody deletes meanwhile is missing.
async fn push(test: &TestApp, repository: &str, tag: &str, text: &str) {
    let start = format!("/v2/{repository}/blobs/uploads/?digest={}", sha256(b"{}"));
    fine(&test.call("POST", &start, "application/octet-stream", "{}").await);
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2}, "layers": [],
        "annotations": {"text": text}});
    fine(&test.put_manifest(repository, tag, OCI_MANIFEST, &manifest.to_string()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pushes_rollbacks_and_deletes_of_a_namespace_hold_each_other_up_and_no_more() {
    const ROUNDS: usize = 20;
    let (test, clock) = timed().await;
    for repository in ["team/a", "team/b"] {
        push(&test, repository, "prod", "first").await;
    }
    let then = clock.now().rfc3339();
    clock.advance_ms(60_000);
    let mut work = tokio::task::JoinSet::new();
    for (who, [first, second]) in [["team/a", "team/b"], ["team/b", "team/a"]].into_iter().enumerate() {
        let test = test.again();
        work.spawn(async move {
            for n in 0..ROUNDS {
                push(&test, first, "prod", &format!("{who} {n}")).await;
                push(&test, second, &format!("v{n}"), &format!("{who} {n}")).await;
            }
        });
    }
    let rolling = test.again();
    work.spawn(async move {
        for _ in 0..ROUNDS {
            fine(&send(&rolling, "POST", "/api/v1/n/team/-/rollback", json!({"t": then})).await);
        }
    });
    let whole = test.again();
    work.spawn(async move {
        for _ in 0..ROUNDS / 4 {
            let preview = send(&whole, "POST", "/api/v1/n/team/-/delete-preview", json!({})).await;
            fine(&preview);
            if preview.status == 200 {
                let plan = json!({"plan": preview.json()["plan"]});
                fine(&send(&whole, "POST", "/api/v1/n/team/-/delete", plan).await);
            }
        }
    });
    let single = test.again();
    work.spawn(async move {
        for n in 0..ROUNDS {
            fine(&single.delete(&format!("/api/v1/r/team/b/-/tags/v{n}")).await);
        }
    });
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
}
