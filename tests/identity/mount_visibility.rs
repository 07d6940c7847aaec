//! Who sees what is mounted: those who were given it, whoever signed in, or everybody, and each only as long as it is so.

use super::api::{give, named, send, user};
use super::console::Browser;
use super::mounts::{UPSTREAM_PASSWORD, Upstream, allowed, until};
use super::{PASSWORD, basic, cookie_of};
use crate::support::{TestApp, request};
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;
use tower::ServiceExt;

/// Whether somebody finds the repository: on its page, in the list, by a search, among events, and in the two of
/// `/api/v1`.
async fn sees(test: &TestApp, username: Option<(&str, &str)>) -> [bool; 6] {
    let (cookie, by) = match username {
        Some((name, cookie)) => (cookie.to_owned(), test.showing(&basic(name, PASSWORD))),
        None => (String::new(), test.by_nobody()),
    };
    let page = async |path: &str| test.ask("GET", path, &[("cookie", &cookie)], "").await;
    let lists = async |path: &str| page(path).await.text().contains("href=\"/r/hub/team/web\"");
    // A stream has no end: its head says whether it begins.
    let listen = request("GET", "/events?scope=repository:hub/team/web").header("cookie", &cookie);
    let events = test.router.clone().oneshot(listen.body(Body::empty()).unwrap()).await.unwrap();
    [
        page("/r/hub/team/web").await.status == StatusCode::OK,
        lists("/repositories").await,
        lists("/repositories?q=web").await,
        events.status() == StatusCode::OK,
        send(&by, "GET", "repositories", json!(null)).await.text().contains("hub/team/web"),
        send(&by, "GET", "r/hub/team/web", json!(null)).await.status == StatusCode::OK,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mount_is_seen_by_whom_it_is_for_and_by_nobody_once_it_is_not() {
    let (_, url) = Upstream::start().await;
    let mut test = allowed().await;
    let jobs = test.start_jobs().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let mount = json!({"prefix": "hub", "url": url, "username": "robot", "password": UPSTREAM_PASSWORD});
    let made = send(&admin, "POST", "mounts", mount).await;
    assert_eq!(made.json()["settings"]["visibility"], "private", "{}", made.text());
    let mara = Browser::of(&test, "mara").await;
    until(async || mara.get("/r/hub/team/web").await.text().contains(">1.0<")).await;
    drop(jobs);
    let _ = (user(&admin, "rita").await, user(&admin, "nina").await);
    give(&admin, named("nina"), "reader", "hub/*", None).await.unwrap();
    let (rita, nina) = (cookie_of(&test, "rita", PASSWORD).await, cookie_of(&test, "nina", PASSWORD).await);
    for (visibility, for_nobody, for_rita) in [
        ("private", false, false),
        ("internal", false, true),
        ("public", true, true),
        ("internal", false, true),
        ("private", false, false),
    ] {
        let set = send(&admin, "PATCH", "mounts/hub", json!({ "visibility": visibility })).await;
        assert_eq!(set.status, StatusCode::OK, "{}", set.text());
        assert_eq!(sees(&test, None).await, [for_nobody; 6], "nobody, {visibility}");
        assert_eq!(sees(&test, Some(("rita", &rita))).await, [for_rita; 6], "whoever signed in, {visibility}");
        assert_eq!(sees(&test, Some(("nina", &nina))).await, [true; 6], "who was given it, {visibility}");
    }
}
