//! What changes something, asked whole, where nobody writes: refused, and done where somebody may.

use crate::identity::shared;
use crate::support::{OCI_MANIFEST, START, TestApp, choices, sha256};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use serde_json::{Value, json};
use std::sync::Arc;

/// A method, an address, and what is sent.
struct Row(&'static str, &'static str, &'static str);

/// The last takes all tags away.
const ROWS: &[Row] = &[
    Row("PUT", "/api/v1/r/team/web/-/tags/new", r#"{"digest":"ONE"}"#),
    Row("PUT", "/api/v1/r/team/web/-/tags/moved", r#"{"digest":"ONE","expect":"TWO"}"#),
    Row("PUT", "/v2/team/web/manifests/pushed", "MANIFEST"),
    Row("PUT", "/v2/team/web/manifests/ONE?tag=more&tag=moved-2", "MANIFEST"),
    Row("POST", "/api/v1/r/team/web/-/rename", r#"{"tag":"renamed","to":"renamed-2"}"#),
    Row("POST", "/api/v1/r/team/web/-/rollback", r#"{"tag":"back","digest":"ONE"}"#),
    Row("POST", "/api/v1/r/team/web/-/copy", r#"{"tags":["1"],"to":"team/other"}"#),
    Row("POST", "/api/v1/r/team/web/-/delete-preview", r#"{"tags":["1"]}"#),
    Row("POST", "/api/v1/r/team/web/-/delete", r#"{"plan":"PLAN"}"#),
    Row("DELETE", "/api/v1/r/team/web/-/tags/gone", ""),
    Row("POST", "/api/v1/trash/ENTRY-1/restore", "{}"),
    Row("DELETE", "/api/v1/trash/ENTRY-2", ""),
    Row("PATCH", "/api/v1/r/team/web", r#"{"description":"x"}"#),
    Row("PATCH", "/api/v1/n/team", r#"{"trash_days":3}"#),
    Row("POST", "/api/v1/protections", r#"{"scope":"team/*","tags":"v*","kind":"immutable"}"#),
    Row("POST", "/api/v1/jobs", r#"{"kind":"gc","dry_run":true}"#),
    Row("POST", "/api/v1/n/team/-/rollback", r#"{"t":"2026-11-24T05:59:59Z"}"#),
];

/// SEC-7.
#[tokio::test]
async fn what_is_asked_whole_is_refused_where_nobody_writes() {
    let base = TestApp::new().await;
    let config = shared(&base).await;
    let served = async |policy| {
        let served = TestApp::over(&config, choices(policy, Arc::new(ManualClock::new(START))), &base).await;
        served.by_admin("admin")
    };
    let (open, closed) = (served(Policy::Grants).await, served(Policy::ReadOnly).await);
    let send = async |by: &TestApp, method: &str, path: &str, body: &str| {
        let kind = if path.starts_with("/v2/") { OCI_MANIFEST } else { "application/json" };
        by.call(method, path, kind, body).await
    };
    let manifest = open.image("team/web", "amd64", b"one").await;
    for tag in ["1", "renamed", "gone", "planned", "back", "trashed-1", "trashed-2"] {
        assert_eq!(open.put_manifest("team/web", tag, OCI_MANIFEST, &manifest).await.status, 201);
    }
    let one = sha256(manifest.as_bytes());
    for tag in ["back", "moved-2"] {
        open.push_image("team/web", tag, "amd64", b"two").await;
    }
    let two = open.push_image("team/web", "moved", "amd64", b"two").await;
    for tag in ["trashed-1", "trashed-2"] {
        assert_eq!(open.delete(&format!("/v2/team/web/manifests/{tag}")).await.status, 202);
    }
    let listed = open.get("/api/v1/trash").await.json();
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let entries: Vec<String> = listed["items"].as_array().unwrap().iter().map(|it| text(&it["id"])).collect();
    let preview = "/api/v1/r/team/web/-/delete-preview";
    let preview = send(&open, "POST", preview, &json!({"tags": ["planned"]}).to_string()).await;
    let plan = text(&preview.json()["plan"]);
    let fill = |it: &str| {
        let it = it.replace("ONE", &one).replace("TWO", &two).replace("MANIFEST", &manifest);
        it.replace("ENTRY-1", &entries[0]).replace("ENTRY-2", &entries[1]).replace("PLAN", &plan)
    };
    for Row(method, path, body) in ROWS {
        let (asked, sent) = (fill(path), fill(body));
        let refused = send(&closed, method, &asked, &sent).await;
        // What is in the trash is not said to be there.
        let status = if path.starts_with("/api/v1/trash/") { 404 } else { 403 };
        assert_eq!(refused.status, status, "{method} {path}: {}", refused.text());
        let done = send(&open, method, &asked, &sent).await;
        assert!(done.status.is_success(), "{method} {path}: {} {}", done.status, done.text());
    }
}
