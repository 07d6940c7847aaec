//! Long work that people see: who sees it, what can be done to it, and that it goes on.

mod turns;

use crate::support::{Answer, START, TestApp, choices, decides, user};
use axum::http::StatusCode;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::domain::run::{RunKind, RunState};
use portolan::domain::{Role, Scope, Terms, Timestamp};
use portolan::server::access::{Policy, Standing};
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::store::runs::{self, Behalf, NewRun, Progress, Run};
use serde_json::{Value, json};
use std::sync::Arc;

const JSON: &str = "application/json";

/// Starts a garbage collection and returns its id.
pub async fn collect(test: &TestApp, is_dry: bool) -> String {
    let asked = serde_json::json!({"kind": "gc", "dry_run": is_dry}).to_string();
    let made = test.call("POST", "/api/v1/jobs", JSON, asked).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// What a run has to know for its next step, as the process does that takes it up now.
pub async fn taken_up(test: &TestApp, id: &str) -> Run {
    let (proof, id) = (decides(Policy::Grants).system(Job::Run, Maintain {}), id.to_owned());
    let taken =
        test.app.store.note(&proof, move |tx| Box::pin(async move { runs::take_up(tx, &id, START).await })).await;
    taken.unwrap().expect("it is to go on")
}

/// Notes what came of a step, as that process does; how the run stands, if it is still with it.
pub async fn noted(test: &TestApp, run: &Run, to: Progress) -> Option<RunState> {
    noted_after(test, run, to, 0).await
}

/// The same of a step that took so long.
pub async fn noted_after(test: &TestApp, run: &Run, to: Progress, took_ms: i64) -> Option<RunState> {
    let (proof, run) = (decides(Policy::Grants).system(Job::Run, Maintain {}), run.clone());
    let noted = test
        .app
        .store
        .note(&proof, move |tx| Box::pin(async move { runs::advance(tx, &run, &to, took_ms, START).await }));
    noted.await.unwrap()
}

pub async fn control(test: &TestApp, id: &str, control: &str) -> Answer {
    test.call("POST", &format!("/api/v1/jobs/{id}/{control}"), JSON, "").await
}

async fn job(test: &TestApp, id: &str) -> Value {
    test.get(&format!("/api/v1/jobs/{id}")).await.json()
}

/// Waits until a job is over, and returns it.
pub async fn over(test: &TestApp, id: &str) -> Value {
    over_within(test, id, 20).await
}

/// The same of one that takes longer.
pub async fn over_within(test: &TestApp, id: &str, seconds: usize) -> Value {
    for _ in 0..seconds * 100 {
        let job = job(test, id).await;
        if !job["finished_at"].is_null() {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("not within {seconds} s: {}", job(test, id).await)
}

/// What a garbage collection said in the end.
pub fn ran(job: &Value) -> String {
    assert_eq!(job["state"], "done", "{job}");
    job["log"].as_array().unwrap().last().expect("it says what it did")["words"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_job_is_paused_resumed_and_cancelled_and_then_takes_nothing_more() {
    let test = TestApp::new().await;
    let id = collect(&test, false).await;
    let second = test.call("POST", "/api/v1/jobs", JSON, r#"{"kind":"gc"}"#).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "one at a time");
    for (asked, status, state) in [
        ("resume", 409, "queued"),
        ("pause", 200, "paused"),
        ("pause", 409, "paused"),
        ("resume", 200, "queued"),
        ("cancel", 200, "cancelled"),
        ("resume", 409, "cancelled"),
        ("nothing", 404, "cancelled"),
    ] {
        let answer = control(&test, &id, asked).await;
        assert_eq!(answer.status.as_u16(), status, "{asked}: {}", answer.text());
        assert_eq!(job(&test, &id).await["state"], state, "{asked}");
    }
    let page = test.get(&format!("/jobs/{id}")).await.text();
    assert!(page.contains("Never begun") && !page.contains("freed"), "nothing was, and nothing was looked at: {page}");
    assert!(page.contains("Paused by admin.") && page.contains("Cancelled by admin."), "{page}");
    assert!(!page.contains("Refresh") && !page.contains("pause-job"), "there is nothing more to do to it");
    let listed = test.get("/jobs").await.text();
    assert!(listed.contains(&format!("/jobs/{id}")) && listed.contains("Run garbage collection"));
    let activity = test.get("/activity?action=job").await.text();
    assert!(activity.contains("Started a garbage collection") && activity.contains("Changed the job:"));
}

/// What its page offers the list offers in its row, without script.
#[tokio::test]
async fn a_job_is_steered_in_its_row() {
    let test = TestApp::new().await;
    let id = collect(&test, false).await;
    let press = async |who: &TestApp, page: &str, intent: &str| {
        let body = format!("do={intent}&job={id}");
        who.call("POST", page, "application/x-www-form-urlencoded", body).await
    };
    let list = test.get("/jobs").await.text();
    assert!(list.contains("pause-job") && list.contains(&format!("name=\"job\" value=\"{id}\"")), "{list}");
    assert!(list.contains(&format!("href=\"/jobs/{id}?cancel=yes\"")) && !list.contains("resume-job"), "{list}");
    let page = "/jobs?after=zzzz";
    let paused = press(&test, page, "pause-job").await;
    assert_eq!((paused.status, paused.header("location")), (StatusCode::SEE_OTHER, page), "the list stays as it was");
    assert_eq!(job(&test, &id).await["state"], "paused");
    let list = test.get("/jobs").await.text();
    assert!(list.contains("resume-job") && !list.contains("pause-job"), "{list}");
    let again = press(&test, "/jobs", "pause-job").await;
    assert!(again.status == StatusCode::CONFLICT && again.text().contains("id=\"problem\""), "{}", again.text());
    assert_eq!(press(&test, "/jobs", "resume-job").await.status, StatusCode::SEE_OTHER);
    let auditor = test.with_standing(Standing::with_role(user("otto"), Role::Auditor));
    let list = auditor.get("/jobs").await.text();
    assert!(list.contains(&id) && !list.contains("pause-job") && !list.contains("cancel=yes"), "{list}");
    assert_eq!(press(&auditor, "/jobs", "pause-job").await.status, StatusCode::FORBIDDEN);
    assert_eq!(control(&test, &id, "cancel").await.status, StatusCode::OK);
    let list = test.get("/jobs").await.text();
    assert!(!list.contains("pause-job") && !list.contains("cancel=yes"), "it is over: {list}");
}

/// Puts a job in the line, as whoever asked for it did.
async fn waits(test: &TestApp, id: &str, kind: RunKind, params: &Value) {
    let (id, params) = (id.to_owned(), params.to_string());
    let (scope, by, behalf) = ("team/web".parse().unwrap(), user("admin"), Behalf::default());
    let new = NewRun { id, kind, scope, params, by, behalf, at: START };
    let proof = decides(Policy::Grants).system(Job::Run, Maintain {});
    test.app.store.note(&proof, move |tx| Box::pin(async move { runs::start(tx, &new).await })).await.unwrap();
}

/// In words on its page, also where it was paused; the list leads there.
#[tokio::test]
async fn what_a_cancel_keeps_is_said_before_it() {
    let test = TestApp::new().await;
    let copied = json!({"from": "team/web", "to": "up/web", "tags": [["v1", "v1"]]});
    let deleted = json!({"batch": "of it", "repository": "team/web"});
    for (id, kind, params, title, kept) in [
        (
            "a",
            RunKind::Collect,
            json!({"dry_run": false}),
            "Cancel the garbage collection?",
            "What was freed so far stays freed. The rest stays for the next run.",
        ),
        (
            "b",
            RunKind::Collect,
            json!({"dry_run": true}),
            "Cancel the garbage collection?",
            "A dry run frees nothing. What it counted so far is dropped.",
        ),
        (
            "c",
            RunKind::Copy,
            copied,
            "Cancel the copy?",
            "Tags are set last, so most likely none is. Images that were sent so far stay there without a name",
        ),
        (
            "d",
            RunKind::Delete,
            deleted.clone(),
            "Cancel the deletion of tags?",
            "What was deleted so far stays in the trash, together",
        ),
        (
            "e",
            RunKind::Restore,
            deleted,
            "Cancel the restore from the trash?",
            "What came back so far stays. The rest stays in the trash.",
        ),
    ] {
        waits(&test, id, kind, &params).await;
        let asks = format!("/jobs/{id}?cancel=yes");
        assert!(test.get("/jobs").await.text().contains(&format!("href=\"{asks}\"")), "{kind:?}");
        for keep in ["Keep it running", "Keep it paused"] {
            let asked = test.get(&asks).await.text();
            for words in [title, kept, keep, "Cancel the job"] {
                assert!(asked.contains(words), "{kind:?}: {words}: {asked}");
            }
            assert!(
                ["queued", "paused"].contains(&job(&test, id).await["state"].as_str().unwrap()),
                "it is a question"
            );
            control(&test, id, "pause").await;
        }
    }
}

#[tokio::test]
async fn a_job_is_seen_by_whose_it_is_and_by_who_may_see_the_instance() {
    let test = TestApp::new().await;
    let id = collect(&test, false).await;
    let auditor = test.with_standing(Standing::with_role(user("otto"), Role::Auditor));
    assert_eq!(job(&auditor, &id).await["created_by"], "user:admin");
    assert_eq!(control(&auditor, &id, "pause").await.status, StatusCode::FORBIDDEN);
    let page = auditor.get("/jobs").await.text();
    assert!(page.contains(&id) && !page.contains("run-collection"), "who may not start one is not offered to");
    let terms = Terms { role: Role::Owner, scope: "*".parse().unwrap(), tags: None, expires_at: None };
    let owner = test.with_standing(Standing { terms: vec![terms], ..Standing::of(user("nina")) });
    assert_eq!(owner.get("/api/v1/jobs").await.json()["items"].as_array().unwrap().len(), 0);
    assert_eq!(control(&owner, &id, "cancel").await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.get(&format!("/jobs/{id}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_job_that_waits_is_done_and_what_was_paused_goes_on_when_it_is_resumed() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build("", choices(Policy::Grants, Arc::clone(&clock) as Arc<dyn Clock>)).await;
    let id = collect(&test, false).await;
    assert_eq!(control(&test, &id, "pause").await.status, StatusCode::OK);
    let _running = test.start_jobs().await;
    assert_eq!(control(&test, &id, "resume").await.status, StatusCode::OK);
    assert_eq!(over(&test, &id).await["state"], "done");
    // Its page is told that nothing more comes: a stream that only breaks off is opened again, over and over.
    let told = test.get(&format!("/events?scope=job:{id}")).await.text();
    assert_eq!(told, ": open\n\nevent: over\ndata: rows\n\n");
    clock.advance_ms(1);
    let dry = over(&test, &collect(&test, true).await).await;
    assert_eq!((&dry["state"], &dry["dry_run"]), (&"done".into(), &true.into()));
    let listed = test.get("/api/v1/jobs?limit=1").await.json();
    assert_eq!(listed["items"][0]["id"], dry["id"], "newest first");
    let next = listed["next"].as_str().expect("there is one more");
    assert_eq!(test.get(&format!("/api/v1/jobs?after={next}")).await.json()["items"][0]["id"], *id);
}

#[tokio::test]
async fn a_job_that_is_forgotten_takes_its_parts_along_and_no_others() {
    let test = TestApp::new().await;
    let proof = decides(Policy::Grants).system(Job::Run, Maintain {});
    let put = test.app.store.note(&proof, |tx| {
        Box::pin(async move {
            for (id, at) in [("old", START), ("new", START.plus_days(1))] {
                let (id, params) = (id.to_owned(), "{}".to_owned());
                let (scope, by, behalf) = (Scope::Everything, user("mara"), Behalf::default());
                let new = NewRun { id: id.clone(), kind: RunKind::Delete, scope, params, by, behalf, at };
                runs::start(tx, &new).await?;
                runs::add_parts(tx, &id, &[("a".to_owned(), 1), ("b".to_owned(), 1)]).await?;
                let run = runs::take_up(tx, &id, at).await?.expect("it waits");
                runs::fail(tx, &run, "no more", at).await?;
            }
            runs::forget(tx, Timestamp(START.0 + 1)).await
        })
    });
    put.await.unwrap();
    let rows = test.app.store.all("SELECT run_id FROM job_parts", vec![]).await.unwrap();
    let left: Vec<String> = rows.into_iter().map(|mut row| row.take().unwrap()).collect();
    assert_eq!(left, ["new", "new"]);
    assert_eq!(test.get("/api/v1/jobs").await.json()["items"].as_array().unwrap().len(), 1);
}
