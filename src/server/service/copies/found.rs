//! What a copy found to do. Each thing is kept by itself beside the run, and written once, or when it changes: where the run
//! stands is a few numbers, however much there is.

use super::images::{Images, Met};
use super::way::Copying;
use crate::domain::{Digest, Error, Result, Tag};
use crate::server::store::runs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Where the first thing is kept: before it stand the bytes of the run.
const FIRST: u64 = 1;

/// How much there is of each kind. First come the images, then the lists, then the notes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub n_images: u64,
    pub n_lists: u64,
    pub n_notes: u64,
    /// What all images bring; nothing where that is not known.
    pub n_bytes: u64,
}

/// An image that goes over, after all that have to be there before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ImageToCopy {
    pub digest: Digest,
    /// How many bytes it brings that none before it does.
    pub n_bytes: u64,
}

/// A list of what is about an image, as registries keep it that have none by themselves: under a tag that names the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct List {
    pub subject: Digest,
    /// What goes over and is about it.
    pub images: Vec<Digest>,
    /// What its tag is to name, if anything.
    pub goes: Option<Digest>,
    /// Which list stood there when it was read.
    pub base: Option<Digest>,
}

/// Another tag by which what is about an image is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub tag: Tag,
    pub digest: Digest,
}

impl Copying<'_> {
    /// The images that were met so far.
    pub(super) async fn images_met(&self) -> Result<Images> {
        let met: Vec<Met> = self.kept(0..self.place.n_met).await?;
        Ok(Images::of(self.asked.tags.iter().map(|it| it.digest.clone()), met))
    }

    pub(super) fn has_met(&mut self, met: &Met) -> Result<()> {
        self.place.n_met += 1;
        self.keep(self.place.n_met - 1, met)
    }

    /// The image that goes over next, if one is left.
    pub(super) async fn going(&self) -> Result<Option<ImageToCopy>> {
        let Counts { n_images, .. } = self.found()?;
        self.kept_at(self.place.at, 0, n_images).await
    }

    pub(super) async fn list_at(&self, at: u64) -> Result<Option<List>> {
        let Counts { n_images, n_lists, .. } = self.found()?;
        self.kept_at(at, n_images, n_lists).await
    }

    pub(super) async fn note_at(&self, at: u64) -> Result<Option<Note>> {
        let Counts { n_images, n_lists, n_notes, .. } = self.found()?;
        self.kept_at(at, n_images + n_lists, n_notes).await
    }

    pub(super) fn keep_list(&mut self, at: u64, list: &List) -> Result<()> {
        self.keep(self.found()?.n_images + at, list)
    }

    /// Keeps all that is to be done, in the place of what was read.
    pub(super) fn has_found(&mut self, going: &[ImageToCopy], lists: &[List], notes: &[Note]) -> Result<()> {
        self.to.found.clear();
        let n_bytes = going.iter().fold(0_u64, |sum, it| sum.saturating_add(it.n_bytes));
        let [n_images, n_lists, n_notes] = [going.len(), lists.len(), notes.len()].map(|n| n as u64);
        self.place.found = Some(Counts { n_images, n_lists, n_notes, n_bytes });
        (0..).zip(going).try_for_each(|(at, it)| self.keep(at, it))?;
        (n_images..).zip(lists).try_for_each(|(at, it)| self.keep(at, it))?;
        (n_images + n_lists..).zip(notes).try_for_each(|(at, it)| self.keep(at, it))
    }

    pub(super) fn found(&self) -> Result<Counts> {
        self.place.found.clone().ok_or(Error::Internal)
    }

    /// One of `n` things that begin at `first`.
    async fn kept_at<T: DeserializeOwned>(&self, at: u64, first: u64, n: u64) -> Result<Option<T>> {
        if at >= n {
            return Ok(None);
        }
        let found = self.kept(first + at..first + at + 1).await?.pop();
        found.map(Some).ok_or(Error::Internal)
    }

    async fn kept<T: DeserializeOwned>(&self, at: Range<u64>) -> Result<Vec<T>> {
        let kept = runs::kept(&self.app.store, &self.run.id, FIRST + at.start..FIRST + at.end).await?;
        kept.iter().map(|it| serde_json::from_str(it).map_err(|_| Error::Internal)).collect()
    }

    fn keep<T: Serialize>(&mut self, at: u64, thing: &T) -> Result<()> {
        self.to.found.push((FIRST + at, serde_json::to_string(thing).map_err(|_| Error::Internal)?));
        Ok(())
    }
}
