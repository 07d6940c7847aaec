//! How long a copy will go on, and what is said of one that ends before it is done.

use super::meanwhile::{begin, nina};
use super::{World, ask, fill, step_of};
use crate::jobs::over;
use crate::support::{OCI_MANIFEST, sha256};
use crate::tags::send;
use serde_json::{Value, json};

/// One layer that is nearly all of an image takes nearly all of the time, however many small ones there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_of_a_copy_is_told_by_bytes() {
    let world = World::new().await;
    let layers: Vec<Vec<u8>> = (0..10).map(|n| vec![n; 50]).chain([vec![77; 500_000]]).collect();
    let mut listed = Vec::new();
    for layer in &layers {
        let digest = world.here.push_blob("team/web", layer).await;
        listed.push(
            json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": layer.len()}),
        );
    }
    let config = world.here.push_blob("team/web", b"{}").await;
    let config = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2});
    for (tag, about) in [("1.0", "one"), ("1.1", "other")] {
        let image = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example",
            "config": config, "layers": listed, "annotations": {"about": about}});
        let put = world.here.put_manifest("team/web", tag, OCI_MANIFEST, &image.to_string()).await;
        assert_eq!(put.status, 201, "{}", put.text());
    }
    let large = sha256(&layers[10]);
    let id = world.ask("team/web", json!({"tags": ["1.0", "1.1"], "to": "up/web"})).await;
    let left = async || -> (u64, Option<u64>) {
        let job = world.job(&id).await;
        (job["done"].as_u64().unwrap(), job["left_s"].as_u64())
    };
    // Each piece takes six seconds.
    while left().await.0 < 11 {
        assert_eq!(step_of(&world.here, &id, 6_000).await, Ok(false));
    }
    assert!(!world.job(&id).await["log"].to_string().contains(&large), "the large one is to come");
    let (_, before) = left().await;
    assert!(before.is_some_and(|left_s| left_s > 3600), "most bytes are to come: {before:?}");
    assert_eq!(step_of(&world.here, &id, 600_000).await, Ok(false));
    let (_, after) = left().await;
    // What the other image has in common with it is no byte more.
    assert!(after.is_some_and(|left_s| left_s < 5), "all bytes are there: {after:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_ends_before_it_is_done_says_how_far_it_came() {
    for is_signed_out in [true, false] {
        let mut world = World::new().await;
        fill(&world.here, "team/web", "1.0").await;
        let (nina, grants) = nina(&world).await;
        let id = ask(&nina, "team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
        begin(&world, &id).await;
        let before = world.job(&id).await;
        let (n_done, n_total) = (before["done"].as_u64().unwrap(), before["total"].as_u64().unwrap());
        assert!(n_done > 0 && n_done < n_total, "{before}");
        let far = format!("{n_done} of {n_total} parts were done");
        let (method, path, body) = match is_signed_out {
            true => ("PATCH", "/api/v1/users/nina".to_owned(), json!({"disabled": true})),
            false => ("DELETE", format!("/api/v1/grants/{}", grants[0]), Value::Null),
        };
        let taken = send(&world.here, method, &path, body).await;
        assert!(taken.status.is_success(), "{}", taken.text());
        let _jobs = world.base.start_jobs().await;
        let job = over(&world.here, &id).await;
        let error = job["error"].as_str().unwrap();
        match is_signed_out {
            true => assert_eq!(
                error,
                format!("whoever asked for it was signed out everywhere since, when {far}; ask for it again")
            ),
            false => assert!(error.starts_with(&format!("{far}: ")) && job["state"] == "failed", "{job}"),
        }
    }
}
