//! Very many tags, deleted by one job to its end and brought back by another: three thousand, or as many as
//! `PORTOLAN_TAGS` says.

use super::large::{counts, fill_with, rebuild};
use super::{names, send, within};
use crate::identity::{PASSWORD, basic, run as statement, with_admin};
use crate::jobs::{over_within, ran};
use crate::support::{TestApp, eventually};
use portolan::domain::Role;
use serde_json::json;
use std::time::Instant;

/// How many tags.
#[expect(clippy::disallowed_methods, reason = "a variable says how many")]
fn n_tags() -> usize {
    std::env::var("PORTOLAN_TAGS").map_or(3_000, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_tags_that_a_filter_matches_go_by_a_job_to_its_end_and_come_back_by_one_restore() {
    let (n_tags, mut base) = (n_tags(), with_admin().await);
    let seconds = 20 + n_tags / 100;
    let mara = base.showing(&basic("mara", PASSWORD));
    let one = mara.push_image("team/web", "v1", "amd64", b"one").await;
    mara.push_image("team/web", "other", "amd64", b"other").await;
    fill_with(&mara, &one, (n_tags, mara.app.clock.now().0)).await;
    let before = counts(&mara).await;
    let asked = json!({"filter": "t-*"});
    let shown = send(&mara, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await.json();
    let plan = json!({"plan": shown["plan"]});
    let begun = send(&mara, "POST", "/api/v1/r/team/web/-/delete", plan.clone()).await;
    assert_eq!(begun.status, 202, "{}", begun.text());

    let _jobs = base.start_jobs().await;
    let began = Instant::now();
    let job = over_within(&mara, begun.json()["job"].as_str().unwrap(), seconds).await;
    println!("{n_tags} tags were deleted in {} ms", began.elapsed().as_millis());
    assert_eq!(ran(&job), format!("Deleted {n_tags} tags."));
    for key in ["done", "total", "in_trash"] {
        assert_eq!(job[key], json!(n_tags), "{key}: {job}");
    }
    assert_eq!(mara.get("/v2/team/web/tags/list").await.json()["tags"], json!(["other", "v1"]));
    let gone = counts(&mara).await;
    rebuild(&mara).await;
    assert_eq!(counts(&mara).await, gone, "what is left adds up");

    let back = send(&mara, "POST", "/api/v1/trash/restore", plan).await;
    assert_eq!(back.status, 202, "{}", back.text());
    let began = Instant::now();
    let job = over_within(&mara, back.json()["job"].as_str().unwrap(), seconds).await;
    println!("{n_tags} tags came back in {} ms", began.elapsed().as_millis());
    assert_eq!(ran(&job), format!("All {n_tags} are back."));
    assert_eq!(counts(&mara).await, before);
    assert_eq!(names(&mara, "team/web", &format!("t-{n_tags}")).await, Some(one));
    assert_eq!(mara.get("/api/v1/trash").await.json()["items"], json!([]));
    rebuild(&mara).await;
    assert_eq!(counts(&mara).await, before, "as if they had never gone");
}

/// Whoever may bring back some of very much is refused by one thing that is not theirs, and all of it is not read for that.
#[tokio::test]
async fn of_very_much_one_look_tells_whether_all_of_it_is_theirs() {
    let test = TestApp::new().await;
    let image = test.push_image("team/web", "v1", "amd64", b"one").await;
    for (batch, name) in [("mixed", "'t-' || (i % 2) || '-' || i"), ("own", "'t-1-' || i")] {
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)";
        let trash = format!(
            "{numbers} INSERT INTO trash (id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes,
               deleted_at, deleted_by, expires_at)
             SELECT '{batch}' || i, '{batch}', 'tag', r.mount_id, r.id, r.name, {name}, '{image}', 1, 0, 0, 'user:mara', 0
             FROM n CROSS JOIN repositories r WHERE r.name = 'team/web'"
        );
        statement(&test, trash).await;
    }
    let lena = within(&test, "team/*", Role::Developer, Some("t-1*"));
    let refused = send(&lena, "POST", "/api/v1/trash/restore", json!({"batch": "mixed"})).await;
    assert_eq!(refused.status, 404, "{}", refused.text());
    let is_told = async || {
        let told = test.get("/api/v1/activity?refused=true").await.json()["items"][0]["object"].clone();
        told.as_str().is_some_and(|object| object.starts_with("tag t-0-"))
    };
    eventually("one is enough", is_told).await;
    let begun = send(&lena, "POST", "/api/v1/trash/restore", json!({"batch": "own"})).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let said = test.get("/api/v1/activity?action=trash.restore").await.json();
    let done = said["items"].as_array().unwrap().iter().find(|row| row["refused"].is_null()).expect("it is begun");
    assert_eq!(done["object"], "600 things of team/web", "{done}");
}
