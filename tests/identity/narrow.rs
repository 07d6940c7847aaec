//! An administrator's token that is a reader's of one namespace, at every kind of door.

use super::api::{admin, personal_token, send};
use super::basic;
use super::credentials::exchanged;
use crate::support::OCI_MANIFEST;
use axum::http::StatusCode;
use portolan::domain::{Role, Terms};
use serde_json::{Value, json};

const WRITES: &[(&str, &str, &str)] = &[
    ("POST", "/api/v1/users", r#"{"username":"eve"}"#),
    ("PATCH", "/api/v1/users/mara", r#"{"disabled":false}"#),
    ("DELETE", "/api/v1/users/mara", ""),
    ("POST", "/api/v1/groups", r#"{"name":"ops"}"#),
    ("POST", "/api/v1/grants", r#"{"principal":"anonymous","role":"reader","scope":"team/*"}"#),
    ("POST", "/api/v1/robots", r#"{"name":"ci-web","namespace":"team","role":"reader","scope":"team/*"}"#),
    ("POST", "/api/v1/tokens", r#"{"name":"more"}"#),
    ("DELETE", "/api/v1/tokens/ci", ""),
    ("POST", "/api/v1/mounts", r#"{"prefix":"hub","url":"https://hub.example.com"}"#),
    (
        "POST",
        "/api/v1/providers",
        r#"{"name":"acme","kind":"oidc","issuer":"https://id.acme.dev","client_id":"p","client_secret":"s"}"#,
    ),
    ("POST", "/api/v1/r/team/fresh", "{}"),
    ("PATCH", "/api/v1/r/team/web", r#"{"visibility":"public"}"#),
    ("PATCH", "/api/v1/n/team", r#"{"default_visibility":"public"}"#),
    ("DELETE", "/api/v1/r/team/web", ""),
    ("DELETE", "/api/v1/r/team/web/-/tags/v1", ""),
    ("POST", "/v2/team/web/blobs/uploads/", ""),
    ("DELETE", "/v2/team/web/manifests/v1", ""),
    ("POST", "/repositories/new", "do=create-repository&name=team/new"),
    ("POST", "/account/tokens", "do=create-token&name=more"),
];

/// SEC-29: by whatever it is shown, it reads there and does nothing else.
#[tokio::test]
async fn a_readers_token_of_an_administrator_reads_in_its_bound_and_does_nothing_else() {
    let admin = admin().await;
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    admin.push_image("other/web", "v1", "amd64", b"other").await;
    let reader = Terms::new(Role::Reader, "team/*".parse().unwrap(), None, None).unwrap();
    let secret = personal_token(&admin, "mara", reader, None).await;
    let (door, shown) = (admin.by_nobody(), basic("mara", &secret));
    let scopes = "repository:team/web:pull,push,delete%20repository:other/web:pull%20registry:catalog:*";
    let short = exchanged(&door, &shown, scopes).await;
    let image = admin.image("team/web", "amd64", b"layer").await;
    let done = async || {
        let record = send(&admin, "GET", "activity?limit=500", json!(null)).await.json();
        let entries = record["items"].as_array().unwrap().clone();
        // That a token was asked for is written down when there is time for it.
        let is_deed = |entry: &Value| entry["refused"].is_null() && entry["action"] != "token.issue";
        entries.into_iter().filter(is_deed).collect::<Vec<_>>()
    };
    let before = done().await;
    for shown in [&shown, &format!("Bearer {secret}"), &short] {
        let by = door.showing(shown);
        assert_eq!(by.get("/v2/team/web/manifests/v1").await.status, StatusCode::OK, "{shown}");
        assert_eq!(by.get("/v2/_catalog").await.json()["repositories"], json!(["team/web"]), "{shown}");
        for (method, path, body) in WRITES {
            let kind = if body.starts_with("do=") { "application/x-www-form-urlencoded" } else { "application/json" };
            let status = by.call(method, path, kind, *body).await.status.as_u16();
            assert!(matches!(status, 401 | 403 | 404 | 405), "{method} {path} by {shown}: {status}");
        }
        let put = by.put_manifest("team/web", "v2", OCI_MANIFEST, &image).await;
        assert!(matches!(put.status.as_u16(), 401 | 403), "{}", put.text());
        for path in ["/metrics", "/events?scope=repositories", "/v2/other/web/manifests/v1", "/api/v1/r/other/web"] {
            let status = by.get(path).await.status.as_u16();
            assert!(matches!(status, 401 | 403 | 404), "{path} by {shown}: {status}");
        }
        for path in ["/repositories", "/admin/users", "/r/team/web"] {
            assert_eq!(by.get(path).await.status, StatusCode::SEE_OTHER, "{path} is no door of programs");
        }
    }
    // In an address it is nothing, whatever it is called there.
    let short = short.trim_start_matches("Bearer ");
    for name in ["access_token", "token", "jwt", "password", "key"] {
        for path in ["/v2/", "/v2/team/web/manifests/v1", "/metrics", "/events", "/api/v1/r/team/web", "/api/v1/users"]
        {
            for secret in [&*secret, short] {
                let answer = door.get(&format!("{path}?scope=repository:team/web&{name}={secret}")).await;
                assert!(matches!(answer.status.as_u16(), 400 | 401), "{path} {name}: {}", answer.status);
            }
        }
    }
    assert_eq!(door.get("/v2/team/web/manifests/v1").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(done().await, before, "nothing was done");
}
