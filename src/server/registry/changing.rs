//! Changing what tags name at a registry that somebody else runs, and sending content there. It knows no transactions: what has to be there is
//! looked at right before each step, and whether the change is still allowed is asked there too.

use super::RawManifest;
use crate::domain::action::Mutation;
use crate::domain::condition::Condition;
use crate::domain::{Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
use crate::server::blobs::Content;
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::collections::BTreeMap;

/// More tags of a repository are not looked at before something is deleted in it.
pub const MOST_TAGS: u64 = 10_000;
/// More manifests that have tags, or are listed below one, are not read for that.
pub const MOST_READ: u64 = 1000;

/// Whether a change is still allowed.
pub type Still = dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync;

/// In which repository names may be changed. Only a proof makes one.
pub struct Allowed<'p> {
    repository: &'p RepositoryName,
    still: &'p Still,
}

impl<'p> Allowed<'p> {
    /// By a proof of something that is done in this repository, or in all of a namespace around it, for as long as
    /// `still` says so.
    ///
    /// # Errors
    /// If the proof is about another place.
    pub fn by<A: Mutation>(proof: &Authorized<A>, repository: &'p RepositoryName, still: &'p Still) -> Result<Self> {
        let place = proof.action().place();
        let is_around = place.ends_with('/') && repository.as_str().starts_with(&place);
        if place == repository.as_str() || is_around { Ok(Self { repository, still }) } else { Err(Error::Internal) }
    }

    /// The repository.
    pub fn repository(&self) -> &RepositoryName {
        self.repository
    }

    /// Asks right before a step whether it may be done.
    pub async fn confirm(&self) -> Result<()> {
        (self.still)().await
    }
}

/// How a tag was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The registry does it.
    ByName,
    /// It was moved to a manifest of ours, which was deleted with it.
    ByTombstone,
    /// It was gone already.
    Before,
}

/// More names of one image are not put back.
pub const MOST_BESIDE: u32 = 1000;

/// Other names by which an image is known to be there.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    pub tags: Vec<Tag>,
    /// Whether there are more than are looked up.
    pub is_cut: bool,
}

/// Changing names where the registry keeps them.
#[async_trait]
pub trait ChangeTags: Send + Sync {
    /// Makes sure that the registry deletes something, before anything is done there.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] with what allows it.
    async fn require_deletes(&self, at: &Allowed<'_>) -> Result<()>;

    /// Puts a tag on a manifest whose content is there, if it names what the condition says. `true` if that changed
    /// something.
    ///
    /// # Errors
    /// [`Error::Changed`] with what it names; not found if the image is deleted from here at this moment.
    async fn put_tag(&self, at: &Allowed<'_>, tag: &Tag, manifest: &RawManifest, condition: &Condition)
    -> Result<bool>;

    /// Takes a tag from `manifest`, if it names that one; all other names of it stay. One that an earlier attempt left
    /// on its way is taken to its end. Where the registry takes the whole image along, that is put back under its digest
    /// and those of the names beside which are gone.
    ///
    /// # Errors
    /// [`Error::Changed`] with what it names; [`Error::Upstream`] with what of the image did not come back.
    async fn remove_tag(&self, at: &Allowed<'_>, tag: &Tag, manifest: &RawManifest, beside: &Beside)
    -> Result<Removed>;

    /// Takes a tag to its end that a failure left on its way out; whether there was one. A tag that names an image stays.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while somebody changes it from here, who is not waited for.
    async fn end_tag(&self, at: &Allowed<'_>, tag: &Tag) -> Result<bool>;

    /// Deletes those of some manifests that no tag names and no index below a tag lists, as the registry says at this
    /// moment. Returns the others, each with why it stays: all of them where there is too much to be looked up.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] where the registry deletes nothing, and what says that it may not be changed any more: nothing is
    /// known then of those that were not deleted before.
    async fn remove_manifests(&self, at: &Allowed<'_>, digests: &[Digest]) -> Result<BTreeMap<Digest, String>>;
}

/// Sending content where the registry keeps it.
#[async_trait]
pub trait SendContent: Send + Sync {
    /// Whether a repository has a blob.
    async fn has_blob(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool>;

    /// Links a blob of another repository of the same registry. `false` if the registry does not do that: then send it.
    async fn mount_blob(&self, at: &Allowed<'_>, from: &RepositoryName, digest: &Digest) -> Result<bool>;

    /// Sends a blob, of which no more than a piece is held at a time. It may take as long as it goes on.
    async fn send_blob(&self, at: &Allowed<'_>, digest: &Digest, content: Content) -> Result<()>;

    /// Keeps a manifest under its digest.
    async fn send_manifest(&self, at: &Allowed<'_>, manifest: &RawManifest) -> Result<()>;
}

/// Changing a registry elsewhere. What is written goes there and nowhere else.
pub trait ChangeRegistry: ChangeTags + SendContent {}

impl<R: ChangeTags + SendContent> ChangeRegistry for R {}
