//! Groups of ours and those of a provider: what stands for which, who puts somebody in, and what nobody was told.

use super::api::{give, named, send, user};
use super::console::Browser as Page;
use super::providers::{group, server};
use super::stand_in::StandIn;
use super::ways_in::Browser;
use super::{PASSWORD, basic};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// So many that they are more than is kept of one person, though none of them is long.
fn very_many() -> Value {
    let others = (0..1500).map(|number| format!("{number:060}"));
    others.chain(["developers".to_owned()]).collect::<Vec<_>>().into()
}

/// SEC-9: whose groups are more than is taken in is in none of them, and whoever is new is told.
#[tokio::test]
async fn who_is_in_more_groups_than_are_kept_is_in_none() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("allowed_groups = [\"developers\"]")).await;
    test.by_admin("mara").push_image("team/web", "v1", "amd64", b"layer").await;
    group(&test, "dev", &[("acme", "developers")]).await;
    provider.claim("groups", json!(["developers"]));
    let mut browser = Browser::of(&test);
    let sees = async |browser: &mut Browser<'_>| browser.get("/r/team/web").await.status;
    for (groups, status) in [
        (json!(["developers"]), StatusCode::OK),
        (very_many(), StatusCode::NOT_FOUND),
        (json!(["developers"]), StatusCode::OK),
    ] {
        provider.claim("groups", groups);
        assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER, "they are known");
        assert_eq!(sees(&mut browser).await, status);
    }
    provider.claim("sub", json!("2"));
    provider.claim("groups", very_many());
    let stranger = Browser::of(&test).sign_in(&provider).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    assert!(stranger.text().contains("because there are too many"), "{}", stranger.text());
}

#[tokio::test]
async fn who_was_put_in_here_stays_when_the_provider_takes_its_word_back() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    admin.push_image("team/web", "v1", "amd64", b"layer").await;
    group(&test, "dev", &[("acme", "developers")]).await;
    let otto = user(&admin, "otto").await;
    let mut browser = Browser::of(&test);
    browser.sign_in(&provider).await;
    let mara = Page::of(&test, "mara").await;
    for member in ["otto", "mara.l"] {
        mara.done("/admin/groups/dev", "add-member", &[("member", member)]).await;
    }
    for groups in [json!(["developers"]), json!([]), json!(["developers"]), json!(null)] {
        provider.claim("groups", groups.clone());
        browser.sign_in(&provider).await;
        assert_eq!(browser.get("/r/team/web").await.status, StatusCode::OK, "{groups}");
        assert_eq!(otto.get("/v2/team/web/manifests/v1").await.status, StatusCode::OK, "{groups}");
        let members = send(&admin, "GET", "groups/dev", json!(null)).await.json()["members"].clone();
        assert_eq!(members, json!(["mara.l", "otto"]), "{groups}");
    }
    mara.done("/admin/groups/dev", "remove-member", &[("member", "mara.l")]).await;
    assert_eq!(browser.get("/r/team/web").await.status, StatusCode::NOT_FOUND, "nobody says so any more");
    assert_eq!(otto.get("/v2/team/web/manifests/v1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_group_of_a_provider_is_unmapped_from_its_own_by_who_may() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    let admin = test.showing(&basic("mara", PASSWORD));
    user(&admin, "nina").await;
    give(&admin, named("nina"), "auditor", "*", None).await.unwrap();
    group(&test, "dev", &[("acme", "developers")]).await;
    group(&test, "ops", &[("acme", "operators")]).await;
    let (mara, nina) = (Page::of(&test, "mara").await, Page::of(&test, "nina").await);
    let claims = async || {
        let mut found = Vec::new();
        for name in ["dev", "ops"] {
            found.push(send(&admin, "GET", &format!("groups/{name}"), json!(null)).await.json()["claims"].clone());
        }
        found
    };
    let before = claims().await;
    let own = [("provider", "acme"), ("value", "developers")];
    assert_eq!(nina.get("/admin/groups/dev").await.status, StatusCode::OK);
    assert!(!nina.get("/admin/groups/dev").await.text().contains("unmap-claim"));
    assert_eq!(nina.send("/admin/groups/dev", "unmap-claim", &own).await.status, StatusCode::FORBIDDEN);
    for (group, provider, value) in [
        ("dev", "acme", "operators"),
        ("ops", "acme", "developers"),
        ("dev", "other", "developers"),
        ("dev", "acme", ""),
    ] {
        let page = format!("/admin/groups/{group}");
        let refused = mara.send(&page, "unmap-claim", &[("provider", provider), ("value", value)]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{group} {provider} {value}: {}", refused.text());
    }
    assert_eq!(claims().await, before);
    mara.done("/admin/groups/dev", "unmap-claim", &own).await;
    assert_eq!(claims().await, [json!([]), before[1].clone()]);
}
