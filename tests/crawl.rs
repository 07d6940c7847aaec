//! The first reading of a registry that is large and far away: 300 repositories of 200 tags, 20 ms a
//! call. Names are on screen first, and what somebody opens comes before the rest.

use crate::conformance::registry::serve_router;
use crate::support::{OCI_MANIFEST, TestApp, sha256};
use axum::Router;
use axum::extract::{Query, Request};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use portolan::domain::view::CrawlState;
use portolan::server::access::Policy;
use portolan::server::store::mounts::{self, Mount};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

const REPOSITORIES: usize = 300;
const TAGS: usize = 200;
const CALL: Duration = Duration::from_millis(20);

fn config() -> String {
    r#"{"os":"linux","architecture":"amd64"}"#.to_owned()
}

/// One image for each tag, so that nothing can be skipped.
fn manifest(tag: &str) -> String {
    let config = config();
    serde_json::json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "annotations": {"tag": tag}, "layers": [],
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(config.as_bytes()),
                   "size": config.len()}})
    .to_string()
}

fn list(key: &str, names: impl Iterator<Item = String>, query: &HashMap<String, String>, path: &str) -> Response {
    let n = query.get("n").and_then(|n| n.parse().ok()).unwrap_or(100);
    let last = query.get("last").cloned().unwrap_or_default();
    let mut names: Vec<String> = names.filter(|name| *name > last).take(n + 1).collect();
    let more = names.len() > n;
    names.truncate(n);
    let next = format!("<{path}?n={n}&last={}>; rel=\"next\"", names.last().cloned().unwrap_or_default());
    let body = axum::Json(serde_json::json!({key: names}));
    if more { ([("link", next)], body).into_response() } else { body.into_response() }
}

/// Calls in a second, at 20 ms each and 24 at a time. Time on a busy machine says little; what a reader waits for is
/// how many calls come before.
const CALLS_A_SECOND: usize = 24 * 50;
/// Calls that were made so far.
static CALLS: AtomicUsize = AtomicUsize::new(0);

async fn answer(Query(query): Query<HashMap<String, String>>, request: Request) -> Response {
    CALLS.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(CALL).await; // The distance to this registry, which the test is about.
    let path = request.uri().path();
    if path == "/v2/_catalog" {
        return list("repositories", (0..REPOSITORIES).map(|index| format!("far/r{index:03}")), &query, path);
    }
    if path.ends_with("/tags/list") {
        return list("tags", (0..TAGS).map(|index| format!("t{index:03}")), &query, path);
    }
    if path.contains("/blobs/") {
        return config().into_response();
    }
    let reference = path.rsplit('/').next().unwrap_or_default();
    let tag = (0..TAGS)
        .map(|index| format!("t{index:03}"))
        .find(|tag| tag == reference || sha256(manifest(tag).as_bytes()) == reference);
    let Some(tag) = tag else { return StatusCode::NOT_FOUND.into_response() };
    let body = manifest(&tag);
    let headers = [("docker-content-digest", sha256(body.as_bytes())), ("content-type", OCI_MANIFEST.to_owned())];
    let body = if *request.method() == Method::HEAD { String::new() } else { body };
    (headers, body).into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_come_first_and_what_is_opened_jumps_the_queue() {
    let upstream = serve_router(Router::new().fallback(answer)).await;
    let config =
        format!("[[mounts]]\nprefix = \"far\"\nkind = \"remote\"\nurl = \"{upstream}\"\nupstream_prefix = \"far\"");
    let mut test = TestApp::real(&config, Policy::Grants).await;
    let started = Instant::now();
    let _jobs = test.start_jobs().await;

    wait(&test, "/repositories?sort=name", "/r/far/r000").await;
    println!("first names after {:?}", started.elapsed());
    assert!(CALLS.load(Ordering::Relaxed) < 2 * CALLS_A_SECOND, "the first names are there within 2 s");
    wait(&test, "/repositories", "of 300").await;

    let (clicked, before) = (Instant::now(), CALLS.load(Ordering::Relaxed));
    let opened = async {
        while test.get("/r/far/r299").await.text().matches("<tr").count() < 50 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), opened).await.expect("the repository that was opened has its rows");
    println!("50 rows of the opened repository {:?} after the click", clicked.elapsed());
    assert!(CALLS.load(Ordering::Relaxed) - before < CALLS_A_SECOND, "they are there within 1 s");
    let read = "SELECT COUNT(*) FROM repositories WHERE read_at > 0";
    let read: u64 = test.app.store.one(read, vec![]).await.unwrap().unwrap().take().unwrap();
    assert!(read < 150, "it came before the rest: {read} of 300 were read");
}

/// A registry of which a part is broken. `far/a` is not shown to us at first, `far/hosted/x` has a name that is
/// another mount's; once it `lies`, the tag `t1` of `far/b` names a digest whose bytes are others.
async fn answer_in_part(
    lies: Arc<AtomicBool>,
    Query(query): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    let (path, lies) = (request.uri().path(), lies.load(Ordering::SeqCst));
    let names = |names: &'static [&'static str]| names.iter().map(|&name| name.to_owned());
    if path == "/v2/_catalog" {
        return list("repositories", names(&["far/<script>", "far/a", "far/b", "far/c", "far/hosted/x"]), &query, path);
    }
    if path.starts_with("/v2/far/a/") && !lies {
        return StatusCode::FORBIDDEN.into_response();
    }
    if path.ends_with("/tags/list") {
        return list("tags", names(if lies { &["t0", "t1", "t2", "t3"] } else { &["t0", "t1", "t2"] }), &query, path);
    }
    if path.contains("/blobs/") {
        return config().into_response();
    }
    let reference = path.rsplit('/').next().unwrap_or_default();
    let is_lie = path.starts_with("/v2/far/b/") && lies && (reference == "t1" || reference == sha256(b"a lie"));
    let known = ["t0", "t1", "t2", "t3"];
    let tag = known.iter().find(|&&tag| tag == reference || sha256(manifest(tag).as_bytes()) == reference);
    if tag.is_none() && !is_lie {
        return StatusCode::NOT_FOUND.into_response();
    }
    let body = manifest(tag.unwrap_or(&"altered"));
    let digest = if is_lie { sha256(b"a lie") } else { sha256(body.as_bytes()) };
    let body = if *request.method() == Method::HEAD { String::new() } else { body };
    ([("docker-content-digest", digest), ("content-type", OCI_MANIFEST.to_owned())], body).into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_skipped_and_the_rest_is_read() {
    let lies = Arc::new(AtomicBool::new(false));
    let shared = Arc::clone(&lies);
    let answer = move |query, request| answer_in_part(Arc::clone(&shared), query, request);
    let upstream = serve_router(Router::new().fallback(answer)).await;
    let config = format!(
        "[[mounts]]\nprefix = \"far\"\nkind = \"remote\"\nurl = \"{upstream}\"\nupstream_prefix = \"far\"\nrefresh_s = 1\n\
         [[mounts]]\nprefix = \"far/hosted\"\nkind = \"hosted\""
    );
    let mut test = TestApp::real(&config, Policy::Grants).await;
    let _jobs = test.start_jobs().await;

    // A repository that answers 403 stops neither its neighbours nor the round.
    let first = round_after(&test, 0).await;
    assert!(matches!(first.row.crawl, CrawlState::Rested | CrawlState::Running { .. }), "{:?}", first.row.crawl);
    assert_eq!(
        (first.row.totals.repositories, first.row.totals.tags),
        (3, 6),
        "two are read, and no name of another mount"
    );
    let (page, list) = (test.get("/r/far/a").await.text(), test.get("/repositories").await.text());
    assert!(page.contains("This repository could not be read") && page.contains("denied access (403)"), "{page}");
    assert!(!page.contains("No tags") && !page.contains("Not read yet"), "what is not known is not said: {page}");
    assert_eq!(list.matches("Could not be read").count(), 1, "{list}");
    assert!(!list.contains("could not be read."), "that says nothing against the registry: {list}");

    let mounts = test.get("/admin/mounts").await.text();
    assert!(mounts.contains("1 name that no client could use") && !mounts.contains("<script>alert"), "{mounts}");

    // A tag whose manifest lies keeps what it named; its neighbours and what is new are read.
    lies.store(true, Ordering::SeqCst);
    let second = round_after(&test, test.app.clock.now().0).await;
    assert_eq!((second.row.totals.tags, second.row.missing), (12, 0), "t3 is new, and t1 is there and not missing");
    let page = test.get("/r/far/a").await.text();
    assert!(page.contains("t3") && !page.contains("could not be read"), "what failed before is over");
    let page = test.get("/r/far/b").await.text();
    assert!(page.contains(&sha256(manifest("t1").as_bytes())[7..19]), "t1 names what it named");
    assert!(!page.contains(&sha256(b"a lie")[7..19]), "and nothing that is not what it says");
}

/// The tag `latest` of the repository `a`. The first who asks is told that it is the old image, but hears so only
/// when `released`; meanwhile it has moved.
async fn answer_late(
    asked: Arc<Notify>,
    released: Arc<Notify>,
    is_first: Arc<AtomicBool>,
    Query(query): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    match path {
        "/v2/_catalog" => return list("repositories", ["a".to_owned()].into_iter(), &query, path),
        "/v2/a/tags/list" => return list("tags", ["latest".to_owned()].into_iter(), &query, path),
        _ if path.contains("/blobs/") => return config().into_response(),
        _ => {}
    }
    let is_old = path.ends_with(&sha256(manifest("old").as_bytes()))
        || (path.ends_with("/latest") && is_first.swap(false, Ordering::SeqCst));
    if is_old && path.ends_with("/latest") {
        asked.notify_one();
        released.notified().await;
    }
    let body = manifest(if is_old { "old" } else { "new" });
    let headers = [("docker-content-digest", sha256(body.as_bytes())), ("content-type", OCI_MANIFEST.to_owned())];
    (headers, if *request.method() == Method::HEAD { String::new() } else { body }).into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_late_does_not_undo_a_newer_one() {
    let (asked, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (shared, is_first) = ((Arc::clone(&asked), Arc::clone(&released)), Arc::new(AtomicBool::new(true)));
    let answer = move |query, request| {
        answer_late(Arc::clone(&shared.0), Arc::clone(&shared.1), Arc::clone(&is_first), query, request)
    };
    let upstream = serve_router(Router::new().fallback(answer)).await;
    let config = format!("[[mounts]]\nprefix = \"far\"\nkind = \"remote\"\nurl = \"{upstream}\"");
    let mut test = TestApp::real(&config, Policy::Grants).await;
    let _jobs = test.start_jobs().await;
    asked.notified().await;
    let then = test.app.clock.now();
    while test.app.clock.now() == then {
        tokio::task::yield_now().await;
    }
    let (old, new) = (sha256(manifest("old").as_bytes()), sha256(manifest("new").as_bytes()));
    wait(&test, "/r/far/a", &new[7..19]).await; // Somebody opened it, and it was read for them.
    released.notify_one();
    round_after(&test, 0).await;
    let page = test.get("/r/far/a").await.text();
    assert!(page.contains(&new[7..19]) && !page.contains(&old[7..19]));
    let moves = test.app.store.one("SELECT COUNT(*) FROM tag_moves", vec![]).await.unwrap().unwrap().take::<u64>();
    assert_eq!(moves, Ok(0), "the tag was not seen to move");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_of_which_nothing_can_be_read_has_failed() {
    let answer = |Query(query): Query<HashMap<String, String>>, request: Request| async move {
        match request.uri().path() {
            path @ "/v2/_catalog" => list("repositories", (0..20).map(|index| format!("r{index:02}")), &query, path),
            _ => StatusCode::FORBIDDEN.into_response(),
        }
    };
    let upstream = serve_router(Router::new().fallback(answer)).await;
    let config = format!("[[mounts]]\nprefix = \"far\"\nkind = \"remote\"\nurl = \"{upstream}\"");
    let mut test = TestApp::real(&config, Policy::Grants).await;
    let _jobs = test.start_jobs().await;
    let mount = mount_when(&test, |mount| matches!(mount.row.crawl, CrawlState::Failed { .. })).await;
    assert!(mount.row.as_of.is_none() && mount.row.totals.repositories == 20);
}

/// The mount `far` when a round has ended well that began after `began`.
async fn round_after(test: &TestApp, began: i64) -> Mount {
    mount_when(test, |mount| mount.row.as_of.is_some_and(|as_of| as_of.0 > began)).await
}

async fn mount_when(test: &TestApp, is_so: impl Fn(&Mount) -> bool) -> Mount {
    let found = async {
        loop {
            let mounts = mounts::list(&test.app.store, test.app.clock.now()).await.unwrap();
            let far = mounts.into_iter().find(|mount| mount.row.prefix.as_str() == "far");
            if let Some(mount) = far.filter(&is_so) {
                return mount;
            }
            tokio::time::sleep(CALL).await; // Leaves the processor to what is waited for.
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.expect("the mount gets there")
}

async fn wait(test: &TestApp, path: &str, text: &str) {
    let seen = async {
        while !test.get(path).await.text().contains(text) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap_or_else(|_| panic!("{text} never on {path}"));
}
