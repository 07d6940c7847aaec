//! What is attached to an image: listed with how it is attached, paged, opened; and nothing that is about another image.

use super::{EMPTY, EVIL, page, push, said, tabs};
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use crate::tags::push_index;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Attaches something to a subject: files with types and annotations.
async fn attach(
    test: &TestApp,
    subject: &str,
    artifact_type: &str,
    files: &[(&str, &[u8], Value)],
    more: Value,
) -> String {
    let mut layers = Vec::new();
    for (media_type, bytes, annotations) in files {
        let digest = test.push_blob("a", bytes).await;
        layers
            .push(json!({"mediaType": media_type, "digest": digest, "size": bytes.len(), "annotations": annotations}));
    }
    let subject = json!({"mediaType": OCI_MANIFEST, "digest": subject, "size": 1});
    let fields = json!({"artifactType": artifact_type, "layers": layers, "subject": subject, "annotations": more});
    push(test, "a", "", (EMPTY, b"{}"), fields).await
}

/// The digests of the rows of a page that can be opened.
fn opens(text: &str) -> BTreeSet<String> {
    let links = text.split("show=").skip(1).filter_map(|rest| rest.split(['"', '&']).next());
    links.map(str::to_owned).collect()
}

#[tokio::test]
async fn each_way_of_attaching_something_is_listed_as_stated() {
    let test = TestApp::new().await;
    let image = test.image("a", "amd64", b"layer").await;
    let digest = sha256(image.as_bytes());
    test.put_manifest("a", &digest, OCI_MANIFEST, &image).await;
    let in_toto = "application/vnd.in-toto+json";
    let statement = br#"{"_type":"https://in-toto.io/Statement/v1"}"#;
    let layer = test.push_blob("a", statement).await;
    let about = json!({"layers": [{"mediaType": in_toto, "digest": layer, "size": statement.len()}]});
    let config = ("application/vnd.oci.image.config.v1+json", &b"{}"[..]);
    let attestation = push(&test, "a", "", config, about).await;
    let held = test.get(&format!("/v2/a/manifests/{attestation}")).await.body.len();
    let entry = |(digest, size): (&str, usize), architecture: &str, annotations: Value| {
        json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": size,
            "platform": {"os": "linux", "architecture": architecture}, "annotations": annotations})
    };
    let reference = json!({"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest});
    let entries =
        [entry((&digest, image.len()), "amd64", json!({})), entry((&attestation, held), "unknown", reference)];
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).to_string();
    let put = test.put_manifest("a", "v1", OCI_INDEX, &index).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    let subject = sha256(index.as_bytes());
    let sbom =
        attach(&test, &subject, "application/spdx+json", &[], json!({"org.opencontainers.image.created": "then"}))
            .await;
    let tag = format!("{}.sig", subject.replace(':', "-"));
    let signed =
        ("application/vnd.dev.cosign.simplesigning.v1+json", json!({"dev.cosignproject.cosign/signature": "MEUC"}));
    let layer = test.push_blob("a", b"{\"critical\":{}}").await;
    let layers = json!({"layers": [{"mediaType": signed.0, "digest": layer, "size": 15, "annotations": signed.1}]});
    let signature = push(&test, "a", &tag, config, layers).await;

    let path = "/r/a/-/tags/v1?tab=attestations";
    let shown = page(&test, path).await;
    let words = said(&shown);
    for expected in [
        "Attestations 3",
        "as stated, not verified",
        "SBOM (SPDX) it names this as its subject",
        "Attestation (in-toto) listed by the index, about linux/amd64",
        &format!("Signature (cosign) noted by the tag sha256-{}….sig", &subject[7..19]),
        "org.opencontainers.image.created then",
        "vnd.docker.reference.type attestation-manifest",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    let all = BTreeSet::from([sbom.clone(), attestation.clone(), signature.clone()]);
    assert_eq!(opens(&shown.text()), all);
    for (digest, expected) in [
        (&attestation, "\"_type\": \"https://in-toto.io/Statement/v1\""),
        (&signature, "dev.cosignproject.cosign/signature MEUC"),
        (&sbom, "No files: all that it says"),
    ] {
        let words = said(&page(&test, &format!("{path}&show={digest}")).await);
        assert!(words.contains(expected), "{expected}: {words}");
    }
    // What is about another image, or about none, is not opened here; nor is what is not there.
    let (other, _) = push_index(&test, "a", "other", "x").await;
    let others = attach(&test, &other, "application/spdx+json", &[], json!({})).await;
    for odd in [&others, &other, &digest, &sha256(b"none")] {
        assert_eq!(test.get(&format!("{path}&show={odd}")).await.status, StatusCode::NOT_FOUND, "{odd}");
    }
    // An image of its own beside that has none.
    assert!(
        said(&page(&test, &format!("/r/a/-/manifests/{digest}/attestations")).await).contains("Nothing is attached")
    );
}

#[tokio::test]
async fn what_is_opened_shows_its_statement_and_stays_text() {
    let test = TestApp::new().await;
    let image = test.push_image("a", "v1", "amd64", b"layer").await;
    let statement =
        json!({"predicateType": "https://slsa.dev/provenance/v1", "predicate": {"evil": EVIL, "turned": "a\u{202e}b"}});
    let envelope = json!({"payloadType": EVIL, "payload": STANDARD.encode(statement.to_string()),
        "signatures": [{"keyid": EVIL, "sig": "x"}]})
    .to_string();
    let (long, odd) = (vec![b'x'; 300_000], json!({EVIL: EVIL, "in-toto.io/predicate-type": EVIL}));
    let files = [
        (
            "application/vnd.dsse.envelope.v1+json",
            envelope.as_bytes(),
            json!({"predicateType": "https://slsa.dev/provenance/v1"}),
        ),
        ("application/spdx+json", &long[..], json!({})),
        (EVIL, &b"\x1f\x8b\x08\0"[..], odd),
    ];
    let digest = attach(&test, &image, EVIL, &files, json!({EVIL: EVIL, "turned": "a\u{202e}b"})).await;
    let path = format!("/r/a/-/tags/v1?tab=attestations&show={digest}");
    let words = said(&page(&test, &path).await).replace("&quot;", "\"");
    for expected in [
        "\"predicateType\": \"https://slsa.dev/provenance/v1\"",
        "\"turned\": \"a\\u202eb\"",
        "Predicate type https://slsa.dev/provenance/v1",
        "1 signature, not verified",
        "Keys, as stated &lt;img src=x",
        "Payload type &lt;img src=x",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    let second = said(&page(&test, &format!("{path}&file=2")).await);
    assert!(second.contains("more than 262 kB are not read for a page; pull it"), "{second}");
    for file in ["3", "99"] {
        let last = said(&page(&test, &format!("{path}&file={file}")).await);
        assert!(last.contains("are no text"), "{last}");
    }
    // A file that its manifest names and the repository lost is no way to what other repositories have.
    test.push_blob("b", b"of another").await;
    let elsewhere = sha256(b"of another");
    let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    let layers = json!([{"mediaType": foreign, "digest": elsewhere, "size": 10, "urls": ["https://example.com/x"]}]);
    let subject = json!({"mediaType": OCI_MANIFEST, "digest": image, "size": 1});
    let fields = json!({"artifactType": "text/x", "layers": layers, "subject": subject});
    let thief = push(&test, "a", "", (EMPTY, b"{}"), fields).await;
    let words = said(&page(&test, &format!("/r/a/-/tags/v1?tab=attestations&show={thief}")).await);
    assert!(words.contains("It is named here, and a does not have it.") && !words.contains("of another"), "{words}");
}

#[tokio::test]
async fn a_long_list_is_turned_page_by_page_and_says_each_once() {
    let test = TestApp::new().await;
    let image = test.image("a", "amd64", b"layer").await;
    let of = sha256(image.as_bytes());
    test.put_manifest("a", &of, OCI_MANIFEST, &image).await;
    let entry = |digest: &str, size: usize, annotations: Value| json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": size, "annotations": annotations});
    let (mut entries, mut all) = (vec![entry(&of, image.len(), json!({}))], BTreeSet::new());
    for n in 0..60 {
        let attestation = push(
            &test,
            "a",
            "",
            (EMPTY, b"{}"),
            json!({"artifactType": "text/x", "annotations": {"n": n.to_string()}}),
        )
        .await;
        let size = test.get(&format!("/v2/a/manifests/{attestation}")).await.body.len();
        let about = json!({"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of});
        entries.push(entry(&attestation, size, about));
        all.insert(attestation);
    }
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).to_string();
    assert_eq!(test.put_manifest("a", "v1", OCI_INDEX, &index).await.status, StatusCode::CREATED);
    let image = sha256(index.as_bytes());
    all.insert(attach(&test, &image, "text/x", &[], json!({"note": "n".repeat(5_000)})).await);
    for n in 0..119 {
        all.insert(attach(&test, &image, "text/x", &[], json!({"n": n.to_string()})).await);
    }
    let (mut seen, mut path, mut n_pages) = (Vec::new(), "/r/a/-/tags/v1?tab=attestations".to_owned(), 0);
    loop {
        let shown = page(&test, &path).await;
        assert_eq!(tabs(&shown).1, "Attestations");
        let text = shown.text();
        assert!(!text.contains(&"n".repeat(100)), "long annotations are for what is opened");
        seen.extend(opens(&text));
        n_pages += 1;
        let is_next = |link: &&str| link.split('>').next().unwrap_or_default().contains("rel=\"next\"");
        let Some(anchor) = text.split("<a ").find(is_next) else { break };
        path = anchor.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    }
    assert_eq!((n_pages, seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (4, 180, all));
    assert!(said(&page(&test, "/r/a/-/tags/v1").await).contains("Attestations 180"));
    assert_eq!(test.get("/r/a/-/tags/v1?tab=attestations&after=none").await.status, StatusCode::BAD_REQUEST);
}
