//! Puts tags on images, as far as somebody's rights reach: one way for pushes and for everything that people do with
//! names.

use super::protections::{By, Rules};
use super::repositories::Repository;
use super::tags::{self, Current, Placement};
use super::{Tx, trash};
use crate::domain::protection::Act;
use crate::domain::view::How;
use crate::domain::{Actor, Digest, RepositoryName, Result, Tag, Timestamp};
use crate::server::access::Rights;

/// Who names something, in which repository.
pub struct Naming<'a> {
    pub repository: &'a Repository,
    pub name: &'a RepositoryName,
    pub rights: &'a Rights,
    /// The rules that cover the repository.
    pub rules: &'a Rules,
    pub by: &'a Actor,
    pub now: Timestamp,
    /// Whether a registry elsewhere has done it already, so that nothing is asked any more.
    pub is_done: bool,
}

impl Naming<'_> {
    /// Puts a tag on an image that the repository has; what it named before. One that was deleted from that image and is
    /// back on it is not in the trash any more.
    pub async fn put(
        &self,
        tx: &mut Tx,
        (tag, digest): (&Tag, &Digest),
        how: How,
        reason: Option<&str>,
    ) -> Result<Option<Digest>> {
        tag.refuse_reserved()?;
        let current = tags::current(tx, &self.repository.id, tag).await?;
        let before = current.as_ref().and_then(Current::named).cloned();
        if !self.is_done {
            self.allow(tag, (before.as_ref(), digest), By::Right)?;
        }
        if self.place(tx, tag, (current.as_ref(), digest), how, reason).await? {
            trash::forget_back(tx, self.repository, (tag, digest)).await?;
        }
        Ok(before)
    }

    /// Whether a tag may come to an image from what it names: the same again is nothing.
    ///
    /// # Errors
    /// As [`Rules::allow`].
    pub fn allow(&self, tag: &Tag, (before, digest): (Option<&Digest>, &Digest), by: By) -> Result<()> {
        let act = Act::between(before, Some(digest));
        act.map_or(Ok(()), |act| self.rules.allow(self.rights, (tag, act), by))
    }

    async fn place(
        &self,
        tx: &mut Tx,
        tag: &Tag,
        (before, digest): (Option<&Current>, &Digest),
        how: How,
        reason: Option<&str>,
    ) -> Result<bool> {
        let by = Some(self.by);
        let at = Placement { repository: self.repository, tag, digest, before, how, by, reason, now: self.now };
        tags::place(tx, at).await
    }
}
