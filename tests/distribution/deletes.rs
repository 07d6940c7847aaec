//! Deleting tags, manifests and blobs: exactly what was named goes, at once, and nothing that something else needs.

use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use axum::http::StatusCode;
use serde_json::json;

/// An index of these children.
fn index(children: &[&str]) -> String {
    let entry =
        |child: &&str| json!({"mediaType": OCI_MANIFEST, "digest": sha256(child.as_bytes()), "size": child.len()});
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children.iter().map(entry).collect::<Vec<_>>()})
        .to_string()
}

/// Tags, images and bytes that the hosted registry counts.
async fn totals(test: &TestApp) -> (u64, u64, u64) {
    let sql = "SELECT n_tags, n_images, stored_bytes FROM mounts";
    let mut row = test.app.store.one(sql, vec![]).await.unwrap().unwrap();
    (row.take().unwrap(), row.take().unwrap(), row.take().unwrap())
}

/// OCI-22.
#[tokio::test]
async fn a_tag_goes_alone_and_a_digest_with_all_its_tags() {
    let test = TestApp::new().await;
    let digest = test.push_image("a", "v1", "amd64", b"layer").await;
    for (repository, tag) in [("a", "v2"), ("a", "v3"), ("b", "v1")] {
        assert_eq!(test.push_image(repository, tag, "amd64", b"layer").await, digest);
    }
    let other = test.push_image("a", "other", "amd64", b"other").await;
    let by_digest = format!("/v2/a/manifests/{digest}");
    let tags = || async { test.get("/v2/a/tags/list").await.json()["tags"].clone() };

    assert_eq!(test.delete("/v2/a/manifests/v2").await.status, StatusCode::ACCEPTED);
    assert_eq!(test.get("/v2/a/manifests/v2").await.refusal(), "404 MANIFEST_UNKNOWN");
    assert_eq!(test.delete("/v2/a/manifests/v2").await.refusal(), "404 MANIFEST_UNKNOWN");
    assert_eq!(tags().await, json!(["other", "v1", "v3"]));
    assert_eq!(test.get(&by_digest).await.status, StatusCode::OK, "the image stays");

    assert_eq!(test.delete(&by_digest).await.status, StatusCode::ACCEPTED);
    for gone in [&*by_digest, "/v2/a/manifests/v1", "/v2/a/manifests/v3"] {
        assert_eq!(test.get(gone).await.refusal(), "404 MANIFEST_UNKNOWN", "{gone}");
        assert_eq!(test.head(gone).await.status, StatusCode::NOT_FOUND, "{gone}");
        assert_eq!(test.delete(gone).await.refusal(), "404 MANIFEST_UNKNOWN", "{gone}");
    }
    assert_eq!(tags().await, json!(["other"]));
    assert_eq!(test.get("/v2/a/manifests/other").await.header("docker-content-digest"), other);
    assert_eq!(test.get("/v2/b/manifests/v1").await.header("docker-content-digest"), digest, "it is another's too");

    assert_eq!(test.push_image("a", "v1", "amd64", b"layer").await, digest, "it can be pushed again");
    assert_eq!(test.get(&by_digest).await.status, StatusCode::OK);
    for (path, refusal) in [
        ("/v2/none/manifests/v1".to_owned(), "404 NAME_UNKNOWN"),
        (format!("/v2/none/manifests/{digest}"), "404 NAME_UNKNOWN"),
        ("/v2/a/manifests/sha256:odd".to_owned(), "400 DIGEST_INVALID"),
        ("/v2/a/manifests/.odd".to_owned(), "400 TAG_INVALID"),
        ("/v2/a/blobs/sha256:odd".to_owned(), "400 DIGEST_INVALID"),
    ] {
        assert_eq!(test.delete(&path).await.refusal(), refusal, "{path}");
    }
}

#[tokio::test]
async fn an_image_goes_with_however_many_tags_it_has() {
    const N_TAGS: u64 = 600;
    let test = TestApp::new().await;
    let other = test.push_image("a", "other", "amd64", b"other").await;
    let image = test.image("a", "amd64", b"layer").await;
    let path = format!("/v2/a/manifests/{}", sha256(image.as_bytes()));
    let names: Vec<String> = (0..N_TAGS).map(|number| format!("tag=v{number}")).collect();
    for some in names.chunks(60) {
        let put = test.call("PUT", &format!("{path}?{}", some.join("&")), OCI_MANIFEST, image.clone()).await;
        assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    }
    assert_eq!(totals(&test).await.0, N_TAGS + 1);

    assert_eq!(test.delete(&path).await.status, StatusCode::ACCEPTED);
    assert_eq!(totals(&test).await.0, 1);
    assert_eq!(test.get("/v2/a/tags/list").await.json()["tags"], json!(["other"]));
    assert_eq!(test.get("/v2/a/manifests/other").await.header("docker-content-digest"), other);
    let sql =
        "SELECT (SELECT COUNT(DISTINCT name) FROM deleted_tags), (SELECT COUNT(DISTINCT batch) FROM deleted_tags),
                 (SELECT COUNT(DISTINCT tag) FROM tag_moves WHERE how = 'delete' AND to_digest IS NULL)";
    let mut row = test.app.store.one(sql, vec![]).await.unwrap().unwrap();
    let kept: [u64; 3] = std::array::from_fn(|_| row.take().unwrap());
    assert_eq!(kept, [N_TAGS, 1, N_TAGS], "each is kept, all by one request, and has it in its history");
}

/// OCI-22: a tag that others still name can always be pulled.
#[tokio::test]
async fn what_an_index_lists_goes_after_it() {
    let test = TestApp::new().await;
    let (one, two) = (test.image("a", "amd64", b"1").await, test.image("a", "arm64", b"2").await);
    let inner = index(&[&one, &two]);
    let outer = json!({"schemaVersion": 2, "mediaType": OCI_INDEX,
        "manifests": [{"mediaType": OCI_INDEX, "digest": sha256(inner.as_bytes()), "size": inner.len()}]});
    let outer = outer.to_string();
    for (tag, media_type, manifest) in [
        ("one", OCI_MANIFEST, &one),
        ("two", OCI_MANIFEST, &two),
        ("inner", OCI_INDEX, &inner),
        ("all", OCI_INDEX, &outer),
    ] {
        let put = test.put_manifest("a", tag, media_type, manifest).await;
        assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    }
    let path = |manifest: &str| format!("/v2/a/manifests/{}", sha256(manifest.as_bytes()));
    for (child, parent) in [(&one, &inner), (&two, &inner), (&inner, &outer)] {
        let refused = test.delete(&path(child)).await;
        assert_eq!(refused.refusal(), "403 DENIED");
        let parents = json!([sha256(parent.as_bytes())]);
        assert_eq!(refused.json()["errors"][0]["detail"]["parents"], parents, "the answer names what goes first");
    }
    assert_eq!(test.delete("/v2/a/manifests/one").await.status, StatusCode::ACCEPTED, "a name of it may go");
    assert_eq!(test.get(&path(&one)).await.status, StatusCode::OK);
    for manifest in [&outer, &inner, &one, &two] {
        assert_eq!(test.delete(&path(manifest)).await.status, StatusCode::ACCEPTED);
        assert_eq!(test.get(&path(manifest)).await.refusal(), "404 MANIFEST_UNKNOWN");
    }
    assert_eq!(test.get("/v2/a/tags/list").await.json()["tags"], json!([]));
}

/// OCI-22, SEC-6.
#[tokio::test]
async fn a_deleted_blob_is_gone_here_whoever_else_has_it() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    assert_eq!(test.put_manifest("a", "v1", OCI_MANIFEST, &manifest).await.status, StatusCode::CREATED);
    let (layer, image) = (sha256(b"layer"), format!("/v2/a/manifests/{}", sha256(manifest.as_bytes())));
    let (here, there) = (format!("/v2/a/blobs/{layer}"), format!("/v2/b/blobs/{layer}"));
    let used = test.delete(&here).await;
    assert_eq!(used.refusal(), "403 DENIED");
    assert_eq!(used.json()["errors"][0]["detail"]["parents"], json!([sha256(manifest.as_bytes())]));
    assert_eq!(test.get(&here).await.text(), "layer");

    test.delete(&image).await;
    test.push_blob("b", b"layer").await;
    assert_eq!(test.delete(&here).await.status, StatusCode::ACCEPTED);
    for _ in 0..2 {
        assert_eq!(test.get(&there).await.text(), "layer", "another has it too");
        assert_eq!(test.head(&there).await.status, StatusCode::OK);
        assert_eq!(test.get(&here).await.refusal(), "404 BLOB_UNKNOWN", "reading it there brings nothing back");
        assert_eq!(test.head(&here).await.status, StatusCode::NOT_FOUND);
        assert_eq!(test.delete(&here).await.refusal(), "404 BLOB_UNKNOWN");
    }
    let incomplete = test.put_manifest("a", "v1", OCI_MANIFEST, &manifest).await;
    assert_eq!(incomplete.refusal(), "400 MANIFEST_BLOB_UNKNOWN");
    test.push_blob("a", b"layer").await;
    assert_eq!(test.get(&here).await.text(), "layer", "it can be pushed again");
    assert_eq!(test.put_manifest("a", "v1", OCI_MANIFEST, &manifest).await.status, StatusCode::CREATED);

    test.delete(&image).await;
    let config = serde_json::from_str::<serde_json::Value>(&manifest).unwrap()["config"]["digest"].clone();
    for path in [here, there, format!("/v2/a/blobs/{}", config.as_str().unwrap())] {
        assert_eq!(test.delete(&path).await.status, StatusCode::ACCEPTED, "{path}");
    }
    assert_eq!(totals(&test).await, (0, 0, 0), "the counts come down to nothing");
}
