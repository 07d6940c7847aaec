//! Copies between registries: whole in every direction, whatever fails on the way.

mod cut_off;
mod failures;
mod full;
mod kills;
mod left;
mod meanwhile;
mod moved;
mod old;
mod once;
mod pages;
mod steps;

use crate::conformance::registry::serve_router;
use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, START, TestApp, choices, decides, sha256};
use crate::tags::{push_index, push_signature, send};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::middleware::{Next, from_fn};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portolan::domain::Result;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::identity::sign_in;
use portolan::server::secret::Secret;
use portolan::server::service::copies;
use portolan::server::store::runs;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

const PASSWORD: &str = "correct horse";

/// What happens at a request to the registry far away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// It fails before anything is done.
    Fails,
    /// It is done, and the answer is lost.
    IsLost,
}

#[derive(Default)]
struct State {
    event: Option<(usize, Event)>,
    /// Whether content that comes is never answered.
    hangs: bool,
    /// Whether it knows no lists of what is about an image.
    lists_nothing: bool,
    /// Who comes right after it told what such a tag names: they push this under it.
    meanwhile: Vec<(String, String)>,
    /// After how many bytes the next large contents break off, the last first.
    cuts: Vec<usize>,
    /// Which parts of contents were asked for.
    ranges: Vec<String>,
    /// Whether it sends all of some content whatever part is asked for.
    ignores_ranges: bool,
    /// Every request: method and address.
    seen: Vec<(String, String)>,
}

/// What stands before the registry far away.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<State>>);

impl Gate {
    fn now(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// From here on, what happens at the request that comes after `n` others.
    fn arm(&self, event: Option<(usize, Event)>) {
        *self.now() = State { event, ..State::default() };
    }

    /// How many requests of a kind came.
    fn n_seen(&self, method: &str, part: &str) -> usize {
        self.now().seen.iter().filter(|(it, address)| it == method && address.contains(part)).count()
    }

    async fn pass(self, request: Request, next: Next) -> Response<Body> {
        let hangs = self.now().hangs && request.method() == "PUT";
        let event = {
            let mut state = self.now();
            let n = state.seen.len();
            state.seen.push((request.method().to_string(), request.uri().to_string()));
            state.event.filter(|(at, _)| *at == n).map(|(_, event)| event)
        };
        // As nobody is asked once more: a write never is, and a read is after other answers.
        let failure: u16 = if request.method().is_safe() { 501 } else { 500 };
        let lost = || Response::builder().status(failure).body(Body::empty()).unwrap();
        let path = request.uri().path().to_owned();
        if self.now().lists_nothing && path.contains("/referrers/") {
            return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap();
        }
        match event {
            None if hangs => std::future::pending().await,
            None if request.method() == "GET" && path.contains("/manifests/sha256-") && !path.contains('.') => {
                let host = request.headers()["host"].clone();
                let answer = next.clone().run(request).await;
                let theirs = self.now().meanwhile.pop();
                if let Some((tag, list)) = theirs {
                    let put = Request::put(format!("/v2/web/manifests/{tag}")).header("content-type", OCI_INDEX);
                    let put = put.header("host", host);
                    assert_eq!(next.run(put.body(Body::from(list)).unwrap()).await.status(), StatusCode::CREATED);
                }
                answer
            }
            None if request.method() == "GET" && path.contains("/blobs/") => self.content(request, next).await,
            None => next.run(request).await,
            Some(Event::Fails) => lost(),
            Some(Event::IsLost) => {
                next.run(request).await;
                lost()
            }
        }
    }
}

impl Gate {
    async fn content(self, mut request: Request, next: Next) -> Response<Body> {
        if let Some(range) = request.headers().get("range").cloned() {
            let mut state = self.now();
            state.ranges.push(range.to_str().unwrap().to_owned());
            if state.ignores_ranges {
                request.headers_mut().remove("range");
            }
        }
        let answer = next.run(request).await;
        let length = answer.headers().get("content-length").and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
        match self.now().cuts.pop_if(|cut| length.is_some_and(|length| *cut < length)) {
            Some(cut) => answer.map(|body| cut_off::after(body, cut)),
            None => answer,
        }
    }
}

/// A server that mounts a registry far away at `up`, and once more at `far`.
struct World {
    base: TestApp,
    /// As the administrator `mara` uses it.
    here: TestApp,
    far: TestApp,
    gate: Gate,
    clock: Arc<ManualClock>,
    config: String,
}

impl World {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With settings in which `URL` is the address of the registry far away.
    async fn with(settings: &str) -> Self {
        let (far, gate) = (TestApp::new().await, Gate::default());
        let before = gate.clone();
        let router = far.open_router().layer(from_fn(move |request, next| before.clone().pass(request, next)));
        let url = serve_router(router).await;
        let remote = |prefix: &str| {
            format!("[[mounts]]\nprefix = \"{prefix}\"\nkind = \"remote\"\nurl = \"{url}\"\nread_only = false\n")
        };
        let settings = settings.replace("URL", &url);
        let config = format!("{settings}\n{}{}[[mounts]]\nkind = \"hosted\"", remote("up"), remote("far"));
        let clock = Arc::new(ManualClock::new(START));
        let base = TestApp::build(&config, choices(Policy::Grants, Arc::clone(&clock) as Arc<dyn Clock>)).await;
        Self { here: signed_in(base.again()).await, base, far, gate, clock, config }
    }

    /// Asks for a copy, and returns its job.
    async fn ask(&self, from: &str, body: Value) -> String {
        ask(&self.here, from, body).await
    }

    /// Does a job step by step, as any process would that finds it.
    async fn finish(&self, id: &str) -> Result<()> {
        while !step(&self.here, id).await? {}
        Ok(())
    }

    async fn job(&self, id: &str) -> Value {
        self.here.get(&format!("/api/v1/jobs/{id}")).await.json()
    }
}

/// The same server, as an administrator called `mara` uses it.
async fn signed_in(test: TestApp) -> TestApp {
    let password = Secret::from(PASSWORD.to_owned());
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), password).await.unwrap();
    test.showing(&basic("mara"))
}

fn basic(username: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{PASSWORD}")))
}

async fn ask(test: &TestApp, from: &str, body: Value) -> String {
    let asked = send(test, "POST", &format!("/api/v1/r/{from}/-/copy"), body).await;
    assert_eq!(asked.status, 202, "{}", asked.text());
    let id = asked.json()["job"].as_str().unwrap().to_owned();
    assert_eq!(asked.header("location"), format!("/api/v1/jobs/{id}"));
    id
}

/// One thing of a job from where it stands; whether it is over.
async fn step(test: &TestApp, id: &str) -> Result<bool> {
    step_of(test, id, 1).await
}

/// One that took so many milliseconds.
async fn step_of(test: &TestApp, id: &str, took_ms: i64) -> Result<bool> {
    let (store, proof, now) =
        (&test.app.store, decides(Policy::Grants).system(Job::Run, Maintain {}), test.app.clock.now());
    let own = id.to_owned();
    let run = store.note(&proof, move |tx| Box::pin(async move { runs::take_up(tx, &own, now).await })).await?;
    let run = run.expect("a job that goes on");
    let to = copies::step(&test.app, &run, Duration::ZERO).await?;
    let is_over = to.is_over;
    store.note(&proof, move |tx| Box::pin(async move { runs::advance(tx, &run, &to, took_ms, now).await })).await?;
    Ok(is_over)
}

/// An index of two platforms under a tag, with a signature by each of the ways that there are, of which the one of the
/// first platform is signed itself.
async fn fill(test: &TestApp, repository: &str, tag: &str) -> String {
    let (index, children) = push_index(test, repository, tag, repository).await;
    let signature = push_signature(test, repository, &children[0], 2).await;
    push_signature(test, repository, &signature, 3).await;
    push_signature(test, repository, &index, 4).await;
    for of in [&index, &children[1]] {
        test.push_image(repository, &format!("{}.sig", of.replace(':', "-")), "amd64", of.as_bytes()).await;
    }
    index
}

/// Everything that hangs on a reference, byte for byte.
async fn whole(test: &TestApp, repository: &str, reference: &str) -> BTreeMap<String, Vec<u8>> {
    let (mut all, mut waiting) = (BTreeMap::new(), vec![reference.to_owned()]);
    while let Some(reference) = waiting.pop() {
        let answer = pull(test, repository, &format!("manifests/{reference}")).await;
        assert_eq!(answer.status, 200, "{repository} {reference}");
        let digest = sha256(&answer.body);
        let manifest: Value = serde_json::from_slice(&answer.body).unwrap();
        if all.insert(digest.clone(), answer.body).is_some() {
            continue;
        }
        let list = |key: &str| manifest[key].as_array().cloned().unwrap_or_default();
        let text = |it: &Value| it["digest"].as_str().unwrap().to_owned();
        waiting.extend(list("manifests").iter().map(text));
        for blob in list("layers").iter().chain(manifest.get("config")).map(text) {
            let found = pull(test, repository, &format!("blobs/{blob}")).await;
            assert_eq!((found.status.as_u16(), sha256(&found.body)), (200, blob.clone()), "{repository}");
            all.insert(blob, found.body);
        }
        let about = pull(test, repository, &format!("referrers/{digest}")).await.json();
        waiting.extend(about["manifests"].as_array().unwrap().iter().map(text));
        for end in ["sig", "att", "sbom"] {
            let noted = format!("{}.{end}", digest.replace(':', "-"));
            if pull(test, repository, &format!("manifests/{noted}")).await.status == 200 {
                waiting.push(noted);
            }
        }
    }
    all
}

async fn pull(test: &TestApp, repository: &str, rest: &str) -> Answer {
    let accept = format!("{OCI_MANIFEST}, {OCI_INDEX}");
    test.ask("GET", &format!("/v2/{repository}/{rest}"), &[("accept", &accept)], "").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_is_whole_in_every_direction() {
    let world = World::new().await;
    let index = fill(&world.here, "team/web", "1.0").await;
    for end in ["att", "sbom"] {
        let tag = format!("{}.{end}", index.replace(':', "-"));
        world.here.push_image("team/web", &tag, "amd64", tag.as_bytes()).await;
    }
    let source = whole(&world.here, "team/web", "1.0").await;
    assert_eq!(
        source.len(),
        10 + 6 + 3,
        "an index, two platforms, three referrers, four that tags note, and their blobs"
    );

    let out = world.ask("team/web", json!({"tags": ["1.0"], "to": "up/web", "names": {"1.0": "stable"}})).await;
    world.finish(&out).await.unwrap();
    assert_eq!(whole(&world.far, "web", "stable").await, source);
    let job = world.job(&out).await;
    assert_eq!((&job["state"], &job["done"], &job["total"]), (&json!("done"), &job["total"], &job["done"]), "{job}");
    assert_eq!(job["copy"], json!({"from": "team/web", "to": "up/web", "n_tags": 1}));
    assert!(job["log"].to_string().contains("to up/web."), "{job}");

    // The page shows the tag at once, with whose it is.
    let shown = world.here.get("/api/v1/r/up/web/-/tags/stable").await.json();
    assert_eq!((&shown["digest"], &shown["moved_by"]), (&json!(index), &json!("user:mara")), "{shown}");
    let history = world.here.get("/api/v1/r/up/web/-/history?tag=stable").await.json();
    assert_eq!(history["items"][0]["how"], "copy", "{history}");
    let page = world.base.get(&format!("/jobs/{out}")).await.text();
    assert!(page.contains("Copy of 1 tag from team/web to up/web") && page.contains("href=\"/r/up/web\""), "{page}");

    world.gate.arm(None);
    let inside = world.ask("up/web", json!({"tags": ["stable"], "to": "up/prod/web"})).await;
    world.finish(&inside).await.unwrap();
    assert_eq!(whole(&world.far, "prod/web", "stable").await, source);
    let sent =
        (world.gate.n_seen("PUT", "/blobs/"), world.gate.n_seen("PATCH", ""), world.gate.n_seen("GET", "/blobs/"));
    let n_configs = source.values().filter(|it| it.starts_with(br#"{"os""#)).count();
    assert!(sent.0 == 0 && sent.1 == 0 && sent.2 <= 2 * n_configs + 2, "blobs are linked there: {sent:?}");

    // One of them is there already: the page before and the job count the others alike.
    world.here.push_image("prod/web", "other", "amd64", index.as_bytes()).await;
    let page = world.base.get("/r/up/web/-/copy?tag=stable&to=prod/web").await.text();
    assert!(page.contains("9 images of") && page.contains("go to another registry"), "{page}");
    let home = world.ask("up/web", json!({"tags": ["stable"], "to": "prod/web"})).await;
    world.finish(&home).await.unwrap();
    let log = world.job(&home).await["log"].to_string();
    assert!(log.contains("Images that prod/web lacks: 9.") && log.contains("images that came: 9;"), "{log}");
    assert_eq!(whole(&world.here, "prod/web", "stable").await, source);
    let history = world.here.get("/api/v1/r/prod/web/-/history?tag=stable").await.json();
    assert_eq!(
        (&history["items"][0]["how"], &history["items"][0]["by"]),
        (&json!("copy"), &json!("user:mara")),
        "{history}"
    );

    let between = world.ask("far/web", json!({"tags": ["stable"], "to": "up/other/web"})).await;
    world.finish(&between).await.unwrap();
    assert_eq!(whole(&world.far, "other/web", "stable").await, source);
    let activity = world.here.get("/api/v1/activity?action=tag.copy").await.text();
    assert!(
        activity.contains(&format!("by the job {out}")) && activity.contains(&format!("stable {index}")),
        "{activity}"
    );
}

/// Many tags share what they have in common.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_copies_many_tags_by_itself_and_sends_nothing_twice() {
    let world = World::new().await;
    for tag in ["1.0", "1.1", "1.2"] {
        world.here.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    let id = world.ask("team/web", json!({"tags": ["1.0", "1.1", "1.2"], "to": "up/web"})).await;
    world.finish(&id).await.unwrap();
    assert_eq!(world.gate.n_seen("PUT", "/blobs/uploads/"), 4, "three layers and one configuration");
    world.gate.arm(None);
    world.clock.advance_ms(1);
    let again = world.ask("team/web", json!({"tags": ["1.0", "1.1", "1.2"], "to": "up/web"})).await;
    world.finish(&again).await.unwrap();
    assert_eq!(world.gate.n_seen("PUT", ""), 0, "all of it is there: {:?}", world.gate.now().seen);
    let moves = world.here.get("/api/v1/r/up/web/-/history?tag=1.0").await.json();
    assert_eq!(moves["items"].as_array().unwrap().len(), 1, "and nothing moved: {moves}");
}
