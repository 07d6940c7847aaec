//! Upload sessions: start, append, finish, cancel. A session belongs to one repository and one
//! actor, is written by one request at a time, and becomes content only with the right digest.

use super::HostedRegistry;
use crate::domain::action::{MountBlob, PushBlob};
use crate::domain::digest::Algorithm;
use crate::domain::error::{ContentProblem, What};
use crate::domain::{Digest, Error, Result};
use crate::server::access::Authorized;
use crate::server::blobs::{ContentHash, VerifiedBlob};
use crate::server::entropy::new_secret_uuid;
use crate::server::registry::{Chunk, ReadRegistry, Upload, UploadBlobs};
use crate::server::store::{Change, blobs, repositories, uploads};
use async_trait::async_trait;
use futures::StreamExt;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

#[async_trait]
impl UploadBlobs for HostedRegistry {
    async fn start_upload(&self, proof: &Authorized<PushBlob>, algorithm: Algorithm) -> Result<Upload> {
        let id = new_secret_uuid(&*self.parts.entropy);
        let (repository, actor, now) =
            (proof.action().repository.clone(), proof.actor().clone(), self.parts.clock.now());
        let (upload, state) = (id.clone(), ContentHash::new(algorithm).save());
        let opened = self.parts.store.note(proof, move |tx| {
            Box::pin(async move { uploads::create(tx, &upload, &repository, &actor, state, now).await })
        });
        opened.await?;
        Ok(Upload { id, received: 0 })
    }

    async fn upload(&self, proof: &Authorized<PushBlob>, id: &str) -> Result<Upload> {
        let hash = self.session(proof, id).await?;
        Ok(Upload { id: id.to_owned(), received: hash.size() })
    }

    async fn append(&self, proof: &Authorized<PushBlob>, id: &str, chunk: Chunk) -> Result<Upload> {
        let (_writing, hash) = self.claim(proof, id).await?;
        let before = hash.size();
        let (hash, ending) = self.add(id, hash, chunk).await?;
        self.advance(proof, id, before, &hash).await?;
        ending?;
        Ok(Upload { id: id.to_owned(), received: hash.size() })
    }

    async fn finish_upload(
        &self,
        proof: &Authorized<PushBlob>,
        id: &str,
        last: Option<Chunk>,
        digest: &Digest,
    ) -> Result<()> {
        let (_writing, mut hash) = self.claim(proof, id).await?;
        if let Some(chunk) = last {
            let before = hash.size();
            let (after, ending) = self.add(id, hash, chunk).await?;
            // What comes in one piece is noted when it is content: until then nobody goes on with it.
            if before > 0 || ending.is_err() {
                self.advance(proof, id, before, &after).await?;
            }
            ending?;
            hash = after;
        }
        if digest.algorithm() != hash.algorithm() {
            hash = self.parts.blobs.rehash(id, hash.size(), digest.algorithm()).await?;
        }
        if hash.size() == 0 {
            // Nothing was ever sent, so nothing is staged: content of no bytes has to be.
            hash = self.parts.blobs.append(id, hash, futures::stream::empty().boxed()).await?.0;
        }
        match hash.verify(digest) {
            Ok(blob) => {
                let committing = self.parts.blobs.commits().begin(digest).await;
                self.parts.blobs.commit(id, &blob, &committing).await?;
                self.link(proof, id, blob).await
            }
            Err(mismatch) => {
                self.close(proof, id).await?;
                Err(mismatch)
            }
        }
    }

    async fn cancel_upload(&self, proof: &Authorized<PushBlob>, id: &str) -> Result<()> {
        let (_writing, _) = self.claim(proof, id).await?;
        self.close(proof, id).await
    }

    async fn mount_blob(&self, proof: &Authorized<MountBlob>) -> Result<bool> {
        let MountBlob { from, digest, .. } = proof.action();
        match self.blob(from, digest, None).await {
            Ok(Some(_)) => {}
            Ok(None) | Err(Error::Damaged(_)) => return Ok(false), // Its bytes have to come.
            Err(error) => return Err(error),
        }
        match self.link_from(proof).await {
            Ok(()) => Ok(true),
            Err(Error::NotFound(_)) => Ok(false), // It was deleted there meanwhile.
            Err(error) => Err(error),
        }
    }
}

impl HostedRegistry {
    /// The hash state of a session, if it exists and is the caller's.
    async fn session(&self, proof: &Authorized<PushBlob>, id: &str) -> Result<ContentHash> {
        let (repository, actor) = (&proof.action().repository, proof.actor().clone());
        let session = uploads::find(&self.parts.store, id, repository, &actor).await?;
        let session = session.ok_or(Error::NotFound(What::Upload))?;
        ContentHash::restore(&session.hash_state)
    }

    /// Adds bytes to what is staged: the state of its hash, and how the body ended.
    async fn add(&self, id: &str, hash: ContentHash, chunk: Chunk) -> Result<(ContentHash, Result<()>)> {
        let before = hash.size();
        if chunk.start.is_some_and(|start| start != before) {
            return Err(Error::OutOfOrder { received: before });
        }
        let (hash, ending) = self.parts.blobs.append(id, hash, chunk.body).await?;
        let received = hash.size() - before;
        let ending = ending.and_then(|()| match chunk.length {
            Some(length) if length != received => Err(Error::Content {
                problem: ContentProblem::Size,
                message: format!("{length} bytes were announced and {received} came"),
            }),
            _ => Ok(()),
        });
        Ok((hash, ending))
    }

    /// Notes how far a session came, if it still stands where this request found it.
    async fn advance(&self, proof: &Authorized<PushBlob>, id: &str, before: u64, hash: &ContentHash) -> Result<()> {
        let (id, received, state, now) = (id.to_owned(), hash.size(), hash.save(), self.parts.clock.now());
        self.parts
            .store
            .note(proof, move |tx| {
                Box::pin(async move {
                    if uploads::advance(tx, &id, before, received, state, now).await? {
                        return Ok(());
                    }
                    // It ends with its repository, and then there is nothing to ask about.
                    Err(match uploads::current(tx, &id).await? {
                        true => Error::Conflict("another request moved this upload on; ask where it stands".into()),
                        false => Error::NotFound(What::Upload),
                    })
                })
            })
            .await
    }

    /// Frees the bytes first: on a full disk nothing else can be written before.
    async fn close(&self, proof: &Authorized<PushBlob>, id: &str) -> Result<()> {
        self.parts.blobs.discard(id).await?;
        let upload = id.to_owned();
        self.parts
            .store
            .note(proof, move |tx| {
                Box::pin(async move {
                    uploads::close(tx, &upload).await?;
                    Ok(())
                })
            })
            .await
    }

    /// One transaction: the blob is held, the repository links it, the session is closed.
    async fn link(&self, proof: &Authorized<PushBlob>, id: &str, blob: VerifiedBlob) -> Result<()> {
        let (upload, to) = (id.to_owned(), self.destination(proof, &proof.action().repository));
        self.parts
            .store
            .write(proof, move |tx| {
                Box::pin(async move {
                    let repository = to.open(tx).await?;
                    if !uploads::close(tx, &upload).await? {
                        return Err(Error::NotFound(What::Upload));
                    }
                    blobs::hold(tx, blob.digest(), blob.size(), to.now).await?;
                    blobs::link(tx, &repository, blob.digest(), blob.size(), to.now).await?;
                    Ok(Change::new((), None, Some(blob.digest().to_string())).announcing(to.name))
                })
            })
            .await
    }

    /// One transaction: the source still has the blob, and the target links it.
    async fn link_from(&self, proof: &Authorized<MountBlob>) -> Result<()> {
        let MountBlob { repository, from, digest } = proof.action().clone();
        let to = self.destination(proof, &repository);
        let change = self.parts.store.write(proof, move |tx| {
            Box::pin(async move {
                let repository = to.open(tx).await?;
                let absent = || Error::NotFound(What::Blob { repository: from.clone(), digest: digest.clone() });
                let source = repositories::current(tx, &from).await?.ok_or_else(absent)?;
                let size = blobs::linked_size(tx, &source.id, &digest).await?.ok_or_else(absent)?;
                blobs::link(tx, &repository, &digest, size, to.now).await?;
                Ok(Change::new((), None, Some(digest.to_string())).announcing(to.name))
            })
        });
        change.await
    }

    /// Keeps other requests from writing to the same upload at once, and tells where it stands. Whoever may not write to
    /// it neither holds others up nor learns that somebody writes.
    async fn claim(&self, proof: &Authorized<PushBlob>, id: &str) -> Result<(Claim, ContentHash)> {
        self.session(proof, id).await?;
        let claim = Claim::new(id, &self.busy)?;
        Ok((claim, self.session(proof, id).await?)) // It may have moved on before it was ours.
    }
}

/// The right to write to an upload, given back when dropped.
struct Claim {
    id: String,
    busy: Arc<Mutex<HashSet<String>>>,
}

impl Claim {
    fn new(id: &str, busy: &Arc<Mutex<HashSet<String>>>) -> Result<Self> {
        if busy.lock().expect("no holder of the lock panics").insert(id.to_owned()) {
            return Ok(Self { id: id.to_owned(), busy: Arc::clone(busy) });
        }
        Err(Error::Conflict("another request is writing to this upload; wait for it".to_owned()))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Ok(mut busy) = self.busy.lock() {
            busy.remove(&self.id);
        }
    }
}
