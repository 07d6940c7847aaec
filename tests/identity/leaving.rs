//! Signing out, and signing out at the provider too.

use super::providers::server;
use super::stand_in::StandIn;
use super::ways_in::Browser;
use super::{PASSWORD, cookie_of, form};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A provider that says this of where browsers sign out.
async fn leaving(endpoint: impl FnOnce(&str) -> Value) -> StandIn {
    let provider = StandIn::start().await;
    let endpoint = endpoint(&provider.issuer);
    provider.set(|ways| drop(ways.discovery.insert("end_session_endpoint".to_owned(), endpoint)));
    provider
}

/// Signs in by the provider and out again; where that leads, and what stands there.
async fn left(provider: &StandIn) -> (String, String) {
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let mut browser = Browser::of(&test);
    assert_eq!(browser.sign_in(provider).await.status, StatusCode::SEE_OTHER);
    let session = format!("portolan={}", browser.cookie("portolan").unwrap());
    let out = form(&test, "/auth/logout", &session, &[]).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert!(out.header("set-cookie").starts_with("portolan=;"), "{}", out.header("set-cookie"));
    assert!(browser.is_out().await, "the session is over, whoever keeps its cookie");
    let to = out.header("location").to_owned();
    let page = test.get(&to).await;
    assert_eq!(page.status, StatusCode::OK);
    (to, page.text())
}

#[tokio::test]
async fn who_signs_out_here_may_sign_out_at_the_provider_too() {
    let provider = leaving(|issuer| json!(format!("{issuer}/logout?a=b"))).await;
    let (to, page) = left(&provider).await;
    assert_eq!(to, "/auth/login?left=acme");
    assert!(page.contains("You are signed out of Portolan.") && page.contains("Sign out at Acme too"), "{page}");
    let back = "http%3A%2F%2F127.0.0.1%3A8080%2Fauth%2Flogin";
    let issuer = &provider.issuer;
    let leads = format!("{issuer}/logout?a=b&amp;client_id=portolan-client&amp;post_logout_redirect_uri={back}");
    assert!(page.contains(&format!("href=\"{leads}\"")), "{leads} in {page}");
}

#[tokio::test]
async fn nobody_is_led_to_what_is_no_place_to_sign_out() {
    for odd in [json!(null), json!(""), json!(7), json!("javascript:alert(1)"), json!("http://elsewhere.example/out")] {
        let provider = leaving(|_| odd.clone()).await;
        let (_, page) = left(&provider).await;
        assert!(page.contains("You are signed out of Portolan.") && !page.contains("Sign out at"), "{odd}: {page}");
    }
    let provider = leaving(|issuer| json!(format!("{issuer}/logout"))).await;
    let (test, _) = server(&provider.config("")).await;
    let by_password = form(&test, "/auth/logout", &cookie_of(&test, "mara", PASSWORD).await, &[]).await;
    assert_eq!(by_password.header("location"), "/auth/login", "who came by a password has nowhere else to sign out");
    for made_up in ["none", "https://evil.example", "//evil.example", ""] {
        let path = format!(
            "/auth/login?left={}",
            url::form_urlencoded::byte_serialize(made_up.as_bytes()).collect::<String>()
        );
        let page = test.get(&path).await.text();
        assert!(!page.contains("You are signed out") && !page.contains("evil.example"), "{page}");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_keeps_nobody_from_signing_out() {
    let provider = leaving(|issuer| json!(format!("{issuer}/logout"))).await;
    let (test, clock) = server(&provider.config("open_sign_up = true")).await;
    let mut browser = Browser::of(&test);
    browser.sign_in(&provider).await;
    clock.advance_ms(3_600_001);
    provider.set(|ways| ways.is_down = true);
    let session = format!("portolan={}", browser.cookie("portolan").unwrap());
    let out = form(&test, "/auth/logout", &session, &[]).await;
    let page = test.get(out.header("location")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("You are signed out of Portolan.") && !page.text().contains("Sign out at"));
    assert!(browser.is_out().await);
}
