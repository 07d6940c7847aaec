//! Browsers that somebody leads astray: to another host after signing in, from a page of another site, or with a session
//! that another left there.

use super::api::{send, user};
use super::providers::server;
use super::stand_in::StandIn;
use super::ways_in::Browser;
use super::{PASSWORD, basic, cookie, cookie_of, form, with};
use crate::support::{Answer, TestApp, request};
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;

/// Addresses that browsers could take for those of another host, and what must be no place to go on to.
const AWAY: &[&str] = &[
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2f%2fevil.example",
    "%2f%2fevil.example",
    "/%5cevil.example",
    "https://evil.example/r/team/web",
    "https:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\r\nLocation: https://evil.example",
    " //evil.example",
    "/auth/logout",
    "evil.example",
];

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// SEC-22, by each way in.
#[tokio::test]
async fn nobody_who_signs_in_is_led_to_another_host() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let mara = cookie_of(&test, "mara", PASSWORD).await;
    for away in AWAY {
        let fields = [("username", "mara"), ("password", PASSWORD), ("next", away)];
        let entered = form(&test, "/auth/login", "", &fields).await;
        assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/repositories"), "{away:?}");
        let again = with(&test, "GET", &format!("/auth/login?next={}", encoded(away)), ("cookie", &mara)).await;
        assert_eq!((again.status.as_u16(), again.header("location")), (303, "/repositories"), "{away:?}");
        let page = test.get(&format!("/auth/login?next={}", encoded(away))).await;
        assert!(page.status == StatusCode::OK && !page.text().contains("evil.example"), "{away:?}");
        let refused = [("username", "mara"), ("password", "wrong horse"), ("next", away)];
        let refused = form(&test, "/auth/login", &mara, &refused).await;
        assert!(!refused.status.is_success() && !refused.text().contains("evil.example"), "{away:?}");
        let mut browser = Browser::of(&test);
        let begun = browser.begin(&format!("/auth/provider/acme?next={}", encoded(away))).await;
        let back = browser.get(&provider.approve(&begun)).await;
        assert_eq!((back.status.as_u16(), back.header("location")), (303, "/repositories"), "{away:?}");
    }
    let fields = [("username", "mara"), ("password", PASSWORD), ("next", "/r/team/web?q=//x")];
    assert_eq!(form(&test, "/auth/login", "", &fields).await.header("location"), "/r/team/web?q=//x");
}

/// A form as a page sends it that is not ours.
async fn foreign(test: &TestApp, page: &str, cookie: &str, (name, value): (&str, &str)) -> Answer {
    let sent = request("POST", page)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie)
        .header(name, value)
        .body(Body::from("do=end-session&session=none&username=mara&password=correct+horse&token=none"));
    test.send(sent.unwrap()).await
}

/// SEC-23: by what browsers of today say, and by what those before them said.
#[tokio::test]
async fn a_form_of_another_site_is_refused_wherever_it_goes() {
    let (test, _) = server("").await;
    let mara = cookie_of(&test, "mara", PASSWORD).await;
    let pages = ["/auth/login", "/auth/setup", "/auth/invite/none", "/auth/logout", "/account", "/admin/users"];
    for page in pages {
        for said in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "null"),
            ("origin", "https://evil.example"),
            ("origin", "http://127.0.0.1:8081"),
            ("origin", "http://127.0.0.1"),
            ("origin", "http://a.127.0.0.1:8080"),
            ("origin", "http://127.0.0.1:8080.evil.example"),
        ] {
            let refused = foreign(&test, page, &mara, said).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{page} {said:?}");
            assert!(refused.header("set-cookie").is_empty(), "{page} {said:?}");
        }
        for own in [("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:8080")] {
            assert_ne!(foreign(&test, page, "", own).await.status, StatusCode::FORBIDDEN, "{page} {own:?}");
        }
    }
    assert_eq!(with(&test, "GET", "/account", ("cookie", &mara)).await.status, StatusCode::OK, "nobody was signed out");
}

/// Whoever comes in has a session of their own, and the one that their browser had before is over, by each way in.
#[tokio::test]
async fn a_browser_that_comes_in_leaves_no_older_session_behind() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let _ = user(&admin, "nina").await;
    let invited = send(&admin, "POST", "users", json!({"username": "priya"})).await.json();
    let invitation = invited["invite_url"].as_str().unwrap().rsplit_once("8080").unwrap().1.to_owned();
    let is_in = async |cookie: &str| with(&test, "GET", "/account", ("cookie", cookie)).await.status == StatusCode::OK;
    for way in ["a password", "somebody else's", "a provider", "an invitation"] {
        let (before, elsewhere) = (cookie_of(&test, "mara", PASSWORD).await, cookie_of(&test, "mara", PASSWORD).await);
        let entered = match way {
            "a provider" => {
                let mut browser = Browser::of(&test);
                browser.carry(&before);
                browser.sign_in(&provider).await
            }
            "an invitation" => form(&test, &invitation, &before, &[("password", "a horse of priya")]).await,
            _ => {
                let username = if way == "a password" { "mara" } else { "nina" };
                form(&test, "/auth/login", &before, &[("username", username), ("password", PASSWORD)]).await
            }
        };
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{way}: {}", entered.text());
        let after = cookie(&entered);
        assert!(after.contains("ptl_s_") && after != before, "{way}");
        assert!(is_in(&after).await && !is_in(&before).await, "{way}: the older one is over");
        assert!(is_in(&elsewhere).await, "{way}: another browser goes on");
    }
    let before = cookie_of(&test, "mara", PASSWORD).await;
    let wrong = [("username", "nina"), ("password", "wrong horse")];
    assert_eq!(form(&test, "/auth/login", &before, &wrong).await.status, StatusCode::UNAUTHORIZED);
    assert!(is_in(&before).await, "what fails ends nothing");
}

/// A cookie that opens nothing leaves its browser on the page that asks it to sign in, and one that does stays.
#[tokio::test]
async fn a_session_that_is_over_leaves_its_browser() {
    let (test, _) = server("").await;
    let mara = cookie_of(&test, "mara", PASSWORD).await;
    let page = async |cookie: &str| with(&test, "GET", "/auth/login", ("cookie", cookie)).await;
    let goes_on = page(&mara).await;
    assert_eq!((goes_on.status, goes_on.header("set-cookie")), (StatusCode::SEE_OTHER, ""));
    form(&test, "/auth/logout", &mara, &[]).await;
    for over in [mara.as_str(), "portolan=planted"] {
        let asked = page(over).await;
        let set = asked.header("set-cookie");
        assert_eq!(asked.status, StatusCode::OK);
        assert!(set.starts_with("portolan=;") && set.contains("Max-Age=0") && set.contains("HttpOnly"), "{set}");
    }
    assert!(page("portolan-browser=x").await.header("set-cookie").is_empty());
}
