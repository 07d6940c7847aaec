//! Providers that change while somebody decides, and administrators whose only way in is at stake.

use super::api::send;
use super::providers::server;
use super::stand_in::{CLIENT, SECRET, StandIn};
use super::ways_in::Browser;
use super::{PASSWORD, basic, run};
use crate::support::{TestApp, user};
use axum::http::StatusCode;
use portolan::domain::action::{ChangeProvider, EnableProvider};
use portolan::domain::{Error, Role};
use portolan::server::access::{Caller, Policy, Standing};
use portolan::server::identity::sign_in;
use portolan::server::service::providers as service;
use portolan::server::store::providers;
use serde_json::{Value, json};
use std::sync::Arc;

const ALLOWED: &str = "[limits]\noutbound_allow = [\"127.0.0.0/8\"]\n";
const PAGE: &str = "/admin/providers/acme";

/// Adds `acme`, in force, by the programs of `mara`.
async fn added(test: &TestApp, provider: &StandIn, admin_groups: Value) -> TestApp {
    let api = test.showing(&basic("mara", PASSWORD));
    let new = json!({"name": "acme", "kind": "oidc", "title": "Acme", "issuer": provider.issuer, "client_id": CLIENT,
                     "client_secret": SECRET, "open_sign_up": true, "admin_groups": admin_groups, "enabled": true});
    let made = send(&api, "POST", "providers", new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    api
}

/// Somebody who signs in as `sub`, in these groups.
async fn come<'t>(test: &'t TestApp, provider: &StandIn, sub: &str, groups: Value) -> Browser<'t> {
    provider.claim("sub", json!(sub));
    provider.claim("preferred_username", json!(format!("user-{sub}")));
    provider.claim("groups", groups);
    let mut browser = Browser::of(test);
    assert_eq!(browser.sign_in(provider).await.status, StatusCode::SEE_OTHER);
    browser
}

#[tokio::test]
async fn who_saw_a_provider_without_administrators_brings_none() {
    let provider = StandIn::start().await;
    let (test, _) = server(ALLOWED).await;
    let api = added(&test, &provider, json!([])).await;
    send(&api, "PATCH", "providers/acme", json!({"enabled": false})).await;
    let caller = Caller {
        standing: Arc::new(Standing::with_role(user("nina"), Role::Admin)),
        address: String::new(),
        request_id: "test".to_owned(),
    };
    let name = || "acme".parse().unwrap();
    let enable = EnableProvider { name: name(), brings_admins: false };
    let enable = test.app.access.authorize(&caller, enable).await.unwrap();
    let change = ChangeProvider { name: name(), brings_admins: false };
    let change = test.app.access.authorize(&caller, change).await.unwrap();
    let seen = providers::find(&test.app.store, "acme").await.unwrap().unwrap();

    let meanwhile = send(&api, "PATCH", "providers/acme", json!({"admin_groups": ["ops"]})).await;
    assert_eq!(meanwhile.status, StatusCode::OK, "{}", meanwhile.text());
    let changed = Error::Conflict("this provider changed in the meantime; look again".to_owned());
    assert_eq!(service::enable(&test.app, &enable).await, Err(changed.clone()));
    assert_eq!(service::change(&test.app, &change, seen.settings, None).await, Err(changed));
    let still = send(&api, "GET", "providers/acme", json!(null)).await.json();
    assert_eq!((&still["enabled"], &still["admin_groups"]), (&json!(false), &json!(["ops"])));
}

#[tokio::test]
async fn a_provider_that_is_the_only_way_in_stays_one_that_works() {
    let provider = StandIn::start().await;
    let (test, clock) = server(ALLOWED).await;
    added(&test, &provider, json!(["ops"])).await;
    let ops = come(&test, &provider, "1", json!(["ops"])).await;
    run(&test, "UPDATE principals SET disabled_at = 1 WHERE username = 'mara'").await;
    clock.advance_ms(1_000);
    let set = async |title: &str, secret: &str, admin_groups: &str| {
        let fields = [("title", title), ("url", &provider.issuer), ("client_id", CLIENT), ("client_password", secret)];
        let more = [("open_sign_up", "yes"), ("admin_groups", admin_groups)];
        ops.send(PAGE, "change-provider", &[&fields[..], &more[..]].concat()).await
    };
    assert_eq!(set("Acme and sons", "", "ops").await.status, StatusCode::SEE_OTHER, "it is asked as before");
    assert_eq!(set("Acme", SECRET, "ops").await.status, StatusCode::SEE_OTHER, "nor is the same secret another one");
    let wrong = set("Acme", "a secret that nobody tried", "ops").await;
    assert_eq!(wrong.status, StatusCode::CONFLICT);
    assert!(wrong.text().contains("nobody came by the provider yet as it would be then"), "{}", wrong.text());
    assert_eq!(set("Acme", "", "").await.status, StatusCode::CONFLICT, "the next sign-in would take the role");
    assert_eq!(set("Acme", "", "others").await.status, StatusCode::CONFLICT);
    assert_eq!(set("Acme", "", "others\nops").await.status, StatusCode::SEE_OTHER);
    // Another administrator by a password makes it one way of two.
    run(&test, "UPDATE principals SET disabled_at = NULL WHERE username = 'mara'").await;
    assert_eq!(set("Acme", "a secret that nobody tried", "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_came_by_a_provider_before_it_was_added_again_is_no_way_in_yet() {
    let provider = StandIn::start().await;
    let (test, clock) = server(ALLOWED).await;
    let api = added(&test, &provider, json!([])).await;
    come(&test, &provider, "1", json!([])).await;
    let to = json!({"principal": {"user": "user-1"}, "role": "admin", "scope": "*", "tags": null, "expires_at": null});
    assert_eq!(send(&api, "POST", "grants", to).await.status, StatusCode::CREATED);
    assert_eq!(send(&api, "DELETE", "providers/acme", json!(null)).await.status, StatusCode::NO_CONTENT);
    clock.advance_ms(1_000);
    added(&test, &provider, json!([])).await;
    let disable = async || send(&api, "PATCH", "users/mara", json!({"disabled": true})).await.status;
    assert_eq!(disable().await, StatusCode::CONFLICT, "nobody knows whether it works");
    come(&test, &provider, "1", json!([])).await;
    assert_eq!(disable().await, StatusCode::OK);
}

#[tokio::test]
async fn a_group_of_a_provider_that_makes_the_only_administrator_stays_mapped() {
    let provider = StandIn::start().await;
    let (test, _) = server(ALLOWED).await;
    let api = added(&test, &provider, json!([])).await;
    let group = json!({"name": "keepers", "members": [], "claims": [{"provider": "acme", "value": "keepers"}]});
    assert_eq!(send(&api, "POST", "groups", group).await.status, StatusCode::CREATED);
    let to =
        json!({"principal": {"group": "keepers"}, "role": "admin", "scope": "*", "tags": null, "expires_at": null});
    assert_eq!(send(&api, "POST", "grants", to).await.status, StatusCode::CREATED);
    let keeper = come(&test, &provider, "2", json!(["keepers"])).await;
    let claim = [("provider", "acme"), ("value", "keepers")];
    let unmap = async || keeper.send("/admin/groups/keepers", "unmap-claim", &claim).await;
    run(&test, "UPDATE principals SET disabled_at = 1 WHERE username = 'mara'").await;
    assert_eq!(unmap().await.status, StatusCode::CONFLICT);
    run(&test, "UPDATE principals SET disabled_at = NULL WHERE username = 'mara'").await;
    assert_eq!(unmap().await.status, StatusCode::SEE_OTHER);
    assert_eq!(send(&api, "GET", "groups/keepers", json!(null)).await.json()["claims"], json!([]));
}

/// What the configuration leaves nobody is told at the start, for nothing else asks then.
#[tokio::test]
async fn who_starts_a_server_that_lets_no_administrator_in_is_told() {
    let provider = StandIn::start().await;
    let config = format!("[auth]\nlocal_sign_in = false\n{}", provider.config("admin_groups = [\"ops\"]"));
    let test = TestApp::with(&config, Policy::Grants).await.at_the_door();
    assert!(sign_in::is_locked_out(&test.app).await.unwrap());
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    assert!(sign_in::is_locked_out(&test.app).await.unwrap(), "passwords count for nothing");
    assert!(sign_in::first_run(&test.app).await.unwrap().is_none(), "and there is an administrator already");
    come(&test, &provider, "1", json!(["others", "ops"])).await;
    assert!(!sign_in::is_locked_out(&test.app).await.unwrap());
}
