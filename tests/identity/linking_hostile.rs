//! Who would link what is not theirs: sign-ins that come back in another session, or in another browser.

use super::api::user;
use super::console::Browser as Console;
use super::linking::{ACCOUNT, invited, is, linked, signed_in};
use super::providers::server;
use super::stand_in::{CLIENT, SECRET, StandIn};
use super::ways_in::Browser;
use super::{PASSWORD, basic};
use crate::support::TestApp;
use axum::http::StatusCode;

const LINK: [(&str, &str); 1] = [("provider", "acme")];

/// How many identities are linked to anybody.
async fn n_linked(test: &TestApp) -> usize {
    test.app.store.all("SELECT subject FROM identities", vec![]).await.unwrap().len()
}

#[tokio::test]
async fn what_another_session_began_links_nothing_whoever_comes_back_with_it() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("")).await;
    user(&test.showing(&basic("mara", PASSWORD)), "eve").await;
    let (mut eve, mut mara) = (signed_in(&test, "eve").await, signed_in(&test, "mara").await);
    // Her own identity to mara's account, and mara's to hers: with the state alone, and with the cookie planted besides.
    for plants in [false, true] {
        let back = provider.approve(&eve.begin_by_form(ACCOUNT, "link-identity", &LINK).await);
        if plants {
            let attempt = eve.cookie("portolan-attempt").unwrap().to_owned();
            mara.carry(&format!("portolan-attempt={attempt}"));
        }
        let refused = mara.get(&back).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{plants}: {}", refused.text());
        assert!(refused.text().contains("was not begun in this browser"), "{}", refused.text());
        assert_eq!(n_linked(&test).await, 0, "{plants}");
        assert_eq!(eve.get(&back).await.status, StatusCode::FORBIDDEN, "and it is used up");
        assert_eq!(n_linked(&test).await, 0, "{plants}");
    }
    let mut nobody = Browser::of(&test);
    let back = provider.approve(&eve.begin_by_form(ACCOUNT, "link-identity", &LINK).await);
    nobody.carry(&format!("portolan-attempt={}", eve.cookie("portolan-attempt").unwrap()));
    assert_eq!(nobody.get(&back).await.status, StatusCode::FORBIDDEN, "who is signed in nowhere links to nobody");
    // A session that ended meanwhile, and another one of the same account in its place.
    let back = provider.approve(&eve.begin_by_form(ACCOUNT, "link-identity", &LINK).await);
    let other = signed_in(&test, "eve").await;
    eve.carry(&format!("portolan={}", other.cookie("portolan").unwrap()));
    assert_eq!(eve.get(&back).await.status, StatusCode::FORBIDDEN);
    assert_eq!(n_linked(&test).await, 0);
    assert_eq!(linked(&mut eve, &provider, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_way_in_is_linked_by_a_form_of_the_console_and_once() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let mut mara = signed_in(&test, "mara").await;
    let back = provider.approve(&mara.begin_by_form(ACCOUNT, "link-identity", &LINK).await);
    assert_eq!(mara.get(&back).await.status, StatusCode::SEE_OTHER);
    assert_eq!(mara.get(&back).await.status, StatusCode::FORBIDDEN, "a code that comes again is worth nothing");
    // A sign-in is none, in whatever session it ends.
    is(&provider, "2");
    assert_eq!(mara.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert!(mara.is("user-2").await, "it is somebody else's");
    // Whose identity is another account's keeps it.
    let mut otto = Browser::of(&test);
    is(&provider, "3");
    otto.sign_in(&provider).await;
    is(&provider, "1");
    let taken = linked(&mut otto, &provider, "").await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert!(taken.text().contains("signs in to another account here already"), "{}", taken.text());
    assert_eq!(n_linked(&test).await, 3);
    let refused = test.by_nobody().call("POST", ACCOUNT, "application/x-www-form-urlencoded", "do=link-identity").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_provider_that_is_gone_meanwhile_links_nobody() {
    let provider = StandIn::start().await;
    let (test, _) = server("[limits]\noutbound_allow = [\"127.0.0.0/8\"]\n").await;
    let admin = Console::of(&test, "mara").await;
    let (new, page) = ("/admin/providers/new?preset=oidc", "/admin/providers/acme");
    let fields = [("name", "acme"), ("kind", "oidc"), ("title", "Acme"), ("url", provider.issuer.as_str())];
    let more = [("client_id", CLIENT), ("client_password", SECRET)];
    admin.done(new, "create-provider", &[&fields[..], &more[..]].concat()).await;
    let mut mara = signed_in(&test, "mara").await;
    assert_eq!(mara.send(ACCOUNT, "link-identity", &LINK).await.status, StatusCode::NOT_FOUND, "it is not live yet");
    admin.done(page, "enable-provider", &[]).await;
    let link = invited(&test, "nina").await;
    let mut nina = Browser::of(&test);
    let back = provider.approve(&mara.begin_by_form(ACCOUNT, "link-identity", &LINK).await);
    let taking = provider.approve(&nina.begin(&format!("{link}/by/acme")).await);
    admin.done(page, "disable-provider", &[]).await;
    assert_eq!(mara.get(&back).await.status, StatusCode::FORBIDDEN);
    assert_eq!(nina.get(&taking).await.status, StatusCode::FORBIDDEN);
    assert_eq!(n_linked(&test).await, 0);
    assert_eq!(test.get(&link).await.status, StatusCode::OK, "the invitation is there still");
}
