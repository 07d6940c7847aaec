//! How much somebody may be given, and what somebody with a little reaches of others: their robots, the record, rights that
//! last longer than their own.

use super::activity::awaited;
use super::api::{admin, give, named, send, user};
use super::lasting::in_days;
use super::raids::change;
use super::robots::make;
use crate::support::TestApp;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portolan::domain::principal::PrincipalKind;
use portolan::domain::{Actor, Role, Terms, Timestamp};
use portolan::server::store::grants::{self, GranteeId};
use portolan::server::store::principals;
use serde_json::{Value, json};

async fn status(by: &TestApp, method: &str, path: &str, body: Value) -> u16 {
    send(by, method, path, body).await.status.as_u16()
}

/// Gives so many roles in one go, each on a repository of its own.
async fn give_many(test: &TestApp, to: GranteeId, namespace: &'static str, n: usize) {
    let given = change(test, move |tx| {
        Box::pin(async move {
            for number in 0..n {
                let scope = format!("{namespace}/r{number}").parse().unwrap();
                let terms = Terms { role: Role::Reader, scope, tags: None, expires_at: None };
                let id = format!("{namespace}-{number}-{to:?}");
                grants::insert(tx, &id, &to, &terms, &Actor::Anonymous, Timestamp(0)).await?;
            }
            Ok(())
        })
    });
    given.await.unwrap();
}

/// What somebody holds is looked up whenever they ask: a stranger must not be able to make it much, nor to use up what
/// others may give.
#[tokio::test]
async fn one_is_given_so_much_in_a_namespace_and_everybody_less() {
    let admin = admin().await;
    user(&admin, "nina").await;
    let nina = principals::by_username(&admin.app.store, &"nina".parse().unwrap()).await.unwrap().unwrap();
    for (to, name, n) in [
        (GranteeId::Principal(PrincipalKind::User, nina.id), named("nina"), 500),
        (GranteeId::Everybody, json!("anonymous"), 100),
    ] {
        give_many(&admin, to, "team", n).await;
        assert_eq!(give(&admin, name.clone(), "reader", "team/one-more", None).await, Err(409));
        let elsewhere = give(&admin, name, "reader", "other/web", None).await.unwrap();
        let moved = json!({"scope": "team/one-more"});
        assert_eq!(status(&admin, "PATCH", &format!("grants/{elsewhere}"), moved).await, 409);
    }
}

#[tokio::test]
async fn a_grant_does_not_become_another_that_is_there() {
    let admin = admin().await;
    user(&admin, "nina").await;
    give(&admin, named("nina"), "reader", "team/*", None).await.unwrap();
    let other = give(&admin, named("nina"), "publisher", "team/*", None).await.unwrap();
    let of = format!("grants/{other}");
    assert_eq!(status(&admin, "PATCH", &of, json!({"role": "reader"})).await, 409);
    assert_eq!(status(&admin, "PATCH", &of, json!({"role": "developer"})).await, 200);
}

/// Whoever renews a robot's secret holds what the robot holds; so a stranger who gave it something would disarm its owner.
#[tokio::test]
async fn a_robot_gets_something_elsewhere_from_who_manages_it_at_home_alone() {
    let admin = admin().await;
    let (nina, otto) = (user(&admin, "nina").await, user(&admin, "otto").await);
    give(&admin, named("nina"), "maintainer", "team/*", None).await.unwrap();
    give(&admin, named("otto"), "owner", "other/*", None).await.unwrap();
    make(&otto, json!({"name": "ci-b", "namespace": "other", "role": "publisher", "scope": "other/web"})).await;
    let robot = |name: &str| json!({ "robot": name });
    let refused = |name: &'static str| {
        let grant = json!({"principal": robot(name), "role": "reader", "scope": "team/*"});
        send(&nina, "POST", "grants", grant)
    };
    let (there, absent) = (refused("ci-b").await, refused("ci-c").await);
    assert_eq!((there.status, absent.status), (StatusCode::BAD_REQUEST, StatusCode::BAD_REQUEST));
    assert_eq!(there.text().replace("ci-b", "ci-c"), absent.text(), "it is not there for who does not manage it");
    assert_eq!(status(&otto, "POST", "robots/ci-b/rotate", json!({})).await, 200);
    give(&otto, robot("ci-b"), "reader", "other/*", None).await.unwrap();
    let elsewhere = give(&admin, robot("ci-b"), "reader", "team/*", None).await.unwrap();
    let raised = json!({"role": "publisher"});
    assert_eq!(status(&nina, "PATCH", &format!("grants/{elsewhere}"), raised.clone()).await, 400);
    assert_eq!(status(&admin, "PATCH", &format!("grants/{elsewhere}"), raised).await, 200);
}

/// A robot ends, and gives nothing that lasts longer.
#[tokio::test]
async fn a_robot_gives_nothing_that_outlives_it() {
    let admin = admin().await;
    user(&admin, "eve").await;
    let keeper =
        json!({"name": "keeper", "namespace": "team", "role": "owner", "scope": "team/*", "expires_at": in_days(10)});
    let robot = admin.showing(&format!("Bearer {}", make(&admin, keeper).await));
    let grant = |end: Value| json!({"principal": named("eve"), "role": "reader", "scope": "team/*", "expires_at": end});
    assert_eq!(status(&robot, "POST", "grants", grant(json!(null))).await, 400);
    assert_eq!(status(&robot, "POST", "grants", grant(json!(in_days(11)))).await, 400);
    assert_eq!(status(&robot, "POST", "grants", grant(json!(in_days(10)))).await, 201);
}

#[tokio::test]
async fn who_administers_for_a_time_takes_over_nobody_and_lets_nobody_in_by_a_provider() {
    let admin = admin().await;
    let otto = user(&admin, "otto").await;
    let lent = json!({"principal": named("otto"), "role": "admin", "scope": "*", "expires_at": in_days(10)});
    assert_eq!(status(&admin, "POST", "grants", lent).await, 201);
    for name in ["carol", "dave"] {
        assert_eq!(status(&admin, "POST", "users", json!({"username": name})).await, 201);
    }
    give(&admin, named("carol"), "admin", "*", None).await.unwrap();
    let door = otto.by_nobody();
    let browser = super::console::Browser::of(&door, "otto").await;
    for (name, expected) in [("carol", StatusCode::UNPROCESSABLE_ENTITY), ("dave", StatusCode::SEE_OTHER)] {
        let page = format!("/admin/users/{name}");
        assert_eq!(browser.send(&page, "invite-again", &[]).await.status, expected, "{name}");
    }
    let acme = json!({"name": "acme", "kind": "oidc", "title": "Acme", "issuer": "https://id.acme.dev",
                      "client_id": "portolan", "client_secret": "a secret of acme"});
    assert_eq!(status(&admin, "POST", "providers", acme).await, 201);
    assert_eq!(status(&otto, "PATCH", "providers/acme", json!({"groups_claim": "nickname"})).await, 400);
    assert_eq!(status(&otto, "PATCH", "providers/acme", json!({"title": "Acme Corp"})).await, 200);
    assert_eq!(status(&admin, "PATCH", "providers/acme", json!({"groups_claim": "roles"})).await, 200);
}

/// What somebody names who may do nothing fills no disk.
#[tokio::test]
async fn a_long_name_is_on_record_by_what_it_begins_with() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    let id = URL_SAFE_NO_PAD.encode(format!("i\n{}", "s".repeat(5000)));
    assert_eq!(status(&nina, "POST", &format!("waiting/{id}/let-in"), json!({})).await, 403);
    let row = awaited(&admin, "activity?refused=true").await;
    let object = row["object"].as_str().unwrap();
    assert!(object.len() < 600 && object.ends_with(" and more"), "{object}");
}
