//! FLT-36 at once: repositories and their namespace are deleted, brought back, purged and collected under those who push
//! there. What was acknowledged is there whole, or lies whole in the trash with what was deleted after its push began;
//! what was refused met one of them.

use super::{files, n_staged, pulls, rows};
use crate::durability::Chance;
use crate::jobs::{collect, over};
use crate::support::{OCI_MANIFEST, START, TestApp, choices, crowds, sha256};
use crate::tags::send;
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock, SystemClock};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CONFIG: &str = "[trash]\ndays = 1\n[history]\ndays = 0\n[gc]\ngrace_s = 3600\nevery_s = 0\n";
const REPOSITORIES: [&str; 3] = ["team/a", "team/b", "team/deep/c"];
const PUSHERS: usize = 3;
const ROUNDS: usize = 40;
const DAY_MS: i64 = 86_400_000;

/// From when to when something was asked for and answered.
#[derive(Clone, Copy, Debug)]
struct Span(Instant, Instant);

impl Span {
    fn is_before(&self, other: &Self) -> bool {
        self.1 < other.0
    }
}

#[derive(Debug)]
struct Push {
    repository: &'static str,
    tag: String,
    digest: String,
    span: Span,
    /// What was said instead of an acknowledgement.
    refused: Option<String>,
}

/// What became of a repository that was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    InTrash,
    Restored,
    Purged,
}

#[derive(Debug)]
struct End {
    repository: String,
    entry: String,
    span: Span,
    fate: Fate,
}

/// What they have in common.
#[derive(Default)]
struct Progress {
    n_pushed: AtomicUsize,
    is_over: AtomicBool,
}

async fn pushes(test: TestApp, (who, seed): (usize, u64), progress: Arc<Progress>) -> Vec<Push> {
    let (mut chance, mut pushed) = (Chance(seed.wrapping_mul(100) + who as u64), Vec::new());
    while !progress.is_over.load(Ordering::Relaxed) {
        let (repository, tag) = (REPOSITORIES[chance.below(3)], format!("p{who}-{}", pushed.len()));
        let contents = ["{}".to_owned(), tag.clone(), format!("shared {}", chance.below(3))];
        let [config, own, shared] = contents.each_ref().map(|content| {
            json!({"mediaType": "application/vnd.example", "digest": sha256(content.as_bytes()), "size": content.len()})
        });
        let manifest =
            json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [own, shared]})
                .to_string();
        let began = Instant::now();
        let refused = push(&test, (repository, &tag), &contents, &manifest).await.err();
        let span = Span(began, Instant::now());
        progress.n_pushed.fetch_add(usize::from(refused.is_none()), Ordering::Relaxed);
        pushed.push(Push { repository, tag, digest: sha256(manifest.as_bytes()), span, refused });
    }
    pushed
}

/// As clients do: what is there is not sent. What was said that is no acknowledgement.
async fn push(test: &TestApp, (name, tag): (&str, &str), contents: &[String], manifest: &str) -> Result<(), String> {
    for content in contents {
        let digest = sha256(content.as_bytes());
        if test.head(&format!("/v2/{name}/blobs/{digest}")).await.status != 200 {
            let path = format!("/v2/{name}/blobs/uploads/?digest={digest}");
            let sent = test.call("POST", &path, "application/octet-stream", content.as_bytes()).await;
            if sent.status != 201 {
                return Err(format!("{} {}", sent.status, sent.text()));
            }
        }
    }
    let put = test.put_manifest(name, tag, OCI_MANIFEST, manifest).await;
    if put.status == 201 { Ok(()) } else { Err(format!("{} {}", put.status, put.text())) }
}

/// Deletes, and sometimes brings back at once, or lets go for good.
async fn ends((test, clock): (TestApp, Arc<ManualClock>), seed: u64, progress: Arc<Progress>) -> Vec<End> {
    let (mut chance, mut ends, mut seen) = (Chance(seed + 7), Vec::<End>::new(), BTreeSet::new());
    for _ in 0..ROUNDS {
        let before = progress.n_pushed.load(Ordering::Relaxed);
        while progress.n_pushed.load(Ordering::Relaxed) < before + 3 {
            tokio::task::yield_now().await;
        }
        clock.advance_ms(1000);
        let (which, began) = (REPOSITORIES[chance.below(3)], Instant::now());
        match chance.below(4) {
            0 => drop(test.delete("/api/v1/n/team").await),
            1 => planned(&test, which).await,
            _ => drop(test.delete(&format!("/api/v1/r/{which}")).await),
        }
        let span = Span(began, Instant::now());
        let listed = in_trash(&test).await;
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
        let new: Vec<&Value> = listed.iter().filter(|entry| seen.insert(text(entry, "id"))).collect();
        let fate = match new.first() {
            Some(entry) => fate(&test, &new, &text(entry, "batch"), chance.below(3)).await,
            None => continue,
        };
        // Of several repositories each comes back by itself: one that could not leaves the others.
        let left: BTreeSet<String> = in_trash(&test).await.iter().map(|entry| text(entry, "id")).collect();
        for entry in new {
            let (repository, entry) = (text(entry, "repository"), text(entry, "id"));
            let is_back = fate == Fate::InTrash && !left.contains(&entry);
            ends.push(End { repository, entry, span, fate: if is_back { Fate::Restored } else { fate } });
        }
    }
    progress.is_over.store(true, Ordering::Relaxed);
    ends
}

async fn in_trash(test: &TestApp) -> Vec<Value> {
    test.get("/api/v1/trash?limit=500").await.json()["items"].as_array().unwrap().clone()
}

/// By what a preview says, if that is so still.
async fn planned(test: &TestApp, name: &str) {
    let at = format!("/api/v1/r/{name}/-");
    let preview = send(test, "POST", &format!("{at}/delete-preview"), json!({"repository": true})).await;
    if preview.status == 200 {
        let done = send(test, "POST", &format!("{at}/delete"), json!({"plan": preview.json()["plan"]})).await;
        assert!(matches!(done.status.as_u16(), 200 | 404 | 409), "{}", done.text());
    }
}

/// All of it comes back, unless somebody has one of the names by now, or goes for good, or stays in the trash.
async fn fate(test: &TestApp, entries: &[&Value], batch: &str, which: usize) -> Fate {
    match which {
        0 => {
            let back = send(test, "POST", "/api/v1/trash/restore", json!({"batch": batch})).await;
            assert!(matches!(back.status.as_u16(), 204 | 409), "{}", back.text());
            if back.status == 204 { Fate::Restored } else { Fate::InTrash }
        }
        1 => {
            for entry in entries {
                let gone = test.delete(&format!("/api/v1/trash/{}", entry["id"].as_str().unwrap())).await;
                assert_eq!(gone.status, 204, "{}", gone.text());
            }
            Fate::Purged
        }
        _ => Fate::InTrash,
    }
}

/// What every tag of a repository names, each of which pulls.
async fn tags(test: &TestApp, name: &str) -> BTreeMap<String, String> {
    let listed = test.get(&format!("/v2/{name}/tags/list?n=1000")).await;
    assert_eq!(listed.header("link"), "", "all of them");
    let mut tags = BTreeMap::new();
    let listed = if listed.status == 200 { listed.json()["tags"].as_array().unwrap().clone() } else { vec![] };
    for tag in listed.iter().map(|tag| tag.as_str().unwrap()) {
        pulls(test, name, tag).await;
        let found = test.head(&format!("/v2/{name}/manifests/{tag}")).await;
        tags.insert(tag.to_owned(), found.header("docker-content-digest").to_owned());
    }
    tags
}

/// What a repository was each time until it was deleted, in that order, and in the end what it is; nothing is known of
/// what was purged.
async fn lives<'e>(test: &TestApp, name: &str, ends: &'e [End]) -> Vec<(Option<&'e End>, BTreeMap<String, String>)> {
    let mut lives = vec![(None, tags(test, name).await)];
    for end in ends.iter().rev().filter(|end| end.repository == name && end.fate != Fate::Restored) {
        let mut found = BTreeMap::new();
        if end.fate == Fate::InTrash {
            let cleared = test.delete(&format!("/api/v1/r/{name}")).await;
            assert!(matches!(cleared.status.as_u16(), 204 | 404), "{}", cleared.text());
            let back = send(test, "POST", &format!("/api/v1/trash/{}/restore", end.entry), json!({})).await;
            assert_eq!(back.status, 204, "{}", back.text());
            found = tags(test, name).await;
        }
        lives.push((Some(end), found));
    }
    lives.reverse();
    lives
}

/// Each push is in one life of its repository that it can have been in, whole; or it met an end and was told so.
async fn add_up(test: &TestApp, pushed: &[Push], ends: &[End]) {
    for name in REPOSITORIES {
        let lives = lives(test, name, ends).await;
        for push in pushed.iter().filter(|push| push.repository == name) {
            let met = |end: &End| !end.span.is_before(&push.span) && !push.span.is_before(&end.span);
            let is_met = ends.iter().any(|end| end.repository == name && met(end));
            assert!(push.refused.is_none() || is_met, "nobody deleted {name} under it: {push:?}");
            let is_in = |(_, tags): &&(_, BTreeMap<String, String>)| tags.get(&push.tag) == Some(&push.digest);
            let found = lives.iter().filter(is_in).count();
            let fitting = (0..lives.len()).filter(|at| {
                let is_begun_before = lives[*at].0.is_none_or(|end| !end.span.is_before(&push.span));
                let is_after_the_last = *at == 0 || lives[*at - 1].0.is_none_or(|end| !push.span.is_before(&end.span));
                is_begun_before && is_after_the_last
            });
            let fitting: Vec<_> = fitting.map(|at| &lives[at]).collect();
            let is_purged = fitting.iter().any(|(end, _)| end.is_some_and(|end| end.fate == Fate::Purged));
            match (&push.refused, found) {
                (Some(_), 0) => {}
                (None, 0) => assert!(is_purged, "{push:?} was acknowledged, and is nowhere"),
                (None, 1) => assert!(fitting.iter().any(is_in), "{push:?} is where it cannot have been"),
                _ => panic!("{push:?} is {found} times there"),
            }
        }
    }
}

async fn one_crowd(seed: u64) -> [usize; 4] {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(CONFIG, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    let progress = Arc::new(Progress::default());
    let pushing: Vec<_> =
        (0..PUSHERS).map(|who| tokio::spawn(pushes(test.again(), (who, seed), progress.clone()))).collect();
    let ending = tokio::spawn(ends((test.again(), clock.clone()), seed, progress));
    while !ending.is_finished() {
        let job = over(&test, &collect(&test, false).await).await;
        assert_eq!(job["state"], "done", "seed {seed}: {job}");
    }
    let (ends, mut pushed) = (ending.await.unwrap(), Vec::new());
    for pusher in pushing {
        pushed.extend(pusher.await.unwrap());
    }
    add_up(&test, &pushed, &ends).await;

    test.delete("/api/v1/n/team").await;
    // Files have the time of the machine: what a refused push left of them is swept by that.
    clock.advance_ms(SystemClock.now().0 - clock.now().0 + 3 * DAY_MS);
    super::run(&test).await;
    let left = || (files(test.folder.path()), n_staged(test.folder.path()));
    let swept = async {
        while left() != (BTreeSet::new(), 0) {
            tokio::task::yield_now().await;
        }
    };
    let is_swept = tokio::time::timeout(Duration::from_secs(30), swept).await;
    assert!(is_swept.is_ok(), "seed {seed}: {:?} are left", left());
    for table in ["trash", "deleted_repositories", "gone_repositories", "tags", "manifests", "repository_blobs"] {
        assert!(rows(&test, &format!("SELECT 1 FROM {table}")).await.is_empty(), "seed {seed}: {table}");
    }
    let n_of = |fate: Fate| ends.iter().filter(|end| end.fate == fate).count();
    let n_refused = pushed.iter().filter(|push| push.refused.is_some()).count();
    [pushed.len() - n_refused, n_refused, n_of(Fate::Restored), n_of(Fate::Purged)]
}

#[test]
fn what_is_pushed_to_what_is_deleted_is_whole_wherever_it_is() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let mut met = [0; 4];
    for seed in crowds() {
        let crowd = runtime.block_on(one_crowd(seed));
        met.iter_mut().zip(crowd).for_each(|(all, n)| *all += n);
    }
    println!("acknowledged, refused, restored, purged: {met:?}");
    assert!(met.iter().all(|n| *n > 0), "acknowledged, refused, restored, purged: {met:?}");
}
