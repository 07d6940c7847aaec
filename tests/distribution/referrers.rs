//! Referrers: who is about whom, whoever came first, by the API and by the tags of clients that know no API.

use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, TestApp, sha256, sha512};
use axum::http::StatusCode;
use serde_json::{Value, json};

const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// An artifact about `subject`, without layers.
fn artifact(subject: &str, artifact_type: Option<&str>, config_type: &str, note: &str) -> String {
    let mut artifact = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
        "config": {"mediaType": config_type, "digest": sha256(b"{}"), "size": 2},
        "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": 7},
        "annotations": {"note": note, "org.example.other": "é \"quoted\""}});
    if let Some(artifact_type) = artifact_type {
        artifact["artifactType"] = json!(artifact_type);
    }
    artifact.to_string()
}

/// Pushes it by its digest.
async fn push(test: &TestApp, media_type: &str, manifest: &str) -> Answer {
    let put = test.put_manifest("a", &sha256(manifest.as_bytes()), media_type, manifest).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    put
}

async fn list(test: &TestApp, path: &str) -> (Vec<Value>, Answer) {
    let answer = test.get(path).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, OCI_INDEX), "{}", answer.text());
    let index = answer.json();
    assert_eq!((&index["schemaVersion"], &index["mediaType"]), (&json!(2), &json!(OCI_INDEX)));
    (index["manifests"].as_array().unwrap().clone(), answer)
}

/// The digests on all pages from this one on, and how many pages there are.
async fn follow(test: &TestApp, first: String, most: usize) -> (Vec<String>, usize) {
    let (mut met, mut path, mut pages) = (Vec::new(), Some(first), 0);
    while let Some(next) = path {
        let (found, answer) = list(test, &next).await;
        assert!(found.len() <= most && answer.body.len() < 4 << 20, "{next}: {}", answer.body.len());
        met.extend(digests(&found).into_iter().map(str::to_owned));
        let link = answer.header("link");
        path = link.strip_prefix('<').and_then(|it| it.strip_suffix(">; rel=\"next\"")).map(str::to_owned);
        pages += 1;
    }
    (met, pages)
}

fn digests(found: &[Value]) -> Vec<&str> {
    found.iter().map(|found| found["digest"].as_str().unwrap()).collect()
}

/// OCI-10, OCI-18, OCI-21.
#[tokio::test]
async fn who_names_a_subject_is_listed_at_once_as_what_it_is() {
    let test = TestApp::new().await;
    for subject in [sha256(b"later"), sha512(b"later")] {
        let path = format!("/v2/a/referrers/{subject}");
        let (none, _) = list(&test, &path.replace("/a/", "/none/")).await;
        assert_eq!((none.len(), list(&test, &path).await.0.len()), (0, 0), "also of a repository that is not there");
        test.push_blob("a", b"{}").await;
        let stated = artifact(&subject, Some("application/x-sbom"), EMPTY, "stated");
        let by_config = artifact(&subject, None, "application/x-signature", "by its config");
        let silent = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [],
            "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": 7}});
        let silent = silent.to_string();
        for (media_type, manifest) in [(OCI_MANIFEST, &stated), (OCI_MANIFEST, &by_config), (OCI_INDEX, &silent)] {
            assert_eq!(push(&test, media_type, manifest).await.header("oci-subject"), subject);
        }
        let (found, answer) = list(&test, &path).await;
        assert_eq!((found.len(), answer.header("oci-filters-applied")), (3, ""));
        for (manifest, expected) in [
            (&stated, json!({"mediaType": OCI_MANIFEST, "artifactType": "application/x-sbom"})),
            (&by_config, json!({"mediaType": OCI_MANIFEST, "artifactType": "application/x-signature"})),
            (&silent, json!({"mediaType": OCI_INDEX})),
        ] {
            let mut expected = expected;
            expected["digest"] = json!(sha256(manifest.as_bytes()));
            expected["size"] = json!(manifest.len());
            let annotations = serde_json::from_str::<Value>(manifest).unwrap()["annotations"].clone();
            if !annotations.is_null() {
                expected["annotations"] = annotations;
            }
            assert!(found.contains(&expected), "{expected} in {found:?}");
        }
        for (types, manifest) in [("application/x-sbom", &stated), ("application/x-signature", &by_config)] {
            let (some, answer) = list(&test, &format!("{path}?artifactType={types}")).await;
            assert_eq!(digests(&some), [sha256(manifest.as_bytes())]);
            assert_eq!(answer.header("oci-filters-applied"), "artifactType");
        }
        let both = format!("{path}?artifactType=application/x-sbom&artifactType=application%2Fx-signature");
        assert_eq!(list(&test, &both).await.0.len(), 2);
        assert_eq!(list(&test, &format!("{path}?artifactType=application/x-other")).await.0.len(), 0);

        let gone = sha256(by_config.as_bytes());
        assert_eq!(test.delete(&format!("/v2/a/manifests/{gone}")).await.status, StatusCode::ACCEPTED);
        let (left, _) = list(&test, &path).await;
        assert!(left.len() == 2 && !digests(&left).contains(&&*gone), "who is deleted refers to nobody");
        assert_eq!(list(&test, &path.replace("/a/", "/b/")).await.0.len(), 0, "each repository has its own");
    }
    for odd in ["sha256:xyz", "md5:aa", "v1", "sha256-aa"] {
        assert_eq!(test.get(&format!("/v2/a/referrers/{odd}")).await.refusal(), "400 DIGEST_INVALID", "{odd}");
    }
}

/// OCI-21: a subject that comes and goes, and is itself about something.
#[tokio::test]
async fn referrers_outlive_their_subject_and_have_referrers() {
    let test = TestApp::new().await;
    let image = test.push_image("a", "v1", "amd64", b"layer").await;
    test.push_blob("a", b"{}").await;
    let sbom = artifact(&image, Some("application/x-sbom"), EMPTY, "about the image");
    let signature = artifact(&sha256(sbom.as_bytes()), Some("application/x-signature"), EMPTY, "about the sbom");
    push(&test, OCI_MANIFEST, &signature).await;
    push(&test, OCI_MANIFEST, &sbom).await;
    let of = |digest: String| {
        let test = &test;
        async move {
            let (found, _) = list(test, &format!("/v2/a/referrers/{digest}")).await;
            digests(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
        }
    };
    assert_eq!(of(image.clone()).await, [sha256(sbom.as_bytes())]);
    assert_eq!(of(sha256(sbom.as_bytes())).await, [sha256(signature.as_bytes())]);
    test.delete(&format!("/v2/a/manifests/{image}")).await;
    assert_eq!(of(image.clone()).await, [sha256(sbom.as_bytes())]);
    assert_eq!(test.push_image("a", "v1", "amd64", b"layer").await, image);
    assert_eq!(of(image).await, [sha256(sbom.as_bytes())]);
}

/// OCI-21: what clients noted under a tag when the registry had no API.
#[tokio::test]
async fn what_clients_listed_under_a_tag_is_listed_too() {
    let test = TestApp::new().await;
    for subject in [sha256(b"subject"), sha512(b"subject")] {
        test.push_blob("a", b"{}").await;
        let known = artifact(&subject, Some("application/x-sbom"), EMPTY, "known");
        let other = artifact(&sha256(b"another subject"), Some("application/x-noted"), EMPTY, "about another");
        let mut noted: Value = serde_json::from_str(&artifact(&subject, None, EMPTY, "noted only")).unwrap();
        noted.as_object_mut().unwrap().remove("subject");
        let noted = noted.to_string();
        for manifest in [&known, &other, &noted] {
            push(&test, OCI_MANIFEST, manifest).await;
        }
        let entry = |manifest: &str| {
            json!({"mediaType": OCI_MANIFEST, "digest": sha256(manifest.as_bytes()), "size": manifest.len(),
                   "artifactType": "application/x-noted", "annotations": {"by": "the client"}})
        };
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX,
            "manifests": [entry(&known), entry(&other), entry(&noted)]});
        let (algorithm, hex) = subject.split_once(':').unwrap();
        let tag = format!("{algorithm}-{}", &hex[..64]);
        assert_eq!(test.put_manifest("a", &tag, OCI_INDEX, &index.to_string()).await.status, StatusCode::CREATED);
        let (found, _) = list(&test, &format!("/v2/a/referrers/{subject}")).await;
        assert_eq!(found.len(), 2, "each once, and not what is about another: {found:?}");
        assert!(found.contains(&entry(&noted)), "as it was noted");
        assert!(found.iter().any(|found| found["annotations"]["note"] == "known"), "what is known here goes first");
        let (of_type, _) = list(&test, &format!("/v2/a/referrers/{subject}?artifactType=application/x-noted")).await;
        assert_eq!(digests(&of_type), [sha256(noted.as_bytes())], "not what says of itself that it is something else");
        let image = test.push_image("a", &tag, "amd64", b"no list at all").await;
        let (left, _) = list(&test, &format!("/v2/a/referrers/{subject}")).await;
        assert!(left.len() == 1 && !digests(&left).contains(&&*image), "a tag of that name may be anything");
    }
}

/// OCI-21, SEC-20: more than a page, in number and in bytes.
#[tokio::test]
async fn many_referrers_come_in_pages() {
    let test = TestApp::new().await;
    test.push_blob("a", b"{}").await;
    let subject = sha256(b"much talked about");
    let mut all = Vec::new();
    for n in 0..12 {
        let types = if n % 2 == 0 { "application/x+even" } else { "application/x+odd" };
        let note = format!("{n}{}", "x".repeat(if n < 7 { 600_000 } else { 0 }));
        let manifest = artifact(&subject, Some(types), EMPTY, &note);
        push(&test, OCI_MANIFEST, &manifest).await;
        all.push((sha256(manifest.as_bytes()), n % 2 == 0));
    }
    all.sort();
    let base = format!("/v2/a/referrers/{subject}");
    let everyone: Vec<String> = all.iter().map(|(digest, _)| digest.clone()).collect();
    assert_eq!(follow(&test, format!("{base}?n=2"), 2).await.0, everyone);
    assert_eq!(follow(&test, base.clone(), 1000).await.0, everyone);
    let even: Vec<String> = all.iter().filter(|(_, even)| *even).map(|(digest, _)| digest.clone()).collect();
    let (met, pages) = follow(&test, format!("{base}?n=1&artifactType=application/x%2Beven"), 1).await;
    assert_eq!((met, pages), (even.clone(), even.len()), "the filter goes from page to page");
    assert_eq!(
        follow(&test, format!("{base}?artifactType=application/x+even"), 1000).await.0,
        even,
        "a bare plus is meant so"
    );
    for (query, refusal) in [
        ("n=x".to_owned(), "400 PAGINATION_NUMBER_INVALID"),
        ("last=odd".to_owned(), "400 DIGEST_INVALID"),
        (vec!["artifactType=x"; 17].join("&"), "400 UNSUPPORTED"),
    ] {
        assert_eq!(test.get(&format!("{base}?{query}")).await.refusal(), refusal, "{query}");
    }
}

/// OCI-21: more than a page under a tag, in number and in bytes, among as much that is known here.
#[tokio::test]
async fn what_clients_listed_under_a_tag_comes_in_pages_too() {
    let test = TestApp::new().await;
    test.push_blob("a", b"{}").await;
    let subject = sha256(b"told of");
    let (mut all, mut noted) = (Vec::new(), Vec::new());
    for n in 0..12 {
        let is_known = n % 3 == 0;
        let (about, length) = if is_known { (subject.clone(), 600_000) } else { (sha256(b"another subject"), 0) };
        let note = format!("{n}{}", "x".repeat(length));
        let manifest = artifact(&about, Some("application/x-noted"), EMPTY, &note);
        push(&test, OCI_MANIFEST, &manifest).await;
        all.push(sha256(manifest.as_bytes()));
        if !is_known || n == 6 {
            noted.push((all[n].clone(), manifest.len()));
        }
    }
    all.sort();
    assert_eq!(all.last(), noted.iter().map(|(digest, _)| digest).max(), "what only the tag names ends the last page");
    for length in [0, 400_000] {
        let entry = |(digest, size): &(String, usize)| {
            json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": size,
                "artifactType": "application/x-noted", "annotations": {"note": "x".repeat(length)}})
        };
        let entries: Vec<Value> = noted.iter().map(entry).collect();
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).to_string();
        let put = test.put_manifest("a", &subject.replace(':', "-"), OCI_INDEX, &index).await;
        assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
        let base = format!("/v2/a/referrers/{subject}");
        for (query, most) in [("?n=1", 1), ("?n=5", 5), ("?n=5&artifactType=application/x-noted", 5), ("", 1000)] {
            let (met, pages) = follow(&test, format!("{base}{query}"), most).await;
            assert_eq!(met, all, "each once, in order: {query}");
            assert!(pages > 1, "{query}");
        }
    }
}
