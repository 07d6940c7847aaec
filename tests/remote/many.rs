//! Many tags of a registry elsewhere, as a job: whatever fails, each tag is there or in the trash.

use super::stand_in::{Deletes, Event, StandIn};
use crate::identity::{PASSWORD, basic};
use crate::jobs::{noted, taken_up};
use crate::support::{OCI_MANIFEST, START, TestApp, choices, decides, sha256};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::domain::run::Lane;
use portolan::domain::{Result, Timestamp};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::identity::sign_in;
use portolan::server::service::{plans, trash};
use portolan::server::store::Value as Param;
use portolan::server::store::runs::{self, Progress};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// More than go at once there.
const MANY: usize = 24;

fn image(number: usize) -> String {
    let empty = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2});
    json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example", "config": empty,
        "layers": [], "annotations": {"n": number.to_string()}})
    .to_string()
}

/// A stand-in with many tags on three images, and a server that has read it, as its administrator uses it.
async fn mounted(deletes: Deletes) -> (StandIn, TestApp) {
    mounted_with(deletes, |_| ()).await
}

/// The same with more in it.
async fn mounted_with(deletes: Deletes, fill: impl FnOnce(&StandIn)) -> (StandIn, TestApp) {
    let (upstream, url) = StandIn::start(deletes).await;
    for number in 0..MANY {
        upstream.push(&[&format!("dev-{number:02}")], &image(number % 3));
    }
    upstream.push(&["prod"], &image(0));
    fill(&upstream);
    let n_tags = upstream.now().tags.len();
    let text = format!(
        "[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\nurl = \"{url}\"\nread_only = false\nrefresh_s = 86400\n\
         [[mounts]]\nkind = \"hosted\""
    );
    let mut test = TestApp::build(&text, choices(Policy::Grants, Arc::new(ManualClock::new(START)))).await;
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let reading = test.start_jobs().await;
    let wait = async {
        while here(&test).await.len() < n_tags {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it is read within 20 s");
    drop(reading);
    (upstream, test.showing(&basic("mara", PASSWORD)))
}

async fn pairs(test: &TestApp, sql: &str) -> BTreeMap<String, String> {
    let rows = test.app.store.all(sql, Vec::<Param>::new()).await.unwrap();
    rows.into_iter().map(|mut row| (row.take().unwrap(), row.take().unwrap())).collect()
}

/// The images of the catalog.
const IMAGES: &str = "SELECT digest, kind FROM manifests";

/// The tags of the catalog, each with what it names.
async fn here(test: &TestApp) -> BTreeMap<String, String> {
    pairs(test, "SELECT name, digest FROM tags").await
}

/// The tags in the trash.
async fn in_trash(test: &TestApp) -> BTreeMap<String, String> {
    pairs(test, "SELECT name, digest FROM deleted_tags").await
}

/// The tags that are to be looked after by the sweep.
async fn on_their_way(test: &TestApp) -> BTreeMap<String, String> {
    pairs(test, "SELECT tag, digest FROM trash_going").await
}

/// The tags at the registry but for the hidden ones.
fn there(upstream: &StandIn) -> BTreeMap<String, String> {
    upstream.now().tags.clone().into_iter().filter(|(tag, _)| !tag.starts_with("portolan.")).collect()
}

async fn send(test: &TestApp, path: &str, body: Value) -> Value {
    let answer = test.call("POST", &format!("/api/v1/{path}"), "application/json", body.to_string()).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    answer.json()
}

async fn started(test: &TestApp) -> (String, Value) {
    let plan = send(test, "r/up/a/-/delete-preview", json!({"filter": "dev-*"})).await["plan"].clone();
    let job = send(test, "r/up/a/-/delete", json!({ "plan": plan })).await;
    (job["job"].as_str().expect("it is a job").to_owned(), job["batch"].clone())
}

/// Does a job step by step, where one request of each step fails: the first of the first step, the second of the next,
/// and so on. All that holds between two steps is asked.
async fn done_while_it_fails(
    (upstream, test, id): (&StandIn, &TestApp, &str),
    step: impl AsyncFn(&portolan::server::store::runs::Run) -> Result<Progress>,
    holds: impl AsyncFn(),
) -> Vec<String> {
    let mut run = taken_up(test, id).await;
    for at in 0..400 {
        let event = if at % 2 == 0 { Event::Fails } else { Event::IsLost };
        let from = upstream.now().seen.len();
        upstream.now().event = Some((from + at % 60, event));
        let to = step(&run).await;
        upstream.now().event = None;
        holds().await;
        let Ok(to) = to else { continue };
        run.place.clone_from(&to.place);
        noted(test, &run, to.clone()).await;
        if to.is_over {
            return to.said;
        }
    }
    panic!("it does not come to its end")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_fails_at_each_request_once_leaves_every_tag_there_or_in_the_trash() {
    for deletes in [Deletes::ByDigest, Deletes::ByName] {
        let (upstream, test) = mounted(deletes).await;
        let before = there(&upstream);
        let (id, batch) = started(&test).await;
        let theirs = upstream.push(&["dev-07"], &image(7));
        let images: Vec<String> = (0..3).map(|number| sha256(image(number).as_bytes())).collect();
        let said = done_while_it_fails(
            (&upstream, &test, &id),
            async |run| plans::step(&test.app, run).await,
            async || {
                let (here, kept, going) = (here(&test).await, in_trash(&test).await, on_their_way(&test).await);
                let state = upstream.now();
                for (tag, digest) in before.iter().filter(|(tag, _)| *tag != "dev-07") {
                    assert!(here.get(tag) == Some(digest) || kept.get(tag) == Some(digest), "{tag}");
                    let is_known = [&state.tags, &kept, &going].into_iter().any(|some| some.get(tag) == Some(digest));
                    assert!(is_known, "what is gone there is in the trash, or will be: {tag}");
                }
                for digest in &images {
                    let is_named = state.tags.values().any(|named| named == digest);
                    assert!(state.manifests.contains_key(digest) && is_named, "{digest}: {:?}", state.seen);
                }
            },
        )
        .await;
        assert_eq!(said, ["Deleted 23 tags. 1 tag moved meanwhile and stays."]);
        let left = there(&upstream);
        assert_eq!(left.keys().collect::<Vec<_>>(), ["dev-07", "prod"]);
        assert_eq!((&left["dev-07"], in_trash(&test).await.len()), (&theirs, 23));
        assert_eq!(on_their_way(&test).await, BTreeMap::new(), "nor is what moved");

        let back = send(&test, "trash/restore", json!({ "batch": batch })).await["job"].clone();
        let said = done_while_it_fails(
            (&upstream, &test, back.as_str().unwrap()),
            async |run| trash::step(&test.app, run).await,
            async || {},
        )
        .await;
        assert_eq!(said, ["All 23 are back."]);
        let mut whole = before.clone();
        whole.insert("dev-07".to_owned(), theirs);
        assert_eq!(there(&upstream), whole);
        assert_eq!(in_trash(&test).await.len(), 0);
    }
}

/// Its tags go in parts, and itself last, with what is found by its digest alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_of_many_tags_goes_there_by_a_job_and_comes_back_by_one() {
    let (big, tags) = (sha256(image(9).as_bytes()), (0..MANY).map(|number| format!("big-{number:02}")));
    let (tags, note) = (tags.collect::<Vec<_>>(), format!("{}.sig", big.replace(':', "-")));
    for deletes in [Deletes::ByDigest, Deletes::ByName] {
        let (upstream, test) = mounted_with(deletes, |upstream| {
            upstream.push(&tags.iter().map(String::as_str).collect::<Vec<_>>(), &image(9));
            upstream.push(&[&note], &image(10));
        })
        .await;
        let (before, known) = (there(&upstream), pairs(&test, IMAGES).await);
        upstream.now().seen.clear();
        let refused = test.delete(&format!("/api/v1/r/up/a/-/manifests/{big}")).await;
        assert!(refused.status == 409 && refused.text().contains("by a job"), "{}", refused.text());
        assert_eq!(upstream.now().seen, [], "nothing is begun there");
        let preview = send(&test, "r/up/a/-/delete-preview", json!({"digests": [big]})).await;
        assert!(preview["notes"].to_string().contains("by a job"), "{preview}");
        let done = send(&test, "r/up/a/-/delete", json!({"plan": preview["plan"]})).await;
        let (id, batch) = (done["job"].as_str().expect("it is a job"), done["batch"].clone());
        let said = done_while_it_fails(
            (&upstream, &test, id),
            async |run| plans::step(&test.app, run).await,
            async || {
                let is_here = pairs(&test, IMAGES).await.contains_key(&big);
                let n_left = here(&test).await.keys().filter(|tag| tags.contains(tag)).count();
                assert!(is_here || n_left == 0, "{n_left} tags are left of an image that is gone");
                let state = upstream.now();
                assert!(state.tags.values().any(|named| *named == big) && state.manifests.contains_key(&big));
            },
        )
        .await;
        let short = &big["sha256:".len()..][..12];
        let went = format!("The image {short} went when its tags were gone.");
        assert_eq!(said, [went, "Deleted 24 tags.".to_owned()]);
        let left: Vec<String> = there(&upstream).into_keys().collect();
        assert_eq!(left.len(), MANY + 1, "with what is found by its digest: {left:?}");
        assert_eq!(here(&test).await, there(&upstream));
        assert_eq!(pairs(&test, IMAGES).await.len(), known.len() - 2, "and so is what was about it");
        assert_eq!(on_their_way(&test).await, BTreeMap::new());

        let back = send(&test, "trash/restore", json!({ "batch": batch })).await["job"].clone();
        let back = back.as_str().expect("it is a job too");
        let restoring = async |run: &portolan::server::store::runs::Run| trash::step(&test.app, run).await;
        let said = done_while_it_fails((&upstream, &test, back), restoring, async || {}).await;
        assert_eq!(said, ["All 25 are back."]);
        assert_eq!((there(&upstream), here(&test).await), (before.clone(), before));
        assert_eq!((pairs(&test, IMAGES).await, in_trash(&test).await.len()), (known, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_stops_there_says_at_which_tag_and_goes_on_by_a_new_preview() {
    let (upstream, test) = mounted(Deletes::ByName).await;
    let (id, _) = started(&test).await;
    let run = taken_up(&test, &id).await;
    // It breaks a request later each time, until some tags of the part are gone. Before the fifth it finds out what the
    // registry can do, and where one question fails it asks another.
    for after in 4.. {
        let from = upstream.now().seen.len();
        upstream.now().event = Some((from + after, Event::Fails));
        assert!(plans::step(&test.app, &run).await.is_err(), "{:?}", upstream.now().seen);
        if in_trash(&test).await.len() > 1 {
            break;
        }
    }
    upstream.now().event = None;
    let n_gone = in_trash(&test).await.len();
    let said = plans::left(&test.app, &run).await.unwrap();
    let next =
        format!("{n_gone} of 24 tags are deleted. It stopped at dev-{n_gone:02}; those after it stay as they are");
    assert_eq!(said, next);
    let cancelled = test.call("POST", &format!("/api/v1/jobs/{id}/cancel"), "application/json", "").await;
    assert_eq!(cancelled.status, 200);
    // The one at which it stopped may be gone there: what failed may be the look whether it is.
    let (left, shown) = (there(&upstream), here(&test).await);
    assert_eq!(shown.len(), 1 + MANY - n_gone, "what it said it would leave is left");
    let stopped = format!("dev-{n_gone:02}");
    assert!(shown.iter().all(|(tag, digest)| *tag == stopped || left.get(tag) == Some(digest)), "{left:?}");
    let (again, _) = started(&test).await;
    let run = taken_up(&test, &again).await;
    while !plans::step(&test.app, &run).await.unwrap().is_over {}
    assert_eq!(there(&upstream).keys().collect::<Vec<_>>(), ["prod"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_cancelled_job_deleted_comes_back_once_its_last_step_is_at_its_end() {
    let (upstream, test) = mounted(Deletes::ByName).await;
    let (before, (id, batch)) = (there(&upstream), started(&test).await);
    let proof = decides(Policy::Grants).system(Job::Run, Maintain {});
    let held_until = Timestamp(START.0 + 60_000);
    let taking = test.app.store.note(&proof, move |tx| {
        Box::pin(async move { runs::take_turn(tx, "a node", (START, held_until), &Lane::ALL).await })
    });
    taking.await.unwrap().expect("nobody else does it");
    let run = taken_up(&test, &id).await;
    plans::step(&test.app, &run).await.unwrap();
    let gate = upstream.wait_for("DELETE", "dev-07");
    let (app, under_way) = (test.app.clone(), run.clone());
    let step = tokio::spawn(async move { plans::step(&app, &under_way).await });
    gate.reached.notified().await;
    let cancelled = test.call("POST", &format!("/api/v1/jobs/{id}/cancel"), "application/json", "").await;
    assert_eq!(cancelled.status, 200);
    let undo = json!({ "batch": batch });
    let early = test.call("POST", "/api/v1/trash/restore", "application/json", undo.to_string()).await;
    assert!(early.status == 409 && early.text().contains("ends with what it does"), "{}", early.text());
    gate.opens.notify_one();
    step.await.unwrap().unwrap();
    test.app.store.note(&proof, move |tx| Box::pin(async move { runs::leave(tx, &id).await })).await.unwrap();
    assert_eq!(in_trash(&test).await.len(), 10, "both steps came to their ends");
    let undone = test.call("POST", "/api/v1/trash/restore", "application/json", undo.to_string()).await;
    assert!(undone.status.is_success(), "{}", undone.text());
    assert_eq!((there(&upstream), here(&test).await), (before.clone(), before));
}
