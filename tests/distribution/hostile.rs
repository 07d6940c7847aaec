//! Requests that mean harm: they end early, cost little, reach nothing, and break nobody else's.

use super::ANY;
use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures::stream;
use portolan::params;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// OCI-16, SEC-14.
#[tokio::test]
async fn a_manifest_without_end_is_not_read_to_its_end() {
    const LIMIT: usize = 4 * 1024 * 1024;
    const PIECE: usize = 64 * 1024;
    let test = TestApp::new().await;
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let pieces = (0..100 * 1024 * 1024 / PIECE).map(move |_| {
        counter.fetch_add(PIECE, Ordering::Relaxed);
        Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; PIECE]))
    });
    let endless = Body::from_stream(stream::iter(pieces));
    let put = test.ask("PUT", "/v2/a/manifests/v1", &[("content-type", OCI_MANIFEST)], endless).await;
    assert_eq!(put.refusal(), "413 MANIFEST_INVALID");
    assert!(taken.load(Ordering::Relaxed) <= LIMIT + 2 * PIECE, "{} bytes were read", taken.load(Ordering::Relaxed));
    let announced = [("content-type", OCI_MANIFEST), ("content-length", "4194305")];
    assert_eq!(test.ask("PUT", "/v2/a/manifests/v1", &announced, "").await.refusal(), "413 MANIFEST_INVALID");

    let manifest = test.image("a", "amd64", b"layer").await;
    let with_note =
        |length: usize| manifest.replacen('{', &format!(r#"{{"annotations":{{"n":"{}"}},"#, "x".repeat(length)), 1);
    let largest = with_note(LIMIT - with_note(0).len());
    let put = test.put_manifest("a", "v1", OCI_MANIFEST, &largest).await;
    assert_eq!((put.status, largest.len()), (StatusCode::CREATED, LIMIT), "{}", put.text());
    assert!(test.get("/v2/a/manifests/v1").await.text() == largest);
    let larger = format!("{largest} ");
    assert_eq!(test.put_manifest("a", "v1", OCI_MANIFEST, &larger).await.refusal(), "413 MANIFEST_INVALID");
}

fn is_refused(answer: &Answer) -> bool {
    matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND)
}

/// SEC-18, SEC-19.
#[tokio::test]
async fn no_path_leads_out_of_its_folder() {
    let test = TestApp::new().await;
    std::fs::write(test.folder.path().join("blobs/secret"), "planted").unwrap();
    test.push_image("a", "v1", "amd64", b"layer").await;
    let hex = &sha256(b"layer")[7..];
    let (upper, longer) = (format!("sha256:{}", "A".repeat(64)), format!("sha256:../{}/{hex}", &hex[..2]));
    let digests = [
        "sha256:../../secret",
        "sha256:..%2f..%2fsecret",
        "sha256:%2e%2e/secret",
        "sha256:..%5c..%5csecret",
        "../secret",
        "..%2f..%2fsecret",
        "%2e%2e%2fsecret",
        "sha256:",
        ":",
        "sha256:%00",
        "/etc/passwd",
        &upper,
        &longer,
    ];
    for digest in digests {
        for path in
            ["blobs/", "manifests/", "referrers/", "blobs/uploads/", "blobs/uploads/?digest=", "blobs/uploads/?mount="]
        {
            for method in ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"] {
                let answer = test.call(method, &format!("/v2/a/{path}{digest}"), ANY, "planted here").await;
                let is_method = answer.status != 405 || answer.header("allow").contains(method);
                assert!(!is_method || is_refused(&answer), "{method} {path}{digest}: {}", answer.status);
                assert!(!answer.text().contains("planted"), "{method} {path}{digest}");
            }
        }
    }
    for path in [
        "/%2F%2F..%2F..%2Fetc/passwd",
        "/..%2f..%2f..%2fetc/passwd",
        "/pkg/..%2f..%2fCargo.toml",
        "/pkg/../../Cargo.toml",
        "/pkg/..%5c..%5cCargo.toml",
        "/pkg/%252e%252e%252fCargo.toml",
        "/pkg//etc/passwd",
        "/pkg/%2fetc/passwd",
        "/pkg/....//....//Cargo.toml",
        "/pkg/%c0%ae%c0%ae/Cargo.toml",
        "/pkg/%00",
        "/favicon.svg/../../Cargo.toml",
        "/assets/..%5c..%5cCargo.toml",
        "/r/..%2f..%2fetc/passwd",
        "/r/a/-/tags/..%2f..%2fsecret",
        "/static/../Cargo.toml",
    ] {
        let answer = test.get(path).await;
        assert!(is_refused(&answer), "{path}: {}", answer.status);
        assert!(!answer.text().contains("[package]") && !answer.text().contains("root:"), "{path}");
    }
    let files = walk(test.folder.path());
    assert!(!files.iter().any(|file| std::fs::read(file).is_ok_and(|bytes| bytes == b"planted here")), "{files:?}");
}

/// SEC-18.
#[tokio::test]
async fn a_manifest_is_put_under_no_digest_that_is_none() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    let good = sha256(manifest.as_bytes());
    let (upper, longer) = (format!("sha256:{}", good[7..].to_uppercase()), format!("{good}0"));
    for digest in [
        "sha256:",
        ":",
        "sha256:xyz",
        "sha256:..%2f..%2fsecret",
        "sha256:%00",
        "md5:9e107d9d372bb6826bd81d3542a419d6",
        "SHA256:00",
        "sha256::00",
        &good[..70],
        &good.replace("sha256", "sha512"),
        &upper,
        &longer,
    ] {
        let put = test.put_manifest("a", digest, OCI_MANIFEST, &manifest).await;
        assert_eq!(put.refusal(), "400 DIGEST_INVALID", "{digest}");
    }
    assert_eq!(test.get(&format!("/v2/a/manifests/{good}")).await.refusal(), "404 MANIFEST_UNKNOWN");
    assert_eq!(test.get("/v2/a/tags/list").await.json()["tags"], json!([]));
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// SEC-26.
#[tokio::test]
async fn text_of_clients_is_never_a_part_of_a_statement() {
    let test = TestApp::new().await;
    for (repository, tag) in [("team/a_b", "x_y"), ("team/acb", "xzy"), ("other", "v1")] {
        test.push_image(repository, tag, "amd64", b"layer").await;
    }
    test.push_image("team/a_b", "xzy", "amd64", b"layer").await;
    let hostile = [
        "'",
        "\"",
        "' OR '1'='1",
        "';DROP TABLE tags;--",
        "\\",
        "%",
        "%%",
        "*)(uid=*",
        "$1",
        "?",
        "\u{0}",
        "x' UNION SELECT 1--",
    ];
    for text in hostile {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for path in ["/repositories?q=", "/r/team/a_b?q="] {
            let page = test.get(&format!("{path}{text}")).await;
            // A filter says what it does not take.
            let is_odd_glob = path.starts_with("/r/") && text.starts_with("*%");
            assert_eq!(page.status, if is_odd_glob { StatusCode::BAD_REQUEST } else { StatusCode::OK }, "{path}{text}");
            assert!(
                !page.text().contains("/r/team/acb") && !page.text().contains("tags/xzy\""),
                "{path}{text} finds nothing"
            );
        }
        for path in [
            "/repositories?sort=",
            "/r/team/a_b?sort=",
            "/repositories?after=",
            "/v2/_catalog?last=",
            "/v2/team/a_b/tags/list?last=",
        ] {
            let answer = test.get(&format!("{path}{text}")).await;
            assert!(matches!(answer.status.as_u16(), 200 | 400), "{path}{text}: {}", answer.status);
        }
        for path in [
            "/v2/TEXT/tags/list",
            "/v2/a/manifests/TEXT",
            "/v2/a/blobs/TEXT",
            "/v2/a/blobs/uploads/TEXT",
            "/v2/a/referrers/TEXT",
        ] {
            let answer = test.get(&path.replace("TEXT", &text)).await;
            assert!(answer.status.is_client_error(), "{path} {text}: {}", answer.status);
        }
        let filtered = test.get(&format!("/v2/team/a_b/referrers/{}?artifactType={text}", sha256(b"x"))).await;
        assert_eq!(filtered.json()["manifests"], json!([]), "{text}");
    }
}

/// SEC-26: nor is the text of manifests.
#[tokio::test]
async fn text_of_manifests_is_kept_and_never_run() {
    let test = TestApp::new().await;
    for repository in ["team/a_b", "team/acb"] {
        test.push_image(repository, "v1", "amd64", b"layer").await;
    }
    let underscore = test.get("/repositories?q=a_b").await.text();
    assert!(underscore.contains("/r/team/a_b") && !underscore.contains("/r/team/acb"), "it stands for itself");
    let injected = serde_json::json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [],
        "artifactType": "'; DELETE FROM tags; --", "annotations": {"'": "$1", "org.opencontainers.image.description": "x'); --"}});
    assert_eq!(
        test.put_manifest("team/a_b", "odd", OCI_INDEX, &injected.to_string()).await.status,
        StatusCode::CREATED
    );
    assert_eq!(test.get("/v2/team/a_b/tags/list").await.json()["tags"], json!(["odd", "v1"]));
}

/// SEC-31: a client holds nothing of an upload but its name; and what lies in the database is not believed blindly.
#[tokio::test]
async fn an_upload_whose_state_was_tampered_with_is_over() {
    let test = TestApp::new().await;
    let begin = || async {
        let upload = test.call("POST", "/v2/a/blobs/uploads/", ANY, "").await.location();
        test.call("PATCH", &upload, ANY, "12345").await;
        upload
    };
    let digest = sha256(b"12345");
    let finish = |upload: String| {
        let (test, digest) = (&test, &digest);
        async move { test.call("PUT", &format!("{upload}?digest={digest}"), ANY, "").await }
    };
    let mut zeros = 5_u64.to_be_bytes().to_vec();
    zeros.extend([0; 105]);
    let mut far = u64::MAX.to_be_bytes().to_vec();
    far.extend([0xff; 105]);
    for state in
        [vec![], vec![0xff; 8], vec![0; 64], zeros, far, vec![0x80; 4096], b"cos\nsystem\n(S'id'\ntR.".to_vec()]
    {
        let upload = begin().await;
        let id = upload.rsplit('/').next().unwrap();
        let tamper = "UPDATE uploads SET hash_state = $1 WHERE id = $2 RETURNING id";
        assert_eq!(test.app.store.all(tamper, params![state.clone(), id]).await.unwrap().len(), 1);
        for answer in [test.call("PATCH", &upload, ANY, "6").await, finish(upload.clone()).await] {
            assert!(answer.status.is_client_error(), "{state:?}: {}", answer.text());
        }
        assert_eq!(test.get(&format!("/v2/a/blobs/{digest}")).await.refusal(), "404 BLOB_UNKNOWN", "{state:?}");
    }
    let upload = begin().await;
    let (path, id) = upload.rsplit_once('/').unwrap();
    for odd in [
        id.to_uppercase(),
        format!("{id}0"),
        id[1..].to_owned(),
        format!("{id}%00"),
        format!("%2e/{id}"),
        format!("{id}/"),
    ] {
        if odd != id {
            assert_eq!(test.get(&format!("{path}/{odd}")).await.status, StatusCode::NOT_FOUND, "{odd}");
        }
    }
    let with_state = test.get(&format!("{upload}?_state=eyJvZmZzZXQiOjB9")).await;
    assert_eq!((with_state.status, with_state.header("range")), (StatusCode::NO_CONTENT, "0-4"));
    assert_eq!(finish(upload).await.status, StatusCode::CREATED);
}

/// SEC-35.
#[tokio::test]
async fn no_page_of_another_site_reads_an_answer() {
    let test = TestApp::new().await;
    let digest = test.push_image("a", "v1", "amd64", b"layer").await;
    let opened = |answer: &Answer| answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
    for origin in ["https://evil.example", "null", "http://127.0.0.1:8080.evil.example", "http://localhost:3000"] {
        for path in [
            "/v2/",
            "/v2/_catalog",
            "/v2/a/manifests/v1",
            &format!("/v2/a/manifests/{digest}"),
            "/v2/none/tags/list",
            "/repositories",
            "/nowhere",
        ] {
            let answer = test.ask("GET", path, &[("origin", origin), ("cookie", "session=1")], "").await;
            assert!(!opened(&answer), "{origin} {path}: {:?}", answer.headers);
            let asks = [
                ("origin", origin),
                ("access-control-request-method", "PUT"),
                ("access-control-request-headers", "authorization"),
            ];
            let preflight = test.ask("OPTIONS", path, &asks, "").await;
            assert!(!opened(&preflight) && !preflight.status.is_success(), "{origin} {path}: {}", preflight.status);
        }
        for (method, path) in
            [("POST", "/v2/a/blobs/uploads/"), ("DELETE", "/v2/a/manifests/v1"), ("PUT", "/v2/a/manifests/v1")]
        {
            let answer = test.ask(method, path, &[("origin", origin)], "").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin} {method}");
        }
    }
    assert_eq!(test.get("/v2/a/manifests/v1").await.status, StatusCode::OK);
}
