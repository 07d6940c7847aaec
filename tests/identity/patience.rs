//! What strangers cannot make a server do by signing in again and again: ask a provider that is down, fill tables, or
//! write records of nothing.

use super::providers::server;
use super::stand_in::StandIn;
use super::ways_in::Browser;
use super::{PASSWORD, basic};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_provider_that_is_down_is_not_asked_for_every_click() {
    let provider = StandIn::start().await;
    let (test, clock) = server(&provider.config("open_sign_up = true")).await;
    provider.set(|ways| ways.is_down = true);
    for _ in 0..3 {
        let refused = test.get("/auth/provider/acme").await;
        assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{}", refused.text());
        assert!(refused.text().contains("cannot be reached at the moment"));
    }
    assert_eq!(provider.n_discoveries(), 1);
    provider.set(|ways| ways.is_down = false);
    clock.advance_ms(6_000);
    assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.n_discoveries(), 2);
}

#[tokio::test]
async fn who_begins_more_than_anybody_needs_pushes_nobody_out() {
    let provider = StandIn::start().await;
    let (test, clock) = server(&provider.config("open_sign_up = true")).await;
    let mut browser = Browser::of(&test);
    let first = provider.approve(&browser.begin("/auth/provider/acme").await);
    for _ in 0..510 {
        clock.advance_ms(1);
        assert_eq!(test.get("/auth/provider/acme").await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(browser.get(&first).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(&first).await.status, StatusCode::FORBIDDEN, "and nothing ends twice");
    let ended = async || test.app.store.all("SELECT state FROM ended_attempts", vec![]).await.unwrap().len();
    for _ in 0..510 {
        let back = provider.approve(&browser.begin("/auth/provider/acme").await);
        test.get(&back).await;
    }
    assert!(ended().await <= 500, "nor does whoever ends them fill a table");
}

/// What a stranger brings reaches the provider as one code of the browser that asked, and few times in vain.
#[tokio::test]
async fn codes_that_are_made_up_are_shown_to_a_provider_few_times_a_minute() {
    let provider = StandIn::start().await;
    let (test, clock) = server(&provider.config("open_sign_up = true")).await;
    let n_shown = || provider.read(|ways| ways.n_shown);
    let mut browser = Browser::of(&test);
    let mut back = provider.approve(&browser.begin("/auth/provider/acme").await);
    let (path, state) = back.split_once("&state=").unwrap();
    let broken = format!("{path}&state={}", state.replace(|c: char| c.is_ascii_digit(), "x"));
    assert_eq!(Browser::of(&test).get(&back).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get(&back).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get(&broken).await.status, StatusCode::FORBIDDEN);
    assert_eq!(n_shown(), 0, "the browser is looked at first, and what it was sent with");
    for _ in 0..30 {
        back = provider.approve(&browser.begin("/auth/provider/acme").await).replace("code=", "code=made-up-");
        assert_eq!(browser.get(&back).await.status, StatusCode::FORBIDDEN);
    }
    back = provider.approve(&browser.begin("/auth/provider/acme").await);
    let refused = browser.get(&back).await;
    assert_eq!((refused.status, n_shown()), (StatusCode::TOO_MANY_REQUESTS, 30), "{}", refused.text());
    assert!(!refused.header("retry-after").is_empty());
    clock.advance_ms(60_000);
    for _ in 0..40 {
        assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::SEE_OTHER, "who is right, always");
    }
}

#[tokio::test]
async fn a_sign_in_that_changes_nothing_leaves_no_record_of_groups() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let n_records = async || {
        let sql = "SELECT id FROM audit WHERE action = 'user.follow-provider'";
        test.app.store.all(sql, vec![]).await.unwrap().len()
    };
    for (groups, n) in
        [(json!(["a"]), 1), (json!(["a"]), 1), (json!(["a", "b"]), 2), (json!(["b", "a"]), 2), (json!([]), 3)]
    {
        provider.claim("groups", groups);
        assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::SEE_OTHER);
        assert_eq!(n_records().await, n);
    }
    let many: Vec<String> = (0..1500).map(|n| format!("group-{n}-{}", "x".repeat(30))).collect();
    provider.claim("groups", json!(many));
    assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    let log = test.showing(&basic("mara", PASSWORD)).get("/api/v1/activity").await.text();
    assert!(log.contains("and 1450 more") && log.len() < 20_000, "{}", log.len());
}

/// C4: an address that the provider does not vouch for is what somebody says of themselves.
#[tokio::test]
async fn an_address_that_nobody_verified_is_not_shown_to_who_lets_people_in() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("")).await;
    let mara = super::console::Browser::of(&test, "mara").await;
    provider.claim("email", json!("boss@acme.dev"));
    for (verified, is_shown) in [(json!(true), true), (json!("true"), false), (json!(false), false)] {
        provider.claim("email_verified", verified.clone());
        Browser::of(&test).sign_in(&provider).await;
        let page = mara.get("/admin/users").await.text();
        assert!(page.contains("Mara Lindqvist") && page.contains("boss@acme.dev") == is_shown, "{verified}: {page}");
        let told = test.showing(&basic("mara", PASSWORD)).get("/api/v1/waiting").await.text();
        assert!(told.contains("Mara Lindqvist") && told.contains("boss@acme.dev") == is_shown, "{verified}: {told}");
    }
    // Nobody is found by it either: access is given by addresses.
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    let users = test.showing(&basic("mara", PASSWORD)).get("/api/v1/users").await.text();
    assert!(users.contains("Mara Lindqvist") && !users.contains("boss@acme.dev"), "{users}");
}
