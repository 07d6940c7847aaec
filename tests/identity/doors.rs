//! The doors over HTTP: which of them a path leads to, and what counts there.

use super::api::{send, user};
use super::{PASSWORD, basic, cookie_of, with, with_admin};
use crate::support::TestApp;
use axum::http::StatusCode;
use serde_json::json;

/// A server with somebody called `planted`, whom only who may look people up reads of; the administrator's cookie, and
/// what their programs show.
async fn world() -> (TestApp, String, String) {
    let test = with_admin().await;
    let shown = basic("mara", PASSWORD);
    user(&test.showing(&shown), "planted").await;
    let cookie = cookie_of(&test, "mara", PASSWORD).await;
    (test, cookie, shown)
}

/// SEC-36: a path is where it leads, so nobody comes by the door of programs to a page, or the other way.
#[tokio::test]
async fn a_path_of_dots_or_escaped_slashes_leads_through_no_other_door() {
    let (test, cookie, shown) = world().await;
    let keys = [("cookie", cookie.as_str()), ("authorization", shown.as_str())];
    for (key, room) in keys.iter().zip(["admin/users", "api/v1/users"]) {
        let through = with(&test, "GET", &format!("/{room}"), *key).await;
        assert!(through.status == StatusCode::OK && through.text().contains("planted"), "{room}: {}", through.text());
    }
    let dots =
        ["/v2/..", "/v2/%2e%2e", "/v2/.%2E", "/v2/%2e.", "/api/v1/../..", "/token/..", "/metrics/%2E%2E", "/.", "/%2e"];
    let slashes =
        ["/v2%2f..", "/v2%2F%2e%2e", "/v2%2f%2E.%2f", "/api%2f..", "/%2f", "/v2/%2f..%2f..", "/v2%5c..", "/v2/..%5c.."];
    for (way, is_dots) in dots.into_iter().map(|way| (way, true)).chain(slashes.map(|way| (way, false))) {
        for room in ["admin/users", "api/v1/users", "account", "v2/_catalog", "metrics"] {
            for between in ["/", "%2f"].into_iter().take(if is_dots { 1 } else { 2 }) {
                let path = format!("{way}{between}{room}");
                for key in keys {
                    let answer = with(&test, "GET", &path, key).await;
                    let (status, said) = (answer.status.as_u16(), answer.text());
                    let leads_to_login = answer.header("location").starts_with("/auth/login?");
                    let is_nowhere = matches!(status, 400 | 401 | 404) || leads_to_login;
                    assert!(if is_dots { status == 400 } else { is_nowhere }, "{path}: {status} {said}");
                    assert!(!said.contains("planted") && !said.contains("repositories\":"), "{path}: {said}");
                }
            }
        }
    }
}

/// What changes something by `/api` is a program's, and no page's.
#[tokio::test]
async fn a_session_beside_authorization_changes_nothing() {
    let (test, cookie, shown) = world().await;
    let admin = test.showing(&shown);
    let changes = [
        ("POST", "/api/v1/groups", json!({"name": "eng"})),
        ("PATCH", "/api/v1/users/planted", json!({"disabled": true})),
        ("DELETE", "/api/v1/users/planted", json!(null)),
        ("PUT", "/api/v1/groups/eng", json!({})),
    ];
    for (method, path, body) in &changes {
        for authorization in [shown.as_str(), &basic("planted", PASSWORD), "Bearer nonsense"] {
            let headers =
                [("cookie", cookie.as_str()), ("authorization", authorization), ("content-type", "application/json")];
            let refused = test.ask(method, path, &headers, body.to_string()).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{method} {path}: {}", refused.text());
            assert_eq!(refused.header("content-type"), "application/problem+json");
        }
        let by_cookie = [("cookie", cookie.as_str()), ("content-type", "application/json")];
        let alone = test.ask(method, path, &by_cookie, body.to_string()).await;
        assert!(matches!(alone.status.as_u16(), 401 | 405), "{method} {path}: {}", alone.text());
    }
    assert_eq!(send(&admin, "GET", "groups", json!(null)).await.json()["items"], json!([]));
    assert_eq!(send(&admin, "GET", "users/planted", json!(null)).await.json()["disabled"], json!(false));
    let looked = admin.ask("GET", "/api/v1/users/planted", &[("cookie", &cookie)], "").await;
    assert_eq!(looked.status, StatusCode::OK, "looking takes what Authorization shows");
    let other =
        admin.ask("POST", "/v2/team/web/blobs/uploads/", &[("cookie", "portolan-browser=x; theme=dark")], "").await;
    assert_eq!(other.status, StatusCode::ACCEPTED, "and other cookies are nobody's");
}
