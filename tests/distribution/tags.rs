//! Tags: their lists in pages, and several of them set at once.

use crate::support::{OCI_MANIFEST, TestApp, sha256, sha512};
use axum::http::StatusCode;
use serde_json::json;
use std::collections::BTreeMap;

/// Pushes a manifest by its digest under these tags.
async fn tag(test: &TestApp, manifest: &str, tags: &[&str]) -> crate::support::Answer {
    let tags: Vec<String> = tags.iter().map(|tag| format!("tag={tag}")).collect();
    let reference = format!("{}?{}", sha256(manifest.as_bytes()), tags.join("&"));
    test.put_manifest("a", &reference, OCI_MANIFEST, manifest).await
}

/// Where the next page is, if there is one.
fn next(answer: &crate::support::Answer) -> Option<String> {
    let link = answer.header("link");
    link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).map(str::to_owned)
}

/// OCI-2, OCI-3, SEC-14.
#[tokio::test]
async fn lists_are_sorted_by_bytes_and_paged() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    let long = "z".repeat(128);
    tag(&test, &manifest, &["0.1.20", "0.1.2", "a", "A", "_", &long]).await;
    let list = |query: &'static str| {
        let test = &test;
        async move { test.get(&format!("/v2/a/tags/list{query}")).await }
    };
    assert_eq!(list("").await.json(), json!({"name": "a", "tags": ["0.1.2", "0.1.20", "A", "_", "a", long]}));
    let page = list("?n=2").await;
    assert_eq!(page.json()["tags"], json!(["0.1.2", "0.1.20"]));
    assert_eq!(page.header("link"), "</v2/a/tags/list?last=0.1.20&n=2>; rel=\"next\"");
    for (query, tags) in [
        ("?last=A", json!(["_", "a", long])),
        ("?n=2&last=0.1.3", json!(["A", "_"])),
        ("?last=A&n=1", json!(["_"])),
        ("?n=9&last=B", json!(["_", "a", long])),
        ("?n=9&last=~", json!([])),
        ("?n=6", json!(["0.1.2", "0.1.20", "A", "_", "a", long])),
        ("?n=0", json!([])),
        ("?n=0&last=A", json!([])),
    ] {
        let page = list(query).await;
        assert_eq!(page.json()["tags"], tags, "{query}");
        let more = !tags.as_array().unwrap().is_empty() && query.contains("n=") && tags.as_array().unwrap().len() < 3;
        assert_eq!(next(&page).is_some(), more, "{query}");
    }
    for large in ["?n=1000000000000", "?n=2147483647", "?n=18446744073709551615"] {
        assert_eq!(list(large).await.json()["tags"].as_array().unwrap().len(), 6, "{large}");
    }
    for bad in ["?n=-1", "?n=x", "?n=", "?n=1.5", "?n=99999999999999999999", "?n=%00"] {
        assert_eq!(list(bad).await.refusal(), "400 PAGINATION_NUMBER_INVALID", "{bad}");
    }
}

/// OCI-2: whoever follows the links while others push.
#[tokio::test]
async fn who_follows_the_links_meets_every_tag_once() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    let old: Vec<String> = (0..40).map(|n| format!("v{n:02}")).collect();
    tag(&test, &manifest, &old.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (mut met, mut page, mut turn) = (BTreeMap::<String, usize>::new(), Some("/v2/a/tags/list?n=3".to_owned()), 0);
    while let Some(path) = page {
        let answer = test.get(&path).await;
        for tag in answer.json()["tags"].as_array().unwrap() {
            *met.entry(tag.as_str().unwrap().to_owned()).or_default() += 1;
        }
        let (before, between, after) = (format!("a{turn}"), format!("v{turn:02}-new"), format!("z{turn}"));
        assert_eq!(tag(&test, &manifest, &[&before, &between, &after]).await.status, StatusCode::CREATED);
        page = next(&answer).filter(|_| turn < 200);
        turn += 1;
    }
    assert!(met.values().all(|times| *times == 1) && old.iter().all(|tag| met.contains_key(tag)), "{met:?}");
    assert!(met.contains_key("z0") && !met.contains_key("a0"), "what comes behind the reader is not gone back for");
}

/// OCI-4.
#[tokio::test]
async fn a_repository_without_tags_has_an_empty_list() {
    let test = TestApp::new().await;
    assert_eq!(test.get("/v2/a/tags/list").await.refusal(), "404 NAME_UNKNOWN");
    test.push_blob("a", b"a blob and no image").await;
    assert_eq!(test.get("/v2/a/tags/list").await.json(), json!({"name": "a", "tags": []}));
    test.push_image("a", "v1", "amd64", b"layer").await;
    test.delete("/v2/a/manifests/v1").await;
    let list = test.get("/v2/a/tags/list?n=5").await;
    assert_eq!((list.json(), list.header("link")), (json!({"name": "a", "tags": []}), ""));
}

/// OCI-10, OCI-20.
#[tokio::test]
async fn a_push_by_digest_sets_all_its_tags_or_none() {
    let test = TestApp::new().await;
    let (one, two) = (test.image("a", "amd64", b"1").await, test.image("a", "amd64", b"2").await);
    let ten: Vec<String> = (0..10).map(|n| format!("v{n}")).collect();
    let ten: Vec<&str> = ten.iter().map(String::as_str).collect();
    let put = tag(&test, &one, &[&ten[..], &["v0"]].concat()).await;
    assert_eq!((put.status, put.header("docker-content-digest")), (StatusCode::CREATED, &*sha256(one.as_bytes())));
    let said: Vec<_> = put.headers.get_all("oci-tag").iter().map(|tag| tag.to_str().unwrap()).collect();
    assert_eq!(said, ten, "each once");
    let points_to = |tag: &'static str, digest: String| {
        let test = &test;
        async move {
            let found = test.get(&format!("/v2/a/manifests/{tag}")).await;
            assert_eq!(found.header("docker-content-digest"), digest, "{tag}");
        }
    };
    points_to("v9", sha256(one.as_bytes())).await;

    let many: Vec<String> = (0..101).map(|n| format!("many{n}")).collect();
    for (bad, refusal) in [
        (vec!["v0", "new", ".bad"], "400 TAG_INVALID"),
        (vec!["v0", "new", ""], "400 TAG_INVALID"),
        (vec!["v0", "new", "a%2fb"], "400 TAG_INVALID"),
        (many.iter().map(String::as_str).collect(), "400 TAG_INVALID"),
    ] {
        assert_eq!(tag(&test, &two, &bad).await.refusal(), refusal, "{bad:?}");
    }
    let by_tag = test.put_manifest("a", "v0?tag=new", OCI_MANIFEST, &two).await;
    assert_eq!(by_tag.refusal(), "400 TAG_INVALID", "beside a tag there are no others");
    let incomplete = two.replace(&sha256(b"2"), &sha256(b"never pushed"));
    assert_eq!(tag(&test, &incomplete, &["v0", "new"]).await.refusal(), "400 MANIFEST_BLOB_UNKNOWN");
    points_to("v0", sha256(one.as_bytes())).await;
    assert_eq!(test.get("/v2/a/manifests/new").await.refusal(), "404 MANIFEST_UNKNOWN");
    let unstored = format!("/v2/a/manifests/{}", sha256(two.as_bytes()));
    assert_eq!(test.get(&unstored).await.refusal(), "404 MANIFEST_UNKNOWN");

    let long = sha512(two.as_bytes());
    let put = test.put_manifest("a", &format!("{long}?tag=v0&tag=new"), OCI_MANIFEST, &two).await;
    assert_eq!((put.status, put.header("docker-content-digest")), (StatusCode::CREATED, long.as_str()));
    assert_eq!(test.get(&put.location()).await.text(), two);
    points_to("v0", long.clone()).await;
    points_to("new", long).await;
    points_to("v1", sha256(one.as_bytes())).await;
}
