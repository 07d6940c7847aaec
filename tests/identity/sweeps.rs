//! What is over goes by itself; what failed to be noted holds nobody up; and who could not sign in is nobody's last hope.

use super::api::{admin, give, named, send, user};
use super::{PASSWORD, basic, cookie_of, form, run, with, with_admin};
use crate::support::{START, TestApp, choices};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::identity::sign_in;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

async fn n_rows(test: &TestApp, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    test.app.store.one(&sql, vec![]).await.unwrap().unwrap().take().unwrap()
}

/// A wrong password; the status that it gets.
async fn wrong(test: &TestApp, username: &str) -> StatusCode {
    form(test, "/auth/login", "", &[("username", username), ("password", "x")]).await.status
}

#[tokio::test]
async fn sessions_links_and_guesses_that_are_over_are_swept() {
    let clock = Arc::new(ManualClock::new(START));
    let config = "[auth]\nsession_idle_s = 3600\nsession_max_s = 7200";
    let mut test = TestApp::build(config, choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    cookie_of(&test, "mara", PASSWORD).await;
    wrong(&test, "mara").await;
    let links = "INSERT INTO one_time_links (fingerprint, purpose, expires_at, created_at, created_by)
                 VALUES ('over', 'invite', 1795500060000, 0, 'user:mara'), ('open', 'invite', NULL, 0, 'user:mara')";
    run(&test, links).await;
    clock.advance_ms(3_600_000);
    wrong(&test, "nina").await;
    let stays = cookie_of(&test, "mara", PASSWORD).await;
    let _running = test.start_jobs().await;
    let swept = async {
        while (n_rows(&test, "sessions").await, n_rows(&test, "one_time_links").await) != (1, 1)
            || n_rows(&test, "failed_sign_ins").await != 1
        {
            tokio::time::sleep(Duration::from_millis(10)).await; // Leaves the processor to what is waited for.
        }
    };
    tokio::time::timeout(Duration::from_secs(20), swept).await.expect("what is over goes, and nothing else");
    assert_eq!(with(&test, "GET", "/admin/mounts", ("cookie", &stays)).await.status, StatusCode::OK);
}

/// AUTH-14: half an hour without a try starts the count anew, swept or not.
#[tokio::test]
async fn guesses_of_long_ago_do_not_count() {
    let clock = Arc::new(ManualClock::new(START));
    let test = TestApp::build("", choices(Policy::Grants, clock.clone())).await.at_the_door();
    for _ in 0..9 {
        assert_eq!(wrong(&test, "mara").await, StatusCode::UNAUTHORIZED);
    }
    clock.advance_ms(30 * 60_000 + 1);
    for _ in 0..10 {
        assert_eq!(wrong(&test, "mara").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(wrong(&test, "mara").await, StatusCode::TOO_MANY_REQUESTS);
}

/// That a token is in use is worth noting, and nobody is refused where it cannot be.
#[tokio::test]
async fn who_cannot_be_noted_is_served_all_the_same() {
    let admin = admin().await;
    let terms = Terms::new(Role::Reader, "*".parse().unwrap(), None, None).unwrap();
    let token = super::api::personal_token(&admin, "mara", terms, None).await;
    let page_of_mara = cookie_of(&admin.by_nobody(), "mara", PASSWORD).await;
    run(&admin, "ALTER TABLE tokens RENAME COLUMN used_at TO used_then").await;
    let by_token = admin.showing(&format!("Bearer {token}")).get("/v2/").await;
    assert_eq!(by_token.status, StatusCode::OK, "{}", by_token.text());
    let page = with(&admin.by_nobody(), "GET", "/admin/mounts", ("cookie", &page_of_mara)).await;
    assert_eq!(page.status, StatusCode::OK);
}

/// Who cannot sign in, or will not for long, is no administrator to count on.
#[tokio::test]
async fn somebody_who_can_sign_in_always_may_do_everything() {
    let admin = admin().await;
    let _ = user(&admin, "nina").await;
    give(&admin, named("nina"), "admin", "*", None).await.unwrap();
    let disable = || send(&admin, "PATCH", "users/mara", json!({"disabled": true}));
    run(&admin, "UPDATE principals SET expires_at = 1 WHERE username = 'nina'").await;
    assert_eq!(disable().await.status, StatusCode::CONFLICT, "her time is over");
    run(&admin, "UPDATE principals SET expires_at = 2000000000000 WHERE username = 'nina'").await;
    assert_eq!(disable().await.status, StatusCode::CONFLICT, "her time will be over");
    run(&admin, "UPDATE principals SET expires_at = NULL").await;
    assert_eq!(disable().await.status, StatusCode::OK);
    let nina = admin.showing(&basic("nina", PASSWORD));
    assert_eq!(send(&nina, "PATCH", "users/mara", json!({"disabled": false})).await.status, StatusCode::OK);
    run(&admin, "DELETE FROM passwords WHERE user_id = (SELECT id FROM principals WHERE username = 'nina')").await;
    let left = send(&admin, "PATCH", "users/mara", json!({"disabled": true})).await;
    assert_eq!(left.status, StatusCode::CONFLICT, "who has no password cannot sign in");
}

/// Probes and the console's own files ask nothing of the database about whoever comes.
#[tokio::test]
async fn probes_do_not_ask_who_comes() {
    let test = with_admin().await;
    let page = cookie_of(&test, "mara", PASSWORD).await;
    let shown = basic("mara", PASSWORD);
    for (path, expected) in [("/health/live", 0), ("/health/ready", 1), ("/favicon.svg", 0), ("/pkg/nothing.js", 0)] {
        let before = test.app.store.statements();
        test.ask("GET", path, &[("authorization", &shown), ("cookie", &page)], "").await;
        assert_eq!(test.app.store.statements() - before, expected, "{path}");
    }
}
