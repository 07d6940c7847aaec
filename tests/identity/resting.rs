//! Tokens and sessions of people who are here by a provider's word: they rest when it is old, or not in force.

use super::providers::server;
use super::stand_in::StandIn;
use super::ways_in::Browser;
use super::{PASSWORD, basic};
use crate::support::{START, TestApp, choices, decides};
use axum::http::StatusCode;
use portolan::domain::Timestamp;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::config::Config;
use portolan::server::identity::secrets::{self, Kind};
use portolan::server::store::principals;
use portolan::server::store::tokens::{self, NewToken};
use serde_json::json;
use std::path::Path;

const DAY_MS: i64 = 86_400_000;

/// A token of a user, made by the tables.
pub(super) async fn token(test: &TestApp, username: &str) -> String {
    let secret = secrets::new(Kind::Personal, &*test.app.entropy);
    let owner = principals::by_username(&test.app.store, &username.parse().unwrap()).await.unwrap().unwrap();
    let fingerprint = secrets::fingerprint(&secret);
    let id = fingerprint[..8].to_owned();
    let new = NewToken { id, principal_id: owner.id, name: "ci".into(), fingerprint, bound: None, expires_at: None };
    let proof = decides(Policy::Grants).system(Job::SignIn, Maintain {});
    let write = test.app.store.note(&proof, move |tx| Box::pin(async move { tokens::insert(tx, &new, START).await }));
    write.await.unwrap();
    secret.expose().to_owned()
}

/// What clients show is worth something for as long as somebody vouches for its owner.
#[tokio::test]
async fn a_token_rests_when_its_owner_has_not_signed_in_for_long() {
    let provider = StandIn::start().await;
    let config =
        format!("[auth]\nrecheck_days = 3\nsession_idle_s = 864000\n{}", provider.config("open_sign_up = true"));
    let (test, clock) = server(&config).await;
    let mut browser = Browser::of(&test);
    browser.sign_in(&provider).await;
    let secret = token(&test, "mara.l").await;
    let client = test.showing(&format!("Bearer {secret}"));
    let short = client.get("/token?scope=repository:team/web:pull").await.json()["token"].as_str().unwrap().to_owned();
    let by_short = test.showing(&format!("Bearer {short}"));
    assert_eq!((client.get("/v2/").await.status, by_short.get("/v2/").await.status), (StatusCode::OK, StatusCode::OK));

    clock.advance_ms(3 * DAY_MS);
    let refused = client.get("/v2/").await;
    assert_eq!(refused.refusal(), "401 UNAUTHORIZED");
    assert!(refused.text().contains("rests") && refused.text().contains("Acme for 3 days"), "{}", refused.text());
    assert!(refused.header("www-authenticate").starts_with("Bearer realm="));
    assert!(test.showing(&basic("mara.l", &secret)).get("/token").await.text().contains("rests"));
    assert_eq!(client.get("/api/v1/users").await.status, StatusCode::UNAUTHORIZED);
    assert!(browser.is_out().await, "so do sessions");
    assert_eq!(test.showing(&basic("mara", PASSWORD)).get("/v2/").await.status, StatusCode::OK, "others do not");

    provider.set(|ways| ways.now_s += 3 * DAY_MS / 1000);
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(client.get("/v2/").await.status, StatusCode::OK, "nothing of theirs is lost");
}

/// What `before` left, under another configuration.
async fn again(before: &TestApp, config: &str) -> TestApp {
    let folder = before.folder.path().display().to_string();
    let settings = vec![("PORTOLAN_DATA__DIR".to_owned(), folder)];
    let config = Config::from_parts(Some((Path::new("test.toml"), config)), settings.into_iter()).unwrap();
    let clock = std::sync::Arc::new(portolan::server::clock::ManualClock::new(Timestamp(START.0 + 1000)));
    TestApp::over(&config, choices(Policy::Grants, clock), before).await
}

/// A provider that is gone, or that is another one by the same name, vouches for nobody.
#[tokio::test]
async fn who_came_by_a_provider_that_is_gone_is_out() {
    if crate::support::postgres::schema_of_its_own().await.is_some() {
        return; // The second server takes the folder of the first, which is SQLite.
    }
    let (provider, other) = (StandIn::start().await, StandIn::start().await);
    let config = provider.config("open_sign_up = true\nadmin_groups = [\"ops\"]");
    let (test, _) = server(&config).await;
    provider.claim("groups", json!(["ops"]));
    Browser::of(&test).sign_in(&provider).await;
    let secret = token(&test, "mara.l").await;
    for (config, status) in [
        (config.as_str(), StatusCode::OK),
        ("", StatusCode::UNAUTHORIZED),
        (&other.config(""), StatusCode::UNAUTHORIZED),
        (&provider.provider("renamed", ""), StatusCode::UNAUTHORIZED),
    ] {
        let test = again(&test, config).await;
        let answer = test.showing(&format!("Bearer {secret}")).get("/api/v1/users").await;
        assert_eq!(answer.status, status, "{config}: {}", answer.text());
        assert!(status == StatusCode::OK || answer.text().contains("in force no more"), "{}", answer.text());
    }
    // A password is another way in, for which nothing counts that the provider said.
    let hash = test.app.identity.passwords.hash(&PASSWORD.to_owned().into()).await.unwrap();
    let owner = principals::by_username(&test.app.store, &"mara.l".parse().unwrap()).await.unwrap().unwrap();
    let proof = decides(Policy::Grants).system(Job::SignIn, Maintain {});
    let write = test
        .app
        .store
        .note(&proof, move |tx| Box::pin(async move { principals::set_password(tx, &owner.id, &hash, START).await }));
    write.await.unwrap();
    let by_password = again(&test, "").await.showing(&basic("mara.l", PASSWORD));
    assert_eq!(by_password.get("/v2/").await.status, StatusCode::OK);
    assert_eq!(by_password.get("/api/v1/users").await.status, StatusCode::FORBIDDEN);
    let by_both = again(&test, &config).await.showing(&basic("mara.l", PASSWORD));
    assert_eq!(by_both.get("/api/v1/users").await.status, StatusCode::OK);
    // Under its new name it brings the same people, with what it says of them now.
    let test = again(&test, &provider.provider("renamed", "")).await;
    let mut browser = Browser::of(&test);
    let location = browser.begin("/auth/provider/renamed").await;
    assert_eq!(browser.get(&provider.approve(&location)).await.status, StatusCode::SEE_OTHER);
    assert!(browser.is("mara.l").await);
    assert_eq!(browser.get("/admin/mounts").await.status, StatusCode::FORBIDDEN, "nobody is an administrator by it");
    assert_eq!(test.showing(&format!("Bearer {secret}")).get("/v2/").await.status, StatusCode::OK);
}
