//! Fifty clients at once: whatever order they come in, the outcome is that of some order one after another.

use super::{ANY, n_staged};
use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use axum::http::StatusCode;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Barrier;

const CLIENTS: usize = 50;

/// What each of the clients got, all of which begin together.
async fn at_once<T, F>(test: &Arc<TestApp>, client: impl Fn(Arc<TestApp>, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let gate = Arc::new(Barrier::new(CLIENTS));
    let begin = |n: usize| {
        let (gate, work) = (Arc::clone(&gate), client(Arc::clone(test), n));
        tokio::spawn(async move {
            gate.wait().await;
            work.await
        })
    };
    let running: Vec<_> = (0..CLIENTS).map(begin).collect();
    let mut got = Vec::new();
    for client in running {
        got.push(client.await.unwrap());
    }
    got
}

/// Artifacts that differ by their number, and the one blob that each of them needs.
fn manifest(n: usize) -> String {
    json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [], "annotations": {"n": n.to_string()},
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2}})
    .to_string()
}

/// Where a tag came from and went to, by each of its moves; in the order in which they follow each other.
async fn history(test: &TestApp) -> Vec<(Option<String>, Option<String>)> {
    let rows = test.app.store.all("SELECT from_digest, to_digest FROM tag_moves", vec![]).await.unwrap();
    rows.into_iter().map(|mut row| (row.take().unwrap(), row.take().unwrap())).collect()
}

async fn stored_bytes(test: &TestApp) -> u64 {
    test.app.store.one("SELECT stored_bytes FROM mounts", vec![]).await.unwrap().unwrap().take().unwrap()
}

/// FLT-5, FLT-6.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_blob_from_all_of_them_is_stored_once_and_wrong_bytes_never() {
    let test = Arc::new(TestApp::new().await);
    let layer = Arc::new(vec![7_u8; 300_000]);
    let digest = sha256(&layer);
    let is_wrong = |n: usize| n % 10 == 9;
    let pushed = at_once(&test, |test, n| {
        let (mut bytes, digest) = (layer.to_vec(), digest.clone());
        bytes[299_999] ^= u8::from(is_wrong(n));
        async move {
            let uploads = format!("/v2/r{}/blobs/uploads/", n % 5);
            if n % 2 == 0 {
                return test.call("POST", &format!("{uploads}?digest={digest}"), ANY, bytes).await;
            }
            let upload = test.call("POST", &uploads, ANY, "").await.location();
            test.call("PATCH", &upload, ANY, &bytes[..100_000]).await;
            test.call("PUT", &format!("{upload}?digest={digest}"), ANY, &bytes[100_000..]).await
        }
    });
    for (n, answer) in pushed.await.into_iter().enumerate() {
        if is_wrong(n) {
            assert_eq!(answer.refusal(), "400 DIGEST_INVALID", "{n}");
        } else {
            assert_eq!(answer.status, StatusCode::CREATED, "{n}: {}", answer.text());
        }
    }
    let path = |n: usize| format!("/v2/r{n}/blobs/{digest}");
    for n in 0..5 {
        assert_eq!(sha256(&test.get(&path(n)).await.body), digest);
    }
    let folders = std::fs::read_dir(test.folder.path().join("blobs/sha256")).unwrap();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap()).count();
    assert_eq!((files, n_staged(&test), stored_bytes(&test).await), (1, 0, 300_000));
    let deleted = at_once(&test, |test, n| {
        let path = path(n % 4);
        async move { test.delete(&path).await.status }
    });
    let deleted = deleted.await;
    assert_eq!(deleted.iter().filter(|status| **status == StatusCode::ACCEPTED).count(), 4, "each once: {deleted:?}");
    assert_eq!((sha256(&test.get(&path(4)).await.body), stored_bytes(&test).await), (digest.clone(), 300_000));
    assert_eq!(test.delete(&path(4)).await.status, StatusCode::ACCEPTED);
    assert_eq!(stored_bytes(&test).await, 0);
}

/// FLT-7.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_tag_moved_by_all_of_them_names_what_the_last_one_pushed() {
    let test = Arc::new(TestApp::new().await);
    test.push_blob("a", b"{}").await;
    let known: HashMap<String, String> = (0..=CLIENTS).map(|n| (sha256(manifest(n).as_bytes()), manifest(n))).collect();
    test.put_manifest("a", "latest", OCI_MANIFEST, &manifest(CLIENTS)).await;
    let (reader, readable) = (Arc::clone(&test), known.clone());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let reading = tokio::spawn(async move {
        let mut seen = 0;
        while stopped.is_empty() || seen == 0 {
            let answer = reader.get("/v2/a/manifests/latest").await;
            assert_eq!(answer.status, StatusCode::OK, "there is no gap between two");
            assert_eq!(Some(&answer.text()), readable.get(answer.header("docker-content-digest")));
            seen += 1;
        }
    });
    let writes = at_once(&test, |test, n| async move {
        let (digest, began) = (sha256(manifest(n).as_bytes()), Instant::now());
        let put = test.put_manifest("a", "latest", OCI_MANIFEST, &manifest(n)).await;
        assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
        (digest, began, Instant::now())
    });
    let writes = writes.await;
    stop.send(()).unwrap();
    reading.await.unwrap();
    let last = test.get("/v2/a/manifests/latest").await.header("docker-content-digest").to_owned();
    let (_, _, acknowledged) = writes.iter().find(|(digest, ..)| *digest == last).expect("it names what was pushed");
    assert!(writes.iter().all(|(_, began, _)| began < acknowledged), "nobody came after the last one");
    let next: HashMap<_, _> = history(&test).await.into_iter().collect();
    let (mut at, mut length) = (None, 0);
    while let Some(Some(digest)) = next.get(&at) {
        (at, length) = (Some(digest.clone()), length + 1);
    }
    assert_eq!((at, length, next.len()), (Some(last), CLIENTS + 1, CLIENTS + 1), "each move begins where one ended");
}

/// OCI-24 under load: of those who make it a condition that there is none, one comes first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_condition_holds_for_one_of_them() {
    let test = Arc::new(TestApp::new().await);
    test.push_blob("a", b"{}").await;
    let mut condition = ("if-none-match", "*".to_owned());
    for round in 0..2 {
        let answers = at_once(&test, |test, n| {
            let ((name, value), body) = (condition.clone(), manifest(1000 * round + n));
            async move {
                let headers = [("content-type", OCI_MANIFEST), (name, &*value)];
                (sha256(body.as_bytes()), test.ask("PUT", "/v2/a/manifests/v1", &headers, body).await.status)
            }
        });
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.await.into_iter().partition(|(_, status)| *status == StatusCode::CREATED);
        assert!(lost.iter().all(|(_, status)| *status == StatusCode::PRECONDITION_FAILED), "{lost:?}");
        assert_eq!(won.len(), 1, "{won:?}");
        assert_eq!(test.head("/v2/a/manifests/v1").await.header("docker-content-digest"), won[0].0);
        condition = ("if-match", format!("\"{}\"", won[0].0));
    }
}

/// SEC-44, as far as tags are immutable.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_immutable_tag_is_pushed_once_whoever_comes_with_it() {
    let test = Arc::new(TestApp::new().await);
    test.push_blob("team/a", b"{}").await;
    let rule = r#"{"scope":"team/*","tags":"v*","kind":"immutable"}"#;
    let set = test.call("POST", "/api/v1/protections", "application/json", rule).await;
    assert_eq!(set.status, StatusCode::CREATED, "{}", set.text());
    let answers = at_once(&test, |test, n| async move {
        let (body, digest) = (manifest(n), sha256(manifest(n).as_bytes()));
        let reference = if n % 2 == 0 { "v1".to_owned() } else { format!("{digest}?tag=also-{n}&tag=v1") };
        (digest, test.put_manifest("team/a", &reference, OCI_MANIFEST, &body).await)
    });
    let (won, lost): (Vec<_>, Vec<_>) =
        answers.await.into_iter().partition(|(_, answer)| answer.status == StatusCode::CREATED);
    assert!(won.len() == 1 && lost.iter().all(|(_, answer)| answer.refusal() == "403 DENIED"), "{}", won.len());
    assert_eq!(test.head("/v2/team/a/manifests/v1").await.header("docker-content-digest"), won[0].0);
    let tags = test.get("/v2/team/a/tags/list").await.json();
    let also = tags["tags"].as_array().unwrap().iter().filter(|tag| tag.as_str().unwrap().starts_with("also-")).count();
    assert!(also <= 1, "who lost set no other tag either: {tags}");
}

/// FLT-8.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tag_that_is_pushed_and_deleted_at_once_is_there_or_not() {
    let test = Arc::new(TestApp::new().await);
    test.push_blob("a", b"{}").await;
    for round in 0..3 {
        let answers = at_once(&test, |test, n| async move {
            match n % 3 {
                0 => test.delete("/v2/a/manifests/v1").await.status,
                1 => {
                    test.delete(&format!("/v2/a/manifests/{}", sha256(manifest(n - 1 + round).as_bytes()))).await.status
                }
                _ => test.put_manifest("a", "v1", OCI_MANIFEST, &manifest(n - 2 + round)).await.status,
            }
        });
        for (n, status) in answers.await.into_iter().enumerate() {
            let is_push = n % 3 == 2;
            assert!(if is_push { status == 201 } else { status == 202 || status == 404 }, "{n}: {status}");
        }
        let (listed, found) = (test.get("/v2/a/tags/list").await.json(), test.get("/v2/a/manifests/v1").await);
        let is_there = found.status == StatusCode::OK;
        assert_eq!(listed["tags"], if is_there { json!(["v1"]) } else { json!([]) });
        let (mut places, mut ends) = (HashMap::<Option<String>, i64>::new(), 0);
        for (from, to) in history(&test).await {
            *places.entry(to).or_default() += 1;
            *places.entry(from).or_default() -= 1;
            ends += 1;
        }
        let now = is_there.then(|| found.header("docker-content-digest").to_owned());
        places.retain(|_, times| *times != 0);
        let expected = now.map(|now| HashMap::from([(Some(now), 1), (None, -1)])).unwrap_or_default();
        assert_eq!((places, ends > 0), (expected, true), "the moves follow each other");
    }
}

/// FLT-9.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_named_while_it_is_deleted_stays_or_is_not_named() {
    let test = Arc::new(TestApp::new().await);
    test.push_blob("a", b"{}").await;
    let layer = |n: usize| format!("layer {n:02}");
    let image = move |n: usize| {
        let layer = json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": sha256(layer(n).as_bytes()), "size": 8});
        manifest(n).replace("\"layers\":[]", &format!("\"layers\":[{layer}]"))
    };
    let index = move |n: usize| {
        let (child, size) = (sha256(manifest(n).as_bytes()), manifest(n).len());
        json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [{"mediaType": OCI_MANIFEST, "digest": child, "size": size}]})
            .to_string()
    };
    for n in 0..CLIENTS / 2 {
        test.push_blob("a", layer(n).as_bytes()).await;
        test.put_manifest("a", &sha256(manifest(n).as_bytes()), OCI_MANIFEST, &manifest(n)).await;
    }
    let outcomes = at_once(&test, |test, n| async move {
        let (pair, is_push) = (n / 2, n % 2 == 0);
        let blob = format!("/v2/a/blobs/{}", sha256(layer(pair).as_bytes()));
        let child = format!("/v2/a/manifests/{}", sha256(manifest(pair).as_bytes()));
        if is_push {
            let image = test.put_manifest("a", &format!("image{pair}"), OCI_MANIFEST, &image(pair)).await;
            (image, test.put_manifest("a", &format!("index{pair}"), OCI_INDEX, &index(pair)).await)
        } else {
            (test.delete(&blob).await, test.delete(&child).await)
        }
    });
    let outcomes: Vec<(Answer, Answer)> = outcomes.await;
    for (pair, both) in outcomes.chunks(2).enumerate() {
        let [(image_put, index_put), (blob_deleted, child_deleted)] = both else { unreachable!("pairs") };
        let parts = [
            format!("blobs/{}", sha256(layer(pair).as_bytes())),
            format!("manifests/{}", sha256(manifest(pair).as_bytes())),
        ];
        let cases = [("image", image_put, blob_deleted, &parts[0]), ("index", index_put, child_deleted, &parts[1])];
        for (tag, put, deleted, part) in cases {
            let (tag, part) = (format!("/v2/a/manifests/{tag}{pair}"), format!("/v2/a/{part}"));
            let (named, held) = (test.get(&tag).await.status, test.get(&part).await.status);
            match put.status {
                StatusCode::CREATED => {
                    assert_eq!(deleted.refusal(), "403 DENIED", "{tag}");
                    assert_eq!((named, held), (StatusCode::OK, StatusCode::OK), "{tag} can be pulled");
                }
                _ => {
                    assert_eq!(
                        (put.refusal().as_str(), deleted.status),
                        ("400 MANIFEST_BLOB_UNKNOWN", StatusCode::ACCEPTED)
                    );
                    assert_eq!((named, held), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{tag}");
                }
            }
        }
    }
}

/// FLT-20.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn chunks_of_all_of_them_to_one_upload_do_not_mix() {
    let test = Arc::new(TestApp::new().await);
    let upload = test.call("POST", "/v2/a/blobs/uploads/", ANY, "").await.location();
    let chunk = |n: usize| vec![b'0' + n as u8; 100_000];
    let sent = at_once(&test, |test, n| {
        let (upload, bytes) = (upload.clone(), chunk(n));
        async move { test.call("PATCH", &upload, ANY, bytes).await }
    });
    let mut taken = Vec::new();
    for (n, answer) in sent.await.into_iter().enumerate() {
        if answer.status == StatusCode::ACCEPTED {
            let end: usize = answer.header("range").strip_prefix("0-").unwrap().parse().unwrap();
            taken.push((end, n));
        } else {
            assert_eq!(answer.refusal(), "409 BLOB_UPLOAD_INVALID");
        }
    }
    taken.sort_unstable();
    let mut whole: Vec<u8> = taken.iter().flat_map(|(_, n)| chunk(*n)).collect();
    assert!(!taken.is_empty() && taken.last().unwrap().0 + 1 == whole.len());

    let place = format!("{}-{}", whole.len(), whole.len() + 99_999);
    let again = at_once(&test, |test, n| {
        let (upload, place, bytes) = (upload.clone(), place.clone(), chunk(n));
        async move { test.ask("PATCH", &upload, &[("content-range", &place)], bytes).await.status.as_u16() }
    });
    let again = again.await;
    let winners: Vec<usize> = (0..CLIENTS).filter(|n| again[*n] == 202).collect();
    assert!(winners.len() == 1 && again.iter().all(|status| [202, 409, 416].contains(status)), "{again:?}");
    whole.extend(chunk(winners[0]));
    let digest = sha256(&whole);
    let finished = at_once(&test, |test, _| {
        let path = format!("{upload}?digest={digest}");
        async move { test.call("PUT", &path, ANY, "").await.status.as_u16() }
    });
    let finished = finished.await;
    assert_eq!(finished.iter().filter(|status| **status == 201).count(), 1, "one of them closes it: {finished:?}");
    assert!(finished.iter().all(|status| [201, 404, 409].contains(status)), "{finished:?}");
    assert!(test.get(&format!("/v2/a/blobs/{digest}")).await.body == whole);
}
