//! The tab with the files of an image.

use super::archive::{Archive, gzip, zstd};
use super::digest_of;
use crate::support::{Answer, OCI_MANIFEST, TestApp, eventually, sha256, user};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;
use serde_json::{Value, json};

/// Pushes an image of these layers under a tag; its digest.
pub(super) async fn push(test: &TestApp, repository: &str, tag: &str, layers: &[(&str, Vec<u8>)]) -> String {
    let config = r#"{"os":"linux","architecture":"amd64"}"#;
    let digest = test.push_blob(repository, config.as_bytes()).await;
    let mut parts: Vec<Value> = Vec::new();
    for (kind, stored) in layers {
        // What lives elsewhere is named and not pushed.
        let layer = match kind.contains("nondistributable") {
            true => sha256(stored),
            false => test.push_blob(repository, stored).await,
        };
        let mut part = json!({"mediaType": format!("application/vnd.oci.image.layer.{kind}"), "digest": layer, "size": stored.len()});
        if kind.contains("nondistributable") {
            part["urls"] = json!(["https://example.com/layer"]);
        }
        parts.push(part);
    }
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": parts,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len()}})
    .to_string();
    let put = test.put_manifest(repository, tag, OCI_MANIFEST, &manifest).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    sha256(manifest.as_bytes())
}

fn layers() -> Vec<(&'static str, Vec<u8>)> {
    let below = Archive::default()
        .folder("app/")
        .file("app/old.toml", b"old")
        .file("app/web.toml", b"listen = 1\n")
        .file("app/<b>bold\u{202e}", b"x")
        .link(b'2', "bin", "usr/bin")
        .end();
    let above = Archive::default().file("app/.wh.old.toml", b"").file("app/web.toml", b"listen = 80\n").end();
    vec![("v1.tar+gzip", gzip(&below)), ("v1.tar+zstd", zstd(&above))]
}

/// A page, when all its layers were read.
pub(super) async fn open(test: &TestApp, path: &str) -> Answer {
    let is_read = async || !test.get(path).await.text().contains("Reading ");
    eventually("its layers are read", is_read).await;
    test.get(path).await
}

/// A page that is refused, but for what is said of it alone.
pub(super) fn refused(page: &Answer, name: &str) -> String {
    assert_eq!(page.status, StatusCode::NOT_FOUND, "{}", page.text());
    let policy = page.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|it| it.split('\'').next()).unwrap();
    page.text().replace(nonce, "NONCE").replace(page.header("x-request-id"), "ID").replace(name, "NAME")
}

/// What the page says, without its markup.
pub(super) fn said(page: &Answer) -> String {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let text = page.text();
    let main = text.split_once("<main").map_or(&*text, |(_, main)| main).replace("<!>", "");
    let words = main.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text));
    words.collect::<Vec<_>>().join(" ").replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_shows_its_files_as_they_run_and_each_layer_what_it_adds_and_removes() {
    let mut test = TestApp::new().await;
    let image = push(&test, "team/web", "1.0", &layers()).await;
    let files = "/r/team/web/-/tags/1.0?tab=files";
    let before = test.app.store.statements();
    let cold = test.get(files).await;
    assert!(test.app.store.statements() - before <= 4, "also where layers are asked for");
    assert!(said(&cold).contains("Reading layer 1 of 2"), "{}", said(&cold));
    assert!(cold.text().contains(&format!("href=\"{files}\"")) && said(&cold).contains("Refresh"), "{}", cold.text());
    let _jobs = test.start_jobs().await;
    open(&test, files).await;
    let before = test.app.store.statements();
    let root = test.get(files).await;
    assert!(test.app.store.statements() - before <= 4);
    let words = said(&root);
    assert!(words.contains("app/ drw-r--r-- 10:20") && words.contains("bin → usr/bin lrw-r--r-- 10:20"), "{words}");
    assert!(root.text().contains("tab=files&amp;path=app\""), "{}", root.text());
    let app = test.get(&format!("{files}&path=app")).await;
    let words = said(&app);
    let digest = digest_of(b"listen = 80\n");
    assert!(words.contains("web.toml 12 B -rw-r--r-- 10:20") && words.contains(digest.short()), "{words}");
    assert!(!words.contains("old.toml"), "what is hidden does not run: {words}");
    assert!(words.contains("&lt;b&gt;bold\u{fffd}"), "a name is text: {words}");
    // Alone the upper layer says what it hides, and the lower one has it still.
    let upper = test.get(&format!("{files}&layer=2&path=app")).await;
    assert!(upper.text().contains("<del class=\"mono\">old.toml"), "{}", upper.text());
    assert!(said(&upper).contains("old.toml removed by this layer"), "{}", said(&upper));
    let lower = said(&test.get(&format!("/r/team/web/-/manifests/{image}/files?layer=1&path=app/")).await);
    assert!(lower.contains("old.toml 3 B") && lower.contains("web.toml 11 B"), "{lower}");
    for (odd, status) in
        [("layer=3", 400), ("layer=x", 400), ("layer=0", 400), ("path=app/web.toml", 200), ("path=none", 200)]
    {
        let page = test.get(&format!("{files}&{odd}")).await;
        assert_eq!(page.status.as_u16(), status, "{odd}: {}", page.text());
        let words = if status == 400 { "his image has no such layer" } else { "There is no such folder" };
        assert!(page.text().contains(words), "{odd}: {}", page.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn layers_that_cannot_be_read_are_named_and_the_others_shown() {
    let mut test = TestApp::new().await;
    let _jobs = test.start_jobs().await;
    let file = |name: &str| Archive::default().file(name, b"1").end();
    let layers = [
        ("v1.tar", file("shown")),
        ("nondistributable.v1.tar", file("elsewhere")),
        ("v1.tar+gzip+encrypted", file("sealed")),
        ("v1.tar", b"no archive, and not even nearly one".to_vec()),
        ("v1.tar", Archive::default().file("../up", b"").file("also", b"2").end()),
    ];
    push(&test, "team/web", "1.0", &layers).await;
    let words = said(&open(&test, "/r/team/web/-/tags/1.0?tab=files").await);
    for expected in [
        "Layer 2: its files cannot be shown, it is kept by its publisher and not here.",
        "Layer 3: its files cannot be shown, it is encrypted.",
        "Layer 4: its files cannot be shown, it ends in the middle.",
        "Layer 5: 1 entry with impossible paths or of unknown kinds left out.",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert!(words.contains("shown 1 B") && words.contains("also 1 B") && !words.contains("sealed 1 B"), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_folder_comes_in_pages() {
    let mut test = TestApp::new().await;
    let _jobs = test.start_jobs().await;
    let layer = (0..1100).fold(Archive::default(), |archive, number| archive.file(&format!("f{number:04}"), b"")).end();
    push(&test, "team/web", "1.0", &[("v1.tar", layer)]).await;
    let (mut at, mut seen) = ("/r/team/web/-/tags/1.0?tab=files".to_owned(), Vec::new());
    loop {
        let page = open(&test, &at).await.text();
        let names = page.split("<span class=\"name mono\">").skip(1).map(|rest| rest[..5].to_owned());
        seen.push(names.collect::<Vec<_>>());
        let next = page.split("<a ").find(|link| link.split('>').next().unwrap().contains("rel=\"next\""));
        let Some(href) = next.and_then(|link| link.split("href=\"").nth(1)?.split('"').next()) else { break };
        at = href.replace("&amp;", "&");
    }
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [500, 500, 100]);
    assert_eq!((seen[1][0].as_str(), seen[2][99].as_str()), ("f0500", "f1099"));
}

/// The bytes of the answer are those for what is not there, whatever was read for others (SEC-32).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_read_a_repository_sees_nothing_of_its_layers() {
    let mut test = TestApp::new().await;
    let _jobs = test.start_jobs().await;
    let image = push(&test, "secret/web", "1.0", &layers()).await;
    assert!(said(&open(&test, "/r/secret/web/-/tags/1.0?tab=files&path=app").await).contains("web.toml"));
    let terms = vec![Terms { role: Role::Owner, scope: "open/*".parse().unwrap(), tags: None, expires_at: None }];
    let stranger = test.with_standing(Standing { terms, ..Standing::of(user("lena")) });
    let there = stranger.get(&format!("/r/secret/web/-/manifests/{image}/files?path=app")).await;
    let absent = stranger.get(&format!("/r/secret/wee/-/manifests/{image}/files?path=app")).await;
    assert_eq!(refused(&there, "secret/web"), refused(&absent, "secret/wee"));
    // Nor by an image of their own that names the same layer.
    let foreign: Vec<_> = layers().into_iter().map(|(_, stored)| ("nondistributable.v1.tar", stored)).collect();
    push(&stranger, "open/web", "1.0", &foreign).await;
    let own = said(&stranger.get("/r/open/web/-/tags/1.0?tab=files&path=app").await);
    assert!(!own.contains("web.toml") && own.contains("There is no such folder"), "{own}");
}
