//! FLT-10 (the scenario of quay#6318): clients that ask first and skip what is there (blobs, and images that an index
//! lists), mount, push, delete and restore, while one collection follows the other and nothing is kept longer than a push
//! takes. Twenty seconds long, or as many as `PORTOLAN_SOAK_S` says.

use super::{NOTHING_IS_KEPT, files, pulls};
use crate::durability::Chance;
use crate::jobs::{collect, over};
use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use portolan::server::access::Policy;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const REPOSITORIES: [&str; 3] = ["soak/a", "soak/b", "soak/c"];
const CLIENTS: usize = 4;
/// What a client takes for itself between two things at most: a run that leaves most of the time to those who write would
/// lag ever further behind four that never pause, and few would end.
const THINKS_MS: usize = 150;
/// Who is told of something can count on it for 10 s.
const PROMISED: Duration = Duration::from_secs(9);

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
    chance: Chance,
    /// What was acknowledged and not deleted: tags with their digests, by repository.
    kept: BTreeMap<(usize, usize), String>,
    n_pushed: usize,
    n_restored: usize,
}

impl Client {
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

    /// An image that all share, or with an annotation one of its own; its blobs are there.
    async fn image(&mut self, at: usize, own: Option<String>) -> String {
        let (config, layer) =
            (format!("{{\"n\":{}}}", self.chance.below(3)), format!("layer {}", self.chance.below(6)));
        self.provide(at, config.as_bytes()).await;
        self.provide(at, layer.as_bytes()).await;
        let part = |media_type: &str, content: &str| json!({"mediaType": media_type, "digest": sha256(content.as_bytes()), "size": content.len()});
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": part("application/vnd.example.config", &config), "layers": [part("application/vnd.example.layer", &layer)],
            "annotations": {"by": own.unwrap_or_default()},
        });
        manifest.to_string()
    }

    /// An index of images that are there already, if the registry says so.
    async fn index(&mut self, at: usize, started: Instant) -> Option<String> {
        let mut listed = Vec::new();
        for _ in 0..2 {
            let image = self.image(at, None).await;
            let digest = sha256(image.as_bytes());
            let path = format!("/v2/{}/manifests/{digest}", REPOSITORIES[at]);
            if self.test.head(&path).await.status != 200 {
                let put = self.test.put_manifest(REPOSITORIES[at], &digest, OCI_MANIFEST, &image).await;
                self.is_put(&put, started).then_some(())?;
            }
            listed.push(json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": image.len()}));
        }
        let by = format!("{} {}", self.number, self.n_pushed);
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed, "annotations": {"by": by}});
        Some(index.to_string())
    }

    async fn push(&mut self) {
        let (at, tag, started) = (self.chance.below(REPOSITORIES.len()), self.chance.below(4), Instant::now());
        self.n_pushed += 1;
        let (media_type, manifest) = match self.chance.below(3) {
            0 => (OCI_INDEX, self.index(at, started).await),
            _ => (OCI_MANIFEST, Some(self.image(at, Some(format!("{} {}", self.number, self.n_pushed))).await)),
        };
        let Some(manifest) = manifest else { return };
        let put = self.test.put_manifest(REPOSITORIES[at], &self.tag(tag), media_type, &manifest).await;
        if self.is_put(&put, started) {
            self.kept.insert((at, tag), sha256(manifest.as_bytes()));
        }
    }

    /// Whether it was taken, which it must be by who was quick.
    fn is_put(&self, put: &Answer, started: Instant) -> bool {
        assert!(put.status == 201 || started.elapsed() > PROMISED, "what was there is not: {}", put.text());
        put.status == 201
    }

    fn tag(&self, tag: usize) -> String {
        format!("c{}-{tag}", self.number)
    }

    /// By its tag or by its digest; and sometimes it comes back, if it is not gone for good by then.
    async fn delete(&mut self) {
        let Some((at, tag)) = self.kept.keys().next().copied() else { return };
        let digest = self.kept.remove(&(at, tag)).unwrap();
        let reference = if self.chance.below(2) == 0 { self.tag(tag) } else { digest.clone() };
        let gone = self.test.delete(&format!("/v2/{}/manifests/{reference}", REPOSITORIES[at])).await;
        assert_eq!(gone.status, 202, "{}", gone.text());
        if self.chance.below(3) == 0 {
            self.restore(at, tag, digest).await;
        }
    }

    async fn restore(&mut self, at: usize, tag: usize, digest: String) {
        let listed = self.test.get(&format!("/api/v1/trash?repository={}&limit=20", REPOSITORIES[at])).await.json();
        let entry = listed["items"].as_array().unwrap().iter().find(|it| it["digest"] == *digest);
        let Some(entry) = entry.map(|it| it["id"].as_str().unwrap().to_owned()) else { return };
        let path = format!("/api/v1/trash/{entry}/restore");
        let back = self.test.call("POST", &path, "application/json", "").await;
        assert!(matches!(back.status.as_u16(), 204 | 404 | 409), "{}", back.text());
        if back.status == 204 {
            self.kept.insert((at, tag), digest);
            self.n_restored += 1;
        }
    }

    async fn pull(&mut self) {
        let which = self.chance.below(self.kept.len().max(1));
        if let Some(((at, tag), _)) = self.kept.iter().nth(which) {
            pulls(&self.test, REPOSITORIES[*at], &self.tag(*tag)).await;
        }
    }

    async fn work(mut self, until: Instant) -> Self {
        while Instant::now() < until {
            match self.chance.below(6) {
                0..=2 => self.push().await,
                3 | 4 => self.delete().await,
                _ => self.pull().await,
            }
            tokio::time::sleep(Duration::from_millis(self.chance.below(THINKS_MS) as u64)).await;
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
        let (test, chance) = (test.clone(), Chance(number as u64 + 7));
        let client = Client { test, number, chance, kept: BTreeMap::new(), n_pushed: 0, n_restored: 0 };
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
    let (mut n_pushed, mut n_restored) = (0, 0);
    for client in clients {
        let client = client.await.unwrap();
        n_pushed += client.n_pushed;
        n_restored += client.n_restored;
        for ((at, tag), digest) in &client.kept {
            pulls(&test, REPOSITORIES[*at], &client.tag(*tag)).await;
            pulls(&test, REPOSITORIES[*at], digest).await;
        }
    }
    assert_eq!(files(test.folder.path()), super::texts(&test, "SELECT digest FROM blobs").await);
    assert!(
        n_runs > 5 && n_pushed > 20 && n_restored > 0,
        "{n_runs} collections, {n_pushed} pushes, {n_restored} restored"
    );
    let images = super::texts(&test, "SELECT digest FROM manifests").await.len();
    assert!(images < n_pushed, "{images} of {n_pushed} images are left, {n_bytes} bytes were freed");
}
