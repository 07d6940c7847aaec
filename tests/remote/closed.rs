//! A mount that is made read-only at the moment in which something is let go there.

use super::stand_in::{Deletes, StandIn};
use super::world::{HOUR_MS, artifact};
use crate::identity::{PASSWORD, basic};
use crate::support::{START, TestApp, choices, eventually, sha256};
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::identity::sign_in;
use serde_json::{Value, json};
use std::sync::Arc;

const ALLOWED: &str = "[limits]\noutbound_allow = [\"127.0.0.0/8\"]\n";

async fn sent(test: &TestApp, method: &str, path: &str, body: Value) {
    let answer = test.call(method, &format!("/api/v1/{path}"), "application/json", body.to_string()).await;
    assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.text());
}

async fn count(test: &TestApp, sql: &str) -> i64 {
    test.app.store.one(sql, vec![]).await.unwrap().unwrap().take().unwrap()
}

/// That something names an image is why it stays for good; this is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_let_go_because_its_mount_was_closed_goes_when_it_is_open() {
    let (upstream, url) = StandIn::start(Deletes::ByDigest).await;
    let image = upstream.push(&["latest"], &artifact("old"));
    assert_eq!(image, sha256(artifact("old").as_bytes()));
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(ALLOWED, choices(Policy::Grants, Arc::clone(&clock) as Arc<dyn Clock>)).await;
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let jobs = test.start_jobs().await;
    let test = test.showing(&basic("mara", PASSWORD));
    let mount = json!({"prefix": "up", "url": url, "read_only": false, "repositories": ["a"]});
    sent(&test, "POST", "mounts", mount).await;
    eventually("it is read", async || count(&test, "SELECT COUNT(*) FROM tags").await == 1).await;
    sent(&test, "DELETE", &format!("r/up/a/-/manifests/{image}"), json!(null)).await;
    let trash = test.get("/api/v1/trash").await.json();
    let purge = format!("trash/{}", trash["items"][0]["id"].as_str().unwrap());

    let gate = upstream.wait_for("GET", "/tags/list");
    let purging = tokio::spawn({
        let test = test.again();
        async move { sent(&test, "DELETE", &purge, json!(null)).await }
    });
    gate.reached.notified().await;
    sent(&test, "PATCH", "mounts/up", json!({"read_only": true})).await;
    gate.opens.notify_one();
    purging.await.unwrap();
    assert!(upstream.now().manifests.contains_key(&image), "nothing is deleted any more");
    assert_eq!(count(&test, "SELECT COUNT(*) FROM trash_holds").await, 1, "what is left to do is known");

    sent(&test, "PATCH", "mounts/up", json!({"read_only": false})).await;
    eventually("it is gone there", async || {
        clock.advance_ms(HOUR_MS);
        tokio::task::yield_now().await;
        !upstream.now().manifests.contains_key(&image) && count(&test, "SELECT COUNT(*) FROM trash_holds").await == 0
    })
    .await;
    drop(jobs);
}
