//! Names: set, moved, deleted with all that a preview says, and brought back.

pub(crate) mod at_once;
mod by_job;
mod console;
mod graphs;
mod large;
mod met;
mod moments;
mod names;
mod pages;
mod plans;
mod promote;
mod recorded;
mod rights;
mod rules;
mod said;
pub(crate) mod stale;
mod together;
mod train;
mod trash;
mod trash_pages;
mod words;

use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, START, TestApp, choices, sha256, user};
use portolan::domain::{Role, Terms};
use portolan::server::access::{Policy, Standing};
use portolan::server::clock::{Clock, ManualClock};
use serde_json::{Value, json};
use std::sync::Arc;

/// A server, and the clock that it runs on.
pub(crate) async fn timed() -> (TestApp, Arc<ManualClock>) {
    timed_with("").await
}

/// The same with settings.
async fn timed_with(settings: &str) -> (TestApp, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    (TestApp::build(settings, choices(Policy::Grants, Arc::clone(&clock) as Arc<dyn Clock>)).await, clock)
}

/// Sends JSON.
pub(crate) async fn send(test: &TestApp, method: &str, path: &str, body: Value) -> Answer {
    test.call(method, path, "application/json", body.to_string()).await
}

/// Pushes an index of images for these architectures, each of its own layer.
pub(crate) async fn push_index(test: &TestApp, repository: &str, tag: &str, seed: &str) -> (String, Vec<String>) {
    let mut children = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let image = test.image(repository, architecture, format!("{seed} {architecture}").as_bytes()).await;
        let digest = sha256(image.as_bytes());
        assert_eq!(test.put_manifest(repository, &digest, OCI_MANIFEST, &image).await.status, 201);
        children.push((digest, image.len(), architecture));
    }
    let entry = |(digest, size, architecture): &(String, usize, &str)| {
        json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": size,
            "platform": {"os": "linux", "architecture": architecture}})
    };
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children.iter().map(entry).collect::<Vec<_>>()});
    let index = index.to_string();
    let put = test.put_manifest(repository, tag, OCI_INDEX, &index).await;
    assert_eq!(put.status, 201, "{}", put.text());
    (sha256(index.as_bytes()), children.into_iter().map(|(digest, ..)| digest).collect())
}

/// Pushes a signature of an image, as a referrer.
pub(crate) async fn push_signature(test: &TestApp, repository: &str, subject: &str, size: usize) -> String {
    let config = test.push_blob(repository, b"{}").await;
    let signature = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example.signature",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2}, "layers": [],
        "subject": {"mediaType": OCI_INDEX, "digest": subject, "size": size}, "annotations": {"of": subject}});
    let signature = signature.to_string();
    let digest = sha256(signature.as_bytes());
    let put = test.put_manifest(repository, &digest, OCI_MANIFEST, &signature).await;
    assert_eq!(put.status, 201, "{}", put.text());
    digest
}

/// Whether a reference can be pulled.
async fn is_there(test: &TestApp, repository: &str, reference: &str) -> bool {
    test.get(&format!("/v2/{repository}/manifests/{reference}")).await.status == 200
}

/// What a tag names.
pub(crate) async fn names(test: &TestApp, repository: &str, tag: &str) -> Option<String> {
    let answer = test.get(&format!("/v2/{repository}/manifests/{tag}")).await;
    (answer.status == 200).then(|| answer.header("docker-content-digest").to_owned())
}

/// Sends a form of a page.
pub(crate) async fn form(test: &TestApp, page: &str, intent: &str, fields: &[(&str, &str)]) -> Answer {
    // Ends before the answer is awaited: what writes a form cannot go to another thread.
    let body =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("do", intent).extend_pairs(fields).finish();
    test.call("POST", page, "application/x-www-form-urlencoded", body).await
}

/// The page on which a form that was done goes on, with what it says.
async fn followed(test: &TestApp, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let page = test.ask("GET", answer.header("location"), &[("cookie", &cookie)], "").await;
    assert_eq!(page.status, 200, "{}", page.text());
    page.text()
}

/// The same server, as somebody with a role there uses it, over some tags alone if a pattern says so.
fn within(test: &TestApp, scope: &str, role: Role, tags: Option<&str>) -> TestApp {
    let tags = tags.map(|tags| tags.parse().expect("a pattern"));
    let terms = vec![Terms { role, scope: scope.parse().expect("a scope"), tags, expires_at: None }];
    test.with_standing(Standing { terms, ..Standing::of(user("lena")) })
}
