//! The real process is killed in the midst of a copy, with a request under way: each start goes on with it, and its tag
//! comes last, when all that it names is there.

use super::whole;
use crate::conformance::registry::serve_router;
use crate::support::process::{ADMIN, QUIET, Server, eventually, http};
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use crate::tags::{push_index, push_signature};
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::middleware::{Next, from_fn};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const BASIC: (&str, &str) = ("Authorization", "Basic YWRtaW46Y29ycmVjdCBob3JzZQ==");

/// What stands before the registry far away: a request that is chosen is never answered, before it is done or after it.
#[derive(Clone, Default)]
struct Gate {
    state: Arc<Mutex<State>>,
    reached: Arc<Notify>,
}

#[derive(Default)]
struct State {
    seen: Vec<String>,
    /// After how many others, and whether it is done.
    silent: Option<(usize, bool)>,
}

impl Gate {
    async fn pass(self, request: Request, next: Next) -> Response<Body> {
        let silent = {
            let (mut state, asked) = (self.state.lock().unwrap(), format!("{} {}", request.method(), request.uri()));
            // What a copy asks for, and nobody who reads what there is.
            match ["PUT ", "/blobs/", "/manifests/sha256:"].iter().any(|part| asked.contains(part)) {
                true => {
                    state.seen.push(asked);
                    let n = state.seen.len();
                    state.silent.take_if(|(at, _)| *at < n)
                }
                false => None,
            }
        };
        match silent {
            None => next.run(request).await,
            Some((_, is_done)) => {
                if is_done {
                    next.run(request).await;
                }
                self.reached.notify_one();
                std::future::pending().await
            }
        }
    }

    /// The request that comes after so many from now on.
    fn silence(&self, after: usize, is_done: bool) {
        let mut state = self.state.lock().unwrap();
        state.silent = Some((state.seen.len() + after, is_done));
    }

    fn seen(&self) -> Vec<String> {
        self.state.lock().unwrap().seen.clone()
    }
}

pub(super) fn start(folder: &Path, url: &str) -> Server {
    let mounts = [
        ("PORTOLAN_MOUNTS__0__PREFIX", "up"),
        ("PORTOLAN_MOUNTS__0__KIND", "remote"),
        ("PORTOLAN_MOUNTS__0__URL", url),
        ("PORTOLAN_MOUNTS__0__READ_ONLY", "false"),
        ("PORTOLAN_MOUNTS__0__REFRESH_S", "86400"),
        ("PORTOLAN_MOUNTS__1__KIND", "hosted"),
    ];
    let variables: Vec<_> = ADMIN.into_iter().chain(QUIET).chain(mounts).collect();
    Server::start_private(folder, &variables)
}

/// A request of the administrator to the process.
pub(super) fn ask(server: &Server, method: &str, path: &str, body: &[u8]) -> (u16, String) {
    let manifests = format!("{OCI_MANIFEST}, {OCI_INDEX}");
    let headers = [BASIC, ("Content-Type", "application/json"), ("Accept", &manifests)];
    tokio::task::block_in_place(|| http(method, &server.host, path, &headers, body))
}

pub(super) fn asked(server: &Server, from: &str, to: &str) -> String {
    let body = json!({"tags": ["1.0"], "to": to}).to_string();
    let (status, said) = ask(server, "POST", &format!("/api/v1/r/{from}/-/copy"), body.as_bytes());
    assert_eq!(status, 202, "{said}");
    serde_json::from_str::<Value>(&said).unwrap()["job"].as_str().unwrap().to_owned()
}

/// Waits for the end of a job and kills the process at one request after the other until then; how many kills that were.
async fn killed(
    mut server: Server,
    (folder, url): (&Path, &str),
    gate: &Gate,
    id: &str,
    holds: impl AsyncFn(&Server),
) -> (Server, usize) {
    for n_kills in 0.. {
        let until_done = async {
            loop {
                let (_, job) = ask(&server, "GET", &format!("/api/v1/jobs/{id}"), b"");
                let job: Value = serde_json::from_str(&job).unwrap();
                if !job["finished_at"].is_null() {
                    assert_eq!(job["state"], "done", "{job}");
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = until_done => return (server, n_kills),
            () = gate.reached.notified() => {}
        }
        tokio::task::block_in_place(|| server.kill());
        // The next one comes further, and is cut off before what it asks for is done, or after it.
        gate.silence(2 + 3 * n_kills, n_kills % 2 == 0);
        server = tokio::task::block_in_place(|| start(folder, url));
        holds(&server).await;
    }
    unreachable!("a job ends")
}

/// An index of two platforms and a signature of one of them, which each copy takes along.
async fn fill(test: &TestApp, repository: &str) -> BTreeMap<String, Vec<u8>> {
    let (_, children) = push_index(test, repository, "1.0", repository).await;
    push_signature(test, repository, &children[0], 2).await;
    whole(test, repository, "1.0").await
}

/// All that hangs on a tag at the process, as far as there is one.
fn pulled(server: &Server, repository: &str) -> Option<BTreeMap<String, String>> {
    let manifest = |reference: &str| ask(server, "GET", &format!("/v2/{repository}/manifests/{reference}"), b"");
    if manifest("1.0").0 != 200 {
        return None;
    }
    let mut open = vec!["1.0".to_owned()];
    let mut all = BTreeMap::new();
    while let Some(reference) = open.pop() {
        let (status, text) = manifest(&reference);
        assert_eq!(status, 200, "{repository} {reference}");
        let (parsed, own): (Value, _) = (serde_json::from_str(&text).unwrap(), sha256(text.as_bytes()));
        let digests = |it: &Value| -> Vec<String> {
            let many = it.as_array().cloned().unwrap_or_default();
            many.iter().map(|it| it["digest"].as_str().unwrap().to_owned()).collect()
        };
        open.extend(digests(&parsed["manifests"]));
        for blob in digests(&parsed["layers"]).into_iter().chain(parsed["config"]["digest"].as_str().map(str::to_owned))
        {
            let (status, content) = ask(server, "GET", &format!("/v2/{repository}/blobs/{blob}"), b"");
            assert_eq!(status, 200, "{repository} {blob}");
            all.insert(blob, content);
        }
        let (_, about) = ask(server, "GET", &format!("/v2/{repository}/referrers/{own}"), b"");
        open.extend(digests(&serde_json::from_str::<Value>(&about).unwrap()["manifests"]));
        all.insert(own, text);
    }
    Some(all)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_that_is_killed_in_the_midst_of_a_copy_goes_on_and_sets_the_tag_last() {
    let (folder, far, gate) = (tempfile::tempdir().unwrap(), TestApp::new().await, Gate::default());
    let before = gate.clone();
    let router = far.open_router().layer(from_fn(move |request, next| before.clone().pass(request, next)));
    let url = serve_router(router).await;
    let source = fill(&far, "web").await;
    let at = (folder.path(), url.as_str());

    // Home: what comes is read there, and stays here.
    let server = tokio::task::block_in_place(|| start(at.0, at.1));
    let is_read = || ask(&server, "GET", "/api/v1/r/up/web/-/tags/1.0", b"").0 == 200;
    tokio::task::block_in_place(|| eventually("the registry is read", is_read));
    let texts: BTreeMap<String, String> =
        source.iter().map(|(digest, bytes)| (digest.clone(), String::from_utf8(bytes.clone()).unwrap())).collect();
    gate.silence(2, false);
    let id = asked(&server, "up/web", "team/web");
    let is_all_or_nothing = async |server: &Server| {
        let found = pulled(server, "team/web");
        assert!(found.is_none_or(|found| found == texts), "there is no tag, or all that it names");
    };
    let (server, n_kills) = killed(server, at, &gate, &id, is_all_or_nothing).await;
    assert!(n_kills > 2, "{n_kills} kills of a copy home");
    assert_eq!(pulled(&server, "team/web"), Some(texts));

    // And out, from what came.
    let n_before = gate.seen().len();
    gate.silence(2, true);
    let id = asked(&server, "team/web", "up/back");
    let there = async |_: &Server| {
        if far.get("/v2/back/manifests/1.0").await.status == 200 {
            assert_eq!(whole(&far, "back", "1.0").await, source, "there is no tag, or all that it names");
        }
    };
    let (_server, n_kills) = killed(server, at, &gate, &id, there).await;
    assert!(n_kills > 3, "{n_kills} kills of a copy out");
    assert_eq!(whole(&far, "back", "1.0").await, source);
    let puts: Vec<String> = gate.seen()[n_before..].iter().filter(|it| it.starts_with("PUT ")).cloned().collect();
    let is_tag = |it: &&String| it.starts_with("PUT /v2/back/manifests/1.0");
    let first = puts.iter().position(|it| is_tag(&it)).expect("it is set");
    assert!(puts[first..].iter().all(|it| is_tag(&it)), "the tag comes last: {puts:?}");
}
