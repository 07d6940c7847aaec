//! What whoever tries a provider learns of what answers at an address that they typed: which of the known things is
//! wrong with it, and nothing that it says.

use super::api::send;
use super::providers::server;
use super::stand_in::{CLIENT, SECRET, StandIn};
use super::ways_in::Browser;
use super::{PASSWORD, basic, cookie_of};
use crate::support::TestApp;
use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

const ALLOWED: &str = "[limits]\noutbound_allow = [\"127.0.0.0/8\"]\n";
/// What only who reaches the inside may read.
const PLANTED: &str = "planted-9f2c";
const TRY: &str = "/auth/provider/acme?try=yes";

async fn set(test: &TestApp, method: &str, path: &str, issuer: &str) {
    let api = test.showing(&basic("mara", PASSWORD));
    let mut body = json!({"issuer": issuer, "client_secret": SECRET});
    if method == "POST" {
        body["name"] = json!("acme");
        body["kind"] = json!("oidc");
        body["client_id"] = json!(CLIENT);
    }
    let done = send(&api, method, path, body).await;
    assert!(done.status.is_success(), "{}", done.text());
}

async fn mara(test: &TestApp) -> Browser<'_> {
    let mut browser = Browser::of(test);
    browser.carry(&cookie_of(test, "mara", PASSWORD).await);
    browser
}

/// A page that says this, and nothing of what was planted.
async fn assert_told(browser: &mut Browser<'_>, path: &str, words: &str) {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{words}: {}", page.text());
    assert!(page.text().contains(words), "{words}: {}", page.text());
    assert!(!page.text().contains(PLANTED), "{words}: {}", page.text());
}

#[tokio::test]
async fn what_a_provider_says_of_itself_is_not_repeated() {
    let provider = StandIn::start().await;
    let (test, _) = server(ALLOWED).await;
    set(&test, "POST", "providers", &provider.issuer).await;
    let mut mara = mara(&test).await;
    for (member, value, words) in [
        ("issuer", json!(PLANTED), "its issuer is another one"),
        ("issuer", json!(format!("https://other.example/?{PLANTED}")), "its issuer is another one"),
        ("issuer", json!("https://other.example"), "its issuer is https://other.example"),
        ("jwks_uri", json!(PLANTED), "its discovery document has a member that is not what it should be"),
        ("issuer", json!({PLANTED: PLANTED}), "its discovery document has a member"),
        ("token_endpoint", json!(format!("http://{PLANTED}.example")), "its token_endpoint is not https"),
    ] {
        provider.set(|ways| ways.discovery = [(member.to_owned(), value)].into_iter().collect());
        assert_told(&mut mara, TRY, words).await;
    }
}

#[tokio::test]
async fn what_a_provider_says_of_somebody_is_not_repeated_where_it_is_wrong() {
    let provider = StandIn::start().await;
    let (test, _) = server(ALLOWED).await;
    set(&test, "POST", "providers", &provider.issuer).await;
    let mut mara = mara(&test).await;
    let error = |error: &str| json!({"error": error, "error_description": PLANTED});
    // Its head names an algorithm called so.
    let token = "eyJhbGciOiJwbGFudGVkLTlmMmMifQ.e30.c2ln";
    let tokens = json!({"access_token": PLANTED, "token_type": "Bearer", "id_token": token});
    let answers: [(u16, Value, &str); 5] = [
        (400, error(PLANTED), "its token endpoint said no, without a reason that is known"),
        (400, error("invalid_scope"), "its token endpoint said invalid_scope"),
        (400, error("invalid_grant"), "it refused the code"),
        (200, json!({PLANTED: PLANTED}), "its token endpoint answered 200 with something unreadable"),
        (200, tokens, "signed by an algorithm that does not count"),
    ];
    for (status, answer, words) in answers {
        provider.set(|ways| ways.token_answer = Some((status, answer)));
        let back = provider.approve(&mara.begin(TRY).await);
        assert_told(&mut mara, &back, words).await;
    }
}

#[tokio::test]
async fn what_is_no_provider_is_not_read_out() {
    let status = Arc::new(AtomicU16::new(200));
    let answers = Arc::clone(&status);
    let router =
        Router::new().fallback(async move || (StatusCode::from_u16(answers.load(Ordering::Relaxed)).unwrap(), PLANTED));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (test, _) = server(ALLOWED).await;
    set(&test, "POST", "providers", &inside).await;
    let mut browser = mara(&test).await;
    for (answer, words) in [
        (200, "its discovery document is no JSON"),
        (404, "its discovery document answered 404"),
        (500, "it cannot be reached: it answered 500"),
    ] {
        status.store(answer, Ordering::Relaxed);
        assert_told(&mut browser, TRY, words).await;
    }
    // Where nobody may go, not even the address is told that a name stands for.
    let (shut, _) = server("").await;
    set(&shut, "POST", "providers", &inside.replace("127.0.0.1", "localhost")).await;
    let page = mara(&shut).await.get(TRY).await.text();
    assert!(page.contains("its address is not public") && page.contains("limits.outbound_allow"), "{page}");
}
