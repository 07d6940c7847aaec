//! The first reading of a registry that is large and far away: 300 repositories of 200 tags, 20 ms a
//! call. Names are on screen first, and what somebody opens comes before the rest.

use crate::conformance::registry::serve_router;
use crate::support::{OCI_MANIFEST, TestApp, sha256};
use axum::Router;
use axum::extract::{Query, Request};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use portolan::server::access::Policy;
use portolan::server::jobs;
use std::collections::HashMap;
use std::time::{Duration, Instant};

const REPOSITORIES: usize = 300;
const TAGS: usize = 200;
const CALL: Duration = Duration::from_millis(20);

fn config() -> String {
    r#"{"os":"linux","architecture":"amd64"}"#.to_owned()
}

/// One image for each tag, so that nothing can be skipped.
fn manifest(tag: &str) -> String {
    let config = config();
    serde_json::json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "annotations": {"tag": tag}, "layers": [],
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(config.as_bytes()),
                   "size": config.len()}})
    .to_string()
}

fn list(key: &str, names: impl Iterator<Item = String>, query: &HashMap<String, String>, path: &str) -> Response {
    let n = query.get("n").and_then(|n| n.parse().ok()).unwrap_or(100);
    let last = query.get("last").cloned().unwrap_or_default();
    let mut names: Vec<String> = names.filter(|name| *name > last).take(n + 1).collect();
    let more = names.len() > n;
    names.truncate(n);
    let next = format!("<{path}?n={n}&last={}>; rel=\"next\"", names.last().cloned().unwrap_or_default());
    let body = axum::Json(serde_json::json!({key: names}));
    if more { ([("link", next)], body).into_response() } else { body.into_response() }
}

async fn answer(Query(query): Query<HashMap<String, String>>, request: Request) -> Response {
    tokio::time::sleep(CALL).await; // The distance to this registry, which the test is about.
    let path = request.uri().path();
    if path == "/v2/_catalog" {
        return list("repositories", (0..REPOSITORIES).map(|index| format!("far/r{index:03}")), &query, path);
    }
    if path.ends_with("/tags/list") {
        return list("tags", (0..TAGS).map(|index| format!("t{index:03}")), &query, path);
    }
    if path.contains("/blobs/") {
        return config().into_response();
    }
    let reference = path.rsplit('/').next().unwrap_or_default();
    let tag = (0..TAGS)
        .map(|index| format!("t{index:03}"))
        .find(|tag| tag == reference || sha256(manifest(tag).as_bytes()) == reference);
    let Some(tag) = tag else { return StatusCode::NOT_FOUND.into_response() };
    let body = manifest(&tag);
    let headers = [("docker-content-digest", sha256(body.as_bytes())), ("content-type", OCI_MANIFEST.to_owned())];
    let body = if *request.method() == Method::HEAD { String::new() } else { body };
    (headers, body).into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_come_first_and_what_is_opened_jumps_the_queue() {
    let upstream = serve_router(Router::new().fallback(answer)).await;
    let config =
        format!("[[mounts]]\nprefix = \"far\"\nkind = \"remote\"\nurl = \"{upstream}\"\nupstream_prefix = \"far\"");
    let test = TestApp::real(&config, Policy::OpenOnLoopback).await;
    jobs::schedule(&test.app).await.unwrap();
    let started = Instant::now();
    let running = tokio::spawn(jobs::run(test.app.clone()));

    wait(&test, "/repositories?sort=name", "/r/far/r000").await;
    assert!(started.elapsed() < Duration::from_secs(2), "the first names are on screen");
    wait(&test, "/repositories", "of 300").await;

    let clicked = Instant::now();
    let page = test.get("/r/far/r299").await.text();
    let rows = page.matches("<tr").count();
    assert!(rows >= 50, "the page that was opened has its first 50 rows at once, not {rows}");
    assert!(clicked.elapsed() < Duration::from_secs(1), "and came within a second");
    running.abort();
}

async fn wait(test: &TestApp, path: &str, text: &str) {
    let seen = async {
        while !test.get(path).await.text().contains(text) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap_or_else(|_| panic!("{text} never on {path}"));
}
