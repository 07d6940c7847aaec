//! What nobody gets by saying more than they were asked, and what open reading opens besides: nothing.

use super::api::{give, named, send, user};
use super::console::{Browser, link};
use super::providers::server;
use super::{PASSWORD, basic, cookie_of, form, with};
use crate::support::{Answer, TestApp, request};
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// SEC-34: who may read every repository without signing in reads of nothing else.
#[tokio::test]
async fn open_reading_opens_repositories_alone() {
    let (test, _) = server("").await;
    let admin = test.showing(&basic("mara", PASSWORD));
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    for role in ["auditor", "admin", "owner", "maintainer"] {
        assert_eq!(give(&admin, json!("anonymous"), role, "*", None).await, Err(400), "{role}");
    }
    give(&admin, json!("anonymous"), "reader", "*", None).await.unwrap();
    assert_eq!(test.get("/v2/_catalog").await.json()["repositories"], json!(["team/web"]));
    assert_eq!(test.get("/r/team/web").await.status, StatusCode::OK);
    let lists =
        ["users", "groups", "grants", "robots", "activity", "providers", "waiting", "mounts", "roles", "tokens"];
    let within = ["users/mara", "n/team", "n/team/-/activity", "r/team/web/-/activity"];
    for path in lists.iter().chain(&within) {
        let answer = send(&test, "GET", path, json!(null)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}: {}", answer.text());
    }
    assert_eq!(test.get("/metrics").await.status, StatusCode::UNAUTHORIZED);
    for page in [
        "/activity",
        "/account",
        "/account/tokens",
        "/admin/users",
        "/admin/users/mara",
        "/admin/groups",
        "/admin/access",
        "/admin/policies",
        "/admin/roles",
        "/admin/mounts",
        "/admin/providers",
        "/n/team/-/access",
        "/n/team/-/robots",
        "/n/team/-/activity",
        "/r/team/web/-/access",
        "/r/team/web/-/settings",
        "/r/team/web/-/activity",
        "/repositories/new",
    ] {
        let answer = test.get(page).await;
        assert!(answer.header("location").starts_with("/auth/login?next="), "{page}: {}", answer.status);
    }
    let seen = test.get("/r/team/web").await.text() + &test.get("/repositories").await.text();
    assert!(!seen.contains("/admin/") && !seen.contains("-/access") && !seen.contains("-/activity"), "{seen}");
}

async fn of(admin: &TestApp, path: &str) -> Value {
    send(admin, "GET", path, json!(null)).await.json()
}

/// SEC-24, in forms: what a form does not ask for is not there.
#[tokio::test]
async fn a_field_that_no_form_has_does_nothing() {
    let (test, _) = server("").await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let _ = user(&admin, "nina").await;
    give(&admin, named("nina"), "maintainer", "team/*", None).await.unwrap();
    let mara_id = of(&admin, "users/mara").await["id"].as_str().unwrap().to_owned();
    let more: &[(&str, &str)] = &[
        ("role", "admin"),
        ("scope", "*"),
        ("is_admin", "true"),
        ("admin", "1"),
        ("id", &mara_id),
        ("user_id", &mara_id),
        ("created_by", "user:nina"),
        ("actor", "user:nina"),
        ("groups", "admins"),
        ("disabled", "false"),
    ];
    let with_more = |own: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> {
        own.iter().copied().chain(more.iter().copied()).collect()
    };
    let mara = Browser::of(&test, "mara").await;
    let page = mara.done("/admin/users", "create-user", &with_more(&[("username", "eve"), ("name", "Eve")])).await;
    let accepted = [("password", "a horse of eve"), ("username", "mara")];
    let entered = form(&test, &link(&page), "", &with_more(&accepted)).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text());
    assert_ne!(of(&admin, "users/eve").await["id"], json!(mara_id));
    let nina = Browser::of(&test, "nina").await;
    let changed = [("password_before", PASSWORD), ("password", "a horse of nina"), ("username", "mara")];
    nina.done("/account", "change-password", &with_more(&changed)).await;
    let nina = test.showing(&basic("nina", "a horse of nina"));
    for (by, who) in [(&nina, "nina"), (&test.showing(&basic("eve", "a horse of eve")), "eve"), (&admin, "mara")] {
        assert_eq!(by.get("/v2/").await.status, StatusCode::OK, "{who} has the password that was theirs");
        let may = send(by, "GET", "users", json!(null)).await.status == StatusCode::OK;
        assert_eq!(may, who == "mara", "{who}");
    }
    // Said twice, the lesser is no cover for the greater.
    let cookie = cookie_of(&test, "nina", "a horse of nina").await;
    let asked = [("team/web", "*", StatusCode::SEE_OTHER), ("*", "team/web", StatusCode::FORBIDDEN)];
    for (first, second, status) in asked {
        let twice = [
            ("do", "give-access"),
            ("who", "eve"),
            ("role", "reader"),
            ("role", "owner"),
            ("scope", first),
            ("scope", second),
            ("tags", ""),
            ("until", ""),
            ("created_by", "user:mara"),
        ];
        let answer = form(&test, "/n/team/-/access", &cookie, &twice).await;
        assert_eq!(answer.status, status, "{first}: {}", answer.text());
        let grants = of(&admin, "grants?limit=500").await;
        let of_eve = grants["items"].as_array().unwrap().iter().filter(|grant| grant["principal"] == named("eve"));
        let of_eve: Vec<_> = of_eve.map(|grant| (&grant["role"], &grant["scope"])).collect();
        assert_eq!(of_eve, [(&json!("reader"), &json!("team/web"))], "{first}");
    }
    let given = of(&admin, "activity?limit=500&action=grant.give").await;
    let given = given["items"].as_array().unwrap().iter().map(Value::to_string);
    let given: Vec<String> = given.filter(|row| row.contains("eve")).collect();
    assert!(!given.is_empty() && given.iter().all(|row| row.contains("nina")), "who gave it is who sent the form");
}

/// C14: what says how a request came here counts from proxies that are trusted, and this one is none.
#[tokio::test]
async fn what_a_stranger_says_of_the_way_here_changes_nothing() {
    let (test, _) = server("").await;
    let sign_in = async |headers: &[(&str, &str)]| {
        let asked = request("POST", "/auth/login")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        let asked = headers.iter().fold(asked, |asked, (name, value)| asked.header(*name, *value));
        test.send(asked.body(Body::from("username=mara&password=correct+horse&next=/account")).unwrap()).await
    };
    let said = |answer: &Answer, header: &str| answer.header(header).to_owned();
    let flags = |answer: &Answer| said(answer, "set-cookie").split_once(';').unwrap().1.to_owned();
    let (plain, usual) = (sign_in(&[]).await, test.get("/v2/team/web/tags/list").await);
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-for", "198.51.100.7"),
        ("x-real-ip", "198.51.100.7"),
        ("x_forwarded_for", "198.51.100.7"),
        ("forwarded", "for=198.51.100.7;host=evil.example;proto=https"),
        ("x-original-url", "/admin/users"),
        ("x-rewrite-url", "/admin/users"),
    ] {
        let entered = sign_in(&[(name, value)]).await;
        assert_eq!((entered.status, said(&entered, "location")), (plain.status, "/account".to_owned()), "{name}");
        assert_eq!(flags(&entered), flags(&plain), "{name}");
        let challenged = with(&test, "GET", "/v2/team/web/tags/list", (name, value)).await;
        assert_eq!(said(&challenged, "www-authenticate"), said(&usual, "www-authenticate"), "{name}");
        let led = with(&test, "GET", "/r/team/web", (name, value)).await;
        assert_eq!(said(&led, "location"), "/auth/login?next=%2Fr%2Fteam%2Fweb", "{name}");
    }
    let admin = test.showing(&basic("mara", PASSWORD));
    let record = of(&admin, "activity?limit=500").await.to_string();
    assert!(record.contains("session.open") && !record.contains("198.51.100.7"), "{record}");
}
