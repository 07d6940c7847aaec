//! Words of a filter about what a tag names and what became of it; names that are like one that is not there; and places in a
//! list that belong to another order.

use super::{push_index, timed};
use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, TestApp, sha256, user};
use portolan::domain::{Role, Terms};
use portolan::server::access::{Policy, Standing};
use portolan::server::jobs::pulls::write_down;
use serde_json::json;

const DAY_MS: i64 = 86_400_000;
const COSIGN: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";

async fn asked(test: &TestApp, q: &str) -> Answer {
    let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
    test.get(&format!("/api/v1/r/team/web/-/tags?q={q}")).await
}

/// The names that fit, in bytewise order.
async fn fitting(test: &TestApp, q: &str) -> String {
    let found = asked(test, q).await;
    assert_eq!(found.status, 200, "{q}: {}", found.text());
    let found = found.json();
    let names = found["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap());
    names.collect::<Vec<_>>().join(" ")
}

/// A manifest that states something, about an image or about none.
async fn statement(test: &TestApp, reference: &str, artifact_type: &str, subject: Option<&str>) -> (String, usize) {
    let config = test.push_blob("team/web", b"{}").await;
    let subject = subject.map(|digest| json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": 1}));
    let mut manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": artifact_type,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2}, "layers": []});
    if let Some(subject) = subject {
        manifest["subject"] = subject;
    }
    let manifest = manifest.to_string();
    let digest = sha256(manifest.as_bytes());
    let reference = if reference.is_empty() { &digest } else { reference };
    assert_eq!(test.put_manifest("team/web", reference, OCI_MANIFEST, &manifest).await.status, 201);
    (digest, manifest.len())
}

#[tokio::test]
async fn tags_are_found_by_what_they_name_and_what_became_of_it() {
    let (test, clock) = timed().await;
    let (index, _) = push_index(&test, "team/web", "1.0", "one").await;
    let ci = test.with_standing(Standing::with_role(user("ci-web"), Role::Owner));
    let large = ci.push_image("team/web", "1.1", "amd64", &[7; 70_000]).await;
    clock.advance_ms(100 * DAY_MS);
    let arm = test.push_image("team/web", "1.2", "arm", b"small").await;
    assert_eq!(test.get("/v2/team/web/manifests/1.0").await.status, 200);
    write_down(&test.app).await.unwrap();
    for (q, expected) in [
        ("size:>60kB", "1.1"),
        ("size:<60KB", "1.0 1.2"),
        ("size:>1kB size:<0.06MB", ""),
        ("unused:>90d", "1.1"),
        ("age:>90d", "1.0 1.1"),
        ("platform:arm64", "1.0"),
        ("platform:arm", "1.2"),
        ("platform:linux", "1.0 1.1 1.2"),
        ("platform:linux/amd64", "1.0 1.1"),
        ("platform:amd64 platform:arm64", "1.0"),
        ("by:ci-web", "1.1"),
        ("by:CI-web 1.*", "1.1"),
        ("by:nobody", ""),
        ("by:x'or'1'='1", ""),
    ] {
        assert_eq!(fitting(&test, q).await, expected, "{q}");
    }
    for (digest, tag) in [(&index, "1.0"), (&large, "1.1"), (&arm, "1.2")] {
        let hex = digest.trim_start_matches("sha256:");
        assert_eq!(fitting(&test, &format!("digest:{}", &hex[..12])).await, tag);
        assert_eq!(fitting(&test, &format!("digest:{digest} {tag}")).await, tag);
    }
    assert_eq!(asked(&test, "platform:amd%").await.status, 400);
    let nobody = test.with_standing(Standing::of(portolan::domain::Actor::Anonymous));
    assert_ne!(asked(&nobody, "by:ci-web").await.status, 200, "who moved it is not told by a filter either");
}

#[tokio::test]
async fn a_signature_is_found_however_it_was_left() {
    let test = TestApp::new().await;
    let mut images = Vec::new();
    for tag in ["1.0", "1.1", "1.2", "1.3", "1.4"] {
        images.push(test.push_image("team/web", tag, "amd64", tag.as_bytes()).await);
    }
    let as_tag = |digest: &str| digest.replace(':', "-");
    statement(&test, "", COSIGN, Some(&images[0])).await;
    statement(&test, &format!("{}.sig", as_tag(&images[1])), "application/x.other", None).await;
    let (signature, size) = statement(&test, "", COSIGN, None).await;
    let listed = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests":
        [{"mediaType": OCI_MANIFEST, "digest": signature, "size": size, "artifactType": COSIGN}]});
    let put = test.put_manifest("team/web", &as_tag(&images[2]), OCI_INDEX, &listed.to_string()).await;
    assert_eq!(put.status, 201, "{}", put.text());
    let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
    statement(&test, "", bundle, Some(&images[3])).await;
    statement(&test, "", "application/spdx+json", Some(&images[4])).await;
    assert_eq!(fitting(&test, "1.* signed").await, "1.0 1.1 1.2 1.3");
    assert_eq!(fitting(&test, "1.* unsigned").await, "1.4", "what is stated of it is no signature");
}

#[tokio::test]
async fn a_tag_that_is_not_there_leads_to_those_that_are_written_like_it() {
    let test = TestApp::with("", Policy::Grants).await;
    for tag in ["1.4.1", "1.4.2", "1.5", "latest", "v2.0"] {
        test.push_image("team/web", tag, "amd64", b"one").await;
    }
    let near = async |asked: &str| {
        let page = test.get(&format!("/r/team/web/-/tags/{asked}")).await;
        assert_eq!(page.status, 404);
        let page = page.text();
        let list = page
            .split_once("aria-labelledby=\"near\"")
            .map_or("", |(_, list)| list.split("</ul>").next().unwrap_or_default());
        list.split("/r/team/web/-/tags/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(near("1.4.3").await, "1.4.1 1.4.2");
    assert_eq!(near("latset").await, "latest");
    assert_eq!(near("2.0").await, "v2.0");
    assert_eq!(near("nightly-of-yesterday").await, "");
    let other = Terms { role: Role::Reader, scope: "other/*".parse().unwrap(), tags: None, expires_at: None };
    let stranger = test.with_standing(Standing { terms: vec![other], ..Standing::of(user("lena")) });
    let hidden = stranger.get("/r/team/web/-/tags/1.4.3").await.text();
    assert!(!hidden.contains("1.4.2") && !hidden.contains("id=\"near\""), "{hidden}");
}

#[tokio::test]
async fn a_place_in_another_order_begins_at_the_first_page_and_says_so() {
    let test = TestApp::new().await;
    for tag in ["a", "b", "c"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    let words = "in another order";
    let first = test.get("/r/team/web?sort=name&limit=2").await.text();
    let next = "?sort=name&amp;after=name.";
    assert!(first.contains(next), "{first}");
    for (list, is_over) in [
        ("sort=name&limit=2&after=name.0~b", false),
        ("sort=size&limit=2&after=name.0~b", true),
        ("limit=2&after=name.0~b", true),
        ("sort=name&limit=2&before=9~b", true),
    ] {
        let page = test.get(&format!("/r/team/web?{list}")).await;
        assert_eq!(page.status, 200, "{list}");
        let (text, n_rows) = (page.text(), page.text().matches("class=\"tagname\"").count());
        assert_eq!((text.contains(words), n_rows), (is_over, if is_over { 2 } else { 1 }), "{list}");
    }
    let page = test.get("/repositories?sort=stored&after=name.0~b").await;
    assert!(page.status == 200 && page.text().contains(words) && page.text().contains("team/web"));
}
