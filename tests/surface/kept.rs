//! What programs keep of answers: the tags by which they ask again, and the links to next pages.

use crate::support::TestApp;
use serde_json::Value;

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let test = TestApp::new().await;
    test.push_image("team/web", "1", "amd64", b"layer").await;
    let path = "/api/v1/r/team/web/-/tags";
    let (first, head) = (test.get(path).await, test.head(path).await);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("\"sha256:") && tag.ends_with('"'), "{tag}");
    assert_eq!((head.status.as_u16(), head.header("etag"), head.body.len()), (200, &*tag, 0));
    for answer in [&first, &head] {
        assert_eq!((answer.header("cache-control"), answer.header("vary")), ("private, no-cache", "authorization"));
    }
    for (known, method) in
        [&tag, &format!("W/{tag}"), &format!("\"x\", {tag}"), "*"].into_iter().zip(["GET", "HEAD", "GET", "GET"])
    {
        let again = test.ask(method, path, &[("if-none-match", known)], "").await;
        assert_eq!((again.status.as_u16(), again.header("etag"), again.body.len()), (304, &*tag, 0), "{known}");
        assert_eq!((again.header("cache-control"), again.header("vary")), ("private, no-cache", "authorization"));
        assert_eq!(again.header("content-type"), "");
    }
    let other = test.ask("GET", path, &[("if-none-match", "\"x\"")], "").await;
    assert_eq!((other.status.as_u16(), &other.body), (200, &first.body));
    test.push_image("team/web", "2", "amd64", b"other").await;
    let changed = test.ask("GET", path, &[("if-none-match", &tag)], "").await;
    assert!(changed.status.as_u16() == 200 && changed.header("etag") != tag, "{}", changed.text());
    // A refusal is no answer that is kept, and what is shown this once is kept by nobody.
    let refused = test.ask("GET", "/api/v1/r/team/none", &[("if-none-match", "*")], "").await;
    assert_eq!((refused.status.as_u16(), refused.header("etag")), (404, ""));
    let robot = r#"{"name":"ci-web","namespace":"team","role":"reader","scope":"team/*"}"#;
    let made = test.call("POST", "/api/v1/robots", "application/json", robot).await;
    assert!(made.json()["secret"].is_string(), "{}", made.text());
    assert_eq!((made.header("cache-control"), made.header("etag")), ("no-store", ""));
}

/// Every page from this address on, by the link of the one before.
async fn followed(test: &TestApp, first: String) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), Some(first));
    while let Some(address) = next {
        let page = test.get(&address).await;
        assert_eq!(page.status.as_u16(), 200, "{address}: {}", page.text());
        found.extend(page.json()["items"].as_array().unwrap().clone());
        let link = page.header("link");
        next = (!link.is_empty()).then(|| {
            let to = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).unwrap();
            assert!(to.starts_with("/api/v1/"), "{link}");
            to.to_owned()
        });
        assert_eq!(next.is_none(), page.json()["next"].is_null(), "{address}: {link}");
        assert!(found.len() < 1_000, "{address} has no end");
    }
    found
}

#[tokio::test]
async fn a_list_is_followed_by_its_links_in_every_order() {
    let test = TestApp::new().await;
    for (name, tag, layer) in [
        ("team/a", "1", "aa"),
        ("team/a", "2", "b"),
        ("team/a", "3", "cccc"),
        ("team/b", "1", "d"),
        ("ops/web", "1", "e"),
    ] {
        test.push_image(name, tag, "amd64", layer.as_bytes()).await;
    }
    for name in ["nina", "otto"] {
        let made = test.call("POST", "/api/v1/users", "application/json", format!(r#"{{"username":"{name}"}}"#)).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    }
    for path in [
        "/api/v1/repositories?namespace=team",
        "/api/v1/namespaces?",
        "/api/v1/repositories?sort=updated",
        "/api/v1/repositories?sort=tags&q=team",
        "/api/v1/repositories?sort=stored",
        "/api/v1/r/team/a/-/tags?q=*",
        "/api/v1/r/team/a/-/tags?sort=moved",
        "/api/v1/r/team/a/-/tags?sort=built",
        "/api/v1/r/team/a/-/tags?sort=size",
        "/api/v1/r/team/a/-/images?",
        "/api/v1/r/team/a/-/history?how=push",
        "/api/v1/n/team/-/as-of?t=2026-11-24T05:59:59Z",
        "/api/v1/activity?action=user.create",
        "/api/v1/users?",
        "/api/v1/roles?",
    ] {
        let whole = test.get(path).await.json()["items"].as_array().unwrap().clone();
        assert!(whole.len() > 1, "{path}");
        assert_eq!(followed(&test, format!("{path}&limit=1")).await, whole, "{path}");
    }
    let sizes = test.get("/api/v1/r/team/a/-/tags?sort=size").await.json()["items"].clone();
    let sizes: Vec<u64> = sizes.as_array().unwrap().iter().map(|tag| tag["size_bytes"].as_u64().unwrap()).collect();
    assert!(sizes[0] > sizes[1] && sizes[1] > sizes[2], "{sizes:?}");
    let by_size =
        test.get("/api/v1/r/team/a/-/tags?sort=size&limit=1").await.json()["next"].as_str().unwrap().to_owned();
    for odd in [
        format!("sort=moved&after={by_size}"),
        format!("after={by_size}"),
        "sort=size&after=1".to_owned(),
        "sort=none".to_owned(),
    ] {
        let refused = test.get(&format!("/api/v1/r/team/a/-/tags?{odd}")).await;
        assert_eq!(refused.status.as_u16(), 400, "{odd}: {}", refused.text());
    }
}
