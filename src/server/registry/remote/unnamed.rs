//! Deleting a whole manifest. Some registries delete all tags with it, and all break an index that lists it, so it is
//! only done where no tag names it and no index that a tag leads to lists it, and that is looked up at the registry.

use super::deleting::Deleted;
use super::lists::List;
use super::{RemoteRegistry, failure};
use crate::domain::{Digest, Error, Reference, Result, media_type};
use crate::server::registry::changing::Allowed;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Tags and manifests that are looked at side by side.
const SIDE_BY_SIDE: usize = 16;
/// More tags are not looked at for one delete.
const MOST_TAGS: usize = 10_000;
/// More manifests are not read for one delete.
const MOST_READ: usize = 1000;
/// Names asked for in one page.
const NAMES_PAGE: u32 = 1000;

impl RemoteRegistry {
    pub(super) async fn delete_unnamed(&self, at: &Allowed<'_>, name: &str, digest: &Digest) -> Result<()> {
        self.require_deletes_by_digest(name).await?;
        let named = self.all_but(name, digest).await?;
        self.require_unlisted(name, digest, named).await?;
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

    /// What the tags name at this moment, which must not be this manifest.
    async fn all_but(&self, name: &str, digest: &Digest) -> Result<BTreeSet<Digest>> {
        let (mut after, mut n_tags, mut all) = (None::<String>, 0, BTreeSet::new());
        loop {
            let list = List::Tags(name);
            let Some(page) = self.client.list(&list, after.as_deref(), NAMES_PAGE).await? else { return Ok(all) };
            n_tags += page.names.len();
            let usable = page.names.into_iter().filter_map(|tag| Some((tag.parse().ok()?, tag)));
            let naming = stream::iter(usable).map(|(reference, tag)| async move {
                Ok::<_, Error>((self.client.resolve(name, &reference).await?, tag))
            });
            let mut naming = naming.buffer_unordered(SIDE_BY_SIDE);
            while let Some((current, tag)) = naming.try_next().await? {
                if current.as_ref() == Some(digest) {
                    return Err(Error::Conflict(format!("the tag {tag} names this image there; delete that first")));
                }
                all.extend(current);
            }
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
            if n_tags >= MOST_TAGS {
                return Err(left_there(&format!("more than {MOST_TAGS} tags")));
            }
        }
    }

    /// Reads what tags name and what that lists; none of it may list this manifest.
    async fn require_unlisted(&self, name: &str, digest: &Digest, named: BTreeSet<Digest>) -> Result<()> {
        let (mut seen, mut next) = (named.clone(), named);
        while !next.is_empty() {
            if seen.len() > MOST_READ {
                return Err(left_there(&format!("more than {MOST_READ} images with a tag")));
            }
            let reading = stream::iter(std::mem::take(&mut next)).map(|of| async move {
                let found = self.client.manifest(name, &Reference::Digest(of.clone())).await?;
                Ok::<_, Error>((found.map_or_else(Vec::new, |manifest| listed(&manifest.bytes)), of))
            });
            let mut reading = reading.buffer_unordered(SIDE_BY_SIDE);
            while let Some((children, of)) = reading.try_next().await? {
                if children.iter().any(|child| child.digest == digest.as_str()) {
                    let words = format!("the image {} lists this one there; delete that first", of.short());
                    return Err(Error::Conflict(words));
                }
                let indexes = children.into_iter().filter(|child| media_type::is_index(&child.media_type));
                let below = indexes.filter_map(|child| child.digest.parse::<Digest>().ok());
                next.extend(below.filter(|child| seen.insert(child.clone())));
            }
        }
        Ok(())
    }
}

/// That an image is not deleted because not all could be looked up that may need it.
fn left_there(what: &str) -> Error {
    Error::Conflict(format!(
        "the repository has {what} there, and which of them need the image was not looked up; it is left to the \
         registry's own garbage collection"
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Child {
    digest: String,
    #[serde(default)]
    media_type: String,
}

/// What a manifest lists, if it is an index.
fn listed(bytes: &[u8]) -> Vec<Child> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default)]
        manifests: Vec<Child>,
    }
    serde_json::from_slice::<Wire>(bytes).map(|wire| wire.manifests).unwrap_or_default()
}
