//! Deleting whole manifests. Some registries delete all tags with one, and all break an index that lists it, so it is
//! only done where no tag names it and no index that a tag leads to lists it, and that is looked up at the registry.

use super::RemoteRegistry;
use super::deleting::Deleted;
use super::lists::List;
use crate::domain::{Digest, Error, Reference, Result, Tag, media_type};
use crate::server::registry::changing::{Allowed, MOST_READ, MOST_TAGS};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Tags and manifests that are looked at side by side.
const SIDE_BY_SIDE: usize = 16;
/// What is said of a hidden tag, which nobody can delete.
const HELD: &str =
    "this image is in the trash of this mount or of another one, which holds it there until it lets it go";
/// Names asked for in one page.
const NAMES_PAGE: u32 = 1000;

impl RemoteRegistry {
    /// Deletes those of some manifests that nothing names, in their order. Returns the others, each with why it stays.
    pub(super) async fn delete_unnamed(
        &self,
        at: &Allowed<'_>,
        name: &str,
        digests: &[Digest],
    ) -> Result<BTreeMap<Digest, String>> {
        if digests.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.require_deletes_by_digest(name).await?;
        let mut asked = Asked { digests: digests.iter().collect(), stay: BTreeMap::new(), seen: BTreeSet::new() };
        // The second time what was read already is not read again, so that little can be pushed between it and a delete.
        for _ in 0..2 {
            let named = self.named_now(name, &mut asked).await?;
            self.look_below(name, named, &mut asked).await?;
        }
        for digest in digests.iter().filter(|digest| !asked.stay.contains_key(*digest)) {
            at.confirm().await?;
            self.delete_one(name, digest).await?;
        }
        Ok(asked.stay)
    }

    async fn delete_one(&self, name: &str, digest: &Digest) -> Result<()> {
        let by_digest = Reference::Digest(digest.clone());
        match self.client.delete(name, &by_digest, Some(digest)).await {
            Ok(Deleted::Done | Deleted::Absent) => Ok(()),
            Ok(Deleted::Unable) => Err(self.client.deletes_nothing()),
            Err(failed) => match self.client.resolve(name, &by_digest).await {
                Ok(None) => Ok(()),
                _ => Err(failed),
            },
        }
    }

    /// What the tags name at this moment, as far as it was not seen before.
    async fn named_now(&self, name: &str, asked: &mut Asked<'_>) -> Result<BTreeSet<Digest>> {
        let (mut after, mut n_tags, mut all) = (None::<String>, 0, BTreeSet::new());
        loop {
            let list = List::Tags(name);
            let Some(page) = self.client.list(&list, after.as_deref(), NAMES_PAGE).await? else { return Ok(all) };
            n_tags += page.names.len() as u64;
            let usable = page.names.into_iter().filter_map(|tag| tag.parse::<Tag>().ok());
            let naming = stream::iter(usable).map(|tag| async move {
                Ok::<_, Error>((self.client.resolve(name, &Reference::Tag(tag.clone())).await?, tag))
            });
            let mut naming = naming.buffer_unordered(SIDE_BY_SIDE);
            while let Some((current, tag)) = naming.try_next().await? {
                let Some(current) = current else { continue };
                asked.keep(&current, || match tag.is_reserved() {
                    false => format!("the tag {tag} names this image there; delete that first"),
                    true => HELD.to_owned(),
                });
                if asked.seen.insert(current.clone()) {
                    all.insert(current);
                }
            }
            after = page.next;
            if after.is_none() || asked.all_stay() {
                return Ok(all);
            }
            if n_tags >= MOST_TAGS {
                return Err(left_there(&format!("more than {MOST_TAGS} tags")));
            }
        }
    }

    /// Reads what tags name, and what that lists at any depth.
    async fn look_below(&self, name: &str, mut next: BTreeSet<Digest>, asked: &mut Asked<'_>) -> Result<()> {
        while !next.is_empty() && !asked.all_stay() {
            if asked.seen.len() as u64 > MOST_READ {
                return Err(left_there(&format!("more than {MOST_READ} images with a tag")));
            }
            let reading = stream::iter(std::mem::take(&mut next)).map(|of| async move {
                let found = self.client.manifest(name, &Reference::Digest(of.clone())).await?;
                Ok::<_, Error>((found.map_or_else(Vec::new, |manifest| listed(&manifest.bytes)), of))
            });
            let mut reading = reading.buffer_unordered(SIDE_BY_SIDE);
            while let Some((children, of)) = reading.try_next().await? {
                for child in children {
                    let Ok(digest) = child.digest.parse::<Digest>() else { continue };
                    asked.keep(&digest, || format!("the image {} lists this one there; delete that first", of.short()));
                    if media_type::is_index(&child.media_type) && asked.seen.insert(digest.clone()) {
                        next.insert(digest);
                    }
                }
            }
        }
        Ok(())
    }
}

/// What is to be deleted, what of it stays, and what was looked at for that.
struct Asked<'a> {
    digests: BTreeSet<&'a Digest>,
    stay: BTreeMap<Digest, String>,
    seen: BTreeSet<Digest>,
}

impl Asked<'_> {
    /// Something that is named stays, if it was to be deleted.
    fn keep(&mut self, named: &Digest, why: impl FnOnce() -> String) {
        if self.digests.contains(named) {
            self.stay.entry(named.clone()).or_insert_with(why);
        }
    }

    fn all_stay(&self) -> bool {
        self.stay.len() == self.digests.len()
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
