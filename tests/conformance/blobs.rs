//! What every blob store does.

use bytes::Bytes;
use futures::StreamExt;
use portolan::domain::digest::Algorithm;
use portolan::domain::{Digest, Error};
use portolan::server::blobs::{
    BlobStore, ByteStream, ContentHash, ContentRange, Contents, FilesystemBlobs, MemoryBlobs, Staging, collect,
};

#[tokio::test]
async fn memory() {
    suite(&MemoryBlobs::default()).await;
}

#[tokio::test]
async fn filesystem() {
    let folder = tempfile::tempdir().unwrap();
    suite(&FilesystemBlobs::open(folder.path()).unwrap()).await;
}

async fn suite(blobs: &dyn BlobStore) {
    what_is_committed_can_be_read(blobs).await;
    an_upload_goes_on_where_its_hash_stands(blobs).await;
    a_broken_body_keeps_what_came(blobs).await;
    content_is_written_once(blobs).await;
    ranges_are_exact(blobs).await;
    what_is_discarded_is_gone(blobs).await;
    bytes_that_are_gone_are_never_made_up(blobs).await;
    contents_are_listed_in_order_and_removed(blobs).await;
}

fn body(parts: &[&'static str]) -> ByteStream {
    let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))).collect();
    futures::stream::iter(parts).boxed()
}

fn new_hash() -> ContentHash {
    ContentHash::new(Algorithm::Sha256)
}

fn digest(text: &str) -> Digest {
    ContentHash::digest_of(Algorithm::Sha256, text.as_bytes())
}

async fn put(blobs: &dyn BlobStore, upload: &str, text: &'static str) {
    let (hash, ending) = blobs.append(upload, new_hash(), body(&[text])).await.unwrap();
    ending.unwrap();
    blobs
        .commit(upload, &hash.verify(&digest(text)).unwrap(), &blobs.commits().begin(&digest(text)).await)
        .await
        .unwrap();
}

async fn read(blobs: &dyn BlobStore, digest: &Digest) -> Option<Bytes> {
    match blobs.open(digest, None).await.unwrap() {
        Some(content) => Some(collect(content, 1 << 20).await.unwrap()),
        None => None,
    }
}

async fn what_is_committed_can_be_read(blobs: &dyn BlobStore) {
    assert!(read(blobs, &digest("one")).await.is_none());
    put(blobs, "u1", "one").await;
    assert_eq!(read(blobs, &digest("one")).await.unwrap(), "one");
    put(blobs, "u2", "").await;
    assert_eq!(read(blobs, &digest("")).await.unwrap(), "");
}

async fn an_upload_goes_on_where_its_hash_stands(blobs: &dyn BlobStore) {
    let (hash, _) = blobs.append("u3", new_hash(), body(&["hello ", "lost"])).await.unwrap();
    assert_eq!(hash.size(), 10);
    let mut earlier = new_hash();
    earlier.update(b"hello ");
    // What an interrupted request left beyond the known offset is cut off.
    let (hash, ending) = blobs.append("u3", earlier, body(&["world"])).await.unwrap();
    ending.unwrap();
    assert_eq!(blobs.rehash("u3", 11, Algorithm::Sha512).await.unwrap().size(), 11);
    blobs
        .commit(
            "u3",
            &hash.verify(&digest("hello world")).unwrap(),
            &blobs.commits().begin(&digest("hello world")).await,
        )
        .await
        .unwrap();
    assert_eq!(read(blobs, &digest("hello world")).await.unwrap(), "hello world");
}

async fn a_broken_body_keeps_what_came(blobs: &dyn BlobStore) {
    let broken = futures::stream::iter([Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("cut"))]).boxed();
    let (hash, ending) = blobs.append("u4", new_hash(), broken).await.unwrap();
    assert!(matches!(ending, Err(Error::Invalid { .. })));
    assert_eq!(hash.size(), 4);
    blobs.discard("u4").await.unwrap();
}

async fn content_is_written_once(blobs: &dyn BlobStore) {
    put(blobs, "u5", "same").await;
    put(blobs, "u6", "same").await;
    assert_eq!(read(blobs, &digest("same")).await.unwrap(), "same");
    assert!(blobs.staged().await.unwrap().is_empty(), "nothing stays in staging");
}

async fn ranges_are_exact(blobs: &dyn BlobStore) {
    put(blobs, "u7", "0123456789").await;
    let part = |start, end| async move {
        let range = Some(ContentRange::From { start, end });
        let content = blobs.open(&digest("0123456789"), range).await?.expect("it is there");
        Ok::<_, Error>((content.size, collect(content, 100).await?))
    };
    assert_eq!(part(2, Some(4)).await.unwrap(), (10, Bytes::from("234")));
    assert_eq!(part(8, Some(99)).await.unwrap(), (10, Bytes::from("89")));
    assert_eq!(part(9, None).await.unwrap(), (10, Bytes::from("9")));
    assert!(matches!(part(10, None).await, Err(Error::Beyond { .. })));
    assert!(matches!(part(4, Some(2)).await, Err(Error::Beyond { .. })));
}

async fn bytes_that_are_gone_are_never_made_up(blobs: &dyn BlobStore) {
    put(blobs, "u9", "precious").await;
    let (hash, _) = blobs.append("u10", new_hash(), body(&["precious"])).await.unwrap();
    let verified = hash.clone().verify(&digest("precious")).unwrap();
    blobs.discard("u10").await.unwrap();
    blobs
        .commit("u10", &verified, &blobs.commits().begin(verified.digest()).await)
        .await
        .expect("a repeated commit finds the content in place");
    assert_eq!(read(blobs, &digest("precious")).await.unwrap(), "precious");
    let (lost, _) = blobs.append("u11", new_hash(), body(&["never kept"])).await.unwrap();
    blobs.discard("u11").await.unwrap();
    assert!(blobs.append("u11", lost.clone(), body(&["more"])).await.is_err(), "nor resumed over a gap");
    let verified = lost.verify(&digest("never kept")).unwrap();
    assert!(blobs.commit("u11", &verified, &blobs.commits().begin(verified.digest()).await).await.is_err());
    assert!(read(blobs, &digest("never kept")).await.is_none());
    let _ = blobs.discard("u11").await;
}

async fn what_is_discarded_is_gone(blobs: &dyn BlobStore) {
    let _ = blobs.append("u8", new_hash(), body(&["x"])).await.unwrap();
    assert_eq!(blobs.staged().await.unwrap().len(), 1);
    blobs.discard("u8").await.unwrap();
    blobs.discard("u8").await.unwrap();
    assert!(blobs.staged().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_of_an_upload_never_leaves_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FilesystemBlobs::open(folder.path()).unwrap();
    for hostile in ["../x", "a/b", "", "..", "a.b", "/etc/passwd"] {
        assert!(blobs.append(hostile, new_hash(), body(&["x"])).await.is_err(), "{hostile}");
        assert!(blobs.discard(hostile).await.is_err(), "{hostile}");
    }
}

#[tokio::test]
async fn content_is_read_when_its_body_is() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FilesystemBlobs::open(folder.path()).unwrap();
    put(&blobs, "u1", "small").await;
    let hex = digest("small").hex().to_owned();
    let file = folder.path().join("blobs/sha256").join(&hex[..2]).join(&hex);
    let content = blobs.open(&digest("small"), None).await.unwrap().unwrap();
    std::fs::write(file, "later").unwrap();
    assert_eq!(collect(content, 100).await.unwrap(), "later", "whoever wants the size alone reads nothing");
}

#[tokio::test]
async fn large_content_comes_in_pieces_and_whole() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FilesystemBlobs::open(folder.path()).unwrap();
    let part = Bytes::from(vec![7u8; 1_000_003]);
    let parts: Vec<_> = (0..5).map(|_| Ok(part.clone())).collect();
    let (hash, _) = blobs.append("big", new_hash(), futures::stream::iter(parts).boxed()).await.unwrap();
    let digest = hash.clone().finish();
    blobs.commit("big", &hash.verify(&digest).unwrap(), &blobs.commits().begin(&digest).await).await.unwrap();
    let content = blobs.open(&digest, Some(ContentRange::From { start: 1, end: None })).await.unwrap().unwrap();
    let bytes = collect(content, 10_000_000).await.unwrap();
    assert_eq!(bytes.len(), 5 * 1_000_003 - 1);
    assert!(bytes.iter().all(|byte| *byte == 7));
}

async fn contents_are_listed_in_order_and_removed(blobs: &dyn BlobStore) {
    for (index, text) in ["c1", "c2", "c3", "c4", "c5"].into_iter().enumerate() {
        put(blobs, &format!("list{index}"), text).await;
    }
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let some = blobs.contents(after.as_ref(), 2).await.unwrap();
        let Some(last) = some.last() else { break };
        after = Some(last.digest.clone());
        all.extend(some);
    }
    assert!(all.windows(2).all(|pair| pair[0].digest < pair[1].digest), "each once, in order");
    assert!(all.iter().any(|held| held.digest == digest("c3") && held.size == 2));
    blobs.remove(&[digest("c3")], &blobs.commits().stop(&[digest("c3")]).await).await.unwrap();
    blobs.remove(&[digest("c3")], &blobs.commits().stop(&[digest("c3")]).await).await.unwrap();
    assert!(read(blobs, &digest("c3")).await.is_none());
    assert_eq!(read(blobs, &digest("c4")).await.unwrap(), "c4");
}
