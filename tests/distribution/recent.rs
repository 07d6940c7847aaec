//! What was read lately is answered again without a question, and never once it is no longer true.

use crate::support::{OCI_MANIFEST, TestApp, sha256};
use axum::http::StatusCode;

/// Reads each path twice; how many questions the second time took.
async fn asked_again(test: &TestApp, paths: &[&str]) -> u64 {
    let mut asked = 0;
    for path in paths {
        let first = test.get(path).await;
        let before = test.app.store.statements();
        let again = test.get(path).await;
        asked += test.app.store.statements() - before;
        assert_eq!((first.status, first.body), (again.status, again.body), "{path}");
    }
    asked
}

/// SEC-2, SEC-6.
#[tokio::test]
async fn an_answer_is_known_until_something_changes() {
    let test = TestApp::new().await;
    let (old, new) = (test.image("a", "amd64", b"old").await, test.image("a", "amd64", b"new").await);
    for (tag, manifest) in [("v1", &old), ("v2", &old)] {
        assert_eq!(test.put_manifest("a", tag, OCI_MANIFEST, manifest).await.status, StatusCode::CREATED);
    }
    let by_digest = format!("/v2/a/manifests/{}", sha256(old.as_bytes()));
    let layer = format!("/v2/a/blobs/{}", sha256(b"old"));
    let asked = asked_again(&test, &["/v2/a/manifests/v1", "/v2/a/manifests/v2", &by_digest, &layer]).await;
    let is_alone = test.app.store.moment().is_some(); // Nobody else writes this database.
    assert_eq!(asked, if is_alone { 0 } else { 4 });

    let part = test.ask("GET", &layer, &[("range", "bytes=1-9")], "").await;
    assert_eq!((part.text().as_str(), part.header("content-range")), ("ld", "bytes 1-2/3"));
    assert_eq!(test.ask("GET", &layer, &[("range", "bytes=3-")], "").await.refusal(), "416 RANGE_INVALID");
    test.push_blob("b", b"of b").await;
    let elsewhere = format!("/v2/b/blobs/{}", sha256(b"old"));
    assert_eq!(test.get(&layer).await.text(), "old");
    assert_eq!(test.get(&elsewhere).await.refusal(), "404 BLOB_UNKNOWN", "known of one repository is not of another");

    assert_eq!(test.get("/v2/a/manifests/v1").await.text(), old);
    test.put_manifest("a", "v1", OCI_MANIFEST, &new).await;
    assert_eq!(test.get("/v2/a/manifests/v1").await.text(), new, "a moved tag is seen at once");
    assert_eq!(test.get("/v2/a/manifests/v2").await.text(), old);
    test.delete("/v2/a/manifests/v2").await;
    assert_eq!(test.get("/v2/a/manifests/v2").await.refusal(), "404 MANIFEST_UNKNOWN");
    assert_eq!(test.get(&by_digest).await.text(), old);
    test.delete(&by_digest).await;
    assert_eq!(test.get(&by_digest).await.refusal(), "404 MANIFEST_UNKNOWN");
    assert_eq!(test.get(&layer).await.text(), "old");
    assert_eq!(test.delete(&layer).await.status, StatusCode::ACCEPTED);
    assert_eq!(test.get(&layer).await.refusal(), "404 BLOB_UNKNOWN");
}
