//! Who guesses passwords waits, and nobody waits for them. Ids in comments are rows of
//! docs/threats-and-faults.md.

use super::api::{send, user};
use super::providers::server;
use super::{PASSWORD, basic, form, note, with, with_admin};
use crate::support::{Answer, START, TestApp};
use axum::http::StatusCode;
use futures::future::join_all;
use portolan::server::clock::Clock;
use portolan::server::store::principals;
use serde_json::json;

const WRONG: &str = "wrong horse";

async fn sign_in(test: &TestApp, password: &str, mark: &str) -> Answer {
    form(test, "/auth/login", mark, &[("username", "mara"), ("password", password)]).await
}

/// Guesses until each guess waits.
async fn guess(test: &TestApp, mark: &str) {
    for _ in 0..10 {
        assert_eq!(sign_in(test, WRONG, mark).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_slowed(&sign_in(test, WRONG, mark).await);
}

fn assert_slowed(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.text());
    assert_eq!(answer.header("retry-after"), "1", "the next one is looked at then");
}

/// AUTH-14: a program whose password was right goes on, and the password is not hashed again because something else
/// changed.
#[tokio::test]
async fn a_password_that_was_right_costs_nothing_again_and_waits_for_nobody() {
    let test = with_admin().await;
    let program = test.showing(&basic("mara", PASSWORD));
    assert_eq!(program.get("/v2/").await.status, StatusCode::OK);
    guess(&test, "").await;
    let _ = user(&program, "nina").await; // This ends the epoch.
    let before = test.app.identity.passwords.n_computed();
    assert_eq!(program.get("/v2/").await.status, StatusCode::OK);
    let posted = "grant_type=password&username=mara&password=correct+horse&scope=repository:a:push";
    let posted = test.call("POST", "/token", "application/x-www-form-urlencoded", posted).await;
    assert_eq!(posted.status, StatusCode::OK, "{}", posted.text());
    assert_eq!(test.app.identity.passwords.n_computed(), before, "nothing is hashed again");

    let mara = principals::by_username(&test.app.store, &"mara".parse().unwrap()).await.unwrap().unwrap();
    let hash = test.app.identity.passwords.hash(&"another horse".to_owned().into()).await.unwrap();
    note(&test, move |tx| Box::pin(async move { principals::set_password(tx, &mara.id, &hash, START).await })).await;
    assert_ne!(program.get("/v2/").await.status, StatusCode::OK, "it is not the password any more");
}

/// AUTH-14: after ten wrong ones each further one waits for the one before it, and the right one after them does so too
/// and is let in.
#[tokio::test]
async fn guesses_are_slow_and_whoever_is_right_comes_in() {
    let (test, clock) = server("").await;
    let (before, started) = (test.app.identity.passwords.n_computed(), clock.now());
    guess(&test, "").await;
    for _ in 0..3 {
        assert_slowed(&sign_in(&test, WRONG, "").await);
    }
    assert_eq!(clock.now().0 - started.0, 4_000, "a second from each to the next");
    assert_eq!(test.app.identity.passwords.n_computed() - before, 14, "none is refused before it is looked at");
    let owner = sign_in(&test, PASSWORD, "").await;
    assert_eq!(owner.status, StatusCode::SEE_OTHER, "{}", owner.text());
    assert_eq!(clock.now().0 - started.0, 5_000);
    assert_eq!(sign_in(&test, WRONG, "").await.status, StatusCode::UNAUTHORIZED, "all is forgotten");
}

/// AUTH-14: a browser that the account's owner signed in with before has a count of its own and waits for nobody.
#[tokio::test]
async fn a_browser_that_is_known_does_not_wait_for_who_guesses_beside_it() {
    let (test, clock) = server("").await;
    let entered = sign_in(&test, PASSWORD, "").await;
    let set: Vec<_> = entered.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap().to_owned()).collect();
    let mark = set.iter().find(|set| set.starts_with("portolan-browser=")).expect("the browser is marked");
    assert!(mark.contains("HttpOnly") && mark.contains("SameSite=Lax") && !mark.contains("mara"), "{mark}");
    let mark = mark.split(';').next().unwrap();
    let opens = with(&test, "GET", "/admin/mounts", ("cookie", mark)).await;
    assert_eq!(opens.status, StatusCode::SEE_OTHER, "it opens nothing");

    guess(&test, "").await;
    assert_slowed(&sign_in(&test, WRONG, "portolan-browser=made-up").await);
    let nina = [("username", "nina"), ("password", WRONG)];
    for _ in 0..12 {
        form(&test, "/auth/login", mark, &nina).await;
    }
    assert_slowed(&form(&test, "/auth/login", "", &nina).await);
    let before = clock.now();
    let owner = sign_in(&test, PASSWORD, mark).await;
    assert_eq!(owner.status, StatusCode::SEE_OTHER, "{}", owner.text());
    assert_eq!(clock.now(), before, "without a wait");
    guess(&test, mark).await;
}

/// AUTH-14: guesses that come at once are counted one by one.
#[tokio::test]
async fn guesses_at_once_are_counted_one_by_one() {
    let test = with_admin().await;
    let answers = join_all((0..16).map(|_| sign_in(&test, WRONG, ""))).await;
    let n = |status: StatusCode| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((n(StatusCode::UNAUTHORIZED), n(StatusCode::TOO_MANY_REQUESTS)), (10, 6));
}

/// A hash of another registry is replaced at its first use, and never over a password that was chosen meanwhile.
#[tokio::test]
async fn an_imported_hash_is_replaced_and_a_newer_password_is_not() {
    let test = with_admin().await;
    let mara = principals::by_username(&test.app.store, &"mara".parse().unwrap()).await.unwrap().unwrap();
    let imported = bcrypt::hash_with_salt(PASSWORD, 4, [7; 16]).unwrap().to_string();
    let (id, hash) = (mara.id.clone(), imported.clone());
    note(&test, move |tx| Box::pin(async move { principals::set_password(tx, &id, &hash, START).await })).await;
    assert_eq!(sign_in(&test, WRONG, "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&test, PASSWORD, "").await.status, StatusCode::SEE_OTHER);
    let kept = principals::password(&test.app.store, &mara.id).await.unwrap().unwrap();
    assert!(kept.starts_with("$argon2id$"), "{kept}");

    let id = mara.id.clone();
    note(&test, |tx| {
        Box::pin(async move {
            assert!(!principals::renew(tx, &id, (&imported, "$argon2id$late"), START).await?, "it is another by now");
            Ok(())
        })
    })
    .await;
    assert_eq!(principals::password(&test.app.store, &mara.id).await.unwrap(), Some(kept));
}

/// SEC-12: how long an answer takes says neither which accounts there are nor which of them came from elsewhere.
#[tokio::test]
async fn a_wrong_password_costs_the_same_for_whomever_it_is() {
    let test = with_admin().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    for (name, cost) in [("nina", 4), ("otto", 6)] {
        user(&admin, name).await;
        let somebody = principals::by_username(&test.app.store, &name.parse().unwrap()).await.unwrap().unwrap();
        let hash = bcrypt::hash_with_salt(PASSWORD, cost, [7; 16]).unwrap().to_string();
        note(&test, move |tx| Box::pin(async move { principals::set_password(tx, &somebody.id, &hash, START).await }))
            .await;
    }
    let passwords = &test.app.identity.passwords;
    let costs = async |username: &str, password: &str| {
        let before = (passwords.n_computed(), passwords.n_rounds());
        form(&test, "/auth/login", "", &[("username", username), ("password", password)]).await;
        (passwords.n_computed() - before.0, passwords.n_rounds() - before.1)
    };
    for username in ["mara", "nina", "otto", "nobody", "No Name"] {
        assert_eq!(costs(username, WRONG).await, (1, 1 << 6), "{username}");
    }
    assert_eq!(costs("otto", PASSWORD).await, (2, 1 << 6), "and one more for the new hash");
    for username in ["mara", "nina", "otto", "nobody"] {
        assert_eq!(costs(username, WRONG).await, (1, 1 << 4), "{username}");
    }
}

/// Programs that show the same right password at once pay for one hash.
#[tokio::test]
async fn a_password_that_many_show_at_once_is_hashed_once() {
    let test = with_admin().await;
    let program = test.showing(&basic("mara", PASSWORD));
    let before = test.app.identity.passwords.n_computed();
    let answers = join_all((0..40).map(|_| program.get("/v2/"))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    assert_eq!(test.app.identity.passwords.n_computed() - before, 1);
}

/// Whoever has to wait is told for how long, in every dialect.
#[tokio::test]
async fn a_wait_is_said_in_every_dialect() {
    let test = with_admin().await;
    guess(&test, "").await;
    let shown = basic("mara", "not the horse");
    for (path, content_type) in [
        ("/v2/a/tags/list", "application/json"),
        ("/token?scope=repository:a:pull", "application/json"),
        ("/api/v1/users", "application/problem+json"),
        ("/metrics", "application/problem+json"),
    ] {
        let answer = with(&test, "GET", path, ("authorization", &shown)).await;
        assert_slowed(&answer);
        assert_eq!(answer.header("content-type"), content_type, "{path}");
    }
    let posted = "grant_type=password&username=mara&password=x";
    assert_slowed(&test.call("POST", "/token", "application/x-www-form-urlencoded", posted).await);
    let page = sign_in(&test, WRONG, "").await;
    assert!(page.header("content-type").starts_with("text/html"), "the page says so too");
    assert_slowed(&page);
}

/// A node that starts beside another finds the administrator that the other just made.
#[tokio::test]
async fn two_nodes_that_make_the_same_administrator_at_once_both_start() {
    use portolan::server::identity::sign_in::admin_by_configuration;
    let test = TestApp::new().await.at_the_door();
    let make = || admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into());
    let (one, other) = tokio::join!(make(), make());
    assert_eq!((one, other), (Ok(()), Ok(())));
    let admin = test.showing(&basic("mara", PASSWORD));
    let users = send(&admin, "GET", "users", json!(null)).await.json();
    assert_eq!(users["items"].as_array().unwrap().len(), 1);
}
