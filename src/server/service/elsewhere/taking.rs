//! Taking tags from their images at a registry elsewhere. What goes to the trash gets a hidden tag there before.

use super::{Elsewhere, Step, exactly};
use crate::domain::action::Bookkeeping;
use crate::domain::protection::Act;
use crate::domain::radius::Radius;
use crate::domain::{Digest, Error, RepositoryName, Result, Tag};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::registry::RawManifest;
use crate::server::registry::changing::{Allowed, Removed};
use crate::server::store::holds::{self, Held};
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
pub struct Gone {
    pub tags: BTreeSet<Tag>,
    /// Tags that name other images there and were left alone.
    pub moved: BTreeSet<Tag>,
    /// How many tags were to go.
    pub n_tags: usize,
    /// Why it is not all of them.
    pub failed: Option<Error>,
}

impl Elsewhere {
    /// Takes what a radius says, tag by tag. What was taken before something failed is taken.
    ///
    /// # Errors
    /// If it failed before any was.
    pub async fn take<A: Bookkeeping>(&self, app: &App, proof: &Authorized<A>, taking: Taking<'_>) -> Result<Gone> {
        let radius = taking.radius;
        let steps = radius.tags.keys().map(|tag| Step { needs: None, act: Act::Delete, tag: tag.clone() });
        let still = self.still(app, proof, (taking.name, steps.collect()));
        let allowed = Allowed::by(proof, taking.name, &still)?;
        let mut images: BTreeMap<Digest, Option<RawManifest>> = BTreeMap::new();
        for (digest, is_whole) in held(radius) {
            let manifest = self.manifest(allowed.repository(), &digest).await?;
            if let Some(manifest) = manifest.as_ref().filter(|_| self.mount.keeps_trash) {
                self.hold(app, proof, &allowed, (&taking, manifest, is_whole)).await?;
            }
            images.insert(digest, manifest);
        }
        let mut gone = Gone { tags: BTreeSet::new(), moved: BTreeSet::new(), n_tags: radius.tags.len(), failed: None };
        for (tag, digest) in &radius.tags {
            let manifest = images.get(digest).and_then(Option::as_ref);
            match self.take_one(&allowed, tag, manifest).await {
                Ok(()) => drop(gone.tags.insert(tag.clone())),
                Err(Error::Changed { .. }) if taking.leaves_moved => drop(gone.moved.insert(tag.clone())),
                Err(failed) => {
                    gone.failed = Some(failed);
                    return Ok(gone);
                }
            }
        }
        gone.failed = self.take_images(&allowed, radius).await.err();
        Ok(gone)
    }

    /// Puts the hidden tag on an image, and notes that before.
    async fn hold<A: Bookkeeping>(
        &self,
        app: &App,
        proof: &Authorized<A>,
        allowed: &Allowed<'_>,
        (taking, manifest, is_whole): (&Taking<'_>, &RawManifest, bool),
    ) -> Result<()> {
        let now = app.clock.now();
        let tag = Tag::of_trash(&new_id(&*app.entropy, now));
        let (repository, batch) = (taking.repository.clone(), taking.batch.to_owned());
        let (name, digest) = (allowed.repository().clone(), manifest.digest.clone());
        let noted = app.store.note(proof, move |tx| {
            Box::pin(async move {
                let held = Held { repository: &repository, name: &name, batch: &batch, digest: &digest, is_whole };
                holds::keep(tx, held, &tag, now).await
            })
        });
        let tag = noted.await?;
        match self.changes.put_tag(allowed, &tag, manifest, &exactly(None)).await {
            // An earlier attempt put it there.
            Err(Error::Changed { current: Some(current) }) if current == manifest.digest => Ok(()),
            put => put.map(drop),
        }
    }

    async fn take_one(&self, allowed: &Allowed<'_>, tag: &Tag, manifest: Option<&RawManifest>) -> Result<()> {
        match manifest {
            Some(manifest) => self.changes.remove_tag(allowed, tag, manifest).await.map(|_: Removed| ()),
            // The registry does not have the image, and so no tag on it.
            None => match self.named(allowed.repository(), tag).await? {
                None => Ok(()),
                current => Err(Error::Changed { current }),
            },
        }
    }

    /// Images stay for as long as they are held; without a trash they go at once, each before what it lists.
    async fn take_images(&self, allowed: &Allowed<'_>, radius: &Radius) -> Result<()> {
        if self.mount.keeps_trash {
            return Ok(());
        }
        let (tops, parts): (Vec<_>, Vec<_>) = radius.images.iter().partition(|(_, (_, part))| part.is_none());
        for (digest, _) in tops.into_iter().chain(parts) {
            self.changes.remove_manifest(allowed, digest).await?;
        }
        Ok(())
    }
}

/// Images that lose a tag, and those that are deleted: whether that.
fn held(radius: &Radius) -> BTreeMap<Digest, bool> {
    let named = radius.tags.values().map(|digest| (digest.clone(), radius.images.contains_key(digest)));
    let tops = radius.images.iter().filter(|(_, (_, part))| part.is_none());
    named.chain(tops.map(|(digest, _)| (digest.clone(), true))).collect()
}

/// Why only some tags are gone.
pub(in crate::server::service) fn in_part(failed: Error, n_gone: usize, n_tags: usize) -> Error {
    let words = format!("{n_gone} of {n_tags} tags are deleted, the others are as they were; look again");
    match failed {
        Error::Upstream { registry, message, is_down } => {
            Error::Upstream { registry, message: format!("{message}; {words}"), is_down }
        }
        failed => Error::Conflict(format!("{failed}; {words}")),
    }
}

/// What a preview says of such a delete besides.
pub(in crate::server::service) fn notes(app: &App, name: &RepositoryName) -> Vec<String> {
    let Some(mount) = app.mount(name).filter(|mount| mount.changes.is_some()) else { return vec![] };
    let host = mount.upstream.as_ref().map_or("the registry", |upstream| upstream.host.as_str());
    let trash = match mount.keeps_trash {
        true => format!(
            "A hidden tag at {host}, portolan.trash.…, holds it until then. Other clients of that registry see such tags"
        ),
        false => format!("This mount keeps no trash: what is deleted at {host} cannot be brought back"),
    };
    let freed = format!(
        "Nothing is freed now. Bytes are freed by the garbage collection of {host}, after the trash has let it go; the \
         page of the mount has the command"
    );
    let how = format!(
        "Where {host} deletes no tag by its name, Portolan moves the tag to a tombstone first and deletes that; siblings \
         and image stay"
    );
    vec![trash, freed, how]
}
