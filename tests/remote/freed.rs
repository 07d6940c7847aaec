//! What a delete frees at CNCF distribution 2.8: nothing while the trash holds it, and then about what was said before, by
//! the registry's own garbage collection.

use super::push;
use super::survivors::{everything, manifest, put};
use super::undone::{hidden, listed, mounted, named, send, upstream_tags};
use crate::support::process::Distribution;
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, eventually};
use serde_json::{Value, json};
use std::path::Path;

/// Bytes of a layer, more than all manifests together.
const LAYER: usize = 200_000;

/// All bytes below a folder.
fn on_disk(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.map(|it| if it.path().is_dir() { on_disk(&it.path()) } else { it.metadata().unwrap().len() }).sum()
}

/// A registry whose writes rest collects what it has no use for, as its preview tells people to have it do.
fn collect(upstream: Distribution, folder: &Path) -> (Distribution, u64) {
    let upstream = upstream.collect();
    (upstream, on_disk(&folder.join("data")))
}

/// An image of one tag, and an index of one tag whose platforms have none, which share a layer with nothing.
fn fill(host: &str) {
    let layer = |name: &str| format!("{name} ").repeat(LAYER / (name.len() + 1)).into_bytes();
    push(host, "team/web", "large", &layer("large"));
    let listed: Vec<Value> = ["amd64", "arm64"]
        .map(|platform| {
            let digest = push(host, "team/web", "", &layer(platform));
            let size = manifest(host, &digest).unwrap().len();
            json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": size,
                "platform": {"os": "linux", "architecture": platform}})
        })
        .into();
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed});
    put(host, "pair", OCI_INDEX, &index.to_string());
}

/// How many images a list says that there are, and how many stand by themselves.
const COUNTED: &str = "SELECT n_images FROM repositories WHERE name = 'up/team/web'";
const ALONE: &str = "SELECT COUNT(*) FROM manifests m WHERE m.kind <> 'artifact' AND m.platforms <> ''
    AND NOT EXISTS (SELECT 1 FROM manifest_edges e WHERE e.child = m.digest AND e.relation = 'manifest')";

async fn count(test: &TestApp, sql: &str) -> i64 {
    test.app.store.one(sql, vec![]).await.unwrap().unwrap().take().unwrap()
}

async fn entries(test: &TestApp) -> Vec<String> {
    let trash = test.get("/api/v1/trash").await.json();
    trash["items"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

async fn delete(test: &TestApp, asked: &Value) -> Value {
    let preview = send(test, "POST", "r/up/team/web/-/delete-preview", asked.clone()).await.json();
    let done = send(test, "POST", "r/up/team/web/-/delete", json!({"plan": preview["plan"]})).await;
    assert_eq!(done.status, 200, "{}", done.text());
    preview
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_let_go_is_freed_by_the_registrys_own_collection_and_nothing_before() {
    for is_whole in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let Some((mut upstream, test, _jobs)) = mounted(folder.path(), "read_only = false").await else { return };
        let kept = upstream_tags(&upstream);
        let host = upstream.host.clone();
        tokio::task::spawn_blocking(move || fill(&host)).await.unwrap();
        eventually("all is read", async || listed(&test).await.len() == kept.len() + 2).await;
        let before;
        (upstream, before) = collect(upstream, folder.path());
        let visible = upstream_tags(&upstream);
        let whole = everything(&upstream.host, &visible);
        let digests = ["large", "pair"].map(|tag| named(&upstream, tag).unwrap());
        let asked = if is_whole { json!({"digests": digests}) } else { json!({"tags": ["large", "pair"]}) };

        delete(&test, &asked).await;
        (upstream, _) = collect(upstream, folder.path());
        for entry in entries(&test).await {
            assert_eq!(send(&test, "POST", &format!("trash/{entry}/restore"), json!({})).await.status, 204);
        }
        assert_eq!(everything(&upstream.host, &visible), whole, "the collection took nothing that the trash holds");

        let preview = delete(&test, &asked).await;
        let freed = preview["freed_bytes"].as_u64().unwrap();
        assert!(freed > 3 * LAYER as u64 / 2 && preview["freed_by"] == upstream.host.as_str(), "{preview}");
        for entry in entries(&test).await {
            assert_eq!(test.delete(&format!("/api/v1/trash/{entry}")).await.status, 204);
        }
        assert_eq!(hidden(&upstream), Vec::<String>::new());
        for digest in &digests {
            assert_eq!(named(&upstream, digest), None, "nothing names it, and so it is gone");
        }
        assert_eq!(count(&test, COUNTED).await, count(&test, ALONE).await, "and is counted no more");
        let after;
        (upstream, after) = collect(upstream, folder.path());
        let fell = before.saturating_sub(after);
        assert!(
            fell.abs_diff(freed) < LAYER as u64 / 20,
            "{fell} of {before} were freed, and {freed} were said: {preview}"
        );
        let rest = everything(&upstream.host, &kept);
        assert!(rest.iter().all(|(digest, bytes)| whole.get(digest) == Some(bytes)), "what stays is whole");
    }
}
