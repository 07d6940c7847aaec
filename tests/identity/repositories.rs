//! Repositories by `/api/v1` and on their settings page: listed, described, deleted.

use super::api::{admin, give, named, send, user};
use super::console::Browser;
use super::{PASSWORD, basic, with, with_admin};
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, field, sha256};
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn get(by: &TestApp, path: &str) -> Value {
    let answer = send(by, "GET", path, json!(null)).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()
}

async fn delete(by: &TestApp, path: &str) -> u16 {
    send(by, "DELETE", path, json!(null)).await.status.as_u16()
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// All rows of a query, as they are.
async fn rows(test: &TestApp, sql: &str) -> Vec<String> {
    test.app.store.all(sql, vec![]).await.unwrap().iter().map(|row| format!("{row:?}")).collect()
}

#[tokio::test]
async fn repositories_and_tags_are_listed_in_pages_for_who_may_see_them() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    for name in ["alone", "team/api", "team/web", "team/web/docs", "teams/x"] {
        admin.push_image(name, "v1", "amd64", name.as_bytes()).await;
    }
    give(&admin, named("nina"), "reader", "team/*", None).await.unwrap();
    assert_eq!(
        names(&get(&admin, "repositories").await),
        ["alone", "team/api", "team/web", "team/web/docs", "teams/x"]
    );
    assert_eq!(names(&get(&nina, "repositories").await), ["team/api", "team/web", "team/web/docs"]);
    assert_eq!(names(&get(&nina, "repositories?namespace=team/web").await), ["team/web/docs"]);
    assert_eq!(names(&get(&nina, "repositories?q=api").await), ["team/api"]);
    let first = get(&nina, "repositories?limit=2").await;
    assert_eq!((names(&first), &first["next"]), (vec!["team/api", "team/web"], &json!("team/web")));
    let rest = get(&nina, "repositories?limit=2&after=team/web").await;
    assert_eq!((names(&rest), &rest["next"]), (vec!["team/web/docs"], &json!(null)));
    assert_eq!(send(&admin.by_nobody(), "GET", "repositories", json!(null)).await.status, StatusCode::UNAUTHORIZED);

    let digest = admin.push_image("team/web", "v2", "arm64", b"two").await;
    send(&admin, "PATCH", "r/team/web", json!({"description": "Web", "visibility": "public"})).await;
    let web = get(&nina, "r/team/web").await;
    assert_eq!((&web["description"], &web["visibility"], &web["n_tags"]), (&json!("Web"), &json!("public"), &json!(2)));
    assert_eq!(names(&get(&admin.by_nobody(), "repositories").await), ["team/web"]);
    let tags = get(&nina, "r/team/web/-/tags?limit=1&after=v1").await;
    let tag = &tags["items"][0];
    assert_eq!((&tag["name"], &tag["digest"], &tags["next"]), (&json!("v2"), &json!(digest), &json!(null)));
    assert_eq!((&tag["platforms"], &tag["media_type"]), (&json!(["linux/arm64"]), &json!(OCI_MANIFEST)));
    assert_eq!((&tag["moved_by"], tag["size_bytes"].as_u64() > Some(3)), (&json!("user:mara"), true));
    assert_eq!(get(&nina, "r/team/web/-/tags/v2").await, *tag);
    assert_eq!(delete(&nina, "r/team/web/-/tags/v2").await, 403);
    assert_eq!(delete(&admin, "r/team/web/-/tags/v2").await, 204);
    assert_eq!(names(&get(&nina, "r/team/web/-/tags").await), ["v1"]);
    assert_eq!(send(&nina, "GET", "r/team/web/-/tags/v2", json!(null)).await.status, StatusCode::NOT_FOUND);

    let set = send(&admin, "PATCH", "n/team", json!({"default_visibility": "internal"})).await.json();
    assert_eq!(set, json!({"name": "team", "default_visibility": "internal", "trash_days": null, "kept_days": 30}));
    assert_eq!(get(&admin, "n/team/lab").await["default_visibility"], "internal", "the nearest above says so");
    assert_eq!(send(&nina, "GET", "n/team", json!(null)).await.status, StatusCode::FORBIDDEN);
}

/// A digest that an index lists is no image of its own to delete.
#[tokio::test]
async fn what_an_index_lists_is_refused_with_its_parents() {
    let admin = admin().await;
    let child = admin.image("team/web", "amd64", b"layer").await;
    let digest = sha256(child.as_bytes());
    admin.put_manifest("team/web", &digest, OCI_MANIFEST, &child).await;
    let listed = json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": child.len()});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [listed]}).to_string();
    admin.put_manifest("team/web", "v1", OCI_INDEX, &index).await;
    let refused = send(&admin, "DELETE", &format!("r/team/web/-/manifests/{digest}"), json!(null)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains(&sha256(index.as_bytes())), "{}", refused.text());
}

/// SEC-4, FLT-36.
#[tokio::test]
async fn a_deleted_repository_is_kept_whole_and_another_of_its_name_is_another() {
    let admin = admin().await;
    let (nina, otto) = (user(&admin, "nina").await, user(&admin, "otto").await);
    give(&admin, named("nina"), "publisher", "p/*", None).await.unwrap();
    give(&admin, named("otto"), "owner", "p/*", Some("v*")).await.unwrap();
    for (tag, layer) in [("v1", b"one"), ("v2", b"two"), ("latest", b"two")] {
        nina.push_image("p/x", tag, "amd64", layer).await;
    }
    nina.push_image("p/y", "v1", "amd64", b"two").await;
    let asked = "/token?scope=repository:p/x:pull,push&scope=repository:p/y:pull,push";
    let token = with(&admin.by_nobody(), "GET", asked, ("authorization", &basic("nina", PASSWORD))).await.json();
    let before_the_delete = admin.showing(&format!("Bearer {}", token["token"].as_str().unwrap()));
    assert_eq!(before_the_delete.get("/v2/p/x/manifests/v1").await.status, StatusCode::OK);
    let upload = before_the_delete.call("POST", "/v2/p/x/blobs/uploads/", OCI_MANIFEST, "").await.location();

    let of = |table: &str| {
        let its = format!("WHERE repository_id = (SELECT id FROM {table} WHERE name = 'p/x') ORDER BY 1");
        [
            format!("SELECT name, digest, changed_at, moved_by FROM tags {its}"),
            format!("SELECT digest, content, config, pushed_by FROM manifests {its}"),
            format!("SELECT digest, size_bytes, linked_at FROM repository_blobs {its}"),
            format!("SELECT id, name, created_at, visibility FROM {table} WHERE name = 'p/x'"),
        ]
    };
    let mut before = Vec::new();
    for sql in of("repositories") {
        before.push(rows(&admin, &sql).await);
    }
    assert_eq!(delete(&nina, "r/p/x").await, 403, "a publisher deletes nothing");
    assert_eq!(delete(&otto, "r/p/x").await, 403, "who may delete some of its tags may not delete all of it");
    assert_eq!(delete(&admin, "r/p/x").await, 204);
    assert_eq!(delete(&admin, "r/p/x").await, 404);
    for (sql, before) in of("deleted_repositories").iter().zip(before) {
        assert_eq!(rows(&admin, sql).await, before, "{sql}");
    }
    assert_eq!(rows(&admin, "SELECT 1 FROM tag_moves WHERE how = 'delete'").await.len(), 3);
    assert_eq!(nina.get("/v2/p/x/manifests/v1").await.refusal(), "404 MANIFEST_UNKNOWN", "as of any name that is free");
    assert_eq!(nina.get("/v2/p/y/manifests/v1").await.status, StatusCode::OK, "what others share stays");
    let finished = before_the_delete.call("PUT", &format!("{upload}?digest={}", sha256(b"")), OCI_MANIFEST, "").await;
    assert!(finished.status.is_client_error(), "{}", finished.text());

    admin.push_image("p/x", "new", "amd64", b"secret").await;
    assert_eq!(get(&admin, "r/p/x").await["n_tags"], 1, "another one begins empty");
    assert_eq!(nina.get("/v2/p/x/manifests/new").await.status, StatusCode::OK, "live rights are by name");
    let blob = format!("/v2/p/y/blobs/uploads/?mount={}&from=p/x", sha256(b"secret"));
    for (method, path) in
        [("GET", "/v2/p/x/manifests/new"), ("GET", "/v2/p/x/tags/list"), ("POST", "/v2/p/x/blobs/uploads/")]
    {
        let old = before_the_delete.call(method, path, OCI_MANIFEST, "").await;
        assert_eq!(old.status, StatusCode::UNAUTHORIZED, "{method} {path}: {}", old.text());
    }
    let mounted = before_the_delete.call("POST", &blob, OCI_MANIFEST, "").await;
    assert_ne!(mounted.status, StatusCode::CREATED, "{}", mounted.text());
}

#[tokio::test]
async fn a_repository_is_deleted_on_its_settings_page_by_who_typed_its_name() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "maintainer", "team/*", None).await.unwrap();
    nina.push_image("team/web", "1", "amd64", b"layer").await;
    let page = "/r/team/web/-/settings";
    let maintainer = Browser::of(&test, "nina").await;
    let settings = maintainer.get(page).await;
    assert!(
        settings.status == StatusCode::OK && !settings.text().contains("Delete this repository"),
        "{}",
        settings.text()
    );
    let asks = format!("{page}/delete");
    assert!(mara.get(page).await.text().contains("Delete this repository…"));
    let asked = mara.get(&asks).await.text();
    for words in ["Delete team/web", "1 tag goes with it", "1 image goes with it"] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    let plan = field(&asked, "plan");
    let refused = maintainer.send(&asks, "delete-repository", &[("plan", &plan), ("confirmed", "team/web")]).await;
    assert_eq!((maintainer.get(&asks).await.status, refused.status), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
    let slip = mara.send(&asks, "delete-repository", &[("plan", &plan), ("confirmed", "team/wep")]).await;
    assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = mara.done(&asks, "delete-repository", &[("plan", &plan), ("confirmed", "team/web")]).await;
    assert!(gone.contains("The repository team/web is deleted"), "{gone}");
    assert_eq!(mara.get("/r/team/web").await.status, StatusCode::NOT_FOUND);
    assert!(mara.get("/r/team/web/-/activity").await.text().contains("Deleted the repository"), "what was done stays");
    send(&admin, "POST", "r/team/empty", json!({})).await;
    let empty = "/r/team/empty/-/settings/delete";
    let plan = field(&mara.get(empty).await.text(), "plan");
    mara.done(empty, "delete-repository", &[("plan", &plan), ("confirmed", "team/empty")]).await;
}

#[tokio::test]
async fn a_namespace_shows_what_its_reader_may_see_of_it() {
    let test = with_admin().await;
    let (mara, admin) = (Browser::of(&test, "mara").await, test.showing(&basic("mara", PASSWORD)));
    user(&admin, "nina").await;
    for name in ["team/web", "team/backend/api", "team/secret/x", "teams/y"] {
        admin.push_image(name, "1", "amd64", b"layer").await;
    }
    for scope in ["team/web", "team/backend/*"] {
        give(&admin, named("nina"), "reader", scope, None).await.unwrap();
    }
    let nina = Browser::of(&test, "nina").await;
    let (whole, part) = (mara.get("/n/team").await.text(), nina.get("/n/team").await.text());
    for (shown, hidden) in
        [("/r/team/backend/api", "/r/teams/y"), ("/n/team/backend", "/r/teams/y"), ("/n/team/secret", "/n/teams")]
    {
        assert!(whole.contains(&format!("href=\"{shown}\"")) && !whole.contains(hidden), "{shown} in {whole}");
    }
    assert!(whole.contains("/n/team/-/settings") && whole.contains("3 repositories"));
    assert!(part.contains("href=\"/n/team/backend\"") && part.contains("2 repositories"), "{part}");
    assert!(!part.contains("secret") && !part.contains("/n/team/-/"), "{part}");
    let (hidden, absent) = (nina.get("/n/teams").await, nina.get("/n/nobody").await);
    assert_eq!((hidden.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    let first = mara.get("/n/team?limit=2&sort=name").await.text();
    let links = first.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut pages = links.filter(|link| link.starts_with("/n/team?") && link.contains("after="));
    let next = pages.next().expect("a next page").replace("&amp;", "&");
    let second = mara.get(&next).await.text();
    let has = |page: &str, name: &str| page.contains(&format!("href=\"/r/{name}\""));
    assert!(has(&first, "team/backend/api") && has(&first, "team/secret/x") && !has(&first, "team/web"), "{first}");
    assert!(has(&second, "team/web") && !has(&second, "team/secret/x"), "{next}: {second}");
    assert_eq!(test.get("/n/team").await.header("location"), "/auth/login?next=%2Fn%2Fteam");
}
