//! Indexes in indexes: what is gone through once stays cheap however deep and however often it is listed.

use super::model::found;
use super::{A_WHILE_MS, BY_HAND, NOTHING_IS_KEPT, files, pulls, rows, run, texts};
use crate::jobs::{collect, over, ran};
use crate::support::{OCI_INDEX, OCI_MANIFEST, START, TestApp, choices, sha256};
use crate::tags::{push_signature, send};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use serde_json::json;
use std::collections::BTreeSet;
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

/// An image that went with the index that listed it comes back alone for a tag that named it: nobody asked for the index,
/// which stays in the trash with its tag, comes back from there, and goes with all that nothing needs any more.
#[tokio::test]
async fn a_tag_brings_its_image_back_and_not_the_index_that_it_was_deleted_with() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(BY_HAND, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    let (index, children) = crate::tags::push_index(&test, "team/web", "1.0", "one").await;
    let signature = push_signature(&test, "team/web", &children[0], 2).await;
    let at = "/api/v1/r/team/web/-";
    let name = async |digest: &str| {
        let set = send(&test, "PUT", &format!("{at}/tags/latest-amd64"), json!({"digest": digest})).await;
        assert!(set.status.is_success(), "{}", set.text());
    };
    name(&children[0]).await;
    let other = test.push_image("team/web", "latest-amd64", "amd64", b"other").await;
    let delete = async || {
        let plan = send(&test, "POST", &format!("{at}/delete-preview"), json!({"digests": [index]})).await.json();
        let done = send(&test, "POST", &format!("{at}/delete"), json!({"plan": plan["plan"]})).await;
        assert_eq!(done.status, 200, "{}", done.text());
    };
    let trash = async || test.get("/api/v1/trash").await.json()["items"].as_array().unwrap().clone();
    let there = async || {
        let all =
            [&index, &children[0], &children[1], &signature].map(|digest| format!("/v2/team/web/manifests/{digest}"));
        let mut there = Vec::new();
        for path in all {
            there.push(test.get(&path).await.status == 200);
        }
        there
    };
    delete().await;
    assert_eq!(there().await, [false; 4]);
    let held = trash().await[0]["held_bytes"].as_u64().unwrap();

    let asked = json!({"tag": "latest-amd64", "digest": children[0]});
    let back = send(&test, "POST", &format!("{at}/rollback"), asked).await;
    assert_eq!(back.status, 200, "{}", back.text());
    assert_eq!(there().await, [false, true, false, true]);
    pulls(&test, "team/web", "latest-amd64").await;
    let left = trash().await;
    assert_eq!((left.len(), &left[0]["kind"], &left[0]["digest"]), (1, &json!("image"), &json!(index)), "{left:?}");
    let now = left[0]["held_bytes"].as_u64().unwrap();
    assert!(left[0]["n_tags"] == 1 && 0 < now && now < held, "{now} of {held}: {left:?}");

    let id = left[0]["id"].as_str().unwrap();
    let restored = send(&test, "POST", &format!("/api/v1/trash/{id}/restore"), json!({})).await;
    assert_eq!(restored.status, 204, "{}", restored.text());
    assert_eq!((there().await, trash().await.len()), (vec![true; 4], 0));
    pulls(&test, "team/web", "1.0").await;

    delete().await;
    assert_eq!(there().await, [false, true, false, true], "a tag names that one");
    name(&other).await;
    let id = trash().await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(test.delete(&format!("/api/v1/trash/{id}")).await.status, 204);
    clock.advance_ms(40 * 86_400_000);
    run(&test).await;
    assert_eq!(there().await, [false; 4]);
    let kept: BTreeSet<String> = texts(&test, "SELECT digest FROM manifests").await;
    assert_eq!(kept, BTreeSet::from([other]));
    assert_eq!(files(test.folder.path()), found(&test).await.contents);
}
