//! Deleting a whole manifest. Some registries delete all tags with it, so it is only done where no tag names it, and
//! that is looked up at the registry itself.

use super::deleting::Deleted;
use super::lists::List;
use super::{RemoteRegistry, failure};
use crate::domain::{Digest, Error, Reference, Result};
use crate::server::registry::changing::Allowed;
use futures::stream::{self, StreamExt, TryStreamExt};

/// Tags that are looked at side by side.
const SIDE_BY_SIDE: usize = 16;
/// More tags are not looked at for one delete.
const MOST_TAGS: usize = 10_000;
/// Names asked for in one page.
const NAMES_PAGE: u32 = 1000;

impl RemoteRegistry {
    pub(super) async fn delete_unnamed(&self, at: &Allowed<'_>, name: &str, digest: &Digest) -> Result<()> {
        match self.client.deletes_by_digest(name).await? {
            Some(true) => {}
            Some(false) => return Err(self.client.error(failure::deletes_nothing())),
            None => return Err(self.client.error("does not say whether it deletes images; nothing was changed")),
        }
        if let Some(tag) = self.one_naming(name, digest).await? {
            return Err(Error::Conflict(format!("the tag {tag} names this image there; delete that first")));
        }
        at.confirm().await?;
        let by_digest = Reference::Digest(digest.clone());
        match self.client.delete(name, &by_digest, Some(digest)).await {
            Ok(Deleted::Done | Deleted::Absent) => Ok(()),
            Ok(Deleted::Unable) => Err(self.client.error(failure::deletes_nothing())),
            Err(failed) => match self.client.resolve(name, &by_digest).await {
                Ok(None) => Ok(()),
                _ => Err(failed),
            },
        }
    }

    /// Some tag that names the manifest at this moment.
    async fn one_naming(&self, name: &str, digest: &Digest) -> Result<Option<String>> {
        let (mut after, mut n_tags) = (None::<String>, 0);
        loop {
            let list = List::Tags(name);
            let Some(page) = self.client.list(&list, after.as_deref(), NAMES_PAGE).await? else { return Ok(None) };
            n_tags += page.names.len();
            let usable = page.names.into_iter().filter_map(|tag| Some((tag.parse().ok()?, tag)));
            let naming = stream::iter(usable).map(|(reference, tag)| async move {
                let current = self.client.resolve(name, &reference).await?;
                Ok::<_, Error>((current.as_ref() == Some(digest)).then_some(tag))
            });
            let mut naming = naming.buffer_unordered(SIDE_BY_SIDE);
            while let Some(found) = naming.try_next().await? {
                if found.is_some() {
                    return Ok(found);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
            if n_tags >= MOST_TAGS {
                return Err(self.client.error(format!(
                    "has more than {MOST_TAGS} tags in this repository, and which of them name the image was not looked up; delete it there"
                )));
            }
        }
    }
}
