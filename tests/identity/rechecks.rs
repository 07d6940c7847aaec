//! People who came by a provider are asked about while they are away, by the refresh token that it gave.

use super::providers::{group, server};
use super::resting::token;
use super::revocations::begin;
use super::stand_in::{Refresh, StandIn};
use super::ways_in::Browser;
use crate::support::{OCI_MANIFEST, TestApp};
use axum::http::StatusCode;
use portolan::server::clock::ManualClock;
use portolan::server::identity::rechecking;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

const DAY_MS: i64 = 86_400_000;
/// A token whose owner nobody vouches for is soon seen by a short memory of words: three days.
const RULES: &str = "open_sign_up = true\nadmin_groups = [\"ops\"]";

/// Somebody who signed in by a provider that gave a refresh token: the test's server, and a token of theirs.
async fn signed_in(provider: &StandIn, refresh: Refresh) -> (TestApp, Arc<ManualClock>, String) {
    signed_in_for(3, provider, refresh).await
}

/// The same where the word of a provider counts so many days.
async fn signed_in_for(days: u32, provider: &StandIn, refresh: Refresh) -> (TestApp, Arc<ManualClock>, String) {
    provider.set(|ways| ways.refresh = refresh);
    let (test, clock) = server(&format!("[auth]\nrecheck_days = {days}\n{}", provider.config(RULES))).await;
    group(&test, "devs", &[("acme", "developers")]).await;
    assert_eq!(Browser::of(&test).sign_in(provider).await.status, StatusCode::SEE_OTHER);
    let secret = token(&test, "mara.l").await;
    (test, clock, secret)
}

/// So much later, everybody who is due is asked about.
async fn days_later(test: &TestApp, (clock, provider): (&ManualClock, &StandIn), days: i64) {
    clock.advance_ms(days * DAY_MS + 1);
    provider.set(|ways| ways.now_s += days * DAY_MS / 1000);
    assert!(!rechecking::round(&test.app, &TaskTracker::new()).await.unwrap());
}

async fn is_in(test: &TestApp, secret: &str) -> bool {
    test.showing(&format!("Bearer {secret}")).get("/v2/").await.status == StatusCode::OK
}

async fn rows(test: &TestApp, sql: &'static str) -> usize {
    test.app.store.all(sql, vec![]).await.unwrap().len()
}

async fn n_groups(test: &TestApp) -> usize {
    rows(test, "SELECT user_id FROM group_members WHERE source = 'acme'").await
}

fn n_asked(provider: &StandIn) -> usize {
    provider.read(|ways| ways.n_asked)
}

/// Groups follow while nobody signs in, and a word that is renewed does not grow old.
#[tokio::test]
async fn who_stays_away_is_what_the_provider_says_each_day() {
    let provider = StandIn::start().await;
    let (test, clock, secret) = signed_in(&provider, Refresh::Given(json!({"refresh_expires_in": 0}))).await;
    let client = test.showing(&format!("Bearer {secret}"));
    let by = |path: &'static str| client.get(path);
    assert_eq!((n_groups(&test).await, by("/api/v1/users").await.status), (0, StatusCode::FORBIDDEN));

    provider.claim("groups", json!(["developers", "ops"]));
    clock.advance_ms(DAY_MS / 2);
    provider.set(|ways| ways.now_s += DAY_MS / 2000);
    assert!(!rechecking::round(&test.app, &TaskTracker::new()).await.unwrap());
    assert_eq!(n_asked(&provider), 0, "nobody is asked about twice a day");
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!((n_groups(&test).await, by("/api/v1/users").await.status), (1, StatusCode::OK));

    provider.claim("groups", json!([]));
    for _ in 0..3 {
        days_later(&test, (&clock, &provider), 1).await;
    }
    assert_eq!((n_groups(&test).await, by("/api/v1/users").await.status), (0, StatusCode::FORBIDDEN));
    assert!(is_in(&test, &secret).await, "four days after the sign-in, where three are the most");
    assert_eq!(n_asked(&provider), 4);
    let by_job = "SELECT id FROM audit WHERE action = 'user.follow-provider' AND actor = 'job:recheck'";
    assert_eq!(rows(&test, by_job).await, 2, "what changed is on record, and by whom");
}

#[tokio::test]
async fn who_is_vouched_for_no_more_is_out_until_they_come_again() {
    let provider = StandIn::start().await;
    let (test, clock, secret) = signed_in(&provider, Refresh::Given(Value::Null)).await;
    let mut browser = Browser::of(&test);
    browser.sign_in(&provider).await;
    assert!(browser.is("mara.l").await && is_in(&test, &secret).await);

    provider.set(|ways| ways.refresh = Refresh::Over);
    days_later(&test, (&clock, &provider), 1).await;
    let refused = test.showing(&format!("Bearer {secret}")).get("/v2/").await;
    assert_eq!(refused.refusal(), "401 UNAUTHORIZED");
    assert!(refused.text().contains("Acme was asked again and vouches no more"), "{}", refused.text());
    assert_eq!(rows(&test, "SELECT id FROM sessions").await, 0, "not even asleep");
    assert!(browser.is_out().await);
    let record = "SELECT id FROM audit WHERE action = 'user.rest' AND after = '2 sessions ended'";
    assert_eq!(rows(&test, record).await, 1);
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!(n_asked(&provider), 1, "there is nothing to ask by");

    provider.set(|ways| ways.refresh = Refresh::None);
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert!(is_in(&test, &secret).await, "nothing of theirs is lost");
}

/// AUTH-13: a push whose body comes while the provider takes its word back leaves nothing.
#[tokio::test]
async fn who_is_vouched_for_no_more_completes_nothing() {
    let provider = StandIn::start().await;
    provider.claim("groups", json!(["ops"]));
    let (test, clock, secret) = signed_in_for(30, &provider, Refresh::Given(Value::Null)).await;
    let client = test.showing(&format!("Bearer {secret}"));
    let image = client.image("team/web", "amd64", b"layer").await;
    let slow = begin(&client, "PUT", "/v2/team/web/manifests/v1", OCI_MANIFEST).await;
    provider.set(|ways| ways.refresh = Refresh::Over);
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!(slow.end(&image).await.refusal(), "401 UNAUTHORIZED");
}

#[tokio::test]
async fn a_provider_that_is_down_or_lies_changes_nothing() {
    let provider = StandIn::start().await;
    provider.claim("groups", json!(["developers"]));
    let (test, clock, secret) = signed_in_for(30, &provider, Refresh::Given(Value::Null)).await;
    let answers = [
        (500, json!({})),
        (503, json!({"error": "invalid_grant"})),
        (429, json!({"error": "slow_down"})),
        (401, json!({"error": "invalid_client"})),
        (200, json!({"access_token": "x"})),
        (200, json!([])),
    ];
    for answer in answers {
        provider.set(|ways| ways.token_answer = Some(answer.clone()));
        days_later(&test, (&clock, &provider), 1).await;
        provider.set(|ways| ways.token_answer = None);
        assert!(is_in(&test, &secret).await && n_groups(&test).await == 1, "{answer:?}");
    }
    provider.claim("groups", json!([]));
    provider.claim("sub", json!("2"));
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!(n_asked(&provider), 1);
    assert!(is_in(&test, &secret).await && n_groups(&test).await == 1, "that is somebody else");
    provider.claim("sub", json!("1"));
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!(n_groups(&test).await, 0, "by what it gave with the lie, it is asked again");
}

#[tokio::test]
async fn what_it_gives_to_ask_again_by_is_kept_before_the_rest_is_read() {
    let provider = StandIn::start().await;
    provider.claim("groups", Value::Null);
    provider.set(|ways| drop(ways.userinfo.insert("groups".into(), json!(["developers"]))));
    let (test, clock, secret) = signed_in(&provider, Refresh::Halfway).await;
    assert_eq!(n_groups(&test).await, 1);
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!((n_asked(&provider), n_groups(&test).await), (1, 1));
    // It says that it vouches, and nothing else: groups stay what they were.
    provider.set(|ways| (ways.refresh, ways.userinfo) = (Refresh::Bare, serde_json::Map::new()));
    for _ in 0..3 {
        days_later(&test, (&clock, &provider), 1).await;
    }
    assert_eq!((n_asked(&provider), n_groups(&test).await), (4, 1));
    assert!(is_in(&test, &secret).await);
    // It says who they are without an id_token.
    provider.set(|ways| drop(ways.userinfo.insert("groups".into(), json!("others"))));
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!(n_groups(&test).await, 0);
}

/// Such as Keycloak's without `offline_access`: it ends with a session there, of which Portolan knows nothing.
#[tokio::test]
async fn a_refresh_token_that_ends_within_hours_is_not_kept() {
    let provider = StandIn::start().await;
    let (test, clock, secret) = signed_in(&provider, Refresh::Given(json!({"refresh_expires_in": 1800}))).await;
    provider.set(|ways| ways.refresh = Refresh::Over);
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!(n_asked(&provider), 0);
    assert!(is_in(&test, &secret).await);
    assert_eq!(rows(&test, "SELECT subject FROM identities WHERE refresh_token IS NOT NULL").await, 0);
}

/// OpenID Connect Core, section 11: who gives what lasts while they are away agrees to it.
#[tokio::test]
async fn who_is_asked_for_what_lasts_is_asked_to_agree() {
    let provider = StandIn::start().await;
    for (scopes, asks) in [("", false), ("scopes = [\"openid\", \"offline_access\"]", true)] {
        let (test, _) = super::providers::server(&provider.config(scopes)).await;
        let to = Browser::of(&test).begin("/auth/provider/acme").await;
        assert_eq!(to.contains("prompt=consent"), asks, "{to}");
    }
}

#[tokio::test]
async fn nobody_asks_about_who_is_not_let_in_or_with_what_was_given_to_another_client() {
    let provider = StandIn::start().await;
    let (test, clock, _) = signed_in(&provider, Refresh::Given(Value::Null)).await;
    super::run(&test, "UPDATE principals SET disabled_at = 1 WHERE username = 'mara.l'").await;
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!(n_asked(&provider), 0);
    super::run(&test, "UPDATE principals SET disabled_at = NULL").await;
    super::run(&test, "UPDATE identities SET subject = '2'").await;
    days_later(&test, (&clock, &provider), 1).await;
    assert_eq!(n_asked(&provider), 0, "it was sealed for another subject");
    assert_eq!(rows(&test, "SELECT subject FROM identities WHERE refresh_token IS NOT NULL").await, 0);
}

/// A refusal that was on its way when they signed in says nothing of who they are since.
#[tokio::test]
async fn who_signs_in_while_their_provider_is_asked_stays_in() {
    let provider = StandIn::start().await;
    let (test, clock, secret) = signed_in(&provider, Refresh::Given(Value::Null)).await;
    let (hold, asked) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    provider.set(|ways| (ways.refresh, ways.hold) = (Refresh::Over, Some((Arc::clone(&asked), Arc::clone(&hold)))));
    let meanwhile = async {
        let _ = asked.acquire().await.unwrap();
        provider.set(|ways| ways.refresh = Refresh::Given(Value::Null));
        let mut browser = Browser::of(&test);
        assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
        hold.add_permits(1);
        browser
    };
    let (_, mut browser) = tokio::join!(days_later(&test, (&clock, &provider), 1), meanwhile);
    assert_eq!(n_asked(&provider), 1);
    assert!(browser.is("mara.l").await && is_in(&test, &secret).await);
}
