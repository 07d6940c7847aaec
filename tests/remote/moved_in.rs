//! What was deleted in the hosted registry, where a registry elsewhere is mounted at its name by now.

use super::stand_in::{Deletes, StandIn};
use crate::identity::{PASSWORD, basic};
use crate::support::{START, TestApp, choices};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::identity::sign_in;
use serde_json::{Value, json};
use std::sync::Arc;

const ALLOWED: &str = "[limits]\noutbound_allow = [\"127.0.0.0/8\"]\n";

async fn sent(test: &TestApp, method: &str, path: &str, body: Value) -> (u16, String) {
    let answer = test.call(method, &format!("/api/v1/{path}"), "application/json", body.to_string()).await;
    (answer.status.as_u16(), answer.text())
}

async fn count(test: &TestApp, sql: &str) -> i64 {
    test.app.store.one(sql, vec![]).await.unwrap().unwrap().take().unwrap()
}

/// The ids of what is in the trash: of tags, and of repositories.
async fn entries(test: &TestApp) -> (Vec<String>, Vec<String>) {
    let trash = test.get("/api/v1/trash").await.json();
    let (tags, whole): (Vec<_>, Vec<_>) =
        trash["items"].as_array().unwrap().iter().partition(|entry| entry["kind"] == "tag");
    let ids = |some: Vec<&Value>| some.into_iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    (ids(tags), ids(whole))
}

/// It does not come back into the other, and is let go where it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_here_is_purged_here_and_comes_back_when_the_name_is_free() {
    for is_read_only in [false, true] {
        let (upstream, url) = StandIn::start(Deletes::ByDigest).await;
        let test = TestApp::build(ALLOWED, choices(Policy::Grants, Arc::new(ManualClock::new(START)))).await;
        sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
        let test = test.showing(&basic("mara", PASSWORD));
        for (tag, layer) in [("v1", &b"one"[..]), ("v2", b"two"), ("v3", b"three")] {
            test.push_image("team/x", tag, "amd64", layer).await;
        }
        for tag in ["v1", "v2"] {
            assert_eq!(sent(&test, "DELETE", &format!("r/team/x/-/tags/{tag}"), json!(null)).await.0, 204);
        }
        let whole = json!({"repository": true});
        let (_, preview) = sent(&test, "POST", "r/team/x/-/delete-preview", whole).await;
        let plan: Value = serde_json::from_str(&preview).unwrap();
        let done = sent(&test, "POST", "r/team/x/-/delete", json!({"plan": plan["plan"]})).await;
        assert_eq!(done.0, 200, "{}", done.1);
        let weight = count(&test, "SELECT stored_bytes FROM mounts").await;
        let mount = json!({"prefix": "team", "url": url, "read_only": is_read_only, "repositories": ["a"]});
        let mounted = sent(&test, "POST", "mounts", mount).await;
        assert_eq!(mounted.0, 201, "{}", mounted.1);
        upstream.now().seen.clear();

        let (tags, whole) = entries(&test).await;
        assert_eq!((tags.len(), whole.len()), (2, 1));
        for id in tags.iter().chain(&whole) {
            let back = sent(&test, "POST", &format!("trash/{id}/restore"), json!({})).await;
            assert!(back.0 == 409 && back.1.contains("at another registry than is mounted there now"), "{}", back.1);
        }
        let page = test.get(&format!("/trash?purge={}", tags[0])).await.text();
        assert!(!page.contains(url.trim_start_matches("http://")), "nothing is said of the other: {page}");
        let purged = sent(&test, "DELETE", &format!("trash/{}", tags[0]), json!(null)).await;
        assert_eq!(purged.0, 204, "{}", purged.1);
        let left = test.get("/api/v1/trash").await.json()["items"].as_array().unwrap().clone();
        let batch = left.iter().find(|entry| entry["kind"] == "tag").unwrap()["batch"].clone();
        let purged = sent(&test, "POST", "trash/purge", json!({"batch": batch, "repository": "team/x"})).await;
        assert_eq!(purged.0, 200, "{}", purged.1);
        assert_eq!(count(&test, "SELECT COUNT(*) FROM trash_holds").await, 0, "nothing is noted of the other");
        assert_eq!(upstream.now().seen, [], "nor is it asked");
        assert_eq!(count(&test, "SELECT COUNT(*) FROM manifests").await, 3, "an image waits for the collection");
        assert_eq!(count(&test, "SELECT stored_bytes FROM mounts WHERE kind = 'hosted'").await, weight);

        assert_eq!(sent(&test, "DELETE", "mounts/team", json!(null)).await.0, 204);
        let back = sent(&test, "POST", &format!("trash/{}/restore", whole[0]), json!({})).await;
        assert_eq!(back.0, 204, "{}", back.1);
        assert_eq!(test.get("/api/v1/r/team/x").await.json()["n_tags"], 1);
        assert_eq!(test.get("/v2/team/x/manifests/v3").await.status, 200);
    }
}
