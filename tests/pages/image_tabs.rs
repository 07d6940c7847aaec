//! The tabs of an image's page: configuration, manifest, what is attached, and where else the image is.

mod attached;
mod elsewhere;
mod remote;

use super::compare::said;
use crate::support::{Answer, OCI_MANIFEST, TestApp, sha256};
use crate::tags::push_index;
use axum::http::StatusCode;
use serde_json::{Value, json};

const EVIL: &str = "<img src=x onerror=alert(1)>\"'</script>";
const HELM: &str = "application/vnd.cncf.helm.config.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// A page that is there, in at most four statements.
async fn page(test: &TestApp, path: &str) -> Answer {
    test.get("/repositories").await; // Who waits is counted once a minute, whichever page is the first.
    let before = test.app.store.statements();
    let page = test.get(path).await;
    let taken = test.app.store.statements() - before;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
    assert!(taken <= 4, "{path} takes {taken} statements");
    assert!(!page.text().contains("<img") && !page.text().contains('\u{202e}'), "{path}");
    page
}

/// Pushes a manifest with a configuration of this type, and more fields; its digest.
async fn push(
    test: &TestApp,
    repository: &str,
    reference: &str,
    (media_type, config): (&str, &[u8]),
    more: Value,
) -> String {
    let digest = test.push_blob(repository, config).await;
    let mut manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
        "config": {"mediaType": media_type, "digest": digest, "size": config.len()}});
    for (key, value) in more.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    let manifest = manifest.to_string();
    let digest = sha256(manifest.as_bytes());
    let reference = if reference.is_empty() { &*digest } else { reference };
    let put = test.put_manifest(repository, reference, OCI_MANIFEST, &manifest).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    digest
}

/// The tabs that a page has, and which is open.
fn tabs(page: &Answer) -> (Vec<String>, String) {
    let text = page.text();
    let nav = text.split("aria-label=\"Image\"").nth(1).unwrap().split("</nav>").next().unwrap();
    let word = |link: &str| link.split_once('>').unwrap().1.split('<').next().unwrap().to_owned();
    let links: Vec<&str> = nav.split("<a ").skip(1).collect();
    let open = links.iter().find(|link| link.split('>').next().unwrap().contains("aria-current=\"page\""));
    (links.iter().map(|link| word(link)).collect(), open.map(|link| word(link)).unwrap_or_default())
}

#[tokio::test]
async fn an_image_has_the_tabs_that_apply_to_it() {
    let test = TestApp::new().await;
    let image = test.push_image("a", "v1", "amd64", b"layer").await;
    push_index(&test, "a", "both", "x").await;
    push(&test, "a", "chart", (HELM, br#"{"name":"web","version":"1.2.3"}"#), json!({})).await;
    push(&test, "a", "wasm", ("application/vnd.wasm.config.v0+json", br#"{"os":"wasip1"}"#), json!({})).await;
    push(&test, "a", "notes", (EMPTY, b"{}"), json!({"artifactType": "text/x-notes"})).await;
    let all = ["Overview", "Files", "Config", "Attestations", "Manifest"];
    let some = ["Overview", "Config", "Manifest"];
    let few = ["Overview", "Manifest"];
    for (tag, expected) in [("v1", &all[..]), ("both", &all), ("chart", &some), ("wasm", &some), ("notes", &few)] {
        for tab in all {
            let word = if tab == "Overview" { String::new() } else { format!("?tab={}", tab.to_lowercase()) };
            let path = format!("/r/a/-/tags/{tag}{word}");
            if expected.contains(&tab) {
                let page = page(&test, &path).await;
                assert_eq!(tabs(&page), (expected.iter().map(|&it| it.to_owned()).collect(), tab.to_owned()), "{path}");
            } else {
                assert_eq!(test.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
            }
        }
    }
    // By its digest a tab is the last part of the path, and each leads to the others.
    let config = page(&test, &format!("/r/a/-/manifests/{image}/config")).await;
    assert_eq!(tabs(&config).1, "Config");
    for address in [format!("href=\"/r/a/-/manifests/{image}\""), format!("href=\"/r/a/-/manifests/{image}/manifest\"")]
    {
        assert!(config.text().contains(&address), "{address}");
    }
    for odd in ["tags/v1?tab=tests", "tags/v1?tab=overview", &format!("manifests/{image}/tests"), "tags/v1/config"] {
        assert_eq!(test.get(&format!("/r/a/-/{odd}")).await.status, StatusCode::NOT_FOUND, "{odd}");
    }
    // The platform stays while tabs change.
    let arm = page(&test, "/r/a/-/tags/both?tab=config&platform=linux/arm64").await;
    assert!(said(&arm).contains("\"architecture\": \"arm64\""), "{}", said(&arm));
    assert!(arm.text().contains("href=\"/r/a/-/tags/both?platform=linux/arm64\""), "{}", arm.text());
    let none = page(&test, "/r/a/-/tags/both?tab=config&platform=all").await;
    assert!(said(&none).contains("No platform is shown"), "{}", said(&none));
}

#[tokio::test]
async fn a_configuration_is_shown_as_it_was_written() {
    let test = TestApp::new().await;
    let config = format!(
        "{{\"os\":\"linux\",\"x\":1.50,\"x\":123456789012345678901,\"evil\":{},\"turned\":\"a\u{202e}b\",\"config\":{{\"Env\":[\"A=1\"],\"Labels\":{{{}:\"v\"}}}}}}",
        json!(EVIL),
        json!(EVIL)
    );
    push(&test, "a", "image", ("application/vnd.oci.image.config.v1+json", config.as_bytes()), json!({})).await;
    let words = said(&page(&test, "/r/a/-/tags/image?tab=config").await).replace("&quot;", "\"");
    for shown in ["\"x\": 1.50, \"x\": 123456789012345678901,", "\"a\\u202eb\"", "How it runs", "A=1", "&lt;img src=x"]
    {
        assert!(words.contains(shown), "{shown}: {words}");
    }
    let chart = json!({"name": "web", "version": "1.2.3", "description": EVIL, "maintainers": [{"name": "mara"}]});
    push(&test, "a", "chart", (HELM, chart.to_string().as_bytes()), json!({})).await;
    let words = said(&page(&test, "/r/a/-/tags/chart?tab=config").await).replace("&quot;", "\"");
    for shown in ["What it says", "version 1.2.3", "\"maintainers\": [ { \"name\": \"mara\" } ]", HELM] {
        assert!(words.contains(shown), "{shown}: {words}");
    }
    let (long, binary) = (vec![b' '; 300_000], [0x1f_u8, 0x8b, 8, 0]);
    for (tag, config, why) in [
        ("long", &long[..], "more than 262 kB are not read for a page"),
        ("binary", &binary[..], "are no text"),
        ("text", &b"plain text"[..], "plain text"),
    ] {
        push(&test, "a", tag, (HELM, config), json!({})).await;
        let words = said(&page(&test, &format!("/r/a/-/tags/{tag}?tab=config")).await);
        assert!(words.contains(why), "{tag}: {words}");
    }
}

#[tokio::test]
async fn a_manifest_is_shown_and_saved_as_it_was_pushed() {
    let test = TestApp::new().await;
    let config = test.push_blob("team/web", b"{}").await;
    let manifest = format!(
        "{{ \"schemaVersion\":2,\r\n\t\"mediaType\":\"{OCI_MANIFEST}\", \"layers\":[ ],\"config\":{{\"mediaType\":\"{EMPTY}\",\"digest\":\"{config}\",\"size\":2}},\"artifactType\":\"text/x\",\"annotations\":{{\"evil\":{}}} }}\n",
        json!(EVIL)
    );
    assert_eq!(test.put_manifest("team/web", "v1", OCI_MANIFEST, &manifest).await.status, StatusCode::CREATED);
    let digest = sha256(manifest.as_bytes());
    let shown = page(&test, "/r/team/web/-/tags/v1?tab=manifest").await;
    let words = said(&shown).replace("&quot;", "\"");
    assert!(words.contains(&format!("{} bytes, as pushed", manifest.len())), "{words}");
    assert!(words.contains("{ \"schemaVersion\":2, \"mediaType\"") && words.contains("\"layers\":[ ],"), "{words}");
    let raw = format!("/r/team/web/-/manifests/{digest}/raw");
    assert!(shown.text().contains(&format!("href=\"{raw}\"")), "{}", shown.text());
    let file = test.get(&raw).await;
    assert_eq!((file.status, &*file.body), (StatusCode::OK, manifest.as_bytes()));
    for (header, value) in [
        ("content-type", "application/json"),
        ("content-disposition", &*format!("attachment; filename=\"{}.json\"", &digest[7..19])),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox; frame-ancestors 'none'"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(file.header(header), value, "{header}");
    }
    // What is not there, and what is not to be seen, is the same page.
    let absent = test.get(&format!("/r/team/web/-/manifests/{}/raw", sha256(b"none"))).await;
    let hidden = test.by("one").get(&raw).await;
    assert_eq!((absent.status, hidden.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    for page in [absent, hidden] {
        assert!(page.header("content-type").starts_with("text/html") && said_title(&page), "{}", page.text());
    }
    let led = test.by_nobody().get(&raw).await;
    assert!(led.status == StatusCode::SEE_OTHER && led.header("location").starts_with("/auth/login"), "{}", led.text());
}

fn said_title(page: &Answer) -> bool {
    page.text().contains("<h1") && !page.text().contains("schemaVersion")
}

#[tokio::test]
async fn a_program_reads_the_same_of_an_image() {
    let test = TestApp::new().await;
    let (index, children) = push_index(&test, "team/web", "1.0", "x").await;
    let signature = crate::tags::push_signature(&test, "team/web", &index, 7).await;
    let said = test.get(&format!("/api/v1/r/team/web/-/manifests/{index}?platform=linux/arm64")).await.json();
    assert_eq!((&said["kind"], &said["tags"]), (&json!("index"), &json!(["1.0"])), "{said}");
    assert_eq!((&said["image"]["digest"], &said["image"]["platform"]), (&json!(children[1]), &json!("linux/arm64")));
    assert_eq!(said["platforms"][0]["platform"], json!("linux/amd64"), "{said}");
    assert_eq!(said["image"]["config"]["config"]["Env"], json!(["A=1"]), "{said}");
    assert_eq!((&said["attached"][0]["digest"], &said["attached"][0]["by"]), (&json!(signature), &json!("subject")));
    assert_eq!(said["attached_next"], Value::Null);
    // An artifact to which nothing is attached answers, too; what is asked in vain is said.
    let own = test.get(&format!("/api/v1/r/team/web/-/manifests/{signature}")).await;
    assert_eq!((own.status, &own.json()["subject"]), (StatusCode::OK, &json!(index)), "{}", own.text());
    for (odd, status) in [("?platfrom=x", 400), ("?platform=plan9/vax", 400), ("?after=none", 400)] {
        let answer = test.get(&format!("/api/v1/r/team/web/-/manifests/{index}{odd}")).await;
        assert_eq!(answer.status, status, "{odd}: {}", answer.text());
    }
    assert_eq!(test.by("one").get(&format!("/api/v1/r/team/web/-/manifests/{index}")).await.status, 404);
}
