//! Names that pass for others: what cannot be seen is in none, and no name carries a right.

use super::api::{admin, give, named, send, user};
use super::{PASSWORD, basic, form};
use crate::support::{OCI_MANIFEST, TestApp};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Shows nothing, turns what is around it, or looks like a plain letter.
const UNSEEN: [&str; 14] = [
    "\u{200b}",
    "\u{200d}",
    "\u{200e}",
    "\u{202e}",
    "\u{2066}",
    "\u{2060}",
    "\u{feff}",
    "\u{ad}",
    "\u{61c}",
    "\u{180e}",
    "\u{e0061}",
    "\u{fffa}",
    "\u{430}",
    "\u{ff41}",
];

async fn all(admin: &TestApp, list: &str) -> Value {
    send(admin, "GET", list, json!(null)).await.json()["items"].clone()
}

/// SEC-25, SEC-26.
#[tokio::test]
async fn nobody_and_nothing_is_called_by_what_cannot_be_seen() {
    let admin = admin().await;
    let lists = ["users", "groups", "robots", "providers", "mounts"];
    let mut before = Vec::new();
    for list in lists {
        before.push(all(&admin, list).await);
    }
    for unseen in UNSEEN {
        let names = [format!("ma{unseen}ra"), format!("{unseen}mara"), format!("mara{unseen}")];
        for name in &names {
            let made = [
                ("users", json!({"username": name, "password": PASSWORD})),
                ("groups", json!({"name": name})),
                ("robots", json!({"name": name, "namespace": "team", "role": "reader", "scope": "team/*"})),
                ("robots", json!({"name": "ci", "namespace": name, "role": "reader", "scope": format!("{name}/*")})),
                (
                    "providers",
                    json!({"name": name, "kind": "github", "title": "GitHub", "client_id": "a", "client_secret": "b"}),
                ),
                ("mounts", json!({"prefix": name, "url": "https://registry.example.com"})),
            ];
            for (list, new) in made {
                let refused = send(&admin, "POST", list, new.clone()).await;
                assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{new}: {}", refused.text());
            }
        }
        if !matches!(unseen, "\u{430}" | "\u{ff41}") {
            // What people are called may have any letters, and these are none.
            let called = format!("Mara{unseen} Lindqvist");
            for (list, new) in [
                ("users", json!({"username": "other", "name": called, "password": PASSWORD})),
                (
                    "providers",
                    json!({"name": "hub", "kind": "github", "title": called, "client_id": "a", "client_secret": "b"}),
                ),
            ] {
                let refused = send(&admin, "POST", list, new.clone()).await;
                assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{new}: {}", refused.text());
            }
        }
    }
    for (list, before) in lists.iter().zip(before) {
        assert_eq!(all(&admin, list).await, before, "{list}");
    }
}

/// Names that mean something inside, or in other registries.
const INNER: [&str; 14] = [
    "admin",
    "administrator",
    "root",
    "portolan",
    "owner",
    "registry",
    "everybody",
    "robot",
    "robot-admin",
    "ptl_p_x",
    "ptl_r_x",
    "user",
    "sweep",
    "clear",
];

/// SEC-25: a right follows from a grant, and never from what somebody is called.
#[tokio::test]
async fn no_name_of_a_robot_or_a_group_carries_a_right() {
    let admin = admin().await;
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    admin.push_image("other/web", "v1", "amd64", b"layer").await;
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "reader", "team/*", None).await.unwrap();
    for name in ["anonymous", "job", "system", "job:sweep", "robot$ci", "team+ci", "user:mara", "Admin"] {
        let robot = json!({"name": name, "namespace": "team", "role": "reader", "scope": "team/*"});
        assert_eq!(send(&admin, "POST", "robots", robot).await.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(
            send(&admin, "POST", "groups", json!({"name": name})).await.status,
            StatusCode::BAD_REQUEST,
            "{name}"
        );
    }
    for name in INNER {
        let robot = json!({"name": name, "namespace": "team", "role": "reader", "scope": "team/*"});
        let made = send(&admin, "POST", "robots", robot).await;
        assert_eq!(made.status, StatusCode::CREATED, "{name}: {}", made.text());
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        let group = json!({"name": format!("{name}-group"), "members": ["nina"]});
        assert_eq!(send(&admin, "POST", "groups", group).await.status, StatusCode::CREATED, "{name}");
        let group = json!({"name": name, "members": ["nina"]});
        assert_eq!(send(&admin, "POST", "groups", group).await.status, StatusCode::CREATED, "{name}");
        reads_only_team(&admin.showing(&basic(name, &secret)), name).await;
        let session = form(&admin.by_nobody(), "/auth/login", "", &[("username", name), ("password", &secret)]).await;
        assert_ne!(session.status, StatusCode::SEE_OTHER, "{name} is nobody's browser");
    }
    reads_only_team(&nina, "nina").await;
}

/// A reader of `team/*`, and nothing else.
async fn reads_only_team(by: &TestApp, name: &str) {
    assert_eq!(by.get("/v2/team/web/manifests/v1").await.status, StatusCode::OK, "{name}");
    let push = by.call("POST", "/v2/team/web/blobs/uploads/", OCI_MANIFEST, "").await;
    assert_eq!(push.refusal(), "403 DENIED", "{name}");
    for path in ["/v2/other/web/manifests/v1", "/v2/other/web/tags/list"] {
        assert_eq!(by.get(path).await.status, StatusCode::NOT_FOUND, "{name} {path}");
    }
    for path in ["/api/v1/users", "/api/v1/providers", "/metrics"] {
        assert_eq!(by.get(path).await.status, StatusCode::FORBIDDEN, "{name} {path}");
    }
}
