//! FLT-10 (the scenario of quay#6318): clients that ask first and skip what is there, mount, push, delete and restore,
//! while one collection follows the other and nothing is kept longer than a push takes. Twenty seconds long, or
//! as many as `PORTOLAN_SOAK_S` says.

use super::{NOTHING_IS_KEPT, files, pulls};
use crate::jobs::{collect, over};
use crate::support::{OCI_MANIFEST, TestApp, sha256};
use portolan::server::access::Policy;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const REPOSITORIES: [&str; 3] = ["soak/a", "soak/b", "soak/c"];
const CLIENTS: usize = 4;
/// Who is told of something can count on it for 5 s at least.
const PROMISED: Duration = Duration::from_secs(4);

/// How long it goes on.
#[expect(clippy::disallowed_methods, reason = "a variable says for how long")]
fn duration() -> Duration {
    let asked = std::env::var("PORTOLAN_SOAK_S").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(asked.unwrap_or(20))
}

/// One client, with tags of its own over layers that all share.
struct Client {
    test: Arc<TestApp>,
    number: usize,
    chance: u64,
    /// What was acknowledged and not deleted: tags with their digests, by repository.
    kept: BTreeMap<(usize, usize), String>,
    n_pushed: usize,
}

impl Client {
    fn below(&mut self, limit: usize) -> usize {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) as usize % limit
    }

    /// Sees to it that a blob is in a repository, in the way that is the cheapest.
    async fn provide(&mut self, at: usize, content: &[u8]) {
        let (name, digest) = (REPOSITORIES[at], sha256(content));
        if self.test.head(&format!("/v2/{name}/blobs/{digest}")).await.status == 200 {
            return;
        }
        let from = REPOSITORIES[(at + 1) % REPOSITORIES.len()];
        let mount = format!("/v2/{name}/blobs/uploads/?mount={digest}&from={from}");
        if self.test.call("POST", &mount, "", "").await.status != 201 {
            self.test.push_blob(name, content).await;
        }
    }

    async fn push(&mut self) {
        let (at, tag) = (self.below(REPOSITORIES.len()), self.below(4));
        let (config, layer) = (format!("{{\"n\":{}}}", self.below(3)), format!("layer {}", self.below(6)));
        let started = Instant::now();
        self.provide(at, config.as_bytes()).await;
        self.provide(at, layer.as_bytes()).await;
        self.n_pushed += 1;
        let part = |media_type: &str, content: &str| json!({"mediaType": media_type, "digest": sha256(content.as_bytes()), "size": content.len()});
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": part("application/vnd.example.config", &config), "layers": [part("application/vnd.example.layer", &layer)],
            "annotations": {"by": format!("{} {}", self.number, self.n_pushed)},
        })
        .to_string();
        let put = self.test.put_manifest(REPOSITORIES[at], &self.tag(tag), OCI_MANIFEST, &manifest).await;
        if put.status == 201 {
            self.kept.insert((at, tag), sha256(manifest.as_bytes()));
        } else {
            assert!(started.elapsed() > PROMISED, "what was there a moment ago is not: {}", put.text());
        }
    }

    fn tag(&self, tag: usize) -> String {
        format!("c{}-{tag}", self.number)
    }

    /// By its tag or by its digest; and sometimes all that was deleted comes back.
    async fn delete(&mut self) {
        let Some((at, tag)) = self.kept.keys().next().copied() else { return };
        let digest = self.kept.remove(&(at, tag)).unwrap();
        let reference = if self.below(2) == 0 { self.tag(tag) } else { digest };
        let gone = self.test.delete(&format!("/v2/{}/manifests/{reference}", REPOSITORIES[at])).await;
        assert_eq!(gone.status, 202, "{}", gone.text());
    }

    async fn pull(&mut self) {
        let which = self.below(self.kept.len().max(1));
        if let Some(((at, tag), _)) = self.kept.iter().nth(which) {
            pulls(&self.test, REPOSITORIES[*at], &self.tag(*tag)).await;
        }
    }

    async fn work(mut self, until: Instant) -> Self {
        while Instant::now() < until {
            match self.below(6) {
                0..=2 => self.push().await,
                3 | 4 => self.delete().await,
                _ => self.pull().await,
            }
        }
        self
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_somebody_was_told_of_is_collected_under_their_push() {
    let mut test = TestApp::real(NOTHING_IS_KEPT, Policy::Grants).await;
    let _running = test.start_jobs().await;
    let (test, until) = (Arc::new(test), Instant::now() + duration());
    let clients = (0..CLIENTS).map(|number| {
        let client =
            Client { test: test.clone(), number, chance: number as u64 + 7, kept: BTreeMap::new(), n_pushed: 0 };
        tokio::spawn(client.work(until))
    });
    let clients: Vec<_> = clients.collect();
    let (mut n_runs, mut n_bytes) = (0, 0);
    while Instant::now() < until {
        let job = over(&test, &collect(&test, false).await).await;
        assert_eq!(job["state"], "done", "{job}");
        n_runs += 1;
        n_bytes += job["bytes"].as_u64().unwrap();
    }
    let mut n_pushed = 0;
    for client in clients {
        let client = client.await.unwrap();
        n_pushed += client.n_pushed;
        for ((at, tag), digest) in &client.kept {
            pulls(&test, REPOSITORIES[*at], &client.tag(*tag)).await;
            pulls(&test, REPOSITORIES[*at], digest).await;
        }
    }
    assert_eq!(files(test.folder.path()), super::texts(&test, "SELECT digest FROM blobs").await);
    assert!(n_runs > 5 && n_pushed > 20, "{n_runs} collections, {n_pushed} pushes");
    let images = super::texts(&test, "SELECT digest FROM manifests").await.len();
    assert!(images < n_pushed, "{images} of {n_pushed} images are left, {n_bytes} bytes were freed");
}
