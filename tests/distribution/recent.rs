//! What was read lately is answered again without a question, and never once it is no longer true.

use crate::support::{OCI_MANIFEST, TestApp, decides, sha256};
use axum::http::StatusCode;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;

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

/// SEC-1, SEC-2: who pulls what is public asks the database nothing either, and no longer than it is public.
#[tokio::test]
async fn what_is_public_is_known_until_something_changes() {
    let admin = TestApp::new().await;
    admin.push_image("a", "v1", "amd64", b"layer").await;
    let nobody = admin.by_nobody();
    let path = "/v2/a/manifests/v1";
    assert_eq!(nobody.get("/v2/absent/manifests/v1").await.refusal(), "401 UNAUTHORIZED");
    assert_eq!(nobody.get(path).await.refusal(), "401 UNAUTHORIZED");
    let show = |visibility: &'static str| {
        let body = format!(r#"{{"visibility":"{visibility}"}}"#);
        admin.ask("PATCH", "/api/v1/r/a", &[("content-type", "application/json")], body)
    };
    assert_eq!(show("public").await.status, StatusCode::OK);
    let mut asked = Vec::new();
    for _ in 0..20 {
        let before = admin.app.store.statements();
        assert_eq!(nobody.get(path).await.status, StatusCode::OK);
        asked.push(admin.app.store.statements() - before);
    }
    // The epoch is looked at some times a second, whoever asks.
    let is_alone = admin.app.store.moment().is_some();
    assert_eq!(asked.contains(&0), is_alone, "{asked:?}");
    assert_eq!(show("private").await.status, StatusCode::OK);
    assert_eq!(nobody.get(path).await.refusal(), "401 UNAUTHORIZED");

    // One that comes to be where there was none is known as what it is.
    let default = "INSERT INTO namespace_settings (name, default_visibility) VALUES ('open', 'public')";
    let proof = decides(Policy::Grants).system(Job::SignIn, Maintain {});
    let write =
        admin.app.store.note(&proof, move |tx| Box::pin(async move { tx.run(default, vec![]).await.map(|_| ()) }));
    write.await.unwrap();
    assert_eq!(nobody.get("/v2/open/web/manifests/v1").await.refusal(), "401 UNAUTHORIZED");
    admin.push_image("open/web", "v1", "amd64", b"layer").await;
    assert_eq!(nobody.get("/v2/open/web/manifests/v1").await.status, StatusCode::OK);
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
