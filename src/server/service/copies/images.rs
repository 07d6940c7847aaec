//! Which images a copy takes, and in which order: each after those that it names. What was read of each is kept by itself,
//! and put together again from that.

use crate::domain::manifest::Descriptor;
use crate::domain::{Digest, Tag, order};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Above so many things to do the bytes of each image are not kept.
const MAX_WEIGHED: u64 = 20_000;

/// An image that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Met {
    pub digest: Digest,
    /// Nothing where the source does not have it.
    pub read: Option<Read>,
}

/// What was read of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Read {
    /// The images that it lists.
    pub children: Vec<Digest>,
    pub subject: Option<Digest>,
    /// Those that are about it by the lists of the registry.
    pub about: Vec<Digest>,
    /// Those that are by tags that name it.
    pub notes: Vec<(Tag, Digest)>,
    /// What it is made of besides: parts by the beginning of their digests, with their sizes. Nothing once there is too much
    /// to do to tell them apart.
    pub parts: Vec<(u64, u64)>,
    pub n_parts: u64,
    /// Bytes of its manifest.
    pub n_bytes: u64,
}

/// Images that were met, by what names them or is about them.
#[derive(Debug, Default)]
pub(super) struct Images {
    /// Those that are still to be read, each with how far it is from a tag.
    waiting: Vec<(Digest, u8)>,
    /// Those that were, each with those that have to be there before it.
    pub read: BTreeMap<Digest, Vec<Digest>>,
    absent: BTreeSet<Digest>,
    parts: BTreeMap<Digest, Vec<(u64, u64)>>,
    /// Tags by which what is about an image is found, with what they name.
    pub notes: BTreeMap<Tag, Digest>,
    /// Images by what they are about.
    pub about: BTreeMap<Digest, Vec<Digest>>,
    /// Bytes of all manifests that were read.
    pub n_bytes: u64,
    /// What there is to do: images, and their blobs.
    pub n_items: u64,
}

impl Images {
    /// Those that tags name, and those that were met from them, in the order in which they were.
    pub fn of(named: impl Iterator<Item = Digest>, met: impl IntoIterator<Item = Met>) -> Self {
        let mut images = Self { waiting: named.map(|digest| (digest, 0)).collect(), ..Self::default() };
        met.into_iter().for_each(|met| images.add(met));
        images
    }

    /// The next one that was not met before.
    pub fn next(&mut self) -> Option<(Digest, u8)> {
        let is_met = |(digest, _): &(Digest, u8)| self.read.contains_key(digest) || self.absent.contains(digest);
        while self.waiting.last().is_some_and(is_met) {
            self.waiting.pop();
        }
        self.waiting.last().cloned()
    }

    pub fn n_met(&self) -> usize {
        self.read.len() + self.absent.len()
    }

    pub fn n_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What one is made of, as far as that is kept.
    pub fn parts<'d>(&self, parts: impl Iterator<Item = &'d Descriptor>) -> Vec<(u64, u64)> {
        let beginning = |digest: &Digest| u64::from_str_radix(digest.short(), 16).unwrap_or_default();
        let is_weighed = self.n_items <= MAX_WEIGHED;
        parts.filter(|_| is_weighed).map(|it| (beginning(&it.digest), it.size)).collect()
    }

    /// Adds the one that was the next.
    pub fn add(&mut self, Met { digest, read }: Met) {
        let depth = self.next().map_or(0, |(_, depth)| depth);
        let Some(Read { children, subject, about, notes, parts, n_parts, n_bytes }) = read else {
            self.absent.insert(digest);
            return;
        };
        self.n_bytes += n_bytes;
        self.n_items += 1 + n_parts;
        match self.n_items > MAX_WEIGHED {
            true => self.parts.clear(),
            false => drop(self.parts.insert(digest.clone(), parts)),
        }
        let before: BTreeSet<Digest> = children.iter().chain(&subject).cloned().collect();
        self.read.insert(digest.clone(), before.into_iter().collect());
        let on = children.into_iter().chain(about).chain(notes.iter().map(|(_, digest)| digest.clone()));
        self.waiting.extend(on.map(|it| (it, depth + 1)));
        if let Some(subject) = subject {
            self.about.entry(subject).or_default().push(digest);
        }
        self.notes.extend(notes);
    }

    /// How many bytes each image of an order brings that none before it does; nothing where that is not known.
    pub fn weights(&self, order: &[Digest]) -> Vec<u64> {
        if self.n_items > MAX_WEIGHED {
            return vec![0; order.len()];
        }
        let mut met = BTreeSet::new();
        let mut weight = |digest: &Digest| {
            let new = self.parts.get(digest).into_iter().flatten().filter(|(part, _)| met.insert(*part));
            new.fold(0_u64, |sum, (_, size)| sum.saturating_add(*size))
        };
        order.iter().map(&mut weight).collect()
    }

    /// All that were read, each after those that have to be there before it.
    pub fn in_order(&self) -> Vec<Digest> {
        order::after_what_they_name(&self.read).into_iter().cloned().collect()
    }
}
