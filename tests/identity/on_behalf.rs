//! Jobs go on in the name of who asked: whose they are, what ends them, and who does them.

use super::api::{give, named, personal_token, send, user};
use super::many::shared;
use super::{PASSWORD, basic, cookie_of, form, note, with_admin};
use crate::jobs::{collect, control, noted, over, taken_up};
use crate::support::{START, TestApp, choices};
use portolan::domain::run::RunState;
use portolan::domain::{Error, Role, Scope, Terms};
use portolan::server::access::Policy;
use portolan::server::app::Choices;
use portolan::server::clock::ManualClock;
use portolan::server::entropy::SeededEntropy;
use portolan::server::identity::sign_in;
use portolan::server::store::runs::{self, Progress};
use serde_json::{Value, json};
use std::sync::Arc;

/// By what somebody begins a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Session,
    Password,
    Token,
}

/// What becomes of them then.
#[derive(Clone, Copy, Debug)]
enum Then {
    LeavesThisBrowser,
    ChoosesAnotherPassword,
    IsSignedOut,
    IsDisabled,
    IsDeleted,
    LosesTheToken,
}

/// Administrators of that name begin a collection; its id, and the cookie of a browser of theirs.
async fn begun(admin: &TestApp, username: &str, by: By) -> (String, String) {
    let otto = user(admin, username).await;
    give(admin, named(username), "admin", "*", None).await.unwrap();
    let cookie = cookie_of(&admin.by_nobody(), username, PASSWORD).await;
    let id = match by {
        By::Session => {
            let made = form(&admin.by_nobody(), "/jobs", &cookie, &[("do", "run-collection")]).await;
            made.header("location").rsplit('/').next().unwrap().to_owned()
        }
        By::Password => collect(&otto, false).await,
        By::Token => {
            let terms = Terms::new(Role::Admin, Scope::Everything, None, None).unwrap();
            let secret = personal_token(admin, username, terms, None).await;
            collect(&admin.showing(&format!("Bearer {secret}")), false).await
        }
    };
    (id, cookie)
}

async fn happens(admin: &TestApp, username: &str, cookie: &str, then: Then) {
    let browser = admin.by_nobody();
    let status = match then {
        Then::LeavesThisBrowser => form(&browser, "/auth/logout", cookie, &[]).await.status,
        Then::ChoosesAnotherPassword => {
            let fields = [("do", "change-password"), ("password_before", PASSWORD), ("password", "another horse")];
            form(&browser, "/account", cookie, &fields).await.status
        }
        Then::IsSignedOut => {
            let mara = cookie_of(&browser, "mara", PASSWORD).await;
            form(&browser, &format!("/admin/users/{username}"), &mara, &[("do", "end-sessions")]).await.status
        }
        Then::IsDisabled => send(admin, "PATCH", &format!("users/{username}"), json!({"disabled": true})).await.status,
        Then::IsDeleted => send(admin, "DELETE", &format!("users/{username}"), json!(null)).await.status,
        Then::LosesTheToken => {
            let otto = admin.showing(&basic(username, PASSWORD));
            let token = send(&otto, "GET", "tokens", json!(null)).await.json()["items"][0]["id"].clone();
            send(&otto, "DELETE", &format!("tokens/{}", token.as_str().unwrap()), json!(null)).await.status
        }
    };
    assert!([200, 204, 303].contains(&status.as_u16()), "{then:?}: {status}");
}

async fn job(test: &TestApp, id: &str) -> Value {
    test.get(&format!("/api/v1/jobs/{id}")).await.json()
}

#[tokio::test]
async fn a_job_outlives_its_session_and_neither_its_owner_nor_their_token() {
    let base = with_admin().await;
    let admin = base.showing(&basic("mara", PASSWORD));
    let (on, out) = ("it goes on", "whoever asked for it was signed out everywhere since; ask for it again");
    let (gone, lost) =
        ("whoever asked for it is let in no more", "whoever asked for it did so by a token that is no more");
    for (at, (by, then, expected)) in [
        (By::Session, Then::LeavesThisBrowser, on),
        (By::Session, Then::ChoosesAnotherPassword, out),
        (By::Session, Then::IsSignedOut, out),
        (By::Password, Then::IsDisabled, out),
        (By::Password, Then::IsDeleted, gone),
        (By::Token, Then::ChoosesAnotherPassword, on),
        (By::Token, Then::IsDisabled, gone),
        (By::Token, Then::LosesTheToken, lost),
    ]
    .into_iter()
    .enumerate()
    {
        let username = format!("otto-{at}");
        let (id, cookie) = begun(&admin, &username, by).await;
        let run = taken_up(&base, &id).await;
        assert!(base.app.identity.on_behalf(&run).await.is_ok());
        happens(&admin, &username, &cookie, then).await;
        let error = job(&admin, &id).await["error"].as_str().map(str::to_owned);
        let said = match (error, base.app.identity.on_behalf(&run).await) {
            (Some(error), _) | (None, Err(Error::Conflict(error))) => error,
            (None, next) => next.map(|_| on.to_owned()).unwrap(),
        };
        assert_eq!(said, expected, "{by:?}, {then:?}");
        let _ = control(&admin, &id, "cancel").await;
    }
    let (id, cookie) = begun(&admin, "nina", By::Password).await;
    happens(&admin, "nina", &cookie, Then::IsDisabled).await;
    let early = out.replace("since;", "since, before it began;");
    assert_eq!(job(&admin, &id).await["error"], early);
}

/// Of whatever kind it is: a collection ends too for who may not begin one any more.
#[tokio::test]
async fn who_may_collect_no_more_ends_what_they_began() {
    let mut base = with_admin().await;
    let admin = base.showing(&basic("mara", PASSWORD));
    let otto = user(&admin, "otto").await;
    let grant = give(&admin, named("otto"), "admin", "*", None).await.unwrap();
    let id = collect(&otto, true).await;
    assert_eq!(send(&admin, "DELETE", &format!("grants/{grant}"), json!(null)).await.status, 204);
    let _jobs = base.start_jobs().await;
    let job = over(&admin, &id).await;
    assert!(job["state"] == "failed" && job["error"].as_str().unwrap().contains("system.configure"), "{job}");
}

#[tokio::test]
async fn a_job_is_not_of_who_comes_after_under_the_same_name() {
    let base = with_admin().await;
    let admin = base.showing(&basic("mara", PASSWORD));
    let (id, _) = begun(&admin, "otto", By::Password).await;
    let otto = admin.showing(&basic("otto", PASSWORD));
    assert_eq!(control(&otto, &id, "pause").await.status, 200, "it is his");
    happens(&admin, "otto", "", Then::IsDeleted).await;
    let other = user(&admin, "otto").await;
    give(&admin, named("otto"), "owner", "team/*", None).await.unwrap();
    assert_eq!(other.get("/api/v1/jobs").await.json()["items"], json!([]));
    for asked in ["pause", "resume", "cancel"] {
        assert_eq!(control(&other, &id, asked).await.status, 404, "{asked}");
    }
    assert_eq!(job(&admin, &id).await["created_by"], "user:otto", "the name is for those who read");
}

/// Two servers over one database. The first took a job up and sleeps; the second takes it over when the lease is out.
#[tokio::test]
async fn a_node_that_wakes_late_changes_nothing_of_a_job_that_another_has() {
    let base = TestApp::new().await;
    let (config, clock) = (shared(&base).await, Arc::new(ManualClock::new(START)));
    let one = TestApp::over(&config, choices(Policy::Grants, clock.clone()), &base).await;
    sign_in::admin_by_configuration(&one.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let own = Choices { entropy: Arc::new(SeededEntropy::new(8)), ..choices(Policy::Grants, clock) };
    let other = TestApp::over(&config, own, &base).await;
    let mara = other.showing(&basic("mara", PASSWORD));
    let id = collect(&mara, true).await;
    let late = taken_up(&one, &id).await;
    let now = taken_up(&other, &id).await;
    let to = |n_done: u64, words: &str, is_over: bool| {
        let said = vec![words.to_owned()];
        Progress { n_done, n_total: Some(9), said, is_over, ..Progress::of(&now) }
    };
    assert_eq!(noted(&other, &now, to(5, "Here.", false)).await, Some(RunState::Running));
    for control_by in ["", "pause", "resume", "cancel"] {
        if !control_by.is_empty() {
            assert_eq!(control(&mara, &id, control_by).await.status, 200);
        }
        let before = job(&mara, &id).await;
        for is_over in [false, true] {
            assert_eq!(noted(&one, &late, to(1, "Late.", is_over)).await, None);
        }
        let (run, at) = (late.clone(), START);
        note(&one, move |tx| Box::pin(async move { runs::fail(tx, &run, "late", at).await })).await;
        assert!(!runs::is_under_way(&one.app.store, &late).await.unwrap());
        assert_eq!(job(&mara, &id).await, before, "{control_by}");
        assert_eq!(before["done"], 5);
    }
}
