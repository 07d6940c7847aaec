//! What is public has no names of people to who does not say who they are.

use super::api::{admin, send, user};
use super::protection::set;
use super::{PASSWORD, cookie_of};
use crate::support::TestApp;
use serde_json::json;

const REASON: &str = "it broke at noon";

/// Where who did something stands, for who knows.
const PLACES: [&str; 10] = [
    "/api/v1/repositories",
    "/api/v1/r/pub/x",
    "/api/v1/r/pub/x/-/tags",
    "/api/v1/r/pub/x/-/tags/1",
    "/api/v1/r/pub/x/-/history",
    "/api/v1/protections?scope=pub/x",
    "/repositories",
    "/r/pub/x",
    "/r/pub/x/-/tags/1",
    "/r/pub/x/-/history",
];

#[tokio::test]
async fn who_has_not_signed_in_reads_no_names_of_people() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    let one = admin.push_image("pub/x", "1", "amd64", b"one").await;
    admin.push_image("pub/x", "1", "amd64", b"two").await;
    let back = json!({"tag": "1", "digest": one, "reason": REASON});
    assert_eq!(send(&admin, "POST", "r/pub/x/-/rollback", back).await.status, 200);
    set(&admin, json!({"scope": "pub/x", "kind": "no_delete"})).await;
    assert_eq!(send(&admin, "PATCH", "r/pub/x", json!({"visibility": "public"})).await.status, 200);
    let nobody = admin.by_nobody();
    let cookie = cookie_of(&nobody, "nina", PASSWORD).await;
    let names = async |by: &TestApp, path: &str, cookie: &str| {
        let answer = match cookie.is_empty() || path.starts_with("/api") {
            true => by.get(path).await,
            false => nobody.ask("GET", path, &[("cookie", cookie)], "").await,
        };
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        [answer.text().contains("mara"), answer.text().contains(REASON)]
    };
    for path in PLACES {
        let is_history = path.ends_with("history");
        assert_eq!(names(&nina, path, &cookie).await, [true, is_history], "{path}");
        assert_eq!(names(&nobody, path, "").await, [false, false], "{path}");
    }
    // Nor is anything found by a name, or not found.
    for name in ["mara", "nina"] {
        assert_eq!(nobody.get(&format!("/api/v1/r/pub/x/-/history?by={name}")).await.status, 401);
        let page = nobody.get(&format!("/r/pub/x/-/history?who={name}")).await;
        assert_eq!((page.status.as_u16(), page.header("location").starts_with("/auth/login")), (303, true));
    }
    let moves = nina.get("/api/v1/r/pub/x/-/history?by=mara").await.json();
    assert_eq!(moves["items"].as_array().map(Vec::len), Some(3), "{moves}");
}
