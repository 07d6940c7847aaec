//! Deleting whole manifests. Some registries delete all tags with one, and all break an index that lists it, so it is
//! only done where no tag names it and no index that a tag leads to lists it, and that is looked up at the registry: right
//! before some of them go, while nobody puts a name on these from here. What cannot be read there may need any of them, and
//! all stay.

use super::RemoteRegistry;
use super::deleting::Deleted;
use super::lists::List;
use crate::domain::manifest::{Listed, listed};
use crate::domain::{Digest, Error, Reference, Result, Tag};
use crate::server::registry::RawManifest;
use crate::server::registry::changing::{Allowed, MOST_READ, MOST_TAGS};
use crate::server::registry::lines::Shared;
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// Tags and manifests that are looked at side by side.
const SIDE_BY_SIDE: usize = 16;
/// So many go after one look at least.
const AFTER_ONE_LOOK: usize = 16;
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
        let mut asked =
            Asked { digests: digests.iter().collect(), stay: BTreeMap::new(), seen: BTreeSet::new(), n_tags: 0 };
        match self.look(name, &mut asked).await {
            Err(Error::Conflict(words)) => {
                asked.keep_all(&words);
                return Ok(asked.stay);
            }
            looked => looked?,
        }
        let mut left = digests;
        while !left.is_empty() {
            let (some, rest) = left.split_at(left.len().min(asked.n_after_a_look()));
            left = rest;
            let some: Vec<&Digest> = some.iter().filter(|digest| !asked.stay.contains_key(*digest)).collect();
            if !some.is_empty() {
                self.delete_some(at, name, &some, &mut asked).await?;
            }
        }
        Ok(asked.stay)
    }

    /// Deletes those of a few that nothing names by now. Who puts a name on one of them from here waits until that is done.
    async fn delete_some(&self, at: &Allowed<'_>, name: &str, some: &[&Digest], asked: &mut Asked<'_>) -> Result<()> {
        let _turns = self.lines.wait_all(&some.iter().map(|digest| line(name, digest)).collect()).await;
        // What was read already is not read again, so that little can be pushed there between it and a delete.
        match self.look(name, asked).await {
            Err(Error::Conflict(words)) => {
                asked.keep_all(&words);
                return Ok(());
            }
            looked => looked?,
        }
        for digest in some {
            if asked.stay.contains_key(*digest) {
                continue;
            }
            at.confirm().await?;
            self.delete_one(name, digest).await?;
            asked.digests.remove(*digest);
        }
        Ok(())
    }

    /// Keeps a manifest, and what it lists, from being deleted from here while a name is put on it. (Of one that cannot be
    /// read the catalog knows nothing, and nobody names it from here.)
    pub(super) async fn kept_from_deletes(&self, name: &str, manifest: &RawManifest) -> Shared {
        let children = listed(&manifest.bytes).unwrap_or_default().into_iter().map(|child| child.digest);
        let all = std::iter::once(manifest.digest.clone()).chain(children);
        self.lines.share(&all.map(|digest| line(name, &digest)).collect()).await
    }

    /// Looks which of them something names, as far as it was not seen before.
    async fn look(&self, name: &str, asked: &mut Asked<'_>) -> Result<()> {
        let named = self.named_now(name, asked).await?;
        self.look_below(name, named, asked).await
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
        let (mut after, mut all) = (None::<String>, BTreeSet::new());
        asked.n_tags = 0;
        loop {
            let list = List::Tags(name);
            let page = match self.client.list(&list, after.as_deref(), NAMES_PAGE).await? {
                Some(page) => page,
                None if after.is_none() => return Ok(all),
                None => return Err(self.client.error("lists some tags, and then says that it has no such list")),
            };
            asked.n_tags += page.names.len();
            let tags: Option<Vec<Tag>> = page.names.iter().map(|tag| tag.parse().ok()).collect();
            let tags = tags.ok_or_else(|| unread("the name of a tag"))?;
            let naming = stream::iter(tags).map(|tag| async move {
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
            if asked.n_tags as u64 >= MOST_TAGS {
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
            let reading = stream::iter(std::mem::take(&mut next))
                .map(|of| async move { Ok::<_, Error>((self.listed_by(name, &of).await?, of)) });
            let mut reading = reading.buffer_unordered(SIDE_BY_SIDE);
            while let Some((children, of)) = reading.try_next().await? {
                for Listed { digest, may_list } in children {
                    asked.keep(&digest, || format!("the image {} lists this one there; delete that first", of.short()));
                    if may_list && asked.seen.insert(digest.clone()) {
                        next.insert(digest);
                    }
                }
            }
        }
        Ok(())
    }

    /// What a manifest lists there; nothing where the registry does not have it, by now or ever.
    async fn listed_by(&self, name: &str, of: &Digest) -> Result<Vec<Listed>> {
        let by_digest = Reference::Digest(of.clone());
        let Some(manifest) = self.client.manifest(name, &by_digest).await? else {
            return match self.client.resolve(name, &by_digest).await? {
                None => Ok(vec![]),
                Some(_) => Err(self.client.error(format!("has the image {}, and does not send it", of.short()))),
            };
        };
        listed(&manifest.bytes).map_err(|error| {
            tracing::warn!(repository = name, digest = %of, %error, "what a manifest lists cannot be read");
            unread(&format!("the image {}", of.short()))
        })
    }
}

/// What is to be deleted, what of it stays, and what was looked at for that.
struct Asked<'a> {
    digests: BTreeSet<&'a Digest>,
    stay: BTreeMap<Digest, String>,
    seen: BTreeSet<Digest>,
    /// How many tags the last look met.
    n_tags: usize,
}

impl Asked<'_> {
    /// Something that is named stays, if it was to be deleted.
    fn keep(&mut self, named: &Digest, why: impl FnOnce() -> String) {
        if self.digests.contains(named) {
            self.stay.entry(named.clone()).or_insert_with(why);
        }
    }

    /// All that is not deleted yet stays.
    fn keep_all(&mut self, why: &str) {
        for digest in &self.digests {
            self.stay.entry((*digest).clone()).or_insert_with(|| why.to_owned());
        }
    }

    fn all_stay(&self) -> bool {
        self.stay.len() == self.digests.len()
    }

    /// How many go after one look: as many as it takes rounds of requests, so that looking takes no longer than deleting.
    fn n_after_a_look(&self) -> usize {
        AFTER_ONE_LOOK.max(self.n_tags / SIDE_BY_SIDE)
    }
}

/// What those who delete a manifest, or put a name on it, stand in line by. No tag has an `@`.
fn line(name: &str, digest: &Digest) -> String {
    format!("{name}@{digest}")
}

/// That an image is not deleted because not all could be looked up that may need it.
fn left_there(what: &str) -> Error {
    Error::Conflict(format!(
        "the repository has {what} there, and which of them need the image was not looked up; it is left to the \
         registry's own garbage collection"
    ))
}

/// That an image is not deleted because something there cannot be read that may need it.
fn unread(what: &str) -> Error {
    Error::Conflict(format!(
        "{what} there cannot be read, and so not whether that needs the image; it is left to the registry's own garbage \
         collection"
    ))
}
