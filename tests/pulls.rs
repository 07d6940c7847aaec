//! Pulls are counted as people mean them: what is fetched, once for an image of many platforms, by tag and by day.

use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use portolan::server::jobs::pulls::write_down;

async fn counted(test: &TestApp) -> Vec<(String, u64)> {
    write_down(&test.app).await.unwrap();
    let rows = test.app.store.all("SELECT tag, n_pulls FROM pulls ORDER BY tag", vec![]).await.unwrap();
    rows.into_iter().map(|mut row| (row.take().unwrap(), row.take().unwrap())).collect()
}

#[tokio::test]
async fn a_pull_is_a_manifest_that_is_fetched_and_not_each_part_of_it() {
    let test = TestApp::new().await;
    let child = test.image("team/web", "amd64", b"layer").await;
    let digest = sha256(child.as_bytes());
    test.call("PUT", &format!("/v2/team/web/manifests/{digest}"), OCI_MANIFEST, child.clone()).await;
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": OCI_INDEX,
        "annotations": {"org.opencontainers.image.description": "Serves\n  the \u{202e}web"},
        "manifests": [{"mediaType": OCI_MANIFEST, "digest": digest, "size": child.len()}]})
    .to_string();
    test.call("PUT", "/v2/team/web/manifests/1.0", OCI_INDEX, index.clone()).await;
    for _ in 0..3 {
        test.get("/v2/team/web/manifests/1.0").await;
        test.get(&format!("/v2/team/web/manifests/{digest}")).await;
    }
    test.get(&format!("/v2/team/web/manifests/{}", sha256(index.as_bytes()))).await;
    test.call("HEAD", "/v2/team/web/manifests/1.0", "", "").await;
    test.get("/v2/team/web/manifests/none").await;
    assert_eq!(counted(&test).await, [(String::new(), 4), ("1.0".to_owned(), 3)]);
    test.get("/v2/team/web/manifests/1.0").await;
    assert_eq!(counted(&test).await, [(String::new(), 5), ("1.0".to_owned(), 4)], "counts add up");
    test.get("/v2/team/web/manifests/gone").await;
    test.push_image("team/web", "gone", "amd64", b"soon deleted").await;
    test.get("/v2/team/web/manifests/gone").await;
    test.call("DELETE", "/v2/team/web/manifests/gone", "", "").await;
    assert_eq!(counted(&test).await, [(String::new(), 5), ("1.0".to_owned(), 4)], "what is gone counts nowhere");
    let pulled_at = test.app.store.one("SELECT pulled_at FROM tags WHERE name = '1.0'", vec![]).await.unwrap();
    assert_eq!(pulled_at.unwrap().take::<i64>().unwrap(), test.app.clock.now().0);
    let page = test.get("/r/team/web").await.text();
    assert!(page.replace("<!>", "").contains("<b>5</b> pulls in 30 days"), "{page}");
    assert!(page.contains("Serves the \u{fffd}web"), "what the image says of itself is its repository's line");
    assert!(test.get("/repositories").await.text().contains("Serves the \u{fffd}web"));
}
