//! Two images beside each other: what a client gets that moves from the first to the second.

use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use crate::tags::{push_index, timed};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;
use serde_json::{Value, json};

/// Pushes an image of these layers, with this run configuration; its digest.
async fn push(test: &TestApp, repository: &str, tag: &str, layers: &[(&str, usize)], config: Value) -> String {
    let steps: Vec<Value> = layers.iter().map(|(step, _)| json!({ "created_by": step })).collect();
    let config =
        json!({"os": "linux", "architecture": "amd64", "created": format!("2026-11-01T10:00:{:02}Z", tag.len()),
        "config": config, "history": steps})
        .to_string();
    let digest = test.push_blob(repository, config.as_bytes()).await;
    let mut parts = Vec::new();
    for (step, size) in layers {
        let bytes = step.as_bytes().iter().copied().cycle().take(*size).collect::<Vec<u8>>();
        let layer = test.push_blob(repository, &bytes).await;
        parts.push(json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": size}));
    }
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": parts,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len()}})
    .to_string();
    let put = test.put_manifest(repository, tag, OCI_MANIFEST, &manifest).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    sha256(manifest.as_bytes())
}

/// What a page says, without its markup and with plain spaces.
pub(super) fn said(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let text = answer.text();
    let main = text.split_once("<main").map_or(&*text, |(_, main)| main).replace("<!>", "");
    let words = main.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text));
    words.collect::<Vec<_>>().join(" ").replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

const OLD: &[(&str, usize)] = &[("COPY rootfs /", 3000), ("COPY app /", 2000), ("COPY docs /", 500)];
const NEW: &[(&str, usize)] =
    &[("COPY rootfs /", 3000), ("COPY app2 /", 2600), ("COPY docs /", 500), ("RUN more", 400)];

#[tokio::test]
async fn two_images_are_beside_each_other_with_what_a_client_would_fetch() {
    let test = TestApp::new().await;
    push(&test, "team/web", "1.0", OLD, json!({"Env": ["LOG=info", "A=1"], "User": "1"})).await;
    push(&test, "team/web", "1.1", NEW, json!({"Env": ["LOG=warn", "A=1"], "User": "1"})).await;
    let page = test.get("/r/team/web/-/compare/1.0...1.1").await;
    let words = said(&page);
    for expected in [
        "on linux/amd64.",
        "Layers to fetch 2 of 4",
        "Configuration 1 removed , 1 added",
        "\u{2212} \"LOG=info\"",
        "+ \"LOG=warn\"",
        "COPY app2 / 2 kB 2.6 kB",
        "COPY docs / 500 B the same",
        "RUN more not there 400 B",
        "Copy or promote 1.1…",
        "Move 1.0 to it…",
    ] {
        assert!(words.replace("&quot;", "\"").contains(expected), "{expected}: {words}");
    }
    // The other way round, all of it is the other way round.
    let swap = "/r/team/web/-/compare/1.1...1.0";
    assert!(page.text().contains(&format!("href=\"{swap}\"")), "{}", page.text());
    let words = said(&test.get(swap).await).replace("&quot;", "\"");
    for expected in ["Layers to fetch 1 of 3", "+ \"LOG=info\"", "COPY app / 2.6 kB 2 kB", "RUN more 400 B gone"] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    // Each by its digest or from the form is the same page.
    let form = said(&test.get("/r/team/web/-/compare?from=1.0&to=+1.1+&with=").await);
    assert!(form.contains("Layers to fetch 2 of 4"), "{form}");
    for same in ["1.0...1.0", "1.0...1.0?platform=linux/amd64"] {
        let words = said(&test.get(&format!("/r/team/web/-/compare/{same}")).await);
        assert!(words.contains("Nothing differs Both tags name the same image."), "{words}");
    }
}

#[tokio::test]
async fn without_a_choice_it_is_the_newest_image_beside_the_one_before() {
    let (test, clock) = timed().await;
    assert_eq!(test.get("/r/team/web/-/compare").await.status, StatusCode::NOT_FOUND);
    push(&test, "team/web", "1.0", OLD, json!({})).await;
    let few = said(&test.get("/r/team/web/-/compare").await);
    assert!(few.contains("Nothing to compare yet"), "{few}");
    clock.advance_ms(1000);
    push(&test, "team/web", "1.1", NEW, json!({})).await;
    clock.advance_ms(1000);
    push(&test, "team/web", "latest", NEW, json!({})).await;
    for address in ["/r/team/web/-/compare", "/r/team/web/-/compare?to=latest"] {
        let page = test.get(address).await.text();
        assert!(page.contains("value=\"latest\"") && page.contains("id=\"from\" name=\"from\" value=\"1."), "{page}");
    }
    // Of two that were chosen from a list the older one is the first.
    for chosen in ["tag=1.1&tag=1.0", "tag=1.0&tag=1.1"] {
        let words = said(&test.get(&format!("/r/team/web/-/compare?{chosen}")).await);
        assert!(words.contains("Layers to fetch 2 of 4"), "{chosen}: {words}");
    }
    let three = test.get("/r/team/web/-/compare?tag=1.1&tag=1.0&tag=latest").await;
    assert!(three.status == StatusCode::BAD_REQUEST && three.text().contains("wo tags are compared at a time"));
    for (address, status) in [("1.0...none", 404), ("1.0", 404), ("1.0....bad", 404)] {
        assert_eq!(test.get(&format!("/r/team/web/-/compare/{address}")).await.status, status, "{address}");
    }
    assert_eq!(test.get("/r/team/web/-/compare?from=.bad").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn indexes_are_compared_on_a_platform_that_both_have() {
    let test = TestApp::new().await;
    let (_, children) = push_index(&test, "team/web", "1.0", "one").await;
    push_index(&test, "team/web", "1.1", "two").await;
    let words = said(&test.get("/r/team/web/-/compare/1.0...1.1").await);
    assert!(words.contains("on linux/amd64.") && words.contains("linux/amd64 linux/arm64"), "{words}");
    let words = said(&test.get("/r/team/web/-/compare/1.0...1.1?platform=linux/arm64").await);
    assert!(words.contains("on linux/arm64.") && words.contains("Layers to fetch 1 of 1"), "{words}");
    assert_eq!(test.get("/r/team/web/-/compare/1.0...1.1?platform=plan9/vax").await.status, StatusCode::BAD_REQUEST);
    // One image beside an index: that of its platform.
    let words = said(&test.get(&format!("/r/team/web/-/compare/{}...1.0", children[1])).await);
    assert!(words.contains("on linux/arm64.") && words.contains("Layers to fetch 0 of 1"), "{words}");
    let size = test.get(&format!("/v2/team/web/manifests/{}", children[0])).await.body.len();
    let entry = json!({"mediaType": OCI_MANIFEST, "digest": children[0], "size": size, "platform": {"os": "plan9", "architecture": "vax"}});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).to_string();
    assert_eq!(test.put_manifest("team/web", "odd", OCI_INDEX, &index).await.status, 201);
    let words = said(&test.get("/r/team/web/-/compare/1.0...odd").await);
    assert!(words.contains("1.0 runs on linux/amd64, linux/arm64. odd runs on plan9/vax."), "{words}");
}

/// The second may lie in another repository, if the reader may see that: else it is as one that is not there.
#[tokio::test]
async fn two_repositories_are_compared_by_who_may_read_both() {
    let test = TestApp::new().await;
    push(&test, "team/web", "1.0", OLD, json!({})).await;
    push(&test, "prod/web", "1.0", NEW, json!({})).await;
    let address = "/r/team/web/-/compare/1.0...1.0?with=prod/web";
    let before = test.app.store.statements();
    let page = test.get(address).await;
    let taken = test.app.store.statements() - before;
    assert!(taken <= 4, "{taken} statements");
    assert!(said(&page).contains("Layers to fetch 2 of 4"), "{}", page.text());
    assert!(page.text().contains("href=\"/r/prod/web/-/compare/1.0...1.0?with=team/web\""), "{}", page.text());
    let terms = vec![Terms { role: Role::Reader, scope: "team/*".parse().unwrap(), tags: None, expires_at: None }];
    let reader = test.with_standing(Standing { terms, ..Standing::of(crate::support::user("lena")) });
    let (hidden, absent) = (reader.get(address).await, reader.get(&address.replace("prod/web", "prod/none")).await);
    assert_eq!((hidden.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    let alike = |answer: &Answer, name: &str| {
        let text = answer.text().replace(name, "X");
        let nonce =
            text.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
        text.replace(&nonce, "")
    };
    assert_eq!(alike(&hidden, "prod/web"), alike(&absent, "prod/none"));
    let own = reader.get("/r/team/web/-/compare/1.0...1.0").await;
    assert!(!own.text().contains("Copy or promote"), "{}", own.text());
    assert!(reader.get("/r/team/web").await.text().contains("formaction=\"/r/team/web/-/compare\""));
}
