//! Manifests: kept as they came, and refused where what they say cannot hold.

use super::ANY;
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, request, sha256};
use axum::body::Body;
use axum::http::{StatusCode, header};

#[tokio::test]
async fn manifests_are_kept_byte_for_byte() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    let odd = format!("  {}\n", manifest.replacen('{', "{ \"x-unknown\": 12345678901234567890, \"é\":\"\\u00e9\",", 1));
    let put = test.call("PUT", "/v2/a/manifests/odd", OCI_MANIFEST, odd.clone()).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    let got = test.get(&put.location()).await;
    assert_eq!((got.text(), got.header("content-type")), (odd.clone(), OCI_MANIFEST));
    assert_eq!(got.header("docker-content-digest"), sha256(odd.as_bytes()));
    let head = test.send(request("HEAD", "/v2/a/manifests/odd").body(Body::empty()).unwrap()).await;
    assert_eq!((head.header("content-length"), head.body.len()), (odd.len().to_string().as_str(), 0));
    let etag = got.header("etag").to_owned();
    let again = request("GET", "/v2/a/manifests/odd").header(header::IF_NONE_MATCH, etag).body(Body::empty()).unwrap();
    assert_eq!(test.send(again).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn manifests_that_cannot_be_pulled_are_refused() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    let put = |path: &'static str, content_type: &'static str, body: String| {
        let test = &test;
        async move { test.call("PUT", path, content_type, body).await }
    };
    let missing = manifest.replace(&sha256(b"layer"), &sha256(b"never pushed"));
    let answer = put("/v2/a/manifests/v1", OCI_MANIFEST, missing).await;
    assert_eq!(answer.refusal(), "400 MANIFEST_BLOB_UNKNOWN");
    assert!(answer.text().contains(&sha256(b"never pushed")), "the answer names what is missing");
    assert_eq!(put("/v2/a/manifests/v1", OCI_INDEX, manifest.clone()).await.refusal(), "400 MANIFEST_INVALID");
    assert_eq!(put("/v2/a/manifests/v1", OCI_MANIFEST, "{}".into()).await.refusal(), "400 MANIFEST_INVALID");
    assert_eq!(
        put("/v2/a/manifests/v1", OCI_MANIFEST, manifest.replace("\"size\":5", "\"size\":6")).await.refusal(),
        "400 SIZE_INVALID"
    );
    let by_digest = format!("/v2/a/manifests/{}", sha256(b"other"));
    assert_eq!(test.call("PUT", &by_digest, OCI_MANIFEST, manifest).await.refusal(), "400 DIGEST_INVALID");
    let huge = vec![b' '; 4 * 1024 * 1024 + 1];
    assert_eq!(test.call("PUT", "/v2/a/manifests/v1", OCI_MANIFEST, huge).await.refusal(), "413 MANIFEST_INVALID");
    assert_eq!(test.get("/v2/a/manifests/v1").await.refusal(), "404 MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn manifests_that_two_clients_could_read_differently_are_refused() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    let with = |extra: &str| manifest.replacen('{', &format!("{{{extra},"), 1);
    for odd in [
        with(r#""layers":[]"#),
        with(r#""Layers":[]"#),
        with(r#""manifests":[]"#),
        with(r#""fsLayers":[]"#),
        with(r#""x-other":{"deep":[{"key":1,"key":2}]}"#),
        with(r#""annotations":{"key":"1","key":"2"}"#),
        manifest.replace("\"size\":5", "\"size\":5,\"SIZE\":6"),
        format!("{manifest}{manifest}"),
        format!("[{manifest}]"),
        with(&format!("\"x-other\":{}{}", "[".repeat(200), "]".repeat(200))),
    ] {
        let put = test.call("PUT", "/v2/a/manifests/v1", OCI_MANIFEST, odd.clone()).await;
        assert_eq!(put.refusal(), "400 MANIFEST_INVALID", "{odd}");
    }
    let mut no_text = with(r#""x-other":"_""#).into_bytes();
    let at = no_text.iter().position(|byte| *byte == b'_').unwrap();
    no_text[at] = 0xff;
    let put = test.call("PUT", "/v2/a/manifests/v1", OCI_MANIFEST, no_text).await;
    assert_eq!(put.refusal(), "400 MANIFEST_INVALID");
    let harmless = with(r#""x-other":{"Layers":[],"layers":[]},"annotations":{"Size":"1","size":"2"}"#);
    let put = test.call("PUT", "/v2/a/manifests/v1", OCI_MANIFEST, harmless).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
}

#[tokio::test]
async fn an_index_with_an_attestation_and_a_missing_subject_is_taken() {
    let test = TestApp::new().await;
    let (one, two) = (test.image("a", "amd64", b"1").await, test.image("a", "arm64", b"2").await);
    let mut entries = Vec::new();
    for (manifest, architecture) in [(&one, "amd64"), (&two, "arm64")] {
        let digest = sha256(manifest.as_bytes());
        test.call("PUT", &format!("/v2/a/manifests/{digest}"), OCI_MANIFEST, manifest.clone()).await;
        entries.push(serde_json::json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": manifest.len(),
            "platform": {"os": "linux", "architecture": architecture}}));
    }
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries,
        "subject": {"mediaType": OCI_MANIFEST, "digest": sha256(b"later"), "size": 5}});
    let put = test.call("PUT", "/v2/a/manifests/multi", OCI_INDEX, index.to_string()).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    let page = test.get("/r/a/-/tags/multi").await.text();
    assert!(page.contains("linux/amd64") && page.contains("linux/arm64"));
}

#[tokio::test]
async fn a_manifest_states_the_sizes_that_its_parts_have() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    let child = sha256(manifest.as_bytes());
    test.call("PUT", &format!("/v2/a/manifests/{child}"), OCI_MANIFEST, manifest.clone()).await;
    let blob = test.push_blob("a", b"cache").await;
    let put = |content_type: &'static str, body: String| {
        let test = &test;
        async move { test.call("PUT", "/v2/a/manifests/v1", content_type, body).await }
    };
    let index = |media_type: &str, digest: &str, size: usize| {
        let entry = serde_json::json!({"mediaType": media_type, "digest": digest, "size": size});
        serde_json::json!({"schemaVersion": 2, "manifests": [entry]}).to_string()
    };
    let right = manifest.len();
    for (media_type, digest, size) in [
        (OCI_MANIFEST, &child, right - 1),
        (OCI_MANIFEST, &child, right + 1),
        (OCI_MANIFEST, &child, 0),
        (ANY, &blob, 6),
    ] {
        assert_eq!(put(OCI_INDEX, index(media_type, digest, size)).await.refusal(), "400 SIZE_INVALID", "{size}");
    }
    let config = manifest.replacen("\"size\":", "\"size\":1", 1);
    let foreign = manifest.replace("layer.v1.tar", "layer.nondistributable.v1.tar").replace("\"size\":5", "\"size\":4");
    for wrong in [config, foreign] {
        assert_eq!(put(OCI_MANIFEST, wrong.clone()).await.refusal(), "400 SIZE_INVALID", "{wrong}");
    }
    for right in [index(OCI_MANIFEST, &child, right), index(ANY, &blob, 5)] {
        assert_eq!(put(OCI_INDEX, right.clone()).await.status, StatusCode::CREATED, "{right}");
    }
}
