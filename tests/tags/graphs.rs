//! Random repositories, random deletes, of tags and images, of repositories and of namespaces: what a preview says goes is
//! what goes, what it says stays is every other tag of the same images, what stays can be pulled byte for byte, and all of
//! it comes back.

use super::{is_there, names, send};
use crate::support::drawn::holds_of_all;
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const AT: &str = "/api/v1/r/team/web/-";

/// One thing that is pushed; what it names is chosen among what was pushed before.
#[derive(Clone, Debug)]
enum Step {
    Image(u8),
    List(Vec<Index>),
    /// The same one twice, and maybe about something.
    Twice(Index, Option<Index>),
    Sign(Index),
    /// Of an image that is not there, unless it was pushed before.
    SignFirst(u8),
    Tag(u8, Index),
    /// A signature by a tag, as before there were referrers, or an attestation.
    Note(Index, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<u8>().prop_map(Step::Image),
        2 => proptest::collection::vec(any::<Index>(), 1..4).prop_map(Step::List),
        1 => any::<(Index, Option<Index>)>().prop_map(|(image, subject)| Step::Twice(image, subject)),
        1 => any::<Index>().prop_map(Step::Sign),
        1 => any::<u8>().prop_map(Step::SignFirst),
        3 => (0..6_u8, any::<Index>()).prop_map(|(tag, image)| Step::Tag(tag, image)),
        1 => any::<(Index, bool)>().prop_map(|(image, is_signature)| Step::Note(image, is_signature)),
    ]
}

/// What was pushed: digest, media type, bytes.
type Pushed = Vec<(String, &'static str, String)>;

async fn put(
    test: &TestApp,
    (name, pushed): (&str, &mut Pushed),
    media_type: &'static str,
    manifest: String,
) -> String {
    let digest = sha256(manifest.as_bytes());
    let sent = test.put_manifest(name, &digest, media_type, &manifest).await;
    assert_eq!(sent.status, 201, "{}", sent.text());
    if pushed.iter().all(|(known, ..)| *known != digest) {
        pushed.push((digest.clone(), media_type, manifest));
    }
    digest
}

fn descriptor((digest, media_type, manifest): &(String, &str, String)) -> Value {
    json!({"mediaType": media_type, "digest": digest, "size": manifest.len()})
}

async fn signature(test: &TestApp, name: &str, subject: Option<Value>, text: &str) -> String {
    let config = test.push_blob(name, b"{}").await;
    let mut manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2}, "layers": [],
        "annotations": {"text": text}});
    if let Some(subject) = subject {
        manifest["subject"] = subject;
    }
    manifest.to_string()
}

async fn take(test: &TestApp, (name, pushed): (&str, &mut Pushed), number: usize, step: &Step) {
    let at = format!("/api/v1/r/{name}/-/tags");
    match step {
        Step::Image(layer) => {
            let image = test.image(name, "amd64", &[b'l', *layer % 8]).await;
            put(test, (name, pushed), OCI_MANIFEST, image).await;
        }
        Step::SignFirst(layer) => {
            let image = test.image(name, "amd64", &[b'l', *layer % 8]).await;
            let subject = descriptor(&(sha256(image.as_bytes()), OCI_MANIFEST, image));
            let signature = signature(test, name, Some(subject), &number.to_string()).await;
            put(test, (name, pushed), OCI_MANIFEST, signature).await;
        }
        _ if pushed.is_empty() => {}
        Step::Twice(of, subject) => {
            let child = descriptor(of.get(pushed));
            let mut index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child, child]});
            if let Some(subject) = subject {
                index["subject"] = descriptor(subject.get(pushed));
            }
            put(test, (name, pushed), OCI_INDEX, index.to_string()).await;
        }
        Step::List(of) => {
            let children: Vec<Value> = of.iter().map(|it| descriptor(it.get(pushed))).collect();
            let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children});
            put(test, (name, pushed), OCI_INDEX, index.to_string()).await;
        }
        Step::Sign(of) => {
            let signature = signature(test, name, Some(descriptor(of.get(pushed))), &number.to_string()).await;
            put(test, (name, pushed), OCI_MANIFEST, signature).await;
        }
        Step::Note(of, is_signature) => {
            let kind = if *is_signature { "sig" } else { "att" };
            let tag = format!("{}.{kind}", of.get(pushed).0.replace(':', "-"));
            let signature = signature(test, name, None, &number.to_string()).await;
            let digest = put(test, (name, pushed), OCI_MANIFEST, signature).await;
            send(test, "PUT", &format!("{at}/{tag}"), json!({"digest": digest})).await;
        }
        Step::Tag(tag, of) => {
            let set = send(test, "PUT", &format!("{at}/t{tag}"), json!({"digest": of.get(pushed).0})).await;
            assert!(set.status.is_success(), "{}", set.text());
        }
    }
}

/// Every tag with what it names.
async fn tags(test: &TestApp, name: &str) -> BTreeMap<String, String> {
    let listed = test.get(&format!("/v2/{name}/tags/list")).await.json();
    let mut tags = BTreeMap::new();
    for tag in listed["tags"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        tags.insert(tag.to_owned(), names(test, name, tag).await.unwrap());
    }
    tags
}

/// Every tag and every image that can be pulled.
async fn there(test: &TestApp, name: &str, pushed: &Pushed) -> BTreeSet<String> {
    let mut there: BTreeSet<String> = tags(test, name).await.into_keys().collect();
    for (digest, ..) in pushed {
        if is_there(test, name, digest).await {
            there.insert(digest.clone());
        }
    }
    there
}

/// Pulls a reference with all that it lists, and every blob: what comes is what was pushed.
async fn pull_whole(test: &TestApp, name: &str, reference: &str, pushed: &Pushed) {
    let mut next = vec![reference.to_owned()];
    while let Some(reference) = next.pop() {
        let found = test.get(&format!("/v2/{name}/manifests/{reference}")).await;
        assert_eq!(found.status, 200, "{name} {reference}");
        let of = pushed.iter().find(|(digest, ..)| digest == found.header("docker-content-digest"));
        assert_eq!(Some(found.text()), of.map(|(_, _, manifest)| manifest.clone()), "{name} {reference}");
        assert!(!reference.contains(':') || reference == found.header("docker-content-digest"));
        let manifest = found.json();
        let list = |key: &str| manifest[key].as_array().cloned().unwrap_or_default();
        next.extend(list("manifests").iter().filter_map(|it| it["digest"].as_str()).map(str::to_owned));
        let blobs = list("layers").into_iter().chain(manifest.get("config").cloned());
        for blob in blobs {
            let digest = blob["digest"].as_str().unwrap();
            let found = test.get(&format!("/v2/{name}/blobs/{digest}")).await;
            assert_eq!((found.status.as_u16(), sha256(&found.body).as_str()), (200, digest), "{name}");
        }
    }
}

/// What goes by a preview, each with the repository that it is in, where that is said.
fn named(preview: &Value) -> BTreeSet<String> {
    let said = |list: &Value, key: &str| {
        let of = |it: &Value| {
            let reference = it[key].as_str().or(it["digest"].as_str())?;
            Some(it["name"].as_str().map_or(reference.to_owned(), |name| format!("{name} {reference}")))
        };
        list.as_array().unwrap().iter().filter_map(of).collect::<Vec<_>>()
    };
    said(&preview["removed"], "tag").into_iter().collect()
}

async fn one_life(steps: Vec<Step>, asked: Vec<u8>, images: Vec<Index>) -> Result<(), TestCaseError> {
    let (test, mut pushed) = (TestApp::new().await, Pushed::new());
    for (number, step) in steps.iter().enumerate() {
        take(&test, ("team/web", &mut pushed), number, step).await;
    }
    let (before, named_before) = (there(&test, "team/web", &pushed).await, tags(&test, "team/web").await);
    let asked: BTreeSet<String> =
        asked.iter().map(|tag| format!("t{tag}")).filter(|tag| before.contains(tag)).collect();
    let images: BTreeSet<String> = match pushed.is_empty() {
        true => BTreeSet::new(),
        false => images.iter().map(|it| it.get(&pushed).0.clone()).collect(),
    };
    if asked.is_empty() && images.is_empty() {
        return Ok(());
    }
    let preview = send(&test, "POST", &format!("{AT}/delete-preview"), json!({"tags": asked, "digests": images})).await;
    prop_assert_eq!(preview.status.as_u16(), 200, "{}", preview.text());
    let preview = preview.json();
    let done = send(&test, "POST", &format!("{AT}/delete"), json!({"plan": preview["plan"]})).await;
    let after = there(&test, "team/web", &pushed).await;
    if preview["parents"].as_array().is_some_and(|parents| !parents.is_empty()) {
        prop_assert_eq!(done.status.as_u16(), 409);
        prop_assert_eq!(before, after, "nothing goes where an index lists what was to go");
        return Ok(());
    }
    prop_assert_eq!(done.status.as_u16(), 200, "{}", done.text());
    let gone: BTreeSet<String> = before.difference(&after).cloned().collect();
    let lost: BTreeSet<&String> = gone.iter().filter_map(|it| named_before.get(it)).collect();
    prop_assert_eq!(named(&preview), gone.clone(), "what was said is what went");
    for reference in &after {
        pull_whole(&test, "team/web", reference, &pushed).await;
    }
    let kept = preview["kept"].as_array().unwrap();
    for it in kept {
        let reference = it["tag"].as_str().or(it["digest"].as_str()).unwrap();
        prop_assert!(after.contains(reference), "{} was said to stay", reference);
    }
    let siblings: BTreeSet<&str> = kept.iter().filter_map(|it| it["tag"].as_str()).collect();
    let left = named_before.iter().filter(|(tag, digest)| after.contains(*tag) && lost.contains(digest));
    prop_assert_eq!(siblings, left.map(|(tag, _)| tag.as_str()).collect(), "every other tag of what lost one stays");
    prop_assert_eq!((&preview["removed_more"], &preview["kept_more"]), (&json!(0), &json!(0)));
    let back = send(&test, "POST", "/api/v1/trash/restore", json!({"plan": preview["plan"]})).await;
    prop_assert_eq!(back.status.as_u16(), 204, "{}", back.text());
    prop_assert_eq!(there(&test, "team/web", &pushed).await, before, "all of it is back");
    Ok(())
}

#[test]
fn what_a_preview_says_is_what_goes_and_what_comes_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lives = (
        proptest::collection::vec(step(), 1..24),
        proptest::collection::vec(0..6_u8, 0..4),
        proptest::collection::vec(any::<Index>(), 0..3),
    );
    holds_of_all(16, &lives, |(steps, tags, images)| runtime.block_on(one_life(steps, tags, images)));
}

/// Where things are pushed when whole repositories go: names that others begin with, and one elsewhere.
const PLACES: [&str; 4] = ["team/web", "team/web/deep", "team/webs", "other/web"];

/// Everything that can be pulled, each with its repository.
async fn all_there(test: &TestApp, world: &BTreeMap<&'static str, Pushed>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (name, pushed) in world {
        all.extend(there(test, name, pushed).await.into_iter().map(|reference| format!("{name} {reference}")));
    }
    all
}

async fn pull_all(test: &TestApp, world: &BTreeMap<&'static str, Pushed>, all: &BTreeSet<String>) {
    for (name, reference) in all.iter().filter_map(|it| it.split_once(' ')) {
        pull_whole(test, name, reference, &world[name]).await;
    }
}

async fn one_end(steps: Vec<(u8, Step)>, at: &str, asked: Value) -> Result<(), TestCaseError> {
    let test = TestApp::new().await;
    let mut world: BTreeMap<&'static str, Pushed> = PLACES.into_iter().map(|name| (name, vec![])).collect();
    for (number, (place, step)) in steps.iter().enumerate() {
        let name = PLACES[usize::from(*place) % PLACES.len()];
        take(&test, (name, world.get_mut(name).unwrap()), number, step).await;
    }
    let before = all_there(&test, &world).await;
    let preview = send(&test, "POST", &format!("{at}/delete-preview"), asked).await;
    if preview.status == 404 {
        return Ok(());
    }
    let preview = preview.json();
    let done = send(&test, "POST", &format!("{at}/delete"), json!({"plan": preview["plan"]})).await;
    prop_assert_eq!(done.status.as_u16(), 200, "{}", done.text());
    let after = all_there(&test, &world).await;
    let gone: BTreeSet<String> = before.difference(&after).cloned().collect();
    let whole = preview["removed"].as_array().unwrap().iter().filter(|it| it["kind"] == "repository");
    let whole: BTreeSet<String> = whole.filter_map(|it| it["name"].as_str().map(str::to_owned)).collect();
    prop_assert_eq!(named(&preview), gone.clone(), "what was said is what went");
    for name in PLACES {
        let is_gone = test.get(&format!("/api/v1/r/{name}")).await.status == 404;
        prop_assert_eq!(is_gone, whole.contains(name) || world[name].is_empty(), "{}", name);
    }
    prop_assert_eq!(
        (&preview["kept"], &preview["kept_more"]),
        (&json!([]), &json!(0)),
        "no tag of another has its images"
    );
    prop_assert_eq!(&preview["removed_more"], &json!(0));
    let referrers: BTreeSet<&str> = preview["referrers"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let signs = |manifest: &str| serde_json::from_str::<Value>(manifest).unwrap().get("subject").is_some();
    let signed = world.iter().filter(|(name, _)| whole.contains(**name)).flat_map(|(_, pushed)| pushed);
    let signed = signed.filter(|(.., manifest)| signs(manifest)).map(|(digest, ..)| digest.as_str());
    prop_assert_eq!(referrers, signed.collect(), "and what is about an image is told from the others");
    pull_all(&test, &world, &after).await;
    let back = send(&test, "POST", "/api/v1/trash/restore", json!({"plan": preview["plan"]})).await;
    prop_assert_eq!(back.status.as_u16(), 204, "{}", back.text());
    prop_assert_eq!(&all_there(&test, &world).await, &before, "all of it is back");
    pull_all(&test, &world, &before).await;
    Ok(())
}

#[test]
fn what_a_preview_of_a_repository_or_a_namespace_says_is_all_that_goes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ends = (proptest::collection::vec((any::<u8>(), step()), 1..32), 0..3_u8);
    let end = |(steps, which): (Vec<(u8, Step)>, u8)| {
        let (at, asked) = match which {
            0 => ("/api/v1/r/team/web/-", json!({"repository": true})),
            1 => ("/api/v1/n/team/-", json!({})),
            _ => ("/api/v1/n/team/web/-", json!({})),
        };
        runtime.block_on(one_end(steps, at, asked))
    };
    holds_of_all(8, &ends, end);
}
