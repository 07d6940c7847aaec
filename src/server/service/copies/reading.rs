//! What there is to copy: what the tags name, what that lists, and what is about any of it, by the lists of the registry
//! and by tags that name their subject. Bounded, whatever a registry answers.

use super::plan::lacking;
use super::way::{Copying, Phase, of};
use crate::domain::manifest::{Descriptor, Manifest, Relation};
use crate::domain::radius::{referrer_tags, subject_of};
use crate::domain::{Digest, Error, Reference, Result, Tag, media_type};
use crate::server::registry::RawManifest;
use crate::server::store::repositories;
use futures::future::try_join_all;
use std::collections::BTreeSet;

/// The most images that one copy takes.
const MAX_IMAGES: usize = 4000;
/// The most that their manifests have, in bytes.
const MAX_BYTES: u64 = 256 << 20;
/// How far something may be from a tag: an index, its platforms, their signatures, the signatures of those.
const MAX_DEPTH: u8 = 12;

/// An image that is copied.
pub(super) struct Image {
    pub raw: RawManifest,
    pub parsed: Manifest,
}

impl Image {
    /// What it is made of besides manifests, each once, without what is meant to be fetched from elsewhere.
    pub fn blobs(&self) -> Vec<&Descriptor> {
        let mut met = BTreeSet::new();
        let is_blob = |(relation, it): &&(Relation, Descriptor)| match relation {
            Relation::Manifest => !media_type::is_manifest(&it.media_type),
            Relation::Config => true,
            Relation::Layer => !it.is_elsewhere(),
        };
        let blobs = self.parsed.children.iter().filter(is_blob).map(|(_, it)| it);
        blobs.filter(|it| met.insert(&it.digest)).collect()
    }

    /// The manifests that it lists.
    pub fn children(&self) -> impl Iterator<Item = &Digest> {
        let children = self.parsed.of(Relation::Manifest).filter(|it| media_type::is_manifest(&it.media_type));
        children.map(|it| &it.digest)
    }

    /// How many of its layers are meant to be fetched from elsewhere.
    pub fn n_elsewhere(&self) -> usize {
        self.parsed.of(Relation::Layer).filter(|layer| layer.is_elsewhere()).count()
    }
}

impl Copying<'_> {
    pub(super) fn start(&mut self) {
        self.place.images.waiting = self.asked.tags.iter().map(|it| (it.digest.clone(), 0)).collect();
        self.place.phase = Phase::Read;
    }

    /// An image of the source, as it was named when the copy was asked for.
    pub(super) async fn image(&self, digest: &Digest) -> Result<Option<Image>> {
        let from = &self.asked.from;
        let what = || format!("read the image {} of {from}", digest.short());
        let raw = self.source.read.manifest(from, &Reference::Digest(digest.clone())).await;
        let Some(raw) = raw.map_err(|failure| of(&what(), failure))? else { return Ok(None) };
        let parsed = Manifest::parse(Some(&raw.media_type), &raw.bytes).map_err(|failure| of(&what(), failure))?;
        Ok(Some(Image { raw, parsed }))
    }

    /// Reads one image, and what leads on from it.
    pub(super) async fn read(&mut self) -> Result<()> {
        let Some((digest, depth)) = self.place.images.next() else {
            return self.has_read().await;
        };
        let from = &self.asked.from;
        let Some(image) = self.image(&digest).await? else {
            if depth == 0 {
                return Err(Error::Conflict(format!("the image {} is gone at {from}; copy again", digest.short())));
            }
            let words = format!("Left out {digest}, which {from} does not have.");
            self.place.images.absent.insert(digest);
            self.say(words);
            return Ok(());
        };
        let what = format!("see what is about the image {}", digest.short());
        let about = self.source.read.referrers(from, &digest).await.map_err(|failure| of(&what, failure))?;
        let noted = try_join_all(referrer_tags(&digest).into_iter().map(|tag| self.noted(tag)));
        let noted: Vec<(Tag, Digest)> =
            noted.await.map_err(|failure| of(&what, failure))?.into_iter().flatten().collect();
        let n_bytes = self.place.images.n_bytes + image.raw.bytes.len() as u64;
        let images = &self.place.images;
        let n_met = images.read.len() + images.absent.len();
        let is_wide = n_met >= MAX_IMAGES
            || images.waiting.len() > 4 * MAX_IMAGES
            || image.children().take(MAX_IMAGES + 1).count() > MAX_IMAGES;
        if is_wide || n_bytes > MAX_BYTES || depth > MAX_DEPTH {
            let words = format!("more than {MAX_IMAGES} images hang on these tags, or too deep; copy fewer at once");
            return Err(Error::Conflict(words));
        }
        let about = about.unwrap_or_default();
        if about.is_cut {
            let n_read = about.digests.len();
            self.say(format!("More than {n_read} images are about {digest}: those beyond them are left out."));
        }
        self.met(digest, depth, (&image, about.digests, noted));
        Ok(())
    }

    /// What such a tag names, if it is there.
    async fn noted(&self, tag: Tag) -> Result<Option<(Tag, Digest)>> {
        let found = self.source.read.resolve(&self.asked.from, &Reference::Tag(tag.clone())).await?;
        Ok(found.map(|digest| (tag, digest)))
    }

    fn met(&mut self, digest: Digest, depth: u8, (image, about, noted): (&Image, Vec<Digest>, Vec<(Tag, Digest)>)) {
        let images = &mut self.place.images;
        images.n_bytes += image.raw.bytes.len() as u64;
        images.n_items += 1 + image.blobs().len() as u64;
        images.made_of(&digest, image.blobs().into_iter());
        let subject = image.parsed.subject.as_ref().map(|subject| &subject.digest);
        let before: BTreeSet<Digest> = image.children().chain(subject).cloned().collect();
        images.read.insert(digest.clone(), before.into_iter().collect());
        let on = image.children().cloned().chain(about).chain(noted.iter().map(|(_, digest)| digest.clone()));
        images.waiting.extend(on.map(|it| (it, depth + 1)));
        if let Some(subject) = subject {
            self.place.about.entry(subject.clone()).or_default().push(digest);
        }
        self.place.notes.extend(noted);
    }

    async fn has_read(&mut self) -> Result<()> {
        let images = std::mem::take(&mut self.place.images);
        self.place.notes.retain(|_, digest| images.read.contains_key(digest));
        let lists = self.place.notes.keys().filter_map(|tag| subject_of(tag).filter(|it| it.as_tag() == *tag));
        for subject in lists.collect::<Vec<_>>() {
            self.place.about.entry(subject).or_default();
        }
        self.place.about.retain(|subject, _| images.read.contains_key(subject));
        self.place.order = images.in_order();
        self.place.weights = images.weights(&self.place.order);
        let n_items = images.n_items + (self.place.notes.len() + self.asked.tags.len()) as u64;
        self.to.n_total = Some(n_items);
        self.place.phase = Phase::Send;
        let (n_images, n_tags) = (self.place.order.len(), self.asked.tags.len());
        let (to, n_blobs) = (&self.asked.to, images.n_items - n_images as u64);
        let there = repositories::find(&self.app.store, to).await?;
        let n_lacking = lacking(self.app, there.as_ref(), self.place.order.iter().cloned().collect()).await?.len();
        self.say(format!(
            "Images behind the tags: {n_images}, with {n_blobs} configurations and layers. Tags: {n_tags}. Images that {to} \
             lacks: {n_lacking}."
        ));
        Ok(())
    }
}
