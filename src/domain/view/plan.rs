//! What a delete would take, before it takes it.

use super::RuleMet;
use crate::domain::{ByteSize, Digest, Tag, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// More tags than these are deleted, or rolled back together, by who types how many they are.
pub const FEW_TAGS: u64 = 20;

/// What kind of thing stands in a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PreviewKind {
    Tag,
    Image,
    /// An image that an index lists.
    Child,
    /// A signature, an SBOM, an attestation.
    Referrer,
    Repository,
}

/// One thing that goes, or stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewRow {
    pub kind: PreviewKind,
    pub tag: Option<Tag>,
    pub digest: Option<Digest>,
    /// Of a repository.
    pub name: Option<String>,
    /// What it is, as far as that is known: its platforms, or the type of an artifact; of an image that loses its last
    /// name what goes with it in the end.
    pub label: Option<String>,
    /// Why, in words.
    pub reason: String,
}

/// How many there are of each kind besides those that are named one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct More {
    pub tags: u64,
    pub images: u64,
    pub children: u64,
    pub referrers: u64,
}

impl More {
    /// Of all kinds together.
    pub fn all(&self) -> u64 {
        self.tags + self.images + self.children + self.referrers
    }
}

/// Exactly what a delete would take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Redeems it: sealed, for who asked, for 15 minutes.
    pub plan: String,
    /// What could not be found afterwards.
    pub removed: Vec<PreviewRow>,
    /// More of the same, where there are very many.
    pub removed_more: More,
    /// What stays and one might think it goes.
    pub kept: Vec<PreviewRow>,
    /// More of that, where there is very much.
    pub kept_more: More,
    /// Parts of images that lose their last names, and what is about those, without a name of their own: they share what
    /// becomes of them.
    pub unreachable: Vec<PreviewRow>,
    /// More of these.
    pub unreachable_more: More,
    /// Signatures and the like that go with an image.
    pub referrers: Vec<Digest>,
    /// Indexes that list what was to go: nothing can be done before they go.
    pub parents: Vec<Digest>,
    /// Rules about what goes: nothing can be done before those in the way change.
    pub rules: Vec<RuleMet>,
    /// What else is in the way, in words.
    pub barred: Vec<String>,
    /// For how many things more a rule is in the way, where there are very many.
    pub barred_more: u64,
    /// Of what goes, before sharing.
    pub logical: ByteSize,
    /// What clients pull of it, where one image goes: of an index each platform by its name.
    pub pulls: Vec<(String, ByteSize)>,
    /// What nothing needs any more once the trash has let it go.
    pub freed: ByteSize,
    /// Until when all of it can come back; `None` where nothing is kept.
    pub kept_until: Option<Timestamp>,
    /// When nothing needs it any more: history names what tags left for longer than the trash keeps it, or as long.
    pub freed_at: Timestamp,
    /// The registry elsewhere whose own garbage collection frees it then; nothing is freed before.
    pub freed_by: Option<String>,
    /// The registry elsewhere at which images stay by their digests that lose their last names, or more of them.
    pub stays_at: Option<String>,
    /// What was asked for and is left out, in words: it is gone meanwhile, or a rule keeps it.
    pub left_out: Vec<String>,
    /// What has to be said besides: of a registry elsewhere, or where some of it is kept for longer.
    pub notes: Vec<String>,
    /// How many tags go.
    pub n_tags: u64,
    /// How many images go, with all that is a part of another one or about one.
    pub n_images: u64,
}

impl Preview {
    /// How many of the tags a rule keeps, where nothing else is in the way and some would be left: those can be left out.
    pub fn n_protected(&self) -> Option<u64> {
        let n_met = self.rules.iter().filter(|rule| rule.is_in_the_way).count() as u64 + self.barred_more;
        let is_alone = self.parents.is_empty() && self.barred.is_empty() && self.n_images == 0;
        Some(n_met).filter(|n_met| is_alone && (1..self.n_tags).contains(n_met))
    }

    /// Whether something is in the way of all of it: an index that lists what was to go, or a rule.
    pub fn is_in_the_way(&self) -> bool {
        !self.parents.is_empty() || !self.barred.is_empty() || self.rules.iter().any(|rule| rule.is_in_the_way)
    }
}

/// What the reader of a list of tags may delete of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletable {
    /// Those on the page.
    pub tags: BTreeSet<Tag>,
    /// How many the filter matches in all, where they may delete all of them and it leaves some out.
    pub matching: Option<Matching>,
}

impl Deletable {
    /// Whether they may delete any of them.
    pub fn is_some(&self) -> bool {
        !self.tags.is_empty()
    }
}

/// How many tags a filter matches, as far as they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matching {
    pub count: u64,
    /// Whether there are more.
    pub is_more: bool,
}
