//! Reading in part, only if it changed, or only to ask; and writing only what is still as it was.

use super::ANY;
use crate::support::{Answer, OCI_MANIFEST, TestApp, request, sha256, sha512};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};

/// OCI-11.
#[tokio::test]
async fn ranges_of_a_blob() {
    let test = TestApp::new().await;
    let path = format!("/v2/a/blobs/{}", test.push_blob("a", b"0123456789").await);
    for (range, part, text) in [
        ("bytes=0-0", "0-0", "0"),
        ("bytes=2-5", "2-5", "2345"),
        ("bytes=2-", "2-9", "23456789"),
        ("bytes=-3", "7-9", "789"),
        ("bytes=-30", "0-9", "0123456789"),
        ("bytes=8-100", "8-9", "89"),
    ] {
        let answer = test.ask("GET", &path, &[("range", range)], "").await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::PARTIAL_CONTENT, text), "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {part}/10"), "{range}");
        assert_eq!(answer.header("content-length"), text.len().to_string(), "{range}");
    }
    for beyond in ["bytes=10-", "bytes=500-0", "bytes=5-2", "bytes=-0"] {
        let answer = test.ask("GET", &path, &[("range", beyond)], "").await;
        assert_eq!(answer.refusal(), "416 RANGE_INVALID", "{beyond}");
        assert_eq!(answer.header("content-range"), "bytes */10", "{beyond}");
    }
    let whole = |answer: Answer, why: &str| {
        assert_eq!((answer.status, answer.header("content-length")), (StatusCode::OK, "10"), "{why}");
    };
    for odd in ["bytes=1-2,x", "bytes=0-8,1-9", "bytes=a-b", "lines=1-2", "bytes=+1-2", "bytes 1-2", ""] {
        whole(test.ask("GET", &path, &[("range", odd)], "").await, odd);
    }
    whole(test.ask("HEAD", &path, &[("range", "bytes=2-5")], "").await, "a range is for GET");
    let etag = test.head(&path).await.header("etag").to_owned();
    let if_range = |known: String| {
        let (test, path) = (&test, &path);
        async move { test.ask("GET", path, &[("range", "bytes=2-5"), ("if-range", &known)], "").await }
    };
    assert_eq!(if_range(etag.clone()).await.text(), "2345");
    for other in [format!("W/{etag}"), "\"other\"".to_owned(), "Tue, 24 Nov 2026 10:00:00 GMT".to_owned()] {
        whole(if_range(other.clone()).await, &other);
    }
    let other = [("range", "bytes=99-"), ("if-match", "\"other\"")];
    assert_eq!(
        test.ask("GET", &path, &other, "").await.status,
        StatusCode::PRECONDITION_FAILED,
        "conditions come first"
    );
    let empty = format!("/v2/a/blobs/{}", test.push_blob("a", b"").await);
    assert_eq!(test.ask("GET", &empty, &[("range", "bytes=0-")], "").await.refusal(), "416 RANGE_INVALID");
}

/// OCI-11: several ranges, as clients ask for them that pull lazily.
#[tokio::test]
async fn several_ranges_of_a_blob_come_in_one_answer() {
    let test = TestApp::new().await;
    let content: Vec<u8> = (0..300_000_u32).flat_map(|n| n.to_le_bytes()).collect();
    let digest = test.push_blob("a", &content).await;
    let path = format!("/v2/a/blobs/{digest}");
    let answer = test.ask("GET", &path, &[("range", "bytes=3-70000, 200000-200009,1199990-,9999999-")], "").await;
    assert_eq!((answer.status, answer.header("docker-content-digest")), (StatusCode::PARTIAL_CONTENT, &*digest));
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    let boundary = answer.header("content-type").strip_prefix("multipart/byteranges; boundary=").unwrap();
    let mut expected = Vec::new();
    for (start, end) in [(3, 70_000), (200_000, 200_009), (1_199_990, 1_199_999)] {
        let head = "Content-Type: application/octet-stream\r\nContent-Range: bytes";
        expected.extend(format!("\r\n--{boundary}\r\n{head} {start}-{end}/1200000\r\n\r\n").into_bytes());
        expected.extend(&content[start..=end]);
    }
    expected.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    assert!(answer.body == expected);
    let one = test.ask("GET", &path, &[("range", "bytes=9999999-,0-3")], "").await;
    assert_eq!((one.header("content-range"), one.body.len()), ("bytes 0-3/1200000", 4));
    let none = test.ask("GET", &path, &[("range", "bytes=9999999-,8888888-")], "").await;
    assert_eq!((none.refusal().as_str(), none.header("content-range")), ("416 RANGE_INVALID", "bytes */1200000"));
}

/// OCI-11: a blob that is read and sent in many pieces.
#[tokio::test]
async fn a_part_begins_and_ends_in_the_midst_of_pieces() {
    let test = TestApp::new().await;
    let bytes: Vec<u8> = (0..400_000_u32).flat_map(u32::to_be_bytes).collect();
    let (size, path) = (bytes.len(), format!("/v2/a/blobs/{}", test.push_blob("a", &bytes).await));
    for (range, start, end) in [
        ("bytes=65535-65536".to_owned(), 65_535, 65_537),
        ("bytes=65537-1048577".to_owned(), 65_537, 1_048_578),
        ("bytes=1-".to_owned(), 1, size),
        ("bytes=-700001".to_owned(), size - 700_001, size),
        (format!("bytes=1000001-{size}"), 1_000_001, size),
    ] {
        let part = test.ask("GET", &path, &[("range", &range)], "").await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {start}-{}/{size}", end - 1));
        assert!(part.body == bytes[start..end], "{range}: {} bytes", part.body.len());
    }
}

fn without_id(mut headers: HeaderMap) -> HeaderMap {
    headers.remove("x-request-id");
    headers
}

/// OCI-23.
#[tokio::test]
async fn who_only_asks_hears_what_who_fetches_hears() {
    let test = TestApp::new().await;
    let digest = test.push_image("a", "v1", "amd64", b"layer").await;
    let (layer, absent) = (sha256(b"layer"), sha256(b"absent"));
    let upload = test.call("POST", "/v2/a/blobs/uploads/", ANY, "").await.location();
    let stranger = TestApp::tenants().await.by("one");
    stranger.by("two").push_image("two/b", "v1", "amd64", b"layer").await;
    let open = [
        ("/v2/".to_owned(), 200),
        (format!("/v2/a/manifests/{digest}"), 200),
        ("/v2/a/manifests/v1".to_owned(), 200),
        (format!("/v2/a/blobs/{layer}"), 200),
        (format!("/v2/a/referrers/{digest}"), 200),
        ("/v2/a/tags/list".to_owned(), 200),
        ("/v2/_catalog?n=1".to_owned(), 200),
        (upload, 204),
        ("/v2/a/manifests/v2".to_owned(), 404),
        (format!("/v2/a/manifests/{absent}"), 404),
        (format!("/v2/a/blobs/{absent}"), 404),
        (format!("/v2/b/blobs/{layer}"), 404),
        ("/v2/b/tags/list".to_owned(), 404),
        ("/v2/a/blobs/uploads/none".to_owned(), 404),
        ("/v2/a/blobs/sha256:odd".to_owned(), 400),
        ("/v2/A/manifests/v1".to_owned(), 400),
        ("/v2/a/nothing/here".to_owned(), 404),
        ("/v2/a/blobs/uploads/".to_owned(), 405),
    ];
    let foreign = [
        ("/v2/public/x/blobs/uploads/none".to_owned(), 403),
        ("/v2/two/b/manifests/v1".to_owned(), 404),
        (format!("/v2/two/b/blobs/{layer}"), 404),
        ("/v2/two/b/tags/list".to_owned(), 404),
    ];
    let open = open.into_iter().map(|(path, status)| (&test, path, status));
    for (by, path, status) in open.chain(foreign.into_iter().map(|(path, status)| (&stranger, path, status))) {
        let (asked, fetched) = (by.head(&path).await, by.get(&path).await);
        assert_eq!((asked.status.as_u16(), fetched.status.as_u16()), (status, status), "{path}");
        assert_eq!(without_id(asked.headers), without_id(fetched.headers), "{path}");
        assert_eq!(asked.body.len(), 0, "{path}");
    }
}

/// OCI-24: who has it already is not sent it again.
#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let test = TestApp::new().await;
    let digest = test.push_image("a", "v1", "amd64", b"layer").await;
    let blob = format!("/v2/a/blobs/{}", sha256(b"layer"));
    for path in ["/v2/a/manifests/v1", &format!("/v2/a/manifests/{digest}"), &blob] {
        let etag = test.get(path).await.header("etag").to_owned();
        for known in [etag.clone(), format!("W/{etag}"), format!("\"other\" , {etag}"), "*".to_owned()] {
            for method in ["GET", "HEAD"] {
                let answer = test.ask(method, path, &[("if-none-match", &known)], "").await;
                assert_eq!(
                    (answer.status, answer.body.len()),
                    (StatusCode::NOT_MODIFIED, 0),
                    "{method} {path} {known}"
                );
                assert_eq!(answer.header("etag"), etag);
            }
        }
        let lines = [("if-none-match", "\"other\""), ("if-none-match", &*etag)];
        assert_eq!(test.ask("GET", path, &lines, "").await.status, StatusCode::NOT_MODIFIED, "in two lines");
        for other in [format!("\"{}\"", sha256(b"other")), digest.clone(), "\"\"".to_owned(), String::new()] {
            let answer = test.ask("GET", path, &[("if-none-match", &other)], "").await;
            assert_eq!(answer.status, StatusCode::OK, "{path} {other}");
        }
    }
    let absent = test.ask("GET", "/v2/a/manifests/v2", &[("if-none-match", "*")], "").await;
    assert_eq!(absent.refusal(), "404 MANIFEST_UNKNOWN");
}

/// OCI-24: a tag moves only if it is still what the client saw.
#[tokio::test]
async fn a_condition_that_does_not_hold_moves_nothing() {
    let test = TestApp::new().await;
    let (one, two) = (test.image("a", "amd64", b"1").await, test.image("a", "amd64", b"2").await);
    let (first, second) = (sha256(one.as_bytes()), sha256(two.as_bytes()));
    let put = |headers: Vec<(&'static str, String)>, manifest: &str| {
        let (test, manifest) = (&test, manifest.to_owned());
        async move {
            let mut all = vec![("content-type", OCI_MANIFEST)];
            all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
            test.ask("PUT", "/v2/a/manifests/v1", &all, manifest).await
        }
    };
    let names = |digest: String| {
        let test = &test;
        async move { assert_eq!(test.head("/v2/a/manifests/v1").await.header("docker-content-digest"), digest) }
    };
    let quoted = |digest: &str| format!("\"{digest}\"");
    assert_eq!(put(vec![("if-match", "*".into())], &one).await.refusal(), "412 DENIED", "there is nothing yet");
    assert_eq!(put(vec![("if-match", quoted(&first))], &one).await.refusal(), "412 DENIED");
    assert_eq!(test.get("/v2/a/tags/list").await.json()["tags"], serde_json::json!([]));
    let absent = vec![("if-none-match", "*".to_owned())];
    assert_eq!(put(absent.clone(), &one).await.status, StatusCode::CREATED, "only if there is none");
    let refused = put(absent, &two).await;
    assert_eq!(refused.refusal(), "412 DENIED");
    assert_eq!(refused.json()["errors"][0]["detail"]["current"], first);
    for odd in [quoted(&second), format!("W/{}", quoted(&first)), first.clone(), String::new(), "odd".into()] {
        assert_eq!(put(vec![("if-match", odd.clone())], &two).await.refusal(), "412 DENIED", "{odd}");
    }
    let both = vec![("if-match", quoted(&first)), ("if-none-match", format!("\"x\", {}", quoted(&first)))];
    assert_eq!(put(both, &two).await.refusal(), "412 DENIED");
    let lines = vec![("if-none-match", quoted(&second)), ("if-none-match", quoted(&first))];
    assert_eq!(put(lines, &two).await.refusal(), "412 DENIED", "each line counts");
    let unread = request("PUT", "/v2/a/manifests/v1").header("content-type", OCI_MANIFEST);
    let unread = unread.header("if-match", &b"\"\xff\""[..]).body(Body::from(two.clone())).unwrap();
    assert_eq!(test.send(unread).await.refusal(), "412 DENIED", "what cannot be read is not left out");
    names(first.clone()).await;
    assert_eq!(put(vec![("if-match", quoted(&first))], &two).await.status, StatusCode::CREATED);
    names(second.clone()).await;
    let either = vec![("if-match", quoted(&first)), ("if-match", quoted(&second))];
    assert_eq!(put(either, &one).await.status, StatusCode::CREATED, "one of several");
    names(first).await;
    let by_digest = format!("/v2/a/manifests/{}", sha512(one.as_bytes()));
    for expected in [StatusCode::CREATED, StatusCode::PRECONDITION_FAILED] {
        let headers = [("content-type", OCI_MANIFEST), ("if-none-match", "*")];
        assert_eq!(test.ask("PUT", &by_digest, &headers, one.clone()).await.status, expected);
    }
}

/// OCI-24: whoever deletes what they saw deletes nothing else.
#[tokio::test]
async fn a_tag_that_moved_meanwhile_is_not_deleted() {
    let test = TestApp::new().await;
    let seen = test.push_image("a", "v1", "amd64", b"one").await;
    let now = test.push_image("a", "v1", "amd64", b"two").await;
    let delete = |digest: String| {
        let request = request("DELETE", "/v2/a/manifests/v1").header("if-match", format!("\"{digest}\""));
        test.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(delete(seen).await.refusal(), "412 DENIED");
    assert_eq!(test.get("/v2/a/manifests/v1").await.header("docker-content-digest"), now);
    assert_eq!(delete(now.clone()).await.status, StatusCode::ACCEPTED);
    assert_eq!(delete(now).await.refusal(), "404 MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn who_reads_or_deletes_may_insist_on_one_content() {
    let test = TestApp::new().await;
    let digest = test.push_image("a", "v1", "amd64", b"layer").await;
    let spare = test.push_blob("a", b"spare").await;
    let other = format!("\"{}\"", sha256(b"other"));
    for path in [
        "/v2/a/manifests/v1".to_owned(),
        format!("/v2/a/manifests/{digest}"),
        format!("/v2/a/blobs/{}", sha256(b"layer")),
    ] {
        let etag = test.head(&path).await.header("etag").to_owned();
        for method in ["GET", "HEAD"] {
            let differs = test.ask(method, &path, &[("if-match", &other)], "").await;
            assert_eq!(differs.status, StatusCode::PRECONDITION_FAILED, "{method} {path}");
            for same in [etag.as_str(), "*"] {
                assert_eq!(test.ask(method, &path, &[("if-match", same)], "").await.status, StatusCode::OK, "{path}");
            }
        }
    }
    for path in [format!("/v2/a/manifests/{digest}"), format!("/v2/a/blobs/{spare}")] {
        let refused = test.ask("DELETE", &path, &[("if-match", &other)], "").await;
        assert_eq!((refused.refusal().as_str(), test.head(&path).await.status), ("412 DENIED", StatusCode::OK));
        let etag = test.head(&path).await.header("etag").to_owned();
        assert_eq!(test.ask("DELETE", &path, &[("if-match", &etag)], "").await.status, StatusCode::ACCEPTED);
        assert_eq!(test.head(&path).await.status, StatusCode::NOT_FOUND);
    }
}
