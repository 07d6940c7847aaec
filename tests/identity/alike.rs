//! What is hidden and what is not there cost the same, and so do names of somebody and of nobody.

use super::api::{admin, give, named, user};
use super::{PASSWORD, basic, form, with};
use crate::support::{Answer, sha256};
use axum::http::StatusCode;

/// What an answer says, but for its own id and the name that was asked for.
fn said(answer: &Answer, name: &str) -> (u16, Vec<(String, String)>, String) {
    let id = answer.header("x-request-id");
    let own = |text: &str| text.replace(name, "NAME").replace(&name.replace('/', "%2F"), "NAME").replace(id, "ID");
    let headers = answer.headers.iter().map(|(key, value)| (key.to_string(), own(value.to_str().unwrap())));
    (answer.status.as_u16(), headers.collect(), own(&answer.text()))
}

/// SEC-12: a repository that may not be read is asked for, found out about and refused like one that is not there.
#[tokio::test]
async fn what_is_hidden_takes_the_statements_of_what_is_not_there() {
    let admin = admin().await;
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    admin.push_image("other/web", "v1", "amd64", b"other").await;
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "owner", "other/*", None).await.unwrap();
    let (blob, nobody) = (sha256(b"layer"), admin.by_nobody());
    let paths = [
        ("GET", "/v2/NAME/manifests/v1".to_owned()),
        ("HEAD", "/v2/NAME/manifests/v1".to_owned()),
        ("GET", "/v2/NAME/tags/list".to_owned()),
        ("GET", format!("/v2/NAME/blobs/{blob}")),
        ("HEAD", format!("/v2/NAME/blobs/{blob}")),
        ("GET", format!("/v2/NAME/referrers/{blob}")),
        ("DELETE", "/v2/NAME/manifests/v1".to_owned()),
        ("DELETE", format!("/v2/NAME/blobs/{blob}")),
        ("POST", "/v2/NAME/blobs/uploads/".to_owned()),
        ("POST", format!("/v2/other/new/blobs/uploads/?mount={blob}&from=NAME")),
        ("GET", "/token?scope=repository:NAME:pull,push".to_owned()),
        ("GET", "/api/v1/r/NAME".to_owned()),
        ("GET", "/api/v1/r/NAME/-/tags".to_owned()),
        ("DELETE", "/api/v1/r/NAME".to_owned()),
        ("GET", "/api/v1/r/NAME/-/activity".to_owned()),
    ];
    for by in [&nina, &nobody] {
        for (method, path) in &paths {
            let asked = async |name: &str| {
                let before = admin.app.store.statements();
                let answer = by.ask(method, &path.replace("NAME", name), &[], "").await;
                (said(&answer, name), admin.app.store.statements() - before)
            };
            // The least of several: the record of refusals is written beside, and rights are looked at again.
            let (mut hidden, mut absent) = (asked("team/web").await, asked("team/xyz").await);
            for round in 1..40 {
                if round >= 5 && hidden.1 == absent.1 {
                    break;
                }
                hidden.1 = hidden.1.min(asked("team/web").await.1);
                absent.1 = absent.1.min(asked("team/xyz").await.1);
            }
            let ((hidden, n_hidden), (absent, n_absent)) = (hidden, absent);
            let is_own = path.starts_with("/token") || path.starts_with("/v2/other");
            assert!(is_own || hidden == absent, "{method} {path}: {hidden:?}, {absent:?}");
            // An upload begins with a write, after which rights are looked at again or not, as the record of the refusal
            // is written before that or after it.
            let counts = !path.starts_with("/v2/other");
            assert!(
                hidden.0 == absent.0 && (!counts || n_hidden == n_absent),
                "{method} {path}: {n_hidden}, {n_absent}"
            );
        }
    }
    let there = nina.get("/v2/other/web/manifests/v1").await;
    assert_eq!(there.status, StatusCode::OK, "what may be read is there");
}

/// SEC-12: a name that nobody has is not told by how little work it makes.
#[tokio::test]
async fn a_name_of_nobody_costs_a_hash_like_any_other() {
    let admin = admin().await;
    let _ = user(&admin, "nina").await;
    let door = admin.by_nobody();
    // Somebody whom nobody invited to choose a password has none.
    let made = super::api::send(&admin, "POST", "users", serde_json::json!({"username": "pia"})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let n_computed = || door.app.identity.passwords.n_computed();
    for name in ["nina", "pia", "nobody", "no such name!"] {
        let before = n_computed();
        let program = with(&door, "GET", "/v2/", ("authorization", &basic(name, "wrong horse"))).await;
        assert_eq!((program.status, n_computed() - before), (StatusCode::UNAUTHORIZED, 1), "{name}");
        let before = n_computed();
        let person = form(&door, "/auth/login", "", &[("username", name), ("password", "wrong horse")]).await;
        assert_eq!((person.status, n_computed() - before), (StatusCode::UNAUTHORIZED, 1), "{name}");
        let before = n_computed();
        let fields = format!("grant_type=password&username={name}&password=wrong");
        let posted = door.call("POST", "/token", "application/x-www-form-urlencoded", fields).await;
        assert_eq!((posted.status, n_computed() - before), (StatusCode::UNAUTHORIZED, 1), "{name}");
    }
    let right = with(&door, "GET", "/v2/", ("authorization", &basic("nina", PASSWORD))).await;
    assert_eq!(right.status, StatusCode::OK);
}
