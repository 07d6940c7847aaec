//! What every registry does that can be written to. The hosted one is the first; it runs over each blob store.

use crate::support::{OCI_MANIFEST, START, decides, postgres, sha256, user};
use bytes::Bytes;
use futures::StreamExt;
use portolan::domain::action::{DeleteBlob, DeleteManifest, DeleteTag, Maintain, MountBlob, PushBlob, PushManifest};
use portolan::domain::condition::{Among, Condition};
use portolan::domain::digest::Algorithm;
use portolan::domain::error::{ContentProblem, What};
use portolan::domain::principal::Job;
use portolan::domain::view::MountKind;
use portolan::domain::{Action, Digest, Error, Reference, RepositoryName, Result, Role};
use portolan::server::access::{Access, Authorized, Caller, Policy, Standing};
use portolan::server::blobs::{BlobStore, FilesystemBlobs, MemoryBlobs};
use portolan::server::clock::ManualClock;
use portolan::server::entropy::SeededEntropy;
use portolan::server::events::Events;
use portolan::server::registry::hosted::{HostedParts, HostedRegistry};
use portolan::server::registry::{Chunk, Pushed, ReadRegistry, SentManifest, WriteRegistry};
use portolan::server::store::mounts::{self, Configured};
use portolan::server::store::{Location, Store};
use std::sync::Arc;

#[tokio::test]
async fn hosted_over_memory() {
    let folder = tempfile::tempdir().unwrap();
    suite(&hosted(&folder, Arc::new(MemoryBlobs::default())).await).await;
}

#[tokio::test]
async fn hosted_over_files() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FilesystemBlobs::open(&folder.path().join("blobs")).unwrap();
    suite(&hosted(&folder, Arc::new(blobs)).await).await;
}

async fn hosted(folder: &tempfile::TempDir, blobs: Arc<dyn BlobStore>) -> HostedRegistry {
    let (clock, entropy) = (Arc::new(ManualClock::new(START)), Arc::new(SeededEntropy::new(5)));
    let location = match postgres::schema_of_its_own().await {
        Some(url) => Location::Postgres(url),
        None => Location::Sqlite(folder.path().join("test.db")),
    };
    let store = Store::open(&location, clock.clone(), entropy.clone(), Events::default()).await.unwrap();
    let mount = Configured {
        id: "m1".to_owned(),
        prefix: Default::default(),
        kind: MountKind::Hosted,
        url: String::new(),
        below: None,
        refresh_s: None,
    };
    let proof = access().system(Job::Sweep, Maintain {});
    let configured = store.note(&proof, |tx| {
        Box::pin(async move { mounts::configure(tx, &[mount], START).await.map(|ids| ids[0].clone()) })
    });
    let mount_id = configured.await.unwrap();
    let keeps = access().system(Job::Collect, Maintain {});
    HostedRegistry::new(HostedParts {
        mount_id,
        store,
        blobs,
        clock,
        entropy,
        trash_days: 30,
        grace_ms: 86_400_000,
        keeps,
    })
}

fn access() -> Access {
    decides(Policy::Grants)
}

fn caller() -> Caller {
    let standing = Arc::new(Standing::with_role(user("mara"), Role::Admin));
    Caller { standing, request_id: "r1".to_owned(), address: String::new() }
}

fn name() -> RepositoryName {
    "team/web".parse().unwrap()
}

async fn proof<A: Action>(action: A) -> Authorized<A> {
    access().authorize(&caller(), action).await.unwrap()
}

async fn blob_proof(repository: RepositoryName) -> Authorized<PushBlob> {
    proof(PushBlob { repository }).await
}

fn chunk(start: Option<u64>, bytes: &'static [u8]) -> Chunk {
    let body = futures::stream::iter([Ok(Bytes::from_static(bytes))]).boxed();
    Chunk { start, length: Some(bytes.len() as u64), body }
}

fn sent(bytes: &Bytes, condition: Condition) -> SentManifest {
    SentManifest { media_type: Some(OCI_MANIFEST.to_owned()), bytes: bytes.clone(), condition, by_run: None }
}

fn digest(bytes: &[u8]) -> Digest {
    sha256(bytes).parse().unwrap()
}

async fn suite<R: ReadRegistry + WriteRegistry>(registry: &R) {
    chunks_come_in_order_and_become_content(registry).await;
    a_last_piece_that_is_not_whole_is_kept_and_goes_on(registry).await;
    a_wrong_digest_ends_an_upload(registry).await;
    an_upload_is_given_up_whole(registry).await;
    an_upload_is_known_in_its_repository_only(registry).await;
    a_manifest_waits_for_what_it_names_and_repeats_itself(registry).await;
    a_tag_goes_alone(registry).await;
    an_image_goes_with_its_tags(registry).await;
    a_blob_goes_when_no_image_names_it(registry).await;
    a_mount_links_what_its_source_has(registry).await;
    a_condition_that_does_not_hold_changes_nothing(registry).await;
}

const CONFIG: &[u8] = br#"{"os":"linux","architecture":"amd64"}"#;

/// The manifest of an image of one layer.
fn image(layer: &[u8]) -> Bytes {
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(CONFIG), "size": CONFIG.len()},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": sha256(layer), "size": layer.len()}],
    });
    manifest.to_string().into()
}

async fn push_tag<R: WriteRegistry>(registry: &R, tag: &str, image: &Bytes, condition: Condition) -> Result<Pushed> {
    let reference = Reference::Tag(tag.parse().unwrap());
    let proof = proof(PushManifest { repository: name(), reference, tags: vec![] }).await;
    registry.put_manifest(&proof, sent(image, condition)).await
}

/// An image with its parts, under these tags.
async fn push_image<R: WriteRegistry>(registry: &R, tags: &[&str], layer: &'static [u8]) -> (Bytes, Digest) {
    put(registry, CONFIG).await;
    put(registry, layer).await;
    let bytes = image(layer);
    for tag in tags {
        push_tag(registry, tag, &bytes, Condition::default()).await.unwrap();
    }
    (bytes.clone(), digest(&bytes))
}

async fn named<R: ReadRegistry>(registry: &R, tag: &str) -> Option<Digest> {
    registry.resolve(&name(), &Reference::Tag(tag.parse().unwrap())).await.unwrap()
}

async fn has_image<R: ReadRegistry>(registry: &R, digest: &Digest) -> bool {
    registry.manifest(&name(), &Reference::Digest(digest.clone())).await.unwrap().is_some()
}

async fn has_blob<R: ReadRegistry>(registry: &R, repository: &RepositoryName, content: &[u8]) -> bool {
    registry.blob(repository, &digest(content), None).await.unwrap().is_some()
}

async fn untag<R: WriteRegistry>(registry: &R, tag: &str, condition: Condition) -> Result<()> {
    registry.delete_tag(&proof(DeleteTag { repository: name(), tag: tag.parse().unwrap() }).await, condition).await
}

async fn put<R: WriteRegistry>(registry: &R, bytes: &'static [u8]) {
    let proof = blob_proof(name()).await;
    let upload = registry.start_upload(&proof, Algorithm::Sha256).await.unwrap();
    registry.finish_upload(&proof, &upload.id, Some(chunk(None, bytes)), &digest(bytes)).await.unwrap();
}

async fn chunks_come_in_order_and_become_content<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let proof = blob_proof(name()).await;
    let upload = registry.start_upload(&proof, Algorithm::Sha256).await.unwrap();
    assert_eq!(registry.append(&proof, &upload.id, chunk(Some(0), b"first ")).await.unwrap().received, 6);
    let early = registry.append(&proof, &upload.id, chunk(Some(9), b"third")).await;
    assert!(matches!(early, Err(Error::OutOfOrder { received: 6 })), "{early:?}");
    registry.append(&proof, &upload.id, chunk(Some(6), b"second")).await.unwrap();
    assert_eq!(registry.upload(&proof, &upload.id).await.unwrap().received, 12);
    registry.finish_upload(&proof, &upload.id, None, &digest(b"first second")).await.unwrap();
    let held = registry.blob(&name(), &digest(b"first second"), None).await.unwrap().unwrap();
    assert_eq!(held.size, 12);
    let again = registry.append(&proof, &upload.id, chunk(None, b"more")).await;
    assert!(matches!(again, Err(Error::NotFound(_))), "a finished upload is over");
}

async fn a_last_piece_that_is_not_whole_is_kept_and_goes_on<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let (proof, whole) = (blob_proof(name()).await, digest(b"one two"));
    let upload = registry.start_upload(&proof, Algorithm::Sha256).await.unwrap();
    let short = Chunk { length: Some(7), ..chunk(None, b"one ") };
    let short = registry.finish_upload(&proof, &upload.id, Some(short), &whole).await;
    assert!(matches!(short, Err(Error::Content { problem: ContentProblem::Size, .. })), "{short:?}");
    assert_eq!(registry.upload(&proof, &upload.id).await.unwrap().received, 4);
    let early = registry.finish_upload(&proof, &upload.id, Some(chunk(Some(0), b"one two")), &whole).await;
    assert!(matches!(early, Err(Error::OutOfOrder { received: 4 })), "{early:?}");
    registry.finish_upload(&proof, &upload.id, Some(chunk(Some(4), b"two")), &whole).await.unwrap();
    assert!(has_blob(registry, &name(), b"one two").await);
    assert!(matches!(registry.upload(&proof, &upload.id).await, Err(Error::NotFound(_))), "it is over");
}

async fn a_wrong_digest_ends_an_upload<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let proof = blob_proof(name()).await;
    let upload = registry.start_upload(&proof, Algorithm::Sha256).await.unwrap();
    registry.append(&proof, &upload.id, chunk(None, b"something")).await.unwrap();
    let claimed = digest(b"something else");
    let refused = registry.finish_upload(&proof, &upload.id, None, &claimed).await;
    assert!(matches!(refused, Err(Error::Content { .. })), "{refused:?}");
    assert!(registry.blob(&name(), &claimed, None).await.unwrap().is_none());
    assert!(registry.upload(&proof, &upload.id).await.is_err());
}

async fn an_upload_is_given_up_whole<R: WriteRegistry>(registry: &R) {
    let proof = blob_proof(name()).await;
    let upload = registry.start_upload(&proof, Algorithm::Sha256).await.unwrap();
    registry.append(&proof, &upload.id, chunk(None, b"unwanted")).await.unwrap();
    registry.cancel_upload(&proof, &upload.id).await.unwrap();
    assert!(matches!(registry.cancel_upload(&proof, &upload.id).await, Err(Error::NotFound(_))));
}

async fn an_upload_is_known_in_its_repository_only<R: WriteRegistry>(registry: &R) {
    let (proof, other) = (blob_proof(name()).await, blob_proof("team/api".parse().unwrap()).await);
    let upload = registry.start_upload(&proof, Algorithm::Sha256).await.unwrap();
    let strange = registry.append(&other, &upload.id, chunk(None, b"x")).await;
    assert!(matches!(strange, Err(Error::NotFound(_))), "{strange:?}");
    registry.cancel_upload(&proof, &upload.id).await.unwrap();
}

async fn a_manifest_waits_for_what_it_names_and_repeats_itself<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let layer: &[u8] = b"a layer of its own";
    let (bytes, tag) = (image(layer), Reference::Tag("1.0".parse().unwrap()));
    let early = push_tag(registry, "1.0", &bytes, Condition::default()).await;
    assert!(matches!(early, Err(Error::MissingParts(_))), "{early:?}");
    assert!(registry.resolve(&name(), &tag).await.unwrap().is_none(), "nothing of it is there");
    put(registry, CONFIG).await;
    put(registry, layer).await;
    for _ in 0..2 {
        let pushed = push_tag(registry, "1.0", &bytes, Condition::default()).await.unwrap();
        assert_eq!(pushed.digest, digest(&bytes));
        assert_eq!(registry.manifest(&name(), &tag).await.unwrap().unwrap().bytes, bytes);
    }
}

async fn a_tag_goes_alone<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let (_, image) = push_image(registry, &["unwanted", "wanted"], b"an image of two names").await;
    untag(registry, "unwanted", Condition::default()).await.unwrap();
    assert_eq!(named(registry, "unwanted").await, None);
    assert_eq!(named(registry, "wanted").await, Some(image.clone()));
    untag(registry, "wanted", Condition::default()).await.unwrap();
    assert!(has_image(registry, &image).await, "an image needs no name");
    let again = untag(registry, "wanted", Condition::default()).await;
    assert!(matches!(again, Err(Error::NotFound(What::Tag { .. }))), "{again:?}");
}

async fn an_image_goes_with_its_tags<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let (_, image) = push_image(registry, &["doomed", "doomed-too"], b"an image that goes").await;
    let (_, other) = push_image(registry, &["spared"], b"an image that stays").await;
    let proof = proof(DeleteManifest { repository: name(), digest: image.clone() }).await;
    registry.delete_manifest(&proof).await.unwrap();
    assert!(!has_image(registry, &image).await);
    for (tag, digest) in [("doomed", None), ("doomed-too", None), ("spared", Some(other))] {
        assert_eq!(named(registry, tag).await, digest, "{tag}");
    }
    assert!(has_blob(registry, &name(), b"an image that goes").await, "its layer stays");
    let again = registry.delete_manifest(&proof).await;
    assert!(matches!(again, Err(Error::NotFound(What::Manifest { .. }))), "{again:?}");
}

async fn a_blob_goes_when_no_image_names_it<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let layer = b"a layer in use";
    let (_, image) = push_image(registry, &["user"], layer).await;
    let blob = proof(DeleteBlob { repository: name(), digest: digest(layer) }).await;
    let in_use = registry.delete_blob(&blob).await;
    assert_eq!(in_use, Err(Error::InUse { digest: digest(layer), by: vec![image.clone()] }));
    assert!(has_blob(registry, &name(), layer).await);
    registry.delete_manifest(&proof(DeleteManifest { repository: name(), digest: image }).await).await.unwrap();
    registry.delete_blob(&blob).await.unwrap();
    assert!(!has_blob(registry, &name(), layer).await);
    assert!(has_blob(registry, &name(), CONFIG).await, "other images name the other part");
    let again = registry.delete_blob(&blob).await;
    assert!(matches!(again, Err(Error::NotFound(What::Blob { .. }))), "{again:?}");
}

async fn a_mount_links_what_its_source_has<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let (target, blob) = ("team/target".parse::<RepositoryName>().unwrap(), b"a blob for two");
    put(registry, blob).await;
    let mount = |from: RepositoryName, content: &[u8]| {
        proof(MountBlob { repository: target.clone(), from, digest: digest(content) })
    };
    for (from, content) in [("team/nothing", &blob[..]), ("team/target", blob), ("team/web", b"a blob of nobody")] {
        let proof = mount(from.parse().unwrap(), content).await;
        assert_eq!(registry.mount_blob(&proof).await, Ok(false), "{from} does not have it");
        assert!(!has_blob(registry, &target, content).await);
    }
    for _ in 0..2 {
        assert_eq!(registry.mount_blob(&mount(name(), blob).await).await, Ok(true));
        assert!(has_blob(registry, &target, blob).await && has_blob(registry, &name(), blob).await);
    }
    let deletion = proof(DeleteBlob { repository: name(), digest: digest(blob) }).await;
    registry.delete_blob(&deletion).await.unwrap();
    assert!(has_blob(registry, &target, blob).await, "a link of its own");
}

async fn a_condition_that_does_not_hold_changes_nothing<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let (_, first) = push_image(registry, &["held"], b"what is seen").await;
    let (next, second) = push_image(registry, &[], b"what comes next").await;
    let is = |digest: &Digest| Condition { matches: Some(Among::These(vec![digest.clone()])), differs: None };
    let is_there = Condition { matches: Some(Among::Any), differs: None };
    let is_new = Condition { matches: None, differs: Some(Among::Any) };
    let changed = |current: Option<&Digest>| Error::Changed { current: current.cloned() };
    for (tag, condition, current) in
        [("held", is(&second), Some(&first)), ("held", is_new.clone(), Some(&first)), ("new", is_there, None)]
    {
        assert_eq!(push_tag(registry, tag, &next, condition).await, Err(changed(current)), "{tag}");
        assert_eq!(named(registry, tag).await.as_ref(), current, "{tag}");
        assert!(!has_image(registry, &second).await, "nothing of the push is kept");
    }
    assert_eq!(untag(registry, "held", is(&second)).await, Err(changed(Some(&first))));
    assert_eq!(named(registry, "held").await, Some(first.clone()));
    push_tag(registry, "held", &next, is(&first)).await.unwrap();
    push_tag(registry, "new", &next, is_new).await.unwrap();
    untag(registry, "held", is(&second)).await.unwrap();
    assert_eq!((named(registry, "held").await, named(registry, "new").await), (None, Some(second)));
}
