//! The distribution API over HTTP, in process. Ids in comments are rows of docs/threats-and-faults.md; here
//! stand those of names, addresses and refusals.

mod absurd;
mod conditions;
mod deletes;
mod held;
mod hostile;
mod manifests;
mod races;
mod recent;
mod referrers;
mod tags;
mod tenants;
mod uploads;

use crate::support::{OCI_MANIFEST, TestApp, request, sha256, sha512};
use axum::body::Body;
use axum::http::{StatusCode, header};
use portolan::server::access::Policy;
use serde_json::json;

const ANY: &str = "application/octet-stream";

/// Uploads that have bytes on the disk.
fn n_staged(test: &TestApp) -> usize {
    std::fs::read_dir(test.folder.path().join("staging")).unwrap().count()
}

/// OCI-1.
#[tokio::test]
async fn names_of_words_that_the_paths_use_can_be_pushed_and_pulled() {
    let test = TestApp::new().await;
    let longest = format!("a/{}", "b".repeat(253));
    let names = ["a/blobs/uploads", "a/manifests", "tags/list", "a/b/c/d/e/blobs", "referrers/tags", "uploads", "v2"];
    for name in names.into_iter().chain([longest.as_str()]) {
        let digest = test.push_image(name, "v1", "amd64", name.as_bytes()).await;
        let pulled = test.get(&format!("/v2/{name}/manifests/v1")).await;
        assert_eq!(pulled.header("docker-content-digest"), digest);
        assert_eq!(test.get(&format!("/v2/{name}/blobs/{}", sha256(name.as_bytes()))).await.text(), name);
        assert_eq!(test.get(&format!("/v2/{name}/tags/list")).await.json(), json!({"name": name, "tags": ["v1"]}));
        let upload = test.call("POST", &format!("/v2/{name}/blobs/uploads/"), ANY, "").await.location();
        assert_eq!(test.delete(&upload).await.status, StatusCode::NO_CONTENT);
        assert_eq!(test.get(&format!("/v2/{name}/referrers/{digest}")).await.status, StatusCode::OK);
    }
    let listed = test.get("/v2/_catalog").await.json();
    assert_eq!(listed["repositories"].as_array().unwrap().len(), 8);
    let too_long = format!("{longest}b");
    for name in ["_x", "a/_x", "a/_catalog", "UPPER", "a/B", "a..b", "a//b", "-a", "a/-/b", "a%2fb", "%61", &too_long] {
        for path in ["manifests/v1", "tags/list", "blobs/uploads/none"] {
            assert_eq!(test.get(&format!("/v2/{name}/{path}")).await.refusal(), "400 NAME_INVALID", "{name} {path}");
        }
        let push = test.call("POST", &format!("/v2/{name}/blobs/uploads/"), ANY, "").await;
        assert_eq!(push.refusal(), "400 NAME_INVALID", "{name}");
    }
}

/// Half of the clients escape it (RFC 3986, section 2.1); what is escaped twice is another text.
#[tokio::test]
async fn the_colon_of_a_digest_may_be_escaped() {
    let test = TestApp::new().await;
    let digest = test.push_image("team/web", "v1", "amd64", b"layer").await;
    let hex = digest.strip_prefix("sha256:").unwrap();
    for path in [format!("team/web/manifests/sha256%3A{hex}"), format!("team/web/manifests/sha256%3a{hex}")] {
        assert_eq!(test.get(&format!("/v2/{path}")).await.header("docker-content-digest"), digest, "{path}");
    }
    for twice in [format!("team/web/manifests/sha256%253A{hex}"), "team/web/manifests/v%2531".to_owned()] {
        assert_eq!(test.get(&format!("/v2/{twice}")).await.status, StatusCode::BAD_REQUEST, "{twice}");
    }
    for odd in ["team/web/manifests/%ff", "..%2f..%2fetc/manifests/v1", "team%00/manifests/v1"] {
        assert!(test.get(&format!("/v2/{odd}")).await.status.is_client_error(), "{odd}");
    }
}

/// OCI-25: a relative address holds under whatever name the client reached us, TLS proxy and IPv6 included.
#[tokio::test]
async fn every_address_that_is_given_out_leads_back_here() {
    let test = TestApp::with("[server]\npublic_url = \"https://registry.example.com\"", Policy::Grants).await;
    let digest = sha256(b"layer");
    let send = |host: &'static str, method: &'static str, path: String, body: &'static str| {
        let request = axum::http::Request::builder().method(method).uri(path).header(header::HOST, host);
        test.send(request.header("x-forwarded-host", "evil.example").body(Body::from(body)).unwrap())
    };
    for host in ["127.0.0.1:8080", "[::1]:8080", "localhost", "registry.example.com"] {
        for slash in ["", "/"] {
            let post = send(host, "POST", format!("/v2/a/blobs/uploads{slash}"), "").await;
            let upload = post.header("location").to_owned();
            assert!(upload.starts_with("/v2/a/blobs/uploads/"), "{host}: {upload}");
            let patch = send(host, "PATCH", upload, "lay").await;
            let upload = patch.header("location").to_owned();
            assert_eq!(send(host, "GET", upload.clone(), "").await.header("location"), upload);
            let put = send(host, "PUT", format!("{upload}?digest={digest}"), "er").await;
            assert_eq!(put.header("location"), format!("/v2/a/blobs/{digest}"), "{}", put.text());
            assert_eq!(send(host, "GET", put.header("location").to_owned(), "").await.text(), "layer");
        }
        let whole = send(host, "POST", format!("/v2/a/blobs/uploads?digest={digest}"), "layer").await;
        assert_eq!(whole.header("location"), format!("/v2/a/blobs/{digest}"));
    }
    let manifest = test.image("a", "amd64", b"layer").await;
    let put = test.put_manifest("a", "v1", OCI_MANIFEST, &manifest).await;
    assert_eq!(put.header("location"), format!("/v2/a/manifests/{}", sha256(manifest.as_bytes())));
    assert_eq!(test.get(put.header("location")).await.text(), manifest);
}

/// OCI-10.
#[tokio::test]
async fn content_bears_the_digest_by_which_it_is_asked_for() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    for digest_of in [sha256, sha512] {
        let (layer, image) = (digest_of(b"layer"), digest_of(manifest.as_bytes()));
        let post = test.call("POST", &format!("/v2/a/blobs/uploads/?digest={layer}"), ANY, "layer").await;
        let put = test.put_manifest("a", &image, OCI_MANIFEST, &manifest).await;
        for (pushed, digest, content) in [(post, layer, "layer"), (put, image, manifest.as_str())] {
            assert_eq!((pushed.status, pushed.header("docker-content-digest")), (StatusCode::CREATED, &*digest));
            let (asked, got) = (test.head(&pushed.location()).await, test.get(&pushed.location()).await);
            for answer in [&asked, &got] {
                assert_eq!((answer.status, answer.header("docker-content-digest")), (StatusCode::OK, &*digest));
            }
            assert_eq!(got.text(), content);
        }
    }
}

/// OCI-26; the methods of every route are in `surface`.
#[tokio::test]
async fn every_refusal_is_json_with_its_status() {
    let test = TestApp::new().await;
    let digest = sha256(b"x");
    let cases = [
        ("GET", "/v2/UPPER/tags/list".to_owned(), "400 NAME_INVALID"),
        ("GET", "/v2/a/manifests/.bad".to_owned(), "400 TAG_INVALID"),
        ("GET", "/v2/a/manifests/sha256:xyz".to_owned(), "400 DIGEST_INVALID"),
        ("GET", "/v2/a/blobs/md5:abc".to_owned(), "400 DIGEST_INVALID"),
        ("GET", format!("/v2/a/blobs/sha256:{}", "A".repeat(64)), "400 DIGEST_INVALID"),
        ("GET", format!("/v2/a/blobs/{digest}"), "404 BLOB_UNKNOWN"),
        ("GET", format!("/v2/a/manifests/{digest}"), "404 MANIFEST_UNKNOWN"),
        ("POST", "/v2/a/blobs/uploads/?digest=sha256:xyz".to_owned(), "400 DIGEST_INVALID"),
        ("POST", format!("/v2/a/blobs/uploads/?digest={digest}&digest={digest}"), "400 DIGEST_INVALID"),
        ("POST", "/v2/a/blobs/uploads/?digest-algorithm=md5".to_owned(), "400 DIGEST_INVALID"),
        ("POST", "/v2/a/blobs/uploads/?digest-algorithm=".to_owned(), "400 DIGEST_INVALID"),
        ("POST", "/v2/a/blobs/uploads/?digest-algorithm=sha256&digest-algorithm=md5".to_owned(), "400 DIGEST_INVALID"),
        ("POST", format!("/v2/a/blobs/uploads/?digest-algorithm=sha512&digest={digest}"), "400 DIGEST_INVALID"),
        ("PUT", "/v2/a/blobs/uploads/nope".to_owned(), "400 DIGEST_INVALID"),
        ("PUT", format!("/v2/a/blobs/uploads/..%2f..%2fx?digest={digest}"), "404 BLOB_UPLOAD_UNKNOWN"),
        ("GET", "/v2/a/nothing/here".to_owned(), "404 UNSUPPORTED"),
        ("POST", "/v2/a/tags/list".to_owned(), "405 UNSUPPORTED"),
        ("TRACE", "/v2/".to_owned(), "405 UNSUPPORTED"),
        ("DELETE", format!("/v2/a/blobs/{digest}"), "404 NAME_UNKNOWN"),
        ("DELETE", "/v2/a/tags/list".to_owned(), "405 UNSUPPORTED"),
        ("PATCH", "/v2/a/manifests/v1".to_owned(), "405 UNSUPPORTED"),
        ("POST", format!("/v2/a/blobs/{digest}"), "405 UNSUPPORTED"),
        ("GET", "/v2/a/blobs/uploads/".to_owned(), "405 UNSUPPORTED"),
        ("POST", "/v2/a/blobs/uploads/none".to_owned(), "405 UNSUPPORTED"),
        ("PUT", format!("/v2/a/referrers/{digest}"), "405 UNSUPPORTED"),
        ("OPTIONS", "/v2/_catalog".to_owned(), "405 UNSUPPORTED"),
    ];
    for (method, path, expected) in cases {
        let answer = test.call(method, &path, ANY, "").await;
        assert_eq!(answer.refusal(), expected, "{method} {path}");
        let error = &answer.json()["errors"][0];
        assert!(error["message"].as_str().is_some_and(|said| !said.is_empty()), "{method} {path}");
        let code = error["code"].as_str().unwrap();
        assert!(code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{code}");
        assert_eq!(answer.status == 405, !answer.header("allow").is_empty(), "{method} {path}");
        assert_eq!(answer.header("docker-distribution-api-version"), "registry/2.0");
    }
    let head = test.send(request("HEAD", "/v2/a/manifests/none").body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::NOT_FOUND, 0));
}

/// What no client pulls any more.
#[tokio::test]
async fn images_of_docker_schema_1_are_refused() {
    const SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1+json";
    const SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let test = TestApp::new().await;
    let schema_2 = test.image("a", "amd64", b"layer").await;
    let schema_1 = json!({"schemaVersion": 1, "name": "a", "tag": "v1", "architecture": "amd64",
        "fsLayers": [{"blobSum": sha256(b"layer")}], "history": [{"v1Compatibility": "{}"}]});
    let schema_1 = schema_1.to_string();
    let stated = schema_1.replacen('{', &format!(r#"{{"mediaType":"{SCHEMA_1}","#), 1);
    let silent = schema_2.replace(&format!("\"mediaType\":\"{OCI_MANIFEST}\","), "");
    for (content_type, manifest) in [
        (SCHEMA_1, &schema_1),
        (SCHEMA_1, &stated),
        (SCHEMA_1, &silent),
        (SIGNED, &schema_1),
        ("application/json", &schema_1),
        ("", &stated),
        (OCI_MANIFEST, &schema_1),
    ] {
        let put = test.put_manifest("a", "v1", content_type, manifest).await;
        assert_eq!(put.refusal(), "400 MANIFEST_INVALID", "{content_type} {manifest}");
    }
    assert_eq!(test.get("/v2/a/tags/list").await.json()["tags"], json!([]));
}

#[tokio::test]
async fn a_read_only_policy_refuses_every_write_and_says_so_in_the_audit_log() {
    let test = TestApp::with("", Policy::ReadOnly).await;
    for (method, path) in
        [("POST", "/v2/a/blobs/uploads/"), ("PUT", "/v2/a/manifests/v1"), ("PATCH", "/v2/a/blobs/uploads/x")]
    {
        assert_eq!(test.call(method, path, OCI_MANIFEST, "{}").await.refusal(), "403 DENIED", "{method}");
    }
    let refused = || test.app.store.one("SELECT COUNT(*) FROM audit WHERE outcome LIKE 'refused%'", vec![]);
    let recorded = async {
        // What is pushed is refused once: the rest repeats it.
        while refused().await.unwrap().unwrap().take::<u64>().unwrap() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), recorded).await.expect("refusals are recorded");
}

#[tokio::test]
async fn a_push_moves_the_tag_and_the_audit_log_has_both_ends() {
    let test = TestApp::new().await;
    let first = test.push_image("a", "latest", "amd64", b"one").await;
    let second = test.push_image("a", "latest", "amd64", b"two").await;
    let sql = "SELECT actor, before, after FROM audit WHERE action = 'manifest.push' AND before IS NOT NULL";
    let mut row = test.app.store.one(sql, vec![]).await.unwrap().unwrap();
    let found: (String, String, String) = (row.take().unwrap(), row.take().unwrap(), row.take().unwrap());
    assert_eq!(found, ("user:admin".to_owned(), first.clone(), second.clone()));
    let moves = "SELECT COUNT(*) FROM tag_moves";
    assert_eq!(test.app.store.one(moves, vec![]).await.unwrap().unwrap().take::<u64>().unwrap(), 2);
    assert_eq!(test.get(&format!("/v2/a/manifests/{first}")).await.status, StatusCode::OK, "by digest it stays");
}

#[tokio::test]
async fn other_sites_and_other_names_reach_nothing() {
    let test = TestApp::new().await;
    let rebound = axum::http::Request::get("/v2/_catalog").header(header::HOST, "evil.example").body(Body::empty());
    assert_eq!(test.send(rebound.unwrap()).await.refusal(), "403 DENIED");
    let tunnel = axum::http::Request::connect("127.0.0.1:8080").header(header::HOST, "127.0.0.1:8080");
    assert_eq!(test.send(tunnel.body(Body::empty()).unwrap()).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let twice = request("GET", "/v2/_catalog").header(header::HOST, "evil.example").body(Body::empty()).unwrap();
    assert_eq!(test.send(twice).await.refusal(), "400 UNSUPPORTED");
    let nameless = |path: &str| test.send(axum::http::Request::get(path).body(Body::empty()).unwrap());
    assert!(nameless("/v2/_catalog").await.text().contains("send a Host header"));
    assert_eq!(nameless("/health/live").await.status, StatusCode::OK, "probes leave it out");
    let cross = request("POST", "/v2/a/blobs/uploads/").header("sec-fetch-site", "cross-site").body(Body::empty());
    assert_eq!(test.send(cross.unwrap()).await.refusal(), "403 DENIED");
    let origin =
        request("POST", "/v2/a/blobs/uploads/").header(header::ORIGIN, "https://evil.example").body(Body::empty());
    assert_eq!(test.send(origin.unwrap()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_no_database_can_keep_fails_no_statement() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    let manifest = manifest.replacen('{', r#"{"artifactType":"odd\u0000type","#, 1);
    let pushed = test.call("PUT", "/v2/a/manifests/odd", OCI_MANIFEST, manifest.clone()).await;
    assert_eq!(pushed.status, StatusCode::CREATED, "{}", pushed.text());
    assert_eq!(test.get("/v2/a/manifests/odd").await.text(), manifest, "its bytes are kept as they are");
    for path in
        ["/v2/_catalog?last=%00", "/v2/a/tags/list?last=%00", "/repositories?q=%00", "/r/a?q=%00", "/r/a/-/tags/odd"]
    {
        assert_eq!(test.get(path).await.status, StatusCode::OK, "{path}");
    }
    let long = test.get(&format!("/repositories?q={}", "a".repeat(60_000))).await;
    assert_eq!(long.status, StatusCode::BAD_REQUEST);
}
