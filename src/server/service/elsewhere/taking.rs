//! Taking tags from their images at a registry elsewhere. What goes to the trash gets a hidden tag there before.

use super::{Elsewhere, Step, exactly};
use crate::domain::action::Bookkeeping;
use crate::domain::protection::Act;
use crate::domain::radius::{Part, Radius};
use crate::domain::{Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::registry::RawManifest;
use crate::server::registry::changing::{Allowed, Beside, MOST_BESIDE, Removed};
use crate::server::store::going::{self, Where};
use crate::server::store::holds::{self, Held, Takes};
use crate::server::store::protections::By;
use crate::server::store::repositories::Repository;
use std::collections::{BTreeMap, BTreeSet};

/// What goes, as it was previewed.
pub struct Taking<'a> {
    pub repository: &'a Repository,
    pub name: &'a RepositoryName,
    pub radius: &'a Radius,
    /// What one request deletes shares it.
    pub batch: &'a str,
    /// Whether a tag that names another image there is left alone, and the others go on.
    pub leaves_moved: bool,
}

/// What is gone there.
#[derive(Default)]
pub struct Gone {
    /// Each with what it named.
    pub tags: BTreeMap<Tag, Digest>,
    /// Images that were to go with all their tags, if all of it was done.
    pub images: BTreeSet<Digest>,
    /// Images of which it is known what became of them, where they go at once.
    pub looked_at: BTreeSet<Digest>,
    /// Tags that name other images there and were left alone.
    pub moved: BTreeSet<Tag>,
    /// How many tags were to go.
    pub n_tags: usize,
    /// Why it is not all of it.
    pub failed: Option<Error>,
}

impl Gone {
    /// The same if there is something to it, with how far it came where it is not all.
    ///
    /// # Errors
    /// Why nothing is gone.
    pub fn some(mut self) -> Result<Self> {
        let (n_gone, n_tags) = (self.tags.len(), self.n_tags);
        self.failed = match self.failed {
            Some(failed) if n_gone == 0 => return Err(failed),
            Some(failed) if n_gone < n_tags => {
                let words = format!("{n_gone} of {n_tags} tags are deleted, the others are as they were; look again");
                Some(saying(failed, words))
            }
            failed => failed,
        };
        Ok(self)
    }
}

impl Elsewhere {
    /// Takes what a radius says, tag by tag. What was taken before something failed is taken.
    ///
    /// # Errors
    /// If it failed before the first step; what failed afterwards is in the answer.
    pub async fn take<A: Bookkeeping>(&self, app: &App, proof: &Authorized<A>, taking: Taking<'_>) -> Result<Gone> {
        let radius = taking.radius;
        self.require_own(taking.repository)?;
        let steps = radius.tags.keys().map(|tag| Step { act: Act::Delete, tag: tag.clone(), by: By::Proof });
        let still = self.still(app, proof, (taking.name, steps.collect()));
        let allowed = Allowed::by(proof, taking.name, &still)?;
        if !taking.leaves_moved {
            self.require_unmoved(app, &taking).await?;
        }
        let mut images: BTreeMap<Digest, Option<RawManifest>> = BTreeMap::new();
        for digest in radius.tags.values().chain(tops(radius)).collect::<BTreeSet<_>>() {
            let manifest = self.manifest(allowed.repository(), digest).await?;
            images.insert(digest.clone(), manifest);
        }
        self.changes.require_deletes(&allowed).await?;
        let mut gone = Gone { n_tags: radius.tags.len(), ..Gone::default() };
        // Of which it is not known whether they are there: those of an earlier attempt, until they are looked at.
        let of = (taking.batch, taking.repository.id.as_str());
        let mut unsure: BTreeSet<Tag> = going::of(&app.store, of, radius.tags.keys()).await?.into_keys().collect();
        if let Err(failed) = self.begin(app, proof, &allowed, (&taking, &images)).await {
            left_alone(app, proof, (&taking, &gone, &unsure)).await;
            return Err(failed);
        }
        for (tag, digest) in &radius.tags {
            let manifest = images.get(digest).and_then(Option::as_ref);
            match self.take_one(app, &allowed, (&taking, &gone), (tag, manifest)).await {
                Ok(()) => drop(gone.tags.insert(tag.clone(), digest.clone())),
                Err(Error::Changed { .. }) if taking.leaves_moved => {
                    unsure.remove(tag);
                    gone.moved.insert(tag.clone());
                }
                Err(failed) => {
                    match failed {
                        Error::Changed { .. } => unsure.remove(tag),
                        _ => unsure.insert(tag.clone()),
                    };
                    gone.failed = Some(failed);
                    break;
                }
            }
        }
        left_alone(app, proof, (&taking, &gone, &unsure)).await;
        if gone.failed.is_none() {
            match self.take_images(&allowed, radius).await {
                Err(failed) => gone.failed = Some(failed),
                Ok(stay) => {
                    gone.looked_at = tops(radius).cloned().collect();
                    gone.images = tops(radius).filter(|top| !stay.contains_key(*top)).cloned().collect();
                    gone.failed = tops(radius).find_map(|top| stay.get(top)).cloned().map(Error::Conflict);
                }
            }
        }
        Ok(gone)
    }

    /// Notes which tags and images are about to go and, where there is a trash, puts hidden tags on the images, each noted
    /// before.
    async fn begin<A: Bookkeeping>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        allowed: &Allowed<'_>,
        (taking, images): (&Taking<'_>, &BTreeMap<Digest, Option<RawManifest>>),
    ) -> Result<()> {
        let now = app.clock.now();
        let (repository, batch, by) = (taking.repository.clone(), taking.batch.to_owned(), proof.actor().clone());
        let (name, tags) = (allowed.repository().clone(), taking.radius.tags.clone());
        let held = held(taking.radius, images, self.mount.keeps_trash).into_iter();
        let held: Vec<(Digest, Takes, Tag)> =
            held.map(|(digest, takes)| (digest, takes, Tag::of_trash(&new_id(&*app.entropy, now)))).collect();
        let noted = app.store.note(proof, move |tx| {
            Box::pin(async move {
                let at = Where { batch: &batch, repository: &repository, name: &name, by: &by, at: now };
                going::note(tx, at, &tags).await?;
                let mut noted = Vec::new();
                for (digest, takes, tag) in held {
                    let held = Held { repository: &repository, name: &name, batch: &batch, digest: &digest, takes };
                    noted.push((holds::keep(tx, held, &tag, now).await?, digest));
                }
                Ok(noted)
            })
        });
        for (tag, digest) in noted.await?.into_iter().filter(|_| self.mount.keeps_trash) {
            let Some(manifest) = images.get(&digest).and_then(Option::as_ref) else { continue };
            match self.changes.put_tag(allowed, &tag, manifest, &exactly(None)).await {
                // An earlier attempt put it there.
                Err(Error::Changed { current: Some(current) }) if current == digest => {}
                put => drop(put?),
            }
        }
        Ok(())
    }

    /// Before anything is put there: no tag names another image than was previewed.
    async fn require_unmoved(&self, app: &App, taking: &Taking<'_>) -> Result<()> {
        for (tag, digest) in &taking.radius.tags {
            let there = self.named(taking.name, tag).await?;
            if there.as_ref().is_some_and(|there| there != digest) {
                self.catch_up(app, (taking.name, tag), there.as_ref()).await?;
                return Err(Error::Changed { current: there });
            }
        }
        Ok(())
    }

    async fn take_one(
        &self,
        app: &App,
        allowed: &Allowed<'_>,
        (taking, gone): (&Taking<'_>, &Gone),
        (tag, manifest): (&Tag, Option<&RawManifest>),
    ) -> Result<()> {
        let Some(manifest) = manifest else {
            // The registry does not have the image, and so no tag on it.
            return match self.named(allowed.repository(), tag).await? {
                None => Ok(()),
                current => Err(Error::Changed { current }),
            };
        };
        let mut beside = beside(app, (&taking.repository.id, &manifest.digest), taking.batch).await?;
        beside.tags.retain(|it| it != tag && !gone.tags.contains_key(it));
        self.changes.remove_tag(allowed, tag, manifest, &beside).await.map(|_: Removed| ())
    }

    /// Images stay for as long as they are held; without a trash they go at once, each before what it lists. Returns those
    /// that stay because something there names them.
    async fn take_images(&self, allowed: &Allowed<'_>, radius: &Radius) -> Result<BTreeMap<Digest, String>> {
        if self.mount.keeps_trash {
            return Ok(BTreeMap::new());
        }
        let (tops, parts): (Vec<_>, Vec<_>) = radius.images.iter().partition(|(_, (_, part))| part.is_none());
        let images: Vec<Digest> = tops.into_iter().chain(parts).map(|(digest, _)| digest.clone()).collect();
        self.changes.remove_manifests(allowed, &images).await
    }
}

/// Names of an image that stay there when one goes, as far as they are known.
pub(super) async fn beside(app: &App, of: (&str, &Digest), batch: &str) -> Result<Beside> {
    let mut tags = holds::names_of(&app.store, of, batch, MOST_BESIDE + 1).await?;
    let is_cut = tags.len() > MOST_BESIDE as usize;
    tags.truncate(MOST_BESIDE as usize);
    Ok(Beside { tags, is_cut })
}

/// Tags that were left as they were are on their way no more, but for those of which that is not known.
async fn left_alone<A: Bookkeeping>(
    app: &App,
    proof: &Authorized<A>,
    (taking, gone, unsure): (&Taking<'_>, &Gone, &BTreeSet<Tag>),
) {
    let left = taking.radius.tags.keys().filter(|tag| !gone.tags.contains_key(*tag) && !unsure.contains(*tag));
    let left: Vec<Tag> = left.cloned().collect();
    if left.is_empty() {
        return;
    }
    let (batch, id) = (taking.batch.to_owned(), taking.repository.id.clone());
    let forget =
        app.store.note(proof, move |tx| Box::pin(async move { going::forget(tx, (&batch, &id), left.iter()).await }));
    if let Err(error) = forget.await {
        tracing::warn!(repository = %taking.name, %error, "tags that stay could not be noted; the sweep does it");
    }
}

/// Images that lose a tag, and those that are deleted, as far as they are there: each with what goes in the end. What an
/// index lists that is held is held by it, and goes with it, not before it. Without a trash nothing is, and those that are
/// deleted are noted.
fn held(radius: &Radius, images: &BTreeMap<Digest, Option<RawManifest>>, keeps_trash: bool) -> BTreeMap<Digest, Takes> {
    let is_there = |digest: &Digest| images.get(digest).is_some_and(Option::is_some);
    if !keeps_trash {
        return tops(radius).filter(|top| is_there(top)).map(|top| (top.clone(), Takes::Part)).collect();
    }
    let takes = |digest: &Digest| match radius.images.get(digest) {
        Some((top, Some(Part::Child))) if is_there(top) => None,
        Some(_) => Some(Takes::Image),
        None => Some(Takes::Nothing),
    };
    let there = images.keys().filter(|digest| is_there(digest));
    there.filter_map(|digest| Some((digest.clone(), takes(digest)?))).collect()
}

/// Images that are deleted for their own sake.
fn tops(radius: &Radius) -> impl Iterator<Item = &Digest> {
    radius.images.iter().filter(|(_, (_, part))| part.is_none()).map(|(digest, _)| digest)
}

/// An error with how far it had come. One that may pass stays one, so that it is tried again.
pub(in crate::server::service) fn saying(failed: Error, words: String) -> Error {
    match failed {
        Error::Upstream { registry, message, is_down } => {
            Error::Upstream { registry, message: format!("{message}; {words}"), is_down }
        }
        Error::Unavailable(message) => Error::Unavailable(format!("{message}; {words}")),
        failed @ (Error::Internal | Error::Unauthenticated) => failed,
        failed => Error::Conflict(format!("{failed}; {words}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Permission;

    #[test]
    fn what_may_pass_stays_so_and_says_how_far_it_came() {
        let down =
            |message: &str| Error::Upstream { registry: "r".to_owned(), message: message.to_owned(), is_down: true };
        let busy = |message: &str| Error::Unavailable(message.to_owned());
        let said = |failed| saying(failed, "1 of 2 tags are deleted".to_owned());
        assert_eq!(said(down("fell")), down("fell; 1 of 2 tags are deleted"));
        assert_eq!(said(busy("no room")), busy("no room; 1 of 2 tags are deleted"));
        assert_eq!(said(Error::Internal), Error::Internal);
        let barred = said(Error::Forbidden(Permission::TagDelete));
        assert!(
            matches!(&barred, Error::Conflict(words) if words.ends_with("here; 1 of 2 tags are deleted")),
            "{barred:?}"
        );
    }
}
