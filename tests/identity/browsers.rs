//! People in browsers: the first administrator, sessions, wrong passwords.

use super::api::{personal_token, user};
use super::console::Browser;
use super::{PASSWORD, basic, cookie, cookie_of, form, with, with_admin};
use crate::support::{START, TestApp, choices};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::identity::sign_in;
use std::sync::Arc;

/// SEC-27: two at once, and exactly one of them is the first administrator.
#[tokio::test]
async fn a_set_up_link_makes_one_administrator_and_never_another() {
    let test = TestApp::new().await.at_the_door();
    let old = sign_in::first_run(&test.app).await.unwrap().expect("nobody is there yet");
    let link = sign_in::first_run(&test.app).await.unwrap().expect("nor after another start");
    let page = |link: &str| {
        let (test, path) = (&test, format!("/auth/setup?token={link}"));
        async move { test.get(&path).await }
    };
    assert_eq!(page(old.expose()).await.status, StatusCode::GONE, "a newer link takes its place");
    let page_of_link = page(link.expose()).await;
    assert!(page_of_link.status == StatusCode::OK && page_of_link.text().contains("Create administrator"));

    let short = [("token", link.expose()), ("username", "mara"), ("name", ""), ("password", "short")];
    let refused = form(&test, "/auth/setup", "", &short).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("at least 8 characters") && refused.text().contains("value=\"mara\""));
    assert!(!refused.text().contains("value=\"short\""), "a password never comes back");

    let make = |username: &'static str| {
        let (test, link) = (&test, link.expose().to_owned());
        async move {
            let fields = [("token", &*link), ("username", username), ("name", "Mara"), ("password", PASSWORD)];
            form(test, "/auth/setup", "", &fields).await
        }
    };
    let (one, other) = tokio::join!(make("mara"), make("otto"));
    let (won, lost) = if one.status == StatusCode::SEE_OTHER { (one, other) } else { (other, one) };
    assert_eq!((won.status, won.header("location")), (StatusCode::SEE_OTHER, "/repositories"));
    assert_eq!(lost.status, StatusCode::CONFLICT, "{}", lost.text());
    assert_eq!(with(&test, "GET", "/admin/mounts", ("cookie", &cookie(&won))).await.status, StatusCode::OK);
    assert!(sign_in::first_run(&test.app).await.unwrap().is_none(), "there is an administrator now");
    assert_eq!(page(link.expose()).await.status, StatusCode::GONE);

    // A link that waits is worth nothing once there is an administrator by another way.
    let test = TestApp::new().await.at_the_door();
    let link = sign_in::first_run(&test.app).await.unwrap().expect("nobody is there yet");
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    assert_eq!(test.get(&format!("/auth/setup?token={}", link.expose())).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_session_is_one_browsers_and_ends_when_its_owner_says_so() {
    let test = with_admin().await;
    let wanted = test.get("/r/team/web?q=1").await;
    assert_eq!(
        (wanted.status, wanted.header("location")),
        (StatusCode::SEE_OTHER, "/auth/login?next=%2Fr%2Fteam%2Fweb%3Fq%3D1")
    );
    let fields = [("username", " Mara "), ("password", PASSWORD), ("next", "/admin/mounts?x=1")];
    let entered = form(&test, "/auth/login", "portolan=planted", &fields).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/admin/mounts?x=1"));
    let (set, own) = (entered.header("set-cookie").to_owned(), cookie(&entered));
    assert!(set.starts_with("portolan=ptl_s_") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    assert!(!set.contains("planted") && set.contains("Path=/"), "no session that another planted is taken over");

    let page = with(&test, "GET", "/repositories", ("cookie", &own)).await;
    assert!(page.status == StatusCode::OK && page.text().contains("mara"), "{}", page.text());
    // AUTH-11, SEC-29: a cookie opens pages and nothing else, a header the rest and no page.
    for path in ["/v2/", "/v2/_catalog", "/token", "/metrics"] {
        let answer = with(&test, "GET", path, ("cookie", &own)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let push = with(&test, "POST", "/v2/team/web/blobs/uploads/", ("cookie", &own)).await;
    assert_eq!(push.refusal(), "401 UNAUTHORIZED");
    let page = with(&test, "GET", "/admin/mounts", ("authorization", &basic("mara", PASSWORD))).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);

    let other = cookie_of(&test, "mara", PASSWORD).await;
    assert_ne!(own, other);
    let looked = with(&test, "GET", "/auth/logout", ("cookie", &own)).await;
    assert_eq!(looked.status, StatusCode::SEE_OTHER);
    assert_eq!(
        with(&test, "GET", "/admin/mounts", ("cookie", &own)).await.status,
        StatusCode::OK,
        "a GET ends nothing"
    );
    let left = form(&test, "/auth/logout", &own, &[]).await;
    assert!(left.header("set-cookie").contains("Max-Age=0"), "{}", left.header("set-cookie"));
    assert_eq!(with(&test, "GET", "/admin/mounts", ("cookie", &own)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(with(&test, "GET", "/admin/mounts", ("cookie", &other)).await.status, StatusCode::OK, "others go on");
}

#[tokio::test]
async fn a_session_ends_by_rest_and_by_age() {
    let clock = Arc::new(ManualClock::new(START));
    let config = "[auth]\nsession_idle_s = 3600\nsession_max_s = 7200";
    let test = TestApp::build(config, choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let (used, rests) = (cookie_of(&test, "mara", PASSWORD).await, cookie_of(&test, "mara", PASSWORD).await);
    let is_in = |cookie: String| {
        let test = &test;
        async move { with(test, "GET", "/admin/mounts", ("cookie", &cookie)).await.status == StatusCode::OK }
    };
    for minutes in [30, 29, 41] {
        clock.advance_ms(minutes * 60_000);
        assert!(is_in(used.clone()).await, "{minutes} minutes later");
    }
    assert!(!is_in(rests).await, "it rested for an hour");
    clock.advance_ms(21 * 60_000);
    assert!(!is_in(used).await, "nothing lives longer than two hours");
}

/// AUTH-14, SEC-12: the same words whoever it is; who guesses waits, and nobody else.
#[tokio::test]
async fn wrong_passwords_say_nothing_and_cost_time() {
    let test = with_admin().await;
    let try_in = |username: &'static str, password: &'static str| {
        let test = &test;
        async move { form(test, "/auth/login", "", &[("username", username), ("password", password)]).await }
    };
    let (wrong, nobody) = (try_in("mara", "wrong horse").await, try_in("nina", "wrong horse").await);
    assert_eq!((wrong.status, nobody.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    let words = |answer: &crate::support::Answer| answer.text().contains("do not belong together");
    assert!(words(&wrong) && words(&nobody) && wrong.text().contains("value=\"mara\""), "{}", wrong.text());
    for _ in 1..10 {
        assert_eq!(try_in("mara", "wrong horse").await.status, StatusCode::UNAUTHORIZED);
    }
    let slowed = try_in("mara", "wrong horse").await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(slowed.text().contains("wait 1 s") && slowed.header("set-cookie").is_empty(), "{}", slowed.text());
    assert_eq!(try_in("nina", "wrong horse").await.status, StatusCode::UNAUTHORIZED, "others try on");
    assert_eq!(try_in("mara", PASSWORD).await.status, StatusCode::SEE_OTHER, "nobody is refused for others");
}

/// What a clock did that was ahead lasts for as long as that, and locks nobody out when it is set right.
#[tokio::test]
async fn a_session_of_a_clock_that_was_ahead_holds_and_ends() {
    let clock = Arc::new(ManualClock::new(START));
    let test = TestApp::build("", choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let hour_ms = 3_600_000;
    clock.advance_ms(hour_ms);
    let session = cookie_of(&test, "mara", PASSWORD).await;
    clock.advance_ms(-hour_ms);
    let page = async || with(&test, "GET", "/admin/mounts", ("cookie", &session)).await.status;
    assert_eq!(page().await, StatusCode::OK);
    assert_eq!(
        form(&test, "/auth/login", "", &[("username", "mara"), ("password", PASSWORD)]).await.status,
        StatusCode::SEE_OTHER
    );
    clock.advance_ms(8 * hour_ms);
    assert_eq!(page().await, StatusCode::OK, "it was seen within eight hours");
    clock.advance_ms(9 * hour_ms);
    assert_eq!(page().await, StatusCode::SEE_OTHER, "it rested for too long");
}

/// Sessions end and tokens stay, as the page shows it.
#[tokio::test]
async fn who_is_signed_out_everywhere_keeps_their_tokens() {
    let test = with_admin().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let _ = (user(&admin, "nina").await, user(&admin, "otto").await);
    let terms = Terms::new(Role::Reader, "team/*".parse().unwrap(), None, None).unwrap();
    let token = personal_token(&admin, "nina", terms, None).await;
    let (mara, page) = (Browser::of(&test, "mara").await, "/admin/users/nina");
    let nina = [cookie_of(&test, "nina", PASSWORD).await, cookie_of(&test, "nina", PASSWORD).await];
    let is_in = async |cookie: &str| with(&test, "GET", "/account", ("cookie", cookie)).await.status == StatusCode::OK;
    let otto = Browser::of(&test, "otto").await;
    assert_eq!(otto.send(page, "end-sessions", &[]).await.status, StatusCode::FORBIDDEN);
    assert!(is_in(&nina[0]).await && is_in(&nina[1]).await);
    assert!(mara.get(page).await.text().contains("Sign out everywhere"));
    let done = mara.done(page, "end-sessions", &[]).await;
    assert!(done.contains("nina is signed out everywhere.") && done.contains("Signed in nowhere."), "{done}");
    assert!(done.contains("until revoked") && !done.contains("Sign out everywhere"), "the token stands there: {done}");
    assert!(!is_in(&nina[0]).await && !is_in(&nina[1]).await);
    assert_eq!(otto.get("/account").await.status, StatusCode::OK, "nobody else is");
    assert_eq!(test.showing(&format!("Bearer {token}")).get("/v2/").await.status, StatusCode::OK);
    assert!(is_in(&cookie_of(&test, "nina", PASSWORD).await).await, "and they may come again");
}
