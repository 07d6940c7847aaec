//! What is large and is cut off on its way into the hosted registry goes on where it was noted, and is whole.

use super::kills::{ask, asked, start};
use super::{World, pull, step};
use crate::conformance::registry::serve_router;
use crate::support::process::eventually;
use crate::support::{TestApp, sha256};
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::middleware::{Next, from_fn};
use bytes::Bytes;
use futures::StreamExt;
use portolan::domain::Error;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

const MIB: usize = 1 << 20;

/// A body that breaks off after so many bytes.
pub(super) fn after(body: Body, n_bytes: usize) -> Body {
    let broken = futures::stream::once(async { Err(std::io::Error::other("cut off")) });
    Body::from_stream(first(body, n_bytes).map(Ok).chain(broken))
}

/// So many bytes of a body.
fn first(body: Body, n_bytes: usize) -> impl futures::Stream<Item = Bytes> + Send {
    let parts = body.into_data_stream().scan(n_bytes, |left, part| {
        let part: Bytes = part.unwrap();
        let part = part.slice(..part.len().min(*left));
        *left -= part.len();
        std::future::ready((!part.is_empty()).then_some(part))
    });
    parts.boxed()
}

/// A layer in which no part is like another.
fn layer(n_bytes: usize) -> Vec<u8> {
    (0..n_bytes / 8).flat_map(|n| (n as u64).to_be_bytes()).collect()
}

/// Where parts began that were asked for.
fn begins(ranges: &[String]) -> Vec<usize> {
    let begin = |range: &String| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok();
    ranges.iter().map(|range| begin(range).unwrap_or_else(|| panic!("{range}"))).collect()
}

/// The digest of what a repository has as the layer of its tag.
async fn arrived(test: &TestApp, repository: &str) -> String {
    let manifest = pull(test, repository, "manifests/1.0").await.json();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let found = pull(test, repository, &format!("blobs/{layer}")).await;
    assert_eq!(found.status, 200, "{}", found.text());
    sha256(&found.body)
}

/// By a source that knows parts, and by one that sends all whatever is asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_that_breaks_off_goes_on_where_it_was_and_is_whole() {
    let (world, large) = (World::new().await, layer(48 * MIB));
    world.far.push_image("web", "1.0", "amd64", &large).await;
    for (n, ignores_ranges) in [false, true].into_iter().enumerate() {
        let to = format!("n{n}/web");
        world.clock.advance_ms(1);
        world.gate.arm(None);
        // After little, then after much, and then not any more.
        world.gate.now().cuts = vec![30 * MIB, MIB];
        world.gate.now().ignores_ranges = ignores_ranges;
        let id = world.ask("up/web", json!({"tags": ["1.0"], "to": to})).await;
        let failed = world.finish(&id).await.unwrap_err();
        assert!(matches!(&failed, Error::Unavailable(words) if words.contains("broke off")), "{failed}");
        world.finish(&id).await.unwrap();
        let begins = begins(&world.gate.now().ranges);
        assert!(begins.len() == 2 && (1..=MIB).contains(&begins[0]), "{begins:?}");
        // By a source that sends all anew, what is there already counts to where it broke off.
        let at = if ignores_ranges { 30 * MIB } else { begins[0] + 30 * MIB };
        assert!((17 * MIB..=at).contains(&begins[1]), "{begins:?}");
        assert_eq!(arrived(&world.here, &to).await, sha256(&large));
        let log = world.job(&id).await["log"].to_string();
        assert!(log.contains("and goes on from there"), "{log}");
        let staged = std::fs::read_dir(world.here.folder.path().join("staging")).unwrap().count();
        assert_eq!(staged, 0, "nothing of it is left beside");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_that_was_begun_and_is_there_by_another_way_leaves_nothing_beside() {
    let (world, large) = (World::new().await, layer(20 * MIB));
    world.far.push_image("web", "1.0", "amd64", &large).await;
    world.gate.now().cuts = vec![MIB];
    let id = world.ask("up/web", json!({"tags": ["1.0"], "to": "team/web"})).await;
    world.finish(&id).await.unwrap_err();
    let staged = || std::fs::read_dir(world.here.folder.path().join("staging")).unwrap().count();
    assert_eq!(staged(), 1, "it goes on from there");
    world.here.push_blob("team/web", &large).await;
    while !step(&world.here, &id).await.unwrap() {}
    assert_eq!((staged(), arrived(&world.here, "team/web").await), (0, sha256(&large)));
    assert!(world.gate.now().ranges.is_empty(), "no byte of it was asked for again");
}

/// The registry far away, of which the first large content comes to a standstill after so many bytes.
#[derive(Clone, Default)]
struct Standstill {
    is_met: Arc<Notify>,
    ranges: Arc<Mutex<Option<Vec<String>>>>,
}

impl Standstill {
    async fn pass(self, request: Request, next: Next) -> Response<Body> {
        let range = request.headers().get("range").map(|range| range.to_str().unwrap().to_owned());
        let answer = next.run(request).await;
        let is_large = answer.headers().get("content-length").is_some_and(|it| it.len() > 7);
        let mut ranges = self.ranges.lock().unwrap();
        match ranges.as_mut().filter(|_| is_large) {
            Some(ranges) => {
                ranges.extend(range);
                answer
            }
            None if is_large => {
                *ranges = Some(vec![]);
                let is_met = Arc::clone(&self.is_met);
                let silence = futures::stream::once(async move {
                    is_met.notify_one();
                    std::future::pending().await
                });
                answer.map(|body| {
                    let parts = first(body, 40 * MIB).map(Ok::<_, std::io::Error>);
                    Body::from_stream(parts.chain(silence))
                })
            }
            None => answer,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_that_is_killed_in_the_midst_of_a_layer_goes_on_with_it() {
    let (folder, far, gate) = (tempfile::tempdir().unwrap(), TestApp::new().await, Standstill::default());
    let before = gate.clone();
    let router = far.open_router().layer(from_fn(move |request, next| before.clone().pass(request, next)));
    let (url, large) = (serve_router(router).await, layer(48 * MIB));
    far.push_image("web", "1.0", "amd64", &large).await;
    let server = tokio::task::block_in_place(|| start(folder.path(), &url));
    let is_read = || ask(&server, "GET", "/api/v1/r/up/web/-/tags/1.0", b"").0 == 200;
    tokio::task::block_in_place(|| eventually("the registry is read", is_read));
    let id = asked(&server, "up/web", "team/web");
    gate.is_met.notified().await;
    let staged = || std::fs::read_dir(folder.path().join("staging")).unwrap().flatten().next();
    let has_come = || staged().is_some_and(|it| it.metadata().is_ok_and(|it| it.len() as usize > 33 * MIB));
    tokio::task::block_in_place(|| eventually("two pieces are noted", has_come));
    tokio::task::block_in_place(|| server.kill());

    let server = tokio::task::block_in_place(|| start(folder.path(), &url));
    let is_over = || {
        let job: Value = serde_json::from_str(&ask(&server, "GET", &format!("/api/v1/jobs/{id}"), b"").1).unwrap();
        assert!(job["finished_at"].is_null() || job["state"] == "done", "{job}");
        !job["finished_at"].is_null()
    };
    tokio::task::block_in_place(|| eventually("the copy is done", is_over));
    assert_eq!(begins(gate.ranges.lock().unwrap().as_ref().unwrap()), [32 * MIB], "the bytes of two pieces are there");
    let manifest: Value = serde_json::from_str(&ask(&server, "GET", "/v2/team/web/manifests/1.0", b"").1).unwrap();
    assert_eq!(manifest["layers"][0]["digest"], sha256(&large));
    let held = folder.path().join("blobs/sha256");
    let hex = sha256(&large)["sha256:".len()..].to_owned();
    assert_eq!(std::fs::read(held.join(&hex[..2]).join(&hex)).unwrap(), large);
}
