//! What every registry does that can be written to. The hosted one is the first; it runs over each blob store.

use crate::support::{OCI_MANIFEST, START, sha256};
use bytes::Bytes;
use futures::StreamExt;
use portolan::domain::action::{Maintain, PushBlob, PushManifest};
use portolan::domain::condition::Condition;
use portolan::domain::digest::Algorithm;
use portolan::domain::principal::Job;
use portolan::domain::view::MountKind;
use portolan::domain::{Actor, Digest, Error, Reference, RepositoryName};
use portolan::server::access::{Access, Authorized, Caller, Policy};
use portolan::server::blobs::{BlobStore, FilesystemBlobs, MemoryBlobs};
use portolan::server::clock::ManualClock;
use portolan::server::entropy::SeededEntropy;
use portolan::server::events::Events;
use portolan::server::registry::hosted::{HostedParts, HostedRegistry};
use portolan::server::registry::{Chunk, ReadRegistry, SentManifest, WriteRegistry};
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
    let location = Location::Sqlite(folder.path().join("test.db"));
    let store = Store::open(&location, clock.clone(), entropy.clone(), Events::default()).await.unwrap();
    let mount = Configured {
        id: "m1".to_owned(),
        prefix: Default::default(),
        kind: MountKind::Hosted,
        url: String::new(),
        refresh_s: None,
    };
    let proof = access().system(Job::Sweep, Maintain {});
    let configured = store
        .note(&proof, |tx| Box::pin(async move { mounts::configure(tx, &[mount]).await.map(|ids| ids[0].clone()) }));
    let mount_id = configured.await.unwrap();
    HostedRegistry::new(HostedParts { mount_id, store, blobs, clock, entropy })
}

fn access() -> Access {
    Access::new(Policy::OpenOnLoopback, |_| {})
}

fn caller() -> Caller {
    Caller { actor: Actor::Anonymous, request_id: "r1".to_owned() }
}

fn name() -> RepositoryName {
    "team/web".parse().unwrap()
}

async fn blob_proof(repository: RepositoryName) -> Authorized<PushBlob> {
    access().authorize(&caller(), PushBlob { repository }).await.unwrap()
}

fn chunk(start: Option<u64>, bytes: &'static [u8]) -> Chunk {
    let body = futures::stream::iter([Ok(Bytes::from_static(bytes))]).boxed();
    Chunk { start, length: Some(bytes.len() as u64), body }
}

fn sent(bytes: &Bytes) -> SentManifest {
    SentManifest { media_type: Some(OCI_MANIFEST.to_owned()), bytes: bytes.clone(), condition: Condition::default() }
}

fn digest(bytes: &[u8]) -> Digest {
    sha256(bytes).parse().unwrap()
}

async fn suite<R: ReadRegistry + WriteRegistry>(registry: &R) {
    chunks_come_in_order_and_become_content(registry).await;
    a_wrong_digest_ends_an_upload(registry).await;
    an_upload_is_given_up_whole(registry).await;
    an_upload_is_known_in_its_repository_only(registry).await;
    a_manifest_waits_for_what_it_names_and_repeats_itself(registry).await;
}

async fn put<R: WriteRegistry>(registry: &R, bytes: &'static [u8]) {
    let proof = blob_proof(name()).await;
    let upload = registry.start_upload(&proof, Algorithm::Sha256).await.unwrap();
    registry.append(&proof, &upload.id, chunk(None, bytes)).await.unwrap();
    registry.finish_upload(&proof, &upload.id, &digest(bytes)).await.unwrap();
}

async fn chunks_come_in_order_and_become_content<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let proof = blob_proof(name()).await;
    let upload = registry.start_upload(&proof, Algorithm::Sha256).await.unwrap();
    assert_eq!(registry.append(&proof, &upload.id, chunk(Some(0), b"first ")).await.unwrap().received, 6);
    let early = registry.append(&proof, &upload.id, chunk(Some(9), b"third")).await;
    assert!(matches!(early, Err(Error::OutOfOrder { received: 6 })), "{early:?}");
    registry.append(&proof, &upload.id, chunk(Some(6), b"second")).await.unwrap();
    assert_eq!(registry.upload(&proof, &upload.id).await.unwrap().received, 12);
    registry.finish_upload(&proof, &upload.id, &digest(b"first second")).await.unwrap();
    let held = registry.blob(&name(), &digest(b"first second"), None).await.unwrap().unwrap();
    assert_eq!(held.size, 12);
    let again = registry.append(&proof, &upload.id, chunk(None, b"more")).await;
    assert!(matches!(again, Err(Error::NotFound(_))), "a finished upload is over");
}

async fn a_wrong_digest_ends_an_upload<R: ReadRegistry + WriteRegistry>(registry: &R) {
    let proof = blob_proof(name()).await;
    let upload = registry.start_upload(&proof, Algorithm::Sha256).await.unwrap();
    registry.append(&proof, &upload.id, chunk(None, b"something")).await.unwrap();
    let claimed = digest(b"something else");
    let refused = registry.finish_upload(&proof, &upload.id, &claimed).await;
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
    let (config, layer): (&[u8], &[u8]) = (br#"{"os":"linux","architecture":"amd64"}"#, b"a layer of its own");
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(config), "size": config.len()},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": sha256(layer), "size": layer.len()}],
    });
    let bytes = Bytes::from(manifest.to_string());
    let tag = Reference::Tag("1.0".parse().unwrap());
    let action = PushManifest { repository: name(), reference: tag.clone(), tags: vec![] };
    let proof = access().authorize(&caller(), action).await.unwrap();
    let early = registry.put_manifest(&proof, sent(&bytes)).await;
    assert!(matches!(early, Err(Error::MissingParts(_))), "{early:?}");
    assert!(registry.resolve(&name(), &tag).await.unwrap().is_none(), "nothing of it is there");
    put(registry, config).await;
    put(registry, layer).await;
    for _ in 0..2 {
        let pushed = registry.put_manifest(&proof, sent(&bytes)).await.unwrap();
        assert_eq!(pushed.digest, digest(&bytes));
        assert_eq!(registry.manifest(&name(), &tag).await.unwrap().unwrap().bytes, bytes);
    }
}
