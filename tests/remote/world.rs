//! A registry in memory with a few tags, and a console that mounts it and has read it.

use super::stand_in::{Deletes, StandIn};
use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, START, TestApp, choices, eventually, sha256};
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::DropGuard;

pub(super) const HOUR_MS: i64 = 3_600_000;
/// The settings of a mount that may be changed, and of one that keeps no trash.
pub(super) const CHANGED: &str = "read_only = false\n";
pub(super) const NO_TRASH: &str = "read_only = false\ntrash = false\n";
pub(super) const AT: &str = "/api/v1/r/up/a/-";

/// An artifact that needs no content but the two bytes.
pub(super) fn artifact(text: &str) -> String {
    let nothing = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2});
    json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example", "config": nothing,
        "layers": [], "annotations": {"text": text}})
    .to_string()
}

pub(super) fn index(children: &[&str]) -> String {
    let entry =
        |child: &&str| json!({"mediaType": OCI_MANIFEST, "digest": sha256(child.as_bytes()), "size": child.len()});
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children.iter().map(entry).collect::<Vec<_>>()})
        .to_string()
}

pub(super) struct World {
    pub test: TestApp,
    pub clock: Arc<ManualClock>,
    pub upstream: StandIn,
    pub image: String,
    _jobs: DropGuard,
}

/// A registry with an image of two tags and one of another, mounted and read.
pub(super) async fn world(deletes: Deletes) -> World {
    world_with(deletes, "", |_| ()).await
}

/// The same with settings of the server, and with more in it.
pub(super) async fn world_with(deletes: Deletes, settings: &str, fill: impl FnOnce(&StandIn)) -> World {
    mounted_with(deletes, (settings, CHANGED), fill).await
}

/// The same with settings of the mount.
pub(super) async fn mounted_with(
    deletes: Deletes,
    (settings, of_mount): (&str, &str),
    fill: impl FnOnce(&StandIn),
) -> World {
    let (upstream, url) = filled(deletes, fill).await;
    let config = format!(
        "{settings}[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\nurl = \"{url}\"\nrepositories = [\"a\"]\nrefresh_s = 2592000\n{of_mount}[[mounts]]\nkind = \"hosted\""
    );
    let world = World::start(&config, upstream).await;
    world.is_read().await;
    world
}

/// The same as a mount of the console, which can be set otherwise.
pub(super) async fn mounted_here(deletes: Deletes, fill: impl FnOnce(&StandIn)) -> World {
    let (upstream, url) = filled(deletes, fill).await;
    let config = "[limits]\noutbound_allow = [\"127.0.0.0/8\"]\n[[mounts]]\nkind = \"hosted\"";
    let world = World::start(config, upstream).await;
    let mount = json!({"prefix": "up", "url": url, "repositories": ["a"], "refresh_s": 2_592_000, "read_only": false});
    let made = world.send("POST", "/api/v1/mounts", mount).await;
    assert_eq!(made.status, 201, "{}", made.text());
    world.is_read().await;
    world
}

async fn filled(deletes: Deletes, fill: impl FnOnce(&StandIn)) -> (StandIn, String) {
    let (upstream, url) = StandIn::start(deletes).await;
    upstream.push(&["1.0", "latest"], &artifact("old"));
    upstream.push(&["other"], &artifact("other"));
    fill(&upstream);
    (upstream, url)
}

impl World {
    async fn start(config: &str, upstream: StandIn) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let choices = choices(Policy::Grants, Arc::clone(&clock) as Arc<dyn Clock>);
        let mut test = TestApp::build(config, choices).await;
        let _jobs = test.start_jobs().await;
        Self { test, clock, upstream, image: sha256(artifact("old").as_bytes()), _jobs }
    }

    async fn is_read(&self) {
        let n_tags = self.upstream.now().tags.len() as i64;
        eventually("the tags are read", async || self.count("SELECT COUNT(*) FROM tags").await == n_tags).await;
        eventually("all is read", async || {
            self.count("SELECT COUNT(*) FROM mounts WHERE crawl_finished_at IS NOT NULL").await > 0
        })
        .await;
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        self.test.call(method, path, "application/json", body.to_string()).await
    }

    pub async fn listed(&self) -> Vec<String> {
        let answer = self.test.get(&format!("{AT}/tags")).await;
        let items = if answer.status == 200 { answer.json()["items"].clone() } else { json!([]) };
        items.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn count(&self, sql: &str) -> i64 {
        let mut row = self.test.app.store.one(sql, vec![]).await.unwrap().unwrap();
        row.take().unwrap()
    }

    pub async fn n_going(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM trash_going").await
    }

    /// Somebody opens the page of its tags a while later, and so it is looked what there is.
    pub async fn look(&self) {
        self.clock.advance_ms(60_000);
        self.test.get("/r/up/a").await;
    }

    /// Waits until a job has been done and has its next time.
    async fn is_idle(&self, kind: &str) {
        let is_over = async || {
            let now = self.clock.now().0;
            let over = format!("FROM jobs WHERE kind = '{kind}' AND run_at > {now} AND leased_by IS NULL");
            self.count(&format!("SELECT COUNT(*) {over}")).await == 1
        };
        eventually(&format!("{kind} is over"), is_over).await;
    }

    /// Lets time pass, and waits for the sweep that follows.
    pub async fn later(&self, ms: i64) {
        self.is_idle("sweep").await;
        self.clock.advance_ms(ms);
        self.is_idle("sweep").await;
    }

    /// Lets so much time pass that all there is is read again.
    pub async fn a_month_later(&self) {
        self.is_idle("crawl").await;
        self.clock.advance_ms(31 * 24 * HOUR_MS);
    }

    pub fn named(&self, tag: &str) -> Option<String> {
        self.upstream.now().tags.get(tag).cloned()
    }

    pub fn hidden(&self) -> Vec<String> {
        self.upstream.now().tags.keys().filter(|tag| tag.starts_with("portolan.")).cloned().collect()
    }

    pub async fn trash(&self) -> Vec<Value> {
        self.test.get("/api/v1/trash").await.json()["items"].as_array().unwrap().clone()
    }

    pub async fn rename(&self, tag: &str, to: &str) -> Answer {
        let page = format!("/r/up/a/-/tags/{tag}/rename");
        let body = format!("do=rename-tag&to={to}&expect={}", self.image.replace(':', "%3A"));
        self.test.call("POST", &page, "application/x-www-form-urlencoded", body).await
    }

    /// Brings all that is in the trash back.
    pub async fn restore_all(&self) {
        for entry in self.trash().await {
            let id = entry["id"].as_str().unwrap();
            let back = self.send("POST", &format!("/api/v1/trash/{id}/restore"), json!({})).await;
            assert_eq!(back.status, 204, "{}", back.text());
        }
    }

    /// A delete before whose n-th request something happens.
    pub async fn delete_and(&self, path: &str, n: usize, meanwhile: impl AsyncFnOnce()) -> Answer {
        let gate = self.upstream.wait_at(n);
        let (test, path) = (self.test.again(), path.to_owned());
        let delete = tokio::spawn(async move { test.delete(&path).await });
        gate.reached.notified().await;
        meanwhile().await;
        gate.opens.notify_one();
        delete.await.unwrap()
    }
}
