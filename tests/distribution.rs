//! The distribution API over HTTP, in process. Ids in comments are rows of the protocol's test list
//! as far as this version has the endpoints.

mod manifests;

use crate::support::{OCI_MANIFEST, TestApp, request, sha256};
use axum::body::Body;
use axum::http::{StatusCode, header};
use futures::SinkExt;
use portolan::server::access::Policy;
use tower::ServiceExt;

const ANY: &str = "application/octet-stream";

#[tokio::test]
async fn names_of_words_that_the_paths_use_can_be_pushed_and_pulled() {
    let test = TestApp::new().await;
    for name in ["a/blobs/uploads", "a/manifests", "tags/list", "a/b/c/d/e/blobs"] {
        let digest = test.push_image(name, "v1", "amd64", name.as_bytes()).await;
        let pulled = test.get(&format!("/v2/{name}/manifests/v1")).await;
        assert_eq!(pulled.header("docker-content-digest"), digest);
        assert_eq!(test.get(&format!("/v2/{name}/tags/list")).await.json()["tags"][0], "v1");
    }
    let listed = test.get("/v2/_catalog").await.json();
    assert_eq!(listed["repositories"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_blob_goes_up_in_each_way_and_comes_down_whole() {
    let test = TestApp::new().await;
    let start = || async { test.call("POST", "/v2/a/blobs/uploads/", ANY, "").await.location() };
    let bytes = b"hello registry".to_vec();
    let digest = sha256(&bytes);

    let upload = start().await;
    let put = test.call("PUT", &format!("{upload}?digest={digest}"), ANY, bytes.clone()).await;
    assert_eq!(put.status, StatusCode::CREATED, "POST then PUT with the body");
    assert_eq!(test.get(&put.location()).await.body, bytes);

    let upload = start().await;
    let first = test.call("PATCH", &upload, ANY, &bytes[..5]).await;
    assert_eq!((first.status, first.header("range")), (StatusCode::ACCEPTED, "0-4"));
    let second = request("PATCH", &upload).header(header::CONTENT_RANGE, "5-13").header(header::CONTENT_LENGTH, 9);
    assert_eq!(test.send(second.body(Body::from(bytes[5..].to_vec())).unwrap()).await.header("range"), "0-13");
    let put = test.call("PUT", &format!("{upload}?digest={digest}"), ANY, "").await;
    assert_eq!(put.status, StatusCode::CREATED, "chunks, then an empty PUT");

    let sha512 = format!("sha512:{}", hex::encode(<sha2::Sha512 as sha2::Digest>::digest(&bytes)));
    let put = test.call("PUT", &format!("{}?digest={sha512}", start().await), ANY, bytes.clone()).await;
    assert_eq!(put.header("docker-content-digest"), sha512);
    assert_eq!(test.get(&format!("/v2/a/blobs/{sha512}")).await.body, bytes);

    let named = test.call("POST", "/v2/a/blobs/uploads/?digest-algorithm=sha512", ANY, "").await;
    assert_eq!(named.status, StatusCode::ACCEPTED, "POST that names the algorithm, PATCH, PUT");
    test.call("PATCH", &named.location(), ANY, bytes.clone()).await;
    let put = test.call("PUT", &format!("{}?digest={sha512}", named.location()), ANY, "").await;
    assert_eq!((put.status, put.header("docker-content-digest")), (StatusCode::CREATED, sha512.as_str()));

    let empty = sha256(b"");
    let put = test.call("PUT", &format!("{}?digest={empty}", start().await), ANY, "").await;
    assert_eq!(put.status, StatusCode::CREATED, "a blob of no bytes");
    assert_eq!(test.get(&format!("/v2/a/blobs/{empty}")).await.header("content-length"), "0");
}

#[tokio::test]
async fn chunks_out_of_order_are_refused_and_the_upload_goes_on() {
    let test = TestApp::new().await;
    let upload = test.call("POST", "/v2/a/blobs/uploads/", ANY, "").await.location();
    test.call("PATCH", &upload, ANY, "12345").await;
    for range in ["0-4", "3-7", "9-13"] {
        let chunk = request("PATCH", &upload).header(header::CONTENT_RANGE, range).header(header::CONTENT_LENGTH, 5);
        let answer = test.send(chunk.body(Body::from("67890")).unwrap()).await;
        assert_eq!(answer.refusal(), "416 RANGE_INVALID", "{range}");
        assert_eq!(answer.header("range"), "0-4");
    }
    assert_eq!(test.get(&upload).await.header("range"), "0-4");
    let lying = request("PATCH", &upload).header(header::CONTENT_RANGE, "5-9").header(header::CONTENT_LENGTH, 3);
    assert_eq!(test.send(lying.body(Body::from("678")).unwrap()).await.refusal(), "400 SIZE_INVALID");
    let digest = sha256(b"1234567890");
    let put = test.call("PUT", &format!("{upload}?digest={digest}"), ANY, "67890").await;
    assert_eq!(put.status, StatusCode::CREATED);
}

#[tokio::test]
async fn wrong_bytes_never_become_content() {
    let test = TestApp::new().await;
    let digest = sha256(b"right");
    let post = test.call("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"), ANY, "wrong").await;
    assert_eq!(post.refusal(), "400 DIGEST_INVALID");
    let upload = test.call("POST", "/v2/a/blobs/uploads/", ANY, "").await.location();
    let put = test.call("PUT", &format!("{upload}?digest={digest}"), ANY, "wrong").await;
    assert_eq!(put.refusal(), "400 DIGEST_INVALID");
    assert_eq!(test.get(&format!("/v2/a/blobs/{digest}")).await.refusal(), "404 BLOB_UNKNOWN");
    assert_eq!(test.get(&upload).await.refusal(), "404 BLOB_UPLOAD_UNKNOWN");
    assert_eq!(std::fs::read_dir(test.folder.path().join("staging")).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn an_upload_belongs_to_its_repository() {
    let test = TestApp::new().await;
    let upload = test.call("POST", "/v2/a/blobs/uploads/", ANY, "").await.location();
    let elsewhere = upload.replace("/v2/a/", "/v2/b/");
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(test.call(method, &elsewhere, ANY, "x").await.status, StatusCode::NOT_FOUND, "{method}");
    }
    assert_eq!(test.call("DELETE", &upload, ANY, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(test.get(&upload).await.refusal(), "404 BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_blob_is_readable_only_where_it_was_pushed() {
    let test = TestApp::new().await;
    let digest = test.push_blob("secret/a", b"layer").await;
    assert_eq!(test.get(&format!("/v2/other/b/blobs/{digest}")).await.refusal(), "404 BLOB_UNKNOWN");
    let mount = test.call("POST", &format!("/v2/other/b/blobs/uploads/?mount={digest}"), ANY, "").await;
    assert_eq!(mount.status, StatusCode::ACCEPTED, "nobody is told where a blob is");
}

#[tokio::test]
async fn naming_a_blob_as_a_foreign_layer_is_no_right_to_read_it() {
    let test = TestApp::new().await;
    let secret = test.push_blob("secret/a", b"layer").await;
    let config = test.push_blob("evil/b", b"{}").await;
    let manifest = serde_json::json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar", "digest": secret, "size": 5}]});
    let put = test.call("PUT", "/v2/evil/b/manifests/v1", OCI_MANIFEST, manifest.to_string()).await;
    assert_eq!(put.status, StatusCode::CREATED, "a layer that lives elsewhere may be missing: {}", put.text());
    assert_eq!(test.get(&format!("/v2/evil/b/blobs/{secret}")).await.refusal(), "404 BLOB_UNKNOWN");
    let lying = manifest.to_string().replace("\"size\":5", "\"size\":17592186044417");
    assert_eq!(
        test.call("PUT", "/v2/evil/b/manifests/v2", OCI_MANIFEST, lying).await.refusal(),
        "400 MANIFEST_INVALID"
    );
}

#[tokio::test]
async fn ranges_of_a_blob() {
    let test = TestApp::new().await;
    let digest = test.push_blob("a", b"0123456789").await;
    let path = format!("/v2/a/blobs/{digest}");
    let ranged = |range: &'static str| {
        let request = request("GET", &path).header(header::RANGE, range).body(Body::empty()).unwrap();
        test.send(request)
    };
    let part = ranged("bytes=2-5").await;
    assert_eq!(
        (part.status, part.header("content-range"), part.text().as_str()),
        (StatusCode::PARTIAL_CONTENT, "bytes 2-5/10", "2345")
    );
    let head = request("HEAD", &path).header(header::RANGE, "bytes=2-5").body(Body::empty()).unwrap();
    let head = test.send(head).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (StatusCode::OK, "10", 0));
    assert_eq!(ranged("bytes=8-100").await.text(), "89");
    assert_eq!(ranged("bytes=10-").await.refusal(), "416 RANGE_INVALID");
    assert_eq!(ranged("bytes=5-2").await.refusal(), "416 RANGE_INVALID");
    assert_eq!(ranged("bytes=1-2,4-5").await.status, StatusCode::OK);
}

#[tokio::test]
async fn lists_are_sorted_by_bytes_and_paged() {
    let test = TestApp::new().await;
    let manifest = test.image("a", "amd64", b"layer").await;
    for tag in ["0.1.20", "0.1.2", "a", "A", "_"] {
        test.call("PUT", &format!("/v2/a/manifests/{tag}"), OCI_MANIFEST, manifest.clone()).await;
    }
    let list = |query: &'static str| {
        let test = &test;
        async move { test.get(&format!("/v2/a/tags/list{query}")).await }
    };
    assert_eq!(list("").await.json()["tags"], serde_json::json!(["0.1.2", "0.1.20", "A", "_", "a"]));
    let page = list("?n=2").await;
    assert_eq!(page.json()["tags"], serde_json::json!(["0.1.2", "0.1.20"]));
    assert_eq!(page.header("link"), "</v2/a/tags/list?last=0.1.20&n=2>; rel=\"next\"");
    assert_eq!(list("?n=9&last=B").await.json()["tags"], serde_json::json!(["_", "a"]));
    assert_eq!(list("?n=0").await.json()["tags"], serde_json::json!([]));
    assert_eq!(list("?n=0").await.header("link"), "");
    assert_eq!(list("?n=1000000000000").await.status, StatusCode::OK);
    for bad in ["?n=-1", "?n=x"] {
        assert_eq!(list(bad).await.refusal(), "400 PAGINATION_NUMBER_INVALID");
    }
    assert_eq!(test.get("/v2/nothing/tags/list").await.refusal(), "404 NAME_UNKNOWN");
}

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
    ];
    for (method, path, expected) in cases {
        assert_eq!(test.call(method, &path, ANY, "").await.refusal(), expected, "{method} {path}");
    }
    let head = test.send(request("HEAD", "/v2/a/manifests/none").body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::NOT_FOUND, 0));
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
        while refused().await.unwrap().unwrap().take::<u64>().unwrap() < 3 {
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
    assert_eq!(found, ("anonymous".to_owned(), first.clone(), second.clone()));
    let moves = "SELECT COUNT(*) FROM tag_moves";
    assert_eq!(test.app.store.one(moves, vec![]).await.unwrap().unwrap().take::<u64>().unwrap(), 2);
    assert_eq!(test.get(&format!("/v2/a/manifests/{first}")).await.status, StatusCode::OK, "by digest it stays");
}

#[tokio::test]
async fn other_sites_and_other_names_reach_nothing() {
    let test = TestApp::new().await;
    let rebound = axum::http::Request::get("/v2/_catalog").header(header::HOST, "evil.example").body(Body::empty());
    assert_eq!(test.send(rebound.unwrap()).await.refusal(), "403 DENIED");
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
async fn what_a_client_sent_before_it_went_away_is_kept_and_nobody_comes_between() {
    let test = TestApp::new().await;
    let upload = test.call("POST", "/v2/a/blobs/uploads/", ANY, "").await.location();
    let (mut client, body) = futures::channel::mpsc::channel::<Result<&str, std::io::Error>>(0);
    let sent = request("PATCH", &upload).body(Body::from_stream(body)).unwrap();
    let handler = tokio::spawn(test.router.clone().oneshot(sent));
    client.send(Ok("first, ")).await.unwrap();
    client.send(Ok("second, ")).await.unwrap(); // Each is sent when it was taken: the handler is at work.
    handler.abort();
    assert!(handler.await.unwrap_err().is_cancelled());
    let other = test.call("PATCH", &upload, ANY, "other bytes").await;
    assert_eq!(other.status, StatusCode::CONFLICT, "the first is still being written");
    client.send(Ok("third")).await.unwrap();
    drop(client);
    let kept = async {
        while test.get(&upload).await.header("range") != "0-19" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), kept).await.expect("all that was sent is noted");
    let content = b"first, second, third";
    let digest = sha256(content);
    let path = format!("{upload}?digest={digest}");
    let finish = || test.call("PUT", &path, ANY, "");
    let mut finished = finish().await.status;
    while finished == StatusCode::CONFLICT {
        finished = finish().await.status; // It is noted, and about to be let go.
    }
    assert_eq!(finished, StatusCode::CREATED);
    assert_eq!(test.get(&format!("/v2/a/blobs/{digest}")).await.body, content);
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
