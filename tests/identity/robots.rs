//! Robots: who makes them and within what, what they open, and how they end.

use super::api::{admin, give, named, send, user};
use super::console::Browser;
use super::credentials::{between, exchanged, shown_secret};
use super::{PASSWORD, basic};
use crate::support::{OCI_MANIFEST, START, TestApp, choices};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portolan::domain::Timestamp;
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::identity::sign_in;
use serde_json::{Value, json};
use std::sync::Arc;

fn ci_web() -> Value {
    json!({"name": "ci-web", "namespace": "team", "role": "publisher", "scope": "team/web"})
}

/// A robot with some of its fields set otherwise.
fn other(changed: Value) -> Value {
    let mut robot = ci_web();
    robot.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    robot
}

pub(super) async fn make(by: &TestApp, robot: Value) -> String {
    let made = send(by, "POST", "robots", robot).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    made.json()["secret"].as_str().unwrap().to_owned()
}

async fn status(by: &TestApp, method: &str, path: &str, body: Value) -> u16 {
    send(by, method, path, body).await.status.as_u16()
}

/// SEC-10, SEC-24.
#[tokio::test]
async fn a_robot_is_made_by_who_manages_its_namespace_and_holds_what_it_gets() {
    let admin = admin().await;
    let (nina, otto) = (user(&admin, "nina").await, user(&admin, "otto").await);
    give(&admin, named("nina"), "maintainer", "team/*", None).await.unwrap();
    give(&admin, named("otto"), "publisher", "team/*", None).await.unwrap();
    let made = send(&nina, "POST", "robots", ci_web()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let made = made.json();
    assert!(made["secret"].as_str().unwrap().starts_with("ptl_r_"));
    let ninety_days = Timestamp(START.0 + 90 * 86_400_000).rfc3339();
    assert_eq!((&made["expires_at"], &made["disabled"]), (&json!(ninety_days), &json!(false)));
    for (by, changed, refused) in [
        (&otto, json!({"name": "x"}), 403),
        (&nina, json!({"name": "x", "role": "owner"}), 403),
        (&nina, json!({"name": "x", "namespace": "other", "scope": "other/web"}), 403),
        (&nina, json!({"name": "x", "scope": "other/web"}), 403),
        (&admin, json!({"name": "x", "scope": "other/web"}), 400),
        (&admin, json!({"name": "x", "scope": "team"}), 400),
        (&admin, json!({"name": "x", "scope": "*"}), 400),
        (&admin, json!({"name": "x", "role": "admin", "scope": "*"}), 400),
        (&nina, json!({"name": "x", "expires_at": Timestamp(START.0 + 367 * 86_400_000).rfc3339()}), 400),
        (&nina, json!({"name": "x", "expires_at": Timestamp(START.0).rfc3339()}), 400),
        (&nina, json!({"name": "x", "role": "reader", "tags": "v*"}), 400),
        (&nina, json!({"name": "x", "created_by": "user:mara"}), 400),
        (&nina, json!({"name": "system"}), 400),
        (&nina, json!({"name": "X"}), 400),
        (&nina, json!({"name": "otto"}), 409),
        (&nina, json!({}), 409),
    ] {
        let answer = send(by, "POST", "robots", other(changed.clone())).await;
        assert_eq!(answer.status.as_u16(), refused, "{changed}: {}", answer.text());
    }
    make(&nina, other(json!({"name": "below", "namespace": "team/a", "scope": "team/a/*"}))).await;
    make(&admin, other(json!({"name": "elsewhere", "namespace": "other", "scope": "other/*"}))).await;
    let names = |by: TestApp| async move {
        let listed = send(&by, "GET", "robots?limit=500", json!(null)).await.json();
        listed["items"].as_array().unwrap().iter().map(|robot| robot["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(nina.again()).await, ["below", "ci-web"]);
    assert_eq!(names(admin.again()).await, ["below", "ci-web", "elsewhere"]);
    assert!(names(otto.again()).await.is_empty());
    for (page, offered) in [("/n/team/-/access", vec!["ci-web"]), ("/admin/access", vec!["ci-web", "elsewhere"])] {
        let page = Browser::of(&admin.by_nobody(), "mara").await.get(page).await.text();
        let robots = ["ci-web", "elsewhere"].into_iter().filter(|name| page.contains(&format!("{name} (robot)")));
        assert_eq!(robots.collect::<Vec<_>>(), offered, "those of its namespace are offered");
    }
    let id = format!("robots/{}", made["id"].as_str().unwrap());
    assert_eq!(status(&nina, "GET", &id, json!(null)).await, 200);
    for path in [&*id, "robots/ci-web", "robots/elsewhere", "robots/none"] {
        assert_eq!(status(&otto, "GET", path, json!(null)).await, 404, "{path}");
        assert_eq!(status(&otto, "PATCH", path, json!({"disabled": true})).await, 404, "{path}");
        assert_eq!(status(&otto, "POST", &format!("{path}/rotate"), json!({})).await, 404, "{path}");
        assert_eq!(status(&otto, "DELETE", path, json!(null)).await, 404, "{path}");
    }
    let grants = send(&admin, "GET", "grants?scope=team/web", json!(null)).await.json();
    assert_eq!(grants["items"][0]["principal"], json!({"robot": "ci-web"}), "its access is a grant like others");
    assert_eq!(grants["items"][0]["expires_at"], json!(ninety_days));
}

/// AUTH-13: as CI does it, until its secret is rotated.
#[tokio::test]
async fn a_robot_signs_in_and_pushes_where_it_may_until_its_secret_is_rotated() {
    let admin = admin().await;
    admin.push_image("team/api", "v1", "amd64", b"layer").await;
    let door = admin.by_nobody();
    let old = make(&admin, ci_web()).await;
    let shown = basic("ci-web", &old);
    let scopes = "repository:team/web:pull,push%20repository:team/api:pull";
    assert_eq!(door.showing(&shown).get("/v2/").await.status, StatusCode::OK, "docker login");
    let token = exchanged(&door, &shown, scopes).await;
    let by = door.showing(&token);
    by.push_image("team/web", "v1", "amd64", b"mine").await;
    assert_eq!(by.get("/v2/team/api/manifests/v1").await.refusal(), "404 NAME_UNKNOWN");
    let moved = by.image("team/web", "amd64", b"other").await;
    assert_eq!(by.put_manifest("team/web", "v1", OCI_MANIFEST, &moved).await.refusal(), "403 DENIED", "a publisher");
    assert_eq!(by.call("POST", "/v2/team/new/blobs/uploads/", OCI_MANIFEST, "").await.refusal(), "404 NAME_UNKNOWN");
    let robot = send(&admin, "GET", "robots/ci-web", json!(null)).await.json();
    assert_eq!(robot["used_at"], json!(START.rfc3339()));
    // It is nobody's account, and manages nothing.
    let itself = door.showing(&shown);
    assert_eq!(status(&itself, "POST", "tokens", json!({"name": "x"})).await, 403);
    assert_eq!(status(&itself, "POST", "robots", other(json!({"name": "x"}))).await, 403);
    assert_eq!(status(&itself, "POST", "robots/ci-web/rotate", json!({})).await, 404);

    let rotated = send(&admin, "POST", "robots/ci-web/rotate", json!({})).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text());
    let (new, end) = (rotated.json()["secret"].as_str().unwrap().to_owned(), robot["expires_at"].clone());
    assert_eq!((&rotated.json()["expires_at"], &rotated.json()["used_at"]), (&end, &json!(null)));
    for shown in [shown, token] {
        let refused = door.showing(&shown).get("/v2/team/web/manifests/v1").await;
        assert_eq!(refused.refusal(), "401 UNAUTHORIZED", "{shown}");
    }
    let by = door.showing(&basic("ci-web", &new));
    assert_eq!(by.get("/v2/team/web/manifests/v1").await.status, StatusCode::OK);
    let rotate = || send(&admin, "POST", "robots/ci-web/rotate", json!({}));
    let (one, two) = tokio::join!(rotate(), rotate());
    let mut n_open = 0;
    for answer in [one, two] {
        let shown = basic("ci-web", answer.json()["secret"].as_str().unwrap());
        n_open += u32::from(door.showing(&shown).get("/v2/").await.status == StatusCode::OK);
    }
    assert_eq!(n_open, 1, "of two rotations at once the later one holds");
    assert_eq!(by.get("/v2/").await.status, StatusCode::UNAUTHORIZED);
    let bare = admin.ask("POST", "/api/v1/robots/ci-web/rotate", &[], "").await;
    assert_eq!(bare.status, StatusCode::OK, "a rotation needs no body: {}", bare.text());
    assert_eq!(by.get("/v2/team/web/manifests/v1").await.refusal(), "401 UNAUTHORIZED");
}

/// SEC-24: whoever gets hold of a secret holds all that it opens.
#[tokio::test]
async fn nobody_rotates_a_robot_that_may_more_than_they() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "maintainer", "team/*", None).await.unwrap();
    let secret = make(&nina, ci_web()).await;
    let more = give(&admin, json!({"robot": "ci-web"}), "owner", "other/*", None).await.unwrap();
    assert_eq!(status(&nina, "POST", "robots/ci-web/rotate", json!({})).await, 403);
    let by = admin.showing(&basic("ci-web", &secret));
    assert_eq!(by.get("/v2/").await.status, StatusCode::OK, "and the old one goes on");
    assert_eq!(status(&nina, "PATCH", "robots/ci-web", json!({"disabled": true})).await, 200, "to stop it is allowed");
    assert_eq!(by.get("/v2/").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&nina, "PATCH", "robots/ci-web", json!({"disabled": false})).await, 403);
    send(&admin, "PATCH", "robots/ci-web", json!({"disabled": false})).await;
    let page =
        Browser::of(&admin, "nina").await.done("/n/team/-/robots", "disable-robot", &[("robot", "ci-web")]).await;
    assert!(page.contains("let in no more") && !page.contains("class=\"undo\""), "no way back that is refused: {page}");
    send(&admin, "DELETE", &format!("grants/{more}"), json!(null)).await;
    let enabled = send(&nina, "PATCH", "robots/ci-web", json!({"disabled": false})).await;
    assert_eq!((enabled.status, &enabled.json()["disabled"]), (StatusCode::OK, &json!(false)));
    assert_eq!(by.get("/v2/").await.status, StatusCode::OK);
    assert_eq!(status(&nina, "POST", "robots/ci-web/rotate", json!({})).await, 200);
}

/// AUTH-13: by its end, by a switch, and for good.
#[tokio::test]
async fn a_robot_that_ended_or_is_gone_is_refused_everywhere() {
    let clock = Arc::new(ManualClock::new(START));
    let door = TestApp::build("", choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&door.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let mara = door.showing(&basic("mara", PASSWORD));
    let at = |ms: i64| Timestamp(START.0 + ms).rfc3339();
    let secret = make(&mara, other(json!({"expires_at": at(120_000)}))).await;
    let shown = basic("ci-web", &secret);
    let token = exchanged(&door, &shown, "repository:team/web:pull,push").await;
    door.showing(&token).push_image("team/web", "v1", "amd64", b"layer").await;
    let opens = async |ways: &[&String]| {
        let mut statuses = vec![];
        for shown in ways {
            statuses.push(door.showing(shown).get("/v2/team/web/manifests/v1").await.status.as_u16());
        }
        statuses
    };
    let bearer = format!("Bearer {secret}");
    assert_eq!(opens(&[&shown, &bearer, &token]).await, [200; 3]);
    clock.advance_ms(120_001);
    assert_eq!(opens(&[&shown, &bearer, &token]).await, [401; 3]);
    let basic_token = door.showing(&shown).get("/token?scope=repository:team/web:pull").await;
    assert_eq!(basic_token.refusal(), "401 UNAUTHORIZED");
    assert_eq!(status(&mara, "POST", "robots/ci-web/rotate", json!({})).await, 400, "say until when");
    let end = at(240_000);
    let revived = send(&mara, "POST", "robots/ci-web/rotate", json!({"expires_at": end})).await.json();
    assert_eq!(revived["expires_at"], json!(end));
    let shown = basic("ci-web", revived["secret"].as_str().unwrap());
    assert_eq!(opens(&[&shown]).await, [200], "and its grant goes on with it");
    let grants = send(&mara, "GET", "grants?scope=team/web", json!(null)).await.json();
    assert_eq!(grants["items"][0]["expires_at"], json!(end));

    assert_eq!(status(&mara, "DELETE", "robots/ci-web", json!(null)).await, 204);
    assert_eq!(opens(&[&shown]).await, [401]);
    assert_eq!(status(&mara, "GET", "robots/ci-web", json!(null)).await, 404);
    let grants = send(&mara, "GET", "grants?scope=team/web", json!(null)).await.json();
    assert_eq!(grants["items"], json!([]));
    let namesake = make(&mara, other(json!({"role": "reader"}))).await;
    assert_eq!(opens(&[&shown, &basic("ci-web", &namesake)]).await, [401, 200], "the name is free again");
}

#[tokio::test]
async fn robots_are_made_rotated_stopped_and_deleted_by_plain_forms() {
    let admin = admin().await;
    let _ = (user(&admin, "nina").await, user(&admin, "otto").await);
    give(&admin, named("nina"), "maintainer", "team/*", None).await.unwrap();
    let (nina, otto) = (Browser::of(&admin, "nina").await, Browser::of(&admin, "otto").await);
    let page = "/n/team/-/robots";
    let empty = nina.get(page).await.text();
    assert!(
        empty.contains("No robots yet") && !empty.contains("Owner: ") && empty.contains("value=\"2027-02-22\""),
        "{empty}"
    );
    assert!(nina.get("/n/team/-/access").await.text().contains("href=\"/n/team/-/robots\""));
    assert!(nina.get("/n/team/-/settings").await.text().contains("href=\"/n/team/-/robots\""));
    assert_eq!(otto.get(page).await.status, StatusCode::FORBIDDEN);
    let fields =
        [("name", "ci-web"), ("role", "publisher"), ("scope", "team/web"), ("tags", ""), ("until", "2026-12-04")];
    for (field, value, words) in [
        ("name", "CI", "A username has"),
        ("name", "otto", "is taken"),
        ("scope", "nothing/", "is no scope"),
        ("until", "", "has to have an end"),
        ("until", "2020-01-01", "This time is over"),
    ] {
        let fields = fields.map(|(name, text)| (name, if name == field { value } else { text }));
        let refused = nina.send(page, "create-robot", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", refused.text());
        assert!(
            refused.text().contains(words) && refused.text().contains("aria-invalid=\"true\""),
            "{}",
            refused.text()
        );
    }
    assert_eq!(otto.send(page, "create-robot", &fields).await.status, StatusCode::FORBIDDEN);

    let made = nina.done(page, "create-robot", &fields).await;
    let secret = shown_secret(&made, "ptl_r_");
    assert!(made.contains("The robot ci-web is there.") && made.contains("docker/login-action@v3"), "{made}");
    let data = between(&made, ".dockerconfigjson: ", "<");
    let config: Value = serde_json::from_slice(&STANDARD.decode(data).unwrap()).unwrap();
    let auth = config["auths"]["127.0.0.1:8080"]["auth"].as_str().unwrap();
    let shown = format!("Basic {auth}");
    assert_eq!(shown, basic("ci-web", &secret));
    assert_eq!(admin.showing(&shown).get("/v2/").await.status, StatusCode::OK);
    let again = nina.get(page).await.text();
    assert!(!again.contains("ptl_r_") && !again.contains("login-action"), "a reload says nothing of it");
    assert!(again.contains("badge-warn") && again.contains("in 10 days") && again.contains("just now"), "{again}");

    let robot = [("robot", "ci-web")];
    let asked = nina.get(&format!("{page}?rotate=ci-web")).await.text();
    assert!(
        asked.contains("Rotate the secret of ci-web?") && asked.contains("It was last used just now from "),
        "{asked}"
    );
    let rotated = nina.done(page, "rotate-robot", &[("robot", "ci-web"), ("until", "2027-03-01")]).await;
    let new = basic("ci-web", &shown_secret(&rotated, "ptl_r_"));
    assert_eq!(admin.showing(&shown).get("/v2/").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(admin.showing(&new).get("/v2/").await.status, StatusCode::OK);
    let stopped = nina.done(page, "disable-robot", &robot).await;
    let undo = between(&stopped, "The robot ci-web is let in no more.", "</form>");
    assert!(stopped.contains("Disabled") && undo.contains(&format!("action=\"{page}\" class=\"undo\"")), "{stopped}");
    assert!(undo.contains("value=\"enable-robot\"") && undo.contains("value=\"ci-web\"") && undo.contains("Undo"));
    assert_eq!(admin.showing(&new).get("/v2/").await.status, StatusCode::UNAUTHORIZED);
    let again = nina.done(page, "disable-robot", &robot).await;
    assert!(!again.contains("class=\"undo\""), "somebody else stopped it: {again}");
    assert!(nina.done(page, "enable-robot", &robot).await.contains("let in again"));
    for (page, by, refused) in
        [("/n/other/-/robots", &nina, 403), ("/n/team/a/-/robots", &nina, 404), (page, &otto, 403)]
    {
        for intent in ["rotate-robot", "disable-robot", "delete-robot"] {
            let fields = [("robot", "ci-web"), ("confirmed", "ci-web")];
            assert_eq!(by.send(page, intent, &fields).await.status.as_u16(), refused, "{intent} on {page}");
        }
    }
    assert!(nina.get(&format!("{page}?delete=ci-web")).await.text().contains("Delete ci-web?"));
    let slip = nina.send(page, "delete-robot", &[("robot", "ci-web"), ("confirmed", "ci")]).await;
    assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = nina.done(page, "delete-robot", &[("robot", "ci-web"), ("confirmed", "ci-web")]).await;
    assert!(gone.contains("ci-web is gone") && gone.contains("No robots yet"), "{gone}");
    assert_eq!(admin.showing(&new).get("/v2/").await.status, StatusCode::UNAUTHORIZED);
}

/// Their names are names that nobody else can have.
#[tokio::test]
async fn a_namespace_has_a_thousand_robots_and_lists_show_whose_they_are() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "maintainer", "other/*", None).await.unwrap();
    super::run(
        &admin,
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1000)
         INSERT INTO principals (id, kind, username, name, email, namespace, created_at, created_by)
         SELECT 'many-' || n, 'robot', 'many-' || n, '', '', CASE WHEN n > 500 THEN 'team/deep' ELSE 'team' END, 0, ''
         FROM number",
    )
    .await;
    for namespace in ["team", "team/other"] {
        let one_more = other(json!({"namespace": namespace, "scope": format!("{namespace}/*")}));
        let refused = send(&admin, "POST", "robots", one_more).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
        assert!(refused.text().contains("team has 1000 robots"), "{}", refused.text());
    }
    for name in ["b", "a", "c"] {
        make(&nina, other(json!({"name": name, "namespace": "other", "scope": "other/web"}))).await;
    }
    make(&admin, other(json!({"name": "d", "namespace": "team0", "scope": "team0/web"}))).await;
    let names = async |by: &TestApp, query: &str| {
        let listed = send(by, "GET", &format!("robots?{query}"), json!(null)).await.json();
        let names = listed["items"].as_array().unwrap().iter().map(|robot| robot["name"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>().join(" "), listed["next"].clone())
    };
    let (first, next) = names(&nina, "limit=2").await;
    assert_eq!(first, "a b");
    let next = next.as_str().unwrap_or("b").to_owned();
    assert_eq!(names(&nina, &format!("limit=2&after={next}")).await.0, "c");
    assert_eq!(names(&admin, "limit=4&after=a").await.0, "b c d many-1");
}
