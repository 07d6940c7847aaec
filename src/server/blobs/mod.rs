//! Bytes by digest, written once, fsynced before they are acknowledged.
//!
//! Uploads grow in a staging area under their id and become content by [`Staging::commit`].
//! `tests/conformance/blobs.rs` is the one suite that every implementation passes.

mod filesystem;
mod hash;
mod memory;

pub use filesystem::FilesystemBlobs;
pub use hash::ContentHash;
pub use memory::MemoryBlobs;

use crate::domain::digest::Algorithm;
use crate::domain::{Digest, Error, Result, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::File;
use std::time::Duration;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A body on its way; an error ends it.
pub type ByteStream = BoxStream<'static, Result<Bytes, std::io::Error>>;

/// A part of some content (RFC 9110, section 14.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentRange {
    /// From one byte to another, which is inclusive; `None` for the rest.
    From { start: u64, end: Option<u64> },
    /// The last bytes, this many of them.
    Last(u64),
}

/// Content, or the part of it that was asked for.
pub struct Content {
    /// Bytes of the whole content.
    pub size: u64,
    /// First byte of the part.
    pub start: u64,
    /// Bytes of the part.
    pub length: u64,
    pub body: ByteStream,
}

impl Content {
    /// The content that these bytes are, or a part of it.
    ///
    /// # Errors
    /// [`Error::Beyond`] if the part starts beyond the end.
    pub fn part_of(whole: &Bytes, range: Option<ContentRange>) -> Result<Self> {
        let size = whole.len() as u64;
        let (start, length) = ContentRange::within(range, size)?;
        let part = whole.slice(start as usize..(start + length) as usize);
        Ok(Self { size, start, length, body: stream::once(async { Ok(part) }).boxed() })
    }
}

/// Proof that staged bytes have this digest: only [`ContentHash`] makes it, only it can be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedBlob {
    digest: Digest,
    size: u64,
}

impl VerifiedBlob {
    /// The digest that the bytes have.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// Some content that a store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub digest: Digest,
    pub size: u64,
    /// When its bytes were last written.
    pub changed: Timestamp,
}

/// Keeps those who make content, until the database knows it, from those who remove what the database does not know:
/// no commit of some content falls between their question and its removal. Content is told apart by how its digest
/// begins, so that who removes a little holds up hardly anybody.
pub struct Commits(Vec<RwLock<()>>);

/// How many locks there are: one for each byte that a digest can begin with.
const LOCKS: usize = 256;

/// Held from before a commit until the database knows the content.
pub struct Committing<'a>(#[expect(dead_code)] RwLockReadGuard<'a, ()>);

/// Held from the question whether the database knows some content until that is removed.
pub struct NobodyCommits<'a>(#[expect(dead_code)] Vec<RwLockWriteGuard<'a, ()>>);

/// Held while content is removed: nobody copies all of it meanwhile.
pub struct Removing(#[expect(dead_code)] Option<File>);

impl Default for Commits {
    fn default() -> Self {
        Self(std::iter::repeat_with(RwLock::default).take(LOCKS).collect())
    }
}

impl Commits {
    /// Many may commit at a time.
    pub async fn begin(&self, digest: &Digest) -> Committing<'_> {
        Committing(self.0[lock_of(digest)].read().await)
    }

    /// Waits until nobody commits any of this, and lets nobody begin.
    pub async fn stop(&self, digests: &[Digest]) -> NobodyCommits<'_> {
        let mut held = Vec::new();
        // In this order always, so that no two wait for each other.
        for lock in digests.iter().map(lock_of).collect::<BTreeSet<_>>() {
            held.push(self.0[lock].write().await);
        }
        NobodyCommits(held)
    }
}

/// That what somebody sends did not come to its end.
fn broke_off(error: &impl Display) -> Error {
    Error::invalid("body", format!("the body broke off: {error}"))
}

fn lock_of(digest: &Digest) -> usize {
    let hex = digest.as_str().split_once(':').and_then(|(_, hex)| hex.get(..2));
    hex.and_then(|byte| usize::from_str_radix(byte, 16).ok()).unwrap_or_default()
}

/// Where content grows until it is whole.
#[async_trait]
pub trait Staging: Send + Sync {
    /// Writes `body` into the staging area of `upload` from `hash.size()` on, cutting off whatever
    /// an interrupted call left behind it. Returns the state of the hash over all that is staged,
    /// also when the body broke off: then with the error of the body beside it.
    async fn append(&self, upload: &str, hash: ContentHash, body: ByteStream) -> Result<(ContentHash, Result<()>)>;

    /// Hashes the first `size` staged bytes again with another algorithm: more may be there that were never noted.
    async fn rehash(&self, upload: &str, size: u64, algorithm: Algorithm) -> Result<ContentHash>;

    /// Makes staged bytes content, durably, in place of what may be there under the same digest. Doing
    /// it again is fine; bytes that are gone are an error and never made up.
    async fn commit(&self, upload: &str, blob: &VerifiedBlob, held: &Committing<'_>) -> Result<()>;

    /// Frees the staging area of an upload; fine if there is none.
    async fn discard(&self, upload: &str) -> Result<()>;

    /// Uploads that have staged bytes, each with the time of its last change.
    async fn staged(&self) -> Result<Vec<(String, Timestamp)>>;
}

/// What became content.
#[async_trait]
pub trait Contents: Send + Sync {
    /// The content of a digest, or a part of it, or `None`. Its bytes are read when its body is, not before.
    async fn open(&self, digest: &Digest, range: Option<ContentRange>) -> Result<Option<Content>>;

    /// At least `limit` contents after `after` in bytewise order of digests; fewer only at the end.
    async fn contents(&self, after: Option<&Digest>, limit: usize) -> Result<Vec<Held>>;

    /// Removes some contents; fine for those that are not there. Only what nobody may read any more.
    async fn remove(&self, some: &[Digest], alone: &NobodyCommits<'_>) -> Result<()>;

    /// The right to remove content for a while; `None` while somebody copies all of it, such as a backup.
    fn begin_removing(&self) -> Result<Option<Removing>>;

    /// Takes some contents, each out of its place and into the staging area under a name of its own, from where
    /// [`Staging::discard`] frees them: that may take long, and this does not. Fine for those that are not there.
    async fn put_aside(&self, some: &[(Digest, String)], alone: &NobodyCommits<'_>) -> Result<()>;

    /// What keeps commits and removals apart.
    fn commits(&self) -> &Commits;
}

/// Which database the content belongs to.
#[async_trait]
pub trait Owned: Send + Sync {
    /// The id of the database whose content this is, if it was ever said.
    async fn owner(&self) -> Result<Option<String>>;

    /// Says whose content this is, durably.
    async fn belong_to(&self, owner: &str) -> Result<()>;
}

/// A place for bytes.
pub trait BlobStore: Staging + Contents + Owned {}

impl<B: Staging + Contents + Owned> BlobStore for B {}

/// Reads the whole of some content that is known to be small.
pub async fn collect(content: Content, limit: u64) -> Result<Bytes> {
    use futures::TryStreamExt;
    if content.length > limit {
        return Err(Error::TooLarge { message: format!("more than {limit} bytes where less was expected") });
    }
    let read = content.body.try_fold(Vec::new(), |mut all, part| async move {
        all.extend_from_slice(&part);
        Ok(all)
    });
    let bytes = read.await.map_err(|error| Error::Unavailable(format!("the content could not be read: {error}")))?;
    Ok(bytes.into())
}

/// The same, if it comes within a time; nothing where it does not.
pub async fn collect_within(content: Content, limit: u64, time: Duration) -> Result<Option<Bytes>> {
    match tokio::time::timeout(time, collect(content, limit)).await {
        Ok(bytes) => bytes.map(Some),
        Err(_) => Ok(None),
    }
}

impl ContentRange {
    /// The first byte and the length of this part of `size` bytes.
    ///
    /// # Errors
    /// [`Error::Beyond`] if the part starts beyond the end (RFC 9110, section 14.1.1).
    pub fn within(range: Option<Self>, size: u64) -> Result<(u64, u64)> {
        let (start, end) = match range {
            None => return Ok((0, size)),
            Some(Self::From { start, end }) => (start, end.map_or(size, |end| end.saturating_add(1).min(size))),
            Some(Self::Last(length)) => (size.saturating_sub(length), size),
        };
        if start >= size || end <= start {
            return Err(Error::Beyond { size });
        }
        Ok((start, end - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_come_in_time_is_not_waited_for() {
        let content = |body: ByteStream| Content { size: 2, start: 0, length: 2, body };
        let part = |text: &'static [u8]| stream::iter([Ok(Bytes::from_static(text))]);
        let never = part(b"{").chain(stream::pending()).boxed();
        assert_eq!(collect_within(content(never), 9, Duration::ZERO).await, Ok(None));
        let all = part(b"{").chain(part(b"}")).boxed();
        assert_eq!(collect_within(content(all), 9, Duration::ZERO).await, Ok(Some(Bytes::from_static(b"{}"))));
    }
}
