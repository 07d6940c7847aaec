//! Very many tags, deleted by one job to its end and brought back by another.

use super::large::{counts, fill_with, rebuild};
use super::{names, send};
use crate::identity::{PASSWORD, basic, with_admin};
use crate::jobs::{over, ran};
use serde_json::json;

const NAMES: usize = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_tags_that_a_filter_matches_go_by_a_job_to_its_end_and_come_back_by_one_restore() {
    let mut base = with_admin().await;
    let mara = base.showing(&basic("mara", PASSWORD));
    let one = mara.push_image("team/web", "v1", "amd64", b"one").await;
    mara.push_image("team/web", "other", "amd64", b"other").await;
    fill_with(&mara, &one, (NAMES, mara.app.clock.now().0)).await;
    let before = counts(&mara).await;
    let asked = json!({"filter": "t-*"});
    let shown = send(&mara, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await.json();
    let plan = json!({"plan": shown["plan"]});
    let begun = send(&mara, "POST", "/api/v1/r/team/web/-/delete", plan.clone()).await;
    assert_eq!(begun.status, 202, "{}", begun.text());

    let _jobs = base.start_jobs().await;
    let job = over(&mara, begun.json()["job"].as_str().unwrap()).await;
    assert_eq!(ran(&job), "Deleted 3000 tags.");
    assert_eq!((&job["done"], &job["total"], &job["in_trash"]), (&json!(NAMES), &json!(NAMES), &json!(NAMES)), "{job}");
    assert_eq!(mara.get("/v2/team/web/tags/list").await.json()["tags"], json!(["other", "v1"]));
    let gone = counts(&mara).await;
    rebuild(&mara).await;
    assert_eq!(counts(&mara).await, gone, "what is left adds up");

    let back = send(&mara, "POST", "/api/v1/trash/restore", plan).await;
    assert_eq!(back.status, 202, "{}", back.text());
    let job = over(&mara, back.json()["job"].as_str().unwrap()).await;
    assert_eq!(ran(&job), "All 3000 are back.");
    assert_eq!(counts(&mara).await, before);
    assert_eq!(names(&mara, "team/web", "t-2999").await, Some(one));
    assert_eq!(mara.get("/api/v1/trash").await.json()["items"], json!([]));
    rebuild(&mara).await;
    assert_eq!(counts(&mara).await, before, "as if they had never gone");
}
