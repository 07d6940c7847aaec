//! A collection that the clock begins: how far it is is said on its page and by the API alike, it is paused and goes on, and
//! a dry run before it said what it would free and changed nothing.

use super::model::found;
use super::{files, rows};
use crate::jobs::{collect, control, noted_after, over, ran, taken_up};
use crate::support::{START, TestApp, choices, eventually};
use portolan::domain::ByteSize;
use portolan::server::access::Policy;
use portolan::server::blobs::FilesystemBlobs;
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::store::runs::Progress;
use serde_json::{Value, json};
use std::sync::Arc;

const DAILY: &str = "[trash]\ndays = 0\n[history]\ndays = 0\n[gc]\ngrace_s = 3600\nevery_s = 86400\n";
const HOUR_MS: i64 = 3_600_000;

async fn jobs(test: &TestApp) -> Vec<Value> {
    test.get("/api/v1/jobs").await.json()["items"].as_array().unwrap().clone()
}

/// Waits for the job that nobody asked for after so many, and returns its id.
async fn began_by_itself(test: &TestApp, n_before: usize) -> String {
    eventually("it begins by itself", async || jobs(test).await.len() > n_before).await;
    let job = jobs(test).await[0].clone();
    assert_eq!((&job["kind"], &job["dry_run"], &job["created_by"]), (&json!("gc"), &json!(false), &json!("job:gc")));
    job["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_begins_by_the_clock_says_how_far_it_is_and_goes_on_after_a_pause() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(DAILY, choices(Policy::Grants, clock.clone())).await;
    test.push_image("team/web", "kept", "amd64", b"kept").await;
    for tag in ["1", "2", "3"] {
        test.push_image("team/web", tag, "amd64", format!("the layer of {tag}").as_bytes()).await;
        assert_eq!(test.delete(&format!("/v2/team/web/manifests/{tag}")).await.status, 202);
    }
    let freed = 3 * "the layer of 1".len() as u64;
    let _running = test.start_jobs().await;

    clock.advance_ms(2 * HOUR_MS);
    let (before, bytes) = (found(&test).await, files(test.folder.path()));
    let dry = over(&test, &collect(&test, true).await).await;
    assert!(ran(&dry).contains("images: 3; links of blobs: 3; blobs: 3,") && dry["bytes"] == freed, "{dry}");
    assert_eq!((found(&test).await, files(test.folder.path())), (before, bytes), "it changed nothing");
    let trash = test.get("/api/v1/trash").await.json();
    assert_eq!(jobs(&test).await.len(), 1, "nothing is due before its time: {trash}");

    // Files do not go while somebody copies them: there it stands.
    let copying = FilesystemBlobs::open(test.folder.path()).unwrap().copying().unwrap();
    clock.advance_ms(22 * HOUR_MS);
    let id = began_by_itself(&test, 1).await;
    let (path, page) = (format!("/api/v1/jobs/{id}"), format!("/jobs/{id}"));
    let waits = async || test.get(&path).await.json()["waits_for"].as_str().is_some_and(|it| it.contains("a backup"));
    eventually("it has come to the files", waits).await;
    assert_eq!(control(&test, &id, "pause").await.status, 200);
    let paused = test.get(&path).await.json();
    assert_eq!((&paused["state"], &paused["bytes"], &paused["left_s"]), (&json!("paused"), &json!(0), &json!(null)));
    assert!(paused["done"].as_u64().is_some_and(|done| done > 0), "{paused}");
    let said = test.get(&page).await.text();
    assert!(
        said.contains("by schedule")
            && said.contains("Paused by admin.")
            && said.contains(&format!("{} freed", ByteSize(0))),
        "{said}"
    );

    drop(copying);
    control(&test, &id, "resume").await;
    let done = over(&test, &id).await;
    assert!(ran(&done).contains("images: 3; links of blobs: 3; blobs: 3,"), "{done}");
    assert_eq!(
        (&done["bytes"], &done["left_s"], &done["done"]),
        (&json!(freed), &json!(null), &done["total"]),
        "{done}"
    );
    let said = test.get(&page).await.text();
    assert!(said.contains(&format!("{} freed", ByteSize(freed))) && !said.contains(" left"), "{said}");
    assert!(test.get("/jobs").await.text().contains(&format!("{} freed", ByteSize(freed))));
    assert_eq!(files(test.folder.path()), found(&test).await.contents);
    super::pulls(&test, "team/web", "kept").await;

    clock.advance_ms(24 * HOUR_MS);
    let next = over(&test, &began_by_itself(&test, 2).await).await;
    assert!(ran(&next).contains("images: 0; links of blobs: 0; blobs: 0,"), "{next}");
}

/// That is told by how much it looked at and not by what it freed, and by the time that it worked and not by the clock.
#[tokio::test]
async fn a_collection_says_how_long_it_will_go_on_as_soon_as_that_can_be_told() {
    let test = TestApp::new().await;
    let id = collect(&test, false).await;
    let (path, page) = (format!("/api/v1/jobs/{id}"), format!("/jobs/{id}"));
    let run = taken_up(&test, &id).await;
    let to = |n_done, n_bytes| Progress { n_done, n_total: Some(10_000), n_bytes, ..Progress::of(&run) };
    for (took_ms, n_done, n_bytes, left_s, words) in [
        (4_999, 1_000, 0, json!(null), "1,000 of 10,000, "),
        (5_001, 2_500, 1 << 40, json!(30), "2,500 of 10,000, less than a minute left, "),
        (590_000, 5_000, 1 << 40, json!(600), "5,000 of 10,000, about 10 min left, "),
        (0, 10_000, 1 << 40, json!(0), "10,000 of 10,000, less than a minute left, "),
    ] {
        noted_after(&test, &run, to(n_done, n_bytes), took_ms).await;
        assert_eq!(test.get(&path).await.json()["left_s"], left_s, "{n_done}");
        let said = test.get(&page).await.text();
        assert!(said.contains(&format!("{words}{} freed", ByteSize(n_bytes))), "{words}: {said}");
    }
    // What waits, for others or for whoever stopped it, goes on at nobody knows what time.
    let waits = Progress { waits_for: Some("a backup".to_owned()), ..to(5_000, 0) };
    noted_after(&test, &run, waits, 0).await;
    assert_eq!(test.get(&path).await.json()["left_s"], json!(null));
    noted_after(&test, &run, to(5_000, 0), 0).await;
    assert_eq!(test.get(&path).await.json()["left_s"], json!(600));
    control(&test, &id, "pause").await;
    assert_eq!(test.get(&path).await.json()["left_s"], json!(null));
}

/// A dry run that somebody paused ends for a collection that is due; a collection that they paused stays, and it is said what
/// it holds up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_paused_and_forgotten_keeps_nothing_from_being_freed_in_silence() {
    for is_dry in [true, false] {
        let clock = Arc::new(ManualClock::new(START));
        let mut test = TestApp::build(DAILY, choices(Policy::Grants, clock.clone())).await;
        let paused = collect(&test, is_dry).await;
        assert_eq!(control(&test, &paused, "pause").await.status, 200);
        let by_hand = test.call("POST", "/api/v1/jobs", "application/json", r#"{"kind":"gc"}"#).await;
        let words = format!("garbage collection is paused; resume or cancel it on its page, /jobs/{paused}");
        assert!(by_hand.status == 409 && by_hand.text().contains(&words), "{}", by_hand.text());
        let is_said = test.get("/jobs").await.text().contains("Nothing is freed, also by schedule, until");
        assert_eq!(is_said, !is_dry);
        let _running = test.start_jobs().await;
        clock.advance_ms(24 * HOUR_MS);
        let path = format!("/api/v1/jobs/{paused}");
        if is_dry {
            over(&test, &began_by_itself(&test, 1).await).await;
            let ended = test.get(&path).await.json();
            assert_eq!(ended["state"], "cancelled", "{ended}");
            assert!(ended["log"].to_string().contains("Cancelled by the schedule, for a collection"), "{ended}");
        } else {
            let next = format!("SELECT id FROM jobs WHERE kind = 'gc' AND run_at > {}", clock.now().0);
            eventually("it was due", async || !rows(&test, &next).await.is_empty()).await;
            assert_eq!((jobs(&test).await.len(), &test.get(&path).await.json()["state"]), (1, &json!("paused")));
            assert_eq!(control(&test, &paused, "resume").await.status, 200);
            ran(&over(&test, &paused).await);
        }
    }
}
