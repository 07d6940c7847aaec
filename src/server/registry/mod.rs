//! What a registry is to Portolan. Two real ones implement it: [`hosted`], the embedded registry
//! over database and blob store, and [`remote`], any registry that speaks the OCI distribution API.
//!
//! Names in these traits are Portolan's own: an implementation that is mounted under a prefix
//! translates. `tests/conformance/registry.rs` is the one suite that both pass.

pub mod changing;
pub mod hosted;
mod lines;
pub mod remote;

use super::access::Authorized;
use super::blobs::{ByteStream, Content, ContentRange};
use crate::domain::action::{DeleteBlob, DeleteManifest, DeleteTag, MountBlob, PushBlob, PushManifest};
use crate::domain::capability::Capability;
use crate::domain::condition::Condition;
use crate::domain::digest::Algorithm;
use crate::domain::{Digest, Reference, RepositoryName, Result, Tag};
use async_trait::async_trait;
use bytes::Bytes;

/// Part of a list of names, with the name after which to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names<T> {
    pub items: Vec<T>,
    /// Pass it as `after` to get what follows; `None` at the end.
    pub next: Option<String>,
    /// Names that the registry listed and that no client could use; they are left out.
    pub refused: u64,
}

impl<T: AsRef<str>> Names<T> {
    /// Cuts up to `limit + 1` names to a page of `limit`.
    pub fn cut(mut items: Vec<T>, limit: u32) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|last| last.as_ref().to_owned());
        Self { items, next, refused: 0 }
    }
}

/// A manifest as a registry returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawManifest {
    pub digest: Digest,
    pub media_type: String,
    /// Exactly the bytes that were pushed.
    pub bytes: Bytes,
}

/// Reading.
#[async_trait]
pub trait ReadRegistry: Send + Sync {
    /// Which optional powers it has, asked anew; `None` where that could not be found out.
    async fn capabilities(&self) -> Vec<(Capability, Option<bool>)>;

    /// Up to `limit` repository names after `after`, sorted as the registry sorts them.
    async fn repositories(&self, after: Option<&str>, limit: u32) -> Result<Names<RepositoryName>>;

    /// Up to `limit` tags after `after`; not found if the repository does not exist.
    async fn tags(&self, repository: &RepositoryName, after: Option<&str>, limit: u32) -> Result<Names<Tag>>;

    /// The digest that a reference names at this moment, or `None`.
    async fn resolve(&self, repository: &RepositoryName, reference: &Reference) -> Result<Option<Digest>>;

    /// A manifest, whose bytes have the digest that is returned with them, or `None`.
    async fn manifest(&self, repository: &RepositoryName, reference: &Reference) -> Result<Option<RawManifest>>;

    /// The content of a blob, or a part of it, or `None`.
    async fn blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
        range: Option<ContentRange>,
    ) -> Result<Option<Content>>;

    /// The manifests that say they are about this one; `None` where the registry keeps no list of them by itself.
    async fn referrers(&self, repository: &RepositoryName, subject: &Digest) -> Result<Option<About>>;
}

/// Manifests that say they are about one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub digests: Vec<Digest>,
    /// Whether there are more than are read of one list.
    pub is_cut: bool,
}

impl About {
    /// Of all that were found, as many as are read.
    pub fn cut(mut digests: Vec<Digest>, is_more: bool) -> Self {
        let is_cut = is_more || digests.len() > MAX_REFERRERS;
        digests.truncate(MAX_REFERRERS);
        Self { digests, is_cut }
    }
}

/// The most manifests about one that are read of a registry.
pub const MAX_REFERRERS: usize = 2000;

/// Where an upload stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Unguessable, and bound to repository and actor.
    pub id: String,
    /// Bytes received so far.
    pub received: u64,
}

/// A chunk of an upload.
pub struct Chunk {
    /// Where the sender thinks the upload stands; `None` appends wherever it does.
    pub start: Option<u64>,
    /// How many bytes the sender announced.
    pub length: Option<u64>,
    pub body: ByteStream,
}

/// Taking in blobs.
#[async_trait]
pub trait UploadBlobs: Send + Sync {
    /// Opens an upload whose content will be named by `algorithm`; another one in the end costs a second reading.
    async fn start_upload(&self, proof: &Authorized<PushBlob>, algorithm: Algorithm) -> Result<Upload>;

    /// Where an upload stands.
    async fn upload(&self, proof: &Authorized<PushBlob>, id: &str) -> Result<Upload>;

    /// Adds bytes to an upload.
    async fn append(&self, proof: &Authorized<PushBlob>, id: &str, chunk: Chunk) -> Result<Upload>;

    /// Closes an upload whose content must have `digest`, with the bytes that come last where there are some; returns when
    /// it is durable.
    async fn finish_upload(
        &self,
        proof: &Authorized<PushBlob>,
        id: &str,
        last: Option<Chunk>,
        digest: &Digest,
    ) -> Result<()>;

    /// Gives an upload up and frees its bytes.
    async fn cancel_upload(&self, proof: &Authorized<PushBlob>, id: &str) -> Result<()>;

    /// Links a blob of another repository. `false` if that one does not have it, or is not here: then send it.
    async fn mount_blob(&self, proof: &Authorized<MountBlob>) -> Result<bool>;
}

/// Taking in manifests.
#[async_trait]
pub trait PushManifests: Send + Sync {
    /// Stores a manifest with its bytes as sent, and moves every tag that the proof names, all or none.
    async fn put_manifest(&self, proof: &Authorized<PushManifest>, manifest: SentManifest) -> Result<Pushed>;
}

/// Taking out what was pushed.
#[async_trait]
pub trait DeleteContent: Send + Sync {
    /// Takes a tag from its image, if it still names what the condition says.
    async fn delete_tag(&self, proof: &Authorized<DeleteTag>, condition: Condition) -> Result<()>;

    /// Deletes a manifest with its tags, and nothing that belongs to it.
    async fn delete_manifest(&self, proof: &Authorized<DeleteManifest>) -> Result<()>;

    /// Takes a blob out of a repository.
    async fn delete_blob(&self, proof: &Authorized<DeleteBlob>) -> Result<()>;
}

/// What a client is told of without reading it, because it is about to push something that names it.
#[async_trait]
pub trait KeepContent: Send + Sync {
    /// Sees to it that a blob stays for as long as a push may take; `false` if the repository does not have it.
    async fn keep_blob(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool>;

    /// The same for a manifest.
    async fn keep_manifest(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool>;
}

/// Writing. Every function takes the proof of what was allowed and works on what the proof names.
pub trait WriteRegistry: UploadBlobs + PushManifests + DeleteContent + KeepContent {}

impl<R: UploadBlobs + PushManifests + DeleteContent + KeepContent> WriteRegistry for R {}

/// A manifest as a client sends it.
#[derive(Clone, Debug)]
pub struct SentManifest {
    /// Without parameters; `None` if the client did not say.
    pub media_type: Option<String>,
    pub bytes: Bytes,
    /// What must hold of the reference that is written to.
    pub condition: Condition,
    /// The job that brings it and names it in the end: what has no name then is collected like what lost it.
    pub by_run: Option<String>,
}

/// What became of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    pub digest: Digest,
    /// What it is about: it is in the list of that one's referrers now.
    pub subject: Option<Digest>,
    /// Layers that it names and that are not kept here, because they are meant to be fetched from elsewhere.
    pub layers_elsewhere: u64,
}
