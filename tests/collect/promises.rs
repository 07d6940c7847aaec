//! What a client was told stays for as long as its push may take; what comes again is there, whatever was about to
//! happen to it.

use super::{A_WHILE_MS, BY_HAND, NOTHING_IS_KEPT, files, n_staged, pulls, run, texts};
use crate::support::{OCI_INDEX, OCI_MANIFEST, START, TestApp, choices, decides, eventually, sha256, user};
use axum::body::Bytes;
use futures::StreamExt;
use futures::stream::iter;
use portolan::domain::action::{Maintain, PushBlob};
use portolan::domain::digest::Algorithm;
use portolan::domain::principal::Job;
use portolan::domain::{Error, Role};
use portolan::server::access::{Caller, Policy, Standing};
use portolan::server::clock::ManualClock;
use portolan::server::service::push::{self, Chunk};
use std::sync::Arc;
use tokio::sync::oneshot;

const HOUR_MS: i64 = 3_600_000;

async fn with(config: &str) -> (TestApp, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    (TestApp::build(config, choices(Policy::Grants, clock.clone())).await, clock)
}

/// FLT-11: blobs that no image ever named are old. Who asks for them and is told that they are there can push what
/// names them; of what nobody asked for, nobody is told any more, and its bytes are gone.
#[tokio::test]
async fn a_blob_of_which_somebody_was_told_stays_until_they_pushed_what_names_it() {
    let (mut test, clock) = with(BY_HAND).await;
    let _running = test.start_jobs().await;
    let (told, untold) = (test.image("team/web", "amd64", b"told").await, test.image("team/web", "arm64", b"no").await);
    clock.advance_ms(11 * HOUR_MS);
    let digests = |image: &str| -> Vec<String> {
        let image: serde_json::Value = serde_json::from_str(image).unwrap();
        let of = |it: &serde_json::Value| it["digest"].as_str().unwrap().to_owned();
        vec![of(&image["config"]), of(&image["layers"][0])]
    };
    for digest in digests(&told) {
        assert_eq!(test.head(&format!("/v2/team/web/blobs/{digest}")).await.status, 200);
    }
    clock.advance_ms(23 * HOUR_MS);
    assert!(run(&test).await.contains("links of blobs: 0;"), "a day is not over since then");
    for digest in digests(&told) {
        assert_eq!(test.head(&format!("/v2/team/web/blobs/{digest}")).await.status, 200);
    }
    clock.advance_ms(23 * HOUR_MS);
    assert!(run(&test).await.contains("links of blobs: 2; blobs: 2,"));
    for digest in digests(&untold) {
        assert_eq!(test.head(&format!("/v2/team/web/blobs/{digest}")).await.status, 404);
        assert!(!files(test.folder.path()).contains(&digest), "its bytes are free");
    }
    let refused = test.put_manifest("team/web", "untold", OCI_MANIFEST, &untold).await;
    assert_eq!(refused.refusal(), "400 MANIFEST_BLOB_UNKNOWN", "before it is acknowledged");
    assert_eq!(test.put_manifest("team/web", "told", OCI_MANIFEST, &told).await.status, 201);
    clock.advance_ms(100 * 24 * HOUR_MS);
    run(&test).await;
    pulls(&test, "team/web", "told").await;
    test.image("team/web", "arm64", b"no").await;
    assert_eq!(
        test.put_manifest("team/web", "untold", OCI_MANIFEST, &untold).await.status,
        201,
        "it can be sent again"
    );
    pulls(&test, "team/web", "untold").await;
}

/// The same for an image by its digest, for a blob that is mounted, and for one that is sent once more.
#[tokio::test]
async fn who_asks_mounts_or_sends_again_can_count_on_it() {
    let (mut test, clock) = with(NOTHING_IS_KEPT).await;
    let _running = test.start_jobs().await;
    let image = test.push_image("team/web", "1", "amd64", b"layer").await;
    let (mounted, again) = (test.push_blob("team/web", b"mounted").await, test.push_blob("team/web", b"again").await);
    assert_eq!(test.delete("/v2/team/web/manifests/1").await.status, 202);
    clock.advance_ms(A_WHILE_MS);
    assert_eq!(test.head(&format!("/v2/team/web/manifests/{image}")).await.status, 200);
    let mount = format!("/v2/team/api/blobs/uploads/?mount={mounted}&from=team/web");
    assert_eq!(test.call("POST", &mount, "", "").await.status, 201);
    test.push_blob("team/web", b"again").await;
    let said = run(&test).await;
    assert!(said.contains("images: 0; links of blobs: 1;"), "the source of the mount alone: {said}");
    assert_eq!(test.get(&format!("/v2/team/api/blobs/{mounted}")).await.text(), "mounted");
    assert_eq!(test.get(&format!("/v2/team/web/blobs/{again}")).await.text(), "again");
    pulls(&test, "team/web", &image).await;
    clock.advance_ms(A_WHILE_MS);
    let said = run(&test).await;
    assert!(said.contains("images: 1; links of blobs: 4;"), "{said}");
    assert!(files(test.folder.path()).is_empty(), "and for no longer");
    assert_eq!(test.head(&format!("/v2/team/web/manifests/{image}")).await.status, 404);
}

/// The image of an index, of which somebody is told or that is acknowledged again, stays when the index goes
/// right after it; what nobody asked for goes with it in one run.
#[tokio::test]
async fn a_part_of_an_index_of_which_somebody_was_told_outlives_it() {
    let (mut test, clock) = with(NOTHING_IS_KEPT).await;
    let _running = test.start_jobs().await;
    let mut parts = Vec::new();
    for layer in ["told", "again", "third", "untold"] {
        let image = test.image("team/web", "amd64", layer.as_bytes()).await;
        assert_eq!(test.put_manifest("team/web", &sha256(image.as_bytes()), OCI_MANIFEST, &image).await.status, 201);
        parts.push(image);
    }
    let listed = parts.iter().map(
        |part| serde_json::json!({"mediaType": OCI_MANIFEST, "digest": sha256(part.as_bytes()), "size": part.len()}),
    );
    let index = |listed: Vec<serde_json::Value>| {
        serde_json::json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}).to_string()
    };
    let old = index(listed.clone().collect());
    assert_eq!(test.put_manifest("team/web", "1", OCI_INDEX, &old).await.status, 201);
    assert_eq!(test.delete("/v2/team/web/manifests/1").await.status, 202);
    clock.advance_ms(A_WHILE_MS);
    let digests: Vec<String> = parts.iter().map(|part| sha256(part.as_bytes())).collect();
    assert_eq!(test.head(&format!("/v2/team/web/manifests/{}", digests[0])).await.status, 200);
    assert_eq!(test.put_manifest("team/web", &digests[1], OCI_MANIFEST, &parts[1]).await.status, 201);
    let said = run(&test).await;
    assert!(said.contains("images: 3;"), "the index and two parts: {said}");
    let new = index(listed.take(2).collect());
    assert_eq!(test.put_manifest("team/web", "2", OCI_INDEX, &new).await.status, 201, "as it was promised");
    pulls(&test, "team/web", "2").await;
    assert_eq!(test.head(&format!("/v2/team/web/manifests/{}", digests[3])).await.status, 404);
}

/// What was acknowledged again after its last tag went is kept, as anything that is pushed by its digest is.
#[tokio::test]
async fn an_image_that_is_pushed_again_by_its_digest_is_wanted() {
    let (mut test, clock) = with(NOTHING_IS_KEPT).await;
    let _running = test.start_jobs().await;
    let image = test.image("team/web", "amd64", b"layer").await;
    test.put_manifest("team/web", "1", OCI_MANIFEST, &image).await;
    test.delete("/v2/team/web/manifests/1").await;
    let digest = sha256(image.as_bytes());
    assert_eq!(test.put_manifest("team/web", &digest, OCI_MANIFEST, &image).await.status, 201);
    clock.advance_ms(A_WHILE_MS);
    run(&test).await;
    pulls(&test, "team/web", &digest).await;
}

/// A copy that ended without a name for what it brought lets go of it; not of what somebody pushed by its digest since.
#[tokio::test]
async fn what_a_copy_left_and_somebody_pushed_by_its_digest_is_wanted() {
    let (mut test, clock) = with(NOTHING_IS_KEPT).await;
    let _running = test.start_jobs().await;
    let (wanted, left) = (test.image("team/web", "amd64", b"one").await, test.image("team/web", "arm64", b"two").await);
    let push = async |image: &str| {
        let digest = sha256(image.as_bytes());
        assert_eq!(test.put_manifest("team/web", &digest, OCI_MANIFEST, image).await.status, 201);
        digest
    };
    let (digest, _) = (push(&wanted).await, push(&left).await);
    let brought =
        "INSERT INTO job_images (run_id, repository_id, digest) SELECT 'over', repository_id, digest FROM manifests";
    crate::identity::run(&test, brought).await;
    push(&wanted).await;
    clock.advance_ms(A_WHILE_MS);
    let said = run(&test).await;
    assert!(said.contains("images: 1;"), "the other one: {said}");
    pulls(&test, "team/web", &digest).await;
}

/// A push of the same bytes between the two steps of their removal, and a run that was cut off between them.
#[tokio::test]
async fn bytes_that_come_again_between_the_two_steps_of_their_removal_stay() {
    let (mut test, clock) = with(NOTHING_IS_KEPT).await;
    let (again, gone) = (test.push_blob("team/web", b"again").await, test.push_blob("team/web", b"gone").await);
    crate::identity::run(&test, "DELETE FROM repository_blobs").await;
    crate::identity::run(&test, "UPDATE blobs SET deleting_at = 1").await;
    let name = gone.strip_prefix("sha256:").unwrap();
    let content = test.folder.path().join("blobs/sha256").join(&name[..2]).join(name);
    std::fs::rename(content, test.folder.path().join("staging/aside-00")).unwrap();
    assert_eq!(test.push_blob("team/web", b"again").await, again);
    let _running = test.start_jobs().await;
    let said = run(&test).await;
    assert!(said.contains("blobs: 1, of"), "{said}");
    assert_eq!(test.get(&format!("/v2/team/web/blobs/{again}")).await.text(), "again");
    assert_eq!(files(test.folder.path()), [again].into());
    assert_eq!(n_staged(test.folder.path()), 0, "what was put aside is freed");
    clock.advance_ms(A_WHILE_MS);
    run(&test).await;
    assert!(texts(&test, "SELECT digest FROM blobs").await.is_empty() && files(test.folder.path()).is_empty());
}

/// No link is left without its bytes by whoever goes away between the two, such as a copy that is paused: until the link is
/// there the upload is in use, and nobody removes what it brought.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_ends_as_a_whole_when_whoever_asked_goes_away() {
    let test = TestApp::new().await;
    let (app, digest) = (&test.app, sha256(b"late"));
    test.push_blob("team/web", b"first").await;
    let standing = Arc::new(Standing::with_role(user("mara"), Role::Admin));
    let caller = Caller { standing, request_id: String::new(), address: String::new() };
    let action = || PushBlob { repository: "team/web".parse().unwrap() };
    let proof = async || app.access.authorize(&caller, action()).await.unwrap();
    let chunk = |start| Chunk { start, length: None, body: iter([Ok(Bytes::from_static(b"late"))]).boxed() };
    let upload = push::start(app, &proof().await, Algorithm::Sha256).await.unwrap();
    push::append(app, &proof().await, &upload.id, chunk(None)).await.unwrap();
    let (begins, began) = oneshot::channel();
    let (go_on, held) = oneshot::channel::<()>();
    let (store, keeps) = (app.store.clone(), decides(Policy::Grants).system(Job::Run, Maintain {}));
    let holding = tokio::spawn(async move {
        let hold = store.note(&keeps, |tx| {
            Box::pin(async move {
                tx.lock("team/web").await?;
                begins.send(()).unwrap();
                held.await.map_err(|_| Error::Internal)
            })
        });
        hold.await
    });
    began.await.unwrap();
    let (own, wanted) = (proof().await, digest.parse().unwrap());
    tokio::select! {
        done = push::finish(app, own, &upload.id, None, &wanted) => panic!("nothing can be written: {done:?}"),
        () = eventually("the bytes are in their place", async || files(test.folder.path()).contains(&digest)) => {}
    }
    let busy = push::append(app, &proof().await, &upload.id, chunk(Some(9))).await;
    assert!(matches!(busy, Err(Error::Conflict(_))), "{busy:?}");
    go_on.send(()).unwrap();
    holding.await.unwrap().unwrap();
    let path = format!("/v2/team/web/blobs/{digest}");
    eventually("it is linked", async || test.get(&path).await.status == 200).await;
}

/// FLT-36: a repository is deleted while somebody pushes to it. What was acknowledged before goes, what comes after is
/// in a new one of its name, and no bytes are left of what is gone.
#[tokio::test]
async fn a_repository_that_is_deleted_under_a_push_leaves_nothing_behind() {
    let (mut test, clock) = with(NOTHING_IS_KEPT).await;
    let _running = test.start_jobs().await;
    test.push_image("team/web", "old", "amd64", b"old").await;
    let image = test.image("team/web", "arm64", b"on its way").await;
    assert_eq!(test.delete("/api/v1/r/team/web").await.status, 204);
    let refused = test.put_manifest("team/web", "new", OCI_MANIFEST, &image).await;
    assert_eq!(refused.refusal(), "400 MANIFEST_BLOB_UNKNOWN", "the new repository is empty");
    clock.advance_ms(A_WHILE_MS);
    run(&test).await;
    assert!(files(test.folder.path()).is_empty());
    let kept = ["trash", "deleted_repositories", "gone_repositories"];
    for table in ["tags", "manifests", "manifest_edges", "repository_blobs", "tag_moves"].into_iter().chain(kept) {
        let left = super::rows(&test, &format!("SELECT 1 FROM {table}")).await;
        assert!(left.is_empty(), "{table}");
    }
    let image = test.image("team/web", "arm64", b"on its way").await;
    assert_eq!(test.put_manifest("team/web", "new", OCI_MANIFEST, &image).await.status, 201);
    assert_eq!(test.get("/v2/team/web/tags/list").await.json()["tags"], serde_json::json!(["new"]));
    pulls(&test, "team/web", "new").await;
}
