//! Servers that answer as a test says and remember what they were asked.

use crate::domain::{Error, Reference, RepositoryName};
use crate::server::entropy::SeededEntropy;
use crate::server::registry::remote::{Credentials, Limits, RemoteRegistry, RemoteSettings};
use crate::server::secret::Secret;
use axum::body::Body;
use axum::http::{Request, Response};
use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

/// One request that arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// With the query.
    pub path: String,
    /// By which the server was called.
    pub host: String,
    pub authorization: Option<String>,
    pub range: Option<String>,
}

/// A server on a free port.
pub struct Upstream {
    pub url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    /// Starts a server that answers every request by `answer`.
    pub async fn start(answer: impl Fn(&Seen) -> Response<Body> + Clone + Send + Sync + 'static) -> Self {
        let (listener, url) = listen().await;
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = seen.clone();
        let app = axum::Router::new().fallback(move |request: Request<Body>| async move {
            let header = |name| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
            let now = Seen {
                method: request.method().to_string(),
                path: request.uri().to_string(),
                host: header("host").unwrap(),
                authorization: header("authorization"),
                range: header("range"),
            };
            log.lock().unwrap().push(now.clone());
            answer(&now)
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, seen }
    }

    /// What has arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests have arrived whose path contains `part`.
    pub fn count(&self, part: &str) -> usize {
        self.seen().iter().filter(|seen| seen.path.contains(part)).count()
    }
}

/// A server that writes `bytes` to whoever connects; then it hangs up, or holds on.
pub async fn raw(bytes: &'static str, hold: bool) -> Url {
    let (listener, url) = listen().await;
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(bytes.as_bytes()).await;
                if hold {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    url
}

/// A server that hangs up on the first so many without a word, and answers `then`; how many came.
pub async fn hangs_up(n: usize, then: &'static str) -> (Url, Arc<AtomicUsize>) {
    let ((listener, url), came) = (listen().await, Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            if count.fetch_add(1, Ordering::SeqCst) >= n {
                let _ = stream.write_all(then.as_bytes()).await;
            }
        }
    });
    (url, came)
}

async fn listen() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url)
}

/// An answer.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response<Body> {
    let builder = Response::builder().status(status);
    headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value)).body(body.into()).unwrap()
}

/// An answer of status 200 with some JSON.
pub fn json(body: impl Into<Body>) -> Response<Body> {
    answer(200, &[("content-type", "application/json")], body)
}

/// A mount of the upstream at the root, anonymous.
pub fn settings(url: &Url) -> RemoteSettings {
    RemoteSettings {
        prefix: "".parse().unwrap(),
        url: url.clone(),
        upstream_prefix: None,
        repositories: None,
        auth_hosts: Vec::new(),
        credentials: None,
        outbound_allow: Vec::new(),
        ca_file: None,
        is_typed: false,
        is_read_only: true,
    }
}

/// A user name and a password that is easily found again.
pub fn credentials() -> Option<Credentials> {
    Some(Credentials { username: "robot".to_owned(), password: Secret::from("hunter2".to_owned()) })
}

/// A registry that is tried again at once.
pub fn registry(settings: RemoteSettings) -> RemoteRegistry {
    within(settings, Limits::default())
}

/// The same with little patience, for what never answers.
pub fn impatient(settings: RemoteSettings) -> RemoteRegistry {
    within(settings, Limits { read: Duration::from_millis(300), ..Limits::default() })
}

fn within(settings: RemoteSettings, limits: Limits) -> RemoteRegistry {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let limits = Limits { backoff: Duration::from_millis(5), ..limits };
    RemoteRegistry::new(settings, limits, Arc::new(SeededEntropy::new(7))).unwrap()
}

/// The words of an error that must have come from upstream.
#[track_caller]
pub fn words<T: Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Upstream { message, .. }) => message,
        other => panic!("not refused: {other:?}"),
    }
}

/// A repository's name.
pub fn name(text: &str) -> RepositoryName {
    text.parse().unwrap()
}

/// A tag or a digest.
pub fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}
