//! The tabs of an image at a registry elsewhere: its small content is read there when somebody looks, and what the registry
//! sends is believed as far as its digest says.

use super::{HELM, page, said};
use crate::conformance::registry::serve_router;
use crate::support::{OCI_MANIFEST, START, TestApp, choices, eventually, sha256};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What the registry has, by the last part of the path, and how often each was asked for.
#[derive(Default)]
struct Far {
    manifests: BTreeMap<String, String>,
    blobs: BTreeMap<String, Vec<u8>>,
    asked: Vec<String>,
}

fn answer(far: &Mutex<Far>, path: &str) -> Response<Body> {
    let mut far = far.lock().unwrap();
    let last = path.rsplit('/').next().unwrap_or_default().to_owned();
    let found =
        |body: Vec<u8>| Response::builder().header("content-type", OCI_MANIFEST).body(Body::from(body)).unwrap();
    if path == "/v2/" {
        return found(b"{}".to_vec());
    }
    if path.ends_with("/tags/list") {
        let tags: Vec<&String> = far.manifests.keys().filter(|name| !name.contains(':')).collect();
        return found(json!({"name": "a", "tags": tags}).to_string().into_bytes());
    }
    if path.contains("/blobs/") {
        far.asked.push(last.clone());
    }
    let known = if path.contains("/blobs/") {
        far.blobs.get(&last).cloned()
    } else {
        far.manifests.get(&last).map(|it| it.clone().into_bytes())
    };
    match known {
        Some(body) => found(body),
        None => Response::builder().status(404).body(Body::empty()).unwrap(),
    }
}

#[tokio::test]
async fn what_is_elsewhere_is_read_there_and_checked() {
    let far = Arc::new(Mutex::new(Far::default()));
    let answering = Arc::clone(&far);
    let router =
        Router::new().fallback(move |request: Request| async move { answer(&answering, request.uri().path()) });
    let url = serve_router(router).await;
    let chart = |name: &str| format!(r#"{{"name":"{name}","version":"1.2.3"}}"#);
    for (tag, sent) in [("good", chart("good")), ("lies", chart("lies!")), ("gone", String::new())] {
        let config = chart(tag);
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
            "config": {"mediaType": HELM, "digest": sha256(config.as_bytes()), "size": config.len()}})
        .to_string();
        let mut far = far.lock().unwrap();
        if !sent.is_empty() {
            far.blobs.insert(sha256(config.as_bytes()), sent.into_bytes());
        }
        far.manifests.insert(sha256(manifest.as_bytes()), manifest.clone());
        far.manifests.insert(tag.to_owned(), manifest);
    }
    let config = format!(
        "[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\nurl = \"{url}\"\nrepositories = [\"a\"]\nrefresh_s = 2592000\n[[mounts]]\nkind = \"hosted\""
    );
    let mut test = TestApp::build(&config, choices(Policy::Grants, Arc::new(ManualClock::new(START)))).await;
    let jobs = test.start_jobs().await;
    eventually("the tags are read", async || {
        let read = test.get("/api/v1/r/up/a/-/tags").await;
        read.status == 200 && read.json()["items"].as_array().is_some_and(|tags| tags.len() == 3)
    })
    .await;
    eventually("all is read", async || {
        let sql = "SELECT COUNT(*) FROM mounts WHERE crawl_finished_at IS NOT NULL";
        test.app.store.one(sql, vec![]).await.unwrap().unwrap().take::<i64>().unwrap() > 0
    })
    .await;
    // What jobs ask is not what pages ask.
    drop(jobs);
    let quiet = async || {
        let before = test.app.store.statements();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        test.app.store.statements() == before
    };
    eventually("the jobs have stopped", quiet).await;
    far.lock().unwrap().asked.clear();
    for (tag, expected) in [
        ("good", "version 1.2.3"),
        ("lies", "What the registry sent is not what its digest says."),
        ("gone", "The registry does not have it any more."),
    ] {
        for tab in ["", "?tab=manifest", "?tab=config"] {
            let words = said(&page(&test, &format!("/r/up/a/-/tags/{tag}{tab}")).await);
            assert!(!words.contains("lies!"), "{words}");
            assert_eq!(words.contains(expected), tab == "?tab=config", "{tag}{tab}: {words}");
        }
    }
    let asked = far.lock().unwrap().asked.clone();
    assert_eq!(asked.len(), 3, "read when somebody opens the tab: {asked:?}");
    // What is not linked to the repository is not asked for.
    far.lock().unwrap().asked.clear();
    let proof = crate::support::decides(Policy::Grants)
        .system(portolan::domain::principal::Job::Crawl, portolan::domain::action::Maintain {});
    let unlink = "DELETE FROM repository_blobs";
    test.app.store.note(&proof, move |tx| Box::pin(async move { tx.run(unlink, vec![]).await })).await.unwrap();
    let words = said(&page(&test, "/r/up/a/-/tags/good?tab=config").await);
    assert!(words.contains("It is named here, and up/a does not have it."), "{words}");
    assert_eq!(far.lock().unwrap().asked, Vec::<String>::new());
    let good = far.lock().unwrap().manifests["good"].clone();
    let raw = test.get(&format!("/r/up/a/-/manifests/{}/raw", sha256(good.as_bytes()))).await;
    assert_eq!(raw.text(), good);
}
