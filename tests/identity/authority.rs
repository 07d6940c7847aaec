//! The authority over keys that sign tokens, and keys that follow one another.

use super::{PASSWORD, basic, with};
use crate::support::{START, TestApp, choices};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::future::join_all;
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::config::Config;
use portolan::server::identity::sign_in;
use portolan::server::secret::Secret;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

const DAY_MS: i64 = 86_400_000;

async fn token(test: &TestApp) -> String {
    let answer =
        with(test, "GET", "/token?scope=registry:catalog:*", ("authorization", &basic("mara", PASSWORD))).await;
    format!("Bearer {}", answer.json()["token"].as_str().expect("a token"))
}

fn header(token: &str) -> Value {
    let head = token.trim_start_matches("Bearer ").split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap()
}

async fn counts(test: &TestApp, token: &str) -> bool {
    with(test, "GET", "/v2/", ("authorization", token)).await.status == StatusCode::OK
}

async fn names(test: &TestApp) -> Vec<String> {
    let keys = test.get("/token/jwks.json").await.json();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// AUTH-15: also at another node, which learns of a key by the first token that it signed.
#[tokio::test]
async fn keys_follow_one_another_and_what_they_signed_counts_to_its_end() {
    let clock = Arc::new(ManualClock::new(START));
    let test = TestApp::build("", choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), Secret::from(PASSWORD.to_owned()))
        .await
        .unwrap();
    let authority = test.get("/token/ca.pem").await.text();
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----\n") && !authority.contains("PRIVATE"), "{authority}");
    clock.advance_ms(30 * DAY_MS - 60_000);
    let before = token(&test).await;
    clock.advance_ms(120_000);
    let after = token(&test).await;
    let (old, new) = (header(&before), header(&after));
    assert_ne!((&old["kid"], &old["x5c"]), (&new["kid"], &new["x5c"]), "30 days are over");
    assert_eq!(names(&test).await, [new["kid"].as_str().unwrap(), old["kid"].as_str().unwrap()]);
    assert!(counts(&test, &before).await && counts(&test, &after).await);
    assert_eq!(test.get("/token/ca.pem").await.text(), authority, "registries trust what follows");

    clock.advance_ms(20 * 60_000);
    assert!(counts(&test, &before).await && counts(&test, &token(&test).await).await);
    clock.advance_ms(60 * 60_000);
    assert!(!counts(&test, &before).await);
    assert_eq!(names(&test).await, [new["kid"].as_str().unwrap()], "the one before has had its time");
}

/// Two servers over one database, each by its clock, of which the first has an administrator.
async fn nodes(folder: &Path, clocks: [&Arc<ManualClock>; 2]) -> [TestApp; 2] {
    let database = match crate::support::postgres::schema_of_its_own().await {
        Some(url) => url,
        None => format!("sqlite:{}", folder.join("shared.db").display()),
    };
    let key_file = folder.join("shared.key").display().to_string();
    let text = format!("[database]\nurl = \"{database}\"\n[auth]\nkey_file = \"{key_file}\"");
    let dir = ("PORTOLAN_DATA__DIR".to_owned(), folder.display().to_string());
    let config = Config::from_parts(Some((Path::new("test.toml"), &text)), [dir].into_iter()).unwrap();
    let base = TestApp::new().await;
    let one = TestApp::over(&config, choices(Policy::Grants, clocks[0].clone()), &base).await;
    sign_in::admin_by_configuration(&one.app, "mara".parse().unwrap(), Secret::from(PASSWORD.to_owned()))
        .await
        .unwrap();
    [one, TestApp::over(&config, choices(Policy::Grants, clocks[1].clone()), &base).await]
}

/// They agree on who signs, whichever of them put it in force.
#[tokio::test]
async fn nodes_agree_on_the_keys_by_their_database() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(START)));
    let [one, other] = nodes(folder.path(), [&clock, &clock]).await;
    assert_eq!(names(&one).await, names(&other).await);
    assert_eq!(one.get("/token/ca.pem").await.text(), other.get("/token/ca.pem").await.text());
    let early = token(&other).await;
    clock.advance_ms(31 * DAY_MS);
    let late = token(&one).await;
    assert_ne!(header(&late)["kid"], header(&early)["kid"]);
    assert!(counts(&other, &late).await, "a key that is new is looked up");
    assert_eq!(header(&token(&other).await)["kid"], header(&late)["kid"], "and nobody puts a third in force");
}

/// A clock that is ahead makes no token that counts early, and no key that the others do not sign by.
#[tokio::test]
async fn what_a_clock_signs_that_is_ahead_counts_when_its_time_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let [clock, ahead] = [START, START].map(|start| Arc::new(ManualClock::new(start)));
    let [one, other] = nodes(folder.path(), [&clock, &ahead]).await;
    ahead.advance_ms(20_000);
    assert!(counts(&one, &token(&other).await).await, "clocks differ a little");
    ahead.advance_ms(31 * DAY_MS);
    let early = token(&one).await;
    let late = token(&other).await;
    assert_ne!(header(&late)["kid"], header(&early)["kid"], "its 30 days are over there");
    assert!(counts(&other, &late).await && !counts(&one, &late).await, "there is no such day here yet");
    assert!(counts(&one, &early).await);
    clock.advance_ms(120_000);
    let next = token(&one).await;
    assert_eq!(header(&next)["kid"], header(&late)["kid"], "there is one key that signs");
    assert!(counts(&one, &next).await);
}

/// Of many who want the keys at once one reads them, and at the end of one puts the next in force.
#[tokio::test]
async fn many_who_sign_at_once_put_one_key_in_force() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(START)));
    let [one, _other] = nodes(folder.path(), [&clock, &clock]).await;
    clock.advance_ms(31 * DAY_MS);
    let before = one.app.store.statements();
    let sets = join_all((0..50).map(|_| one.app.identity.signing.key_set())).await;
    assert!(one.app.store.statements() - before <= 2, "{}", one.app.store.statements() - before);
    let first = sets[0].as_ref().unwrap();
    assert_eq!(first["keys"].as_array().unwrap().len(), 2, "the one before has its hour");
    assert!(sets.iter().all(|set| set.as_ref().unwrap() == first));
}

/// A token carries the certificate of its key, and nothing by which anybody could sign.
#[tokio::test]
async fn a_token_carries_the_certificate_of_its_key() {
    let test = super::with_admin().await;
    let head = header(&token(&test).await);
    let chain = head["x5c"].as_array().unwrap();
    let certificate = STANDARD.decode(chain[0].as_str().unwrap()).unwrap();
    let jwk = &test.get("/token/jwks.json").await.json()["keys"][0];
    let point = ["x", "y"].map(|name| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()).concat();
    assert_eq!((chain.len(), head["alg"].as_str()), (1, Some("ES256")));
    assert!(certificate.windows(point.len()).any(|part| part == point), "it is about the key of that name");
    assert!(head["jwk"].is_null() && head["jku"].is_null() && jwk["d"].is_null());
}
