//! Invitations that are taken by a provider, and accounts that get one more way in, or lose one.

use super::console::{Browser as Console, link};
use super::providers::{group, server};
use super::stand_in::StandIn;
use super::ways_in::Browser;
use super::{PASSWORD, cookie_of, form};
use crate::support::{START, TestApp};
use axum::http::StatusCode;
use serde_json::json;

pub const ACCOUNT: &str = "/account";

/// Invites somebody; the link.
pub async fn invited(test: &TestApp, username: &str) -> String {
    let mara = Console::of(test, "mara").await;
    link(&mara.done("/admin/users", "create-user", &[("username", username), ("name", ""), ("email", "")]).await)
}

/// The provider speaks of somebody else from now on.
pub fn is(provider: &StandIn, sub: &str) {
    provider.claim("sub", json!(sub));
    provider.claim("preferred_username", json!(format!("user-{sub}")));
}

/// A browser in which somebody signed in by a password.
pub async fn signed_in<'t>(test: &'t TestApp, username: &str) -> Browser<'t> {
    let mut browser = Browser::of(test);
    browser.carry(&cookie_of(test, username, PASSWORD).await);
    browser
}

/// Links who the provider speaks of to the account of a browser; the page that says what came of it.
pub async fn linked(browser: &mut Browser<'_>, provider: &StandIn, password: &str) -> crate::support::Answer {
    let fields = [("provider", "acme"), ("password", password)];
    let to = browser.begin_by_form(ACCOUNT, "link-identity", &fields).await;
    let back = browser.get(&provider.approve(&to)).await;
    if back.status == StatusCode::SEE_OTHER { browser.get(back.header("location")).await } else { back }
}

#[tokio::test]
async fn who_is_invited_comes_by_a_provider_in_the_place_of_a_password() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("allowed_groups = [\"staff\"]")).await;
    test.by_admin("mara").push_image("team/web", "v1", "amd64", b"layer").await;
    group(&test, "dev", &[("acme", "developers")]).await;
    provider.claim("groups", json!(["developers"]));
    is(&provider, "7");
    assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::SEE_OTHER, "a mapped group lets in");
    is(&provider, "8");
    provider.claim("groups", json!([]));
    assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::FORBIDDEN, "and waits without it");

    let link = invited(&test, "nina").await;
    let mut nina = Browser::of(&test);
    let page = nina.get(&link).await.text();
    assert!(page.contains("Continue with Acme") && page.contains("or with a password"), "{page}");
    provider.claim("groups", json!(["others"]));
    let to = nina.begin(&format!("{link}/by/acme")).await;
    assert!(!to.contains("ptl_l_"), "the link goes nowhere: {to}");
    let back = nina.get(&provider.approve(&to)).await;
    assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/repositories"));
    assert!(nina.is("nina").await);
    assert_eq!(test.get(&link).await.status, StatusCode::GONE);
    assert_eq!(nina.get("/r/team/web").await.status, StatusCode::NOT_FOUND);

    // From then on it is a sign-in like any other, and groups follow.
    provider.claim("groups", json!(["developers"]));
    let mut again = Browser::of(&test);
    assert_eq!(again.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert!(again.is("nina").await);
    assert_eq!(nina.get("/r/team/web").await.status, StatusCode::OK);
    let waiting = test.app.store.all("SELECT subject FROM waiting_people", vec![]).await.unwrap();
    assert!(waiting.is_empty(), "who waited came in by the invitation");
    let log = Console::of(&test, "mara").await.get("/activity?action=identity.link").await.text();
    assert!(log.contains("Linked a way to sign in:") && log.contains("nina by acme"), "{log}");
}

#[tokio::test]
async fn of_two_who_take_one_invitation_one_comes_in() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("")).await;
    let link = invited(&test, "nina").await;
    let (mut one, mut other) = (Browser::of(&test), Browser::of(&test));
    let begin = format!("{link}/by/acme");
    let (first, second) = (one.begin(&begin).await, other.begin(&begin).await);
    is(&provider, "1");
    assert_eq!(one.get(&provider.approve(&first)).await.status, StatusCode::SEE_OTHER);
    is(&provider, "2");
    let late = other.get(&provider.approve(&second)).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
    assert!(late.text().contains("This link does not work"), "{}", late.text());
    assert!(one.is("nina").await && other.is_out().await);
    assert_eq!(other.sign_in(&provider).await.status, StatusCode::FORBIDDEN, "who lost is nobody");
    assert_eq!(other.get(&begin).await.status, StatusCode::NOT_FOUND);

    // A password that was chosen meanwhile wins as well, and an invitation that was taken back leads nowhere.
    let link = invited(&test, "otto").await;
    let to = other.begin(&format!("{link}/by/acme")).await;
    assert_eq!(form(&test, &link, "", &[("password", PASSWORD)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(other.get(&provider.approve(&to)).await.status, StatusCode::NOT_FOUND);
    let link = invited(&test, "priya").await;
    let to = other.begin(&format!("{link}/by/acme")).await;
    let mara = Console::of(&test, "mara").await;
    mara.done("/n/team/-/access", "take-invitation", &[("username", "priya")]).await;
    assert_eq!(other.get(&provider.approve(&to)).await.status, StatusCode::NOT_FOUND);
    assert!(other.is_out().await);
}

#[tokio::test]
async fn an_invitation_outlives_who_cannot_take_it() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let link = invited(&test, "nina").await;
    let mut known = Browser::of(&test);
    assert_eq!(known.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    let to = known.begin(&format!("{link}/by/acme")).await;
    let refused = known.get(&provider.approve(&to)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("signs in to another account here already"), "{}", refused.text());
    assert!(refused.text().contains("Continue with Acme") && known.is("mara.l").await, "{}", refused.text());
    // What the provider refuses is refused, whoever was invited.
    let to = known.begin(&format!("{link}/by/acme")).await;
    let state = provider.approve(&to).split_once("&state=").unwrap().1.to_owned();
    let denied = known.get(&format!("/auth/provider/acme/callback?error=access_denied&state={state}")).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    assert!(denied.text().contains("did not let you in") && denied.text().contains("nina"), "{}", denied.text());
    assert_eq!(form(&test, &link, "", &[("password", PASSWORD)]).await.status, StatusCode::SEE_OTHER, "it works still");
}

#[tokio::test]
async fn where_passwords_are_off_an_invitation_is_taken_by_a_provider_alone() {
    let provider = StandIn::start().await;
    let config = format!("[auth]\nlocal_sign_in = false\n{}", provider.config("admin_groups = [\"ops\"]"));
    let (test, _) = server(&config).await;
    provider.claim("groups", json!(["ops"]));
    let mut ops = Browser::of(&test);
    assert_eq!(ops.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    let made = ops.send("/admin/users", "create-user", &[("username", "nina"), ("name", ""), ("email", "")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let said = super::cookie(&made);
    let link =
        link(&url::form_urlencoded::parse(said.as_bytes()).map(|(_, value)| value.into_owned()).collect::<String>());
    let page = test.get(&link).await.text();
    assert!(page.contains("Continue with Acme") && !page.contains("name=\"password\""), "{page}");
    let refused = form(&test, &link, "", &[("password", PASSWORD)]).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.text().contains("password is off"), "{}", refused.text());
    is(&provider, "2");
    let mut nina = Browser::of(&test);
    let to = nina.begin(&format!("{link}/by/acme")).await;
    assert_eq!(nina.get(&provider.approve(&to)).await.status, StatusCode::SEE_OTHER);
    assert!(nina.is("nina").await);
    let last = ops.send(ACCOUNT, "unlink-identity", &[("provider", "acme")]).await;
    assert_eq!(last.status, StatusCode::CONFLICT, "{}", last.text());
}

#[tokio::test]
async fn an_account_gets_one_more_way_in_and_loses_it_again() {
    let provider = StandIn::start().await;
    let (test, clock) = server(&provider.config("")).await;
    let mut mara = signed_in(&test, "mara").await;
    assert!(mara.get("/account?link=acme").await.text().contains("Continue to Acme"));
    let page = linked(&mut mara, &provider, "").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("You can sign in by Acme from now on."), "{}", page.text());
    let mut by_provider = Browser::of(&test);
    assert_eq!(by_provider.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert!(by_provider.is("mara").await);
    is(&provider, "2");
    let second = linked(&mut mara, &provider, "").await;
    assert!(second.status == StatusCode::CONFLICT && second.text().contains("unlink that first"), "{}", second.text());

    // A session that is not fresh shows nothing of who has the browser.
    clock.advance_ms(301_000);
    provider.set(|ways| ways.now_s = START.0 / 1000 + 301);
    let asked = mara.get("/account?unlink=acme").await.text();
    assert!(asked.contains("Unlink Acme?"), "{asked}");
    let gone = mara.send(ACCOUNT, "unlink-identity", &[("provider", "acme")]).await;
    assert_eq!((gone.status, gone.header("location")), (StatusCode::SEE_OTHER, ACCOUNT));
    assert!(by_provider.is_out().await, "a session that it opened is over");
    assert!(mara.is("mara").await);
    assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::FORBIDDEN);
    is(&provider, "1");
    assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::FORBIDDEN, "it is nobody's again");
    for wrong in ["", "wrong horse"] {
        let fields = [("provider", "acme"), ("password", wrong)];
        let refused = mara.send("/account?link=acme", "link-identity", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
        assert!(refused.text().contains("This is not your password"), "{}", refused.text());
    }
    assert_eq!(linked(&mut mara, &provider, PASSWORD).await.status, StatusCode::OK);
    let log = mara.get("/activity?action=identity").await.text();
    assert!(log.contains("Unlinked a way to sign in:") && log.contains("1 &lt;mara@acme.dev&gt;"), "{log}");
}

#[tokio::test]
async fn the_last_way_in_is_not_unlinked() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let mut mara = Browser::of(&test);
    mara.sign_in(&provider).await;
    let refused = mara.send(ACCOUNT, "unlink-identity", &[("provider", "acme")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("the last way by which you can sign in"), "{}", refused.text());
    assert!(mara.is("mara.l").await, "nothing was done");
    assert_eq!(Browser::of(&test).sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    let none = mara.send(ACCOUNT, "unlink-identity", &[("provider", "other")]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}
