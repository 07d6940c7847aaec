//! What a preview says of bytes is what a purge and a collection free.

use super::graphs::{REPOSITORIES, Step, What, World, steps};
use super::{A_WHILE_MS, BY_HAND, files, pulls, rows, run};
use crate::support::drawn::holds_of_all;
use crate::support::{OCI_MANIFEST, START, TestApp, choices, decides, sha256};
use crate::tags::{push_index, push_signature};
use portolan::domain::Timestamp;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::store::collect;
use proptest::collection::vec;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const DAY_MS: i64 = 86_400_000;

async fn post(test: &TestApp, path: &str, body: Value) -> Value {
    let answer = test.call("POST", path, "application/json", body.to_string()).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    answer.json()
}

/// Pushes an image of these layers, and returns its digest.
async fn push(test: &TestApp, repository: &str, layers: &[&str]) -> String {
    let mut of = Vec::new();
    for layer in layers {
        let digest = test.push_blob(repository, layer.as_bytes()).await;
        of.push(json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": layer.len()}));
    }
    let config = test.push_blob(repository, b"{}").await;
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": of,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2}});
    let (text, digest) = (manifest.to_string(), sha256(manifest.to_string().as_bytes()));
    assert_eq!(test.put_manifest(repository, &digest, OCI_MANIFEST, &text).await.status, 201);
    digest
}

/// The bytes of all blobs.
fn held(test: &TestApp) -> u64 {
    let file = |digest: &String| test.folder.path().join("blobs/sha256").join(&digest[7..9]).join(&digest[7..]);
    files(test.folder.path()).iter().map(|digest| std::fs::metadata(file(digest)).unwrap().len()).sum()
}

#[tokio::test]
async fn what_is_said_to_be_freed_is_freed() {
    let clock = Arc::new(ManualClock::new(START));
    let config = "[gc]\ngrace_s = 0\nevery_s = 0\n";
    let mut test = TestApp::build(config, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    push(&test, "team/web", &["stays", "of all"]).await;
    let first = push(&test, "team/web", &["first", "of two", "of all"]).await;
    let second = push(&test, "team/web", &["the second", "of two", "of all"]).await;
    push(&test, "old/web", &["the second", "only there"]).await;
    push(&test, "old/api", &["only there", "and here"]).await;
    // What is in the trash already holds its own.
    let asked = [
        ("team/web", json!({"digests": [first]}), false, 0),
        ("old/api", json!({"repository": true}), false, 0),
        ("team/web", json!({"digests": [second]}), true, 0),
        ("old/web", json!({"repository": true}), true, "the second".len() as u64),
    ];
    for (repository, asked, is_purged, freed) in asked {
        let at = format!("/api/v1/r/{repository}/-");
        let preview = post(&test, &format!("{at}/delete-preview"), asked).await;
        let done = post(&test, &format!("{at}/delete"), json!({"plan": preview["plan"]})).await;
        if !is_purged {
            continue;
        }
        assert_eq!(preview["freed_bytes"], json!(freed), "{repository}: {preview}");
        let before = held(&test);
        let entry = done["trash"][0].as_str().unwrap();
        assert_eq!(test.delete(&format!("/api/v1/trash/{entry}")).await.status, 204);
        clock.advance_ms(A_WHILE_MS);
        run(&test).await;
        assert_eq!(before - held(&test), freed, "{repository}");
    }
}

/// History keeps what a tag left for longer than the trash: one that goes by itself, with its image, with its repository.
#[tokio::test]
async fn what_goes_is_freed_on_the_day_that_was_said() {
    let clock = Arc::new(ManualClock::new(START));
    let config = "[trash]\ndays = 1\n[history]\ndays = 20\n[gc]\ngrace_s = 0\nevery_s = 0\n";
    let mut test = TestApp::build(config, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    let named = test.push_image("team/image", "1.0", "amd64", b"of an image").await;
    test.push_image("team/tag", "1.0", "amd64", b"of a tag").await;
    test.push_image("team/whole", "1.0", "amd64", b"of a repository").await;
    let unnamed = push(&test, "team/unnamed", &["of none"]).await;
    push(&test, "team/untagged", &["of nobody"]).await;
    for (repository, asked, days) in [
        ("team/image", json!({"digests": [named]}), 20),
        ("team/tag", json!({"tags": ["1.0"]}), 20),
        ("team/whole", json!({"repository": true}), 20),
        ("team/unnamed", json!({"digests": [unnamed]}), 1),
        ("team/untagged", json!({"repository": true}), 1),
    ] {
        let at = format!("/api/v1/r/{repository}/-");
        let preview = post(&test, &format!("{at}/delete-preview"), asked).await;
        let in_days = |days: i64| json!(Timestamp(clock.now().0 + days * DAY_MS).rfc3339());
        assert_eq!((&preview["kept_until"], &preview["freed_at"]), (&in_days(1), &in_days(days)), "{repository}");
        post(&test, &format!("{at}/delete"), json!({"plan": preview["plan"]})).await;
    }
    let (all, of_no_tag) = (files(test.folder.path()).len(), 3);
    for (days, n_left) in [(1, all - of_no_tag), (18, all - of_no_tag), (1, 0)] {
        clock.advance_ms(days * DAY_MS);
        run(&test).await;
        clock.advance_ms(A_WHILE_MS);
        run(&test).await;
        assert_eq!(files(test.folder.path()).len(), n_left);
    }
}

/// What lies in the trash stays there, and nothing else is kept.
const TRASH_ALONE: &str = "[trash]\ndays = 3650\n[history]\ndays = 0\n[gc]\ngrace_s = 0\nevery_s = 0\n";
/// From each seed.
const CASES: u32 = 6;

/// What is to go: tags, images, a repository, a namespace; which, and where.
type Asked = (u8, usize, Vec<usize>, usize);

/// Where it is asked for, and as what.
async fn asked(test: &TestApp, (what, at, tags, image): Asked) -> (String, Value) {
    let name = REPOSITORIES[at % REPOSITORIES.len()];
    let listed = test.get(&format!("/api/v1/r/{name}/-/tags")).await;
    let listed = if listed.status == 200 { listed.json()["items"].as_array().unwrap().clone() } else { vec![] };
    let some = |key: &str, which: usize| which.checked_rem(listed.len()).map(|which| listed[which][key].clone());
    let tags: Vec<Value> = tags.iter().filter_map(|which| some("name", *which)).collect();
    match what {
        0 => (format!("r/{name}/-"), json!({"tags": Vec::from_iter(some("name", image))})),
        1 => (format!("r/{name}/-"), json!({"tags": tags})),
        2 | 3 => (format!("r/{name}/-"), json!({"tags": tags, "digests": Vec::from_iter(some("digest", image))})),
        4 => (format!("r/{name}/-"), json!({"repository": true})),
        _ => ("n/team/-".to_owned(), json!({})),
    }
}

/// Lets entries of the trash go, each after what it is a part of; `false` where something that was deleted before needs
/// one of them.
async fn purge(test: &TestApp, done: &Value) -> bool {
    let mut left: Vec<&str> = done["trash"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    while !left.is_empty() {
        let n_left = left.len();
        for id in std::mem::take(&mut left) {
            let purged = test.delete(&format!("/api/v1/trash/{id}")).await;
            match purged.status.as_u16() {
                204 => {}
                409 => left.push(id),
                _ => panic!("{}", purged.text()),
            }
        }
        if left.len() == n_left {
            return false;
        }
    }
    true
}

/// How many bytes were freed as it was said; none where nothing could go.
async fn frees_what_it_says(steps: Vec<Step>, what: Asked) -> Option<u64> {
    let mut world = World::new(TRASH_ALONE).await;
    let _running = world.test.start_jobs().await;
    for it in steps {
        world.step(it).await;
    }
    let (test, clock) = (&world.test, &world.clock);
    clock.advance_ms(A_WHILE_MS);
    run(test).await;
    let (path, asked) = asked(test, what).await;
    let send = async |path: String, body: &Value| {
        test.call("POST", &format!("/api/v1/{path}"), "application/json", body.to_string()).await
    };
    let preview = send(format!("{path}/delete-preview"), &asked).await;
    if preview.status != 200 {
        return None;
    }
    let preview = preview.json();
    let done = send(format!("{path}/delete"), &json!({"plan": preview["plan"]})).await;
    if done.status != 200 || !purge(test, &done.json()).await {
        return None;
    }
    let (before, freed) = (held(test), preview["freed_bytes"].as_u64().unwrap());
    clock.advance_ms(A_WHILE_MS);
    run(test).await;
    assert_eq!(before - held(test), freed, "{asked}: {preview}");
    Some(freed)
}

/// Of one tag and many, images, repositories and a namespace, over graphs drawn at random that share layers, with much in
/// the trash before.
#[test]
fn what_is_said_to_be_freed_of_any_graph_is_freed() {
    let steps = steps(15..45, &[What::DeleteBlob]);
    let what = (0_u8..6, 0_usize..3, vec(0_usize..5, 0..4), 0_usize..5);
    let (n_compared, n_freed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    holds_of_all(CASES, &(steps, what), |(steps, what)| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let freed = runtime.block_on(frees_what_it_says(steps, what));
        n_compared.fetch_add(usize::from(freed.is_some()), Ordering::Relaxed);
        n_freed.fetch_add(usize::from(freed.is_some_and(|bytes| bytes > 0)), Ordering::Relaxed);
        Ok(())
    });
    let (n_compared, n_freed) = (n_compared.into_inner(), n_freed.into_inner());
    assert!(n_compared > 4 && n_freed > 2, "{n_compared} were compared, {n_freed} freed something");
}
/// Some rows at a time, between which others push.
#[tokio::test]
async fn what_is_left_of_a_repository_is_cleared_away_under_pushes_of_its_name() {
    let test = TestApp::new().await;
    let (index, _) = push_index(&test, "team/web", "1.0", "old").await;
    push_signature(&test, "team/web", &index, 2).await;
    for tag in ["2.0", "2.1", "2.2"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    assert_eq!(test.delete("/v2/team/web/manifests/2.2").await.status, 202, "its own entry goes with the whole");
    assert_eq!(test.delete("/api/v1/r/team/web").await.status, 204);
    let entries = test.get("/api/v1/trash").await.json()["items"].clone();
    let entry = format!("/api/v1/trash/{}", entries[0]["id"].as_str().unwrap());
    assert_eq!(test.delete(&entry).await.status, 204);
    assert_eq!(test.get("/api/v1/trash").await.json()["items"], json!([]));
    assert_eq!(test.call("POST", &format!("{entry}/restore"), "application/json", "").await.status, 404);

    let proof = decides(Policy::Grants).system(Job::Collect, Maintain {});
    let clear = async || test.app.store.note(&proof, |tx| Box::pin(collect::clear(tx, 3))).await.unwrap();
    let mut pushed = Vec::new();
    while clear().await > 0 {
        let tag = format!("new-{}", pushed.len());
        test.push_image("team/web", &tag, "amd64", tag.as_bytes()).await;
        pushed.push(tag);
    }
    assert!(pushed.len() > 10, "it took its steps: {}", pushed.len());
    for table in ["tags", "manifests", "manifest_edges", "referrers", "repository_blobs", "deleted_tags", "tag_moves"] {
        let sql = format!("SELECT 1 FROM {table} WHERE repository_id NOT IN (SELECT id FROM repositories)");
        assert!(rows(&test, &sql).await.is_empty(), "{table}");
    }
    assert!(rows(&test, "SELECT 1 FROM gone_repositories").await.is_empty());
    for tag in &pushed {
        pulls(&test, "team/web", tag).await;
    }
}

async fn edges(test: &TestApp) -> BTreeSet<(String, String)> {
    let all = rows(test, "SELECT parent, child FROM deleted_edges").await;
    all.into_iter().map(|mut row| (row.take().unwrap(), row.take().unwrap())).collect()
}

/// What an image was made of is written down while it lies in the trash, and no longer: with the next collection.
#[tokio::test]
async fn what_an_image_was_made_of_is_forgotten_after_it_and_holds_nothing() {
    let config = "[trash]\ndays = 30\n[history]\ndays = 0\n[gc]\ngrace_s = 0\nevery_s = 0\n";
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(config, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    let layers = ["base", "base", "first", "second", "third"];
    let [of_all, _, first, second, third] = layers.map(|layer| sha256(layer.as_bytes()));
    let (mut images, mut entries) = (vec![], vec![]);
    for layer in &layers[2..] {
        let image = push(&test, "team/web", &["base", "base", layer]).await;
        let asked = json!({"digests": [image]});
        let preview = post(&test, "/api/v1/r/team/web/-/delete-preview", asked).await;
        let done = post(&test, "/api/v1/r/team/web/-/delete", json!({"plan": preview["plan"]})).await;
        entries.push(done["trash"][0].as_str().unwrap().to_owned());
        images.push(image);
    }
    let config = sha256(b"{}");
    let of = |image: usize, layer: &String| {
        [layer, &of_all, &config].map(|part| (images[image].clone(), part.clone())).into_iter().collect::<BTreeSet<_>>()
    };
    let [purged, stays, back] = [of(0, &first), of(1, &second), of(2, &third)];
    assert_eq!(edges(&test).await, [&purged, &stays, &back].into_iter().flatten().cloned().collect());
    assert_eq!(test.delete(&format!("/api/v1/trash/{}", entries[0])).await.status, 204);
    let restore = format!("/api/v1/trash/{}/restore", entries[2]);
    assert_eq!(test.call("POST", &restore, "application/json", "").await.status, 204);
    clock.advance_ms(A_WHILE_MS);
    run(&test).await;
    assert_eq!(edges(&test).await, stays);
    assert_eq!(files(test.folder.path()), BTreeSet::from([of_all, config, second, third]));
    pulls(&test, "team/web", &images[2]).await;
}

/// Where nothing is configured, what was deleted and what a tag named before comes back for thirty days, and no longer.
#[tokio::test]
async fn what_nobody_configured_is_kept_for_thirty_days() {
    for (days, is_kept) in [(29, true), (31, false)] {
        let clock = Arc::new(ManualClock::new(START));
        let mut test = TestApp::build(BY_HAND, choices(Policy::Grants, clock.clone())).await;
        let _running = test.start_jobs().await;
        let first = test.push_image("team/web", "moved", "amd64", b"first").await;
        let gone = test.push_image("team/web", "gone", "amd64", b"gone").await;
        let then = clock.now().rfc3339();
        clock.advance_ms(1);
        test.push_image("team/web", "moved", "amd64", b"second").await;
        assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/manifests/{gone}")).await.status, 204);
        let entry = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let before = files(test.folder.path());
        clock.advance_ms(days * DAY_MS);
        run(&test).await;
        assert_eq!(files(test.folder.path()) == before, is_kept, "{days} days");
        let as_of = test.get(&format!("/api/v1/n/team/-/as-of?t={then}")).await;
        assert_eq!(as_of.status.as_u16(), if is_kept { 200 } else { 400 }, "{days} days: {}", as_of.text());
        let back = json!({"tag": "moved", "digest": first}).to_string();
        let back = test.call("POST", "/api/v1/r/team/web/-/rollback", "application/json", back).await;
        assert_eq!(back.status.as_u16(), if is_kept { 200 } else { 409 }, "{days} days: {}", back.text());
        let restored = test.call("POST", &format!("/api/v1/trash/{entry}/restore"), "application/json", "{}").await;
        assert_eq!(restored.status.as_u16(), if is_kept { 204 } else { 404 }, "{days} days: {}", restored.text());
    }
}
