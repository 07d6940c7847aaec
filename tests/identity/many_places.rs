//! What one request deleted in several repositories, where it is much: it comes back by a job, by the rights in each of them.

use super::api::{give, named, send, user};
use super::many::page;
use super::{PASSWORD, basic, run as statement};
use crate::jobs::{control, over, ran};
use crate::support::{START, TestApp, choices, decides};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::identity::sign_in;
use portolan::server::store::Value as Param;
use serde_json::{Value, json};
use std::sync::Arc;

const PLACES: [&str; 2] = ["team/api", "team/web"];
/// In each of them: more than come back at once, in parts of which the last is not full.
const EACH: usize = 270;

/// A server, its administrator, and the batch of what went when their namespace went back over so many tags in each.
async fn gone_back() -> (TestApp, TestApp, Value) {
    let clock = Arc::new(ManualClock::new(START));
    let base = TestApp::build("", choices(Policy::Grants, Arc::clone(&clock) as Arc<dyn Clock>)).await;
    sign_in::admin_by_configuration(&base.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let mara = base.showing(&basic("mara", PASSWORD));
    for name in PLACES {
        mara.push_image(name, "v0", "amd64", name.as_bytes()).await;
    }
    clock.advance_ms(60_000);
    let then = clock.now().rfc3339();
    clock.advance_ms(60_000);
    let at = clock.now().0;
    let numbers = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {EACH})");
    let each = "FROM n CROSS JOIN repositories r JOIN manifests m ON m.repository_id = r.id";
    for columns in [
        format!(
            "tags (repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at)
             SELECT r.id, 't-' || i, m.digest, {at}, 1, 'user:mara', 0, 0, {at}"
        ),
        format!(
            "tag_moves (repository_id, tag, to_digest, how, actor, at)
             SELECT r.id, 't-' || i, m.digest, 'push', 'user:mara', {at}"
        ),
    ] {
        statement(&base, format!("{numbers} INSERT INTO {columns} {each}")).await;
    }
    rebuild(&base).await;
    clock.advance_ms(60_000);
    let back = send(&mara, "POST", "n/team/-/rollback", json!({"t": then})).await;
    assert_eq!((back.status.as_u16(), &back.json()["moved"]), (200, &json!(2 * EACH)), "{}", back.text());
    let batch = mara.get("/api/v1/trash?limit=1").await.json()["items"][0]["batch"].clone();
    (base, mara, batch)
}

async fn rebuild(test: &TestApp) {
    test.app.store.rebuild(&decides(Policy::Grants).system(Job::Rebuild, Maintain {})).await.unwrap();
}

async fn rows(test: &TestApp, sql: &str) -> Vec<String> {
    let rows = test.app.store.all(sql, Vec::<Param>::new()).await.unwrap();
    rows.into_iter().map(|mut row| row.take().unwrap()).collect()
}

/// How many tags each of them has, as is counted and as is kept.
async fn counts(test: &TestApp) -> Vec<String> {
    let sql = "SELECT r.name || ' ' || r.n_tags || ' ' || (SELECT COUNT(*) FROM tags t WHERE t.repository_id = r.id)
               FROM repositories r ORDER BY r.name";
    rows(test, sql).await
}

/// A developer of these repositories, by a grant for each.
async fn developer(mara: &TestApp, name: &str, places: &[&str]) -> TestApp {
    let who = user(mara, name).await;
    for place in places {
        give(mara, named(name), "developer", place, None).await.unwrap();
    }
    who
}

#[tokio::test]
async fn much_that_was_deleted_in_several_repositories_comes_back_by_a_job() {
    let (mut base, mara, batch) = gone_back().await;
    let restore = async |who: &TestApp| send(who, "POST", "trash/restore", json!({"batch": batch})).await;
    let lena = developer(&mara, "lena", &PLACES[1..]).await;
    assert_eq!(restore(&lena).await.status, 404, "who may restore only some of it");
    // Whose rights are in each of them and not above steers what they began, too.
    let nina = developer(&mara, "nina", &PLACES).await;
    let begun = restore(&nina).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let id = begun.json()["job"].as_str().unwrap().to_owned();
    assert_eq!(nina.get(&format!("/api/v1/jobs/{id}")).await.json()["scope"], "team/api");
    assert_eq!(control(&nina, &id, "cancel").await.status, 200);

    let taken = mara.push_image("team/api", "t-7", "amd64", b"theirs").await;
    let begun = restore(&mara).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let id = begun.json()["job"].as_str().unwrap().to_owned();
    assert_eq!(counts(&mara).await, ["team/api 2 2", "team/web 1 1"], "the request itself brings nothing back");
    let _jobs = base.start_jobs().await;
    let job = over(&mara, &id).await;
    assert_eq!(ran(&job), format!("{} are back; 1 could not come back and stay in the trash.", 2 * EACH - 1));
    assert!(job["log"].to_string().contains("tag t-7 of team/api stays"), "{job}");
    assert_eq!(
        (&job["scope"], &job["done"], &job["total"]),
        (&json!("team/*"), &json!(2 * EACH - 1), &json!(2 * EACH))
    );
    let back = [format!("team/api {0} {0}", EACH + 1), format!("team/web {0} {0}", EACH + 1)];
    assert_eq!(counts(&mara).await, back);
    rebuild(&mara).await;
    assert_eq!(counts(&mara).await, back);
    assert_eq!(mara.get("/api/v1/r/team/api/-/tags/t-7").await.json()["digest"], json!(taken));
    let told =
        format!("SELECT DISTINCT place FROM audit WHERE action = 'trash.restore' AND request_id = '{id}' ORDER BY 1");
    assert_eq!(rows(&mara, &told).await, PLACES);
    let told =
        format!("SELECT place FROM audit WHERE action = 'trash.restore' AND after = 'by the job {id}' ORDER BY 1");
    assert_eq!(rows(&mara, &told).await, PLACES, "who asked for it asked for it in each");
    let shown = page(&mara, &format!("/jobs/{id}")).await;
    assert!(shown.contains("1 thing of it in the trash") && shown.contains(">Restore all<"), "{shown}");
    assert!(!shown.contains("Tags of team/"), "it is of several: {shown}");
    assert_eq!(restore(&mara).await.status, 409, "one is few enough at once: all or none");
}
