//! Tags of CNCF distribution 2.8, changed and deleted from here: held by hidden tags, brought back, let go.

use super::survivors::{everything, fill, manifest, tags};
use crate::support::process::{Distribution, http};
use crate::support::{Answer, TestApp, eventually};
use portolan::server::access::Policy;
use serde_json::{Value, json};
use std::path::Path;
use tokio_util::sync::DropGuard;

/// A registry with content, and a server that mounts it and has read it.
pub(super) async fn mounted(folder: &Path, settings: &str) -> Option<(Distribution, TestApp, DropGuard)> {
    let upstream = Distribution::start(folder)?;
    let (test, jobs) = filled(&upstream.host, settings).await;
    Some((upstream, test, jobs))
}

/// The same with any registry.
pub(super) async fn filled(host: &str, settings: &str) -> (TestApp, DropGuard) {
    let to_fill = host.to_owned();
    tokio::task::spawn_blocking(move || fill(&to_fill)).await.unwrap();
    let config = format!(
        "[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\nurl = \"http://{host}\"\nrefresh_s = 1\n{settings}\n[[mounts]]\nkind = \"hosted\""
    );
    let mut test = TestApp::real(&config, Policy::Grants).await;
    let jobs = test.start_jobs().await;
    eventually("all is read", async || listed(&test).await.len() == tags(host).len()).await;
    (test, jobs)
}

pub(super) async fn send(test: &TestApp, method: &str, path: &str, body: Value) -> Answer {
    test.call(method, &format!("/api/v1/{path}"), "application/json", body.to_string()).await
}

/// The tags as the API lists them, each with its digest.
pub(super) async fn listed(test: &TestApp) -> Vec<(String, String)> {
    let answer = test.get("/api/v1/r/up/team/web/-/tags").await;
    if answer.status != 200 {
        return vec![];
    }
    let items = answer.json()["items"].as_array().cloned().unwrap();
    let text = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
    items.iter().map(|item| (text(item, "name"), text(item, "digest"))).collect()
}

pub(super) fn upstream_tags(upstream: &Distribution) -> Vec<String> {
    tags(&upstream.host)
}

pub(super) fn hidden(upstream: &Distribution) -> Vec<String> {
    upstream_tags(upstream).into_iter().filter(|tag| tag.starts_with("portolan.")).collect()
}

pub(super) fn named(upstream: &Distribution, tag: &str) -> Option<String> {
    manifest(&upstream.host, tag).map(|text| crate::support::sha256(text.as_bytes()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_was_deleted_there_comes_back_and_another_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let Some((upstream, test, _jobs)) = mounted(folder.path(), "read_only = false").await else { return };
    let (before, visible) = (listed(&test).await, upstream_tags(&upstream));
    let whole = everything(&upstream.host, &visible);
    let image = named(&upstream, "latest").unwrap();

    let preview = send(&test, "POST", "r/up/team/web/-/delete-preview", json!({"tags": ["latest"]})).await.json();
    assert_eq!(preview["removed"].as_array().unwrap().len(), 1, "{preview}");
    let notes = preview["notes"].to_string();
    for words in ["portolan.trash", "tombstone first"] {
        assert!(notes.contains(words), "{notes}");
    }
    assert_eq!(preview["notes"].as_array().map(Vec::len), Some(1), "its image keeps other names: {notes}");
    let plan = json!({"plan": preview["plan"]});
    let done = send(&test, "POST", "r/up/team/web/-/delete", plan.clone()).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(send(&test, "POST", "r/up/team/web/-/delete", plan).await.json(), done.json(), "the same when repeated");
    assert_eq!((named(&upstream, "latest"), hidden(&upstream).len()), (None, 1));
    assert_eq!(named(&upstream, &hidden(&upstream)[0]), Some(image.clone()), "the hidden tag holds it");
    let now = listed(&test).await;
    assert_eq!(now.len(), before.len() - 1, "neither it nor the hidden tag is listed");
    let page = test.get("/r/up/team/web").await.text();
    assert!(!page.contains("portolan.trash"), "{page}");
    assert_eq!(test.get("/api/v1/r/up/team/web").await.json()["n_tags"], json!(now.len()));

    let trash = test.get("/api/v1/trash").await.json();
    let entry = &trash["items"][0];
    assert_eq!((entry["tag"].clone(), entry["digest"].clone()), (json!("latest"), json!(image)), "{trash}");
    let restored = send(&test, "POST", &format!("trash/{}/restore", entry["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(restored.status, 204, "{}", restored.text());
    assert_eq!((named(&upstream, "latest"), hidden(&upstream)), (Some(image), vec![]));
    assert_eq!(everything(&upstream.host, &visible), whole, "all is as it was, byte for byte");
    assert_eq!(listed(&test).await, before);

    assert_eq!(test.delete("/api/v1/r/up/team/web/-/tags/1.4").await.status, 204);
    let id = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(test.delete(&format!("/api/v1/trash/{id}")).await.status, 204);
    assert_eq!(hidden(&upstream), Vec::<String>::new(), "what is purged is not held");
    let left: Vec<String> = visible.into_iter().filter(|tag| tag != "1.4").collect();
    assert_eq!(everything(&upstream.host, &left), whole, "its siblings are whole");
    let history = test.get("/api/v1/r/up/team/web/-/history").await.text();
    assert!(
        history.contains("\"delete\"") && history.contains("\"restore\"") && history.contains("admin"),
        "{history}"
    );
    let activity = test.get("/api/v1/activity").await.text();
    for action in ["tag.delete", "trash.restore", "trash.purge"] {
        assert!(activity.contains(action), "{action}: {activity}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_is_set_moved_and_renamed_there_as_it_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let Some((upstream, test, _jobs)) = mounted(folder.path(), "read_only = false").await else { return };
    let (image, arm) = (named(&upstream, "latest").unwrap(), named(&upstream, "arm").unwrap());
    let set = async |tag: &str, body: Value| send(&test, "PUT", &format!("r/up/team/web/-/tags/{tag}"), body).await;
    assert_eq!(set("stable", json!({"digest": image, "expect": null})).await.status, 201);
    assert_eq!(named(&upstream, "stable"), Some(image.clone()));
    let moved = set("stable", json!({"digest": arm, "expect": image})).await;
    assert_eq!(
        (moved.status.as_u16(), moved.json()["moved_by"].clone()),
        (200, json!("user:admin")),
        "{}",
        moved.text()
    );
    assert_eq!(named(&upstream, "stable"), Some(arm.clone()));

    // Somebody pushes there what the catalog does not know yet.
    let text = manifest(&upstream.host, &image).unwrap();
    let path = "/v2/team/web/manifests/stable";
    let pushed = http("PUT", &upstream.host, path, &[("Content-Type", crate::support::OCI_MANIFEST)], text.as_bytes());
    assert_eq!(pushed.0, 201);
    let stale = set("stable", json!({"digest": arm, "expect": arm})).await;
    assert_eq!((stale.status.as_u16(), stale.json()["current"].clone()), (409, json!(image)), "{}", stale.text());
    assert_eq!(named(&upstream, "stable"), Some(image.clone()), "theirs stays");
    let unknown = format!("sha256:{}", "a".repeat(64));
    assert_eq!(set("stable", json!({"digest": unknown})).await.status, 404);
    assert_eq!(set("portolan.trash.x", json!({"digest": image})).await.status, 400);
    assert_eq!(upstream_tags(&upstream).iter().filter(|tag| tag.starts_with("portolan")).count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_goes_with_its_tags_and_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let Some((upstream, test, _jobs)) = mounted(folder.path(), "read_only = false").await else { return };
    let visible = upstream_tags(&upstream);
    let whole = everything(&upstream.host, &visible);
    let (index, image) = (named(&upstream, "multi").unwrap(), named(&upstream, "latest").unwrap());
    let refused = test.delete(&format!("/api/v1/r/up/team/web/-/manifests/{image}")).await;
    assert_eq!(refused.status, 409, "an index lists it: {}", refused.text());
    assert_eq!(test.delete(&format!("/api/v1/r/up/team/web/-/manifests/{index}")).await.status, 204);
    assert_eq!(named(&upstream, "multi"), None);
    let left: Vec<String> = visible.iter().filter(|tag| *tag != "multi").cloned().collect();
    assert!(everything(&upstream.host, &left).iter().all(|(digest, bytes)| whole.get(digest) == Some(bytes)));
    let id = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(send(&test, "POST", &format!("trash/{id}/restore"), json!({})).await.status, 204);
    assert_eq!(everything(&upstream.host, &visible), whole);
    assert_eq!(hidden(&upstream), Vec::<String>::new());

    assert_eq!(test.delete(&format!("/api/v1/r/up/team/web/-/manifests/{index}")).await.status, 204);
    let id = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(test.delete(&format!("/api/v1/trash/{id}")).await.status, 204);
    assert_eq!(named(&upstream, &index), None, "what was deleted and let go is gone there");
    assert!(everything(&upstream.host, &left).iter().all(|(digest, bytes)| whole.get(digest) == Some(bytes)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_trash_it_is_gone_and_read_only_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let Some((upstream, test, _jobs)) = mounted(folder.path(), "read_only = false\ntrash = false").await else {
        return;
    };
    let preview = send(&test, "POST", "r/up/team/web/-/delete-preview", json!({"tags": ["latest"]})).await.json();
    assert!(preview["notes"].to_string().contains("cannot be brought back"), "{preview}");
    assert_eq!(test.delete("/api/v1/r/up/team/web/-/tags/latest").await.status, 204);
    assert_eq!((named(&upstream, "latest"), hidden(&upstream)), (None, vec![]));
    assert_eq!(test.get("/api/v1/trash").await.json()["items"], json!([]));
    assert!(named(&upstream, "prod").is_some());

    let folder = tempfile::tempdir().unwrap();
    let Some((upstream, test, _jobs)) = mounted(folder.path(), "").await else { return };
    let (visible, image) = (upstream_tags(&upstream), named(&upstream, "latest").unwrap());
    for (method, path, body) in [
        ("PUT", "r/up/team/web/-/tags/new", json!({"digest": image})),
        ("DELETE", "r/up/team/web/-/tags/latest", json!(null)),
        ("POST", "r/up/team/web/-/rollback", json!({"tag": "latest", "digest": image})),
    ] {
        let refused = send(&test, method, path, body).await;
        assert!(refused.status.is_client_error() && refused.text().contains("read-only"), "{path}: {}", refused.text());
    }
    for page in ["retag", "rename", "rollback", "delete"] {
        let refused = test.get(&format!("/r/up/team/web/-/tags/latest/{page}")).await;
        let said = refused.text();
        assert_eq!(refused.status, 409, "{page}: {said}");
        assert!(said.contains("This registry is read-only from here") && said.contains("See up/team/web"), "{said}");
    }
    let image = test.get("/r/up/team/web/-/tags/latest").await.text();
    assert!(image.contains("First seen ") && !image.contains("Pushed "), "{image}");
    assert_eq!(upstream_tags(&upstream), visible);
}
