//! What one repository has, as whoever works there knows it.

use std::collections::{BTreeMap, BTreeSet};

/// An image that was acknowledged.
#[derive(Clone, Debug)]
pub struct Image {
    pub size: usize,
    pub media_type: &'static str,
    pub children: Vec<String>,
    pub subject: Option<String>,
    /// Whether something had it as a name since it was pushed or brought back: then it may go with its last one.
    pub was_named: bool,
}

/// Images by their digests.
#[derive(Default)]
pub struct Repository {
    pub tags: BTreeMap<String, String>,
    /// Those that were not deleted. What lost its last name may be gone.
    pub images: BTreeMap<String, Image>,
    /// All that there ever were.
    pub known: BTreeMap<String, Image>,
}

impl Repository {
    /// An image was acknowledged, maybe once more.
    pub fn pushed(&mut self, digest: &str, image: Image) {
        self.known.insert(digest.to_owned(), image.clone());
        self.images.insert(digest.to_owned(), image);
        self.settle();
    }

    /// A tag names an image, which comes back for that.
    pub fn name(&mut self, tag: &str, digest: &str) {
        self.revive(digest);
        self.tags.insert(tag.to_owned(), digest.to_owned());
        self.settle();
    }

    /// An image is back, with what it lists.
    pub fn revive(&mut self, digest: &str) {
        let mut open = vec![digest.to_owned()];
        while let Some(digest) = open.pop() {
            if let Some(image) = self.known.get(&digest).filter(|_| !self.images.contains_key(&digest)) {
                open.extend(image.children.iter().cloned());
                self.images.insert(digest, Image { was_named: false, ..image.clone() });
            }
        }
        self.settle();
    }

    /// These are gone; returns what the tags named.
    pub fn deleted(&mut self, tags: &BTreeSet<String>, images: &BTreeSet<String>) -> BTreeMap<String, String> {
        self.images.retain(|digest, _| !images.contains(digest));
        let named = tags.iter().filter_map(|tag| self.tags.remove_entry(tag));
        named.collect()
    }

    fn settle(&mut self) {
        let mut named: BTreeSet<String> = self.tags.values().cloned().collect();
        named.extend(self.images.values().flat_map(|image| image.children.iter().cloned()));
        let is_about = |image: &Image| image.subject.as_ref().is_some_and(|subject| self.images.contains_key(subject));
        named.extend(self.images.iter().filter(|(_, image)| is_about(image)).map(|(digest, _)| digest.clone()));
        self.images.iter_mut().filter(|(digest, _)| named.contains(*digest)).for_each(|(_, it)| it.was_named = true);
    }

    /// The images that list one.
    pub fn parents(&self, digest: &str) -> Vec<&String> {
        let lists = |image: &Image| image.children.iter().any(|child| child == digest);
        self.images.iter().filter(|(_, image)| lists(image)).map(|(digest, _)| digest).collect()
    }

    /// The images that are about one.
    pub fn about(&self, subject: &str) -> BTreeSet<String> {
        let is_about = |image: &Image| image.subject.as_deref() == Some(subject);
        self.images.iter().filter(|(_, image)| is_about(image)).map(|(digest, _)| digest.clone()).collect()
    }

    /// The tags of one.
    pub fn tags_of(&self, digest: &str) -> BTreeSet<String> {
        self.tags.iter().filter(|(_, named)| *named == digest).map(|(tag, _)| tag.clone()).collect()
    }

    /// What has to be there: all that a tag leads to, and what never lost a name.
    pub fn kept(&self) -> BTreeSet<String> {
        let unnamed = self.images.iter().filter(|(_, image)| !image.was_named).map(|(digest, _)| digest);
        let mut open: Vec<String> = self.tags.values().chain(unnamed).cloned().collect();
        let mut kept = BTreeSet::new();
        while let Some(digest) = open.pop() {
            if let Some(image) = self.images.get(&digest)
                && kept.insert(digest.clone())
            {
                open.extend(image.children.iter().cloned().chain(self.about(&digest)));
            }
        }
        kept
    }
}
