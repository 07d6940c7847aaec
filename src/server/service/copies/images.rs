//! Which images a copy takes, and in which order: each after those that it names.

use crate::domain::manifest::Descriptor;
use crate::domain::{Digest, order};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Above so many things to do the bytes of each image are not kept.
const MAX_WEIGHED: u64 = 20_000;

/// Images that were met, by what names them or is about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Images {
    /// Those that are still to be read, each with how far it is from a tag.
    pub waiting: Vec<(Digest, u8)>,
    /// Those that were, each with those that have to be there before it.
    pub read: BTreeMap<Digest, Vec<Digest>>,
    /// Those that were looked for in vain.
    pub absent: BTreeSet<Digest>,
    /// What each is made of besides: parts by the beginning of their digests, with their sizes. Nothing once there is too
    /// much to do to tell them apart.
    pub parts: BTreeMap<Digest, Vec<(u64, u64)>>,
    /// Bytes of all manifests that were read.
    pub n_bytes: u64,
    /// What there is to do: images, their blobs, tags.
    pub n_items: u64,
}

impl Images {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.read.is_empty()
    }

    /// The next one that was not met before.
    pub fn next(&mut self) -> Option<(Digest, u8)> {
        let is_met = |(digest, _): &(Digest, u8)| self.read.contains_key(digest) || self.absent.contains(digest);
        while self.waiting.last().is_some_and(is_met) {
            self.waiting.pop();
        }
        self.waiting.last().cloned()
    }

    /// Keeps what one is made of.
    pub fn made_of<'d>(&mut self, digest: &Digest, parts: impl Iterator<Item = &'d Descriptor>) {
        if self.n_items > MAX_WEIGHED {
            return self.parts.clear();
        }
        let beginning = |digest: &Digest| u64::from_str_radix(digest.short(), 16).unwrap_or_default();
        self.parts.insert(digest.clone(), parts.map(|it| (beginning(&it.digest), it.size)).collect());
    }

    /// How many bytes each image of an order brings that none before it does; nothing where that is not known.
    pub fn weights(&self, order: &[Digest]) -> Vec<u64> {
        if self.n_items > MAX_WEIGHED {
            return vec![];
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
