//! Registries that are mounted in the console: asked first, read, changed, forgotten; and what stays secret of them.

use super::api::{admin, give, named, send, user};
use super::console::Browser;
use super::{PASSWORD, basic};
use crate::conformance::registry::serve_router;
use crate::support::process::{ADMIN, Server, eventually, http};
use crate::support::{OCI_MANIFEST, TestApp, choices, sha256};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::config::Config;
use portolan::server::identity::sign_in;
use portolan::server::secret::Secret;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What opens the registry, and must be seen nowhere else.
pub(super) const UPSTREAM_PASSWORD: &str = "hunter2-of-the-registry";
pub(super) const ALLOWED: &str = "[limits]\noutbound_allow = [\"127.0.0.0/8\"]";

/// A registry that lets `robot` in, with what it was asked: method, path, and what was shown.
#[derive(Clone, Default)]
pub(super) struct Upstream(Arc<Mutex<Vec<(String, String, String)>>>);

impl Upstream {
    pub(super) async fn start() -> (Self, String) {
        let upstream = Self::default();
        let answering = upstream.clone();
        let router = Router::new().fallback(move |request: Request| async move { answering.answer(&request) });
        let url = serve_router(router).await;
        (upstream, url)
    }

    fn answer(&self, request: &Request) -> Response {
        let shown = shown(request.headers());
        let path = request.uri().path().to_owned();
        self.0.lock().unwrap().push((request.method().to_string(), path.clone(), shown.clone()));
        if shown != basic("robot", UPSTREAM_PASSWORD) {
            return (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic realm=\"registry\"")]).into_response();
        }
        let config = r#"{"os":"linux","architecture":"amd64"}"#;
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(config.as_bytes()), "size": config.len()}});
        let manifest = manifest.to_string();
        match path.rsplit('/').next().unwrap_or_default() {
            "_catalog" => axum::Json(json!({"repositories": ["team/web"]})).into_response(),
            "list" => axum::Json(json!({"name": "team/web", "tags": ["1.0"]})).into_response(),
            _ if path.contains("/manifests/") => {
                let digest = sha256(manifest.as_bytes());
                ([("docker-content-digest", digest), ("content-type", OCI_MANIFEST.to_owned())], manifest)
                    .into_response()
            }
            _ if path.contains("/blobs/") => config.into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    pub(super) fn seen(&self) -> Vec<(String, String, String)> {
        self.0.lock().unwrap().clone()
    }
}

fn shown(headers: &HeaderMap) -> String {
    headers.get("authorization").map_or(String::new(), |value| value.to_str().unwrap_or_default().to_owned())
}

/// A server with an administrator, whose operator allows addresses of this machine.
pub(super) async fn allowed() -> TestApp {
    let test = TestApp::real(ALLOWED, Policy::Grants).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), Secret::from(PASSWORD.to_owned()))
        .await
        .unwrap();
    test
}

fn fields<'a>(url: &'a str, password: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("prefix", "hub"),
        ("url", url),
        ("username", "robot"),
        ("password", password),
        ("visibility", "private"),
        ("refresh_s", "60"),
        ("repositories", ""),
        ("auth_hosts", ""),
        ("upstream_prefix", ""),
        ("token_service", ""),
    ]
}

pub(super) async fn until(holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), wait).await.expect("within 20 s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_is_asked_mounted_read_and_forgotten() {
    let (upstream, url) = Upstream::start().await;
    let mut test = allowed().await;
    let _jobs = test.start_jobs().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let mara = Browser::of(&test, "mara").await;
    let asked: Vec<_> = [("probe", "yes")].into_iter().chain(fields(&url, UPSTREAM_PASSWORD)).collect();
    let answered = mara.send("/admin/mounts/new", "create-mount", &asked).await;
    let page = answered.text();
    assert_eq!(answered.status, StatusCode::OK, "{page}");
    assert!(page.contains("The registry answers") && page.contains("such as hub/team/web."), "{page}");
    assert!(
        page.contains(&format!("value=\"{url}\"")) && !page.contains(UPSTREAM_PASSWORD),
        "a password never comes back"
    );
    assert_eq!(
        send(&admin, "GET", "mounts", json!(null)).await.json()["items"].as_array().unwrap().len(),
        1,
        "nothing is kept"
    );
    let wrong = mara.send("/admin/mounts/new", "create-mount", &fields(&url, "another")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("refused the user name or password"), "{}", wrong.text());
    let made = mara.done("/admin/mounts/new", "create-mount", &fields(&url, UPSTREAM_PASSWORD)).await;
    assert!(made.contains("hub/ is mounted, and is being read."), "{made}");
    assert!(mara.get("/admin/mounts").await.text().contains("href=\"/admin/mounts/hub\""));
    until(async || mara.get("/r/hub/team/web").await.text().contains(">1.0<")).await;
    let host = url.trim_start_matches("http://");
    let access = mara.get("/n/hub/-/access").await.text();
    assert!(access.contains(&format!("Docker clients still sign in at {host}.")), "{access}");
    assert!(!mara.get("/n/team/-/access").await.text().contains("still sign in"));
    mara.done("/admin/mounts/hub", "check-mount", &[]).await;

    let nina = user(&admin, "nina").await;
    for scope in ["hub/*", "hub/team/web", "hubble/*"] {
        give(&admin, named("nina"), "reader", scope, None).await.unwrap();
    }
    let question = mara.get("/admin/mounts/hub?remove=yes").await.text();
    assert!(question.contains("1 repository goes, and 2 grants"), "{question}");
    assert!(question.contains("portolan.trash.…"), "what holds deleted tags stays there: {question}");
    let odd = mara.send("/admin/mounts/hub", "delete-mount", &[("confirmed", "hub")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = mara.done("/admin/mounts/hub", "delete-mount", &[("confirmed", "hub/")]).await;
    assert!(gone.contains("The mount hub/ is gone here."), "{gone}");
    assert_eq!(mara.get("/r/hub/team/web").await.status, StatusCode::NOT_FOUND);
    assert_eq!(nina.get("/api/v1/mounts/hub").await.status, StatusCode::FORBIDDEN);
    let grants = send(&admin, "GET", "grants", json!(null)).await.text();
    assert!(grants.contains("hubble/*") && !grants.contains("hub/*") && !grants.contains("hub/team"), "{grants}");
    for table in ["repositories", "tags", "manifests", "manifest_edges", "namespaces"] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let n: u64 = test.app.store.one(&sql, vec![]).await.unwrap().unwrap().take().unwrap();
        assert_eq!(n, 0, "{table}");
    }
    assert!(upstream.seen().iter().all(|(method, ..)| method == "GET" || method == "HEAD"), "nothing is changed there");
}

/// SEC-16: by number, by name and in disguise, and where a registry sends its sign-in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_was_typed_leads_nowhere_private() {
    let (upstream, url) = Upstream::start().await;
    let port = url.rsplit(':').next().unwrap();
    let closed = admin().await;
    for host in
        ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
    {
        let mount = json!({"prefix": "hub", "url": format!("http://{host}:{port}")});
        let answer = send(&closed, "POST", "mounts", mount).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{host}: {}", answer.text());
        assert!(answer.text().contains("not a public address"), "{host}: {}", answer.text());
    }
    for url in ["http://169.254.169.254/latest", "http://[fd00::1]", "http://10.1.2.3", "http://192.168.0.1"] {
        let answer = send(&closed, "POST", "mounts", json!({"prefix": "hub", "url": url})).await;
        assert!(answer.status == StatusCode::BAD_REQUEST && answer.text().contains("not a public address"), "{url}");
    }
    for url in [
        "ftp://example.com",
        "file:///etc/passwd",
        "registry",
        "",
        "https://a:b@example.com",
        "https://example.com?a=b",
    ] {
        let answer = send(&closed, "POST", "mounts", json!({"prefix": "hub", "url": url})).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{url}: {}", answer.text());
    }
    let plain = json!({"prefix": "hub", "url": "http://93.184.216.34", "username": "a", "password": "b"});
    assert!(send(&closed, "POST", "mounts", plain).await.text().contains("plain text"));
    assert!(upstream.seen().is_empty(), "{:?}", upstream.seen());

    // One that is allowed sends the sign-in to one that is not, although the mount names that host.
    let sends = serve_router(Router::new().fallback(|| async {
        let challenge = "Bearer realm=\"http://169.254.169.254/token\",service=\"x\"";
        (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)])
    }))
    .await;
    let test = allowed().await;
    let open = test.showing(&basic("mara", PASSWORD));
    let mount = json!({"prefix": "hub", "url": sends, "auth_hosts": ["169.254.169.254"]});
    let answer = send(&open, "POST", "mounts", mount).await;
    assert!(answer.text().contains("169.254.169.254, which is not a public address"), "{}", answer.text());
}

#[tokio::test]
async fn who_does_not_manage_mounts_changes_none_and_their_password_is_nobodys() {
    let (_, url) = Upstream::start().await;
    let test = allowed().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let mount = json!({"prefix": "hub", "url": url, "username": "robot", "password": UPSTREAM_PASSWORD, "visibility": "internal"});
    let made = send(&admin, "POST", "mounts", mount.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!((made.json()["has_password"].as_bool(), made.json()["locked"].as_bool()), (Some(true), Some(false)));
    assert!(!made.text().contains(UPSTREAM_PASSWORD));
    assert_eq!(made.json()["read_only"], json!(true), "nothing goes through it");
    let switched = send(&admin, "PATCH", "mounts/hub", json!({"read_only": false, "trash": false})).await;
    assert_eq!((switched.json()["read_only"].clone(), switched.json()["trash"].clone()), (json!(false), json!(false)));
    let back = send(&admin, "PATCH", "mounts/hub", json!({"read_only": true, "trash": true})).await;
    assert_eq!((back.status, back.json()["read_only"].clone()), (StatusCode::OK, json!(true)));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(send(&admin, "GET", &format!("mounts/{id}"), json!(null)).await.json()["prefix"], "hub");
    let (nina, otto) = (user(&admin, "nina").await, user(&admin, "otto").await);
    give(&admin, named("nina"), "owner", "hub/*", None).await.unwrap();
    give(&admin, named("otto"), "auditor", "*", None).await.unwrap();
    for (who, sees) in [(&nina, StatusCode::FORBIDDEN), (&otto, StatusCode::OK)] {
        let page = send(who, "GET", "mounts/hub", json!(null)).await;
        assert_eq!(page.status, sees);
        assert!(!page.text().contains(UPSTREAM_PASSWORD));
        for (method, path, body) in [
            ("POST", "mounts", mount.clone()),
            ("PATCH", "mounts/hub", json!({"visibility": "public"})),
            ("DELETE", "mounts/hub", json!(null)),
        ] {
            let refused = send(who, method, path, body).await.status;
            assert_eq!(refused, StatusCode::FORBIDDEN, "{method} {path}");
        }
    }
    let (auditor, owner) = (Browser::of(&test, "otto").await, Browser::of(&test, "nina").await);
    let page = auditor.get("/admin/mounts/hub").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text().contains("name=\"password\"") && !page.text().contains("Remove"));
    for browser in [&auditor, &owner] {
        assert_eq!(browser.get("/admin/mounts/new").await.status, StatusCode::FORBIDDEN);
        let all: Vec<_> = fields(&url, UPSTREAM_PASSWORD).into_iter().chain([("confirmed", "hub/")]).collect();
        for (page, intent) in [
            ("/admin/mounts/new", "create-mount"),
            ("/admin/mounts/hub", "change-mount"),
            ("/admin/mounts/hub", "check-mount"),
            ("/admin/mounts/hub", "delete-mount"),
        ] {
            assert_eq!(browser.send(page, intent, &all).await.status, StatusCode::FORBIDDEN, "{intent}");
            let asked: Vec<_> = [("probe", "yes")].into_iter().chain(all.iter().copied()).collect();
            assert_eq!(browser.send(page, intent, &asked).await.status, StatusCode::FORBIDDEN, "{intent} to ask");
        }
    }
}

#[tokio::test]
async fn the_password_of_a_registry_goes_to_no_other_address() {
    let ((_, url), (other, other_url)) = (Upstream::start().await, Upstream::start().await);
    let test = allowed().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let mount = json!({"prefix": "hub", "url": url, "username": "robot", "password": UPSTREAM_PASSWORD});
    assert_eq!(send(&admin, "POST", "mounts", mount).await.status, StatusCode::CREATED);
    for change in [json!({"url": other_url}), json!({"auth_hosts": ["evil.example"]})] {
        let refused = send(&admin, "PATCH", "mounts/hub", change).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.text().contains("type the password again"), "{}", refused.text());
    }
    assert!(other.seen().is_empty());
    let kept = send(&admin, "PATCH", "mounts/hub", json!({"visibility": "public", "refresh_s": 900})).await.json();
    assert_eq!((&kept["settings"]["visibility"], &kept["has_password"]), (&json!("public"), &json!(true)));
    let moved = send(&admin, "PATCH", "mounts/hub", json!({"url": other_url, "password": UPSTREAM_PASSWORD})).await;
    assert_eq!((moved.status, moved.json()["url"].as_str()), (StatusCode::OK, Some(other_url.as_str())));
    let nobody = send(&admin, "PATCH", "mounts/hub", json!({"username": ""})).await;
    assert_eq!(nobody.status, StatusCode::BAD_REQUEST, "it lets nobody in who shows nothing: {}", nobody.text());
}

#[tokio::test]
async fn what_the_configuration_mounts_is_changed_there_and_says_what_its_registry_is_told() {
    let (_, url) = Upstream::start().await;
    let config = format!(
        "{ALLOWED}\n[[mounts]]\nprefix = \"hub\"\nkind = \"remote\"\nurl = \"{url}\"\ntoken_service = \"registry.acme.test\"\n[[mounts]]\nkind = \"hosted\""
    );
    let test = TestApp::with(&config, Policy::Grants).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), Secret::from(PASSWORD.to_owned()))
        .await
        .unwrap();
    let admin = test.showing(&basic("mara", PASSWORD));
    assert_eq!(send(&admin, "GET", "mounts/hub", json!(null)).await.json()["locked"], true);
    assert_eq!(send(&admin, "PATCH", "mounts/hub", json!({"visibility": "public"})).await.status, StatusCode::CONFLICT);
    assert_eq!(send(&admin, "DELETE", "mounts/hub", json!(null)).await.status, StatusCode::CONFLICT);
    assert_eq!(send(&admin, "DELETE", "mounts/-", json!(null)).await.status, StatusCode::CONFLICT);
    let taken = send(&admin, "POST", "mounts", json!({"prefix": "hub", "url": url})).await;
    assert!(taken.text().contains("another registry is mounted there"), "{}", taken.text());
    let mara = Browser::of(&test, "mara").await;
    let page = mara.get("/admin/mounts/hub").await.text();
    assert!(
        page.contains("[[mounts]] prefix = &quot;hub&quot;") || page.contains("[[mounts]] prefix = \"hub\""),
        "{page}"
    );
    for line in [
        "realm: http://127.0.0.1:8080/token",
        "service: registry.acme.test",
        "issuer: http://127.0.0.1:8080",
        "rootcertbundle:",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert!(page.contains("href=\"/token/ca.pem\"") && page.contains("after at most 5 minutes"));
    assert!(!page.contains("name=\"password\""));
    assert!(!mara.get("/n/hub/-/access").await.text().contains("still sign in"), "it takes tokens from here");
}

/// Two servers over one database.
#[tokio::test]
async fn every_node_has_what_one_of_them_mounted() {
    let (_, url) = Upstream::start().await;
    let (base, folder) = (TestApp::new().await, tempfile::tempdir().unwrap());
    let database = match crate::support::postgres::schema_of_its_own().await {
        Some(url) => url,
        None => format!("sqlite:{}", folder.path().join("shared.db").display()),
    };
    let key_file = folder.path().join("shared.key").display().to_string();
    let text = format!("{ALLOWED}\n[database]\nurl = \"{database}\"\n[auth]\nkey_file = \"{key_file}\"");
    let dir = ("PORTOLAN_DATA__DIR".to_owned(), folder.path().display().to_string());
    let config = Config::from_parts(Some((Path::new("test.toml"), &text)), [dir].into_iter()).unwrap();
    let clock = Arc::new(ManualClock::new(crate::support::START));
    let one = TestApp::over(&config, choices(Policy::Grants, clock.clone()), &base).await;
    let other = TestApp::over(&config, choices(Policy::Grants, clock), &base).await;
    sign_in::admin_by_configuration(&one.app, "mara".parse().unwrap(), Secret::from(PASSWORD.to_owned()))
        .await
        .unwrap();
    let admin = one.showing(&basic("mara", PASSWORD));
    let name = "hub/team/web".parse().unwrap();
    let has = async |test: &TestApp| {
        test.app.follow_mounts().await.unwrap();
        test.app.mount(&name).is_some_and(|mount| mount.upstream.is_some())
    };
    assert!(!has(&other).await);
    let mount = json!({"prefix": "hub", "url": url, "username": "robot", "password": UPSTREAM_PASSWORD});
    assert_eq!(send(&admin, "POST", "mounts", mount).await.status, StatusCode::CREATED);
    until(async || has(&other).await).await;
    assert_eq!(send(&admin, "DELETE", "mounts/hub", json!(null)).await.status, StatusCode::NO_CONTENT);
    until(async || !has(&other).await).await;
}

/// In no log, no row, no file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_of_a_registry_is_told_to_nobody() {
    let (upstream, url) = Upstream::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    std::fs::create_dir(&data).unwrap();
    let settings = [
        ("LOG", log.to_str().unwrap()),
        ("PORTOLAN_TELEMETRY__LOG", "debug,portolan=trace"),
        ("PORTOLAN_LIMITS__OUTBOUND_ALLOW__0", "127.0.0.0/8"),
        ADMIN[0],
        ADMIN[1],
    ];
    let server = Server::start_below(&["sh", "-c", r#"exec "$@" 2>"$LOG""#, "sh"], &data, &settings);
    let shown = basic("admin", "correct horse");
    let call = |method: &str, path: &str, body: Value| {
        let headers = [("Authorization", shown.as_str()), ("Content-Type", "application/json")];
        http(method, &server.host, path, &headers, body.to_string().as_bytes())
    };
    let mount = json!({"prefix": "hub", "url": url, "username": "robot", "password": UPSTREAM_PASSWORD});
    let (status, made) = call("POST", "/api/v1/mounts", mount);
    assert_eq!(status, 201, "{made}");
    let mut said = made;
    eventually("it is read", || call("GET", "/api/v1/mounts/hub", json!(null)).1.contains("\"n_repositories\":1"));
    for path in ["/api/v1/mounts", "/api/v1/activity", "/metrics"] {
        said.push_str(&call("GET", path, json!(null)).1);
    }
    assert!(said.contains("mount.create") && upstream.seen().len() > 3, "{said}");
    drop(server);
    said.push_str(&std::fs::read_to_string(&log).unwrap());
    for file in std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        said.push_str(&String::from_utf8_lossy(&std::fs::read(file).unwrap()));
    }
    let in_header = basic("robot", UPSTREAM_PASSWORD);
    for secret in [UPSTREAM_PASSWORD, in_header.trim_start_matches("Basic ")] {
        assert!(!said.contains(secret), "{secret}");
    }
}
