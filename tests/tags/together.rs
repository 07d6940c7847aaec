//! Whole namespaces changed while others push to them, delete in them and read: nobody waits for whoever waits for them,
//! and all that they were told, with what is there in the end, is as if they had come one after another.

mod orders;

use super::{names, send, timed};
use crate::support::{OCI_MANIFEST, TestApp, sha256};
use axum::http::StatusCode;
use futures::future::try_join_all;
use orders::{Asked, Done, Tags, There, World, digest_of, find_an_order, short};
use portolan::server::clock::Clock;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;

/// One after another, each in a namespace of its own.
const LIVES: usize = 5;
const ROUNDS: usize = 8;
const REPOSITORIES: [&str; 2] = ["a", "b"];

/// An image of nothing but two bytes and a text.
fn manifest(text: &str) -> String {
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2}, "layers": [],
        "annotations": {"text": text}});
    manifest.to_string()
}

/// What somebody did in a namespace, in their order.
struct Client {
    test: TestApp,
    namespace: String,
    done: Vec<Done>,
}

impl Client {
    fn new(test: &TestApp, namespace: &str) -> Self {
        Self { test: test.again(), namespace: namespace.to_owned(), done: vec![] }
    }

    fn note(&mut self, (at, began): (&'static str, Instant), asked: Asked, status: StatusCode) {
        assert!(status.as_u16() < 500, "{at} {asked:?}: {status}");
        self.done.push(Done { at, asked, status: status.as_u16(), began, ended: Instant::now() });
    }

    fn name(&self, at: &str) -> String {
        format!("{}/{at}", self.namespace)
    }

    /// What somebody deletes meanwhile is missing.
    async fn push(&mut self, at: &'static str, tag: &str, text: &str) {
        let (begun, name) = ((at, Instant::now()), self.name(at));
        let start = format!("/v2/{name}/blobs/uploads/?digest={}", sha256(b"{}"));
        let sent = self.test.call("POST", &start, "application/octet-stream", "{}").await;
        self.note(begun, Asked::Blob, sent.status);
        let (begun, manifest) = ((at, Instant::now()), manifest(text));
        let put = self.test.put_manifest(&name, tag, OCI_MANIFEST, &manifest).await;
        self.note(begun, Asked::Push { tag: tag.to_owned(), digest: digest_of(&manifest) }, put.status);
    }

    async fn set_first(&mut self, at: &'static str, tag: &'static str) {
        let (begun, first) = ((at, Instant::now()), sha256(manifest("first").as_bytes()));
        let path = format!("/api/v1/r/{}/-/tags/{tag}", self.name(at));
        let set = send(&self.test, "PUT", &path, json!({"digest": first})).await;
        let answered = set.json()["digest"].as_str().map(short).unwrap_or_default();
        self.note(begun, Asked::Set { tag, digest: short(&first), answered }, set.status);
    }

    async fn untag(&mut self, at: &'static str, tag: &str) {
        let begun = (at, Instant::now());
        let gone = self.test.delete(&format!("/api/v1/r/{}/-/tags/{tag}", self.name(at))).await;
        self.note(begun, Asked::Untag { tag: tag.to_owned() }, gone.status);
    }

    async fn pull(&mut self, at: &'static str, tag: &'static str) {
        let begun = (at, Instant::now());
        let found = names(&self.test, &self.name(at), tag).await.map(|digest| short(&digest));
        self.note(begun, Asked::Pull { tag, found }, StatusCode::OK);
    }

    async fn list(&mut self, at: &'static str) {
        let begun = (at, Instant::now());
        let listed = self.test.get(&format!("/v2/{}/tags/list?n=1000", self.name(at))).await;
        let found = if listed.status == 200 { tags(&listed.json()) } else { BTreeSet::new() };
        self.note(begun, Asked::List { found }, listed.status);
    }

    async fn roll_back(&mut self, then: &str) {
        let (begun, path) = (("", Instant::now()), format!("/api/v1/n/{}/-/rollback", self.namespace));
        let back = send(&self.test, "POST", &path, json!({"t": then})).await;
        let n_moved = if back.status == 200 { back.json()["moved"].as_u64().unwrap() } else { 0 };
        self.note(begun, Asked::RollBack { n_moved }, back.status);
    }

    /// As a preview says, if it is so still.
    async fn delete_all(&mut self) {
        let (begun, path) = (("", Instant::now()), format!("/api/v1/n/{}/-/delete", self.namespace));
        let preview = send(&self.test, "POST", &format!("{path}-preview"), json!({})).await;
        self.note(begun, Asked::Preview, preview.status);
        if preview.status == 200 {
            let (begun, preview) = (("", Instant::now()), preview.json());
            let gone = send(&self.test, "POST", &path, json!({"plan": preview["plan"]})).await;
            self.note(begun, Asked::Redeem { shown: shown(&preview) }, gone.status);
        }
    }

    /// Every repository that is there, with its tags.
    async fn what_is_there(&self) -> There {
        let mut there = There::new();
        for at in REPOSITORIES {
            let listed = self.test.get(&format!("/v2/{}/tags/list?n=1000", self.name(at))).await;
            if listed.status == 200 {
                let mut found = Tags::new();
                for tag in tags(&listed.json()) {
                    let named = names(&self.test, &self.name(at), &tag).await.expect("what is listed can be pulled");
                    found.insert(tag, short(&named));
                }
                there.insert(at, found);
            }
        }
        there
    }

    /// What the one of this number does in their turn.
    async fn take_turn(&mut self, who: usize, n: usize, then: &str) {
        match who {
            0 | 1 => {
                self.push(REPOSITORIES[who], "prod", &format!("{who} {n}")).await;
                self.push(REPOSITORIES[1 - who], &format!("v{n}"), &format!("{who} {n}")).await;
            }
            2 => self.roll_back(then).await,
            3 if n % 10 == 9 => self.delete_all().await,
            3 if n.is_multiple_of(2) => self.set_first(REPOSITORIES[n / 2 % 2], "prod").await,
            3 => self.untag("b", &format!("v{}", n / 4)).await,
            _ if n.is_multiple_of(3) => self.list(REPOSITORIES[n % 2]).await,
            _ => self.pull(REPOSITORIES[n % 2], "prod").await,
        }
    }
}

/// The names in a list of tags.
fn tags(listed: &Value) -> BTreeSet<String> {
    listed["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect()
}

/// What a preview says would go.
fn shown(preview: &Value) -> There {
    let mut shown = There::new();
    for it in preview["removed"].as_array().unwrap() {
        let of = |name: &str| REPOSITORIES.into_iter().find(|at| name.rsplit('/').next() == Some(*at));
        let repository = of(it["name"].as_str().unwrap()).expect("one of these repositories");
        let tags = shown.entry(repository).or_default();
        if let Some(tag) = it["tag"].as_str() {
            tags.insert(tag.to_owned(), short(it["digest"].as_str().unwrap()));
        }
    }
    shown
}

/// Six of them change and read a namespace at once.
async fn one_life(test: &TestApp, namespace: &str, then: &str, begin: World) {
    let mut work = vec![];
    for (who, n_rounds) in [1, 1, 3, 3, 50, 50].map(|n| n * ROUNDS).into_iter().enumerate() {
        let (mut client, then) = (Client::new(test, namespace), then.to_owned());
        work.push(tokio::spawn(async move {
            for n in 0..n_rounds {
                client.take_turn(who, n, &then).await;
            }
            client.done
        }));
    }
    let done: Vec<Vec<Done>> = try_join_all(work).await.unwrap();
    let end = Client::new(test, namespace).what_is_there().await;
    if let Err(furthest) = find_an_order(&done, begin, &end) {
        panic!("no order explains all answers and leads to {end:?}\n{furthest}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pushes_rollbacks_and_deletes_of_a_namespace_come_one_after_another() {
    let (test, clock) = timed().await;
    for life in 0..LIVES {
        let namespace = format!("team{life}");
        let mut setting_up = Client::new(&test, &namespace);
        for repository in REPOSITORIES {
            setting_up.push(repository, "prod", "first").await;
        }
        let then = clock.now().rfc3339();
        clock.advance_ms(60_000);
        let begin = World::new(setting_up.what_is_there().await);
        one_life(&test, &namespace, &then, begin).await;
    }
}
