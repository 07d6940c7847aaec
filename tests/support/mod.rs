//! The server as tests use it: in a folder of its own, in process, on a clock that stands still; on SQLite, or
//! on PostgreSQL where the test scripts say so.

pub mod drawn;
pub mod postgres;
pub mod process;
pub mod zot;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::{Extension, Router};
use futures::future::BoxFuture;
use portolan::domain::{Actor, RepositoryVisibility, Role, Scope, Terms, Timestamp};
use portolan::server::access::{Access, Policy, Standing};
use portolan::server::app::{self, Choices};
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::config::Config;
use portolan::server::context::App;
use portolan::server::entropy::SeededEntropy;
use portolan::server::http::router::router;
use portolan::server::jobs::Runner;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;

/// The moment at which test clocks start.
pub const START: Timestamp = Timestamp(1_795_500_000_000);

/// A server with nothing in it.
pub struct TestApp {
    pub app: App,
    pub router: Router,
    pub folder: Arc<TempDir>,
    /// Who sends; `None` where the server has to find out.
    standing: Option<Arc<Standing>>,
    /// What they show.
    shown: Option<String>,
    jobs: Option<Runner>,
}

impl TestApp {
    /// As an administrator uses it, with the hosted registry at the root.
    pub async fn new() -> Self {
        Self::with("", Policy::Grants).await
    }

    /// As nobody in particular uses it, where everybody may read what lies below `public`.
    pub async fn tenants() -> Self {
        let test = Self::new().await;
        let public = Terms { role: Role::Reader, scope: scope("public/*"), tags: None, expires_at: None };
        Self { standing: Some(Arc::new(Standing::anonymous(vec![public]))), ..test }
    }

    /// With this configuration and policy.
    pub async fn with(config: &str, policy: Policy) -> Self {
        Self::build(config, choices(policy, Arc::new(ManualClock::new(START)))).await
    }

    /// On the machine's own clock, for what takes time.
    pub async fn real(config: &str, policy: Policy) -> Self {
        Self::build(config, Choices::real(policy)).await
    }

    /// With everything that can be chosen.
    pub async fn build(config: &str, choices: Choices) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut settings = vec![("PORTOLAN_DATA__DIR".to_owned(), folder.path().display().to_string())];
        if let Some(database) = postgres::schema_of_its_own().await {
            settings.push(("PORTOLAN_DATABASE__URL".to_owned(), database));
        }
        let config = Config::from_parts(Some((Path::new("test.toml"), config)), settings.into_iter()).expect("valid");
        Self::start(&config, choices, Arc::new(folder)).await
    }

    /// Another server on what `before` left.
    pub async fn over(config: &Config, choices: Choices, before: &Self) -> Self {
        Self::start(config, choices, Arc::clone(&before.folder)).await.at_the_door()
    }

    async fn start(config: &Config, choices: Choices, folder: Arc<TempDir>) -> Self {
        let (app, jobs) = app::build(config, choices).await.expect("the server starts");
        let standing = Some(Arc::new(Standing::with_role(user("admin"), Role::Admin)));
        Self { router: router(app.clone()), app, folder, standing, shown: None, jobs: Some(jobs) }
    }

    /// The same server, as somebody with this standing uses it.
    pub fn with_standing(&self, standing: Standing) -> Self {
        Self { standing: Some(Arc::new(standing)), shown: None, ..self.again() }
    }

    /// The same server, which finds out by itself who sends.
    pub fn at_the_door(self) -> Self {
        Self { standing: None, shown: None, ..self }
    }

    /// The same server, for whoever shows this in `Authorization`.
    pub fn showing(&self, shown: &str) -> Self {
        Self { standing: None, shown: Some(shown.to_owned()), ..self.again() }
    }

    /// The same server, as another administrator uses it.
    pub fn by_admin(&self, name: &str) -> Self {
        self.with_standing(Standing::with_role(user(name), Role::Admin))
    }

    /// The same server, as a tenant uses it: who owns the namespace of their name and reads what lies below `public`.
    /// One called `NAME-ci` pushes there and deletes nothing.
    pub fn by(&self, name: &str) -> Self {
        let (tenant, role) = match name.strip_suffix("-ci") {
            Some(tenant) => (tenant, Role::Publisher),
            None => (name, Role::Owner),
        };
        let terms = |role, text: &str| Terms { role, scope: scope(text), tags: None, expires_at: None };
        let terms = vec![terms(role, &format!("{tenant}/*")), terms(Role::Reader, "public/*")];
        self.with_standing(Standing { terms, ..Standing::of(user(name)) })
    }

    /// The same server, for whoever shows nothing.
    pub fn by_nobody(&self) -> Self {
        self.again().at_the_door()
    }

    /// The same once more.
    pub fn again(&self) -> Self {
        let (app, router, folder) = (self.app.clone(), self.router.clone(), Arc::clone(&self.folder));
        Self { app, router, folder, standing: self.standing.clone(), shown: self.shown.clone(), jobs: None }
    }

    /// The router for whoever reaches it by a socket: they are who this is.
    pub fn open_router(&self) -> Router {
        self.router.clone().layer(Extension(self.standing.clone().expect("who this is")))
    }

    /// Starts the background work, which goes on until the token that comes back is dropped.
    pub async fn start_jobs(&mut self) -> DropGuard {
        let (jobs, stop) = (self.jobs.take().expect("started once"), CancellationToken::new());
        jobs.schedule().await.expect("the table of jobs is there");
        tokio::spawn(jobs.run(stop.clone()));
        stop.drop_guard()
    }

    /// Sends one request.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if let Some(standing) = &self.standing {
            request.extensions_mut().insert(Arc::clone(standing));
        }
        if let Some(shown) = &self.shown {
            request.headers_mut().insert(header::AUTHORIZATION, shown.parse().expect("a header"));
        }
        let response = self.router.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 64 << 20).await.expect("the body ends");
        Answer { status: parts.status, headers: parts.headers, body: body.to_vec() }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path).body(Body::empty()).unwrap()).await
    }

    /// HEAD.
    pub async fn head(&self, path: &str) -> Answer {
        self.send(request("HEAD", path).body(Body::empty()).unwrap()).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(request("DELETE", path).body(Body::empty()).unwrap()).await
    }

    /// Any method with these headers and no others.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let start = request(method, path);
        let request = headers.iter().fold(start, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Pushes a manifest under a tag or its digest.
    pub async fn put_manifest(&self, repository: &str, reference: &str, media_type: &str, manifest: &str) -> Answer {
        self.call("PUT", &format!("/v2/{repository}/manifests/{reference}"), media_type, manifest).await
    }

    /// Any method, with a body and its type.
    pub async fn call(&self, method: &str, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let body: Vec<u8> = body.into();
        let request = request(method, path)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::CONTENT_LENGTH, body.len())
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    /// Pushes a blob in one piece and returns its digest.
    pub async fn push_blob(&self, repository: &str, bytes: &[u8]) -> String {
        let digest = sha256(bytes);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let answer = self.call("POST", &path, "application/octet-stream", bytes).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        digest
    }

    /// Pushes an image of one layer for a platform under a tag; returns its digest.
    pub async fn push_image(&self, repository: &str, tag: &str, architecture: &str, layer: &[u8]) -> String {
        let manifest = self.image(repository, architecture, layer).await;
        let answer =
            self.call("PUT", &format!("/v2/{repository}/manifests/{tag}"), OCI_MANIFEST, manifest.clone()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        sha256(manifest.as_bytes())
    }

    /// Pushes the blobs of an image and returns its manifest.
    pub async fn image(&self, repository: &str, architecture: &str, layer: &[u8]) -> String {
        let config = format!(
            r#"{{"os":"linux","architecture":"{architecture}","created":"2026-11-01T10:00:00Z",
               "config":{{"Entrypoint":["/app"],"Env":["A=1"]}},"history":[{{"created_by":"COPY . /"}}]}}"#
        );
        let (config_digest, layer_digest) =
            (self.push_blob(repository, config.as_bytes()).await, self.push_blob(repository, layer).await);
        serde_json::json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": config.len()},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer_digest, "size": layer.len()}],
        })
        .to_string()
    }
}

pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A person of that name.
pub fn user(name: &str) -> Actor {
    Actor::User(name.parse().expect("a username"))
}

fn scope(text: &str) -> Scope {
    text.parse().expect("a scope")
}

/// What decides where no repository is open and nobody keeps a record of refusals.
pub fn decides(policy: Policy) -> Access {
    let nothing_is_open = |_| -> BoxFuture<'static, _> { Box::pin(async { Ok(RepositoryVisibility::Private) }) };
    Access::new(policy, Arc::new(ManualClock::new(START)), Arc::new(nothing_is_open), |_| {})
}

/// From which seeds crowds are drawn that work at once: few, or as many as a variable says.
#[expect(clippy::disallowed_methods, reason = "a variable says how many")]
pub fn crowds() -> std::ops::Range<u64> {
    let asked = std::env::var("PORTOLAN_CROWDS").ok();
    let (first, last) = asked.as_deref().and_then(|text| text.split_once("..")).unwrap_or(("0", "2"));
    first.parse().expect("a number")..last.parse().expect("a number")
}

/// Waits for what other tasks do.
pub async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap_or_else(|_| panic!("not within 60 s: {what}"));
}

/// The same randomness every time.
pub fn choices(policy: Policy, clock: Arc<dyn Clock>) -> Choices {
    Choices { policy, clock, entropy: Arc::new(SeededEntropy::new(7)) }
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("JSON expected: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or_default())
    }

    /// The path of `Location`, for the next request.
    pub fn location(&self) -> String {
        let location = self.header("location");
        let path = location.split_once("://").map_or(location, |(_, rest)| &rest[rest.find('/').unwrap_or(0)..]);
        path.to_owned()
    }

    /// The status with the code of the first error, for snapshots of refusals.
    pub fn refusal(&self) -> String {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.text());
        format!("{} {}", self.status.as_u16(), self.json()["errors"][0]["code"].as_str().unwrap_or_default())
    }
}

/// What stands in a hidden field of a page.
pub fn field(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.split(&start).nth(1).unwrap_or_else(|| panic!("{name} in {page}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// A request to this machine.
pub fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:8080")
}

/// The longer digest of some bytes.
pub fn sha512(bytes: &[u8]) -> String {
    format!("sha512:{}", hex::encode(sha2::Sha512::digest(bytes)))
}

/// The digest of some bytes.
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}
