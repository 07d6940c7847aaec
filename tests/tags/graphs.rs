//! Random repositories, random deletes: what a preview says goes is what goes, what stays can be pulled whole, and all of
//! it comes back.

use super::{is_there, send};
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const AT: &str = "/api/v1/r/team/web/-";

/// One thing that is pushed; what it names is chosen among what was pushed before.
#[derive(Clone, Debug)]
enum Step {
    Image(u8),
    List(Vec<Index>),
    Sign(Index),
    Tag(u8, Index),
    /// A signature by a tag, as before there were referrers.
    Note(Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<u8>().prop_map(Step::Image),
        2 => proptest::collection::vec(any::<Index>(), 1..4).prop_map(Step::List),
        1 => any::<Index>().prop_map(Step::Sign),
        3 => (0..6_u8, any::<Index>()).prop_map(|(tag, image)| Step::Tag(tag, image)),
        1 => any::<Index>().prop_map(Step::Note),
    ]
}

/// What was pushed: digest, media type, size.
type Pushed = Vec<(String, &'static str, usize)>;

async fn put(test: &TestApp, pushed: &mut Pushed, media_type: &'static str, manifest: String) -> String {
    let digest = sha256(manifest.as_bytes());
    let sent = test.put_manifest("team/web", &digest, media_type, &manifest).await;
    assert_eq!(sent.status, 201, "{}", sent.text());
    if pushed.iter().all(|(known, ..)| *known != digest) {
        pushed.push((digest.clone(), media_type, manifest.len()));
    }
    digest
}

fn descriptor((digest, media_type, size): &(String, &str, usize)) -> Value {
    json!({"mediaType": media_type, "digest": digest, "size": size})
}

async fn signature(test: &TestApp, subject: Option<Value>, text: &str) -> String {
    let config = test.push_blob("team/web", b"{}").await;
    let mut manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2}, "layers": [],
        "annotations": {"text": text}});
    if let Some(subject) = subject {
        manifest["subject"] = subject;
    }
    manifest.to_string()
}

async fn take(test: &TestApp, pushed: &mut Pushed, number: usize, step: &Step) {
    match step {
        Step::Image(layer) => {
            let image = test.image("team/web", "amd64", &[b'l', *layer % 8]).await;
            put(test, pushed, OCI_MANIFEST, image).await;
        }
        _ if pushed.is_empty() => {}
        Step::List(of) => {
            let children: Vec<Value> = of.iter().map(|it| descriptor(it.get(pushed))).collect();
            let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children});
            put(test, pushed, OCI_INDEX, index.to_string()).await;
        }
        Step::Sign(of) => {
            let signature = signature(test, Some(descriptor(of.get(pushed))), &number.to_string()).await;
            put(test, pushed, OCI_MANIFEST, signature).await;
        }
        Step::Note(of) => {
            let tag = format!("{}.sig", of.get(pushed).0.replace(':', "-"));
            let signature = signature(test, None, &number.to_string()).await;
            let digest = put(test, pushed, OCI_MANIFEST, signature).await;
            send(test, "PUT", &format!("{AT}/tags/{tag}"), json!({"digest": digest})).await;
        }
        Step::Tag(tag, of) => {
            let set = send(test, "PUT", &format!("{AT}/tags/t{tag}"), json!({"digest": of.get(pushed).0})).await;
            assert!(set.status.is_success(), "{}", set.text());
        }
    }
}

/// Every tag and every image that can be pulled.
async fn there(test: &TestApp, pushed: &Pushed) -> BTreeSet<String> {
    let listed = test.get("/v2/team/web/tags/list").await.json();
    let tags = listed["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let mut there: BTreeSet<String> = tags.collect();
    for (digest, ..) in pushed {
        if is_there(test, "team/web", digest).await {
            there.insert(digest.clone());
        }
    }
    there
}

/// Pulls a reference with all that it lists, and every blob.
async fn pull_whole(test: &TestApp, reference: &str) {
    let mut next = vec![reference.to_owned()];
    while let Some(reference) = next.pop() {
        let found = test.get(&format!("/v2/team/web/manifests/{reference}")).await;
        assert_eq!(found.status, 200, "{reference}");
        let manifest = found.json();
        let list = |key: &str| manifest[key].as_array().cloned().unwrap_or_default();
        next.extend(list("manifests").iter().filter_map(|it| it["digest"].as_str()).map(str::to_owned));
        let blobs = list("layers").into_iter().chain(manifest.get("config").cloned());
        for blob in blobs {
            let path = format!("/v2/team/web/blobs/{}", blob["digest"].as_str().unwrap());
            assert_eq!(test.get(&path).await.status, 200, "{path}");
        }
    }
}

fn named(preview: &Value) -> BTreeSet<String> {
    let removed = preview["removed"].as_array().unwrap().iter();
    let of = |it: &Value| if it["kind"] == "tag" { it["tag"].clone() } else { it["digest"].clone() };
    removed
        .map(of)
        .chain(preview["referrers"].as_array().unwrap().clone())
        .map(|it| it.as_str().unwrap().to_owned())
        .collect()
}

async fn one_life(steps: Vec<Step>, tags: Vec<u8>, images: Vec<Index>) -> Result<(), TestCaseError> {
    let (test, mut pushed) = (TestApp::new().await, Pushed::new());
    for (number, step) in steps.iter().enumerate() {
        take(&test, &mut pushed, number, step).await;
    }
    let before = there(&test, &pushed).await;
    let tags: BTreeSet<String> = tags.iter().map(|tag| format!("t{tag}")).filter(|tag| before.contains(tag)).collect();
    let images: BTreeSet<String> = match pushed.is_empty() {
        true => BTreeSet::new(),
        false => images.iter().map(|it| it.get(&pushed).0.clone()).collect(),
    };
    if tags.is_empty() && images.is_empty() {
        return Ok(());
    }
    let preview = send(&test, "POST", &format!("{AT}/delete-preview"), json!({"tags": tags, "digests": images})).await;
    prop_assert_eq!(preview.status.as_u16(), 200, "{}", preview.text());
    let preview = preview.json();
    let done = send(&test, "POST", &format!("{AT}/delete"), json!({"plan": preview["plan"]})).await;
    let after = there(&test, &pushed).await;
    if preview["parents"].as_array().is_some_and(|parents| !parents.is_empty()) {
        prop_assert_eq!(done.status.as_u16(), 409);
        prop_assert_eq!(before, after, "nothing goes where an index lists what was to go");
        return Ok(());
    }
    prop_assert_eq!(done.status.as_u16(), 200, "{}", done.text());
    let gone: BTreeSet<String> = before.difference(&after).cloned().collect();
    prop_assert_eq!(named(&preview), gone, "what was said is what went");
    for reference in &after {
        pull_whole(&test, reference).await;
    }
    for kept in preview["kept"].as_array().unwrap() {
        let reference = kept["tag"].as_str().or(kept["digest"].as_str()).unwrap();
        prop_assert!(after.contains(reference), "{} was said to stay", reference);
    }
    let back = send(&test, "POST", "/api/v1/trash/restore", json!({"plan": preview["plan"]})).await;
    prop_assert_eq!(back.status.as_u16(), 204, "{}", back.text());
    prop_assert_eq!(there(&test, &pushed).await, before, "all of it is back");
    Ok(())
}

#[test]
fn what_a_preview_says_is_what_goes_and_what_comes_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let lives = (
        proptest::collection::vec(step(), 1..24),
        proptest::collection::vec(0..6_u8, 0..4),
        proptest::collection::vec(any::<Index>(), 0..3),
    );
    runner.run(&lives, |(steps, tags, images)| runtime.block_on(one_life(steps, tags, images))).unwrap();
}
