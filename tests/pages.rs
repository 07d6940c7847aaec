//! The console's pages as HTML, in process: what is on them, what they cost, and that nothing hostile
//! in an image becomes markup.

mod compare;
mod help;
mod image_tabs;
mod images;
mod statements;

use crate::support::{OCI_MANIFEST, START, TestApp, choices, decides, request, sha256};
use axum::body::Body;
use axum::http::{StatusCode, header};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;

#[tokio::test]
async fn the_pages_of_a_pushed_image_say_what_it_is() {
    let test = TestApp::new().await;
    let digest = test.push_image("team/web", "1.4.2", "amd64", b"layer").await;
    test.push_image("team/web", "prod", "amd64", b"layer").await;
    let list = test.get("/repositories").await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(list.text().contains("href=\"/r/team/web\""));
    let tags = test.get("/r/team/web").await.text();
    assert!(tags.contains("1.4.2") && tags.contains(&digest[7..19]) && tags.contains("same image as"));
    for page in ["tags/1.4.2".to_owned(), format!("manifests/{digest}")] {
        let image = test.get(&format!("/r/team/web/-/{page}")).await.text();
        assert!(image.contains(&digest) && image.contains("COPY") && image.contains("/app"), "{page}");
    }
    assert!(test.get("/admin/mounts").await.text().contains("http://127.0.0.1:8080"));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_with_its_status() {
    let test = TestApp::new().await;
    test.push_image("a", "v1", "amd64", b"x").await;
    let (absent, bad) = (StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST);
    for (path, status) in [
        ("/r/nothing", absent),
        ("/r/a/-/tags/none", absent),
        (&format!("/r/a/-/manifests/{}", sha256(b"none")), absent),
        ("/r/A", absent),
        ("/r/a/-/unknown", absent),
        ("/nothing/here", absent),
        ("/r/%00", absent),
        ("/r/a?after=damaged", bad),
        ("/r/a/-/tags/v1?platform=plan9%2Fvax", StatusCode::OK),
    ] {
        let answer = test.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().contains("<h1") && answer.header("content-type").starts_with("text/html"), "{path}");
    }
}

#[tokio::test]
async fn a_page_takes_at_most_four_statements() {
    let test = TestApp::new().await;
    for index in 0..60 {
        test.push_image("team/web", &format!("v{index}"), "amd64", &[index]).await;
    }
    for (path, body) in [
        ("users", r#"{"username":"admin"}"#),
        ("users", r#"{"username":"nina"}"#),
        ("groups", r#"{"name":"eng","members":["nina"]}"#),
        ("robots", r#"{"name":"ci-web","namespace":"team","role":"reader","scope":"team/*"}"#),
        ("tokens", r#"{"name":"laptop"}"#),
        (
            "providers",
            r#"{"name":"acme","kind":"oidc","issuer":"https://id.example.com","client_id":"p","client_secret":"s"}"#,
        ),
        ("protections", r#"{"scope":"team/*","tags":"v*","except":"v1*","kind":"immutable"}"#),
        ("grants", r#"{"principal":{"group":"eng"},"role":"reader","scope":"team/*","tags":null,"expires_at":null}"#),
    ] {
        let made = test.call("POST", &format!("/api/v1/{path}"), "application/json", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }
    for path in [
        "/repositories",
        "/repositories?view=attention",
        "/search?q=web+v1",
        "/search?q=v1",
        "/n/team",
        "/r/team/web",
        "/r/team/web?sort=built",
        "/r/team/web?q=v*",
        "/r/team/web/-/tags/v1",
        "/r/team/web/-/tags/v1?tab=config",
        "/r/team/web/-/tags/v1?tab=attestations",
        "/r/team/web/-/tags/v1?tab=manifest",
        "/r/team/web/-/access",
        "/r/team/web/-/activity",
        "/r/team/web/-/settings",
        "/r/team/web/-/settings?try=yes&tags=v*",
        "/n/team/-/policies",
        "/n/team/-/policies?try=yes&except=v2*",
        "/r/team/web/-/history?tag=v1&who=admin&span=day",
        "/help",
        "/help/shortcuts",
        "/repositories/push",
        "/r/team/web/-/push",
        "/r/team/web/-/images",
        "/r/team/web/-/images?q=untagged%20size:%3E1kB",
        "/r/team/web/-/compare",
        "/r/team/web/-/compare/v1...v2",
        "/r/team/web/-/tags/v1/retag?name=v2",
        "/r/team/web/-/tags/v1/rename",
        "/r/team/web/-/tags/v1/rollback",
        "/trash?where=team/*&who=admin",
        "/n/team/-/trash",
        "/n/team/-/as-of?t=2026-11-24T05:00",
        "/n/team/-/access",
        "/n/team/-/robots",
        "/n/team/-/activity",
        "/n/team/-/settings",
        "/account",
        "/account/tokens",
        "/activity?who=admin&action=manifest&where=team/*",
        "/admin/mounts",
        "/admin/mounts/-",
        "/admin/mounts/new",
        "/admin/providers",
        "/admin/providers/acme",
        "/admin/providers/new?preset=github",
        "/admin/access",
        "/admin/policies",
        "/admin/users",
        "/admin/users/nina",
        "/admin/groups",
        "/admin/groups/eng",
        "/admin/roles",
    ] {
        let before = test.app.store.statements();
        assert_eq!(test.get(path).await.status, StatusCode::OK);
        let taken = test.app.store.statements() - before;
        assert!(taken <= 4, "{path} takes {taken} statements");
    }
}

#[tokio::test]
async fn pages_carry_the_headers_that_hold_scripts_back() {
    let test = TestApp::new().await;
    let page = test.get("/repositories").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(page.text().contains(&format!("nonce=\"{nonce}\"")));
    assert!(!page.text().contains(" style=") && !page.text().contains(" onclick="));
    let other = test.get("/repositories").await;
    assert!(!other.header("content-security-policy").contains(nonce), "each page has its own nonce");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
}

/// Whatever a browser draws, also a refusal that no route wrote.
#[tokio::test]
async fn everything_that_is_drawn_is_framed_kept_and_sent_nowhere() {
    for (public_url, https_alone) in [("http://127.0.0.1:8080", ""), ("https://127.0.0.1:8080", "max-age=31536000")] {
        let config = format!("[server]\npublic_url = \"{public_url}\"");
        let test = TestApp::with(&config, Policy::Grants).await.at_the_door();
        let html = ("accept", "text/html");
        for (method, path, other, status) in [
            ("GET", "/auth/login", ("x", "y"), 200),
            ("GET", "/auth/setup?token=none", ("x", "y"), 410),
            ("GET", "/auth/invite/none", ("x", "y"), 410),
            ("GET", "/repositories", ("x", "y"), 303),
            ("GET", "/auth/provider/none", ("x", "y"), 404),
            ("POST", "/auth/login", ("sec-fetch-site", "cross-site"), 403),
            ("POST", "/auth/provider/none", ("x", "y"), 405),
            ("GET", "/./repositories", ("x", "y"), 400),
        ] {
            let page = test.ask(method, path, &[html, other], "").await;
            assert_eq!(page.status.as_u16(), status, "{method} {path}: {}", page.text());
            for (header, value) in [
                ("x-frame-options", "DENY"),
                ("referrer-policy", "same-origin"),
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
                ("cross-origin-opener-policy", "same-origin"),
                ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
                ("strict-transport-security", https_alone),
            ] {
                assert_eq!(page.header(header), value, "{method} {path}: {header}");
            }
            let policy = page.header("content-security-policy");
            assert!(status == 303 || policy.contains("frame-ancestors 'none'"), "{method} {path}: {policy}");
        }
        // What programs get is nobody else's either.
        let admin = test.by_admin("mara");
        let made = admin.call("POST", "/api/v1/users", "application/json", r#"{"username":"nina"}"#).await;
        assert_eq!((made.status.as_u16(), made.header("cache-control")), (201, "no-store"), "a link is in it");
        let given = admin.get("/token?scope=repository:a:pull").await;
        assert_eq!(given.header("cache-control"), "no-store");
        for answer in [made, given, test.get("/v2/").await, test.get("/health/live").await] {
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("strict-transport-security"), https_alone);
        }
    }
}

#[tokio::test]
async fn markup_in_an_image_stays_text() {
    let test = TestApp::new().await;
    let evil = "<img src=x onerror=alert(1)>\"'</script>";
    let layer = test.push_blob("a", b"layer").await;
    let config = serde_json::json!({
        "os": evil, "architecture": evil, "created": evil, "author": evil,
        "config": {"User": evil, "Env": [evil], "Entrypoint": [evil], "Cmd": [evil], "WorkingDir": evil,
                   "ExposedPorts": {evil: {}}, "Labels": {evil: evil}},
        "history": [{"created_by": evil, "comment": evil}],
    })
    .to_string();
    let config_digest = test.push_blob("a", config.as_bytes()).await;
    let manifest = serde_json::json!({
        "schemaVersion": 2, "annotations": {evil: evil},
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": config.len()},
        "layers": [{"mediaType": evil, "digest": layer, "size": 5}],
    });
    let put = test.call("PUT", "/v2/a/manifests/v1", OCI_MANIFEST, manifest.to_string()).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    for path in [
        "/r/a/-/tags/v1",
        "/r/a/-/tags/v1?tab=config",
        "/r/a/-/tags/v1?tab=manifest",
        "/r/a",
        "/repositories",
        "/r/a?q=%3Cimg%20src%3Dx%3E",
        "/repositories?q=%22%3E%3Cscript%3E",
    ] {
        let page = test.get(path).await.text();
        assert!(!page.contains("<img"), "{path}");
        assert!(!page.contains("\"><script>"), "{path}");
    }
}

/// Pushes an artifact as `oras` does: files with names and types, and what it is about. Returns its digest.
async fn push_artifact(test: &TestApp, artifact_type: &str, files: &[(&str, &str)], subject: &str) -> String {
    let config = test.push_blob("a", b"{}").await;
    let mut layers = Vec::new();
    for (index, (title, media_type)) in files.iter().enumerate() {
        let content = format!("file {index}");
        layers.push(serde_json::json!({
            "mediaType": media_type, "digest": test.push_blob("a", content.as_bytes()).await, "size": content.len(),
            "annotations": {"org.opencontainers.image.title": title},
        }));
    }
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": artifact_type, "layers": layers,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
        "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": 1}, "annotations": {"by": "a test"},
    })
    .to_string();
    let digest = sha256(manifest.as_bytes());
    let put = test.call("PUT", &format!("/v2/a/manifests/{digest}"), OCI_MANIFEST, manifest).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    digest
}

#[tokio::test]
async fn an_artifact_shows_its_files_and_what_it_is_about() {
    let test = TestApp::new().await;
    let subject = test.push_image("a", "v1", "amd64", b"layer").await;
    let files = [("sbom.spdx.json", "application/spdx+json"), ("notes.txt", "text/plain")];
    let digest = push_artifact(&test, "application/spdx+json", &files, &subject).await;
    let path = format!("/r/a/-/manifests/{digest}");
    let before = test.app.store.statements();
    let page = test.get(&path).await.text();
    assert!(test.app.store.statements() - before <= 4);
    for shown in ["SBOM (SPDX)", "<code>application/spdx+json<", "sbom.spdx.json", "notes.txt", "text/plain"] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(page.contains("a test") && page.contains(&sha256(b"file 1")));
    assert!(page.contains(&format!("href=\"/r/a/-/manifests/{subject}\"")) && !page.contains("Not in this repository"));
    assert!(
        page.contains(">oras<")
            && !page.contains("How it runs")
            && !page.contains(">docker<")
            && !page.contains("aria-label=\"Platform\"")
    );
    let image = test.get("/r/a/-/tags/v1").await.text();
    assert!(image.contains("Attached to this image") && image.contains(&format!("href=\"{path}\"")));

    let absent = sha256(b"never pushed");
    let digest = push_artifact(&test, "application/vnd.example.thing", &[], &absent).await;
    let page = test.get(&format!("/r/a/-/manifests/{digest}")).await.text();
    assert!(page.contains("Not in this repository") && page.contains(&absent[7..19]) && page.contains("No files"));
    assert!(page.contains("application/vnd.example.thing") && !page.contains(&format!("manifests/{absent}")));
}

#[tokio::test]
async fn hostile_names_of_files_stay_short_text() {
    let test = TestApp::new().await;
    let (long, wide) = ("n".repeat(10_000), "n".repeat(255));
    let evil = "<img src=x onerror=alert(1)>\"'</script>";
    let (up, turned) = ("../../../etc/passwd", "photo\u{202e}gpj.exe");
    let files = [(evil, evil), (up, "text/plain"), (&long, &wide), (turned, "text/plain"), ("", "text/plain")];
    let digest = push_artifact(&test, &wide, &files, &sha256(b"absent")).await;
    let page = test.get(&format!("/r/a/-/manifests/{digest}")).await.text();
    assert!(!page.contains("<img") && !page.contains("</script>\"") && page.contains("&lt;img src=x"));
    assert!(page.contains(&format!("<code>{up}<")) && page.matches("passwd").count() == 1, "text, and no address");
    assert!(page.contains(&"n".repeat(255)) && !page.contains(&"n".repeat(256)));
    assert!(!page.contains('\u{202e}') && page.contains("gpj.exe"));
}

#[tokio::test]
async fn rows_are_a_part_of_their_page() {
    let test = TestApp::new().await;
    test.push_image("team/web", "v1", "amd64", b"x").await;
    for path in ["/repositories?part=rows", "/r/team/web?part=rows"] {
        let part = test.get(path).await.text();
        assert!(part.contains("<tr") && !part.contains("<html"), "{path}");
    }
}

/// Who sees a part of what there is learns of the registries behind it neither address nor state.
#[tokio::test]
async fn a_notice_of_a_registry_is_for_who_sees_all_of_it() {
    let config = "[[mounts]]\nprefix = \"far\"\nkind = \"remote\"\nurl = \"http://127.0.0.1:9\"";
    let admin = TestApp::with(config, Policy::Grants).await;
    let insert = "INSERT INTO repositories (id, name, mount_id, created_at, updated_at)
                  SELECT 'far-web', 'far/web', id, 1, 1 FROM mounts WHERE prefix = 'far'";
    let proof = decides(Policy::Grants).system(Job::Crawl, Maintain {});
    let write = admin.app.store.note(&proof, move |tx| Box::pin(async move { tx.run(insert, vec![]).await }));
    assert_eq!(write.await, Ok(1));
    for path in ["/repositories", "/r/far/web"] {
        let (all, part) = (admin.get(path).await, admin.by("far").get(path).await);
        assert!(
            all.text().contains("far (http://127.0.0.1:9") && all.text().contains("has not been read yet"),
            "{path}"
        );
        assert_eq!(part.status, StatusCode::OK, "{path}");
        let part = part.text();
        assert!(
            part.contains("far/web") && !part.contains("http://127.0.0.1:9") && !part.contains("not been read"),
            "{part}"
        );
    }
}

#[tokio::test]
async fn an_open_page_hears_of_a_push() {
    use futures::StreamExt;
    use tower::ServiceExt;
    let test = TestApp::new().await;
    let listen = request("GET", "/events?scope=repository:team/web").body(Body::empty()).unwrap();
    let response = test.open_router().oneshot(listen).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    assert_eq!(events.next().await.unwrap().unwrap(), ": open\n\n", "at once");
    test.push_image("team/other", "v1", "amd64", b"x").await;
    test.push_image("team/web", "v1", "amd64", b"x").await;
    let event = tokio::time::timeout(std::time::Duration::from_secs(1), events.next()).await.expect("within a second");
    assert!(String::from_utf8_lossy(&event.unwrap().unwrap()).contains("event: changed"));
    assert_eq!(test.get("/events?scope=everything").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn health_and_metrics_answer() {
    let test = TestApp::new().await;
    assert_eq!(test.get("/health/live").await.text(), "live\n");
    assert_eq!(test.get("/health/ready").await.text(), "ready\n");
    let metrics = test.get("/metrics").await.text();
    assert!(
        metrics.contains("portolan_http_requests_total{route=\"operations\",method=\"GET\",status=\"200\"} 2"),
        "{metrics}"
    );
    assert_eq!(test.get("/").await.header("location"), "/repositories");
    assert_eq!(test.get("/repositories").await.header("x-request-id").len(), 16);
}

/// A clock that breaks once it is told to.
struct BrokenClock(std::sync::atomic::AtomicBool);

#[async_trait::async_trait]
impl portolan::server::clock::Clock for BrokenClock {
    fn now(&self) -> portolan::domain::Timestamp {
        assert!(!self.0.load(std::sync::atomic::Ordering::SeqCst), "<b>the clock broke</b>");
        START
    }

    async fn reach(&self, _: portolan::domain::Timestamp) {}
}

#[tokio::test]
async fn a_defect_is_said_in_the_dialect_of_whoever_asked_with_the_id_that_finds_it() {
    let clock = std::sync::Arc::new(BrokenClock(false.into()));
    let test = TestApp::build("", choices(Policy::Grants, clock.clone())).await;
    clock.0.store(true, std::sync::atomic::Ordering::SeqCst);
    let page = request("GET", "/repositories").header("accept", "text/html,*/*;q=0.8").body(Body::empty()).unwrap();
    let page = test.send(page).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (500, "text/html; charset=utf-8"));
    assert!(page.text().contains(&format!("err_{}", page.header("x-request-id"))), "{}", page.text());
    assert!(!page.text().contains("the clock broke"), "{}", page.text());
    let client = test.call("POST", "/v2/a/blobs/uploads/", "", "").await;
    assert_eq!(client.refusal(), "500 UNKNOWN");
    let program = test.get("/repositories").await;
    assert_eq!((program.status.as_u16(), program.header("content-type")), (500, "application/problem+json"));
}
