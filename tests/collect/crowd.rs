//! People who push, move, delete, purge, bring back and roll back at once, while one collection follows the other and days
//! pass. Each works in repositories of their own and in one that all share, over graphs drawn at random whose layers
//! and platforms are everybody's. In the end all that was acknowledged to somebody and that nobody deleted is there.

pub(crate) mod content;
mod holding;
mod person;
mod place;
mod repository;
mod taking;

use super::back::all_entries_hold_their_images;
use super::model::{expected, found};
use super::{files, n_staged, run};
use crate::durability::Chance;
use crate::jobs::{collect, over};
use crate::support::{START, TestApp, choices, crowds, sha256};
use person::{Person, shared_images};
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is deleted or was named can be brought back for a day, and who was told of something can count on it for two
/// hours.
const CONFIG: &str = "[trash]\ndays = 1\n[history]\ndays = 1\n[gc]\ngrace_s = 7200\nevery_s = 0\n";
const DAY_MS: i64 = 86_400_000;
const PROMISED_MS: i64 = 7_200_000;
/// What was noted of it stays longer: not every time that somebody is told is noted.
const NOTED_MS: i64 = PROMISED_MS / 2 * 3;
/// The repository in which all of them work.
const SHARED: &str = "common/web";
const PEOPLE: usize = 5;
const STEPS: usize = 45;
/// So many collections run while they work, and longer they work if it takes that.
const RUNS: usize = 2;

#[test]
fn what_a_crowd_was_told_and_nobody_deleted_is_there() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let mut met: Met = BTreeMap::new();
    for seed in crowds() {
        let crowd = runtime.block_on(one_crowd(seed));
        crowd.iter().flat_map(|person| &person.met).for_each(|(what, n)| *met.entry(what).or_default() += n);
    }
    assert!(ALL.iter().all(|what| met.contains_key(what)), "{met:?}");
}

/// How often what happened.
type Met = BTreeMap<&'static str, usize>;

async fn one_crowd(seed: u64) -> Vec<Person> {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(CONFIG, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    let own = (0..PEOPLE).flat_map(|number| ["web", "api"].map(|part| format!("p{number}/{part}")));
    let all: Vec<String> = own.chain([SHARED.to_owned()]).collect();
    let n_runs = Arc::new(AtomicUsize::new(0));
    let works = |number| {
        let person = Person::new((test.again(), clock.clone()), (number, seed), all.clone());
        let n_runs = n_runs.clone();
        tokio::spawn(person.works(STEPS, move || n_runs.load(Ordering::Relaxed) >= RUNS))
    };
    let (people, tidying): (Vec<_>, _) = ((0..PEOPLE).map(works).collect(), tokio::spawn(tidy(test.again(), seed)));
    while !people.iter().all(|it| it.is_finished()) {
        let job = over(&test, &collect(&test, false).await).await;
        assert_eq!(job["state"], "done", "seed {seed}: {job}");
        n_runs.fetch_add(1, Ordering::Relaxed);
    }
    tidying.await.unwrap();
    let mut crowd = vec![];
    for person in people {
        crowd.push(person.await.unwrap());
    }
    is_whole(&crowd).await;
    all_entries_hold_their_images(&test).await;
    run(&test).await;
    is_whole(&crowd).await;
    for person in &mut crowd {
        person.restores_all().await;
    }
    is_whole(&crowd).await;
    clock.advance_ms(3 * DAY_MS);
    let expected = expected(&test, clock.now().0, (NOTED_MS, DAY_MS)).await;
    run(&test).await;
    let left = found(&test).await;
    assert_eq!(left, expected, "seed {seed}: nothing else is left");
    assert_eq!((files(test.folder.path()), n_staged(test.folder.path())), (left.contents, 0));
    is_whole(&crowd).await;
    crowd
}

/// What has to come about, or nothing is shown.
const ALL: [&str; 10] = [
    "pushed",
    "pushed again",
    "mounted",
    "moved",
    "deleted",
    "purged",
    "restored",
    "rolled back",
    "rolled all back",
    "restored a repository",
];

async fn is_whole(crowd: &[Person]) {
    for person in crowd {
        person.finds_all().await;
    }
}

/// Somebody who deletes what all share, and lets go what lies in the trash of the shared repository: whatever others need
/// is refused to them.
async fn tidy(test: TestApp, seed: u64) {
    let (mut chance, images) = (Chance(seed), shared_images());
    let at = format!("/api/v1/r/{SHARED}/-");
    let post = async |path: String, body: Value| test.call("POST", &path, "application/json", body.to_string()).await;
    for _ in 0..2 * STEPS {
        let digest = &images[chance.below(images.len())];
        let answer = match chance.below(4) {
            0 => test.delete(&format!("/v2/{SHARED}/manifests/{digest}")).await,
            1 => {
                let layer = content::layer(chance.below(content::LAYERS));
                test.delete(&format!("/v2/{SHARED}/blobs/{}", sha256(layer.as_bytes()))).await
            }
            2 => match post(format!("{at}/delete-preview"), json!({"digests": [digest]})).await {
                preview if preview.status == 200 => {
                    post(format!("{at}/delete"), json!({"plan": preview.json()["plan"]})).await
                }
                absent => absent,
            },
            _ => {
                let listed = test.get(&format!("/api/v1/trash?repository={SHARED}&limit=200")).await.json();
                let entries = listed["items"].as_array().unwrap();
                match entries.get(chance.below(entries.len().max(1))) {
                    Some(entry) => test.delete(&format!("/api/v1/trash/{}", entry["id"].as_str().unwrap())).await,
                    None => continue,
                }
            }
        };
        assert!(matches!(answer.status.as_u16(), 200 | 202 | 204 | 403 | 404 | 409), "{}", answer.text());
    }
}
