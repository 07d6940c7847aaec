//! A registry in memory that deletes as CNCF distribution 2.8 does, or by name as newer ones do; that fails, or lets
//! somebody else push, at the request that a test chooses.

use crate::conformance::registry::serve_router;
use crate::support::{OCI_MANIFEST, sha256};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, Response, StatusCode, Uri};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

/// How it takes deletes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deletes {
    ByDigest,
    ByName,
    /// With a name it takes the whole image, as nobody should.
    TooMuch,
    Nothing,
}

/// How it lists its tags.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lists {
    /// All at once, as CNCF distribution 2.8 does.
    Whole,
    /// As many as are asked for, without a link to the others.
    Cut,
    /// The same, and has no such list when it is asked for the others.
    Lost,
}

/// What happens at a request.
#[derive(Clone)]
pub(crate) enum Event {
    /// It fails before anything is done.
    Fails,
    /// It is done, and the answer is lost.
    IsLost,
    /// A delete takes the manifest away, leaves its tags, and fails.
    LeavesTags,
    /// Somebody else pushes this under the tag right before.
    Push(&'static str, String),
    /// It waits until it may go on.
    Waits(Arc<Gate>),
}

/// Where a request waits.
#[derive(Default)]
pub(crate) struct Gate {
    pub reached: Notify,
    pub opens: Notify,
}

pub(crate) struct State {
    pub manifests: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub has_blobs: bool,
    pub deletes: Deletes,
    pub lists: Lists,
    /// Whether it knows `If-Match`.
    pub knows_conditions: bool,
    pub event: Option<(usize, Event)>,
    /// The next request of this method whose path ends so waits there.
    door: Option<(&'static str, String, Arc<Gate>)>,
    /// Every request: method and path.
    pub seen: Vec<(String, String)>,
}

#[derive(Clone)]
pub(crate) struct StandIn(Arc<Mutex<State>>);

impl StandIn {
    pub(crate) async fn start(deletes: Deletes) -> (Self, String) {
        let state = State {
            manifests: BTreeMap::new(),
            tags: BTreeMap::new(),
            has_blobs: false,
            deletes,
            lists: Lists::Whole,
            knows_conditions: false,
            event: None,
            door: None,
            seen: vec![],
        };
        let here = Self(Arc::new(Mutex::new(state)));
        let answering = here.clone();
        let router = Router::new().fallback(move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
            if let Some(gate) = answering.gate(&parts.method, parts.uri.path()) {
                gate.reached.notify_one();
                gate.opens.notified().await;
            }
            let expected = parts.headers.get("if-match").map(|it| it.to_str().unwrap().trim_matches('"').to_owned());
            answering.answer(&parts.method, &parts.uri, body, expected)
        });
        let url = serve_router(router).await;
        (here, url)
    }

    pub(crate) fn now(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Puts content under tags, as if it was pushed.
    pub(crate) fn push(&self, tags: &[&str], content: &str) -> String {
        let (digest, mut state) = (sha256(content.as_bytes()), self.now());
        state.manifests.insert(digest.clone(), content.to_owned());
        for tag in tags {
            state.tags.insert((*tag).to_owned(), digest.clone());
        }
        digest
    }

    /// The next request but so many waits there.
    pub(crate) fn wait_at(&self, n: usize) -> Arc<Gate> {
        let (gate, mut state) = (Arc::new(Gate::default()), self.now());
        state.seen.clear();
        state.event = Some((n, Event::Waits(Arc::clone(&gate))));
        gate
    }

    /// The next request of a method whose path ends so waits there.
    pub(crate) fn wait_for(&self, method: &'static str, end: &str) -> Arc<Gate> {
        let (gate, mut state) = (Arc::new(Gate::default()), self.now());
        state.seen.clear();
        state.door = Some((method, end.to_owned(), Arc::clone(&gate)));
        gate
    }

    fn gate(&self, method: &Method, path: &str) -> Option<Arc<Gate>> {
        let mut state = self.now();
        if let Some((_, _, gate)) = state.door.take_if(|(of, end, _)| method == *of && path.ends_with(end.as_str())) {
            return Some(gate);
        }
        match &state.event {
            Some((at, Event::Waits(gate))) if *at == state.seen.len() => {
                let gate = Arc::clone(gate);
                state.event = None;
                Some(gate)
            }
            _ => None,
        }
    }

    fn answer(&self, method: &Method, uri: &Uri, body: String, expected: Option<String>) -> Response<Body> {
        let (path, mut state) = (uri.path(), self.now());
        let n = state.seen.len();
        state.seen.push((method.to_string(), path.to_owned()));
        let event = state.event.clone().filter(|(at, _)| *at == n).map(|(_, event)| event);
        match &event {
            Some(Event::Fails) => return empty(failure(method)),
            Some(Event::LeavesTags) => {
                state.manifests.remove(path.rsplit('/').next().unwrap_or_default());
                return empty(500);
            }
            Some(Event::Push(tag, content)) => {
                let digest = sha256(content.as_bytes());
                state.manifests.insert(digest.clone(), content.clone());
                state.tags.insert((*tag).to_owned(), digest);
            }
            _ => {}
        }
        let done = match path.ends_with("/tags/list") {
            true => state.list(uri.query().unwrap_or_default()),
            false => state.take(method, path, body, expected),
        };
        if matches!(event, Some(Event::IsLost)) { empty(failure(method)) } else { done }
    }
}

impl State {
    fn take(&mut self, method: &Method, path: &str, body: String, expected: Option<String>) -> Response<Body> {
        let last = path.rsplit('/').next().unwrap_or_default().to_owned();
        if path.ends_with("/_catalog") {
            return Response::new(Body::from(r#"{"repositories":["a"]}"#));
        }
        if path.contains("/blobs/") {
            return self.blob(method);
        }
        let digest = if last.contains(':') { Some(last.clone()) } else { self.tags.get(&last).cloned() };
        let there = digest.filter(|digest| self.manifests.contains_key(digest));
        let is_other = expected.is_some_and(|expected| there.as_ref() != Some(&expected));
        if self.knows_conditions && is_other && *method != Method::GET && *method != Method::HEAD {
            return empty(412);
        }
        match (method.as_str(), there) {
            ("PUT", _) => {
                let digest = sha256(body.as_bytes());
                self.manifests.insert(digest.clone(), body);
                if !last.contains(':') {
                    self.tags.insert(last, digest);
                }
                empty(201)
            }
            ("DELETE", there) => self.delete(&last, there),
            (_, Some(digest)) => Response::builder()
                .header("content-type", media_type(&self.manifests[&digest]))
                .header("docker-content-digest", &digest)
                .body(Body::from(self.manifests[&digest].clone()))
                .unwrap(),
            (_, None) => empty(404),
        }
    }

    fn list(&self, query: &str) -> Response<Body> {
        let asked = |key: &str| query.split('&').find_map(|it| it.strip_prefix(key));
        let (n, last) = (asked("n=").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX), asked("last="));
        let tags: Vec<&String> = match (self.lists, last) {
            (Lists::Lost, Some(_)) => return empty(404),
            (Lists::Whole, _) => self.tags.keys().collect(),
            (_, last) => self.tags.keys().filter(|tag| last.is_none_or(|last| tag.as_str() > last)).take(n).collect(),
        };
        Response::new(Body::from(serde_json::json!({"name": "a", "tags": tags}).to_string()))
    }

    fn delete(&mut self, reference: &str, there: Option<String>) -> Response<Body> {
        let is_name = !reference.contains(':');
        if self.deletes == Deletes::Nothing {
            return empty(405);
        }
        if is_name && self.deletes == Deletes::ByDigest {
            return empty(400);
        }
        let Some(digest) = there else { return empty(404) };
        if is_name && self.deletes == Deletes::ByName {
            self.tags.remove(reference);
        } else {
            self.manifests.remove(&digest);
            self.tags.retain(|_, named| *named != digest);
        }
        empty(202)
    }

    fn blob(&mut self, method: &Method) -> Response<Body> {
        match method.as_str() {
            "POST" => {
                let start = Response::builder().status(202).header("location", "/v2/a/blobs/uploads/1?x=y");
                start.body(Body::empty()).unwrap()
            }
            "PUT" => {
                self.has_blobs = true;
                empty(201)
            }
            _ => empty(if self.has_blobs { 200 } else { 404 }),
        }
    }
}

/// As a manifest calls itself.
fn media_type(content: &str) -> String {
    let parsed: serde_json::Value = serde_json::from_str(content).unwrap_or_default();
    parsed["mediaType"].as_str().unwrap_or(OCI_MANIFEST).to_owned()
}

/// How it fails so that it is not asked once more: a write never is, and a read is after other answers.
fn failure(method: &Method) -> u16 {
    if method.is_safe() { 501 } else { 500 }
}

fn empty(status: u16) -> Response<Body> {
    Response::builder().status(StatusCode::from_u16(status).unwrap()).body(Body::empty()).unwrap()
}
