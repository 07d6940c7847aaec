//! Indexes in indexes: what is gone through once stays cheap however deep and however often it is listed.

use super::{A_WHILE_MS, NOTHING_IS_KEPT, files, pulls, rows, run};
use crate::jobs::{collect, over, ran};
use crate::support::{OCI_INDEX, OCI_MANIFEST, START, TestApp, choices, sha256};
use crate::tags::send;
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use serde_json::json;
use std::sync::Arc;

/// So many levels of two indexes that list both below them can be gone down in more ways than anybody could.
const LEVELS: usize = 40;

/// Pushes an index of these; its own number makes it another one.
async fn push_index(
    test: &TestApp,
    reference: Option<&str>,
    listed: &[(String, usize)],
    number: usize,
) -> (String, usize) {
    let entry = |(digest, size): &(String, usize)| {
        let media_type = if number < 2 { OCI_MANIFEST } else { OCI_INDEX };
        json!({"mediaType": media_type, "digest": digest, "size": size})
    };
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "annotations": {"number": number.to_string()},
        "manifests": listed.iter().map(entry).collect::<Vec<_>>()})
    .to_string();
    let digest = sha256(index.as_bytes());
    let put = test.put_manifest("team/web", reference.unwrap_or(&digest), OCI_INDEX, &index).await;
    assert_eq!(put.status, 201, "{}", put.text());
    (digest, index.len())
}

/// Two images below a ladder of indexes, with a tag on top; how many manifests that are, and the digest of the top.
async fn ladder(test: &TestApp) -> (usize, String) {
    let mut below = Vec::new();
    for layer in [b"one", b"two"] {
        let image = test.image("team/web", "amd64", layer).await;
        let digest = sha256(image.as_bytes());
        assert_eq!(test.put_manifest("team/web", &digest, OCI_MANIFEST, &image).await.status, 201);
        below.push((digest, image.len()));
    }
    for level in 0..LEVELS {
        let left = push_index(test, None, &below, 2 * level).await;
        let right = push_index(test, None, &below, 2 * level + 1).await;
        below = vec![left, right];
    }
    let (top, _) = push_index(test, Some("top"), &below, 2 * LEVELS).await;
    (2 * LEVELS + 3, top)
}

#[tokio::test]
async fn a_ladder_of_indexes_is_copied_goes_and_is_collected() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(NOTHING_IS_KEPT, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    let (n_images, top) = ladder(&test).await;

    let copied = send(&test, "POST", "/api/v1/r/team/web/-/copy", json!({"to": "team/copy", "tags": ["top"]})).await;
    assert_eq!(copied.status, 200, "{}", copied.text());
    pulls(&test, "team/copy", "top").await;
    assert_eq!(test.delete("/api/v1/r/team/copy").await.status, 204);

    let preview = send(&test, "POST", "/api/v1/r/team/web/-/delete-preview", json!({"digests": [top]})).await;
    let preview = preview.json();
    let goes = preview["removed"].as_array().unwrap().iter().filter(|it| it["kind"] != "tag").count();
    assert_eq!(goes, n_images, "{preview}");
    let done = send(&test, "POST", "/api/v1/r/team/web/-/delete", json!({"plan": preview["plan"]})).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(test.get("/v2/team/web/manifests/top").await.status, 404);
    clock.advance_ms(A_WHILE_MS);
    run(&test).await;
    assert!(files(test.folder.path()).is_empty());
}

/// What nothing holds any more is taken with what held it, not by looking at everything once for each level.
#[tokio::test]
async fn a_chain_of_indexes_is_collected_at_once() {
    const LINKS: usize = 60;
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(NOTHING_IS_KEPT, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    let image = test.image("team/web", "amd64", b"last").await;
    let mut link = (sha256(image.as_bytes()), image.len());
    assert_eq!(test.put_manifest("team/web", &link.0, OCI_MANIFEST, &image).await.status, 201);
    for number in 0..LINKS {
        link = push_index(&test, None, &[link], if number == 0 { 0 } else { number + 2 }).await;
    }
    assert_eq!(test.delete(&format!("/v2/team/web/manifests/{}", link.0)).await.status, 202);
    clock.advance_ms(A_WHILE_MS);
    // Somebody was told of these a moment ago: they stay, and are looked at each time.
    for number in 0..LINKS {
        let tag = format!("told-{number}");
        test.push_image("team/web", &tag, "amd64", tag.as_bytes()).await;
        assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/tags/{tag}")).await.status, 204);
    }
    let job = over(&test, &collect(&test, false).await).await;
    assert!(ran(&job).contains(&format!("images: {LINKS};")), "all but the one that was deleted: {job}");
    assert!(job["done"].as_u64().unwrap() < 20 * LINKS as u64, "each was looked at a few times: {job}");
}

/// What is a part of an index that was deleted later goes in the same run, though it is looked at first.
#[tokio::test]
async fn a_part_goes_in_the_run_in_which_what_lists_it_goes() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(NOTHING_IS_KEPT, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    let image = test.image("team/web", "amd64", b"part").await;
    let digest = sha256(image.as_bytes());
    let put = async || {
        assert_eq!(test.put_manifest("team/web", &digest, OCI_MANIFEST, &image).await.status, 201);
    };
    put().await;
    assert_eq!(test.delete(&format!("/v2/team/web/manifests/{digest}")).await.status, 202);
    clock.advance_ms(1000);
    put().await;
    let (index, _) = push_index(&test, None, &[(digest.clone(), image.len())], 0).await;
    assert_eq!(test.delete(&format!("/v2/team/web/manifests/{index}")).await.status, 202);
    assert_eq!(rows(&test, "SELECT id FROM trash").await.len(), 2);
    clock.advance_ms(A_WHILE_MS);
    let said = run(&test).await;
    assert!(said.contains("entries of the trash: 2;"), "{said}");
    assert!(rows(&test, "SELECT id FROM trash").await.is_empty());
}
