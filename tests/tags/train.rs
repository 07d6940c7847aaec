//! Twenty repositories that are released together, five times, go back to the third release by one request while others
//! push to them, and forward again. What releases before the last one named is held by history alone meanwhile.

use super::{names, push_index, send, timed_with};
use crate::collect::pulls;
use crate::jobs::{collect, over, ran};
use crate::support::{TestApp, eventually};
use futures::future::try_join_all;
use portolan::server::clock::{Clock, ManualClock};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

const REPOSITORIES: usize = 20;
const RELEASES: usize = 5;
const WRITERS: usize = 4;
const HOUR_MS: i64 = 3_600_000;
/// Tries after which something is wrong: each sees what is there, and goes back unless that changed meanwhile.
const MAX_TRIES: usize = 500;
/// A delete is final at once, and what nothing holds goes with the next collection.
const HISTORY_ALONE: &str = "[trash]\ndays = 0\n[history]\ndays = 30\n[gc]\ngrace_s = 0\nevery_s = 0\n";

/// Tags with what they name, by repository.
type Tags = BTreeMap<(String, String), String>;

fn repository(number: usize) -> String {
    format!("team/r{:02}", number % REPOSITORIES)
}

/// Every tag of all of them.
async fn tags(test: &TestApp) -> Tags {
    let mut found = Tags::new();
    for number in 0..REPOSITORIES {
        let name = repository(number);
        let listed = test.get(&format!("/api/v1/r/{name}/-/tags?limit=500")).await.json();
        assert_eq!(listed["next"], Value::Null, "all of them: {listed}");
        for it in listed["items"].as_array().unwrap() {
            let text = |key: &str| it[key].as_str().unwrap().to_owned();
            found.insert((name.clone(), text("name")), text("digest"));
        }
    }
    found
}

/// Pushes each release an hour after the one before and collects after it; what was there after each.
async fn release(test: &TestApp, clock: &ManualClock) -> Vec<(String, Tags)> {
    let mut released = Vec::new();
    for number in 1..=RELEASES {
        for at in 0..REPOSITORIES {
            let (name, seed) = (repository(at), format!("{number} of {at}"));
            let (index, _) = push_index(test, &name, "prod", &seed).await;
            let tag = format!("/api/v1/r/{name}/-/tags/v{number}");
            assert_eq!(send(test, "PUT", &tag, json!({"digest": index})).await.status, 201);
            if number > 1 {
                let before = format!("/api/v1/r/{name}/-/tags/v{}", number - 1);
                assert_eq!(test.delete(&before).await.status, 204);
            }
        }
        released.push((clock.now().rfc3339(), tags(test).await));
        clock.advance_ms(HOUR_MS);
        ran(&over(test, &collect(test, false).await).await);
    }
    released
}

/// Somebody who pushes a tag of their own each time that it is their turn, until there are no more; the tags in their order.
fn writes(test: TestApp, who: usize, mut turns: UnboundedReceiver<()>) -> JoinHandle<Vec<(String, String)>> {
    tokio::spawn(async move {
        let mut pushed = Vec::new();
        while turns.recv().await.is_some() {
            let (name, tag) = (repository(who + pushed.len() * WRITERS), format!("dev-{who}-{}", pushed.len()));
            test.push_image(&name, &tag, "amd64", tag.as_bytes()).await;
            pushed.push((name, tag));
        }
        pushed
    })
}

/// Sees what differs from a time and goes back to that, until nothing changed in between; how many moved, and how many tries
/// it took. Somebody begins to push at each try.
async fn goes_back(test: &TestApp, then: &str, mut next: impl FnMut()) -> (u64, usize) {
    for tries in 1..=MAX_TRIES {
        next();
        let seen = test.get(&format!("/api/v1/n/team/-/as-of?t={then}")).await.json();
        let sent = json!({"t": then, "print": seen["print"]});
        let back = send(test, "POST", "/api/v1/n/team/-/rollback", sent).await;
        match back.status.as_u16() {
            200 => return (back.json()["moved"].as_u64().unwrap(), tries),
            409 => {}
            _ => panic!("{}", back.text()),
        }
    }
    panic!("not within {MAX_TRIES} tries")
}

/// Goes back to a time while four push and a collection runs; what of theirs came after that moment, which was one for all.
async fn goes_back_under_writers(test: &TestApp, then: &str) -> Vec<(String, String)> {
    let (turns, writers): (Vec<_>, Vec<_>) = (0..WRITERS)
        .map(|who| {
            let (turn, turns) = unbounded_channel();
            (turn, writes(test.again(), who, turns))
        })
        .unzip();
    let mut n_turns = 0;
    let mut next = || {
        turns[n_turns % WRITERS].send(()).unwrap();
        n_turns += 1;
    };
    (0..2 * WRITERS).for_each(|_| next());
    let collection = collect(test, false).await;
    let is_under_way = async || names(test, &repository(0), "dev-0-0").await.is_some();
    eventually("somebody has pushed", is_under_way).await;
    let (n_moved, n_tries) = goes_back(test, then, &mut next).await;
    (0..2 * WRITERS).for_each(|_| next());
    drop(turns);
    ran(&over(test, &collection).await);

    let all = try_join_all(writers).await.unwrap();
    let (now, mut after) = (tags(test).await, Vec::new());
    for pushed in all {
        let n_gone = pushed.iter().take_while(|tag| !now.contains_key(tag)).count();
        assert!(pushed[n_gone..].iter().all(|tag| now.contains_key(tag)), "one moment for all: {pushed:?} {now:?}");
        after.extend(pushed.into_iter().skip(n_gone));
    }
    let n_gone = n_turns - after.len();
    assert!(after.len() >= 2 * WRITERS && n_gone > 0, "{n_gone} before, {} after, in {n_tries} tries", after.len());
    // Of each repository: what `prod` names, the name of the last release, and that of the third.
    assert_eq!(n_moved as usize, 3 * REPOSITORIES + n_gone, "in {n_tries} tries");
    after.sort();
    after
}

/// Collects, and pulls all that is there: these tags and no others, each with its platforms and layers.
async fn holds(test: &TestApp, clock: &ManualClock, expected: &Tags) {
    clock.advance_ms(HOUR_MS);
    ran(&over(test, &collect(test, false).await).await);
    assert_eq!(tags(test).await, *expected);
    for ((name, tag), digest) in expected {
        assert_eq!(names(test, name, tag).await.as_ref(), Some(digest), "{name} {tag}");
        pulls(test, name, tag).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_repositories_go_back_to_the_third_of_five_releases_under_writers_and_forward_again() {
    let (mut test, clock) = timed_with(HISTORY_ALONE).await;
    let _jobs = test.start_jobs().await;
    let released = release(&test, &clock).await;
    let ((then, third), (_, last)) = (&released[2], &released[RELEASES - 1]);
    let before = clock.now().rfc3339();
    clock.advance_ms(HOUR_MS);

    let of_writers = goes_back_under_writers(&test, then).await;
    let now = tags(&test).await;
    let is_of_writers = |tag: &(String, String)| of_writers.contains(tag);
    let of_the_train: Tags = now.clone().into_iter().filter(|(tag, _)| !is_of_writers(tag)).collect();
    assert_eq!(of_the_train, *third, "to the last digest");
    let differs = test.get(&format!("/api/v1/n/team/-/as-of?t={then}&limit=500")).await.json();
    let differs = differs["items"].as_array().unwrap().iter().map(|it| {
        assert_eq!(it["then"], Value::Null, "only what came since: {it}");
        (it["repository"].as_str().unwrap().to_owned(), it["tag"].as_str().unwrap().to_owned())
    });
    assert_eq!(differs.collect::<Vec<_>>(), of_writers);
    holds(&test, &clock, &now).await;

    goes_back(&test, &before, || ()).await;
    holds(&test, &clock, last).await;
}
