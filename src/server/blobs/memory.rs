//! Blobs in memory, for tests of what stands above.

use super::{
    ByteStream, Commits, Committing, Content, ContentHash, ContentRange, Contents, Held, NobodyCommits, Owned,
    Removing, Staging, VerifiedBlob, broke_off,
};
use crate::domain::digest::Algorithm;
use crate::domain::error::What;
use crate::domain::{Digest, Error, Result, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use std::collections::HashMap;
use std::sync::Mutex;

/// Content and staging areas in two maps.
#[derive(Default)]
pub struct MemoryBlobs {
    content: Mutex<HashMap<Digest, Bytes>>,
    staging: Mutex<HashMap<String, Vec<u8>>>,
    commits: Commits,
    owner: Mutex<Option<String>>,
}

impl MemoryBlobs {
    fn staging(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.staging.lock().expect("no holder of the lock panics")
    }

    fn content(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Bytes>> {
        self.content.lock().expect("no holder of the lock panics")
    }
}

#[async_trait]
impl Staging for MemoryBlobs {
    async fn append(
        &self,
        upload: &str,
        mut hash: ContentHash,
        mut body: ByteStream,
    ) -> Result<(ContentHash, Result<()>)> {
        let known = self.staging().get(upload).map_or(0, Vec::len) as u64;
        if known < hash.size() {
            return Err(Error::NotFound(What::Upload));
        }
        self.staging().entry(upload.to_owned()).or_default().truncate(hash.size() as usize);
        while let Some(part) = body.next().await {
            match part {
                Ok(part) => {
                    hash.update(&part);
                    self.staging().entry(upload.to_owned()).or_default().extend_from_slice(&part);
                }
                Err(error) => return Ok((hash, Err(broke_off(&error)))),
            }
        }
        Ok((hash, Ok(())))
    }

    async fn rehash(&self, upload: &str, size: u64, algorithm: Algorithm) -> Result<ContentHash> {
        let mut hash = ContentHash::new(algorithm);
        hash.update(self.staging().get(upload).map_or(&[][..], |bytes| &bytes[..size as usize]));
        Ok(hash)
    }

    async fn commit(&self, upload: &str, blob: &VerifiedBlob, _held: &Committing<'_>) -> Result<()> {
        match self.staging().remove(upload) {
            Some(bytes) => {
                self.content().insert(blob.digest().clone(), bytes.into());
                Ok(())
            }
            None if self.content().contains_key(blob.digest()) => Ok(()),
            None => Err(Error::NotFound(What::Upload)),
        }
    }

    async fn discard(&self, upload: &str) -> Result<()> {
        self.staging().remove(upload);
        Ok(())
    }

    async fn staged(&self) -> Result<Vec<(String, Timestamp)>> {
        Ok(self.staging().keys().map(|upload| (upload.clone(), Timestamp(0))).collect())
    }
}

#[async_trait]
impl Contents for MemoryBlobs {
    async fn open(&self, digest: &Digest, range: Option<ContentRange>) -> Result<Option<Content>> {
        let whole = self.content().get(digest).cloned();
        whole.map(|bytes| Content::part_of(&bytes, range)).transpose()
    }

    async fn contents(&self, after: Option<&Digest>, limit: usize) -> Result<Vec<Held>> {
        let held = |(digest, bytes): (&Digest, &Bytes)| Held {
            digest: digest.clone(),
            size: bytes.len() as u64,
            changed: Timestamp(0),
        };
        let mut found: Vec<_> = self.content().iter().map(held).collect();
        found.retain(|held| after.is_none_or(|after| held.digest > *after));
        found.sort_by(|one, other| one.digest.cmp(&other.digest));
        found.truncate(limit);
        Ok(found)
    }

    async fn remove(&self, some: &[Digest], _alone: &NobodyCommits<'_>) -> Result<()> {
        self.content().retain(|digest, _| !some.contains(digest));
        Ok(())
    }

    fn begin_removing(&self) -> Result<Option<Removing>> {
        Ok(Some(Removing(None)))
    }

    async fn put_aside(&self, some: &[(Digest, String)], _alone: &NobodyCommits<'_>) -> Result<()> {
        for (digest, name) in some {
            if let Some(bytes) = self.content().remove(digest) {
                self.staging().insert(name.clone(), bytes.to_vec());
            }
        }
        Ok(())
    }

    fn commits(&self) -> &Commits {
        &self.commits
    }
}

#[async_trait]
impl Owned for MemoryBlobs {
    async fn owner(&self) -> Result<Option<String>> {
        Ok(self.owner.lock().expect("no holder of the lock panics").clone())
    }

    async fn belong_to(&self, owner: &str) -> Result<()> {
        *self.owner.lock().expect("no holder of the lock panics") = Some(owner.to_owned());
        Ok(())
    }
}
