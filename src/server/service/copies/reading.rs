//! What there is to copy: what the tags name, what that lists, and what is about any of it, by the lists of the registry
//! and by tags that name their subject. Bounded, whatever a registry answers.

use super::found::{ImageToCopy, List, Note};
use super::images::{Images, Met, Read};
use super::plan::lacking;
use super::way::{Copying, Phase, of};
use crate::domain::manifest::{Descriptor, Manifest, Relation};
use crate::domain::radius::{referrer_tags, subject_of};
use crate::domain::{Digest, Error, Reference, Result, Tag, media_type};
use crate::server::registry::RawManifest;
use crate::server::store::repositories;
use futures::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};

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
        self.images = Images::of(self.asked.tags.iter().map(|it| it.digest.clone()), []);
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
        let Some((digest, depth)) = self.images.next() else {
            return self.has_read().await;
        };
        let from = &self.asked.from;
        let Some(image) = self.image(&digest).await? else {
            if depth == 0 {
                return Err(Error::Conflict(format!("the image {} is gone at {from}; copy again", digest.short())));
            }
            let words = format!("Left out {digest}, which {from} does not have.");
            self.say(words);
            return self.met(Met { digest, read: None });
        };
        let what = format!("see what is about the image {}", digest.short());
        let about = self.source.read.referrers(from, &digest).await.map_err(|failure| of(&what, failure))?;
        let noted = try_join_all(referrer_tags(&digest).into_iter().map(|tag| self.noted(tag)));
        let noted: Vec<(Tag, Digest)> =
            noted.await.map_err(|failure| of(&what, failure))?.into_iter().flatten().collect();
        let n_bytes = self.images.n_bytes + image.raw.bytes.len() as u64;
        let is_wide = self.images.n_met() >= MAX_IMAGES
            || self.images.n_waiting() > 4 * MAX_IMAGES
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
        let blobs = image.blobs();
        let read = Read {
            children: image.children().cloned().collect(),
            subject: image.parsed.subject.as_ref().map(|subject| subject.digest.clone()),
            about: about.digests,
            notes: noted,
            n_parts: blobs.len() as u64,
            parts: self.images.parts(blobs.into_iter()),
            n_bytes: image.raw.bytes.len() as u64,
        };
        self.met(Met { digest, read: Some(read) })
    }

    fn met(&mut self, met: Met) -> Result<()> {
        self.has_met(&met)?;
        self.images.add(met);
        Ok(())
    }

    /// What such a tag names, if it is there.
    async fn noted(&self, tag: Tag) -> Result<Option<(Tag, Digest)>> {
        let found = self.source.read.resolve(&self.asked.from, &Reference::Tag(tag.clone())).await?;
        Ok(found.map(|digest| (tag, digest)))
    }

    async fn has_read(&mut self) -> Result<()> {
        let images = std::mem::take(&mut self.images);
        let order = images.in_order();
        let going = order.iter().cloned().zip(images.weights(&order));
        let going: Vec<ImageToCopy> = going.map(|(digest, n_bytes)| ImageToCopy { digest, n_bytes }).collect();
        let (lists, notes) = tagged(&images);
        self.has_found(&going, &lists, &notes)?;
        let n_noted = notes.len() + lists.iter().filter(|list| list.goes.is_some()).count();
        self.to.n_total = Some(images.n_items + (n_noted + self.asked.tags.len()) as u64);
        self.place.phase = Phase::Send;
        self.ends_step = true;
        let (n_images, n_tags) = (order.len(), self.asked.tags.len());
        let (to, n_blobs) = (&self.asked.to, images.n_items - n_images as u64);
        let there = repositories::find(&self.app.store, to).await?;
        let n_lacking = lacking(self.app, there.as_ref(), order.into_iter().collect()).await?.len();
        self.say(format!(
            "Images behind the tags: {n_images}, with {n_blobs} configurations and layers. Tags: {n_tags}. Images that {to} \
             lacks: {n_lacking}."
        ));
        Ok(())
    }
}

/// What has a tag by which something about an image is found: lists of that, and all others.
fn tagged(images: &Images) -> (Vec<List>, Vec<Note>) {
    let is_read = |digest: &Digest| images.read.contains_key(digest);
    let mut notes = images.notes.clone();
    notes.retain(|_, digest| is_read(digest));
    let list_of = |tag: &Tag| subject_of(tag).filter(|subject| subject.as_tag() == *tag);
    let listed = notes.keys().filter_map(list_of).map(|subject| (subject, vec![]));
    let mut about: BTreeMap<Digest, Vec<Digest>> = listed.collect();
    about.extend(images.about.clone());
    about.retain(|subject, _| is_read(subject));
    let list = |(subject, images): (Digest, Vec<Digest>)| {
        let goes = notes.remove(&subject.as_tag());
        List { subject, images, goes, base: None }
    };
    let lists = about.into_iter().map(list).collect();
    (lists, notes.into_iter().map(|(tag, digest)| Note { tag, digest }).collect())
}
