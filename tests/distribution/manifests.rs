//! Manifests: kept as they came, and refused where what they say cannot hold.

use super::ANY;
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, request, sha256};
use axum::body::Body;
use axum::http::{StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// OCI-15.
#[tokio::test]
async fn manifests_are_kept_byte_for_byte() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    let odd = format!("  {}\n", manifest.replacen('{', "{ \"x-unknown\": 12345678901234567890, \"é\":\"\\u00e9\",", 1));
    let put = test.call("PUT", "/v2/a/manifests/odd", OCI_MANIFEST, odd.clone()).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    let shouted = format!("{}; charset=utf-8", OCI_MANIFEST.to_uppercase()); // RFC 9110, section 8.3.1.
    assert_eq!(test.call("PUT", "/v2/a/manifests/odd", &shouted, odd.clone()).await.status, StatusCode::CREATED);
    let got = test.get(&put.location()).await;
    assert_eq!((got.text(), got.header("content-type")), (odd.clone(), OCI_MANIFEST));
    assert_eq!(got.header("docker-content-digest"), sha256(odd.as_bytes()));
    let head = test.send(request("HEAD", "/v2/a/manifests/odd").body(Body::empty()).unwrap()).await;
    assert_eq!((head.header("content-length"), head.body.len()), (odd.len().to_string().as_str(), 0));
    let etag = got.header("etag").to_owned();
    let again = request("GET", "/v2/a/manifests/odd").header(header::IF_NONE_MATCH, etag).body(Body::empty()).unwrap();
    assert_eq!(test.send(again).await.status, StatusCode::NOT_MODIFIED);
}

/// OCI-16, OCI-18.
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

/// SEC-33.
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

/// OCI-18.
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

/// FLT-17.
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

/// OCI-17.
#[tokio::test]
async fn a_manifest_has_one_type_and_is_never_converted() {
    const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
    const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    let test = TestApp::new().await;
    let stated = test.image("a", "amd64", b"layer").await;
    let silent = stated.replace(&format!("\"mediaType\":\"{OCI_MANIFEST}\","), "");
    assert_ne!(silent, stated);
    let list = json!({"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": []}).to_string();
    for (content_type, body, expected) in [
        (Some(OCI_MANIFEST), &stated, OCI_MANIFEST),
        (Some("application/vnd.oci.image.manifest.v1+json; charset=utf-8"), &stated, OCI_MANIFEST),
        (Some("application/vnd.oci.image.manifest.v1+json;x=\"y\";z"), &silent, OCI_MANIFEST),
        (None, &stated, OCI_MANIFEST),
        (Some(""), &stated, OCI_MANIFEST),
        (Some(DOCKER), &silent, DOCKER),
        (Some(DOCKER_LIST), &list, DOCKER_LIST),
        (None, &list, DOCKER_LIST),
    ] {
        let headers: Vec<_> = content_type.map(|it| ("content-type", it)).into_iter().collect();
        let path = format!("/v2/{}/manifests/v1", expected.len());
        test.image(&expected.len().to_string(), "amd64", b"layer").await;
        let put = test.ask("PUT", &path, &headers, body.clone()).await;
        assert_eq!(put.status, StatusCode::CREATED, "{content_type:?}: {}", put.text());
        for accept in ["*/*", OCI_INDEX, "text/html", "application/vnd.docker.distribution.manifest.v1+prettyjws"] {
            let got = test.ask("GET", &path, &[("accept", accept)], "").await;
            assert_eq!((got.header("content-type"), got.text()), (expected, body.clone()), "{accept}");
        }
    }
    let known = format!("/v2/{}/manifests/as-docker", OCI_MANIFEST.len());
    let other = test.call("PUT", &known, DOCKER, silent.clone()).await;
    assert_eq!(other.refusal(), "400 MANIFEST_INVALID", "bytes do not come to mean something else");
    assert!(other.text().contains(&format!("is here as {OCI_MANIFEST}")), "{}", other.text());
    for (content_type, body) in [
        (None, &silent),
        (Some(OCI_INDEX), &stated),
        (Some(DOCKER), &stated),
        (Some("application/json"), &silent),
        (Some("application/vnd.docker.distribution.manifest.v1+prettyjws"), &silent),
        (Some("application/vnd.oci.image.manifest.v1"), &silent),
    ] {
        let headers: Vec<_> = content_type.map(|it| ("content-type", it)).into_iter().collect();
        let put = test.ask("PUT", "/v2/a/manifests/refused", &headers, body.clone()).await;
        assert_eq!(put.refusal(), "400 MANIFEST_INVALID", "{content_type:?}");
    }
}

/// OCI-18, OCI-27.
#[tokio::test]
async fn an_answer_names_each_part_that_is_missing_and_warns_of_what_lives_elsewhere() {
    let test = TestApp::new().await;
    let (config, here) = (test.push_blob("a", b"{}").await, test.push_blob("a", b"here").await);
    let part =
        |media_type: &str, digest: &str, size: usize| json!({"mediaType": media_type, "digest": digest, "size": size});
    let image = |config: &str, layers: Vec<Value>| {
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": layers,
            "config": part("application/vnd.oci.image.config.v1+json", config, 2)})
        .to_string()
    };
    let plain = "application/vnd.oci.image.layer.v1.tar+gzip";
    let gone = [sha256(b"one"), sha256(b"two"), sha256(b"three")];
    let layers = vec![part(plain, &gone[1], 3), part(plain, &here, 4), part(plain, &gone[2], 5)];
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX,
        "manifests": gone.iter().map(|digest| part(OCI_MANIFEST, digest, 3)).collect::<Vec<_>>()});
    for (media_type, manifest) in [(OCI_MANIFEST, image(&gone[0], layers)), (OCI_INDEX, index.to_string())] {
        let put = test.put_manifest("a", "v1", media_type, &manifest).await;
        assert_eq!(put.refusal(), "400 MANIFEST_BLOB_UNKNOWN");
        let errors = put.json()["errors"].as_array().unwrap().clone();
        let named: Vec<_> = errors.iter().map(|error| error["detail"]["digest"].as_str().unwrap()).collect();
        assert_eq!(BTreeSet::from_iter(named), gone.iter().map(String::as_str).collect(), "{}", put.text());
        assert!(errors.iter().all(|error| error["code"] == "MANIFEST_BLOB_UNKNOWN"));
    }
    let elsewhere = |media_type: &str| {
        let mut layer = part(media_type, &sha256(b"elsewhere"), 9);
        layer["urls"] = json!(["http://127.0.0.1:1/never-fetched"]);
        image(&config, vec![layer, part(plain, &here, 4)])
    };
    for media_type in [
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ] {
        let put = test.put_manifest("a", "windows", OCI_MANIFEST, &elsewhere(media_type)).await;
        assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
        let warnings: Vec<_> = put.headers.get_all(header::WARNING).iter().map(|it| it.to_str().unwrap()).collect();
        let text =
            warnings[0].strip_prefix("299 - \"").and_then(|text| text.strip_suffix('"')).expect("code, agent, text");
        assert!(warnings.len() == 1 && warnings[0].len() <= 4096 && text.contains("1 of the layers"), "{warnings:?}");
        assert!(!text.contains(['"', '\\']) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
    }
    let mut nowhere = part("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", &sha256(b"elsewhere"), 9);
    for urls in [json!(null), json!([])] {
        nowhere["urls"] = urls;
        let put = test.put_manifest("a", "v1", OCI_MANIFEST, &image(&config, vec![nowhere.clone()])).await;
        assert_eq!(put.refusal(), "400 MANIFEST_BLOB_UNKNOWN", "who pulls it would find it nowhere");
    }
    let url_alone = test.put_manifest("a", "v1", OCI_MANIFEST, &elsewhere(plain)).await;
    assert_eq!(
        url_alone.refusal(),
        "400 MANIFEST_BLOB_UNKNOWN",
        "the type says that it may be missing, not an address"
    );
    let whole = test.put_manifest("a", "v1", OCI_MANIFEST, &image(&config, vec![part(plain, &here, 4)])).await;
    assert_eq!((whole.status, whole.header("warning")), (StatusCode::CREATED, ""));
}

/// OCI-19.
#[tokio::test]
async fn manifests_of_every_shape_that_clients_push_are_taken() {
    let test = TestApp::new().await;
    let (config, blob) = (test.push_blob("a", b"{}").await, test.push_blob("a", b"cache").await);
    let entry =
        |media_type: &str, digest: &str, size: usize| json!({"mediaType": media_type, "digest": digest, "size": size});
    let image = test.image("a", "amd64", b"layer").await;
    test.put_manifest("a", "image", OCI_MANIFEST, &image).await;
    let of_image = entry(OCI_MANIFEST, &sha256(image.as_bytes()), image.len());
    let index =
        |manifests: Vec<Value>| json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}).to_string();
    let inner = index(vec![of_image.clone()]);
    let empty = entry("application/vnd.oci.empty.v1+json", &config, 2);
    let artifact = |extra: Value| {
        let mut artifact = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": empty,
            "artifactType": "application/x-example"});
        artifact.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        artifact.to_string()
    };
    let mut inlined = entry("application/x-example", &blob, 5);
    inlined["data"] = json!("Y2FjaGU=");
    for (shape, media_type, manifest) in [
        ("index", OCI_INDEX, inner.clone()),
        ("nested", OCI_INDEX, index(vec![entry(OCI_INDEX, &sha256(inner.as_bytes()), inner.len()), of_image])),
        ("empty-index", OCI_INDEX, index(vec![])),
        (
            "buildkit-cache",
            OCI_INDEX,
            index(vec![
                entry("application/vnd.oci.image.layer.v1.tar+gzip", &blob, 5),
                entry("application/vnd.buildkit.cacheconfig.v0", &config, 2),
            ]),
        ),
        ("no-layers-at-all", OCI_MANIFEST, artifact(json!({}))),
        ("no-layers", OCI_MANIFEST, artifact(json!({"layers": []}))),
        ("null", OCI_MANIFEST, artifact(json!({"layers": null, "annotations": null}))),
        ("one-layer-twice", OCI_MANIFEST, artifact(json!({"layers": [entry("a", &blob, 5), entry("b", &blob, 5)]}))),
        ("data", OCI_MANIFEST, artifact(json!({"layers": [inlined]}))),
        ("blob-of-manifest-type", OCI_MANIFEST, artifact(json!({"layers": [entry(OCI_MANIFEST, &blob, 5)]}))),
        ("custom", OCI_MANIFEST, artifact(json!({"layers": [], "org.example": {"deep": [1, {"er": null}]}}))),
    ] {
        let put = test.put_manifest("a", shape, media_type, &manifest).await;
        assert_eq!(put.status, StatusCode::CREATED, "{shape}: {}", put.text());
        let got = test.get(&format!("/v2/a/manifests/{shape}")).await;
        assert_eq!((got.text(), got.header("content-type")), (manifest, media_type), "{shape}");
        assert_eq!(test.get(&format!("/r/a/-/tags/{shape}")).await.status, StatusCode::OK, "{shape} has a page");
    }
}
