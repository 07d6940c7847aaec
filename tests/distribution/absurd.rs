//! Content that is absurd: it is refused or taken soon, and no other request notices.

use crate::support::{OCI_MANIFEST, TestApp, sha256};
use axum::http::StatusCode;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest that something absurd may take, on a busy machine without optimization.
const SOON: Duration = Duration::from_secs(20);

/// An image of these layers.
fn absurd(config_size: u64, layers: &str) -> String {
    let config = sha256(b"{}");
    format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":{config_size}}},"layers":[{layers}]}}"#
    )
}

/// So many layers, each another one, that live elsewhere.
fn layers(n: usize) -> String {
    let layer = |n: usize| {
        let digest = sha256(n.to_string().as_bytes());
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar","digest":"{digest}","size":1,"urls":["x"]}}"#
        )
    };
    (0..n).map(layer).collect::<Vec<_>>().join(",")
}

/// SEC-20, what there is of it in manifests.
#[tokio::test]
async fn absurd_manifests_are_refused_before_they_cost_much() {
    let test = TestApp::new().await;
    test.push_blob("a", b"{}").await;
    let plain = absurd(2, "");
    let with = |extra: String| plain.replacen('{', &format!("{{{extra},"), 1);
    let deep = |open: &str, close: &str| with(format!(r#""x":{}1{}"#, open.repeat(100_000), close.repeat(100_000)));
    let same = |n: usize| absurd(2, &vec![layers(1); n].join(","));
    for (what, manifest, refusal) in [
        ("lists in lists", deep("[", "]"), "400 MANIFEST_INVALID"),
        ("objects in objects", deep("{\"x\":", "}"), "400 MANIFEST_INVALID"),
        ("nothing but openings", "[".repeat(4_000_000), "400 MANIFEST_INVALID"),
        ("100,000 layers", same(100_000), "413 MANIFEST_INVALID"),
        ("as many layers as fit", same(20_000), "400 MANIFEST_INVALID"),
        ("one layer too many", absurd(2, &layers(1_001)), "400 MANIFEST_INVALID"),
        ("a config of 1 GB", absurd(1 << 30, ""), "400 SIZE_INVALID"),
        (
            "more bytes than there are",
            same(1).replace("\"size\":1", "\"size\":18446744073709551615"),
            "400 MANIFEST_INVALID",
        ),
    ] {
        let started = Instant::now();
        assert_eq!(test.put_manifest("a", "absurd", OCI_MANIFEST, &manifest).await.refusal(), refusal, "{what}");
        assert!(started.elapsed() < SOON, "{what}: {:?}", started.elapsed());
    }
}

/// SEC-20: nothing bounds them but the size of the manifest.
#[tokio::test]
async fn a_manifest_of_nothing_but_annotations_is_taken_soon() {
    let test = TestApp::new().await;
    test.push_blob("a", b"{}").await;
    let notes = (0..200_000).map(|n| format!(r#""{n}":"""#)).collect::<Vec<_>>().join(",");
    let manifest = absurd(2, "").replacen('{', &format!(r#"{{"annotations":{{{notes}}},"#), 1);
    let started = Instant::now();
    let put = test.put_manifest("a", "annotated", OCI_MANIFEST, &manifest).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

/// SEC-20: the largest that is taken. Who had to wait for each would be answered twice beside it: before it
/// has begun, and when it ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_of_a_thousand_parts_holds_no_reader_up() {
    const N_PUSHES: usize = 5;
    let test = Arc::new(TestApp::new().await);
    test.push_blob("a", b"{}").await;
    assert_eq!(test.put_manifest("a", "small", OCI_MANIFEST, &absurd(2, "")).await.status, StatusCode::CREATED);
    let pusher = Arc::clone(&test);
    let pushes = tokio::spawn(async move {
        for n in 0..N_PUSHES {
            let many = absurd(2, &layers(1_000 - n));
            let put = pusher.put_manifest("a", "many", OCI_MANIFEST, &many).await;
            assert_eq!(put.status, StatusCode::CREATED, "{}", put.text());
        }
    });
    let mut n_reads = 0;
    while !pushes.is_finished() {
        assert_eq!(test.get("/v2/a/manifests/small").await.status, StatusCode::OK);
        n_reads += 1;
        tokio::task::yield_now().await;
    }
    pushes.await.unwrap();
    assert!(n_reads > 2 * N_PUSHES, "{n_reads} readers were answered beside {N_PUSHES} pushes");
}

/// SEC-20: who pushes many of the largest at once has one of them in the line of writers.
#[tokio::test]
async fn large_manifests_at_once_hold_no_other_writer_up() {
    let test = TestApp::new().await;
    test.push_blob("a", b"{}").await;
    let many = layers(1_000);
    let push = async |n: usize| {
        let manifest = absurd(2, &many).replacen('{', &format!(r#"{{"annotations":{{"n":"{n}"}},"#), 1);
        test.put_manifest("a", &format!("many-{n}"), OCI_MANIFEST, &manifest).await.status
    };
    let mut pushes: FuturesUnordered<_> = (0..8).map(&push).collect();
    assert_eq!(pushes.next().await, Some(StatusCode::CREATED));
    let manifest = absurd(2, "");
    let mut small = Box::pin(test.put_manifest("a", "small", OCI_MANIFEST, &manifest).into_stream());
    let mut n_before = 0;
    loop {
        tokio::select! {
            answer = small.next() => {
                assert_eq!(answer.unwrap().status, StatusCode::CREATED);
                break;
            }
            Some(status) = pushes.next() => assert_eq!(status, StatusCode::CREATED),
        }
        n_before += 1;
    }
    assert!(n_before <= 3, "{n_before} of the seven that were there came before it");
}

/// SEC-20: the configuration is read only if it has the size that the manifest states.
#[tokio::test]
async fn a_configuration_is_what_the_manifest_says_or_refused() {
    let test = TestApp::new().await;
    let large = vec![b' '; 2 * 1024 * 1024];
    let digest = test.push_blob("a", &large).await;
    let image = |size: usize| {
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": size}})
        .to_string()
    };
    assert_eq!(test.put_manifest("a", "v1", OCI_MANIFEST, &image(2)).await.refusal(), "400 SIZE_INVALID");
    let put = test.put_manifest("a", "v1", OCI_MANIFEST, &image(large.len())).await;
    assert_eq!(put.status, StatusCode::CREATED, "what is too large to be shown is not read: {}", put.text());
}

/// SEC-20: nor does a configuration exhaust the stack of whoever reads it.
#[tokio::test]
async fn a_configuration_without_bottom_is_taken_and_not_shown() {
    let test = TestApp::new().await;
    for (tag, open, close) in [("lists", "[", "]"), ("objects", "{\"x\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        for (place, config) in [
            ("beside", format!(r#"{{"os":"linux","architecture":"amd64","x":{deep}}}"#)),
            ("among-ports", format!(r#"{{"config":{{"ExposedPorts":{{"80/tcp":{deep}}}}}}}"#)),
            ("among-labels", format!(r#"{{"config":{{"Labels":{{"x":{deep}}}}}}}"#)),
            ("whole", deep.clone()),
        ] {
            let digest = test.push_blob("a", config.as_bytes()).await;
            let manifest = absurd(config.len() as u64, "").replace(&sha256(b"{}"), &digest);
            let (tag, started) = (format!("{tag}-{place}"), Instant::now());
            let put = test.put_manifest("a", &tag, OCI_MANIFEST, &manifest).await;
            assert_eq!(put.status, StatusCode::CREATED, "{tag}: {}", put.text());
            assert_eq!(test.get(&format!("/r/a/-/tags/{tag}")).await.status, StatusCode::OK, "{tag}");
            assert_eq!(test.get(&format!("/v2/a/blobs/{digest}")).await.text(), config, "it can be pulled");
            assert!(started.elapsed() < SOON, "{tag}: {:?}", started.elapsed());
        }
    }
    assert_eq!(test.get("/r/a").await.status, StatusCode::OK);
}
