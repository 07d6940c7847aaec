//! What is lent ends by the clock alone: nothing is written when it does, and no door opens by it any more.

use super::api::{send, user};
use super::credentials::exchanged;
use super::lasting::in_days;
use super::providers::server;
use super::revocations::begin;
use super::{PASSWORD, basic, cookie_of, with};
use crate::support::{OCI_MANIFEST, TestApp};
use axum::http::StatusCode;
use serde_json::{Value, json};

const ANY: &str = "application/octet-stream";
const ALL: &str = "repository:team/web:pull,push%20registry:catalog:*";
const DAY_MS: i64 = 86_400_000;

async fn lend(admin: &TestApp, to: Value, role: &str, tags: Option<&str>) {
    let grant = json!({"principal": to, "role": role, "scope": "team/*", "tags": tags, "expires_at": in_days(10)});
    let given = send(admin, "POST", "grants", grant).await;
    assert_eq!(given.status, StatusCode::CREATED, "{}", given.text());
}

/// What a program gets: an image, the catalog, the list of `/api/v1` (not for tokens of the registry), a begun upload.
async fn gets(by: &TestApp, is_registry_token: bool) -> (u16, Value, Option<Value>, u16) {
    let listed = async || {
        let list = send(by, "GET", "repositories", json!(null)).await.json();
        list["items"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect::<Value>()
    };
    (
        by.get("/v2/team/web/manifests/v1").await.status.as_u16(),
        by.get("/v2/_catalog").await.json()["repositories"].clone(),
        if is_registry_token { None } else { Some(listed().await) },
        by.call("POST", "/v2/team/web/blobs/uploads/", ANY, "").await.status.as_u16(),
    )
}

/// Whether a browser sees the repository: on its page, in the list, by a search, in its namespace.
async fn sees(test: &TestApp, cookie: &str) -> [bool; 4] {
    let get = async |path: &str| with(test, "GET", path, ("cookie", cookie)).await;
    let (list, found) = (get("/repositories").await, get("/repositories?q=web").await);
    assert_eq!((list.status, found.status), (StatusCode::OK, StatusCode::OK), "the session goes on");
    let link = "href=\"/r/team/web\"";
    [
        get("/r/team/web").await.status == StatusCode::OK,
        list.text().contains(link),
        found.text().contains(link),
        get("/n/team").await.status == StatusCode::OK,
    ]
}

/// AUTH-13: to a person and to a group, by whatever it is used.
#[tokio::test]
async fn what_is_lent_ends_by_the_clock_at_every_door() {
    let (test, clock) = server("").await;
    let admin = test.showing(&basic("mara", PASSWORD));
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    let (nina, grace, tina) = (user(&admin, "nina").await, user(&admin, "grace").await, user(&admin, "tina").await);
    let made = send(&admin, "POST", "groups", json!({"name": "eng", "members": ["grace"]})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    lend(&admin, json!({"user": "nina"}), "publisher", None).await;
    lend(&admin, json!({"group": "eng"}), "publisher", None).await;
    lend(&admin, json!({"user": "tina"}), "developer", Some("v*")).await;
    let mut programs = Vec::new();
    let mut secrets = Vec::new();
    for (name, by) in [("nina", &nina), ("grace", &grace)] {
        let token = send(by, "POST", "tokens", json!({"name": "laptop"})).await.json();
        secrets.push((name, token["secret"].as_str().unwrap().to_owned()));
    }
    clock.advance_ms(10 * DAY_MS - 60_000);
    let mut browsers = Vec::new();
    for (name, secret) in &secrets {
        for shown in [basic(name, PASSWORD), basic(name, secret), format!("Bearer {secret}")] {
            programs.push((test.showing(&shown), false));
        }
        programs.push((test.showing(&exchanged(&test, &basic(name, PASSWORD), ALL).await), true));
        browsers.push(cookie_of(&test, name, PASSWORD).await);
    }
    for (by, is_registry_token) in &programs {
        let listed = (!is_registry_token).then(|| json!(["team/web"]));
        assert_eq!(gets(by, *is_registry_token).await, (200, json!(["team/web"]), listed, 202));
    }
    for cookie in &browsers {
        assert_eq!(sees(&test, cookie).await, [true; 4]);
    }
    let image = nina.image("team/web", "amd64", b"late").await;
    assert_eq!(tina.put_manifest("team/web", "v2", OCI_MANIFEST, &image).await.status, StatusCode::CREATED);
    assert_eq!(tina.put_manifest("team/web", "dev", OCI_MANIFEST, &image).await.refusal(), "403 DENIED");
    let slow = begin(&nina, "PUT", "/v2/team/web/manifests/late", OCI_MANIFEST).await;

    clock.advance_ms(120_000);
    for (by, is_registry_token) in &programs {
        let listed = (!is_registry_token).then(|| json!([]));
        assert_eq!(gets(by, *is_registry_token).await, (404, json!([]), listed, 404));
    }
    for cookie in &browsers {
        assert_eq!(sees(&test, cookie).await, [false; 4]);
    }
    assert_eq!(tina.put_manifest("team/web", "v3", OCI_MANIFEST, &image).await.refusal(), "404 NAME_UNKNOWN");
    assert_eq!(tina.delete("/v2/team/web/manifests/v2").await.refusal(), "404 NAME_UNKNOWN");
    assert_eq!(slow.end(&image).await.refusal(), "403 DENIED", "what was let in ends with what let it in");
    assert_eq!(admin.get("/v2/team/web/tags/list").await.json()["tags"], json!(["v1", "v2"]));
}
