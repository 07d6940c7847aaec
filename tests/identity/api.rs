//! Users, grants and visibility by `/api/v1`, and what comes of them at the registry.

use super::{PASSWORD, basic, with, with_admin};
use crate::support::{Answer, OCI_MANIFEST, START, TestApp, choices};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms, Timestamp};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::identity::sign_in;
use serde_json::{Value, json};
use std::sync::Arc;

/// The administrator's programs.
pub(super) async fn admin() -> TestApp {
    with_admin().await.showing(&basic("mara", PASSWORD))
}

pub(super) async fn send(by: &TestApp, method: &str, path: &str, body: Value) -> Answer {
    by.call(method, &format!("/api/v1/{path}"), "application/json", body.to_string()).await
}

/// Adds a user, and returns what their clients do.
pub(super) async fn user(admin: &TestApp, username: &str) -> TestApp {
    let made = send(admin, "POST", "users", json!({"username": username, "password": PASSWORD})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    admin.showing(&basic(username, PASSWORD))
}

/// Gives a role, and returns the id of the grant.
pub(super) async fn give(by: &TestApp, to: Value, role: &str, scope: &str, tags: Option<&str>) -> Result<String, u16> {
    let grant = json!({"principal": to, "role": role, "scope": scope, "tags": tags, "expires_at": null});
    let given = send(by, "POST", "grants", grant).await;
    match given.status.as_u16() {
        201 => Ok(given.json()["id"].as_str().unwrap().to_owned()),
        refused => Err(refused),
    }
}

pub(super) fn named(username: &str) -> Value {
    json!({ "user": username })
}

#[tokio::test]
async fn what_is_given_holds_at_once_and_what_is_taken_is_gone_at_once() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    assert_eq!(nina.get("/v2/").await.status, StatusCode::OK);
    let push = || nina.call("POST", "/v2/team/web/blobs/uploads/", OCI_MANIFEST, "");
    assert_eq!(push().await.refusal(), "404 NAME_UNKNOWN");
    let grant = give(&admin, named("nina"), "publisher", "team/*", None).await.unwrap();
    nina.push_image("team/web", "v1", "amd64", b"one").await;
    assert_eq!(nina.get("/v2/_catalog").await.json()["repositories"], json!(["team/web"]));
    // SEC-8: who may only push what is new moves no tag, whichever way.
    let second = nina.image("team/web", "amd64", b"two").await;
    assert_eq!(nina.put_manifest("team/web", "v2", OCI_MANIFEST, &second).await.status, StatusCode::CREATED);
    assert_eq!(nina.put_manifest("team/web", "v1", OCI_MANIFEST, &second).await.refusal(), "403 DENIED");
    let by_digest = format!("{}?tag=v3&tag=v1", crate::support::sha256(second.as_bytes()));
    assert_eq!(nina.put_manifest("team/web", &by_digest, OCI_MANIFEST, &second).await.refusal(), "403 DENIED");
    assert_eq!(nina.get("/v2/team/web/manifests/v3").await.refusal(), "404 MANIFEST_UNKNOWN", "all or none");
    assert_eq!(nina.delete("/v2/team/web/manifests/v2").await.refusal(), "403 DENIED");

    let listed = send(&admin, "GET", "grants?scope=team/*", json!(null)).await.json();
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["principal"]), (&json!(grant), &named("nina")));
    assert_eq!(send(&nina, "DELETE", &format!("grants/{grant}"), json!(null)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(send(&admin, "DELETE", &format!("grants/{grant}"), json!(null)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(nina.get("/v2/team/web/manifests/v1").await.refusal(), "404 NAME_UNKNOWN");
    assert_eq!(nina.get("/v2/_catalog").await.json()["repositories"], json!([]));
    assert_eq!(send(&admin, "DELETE", &format!("grants/{grant}"), json!(null)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_tag_pattern_narrows_what_is_done_to_tags_and_no_reading() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    admin.push_image("team/web", "prod", "amd64", b"prod").await;
    give(&admin, named("nina"), "developer", "team/web", Some("v*,!*-rc?")).await.unwrap();
    assert_eq!(nina.get("/v2/team/web/manifests/prod").await.status, StatusCode::OK);
    let image = nina.image("team/web", "amd64", b"mine").await;
    for (tag, status) in [("v1", 201), ("v1-rc1", 403), ("main", 403), ("prod", 403)] {
        let put = nina.put_manifest("team/web", tag, OCI_MANIFEST, &image).await;
        assert_eq!(put.status.as_u16(), status, "{tag}: {}", put.text());
    }
    assert_eq!(nina.delete("/v2/team/web/manifests/prod").await.refusal(), "403 DENIED");
    assert_eq!(nina.delete("/v2/team/web/manifests/v1").await.status, StatusCode::ACCEPTED);
    // An image goes with all its tags, so each of them counts.
    give(&admin, named("nina"), "maintainer", "team/web", Some("v*")).await.unwrap();
    admin.put_manifest("team/web", "v2", OCI_MANIFEST, &image).await;
    admin.put_manifest("team/web", "stage", OCI_MANIFEST, &image).await;
    let by_digest = format!("/v2/team/web/manifests/{}", crate::support::sha256(image.as_bytes()));
    assert_eq!(nina.delete(&by_digest).await.refusal(), "403 DENIED");
    admin.delete("/v2/team/web/manifests/stage").await;
    assert_eq!(nina.delete(&by_digest).await.status, StatusCode::ACCEPTED);
    assert_eq!(
        give(&admin, named("nina"), "reader", "team/web", Some("v*")).await,
        Err(400),
        "there is nothing to narrow"
    );
}

/// SEC-24: nobody gives, by whatever field, what they do not have.
#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let admin = admin().await;
    let (nina, _) = (user(&admin, "nina").await, user(&admin, "otto").await);
    give(&admin, named("nina"), "maintainer", "team/*", None).await.unwrap();
    assert!(give(&nina, named("otto"), "reader", "team/web", None).await.is_ok());
    assert!(give(&nina, named("otto"), "maintainer", "team/a/*", None).await.is_ok());
    for (role, scope) in [
        ("owner", "team/*"),
        ("reader", "*"),
        ("reader", "teams/*"),
        ("reader", "team"),
        ("admin", "*"),
        ("auditor", "*"),
    ] {
        assert_eq!(give(&nina, named("otto"), role, scope, None).await, Err(403), "{role} on {scope}");
    }
    let owners = give(&admin, named("otto"), "owner", "team/*", None).await.unwrap();
    assert_eq!(send(&nina, "DELETE", &format!("grants/{owners}"), json!(null)).await.status, StatusCode::FORBIDDEN);
    // Who is narrowed to some tags gives nothing over all of them.
    let narrowed = user(&admin, "paul").await;
    give(&admin, named("paul"), "maintainer", "lab/*", Some("v*")).await.unwrap();
    assert_eq!(give(&narrowed, named("otto"), "developer", "lab/*", None).await, Err(403));
    assert!(give(&narrowed, named("otto"), "reader", "lab/*", None).await.is_ok());

    for odd in [
        json!({"username": "eve", "password": PASSWORD, "is_admin": true}),
        json!({"username": "eve", "password": PASSWORD, "role": "admin"}),
        json!({"username": "Eve!", "password": PASSWORD}),
        json!({"username": "eve", "password": "password"}),
        json!([]),
    ] {
        let refused = send(&admin, "POST", "users", odd.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{odd}");
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    assert_eq!(
        send(&nina, "POST", "users", json!({"username": "eve", "password": PASSWORD})).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(send(&nina, "GET", "users", json!(null)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(give(&admin, json!("anonymous"), "admin", "*", None).await, Err(400));
    assert_eq!(give(&admin, named("nobody"), "reader", "*", None).await, Err(400));
    assert_eq!(
        send(&admin, "POST", "users", json!({"username": "nina", "password": PASSWORD})).await.status,
        StatusCode::CONFLICT
    );
}

/// Makes a token for a user, as they would.
pub(super) async fn personal_token(
    admin: &TestApp,
    username: &str,
    bound: Terms,
    expires_at: Option<Timestamp>,
) -> String {
    let Terms { role, scope, tags, .. } = bound;
    let end = expires_at.map(Timestamp::rfc3339);
    let name = format!("until {}", end.as_deref().unwrap_or("revoked"));
    let token = json!({"name": name, "role": role, "scope": scope, "tags": tags, "expires_at": end});
    let made = send(&admin.showing(&basic(username, PASSWORD)), "POST", "tokens", token).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    made.json()["secret"].as_str().unwrap().to_owned()
}

/// SEC-29: a token is bound the same, however it is shown and whatever it is exchanged for.
#[tokio::test]
async fn a_tokens_bound_survives_the_exchange() {
    let clock = Arc::new(ManualClock::new(START));
    let test = TestApp::build("", choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let admin = test.showing(&basic("mara", PASSWORD));
    admin.push_image("team/web", "prod", "amd64", b"prod").await;
    admin.push_image("other/secret", "v1", "amd64", b"secret").await;
    let terms = Terms::new(Role::Developer, "team/web".parse().unwrap(), Some("dev-*".parse().unwrap()), None).unwrap();
    let end = Timestamp(START.0 + 60_000);
    let secret = personal_token(&admin, "mara", terms, Some(end)).await;
    let scopes =
        "scope=repository:team/web:pull,push,delete&scope=repository:other/secret:pull&scope=registry:catalog:*";
    let basic = basic("mara", &secret);
    let exchanged = with(&test, "GET", &format!("/token?{scopes}"), ("authorization", &basic)).await.json();
    let exchanged = format!("Bearer {}", exchanged["token"].as_str().unwrap());
    for shown in [basic.clone(), format!("Bearer {secret}"), exchanged.clone()] {
        let by = test.showing(&shown);
        assert_eq!(by.get("/v2/team/web/manifests/prod").await.status, StatusCode::OK, "{shown}");
        assert_eq!(by.get("/v2/other/secret/manifests/v1").await.refusal(), "404 NAME_UNKNOWN", "{shown}");
        assert_eq!(by.get("/v2/_catalog").await.json()["repositories"], json!(["team/web"]), "{shown}");
        let image = by.image("team/web", "amd64", b"mine").await;
        assert_eq!(
            by.put_manifest("team/web", "dev-1", OCI_MANIFEST, &image).await.status,
            StatusCode::CREATED,
            "{shown}"
        );
        assert_eq!(by.put_manifest("team/web", "prod", OCI_MANIFEST, &image).await.refusal(), "403 DENIED", "{shown}");
        assert_eq!(by.delete("/v2/team/web/manifests/prod").await.refusal(), "403 DENIED", "{shown}");
        assert_eq!(
            by.call("POST", "/v2/team/new/blobs/uploads/", OCI_MANIFEST, "").await.refusal(),
            "404 NAME_UNKNOWN"
        );
    }
    assert_eq!(
        with(&test, "GET", "/v2/", ("authorization", &super::basic("otto", &secret))).await.status,
        StatusCode::UNAUTHORIZED
    );
    let cut = &secret[..secret.len() - 1];
    assert_eq!(
        with(&test, "GET", "/v2/", ("authorization", &format!("Bearer {cut}"))).await.status,
        StatusCode::UNAUTHORIZED
    );
    clock.advance_ms(60_001);
    for shown in [basic, exchanged] {
        let over = test.showing(&shown).get("/v2/team/web/manifests/prod").await;
        assert_eq!(over.refusal(), "401 UNAUTHORIZED", "what comes of a token ends with it");
    }
}

/// AUTH-12, AUTH-13, SEC-1.
#[tokio::test]
async fn what_is_public_is_for_everybody_and_what_is_internal_for_who_signed_in() {
    let admin = admin().await;
    let (nina, nobody) = (user(&admin, "nina").await, admin.by_nobody());
    for name in ["a/private", "a/internal", "a/public"] {
        admin.push_image(name, "v1", "amd64", b"layer").await;
    }
    for visibility in ["internal", "public"] {
        let set = send(&admin, "PATCH", &format!("r/a/{visibility}"), json!({ "visibility": visibility })).await;
        assert_eq!(set.status, StatusCode::OK, "{}", set.text());
    }
    let sees = |by: &TestApp, name: &'static str| {
        let by = by.again();
        async move { by.get(&format!("/v2/{name}/manifests/v1")).await.status.as_u16() }
    };
    assert_eq!(
        (sees(&nobody, "a/private").await, sees(&nobody, "a/internal").await, sees(&nobody, "a/public").await),
        (401, 401, 200)
    );
    assert_eq!(
        (sees(&nina, "a/private").await, sees(&nina, "a/internal").await, sees(&nina, "a/public").await),
        (404, 200, 200)
    );
    assert_eq!(nobody.get("/v2/_catalog").await.json()["repositories"], json!(["a/public"]));
    assert_eq!(nina.get("/v2/_catalog").await.json()["repositories"], json!(["a/internal", "a/public"]));
    let page = nobody.get("/repositories").await;
    assert!(page.status == StatusCode::OK && page.text().contains("a/public") && !page.text().contains("a/private"));
    assert!(page.text().contains("1 repository"), "sums tell of nothing hidden");
    assert_eq!(
        nobody.call("POST", "/v2/a/public/blobs/uploads/", OCI_MANIFEST, "").await.refusal(),
        "401 UNAUTHORIZED"
    );
    assert_eq!(nina.call("POST", "/v2/a/public/blobs/uploads/", OCI_MANIFEST, "").await.refusal(), "403 DENIED");
    let refused = send(&nina, "PATCH", "r/a/public", json!({"visibility": "private"})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(
        send(&nina, "PATCH", "r/a/private", json!({"visibility": "public"})).await.status,
        StatusCode::NOT_FOUND
    );
    send(&admin, "PATCH", "r/a/public", json!({"visibility": "private"})).await;
    assert_eq!(sees(&nobody, "a/public").await, 401);
}

#[tokio::test]
async fn who_is_disabled_is_out_and_somebody_always_may_do_everything() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "owner", "team/*", None).await.unwrap();
    let page = super::cookie_of(&admin, "nina", PASSWORD).await;
    nina.push_image("team/web", "v1", "amd64", b"layer").await;
    let door = admin.by_nobody();
    assert_eq!(with(&door, "GET", "/r/team/web", ("cookie", &page)).await.status, StatusCode::OK);
    let admin = door.showing(&basic("mara", PASSWORD));
    let disabled = send(&admin, "PATCH", "users/nina", json!({"disabled": true})).await;
    assert_eq!((disabled.status, &disabled.json()["disabled"]), (StatusCode::OK, &json!(true)), "{}", disabled.text());
    assert_eq!(nina.get("/v2/team/web/manifests/v1").await.refusal(), "401 UNAUTHORIZED");
    assert_eq!(with(&door, "GET", "/r/team/web", ("cookie", &page)).await.status, StatusCode::SEE_OTHER);
    send(&admin, "PATCH", "users/nina", json!({"disabled": false})).await;
    assert_eq!(nina.get("/v2/team/web/manifests/v1").await.status, StatusCode::OK);
    assert_eq!(
        with(&door, "GET", "/r/team/web", ("cookie", &page)).await.status,
        StatusCode::SEE_OTHER,
        "a session that ended stays so"
    );

    assert_eq!(send(&admin, "PATCH", "users/mara", json!({"disabled": true})).await.status, StatusCode::CONFLICT);
    let all = send(&admin, "GET", "grants", json!(null)).await.json();
    let own = all["items"].as_array().unwrap().iter().find(|grant| grant["role"] == "admin").unwrap()["id"].clone();
    let path = format!("grants/{}", own.as_str().unwrap());
    assert_eq!(send(&admin, "DELETE", &path, json!(null)).await.status, StatusCode::CONFLICT);
    let first = send(&admin, "GET", "users?limit=1", json!(null)).await.json();
    assert_eq!((&first["items"][0]["username"], &first["next"]), (&json!("mara"), &json!("mara")));
    let rest = send(&admin, "GET", "users?limit=1&after=mara", json!(null)).await.json();
    assert_eq!((&rest["items"][0]["username"], &rest["next"]), (&json!("nina"), &json!(null)));
    assert!(!rest.to_string().contains("argon2"), "no hash leaves");
}

/// In words for people, without what stands there and without how it is read.
#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_which_key_is_wrong() {
    let admin = admin().await;
    let mount = |key: &str, value: Value| {
        let mut mount = json!({"prefix": "up", "url": "https://registry.example"});
        mount[key] = value;
        mount
    };
    for (method, path, body, why) in [
        ("PUT", "r/team/web/-/tags/v1", json!({}), "the key `digest` is missing"),
        ("PUT", "r/team/web/-/tags/v1", json!({"digest": 5}), "`digest` has to be a text"),
        ("POST", "r/team/web/-/delete-preview", json!({"tags": ["v1", "no tag"]}), "`tags[1]`: "),
        (
            "POST",
            "r/team/web/-/delete-preview",
            json!({"tag": "v1"}),
            "`tag` is not known here; these are: tags, digests,",
        ),
        ("POST", "r/team/web/-/delete-preview", json!("v1"), "this has to be an object"),
        ("POST", "users", json!({"username": null}), "`username` has to be a text"),
        ("POST", "mounts", mount("refresh_s", json!("s3cret")), "`refresh_s` has to be a whole number, 0 or more"),
        ("POST", "mounts", mount("repositories", json!("s3cret")), "`repositories` has to be a list"),
        ("POST", "mounts", mount("read_only", json!("s3cret")), "`read_only` has to be true or false"),
        ("POST", "jobs", json!({"kind": "s3cret"}), "`kind` is one of: gc"),
        ("POST", "jobs", json!({"kind": 1}), "`kind` cannot be read"),
        ("POST", "trash/restore", json!({}), "name a `plan`, or a `batch`"),
        ("GET", "r/team/web/-/history?limit=few", json!(null), "`limit` has to be a whole number"),
    ] {
        let refused = send(&admin, method, path, body.clone()).await;
        let said = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(refused.status == StatusCode::BAD_REQUEST && said.contains(why), "{path} {body}: {said}");
        for leak in ["s3cret", "line 1", "u64", "struct", "expected", "eserialize", "field"] {
            assert!(!said.contains(leak), "{path} {body}: {said}");
        }
    }
    for (content_type, body, why) in
        [("application/json", "{\"kind\": ", "this is no JSON"), ("text/plain", "{}", "Content-Type: application/json")]
    {
        let refused = admin.call("POST", "/api/v1/jobs", content_type, body).await;
        assert!(refused.status == StatusCode::BAD_REQUEST && refused.text().contains(why), "{}", refused.text());
    }
}
