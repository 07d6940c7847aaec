//! Changing what tags name: put there, or taken away without taking its siblings along.
//!
//! A registry knows no condition that holds while it changes something, but for few. So what is there is looked at right
//! before each step and after it, and an answer that was lost is made up for by looking. Of those who change one tag from
//! here each waits until the one before has ended, and nothing is put on an image that is looked at to be deleted.

use super::deleting::Deleted;
use super::tombstone;
use super::{RemoteRegistry, failure};
use crate::domain::condition::Condition;
use crate::domain::error::What;
use crate::domain::{Digest, Error, Reference, RepositoryName, Result, Tag};
use crate::server::registry::RawManifest;
use crate::server::registry::changing::{Allowed, Beside, ChangeTags, Removed};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// One tag of one repository, at the registry itself.
pub(super) struct Spot<'a> {
    at: &'a Allowed<'a>,
    /// As the registry calls the repository.
    pub name: String,
    pub tag: Reference,
}

/// How often a tombstone is deleted that is gone and left its tag.
const BURIALS: u32 = 3;

const TRY_AGAIN: &str = "the tag stands on a tombstone of ours there; delete it once more, and that is finished";

#[async_trait]
impl ChangeTags for RemoteRegistry {
    async fn require_deletes(&self, at: &Allowed<'_>) -> Result<()> {
        let name = self.upstream_name(at.repository())?;
        let asked = async {
            match self.client.deletes_by_tag(&name).await {
                Ok(Some(true)) => Ok(()),
                Ok(_) | Err(_) => self.require_deletes_by_digest(&name).await,
            }
        };
        self.client.within_change(asked).await
    }

    async fn put_tag(
        &self,
        at: &Allowed<'_>,
        tag: &Tag,
        manifest: &RawManifest,
        condition: &Condition,
    ) -> Result<bool> {
        let spot = self.spot(at, tag)?;
        self.client.within_change(self.put(&spot, manifest, condition)).await
    }

    async fn remove_tag(
        &self,
        at: &Allowed<'_>,
        tag: &Tag,
        manifest: &RawManifest,
        beside: &Beside,
    ) -> Result<Removed> {
        let spot = self.spot(at, tag)?;
        let removing = async {
            // Nobody else changes a hidden tag, and who takes one away waits for nobody.
            let _turn = match tag.is_reserved() {
                true => None,
                false => Some(self.lines.wait(&spot.line()).await),
            };
            self.remove(&spot, manifest, beside).await
        };
        self.client.within_change(removing).await
    }

    async fn end_tag(&self, at: &Allowed<'_>, tag: &Tag) -> Result<bool> {
        let spot = self.spot(at, tag)?;
        let _turn = self.turn_now(&spot, tag)?;
        self.client.within_change(self.end(&spot)).await
    }

    async fn remove_manifests(&self, at: &Allowed<'_>, digests: &[Digest]) -> Result<BTreeMap<Digest, String>> {
        let name = self.upstream_name(at.repository())?;
        self.client.within_change(self.delete_unnamed(at, &name, digests)).await
    }
}

impl Spot<'_> {
    /// What those who change it stand in line by.
    pub(super) fn line(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }

    /// The same place of another name.
    pub(super) fn beside(&self, name: Reference) -> Self {
        Self { at: self.at, name: self.name.clone(), tag: name }
    }
}

impl RemoteRegistry {
    fn spot<'a>(&self, at: &'a Allowed<'a>, tag: &Tag) -> Result<Spot<'a>> {
        Ok(Spot { at, name: self.upstream_name(at.repository())?, tag: Reference::Tag(tag.clone()) })
    }

    pub(super) fn upstream_name(&self, repository: &RepositoryName) -> Result<String> {
        self.names.upstream(repository).ok_or_else(|| Error::NotFound(What::Repository(repository.clone())))
    }

    /// What the tag names at this moment.
    pub(super) async fn named(&self, spot: &Spot<'_>) -> Result<Option<Digest>> {
        self.client.resolve(&spot.name, &spot.tag).await
    }

    async fn put(&self, spot: &Spot<'_>, manifest: &RawManifest, condition: &Condition) -> Result<bool> {
        let _turn = self.lines.wait(&spot.line()).await;
        let shared = self.kept_from_deletes(&spot.name, manifest).await;
        if shared.has_waited && self.named(&spot.beside(Reference::Digest(manifest.digest.clone()))).await?.is_none() {
            let (repository, digest) = (spot.at.repository().clone(), manifest.digest.clone());
            return Err(Error::NotFound(What::Manifest { repository, digest })); // It was deleted at this moment.
        }
        spot.at.confirm().await?;
        let current = self.named(spot).await?;
        let seen = match condition.check(current.as_ref()) {
            Ok(()) => current.clone(),
            // A tag on its way out names nothing.
            Err(_) if self.tombstone_at(spot).await?.is_some() => None,
            Err(changed) => return Err(changed),
        };
        condition.check(seen.as_ref())?;
        if current.as_ref() == Some(&manifest.digest) {
            return Ok(false);
        }
        self.put_and_see(spot, manifest, current.as_ref()).await.map(|()| true)
    }

    /// Puts a manifest under the tag and looks whether it is there, also where the answer was lost.
    pub(super) async fn put_and_see(
        &self,
        spot: &Spot<'_>,
        manifest: &RawManifest,
        expected: Option<&Digest>,
    ) -> Result<()> {
        let put = self.client.put_manifest(&spot.name, &spot.tag, manifest, expected).await;
        if let Err(changed @ Error::Changed { .. }) = put {
            return Err(changed);
        }
        match (self.named(spot).await, put) {
            (Ok(Some(current)), _) if current == manifest.digest => Ok(()),
            (_, Err(failed)) => Err(failed),
            (Ok(current), Ok(())) => Err(Error::Changed { current }),
            (Err(failed), Ok(())) => Err(failed),
        }
    }

    async fn remove(&self, spot: &Spot<'_>, manifest: &RawManifest, beside: &Beside) -> Result<Removed> {
        let expected = &manifest.digest;
        match self.named(spot).await? {
            None => return Ok(Removed::Before),
            Some(current) if current == *expected => {}
            Some(current) => match self.tombstone_at(spot).await? {
                Some(tombstone) => return self.finish(spot, &tombstone).await,
                None => return Err(Error::Changed { current: Some(current) }),
            },
        }
        spot.at.confirm().await?;
        match self.client.delete(&spot.name, &spot.tag, Some(expected)).await {
            Ok(Deleted::Unable) => {}
            Err(changed @ Error::Changed { .. }) => return Err(changed),
            tried => match (self.named(spot).await, tried) {
                (Ok(None), _) => return self.keep(spot, manifest, beside).await.map(|()| Removed::ByName),
                (Err(failed), _) => return self.keep(spot, manifest, beside).await.and(Err(failed)),
                (Ok(Some(_)), Err(failed)) => return Err(failed),
                (Ok(Some(current)), Ok(_)) if current != *expected => {
                    return Err(Error::Changed { current: Some(current) });
                }
                (Ok(Some(_)), Ok(_)) => {}
            },
        }
        self.entomb(spot, expected).await
    }

    pub(super) async fn require_deletes_by_digest(&self, name: &str) -> Result<()> {
        match self.client.deletes_by_digest(name).await? {
            Some(true) => Ok(()),
            Some(false) => Err(self.client.deletes_nothing()),
            None => Err(self.client.error("does not say whether it deletes images; nothing was changed")),
        }
    }

    /// Moves the tag to a tombstone and deletes that.
    async fn entomb(&self, spot: &Spot<'_>, expected: &Digest) -> Result<Removed> {
        self.require_deletes_by_digest(&spot.name).await?;
        let nothing = self.client.ensure_nothing(&spot.name).await?;
        let mut nonce = [0; 16];
        self.entropy.fill(&mut nonce);
        let tombstone = tombstone::new(&nothing, &nonce);
        spot.at.confirm().await?;
        match self.named(spot).await? {
            Some(current) if current == *expected => {}
            None => return Ok(Removed::Before),
            current => return Err(Error::Changed { current }),
        }
        match self.put_and_see(spot, &tombstone, Some(expected)).await {
            Err(changed @ Error::Changed { .. }) => {
                self.bury(spot, &tombstone).await?;
                Err(changed)
            }
            Err(failed) => Err(self.explain(spot, failed, expected).await),
            Ok(()) => self.finish(spot, &tombstone).await,
        }
    }

    /// Says what the tag names after a step that failed, as far as that can be seen.
    async fn explain(&self, spot: &Spot<'_>, failed: Error, expected: &Digest) -> Error {
        match self.named(spot).await {
            Ok(Some(current)) if current == *expected => failure::at_step(failed, "nothing was changed"),
            Ok(Some(_)) => failure::at_step(failed, TRY_AGAIN),
            Ok(None) => failure::at_step(failed, "the tag is gone"),
            Err(_) => failure::at_step(failed, "whether the tag still names the image could not be seen; look again"),
        }
    }

    /// Deletes the tombstone under the tag, if there is one.
    async fn end(&self, spot: &Spot<'_>) -> Result<bool> {
        let Some(tombstone) = self.tombstone_at(spot).await? else { return Ok(false) };
        match self.finish(spot, &tombstone).await {
            Ok(_) | Err(Error::Changed { .. }) => Ok(true),
            Err(failed) => Err(failed),
        }
    }

    /// Deletes the tombstone under the tag, and the tag with it.
    async fn finish(&self, spot: &Spot<'_>, tombstone: &RawManifest) -> Result<Removed> {
        let unfinished = |failed| failure::at_step(failed, TRY_AGAIN);
        spot.at.confirm().await?;
        let current = self.named(spot).await.map_err(unfinished)?;
        if current.as_ref().is_some_and(|current| *current != tombstone.digest) {
            // Somebody pushed meanwhile, and theirs stays.
            self.bury(spot, tombstone).await?;
            return Err(Error::Changed { current });
        }
        self.bury(spot, tombstone).await.map_err(unfinished)?;
        match self.named(spot).await.map_err(unfinished)? {
            Some(current) if current == tombstone.digest => {
                let words = "says that it deleted a manifest, and still has a tag on it";
                Err(unfinished(self.client.error(words)))
            }
            _ => Ok(Removed::ByTombstone),
        }
    }

    /// Deletes a tombstone by its digest, which nothing else has. CNCF distribution 2.8 in files takes the manifest away and
    /// then fails where somebody writes another tag at that moment: the tag is left, listed there and naming nothing. So the
    /// manifest is kept again, by its digest alone, and deleted once more.
    async fn bury(&self, spot: &Spot<'_>, tombstone: &RawManifest) -> Result<()> {
        let by_digest = Reference::Digest(tombstone.digest.clone());
        let mut left = BURIALS;
        loop {
            left -= 1;
            match self.client.delete(&spot.name, &by_digest, None).await {
                Ok(Deleted::Done | Deleted::Absent) => return Ok(()),
                Ok(Deleted::Unable) => {
                    return Err(self.client.error("deletes nothing by now: that was switched off there meanwhile"));
                }
                Err(failed) => match self.client.resolve(&spot.name, &by_digest).await {
                    Ok(None) => {
                        self.client.put_manifest(&spot.name, &by_digest, tombstone, None).await?;
                        if left == 0 {
                            return Err(failed);
                        }
                    }
                    _ => return Err(failed),
                },
            }
        }
    }

    /// The tombstone that the tag names, if it names one.
    async fn tombstone_at(&self, spot: &Spot<'_>) -> Result<Option<RawManifest>> {
        let found = self.client.manifest(&spot.name, &spot.tag).await?;
        Ok(found.filter(|manifest| tombstone::is(&manifest.bytes)))
    }
}
