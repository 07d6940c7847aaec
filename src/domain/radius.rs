//! What a delete takes with it: worked out over the part of a repository's graph that it can reach.
//!
//! A **name** of an image is a tag, an index that lists it, or an image that it is about (its subject). What goes with
//! an image is whatever has no name but by what goes: its platforms, its signatures, theirs.

use super::manifest::Kind;
use super::{Digest, Tag, order};
use std::collections::{BTreeMap, BTreeSet};

/// An image as the graph sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    pub kind: Option<Kind>,
    /// Its platforms, or the type of an artifact.
    pub label: String,
    /// Whether it is the former.
    pub has_platform: bool,
    /// Bytes to pull it, before sharing.
    pub bytes: u64,
    /// How many tags name it.
    pub n_tags: u64,
    /// Those that are known: all of them, or some of very many.
    pub tags: BTreeSet<Tag>,
    /// Those of them that its registry does not have any more: they keep nothing.
    pub missing: BTreeSet<Tag>,
    /// How many more of its tags are missing there than are known.
    pub n_missing_more: u64,
    /// Images that it lists, as far as the repository has them.
    pub children: BTreeSet<Digest>,
    /// Indexes that list it.
    pub parents: BTreeSet<Digest>,
    /// The image that it is about, if the repository has it.
    pub subject: Option<Digest>,
    /// Images about it, by their subject or by a tag that says so.
    pub referrers: BTreeSet<Digest>,
    /// Whether more may be beside it than is known here: then nothing is known to be its last name.
    pub is_unsure: bool,
}

/// A part of a repository: every image that is asked about, and all that can be reached from those downwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph(pub BTreeMap<Digest, Node>);

/// How something that goes belongs to what was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Child,
    Referrer,
}

/// Why something stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stays {
    /// Another tag of an image that loses one.
    Sibling(Tag, Digest),
    /// An image that loses its last name, until the trash lets it go.
    Unnamed(Digest),
    /// What an image that goes lists, or what is about it, and something else names.
    Named(Digest, Part),
}

/// Images that go, each with the one for whose sake.
type Gone = BTreeMap<Digest, (Digest, Option<Part>)>;

/// What goes and what stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Radius {
    /// Every tag that goes, with what it names.
    pub tags: BTreeMap<Tag, Digest>,
    /// Every image that goes with one that was named, with the one for whose sake.
    pub images: Gone,
    /// Indexes that stay and list what was to go: nothing may be done.
    pub parents: BTreeMap<Digest, BTreeSet<Digest>>,
    pub stays: Vec<Stays>,
    /// How many siblings stay that are not known by name.
    pub n_siblings_more: u64,
    /// All that nothing names in the end, once the trash has let it go, each with the one for whose sake.
    pub in_the_end: BTreeMap<Digest, Digest>,
}

impl Node {
    /// Adds names of it that were found otherwise, with those that were found to be missing.
    pub fn know(&mut self, tags: BTreeSet<Tag>, missing: &BTreeSet<Tag>) {
        for tag in tags.intersection(missing) {
            let is_new = self.missing.insert(tag.clone());
            self.n_missing_more -= u64::from(is_new).min(self.n_missing_more);
        }
        self.tags.extend(tags);
    }

    /// The tags that keep it.
    fn holding(&self) -> impl Iterator<Item = &Tag> {
        self.tags.difference(&self.missing)
    }

    /// How many tags keep it that are not known.
    fn n_unknown(&self) -> u64 {
        self.n_tags.saturating_sub(self.tags.len() as u64 + self.n_missing_more)
    }
}

impl Graph {
    /// What goes if these tags are taken from their images and these images are deleted. Tags and images that are not
    /// in the graph are left out.
    pub fn radius(&self, tags: &BTreeSet<Tag>, images: &BTreeSet<Digest>) -> Radius {
        let mut gone = BTreeMap::new();
        for top in images.iter().filter(|top| self.0.contains_key(top)) {
            gone.entry(top.clone()).or_insert((top.clone(), None));
        }
        // All that names an image goes with it: so that has to be known.
        let is_known = |node: &Node| node.n_missing_more == 0;
        self.spread(&mut gone, is_known, |tag, gone| is_taken(tags, tag, gone));
        self.join(&mut gone);
        let goes = |tag: &Tag, node: &Digest| tags.contains(tag) || gone.contains_key(node);
        let mut radius = Radius::default();
        for (digest, node) in &self.0 {
            radius.tags.extend(node.tags.iter().filter(|tag| goes(tag, digest)).map(|it| (it.clone(), digest.clone())));
        }
        for top in images.iter().filter(|top| self.0.contains_key(top)) {
            let above: BTreeSet<Digest> =
                self.0[top].parents.iter().filter(|it| !gone.contains_key(it)).cloned().collect();
            if !above.is_empty() {
                radius.parents.insert(top.clone(), above);
            }
        }
        radius.stays = self.stays(tags, &gone);
        let loses_one = |(digest, node): &(&Digest, &Node)| {
            !gone.contains_key(*digest) && node.tags.iter().any(|tag| tags.contains(tag))
        };
        radius.n_siblings_more = self.0.iter().filter(loses_one).map(|(_, node)| node.n_unknown()).sum();
        let left =
            radius.stays.iter().filter_map(|it| if let Stays::Unnamed(digest) = it { Some(digest) } else { None });
        let mut end = gone.clone();
        end.extend(left.map(|digest| (digest.clone(), (digest.clone(), None))));
        // What is found by a tag that names its subject goes with that, and not when that is let go later.
        self.spread(&mut end, |_| true, |tag, _| is_taken(tags, tag, &gone));
        radius.in_the_end = end.into_iter().map(|(digest, (top, _))| (digest, top)).collect();
        radius.images = gone;
        radius
    }

    /// Whether something lies below an image that is not in it.
    pub fn is_cut(&self) -> bool {
        let below = |node: &Node| node.children.iter().chain(&node.referrers).any(|it| !self.0.contains_key(it));
        self.0.values().any(|node| node.is_unsure || below(node))
    }

    /// These images with all that lies below them: what they list, and what is about them.
    pub fn below(&self, images: BTreeSet<Digest>) -> BTreeSet<Digest> {
        let (mut open, mut below): (Vec<Digest>, BTreeSet<Digest>) = (images.iter().cloned().collect(), images);
        while let Some(digest) = open.pop() {
            let next = self.0.get(&digest).into_iter().flat_map(|node| node.children.iter().chain(&node.referrers));
            open.extend(next.filter(|it| below.insert((*it).clone())).cloned());
        }
        below
    }

    /// Adds whatever may go and has no name but by what goes already.
    fn spread(&self, gone: &mut Gone, may_go: impl Fn(&Node) -> bool, is_taken: impl Fn(&Tag, &Gone) -> bool) {
        let mut next: Vec<Digest> = gone.keys().cloned().collect();
        while let Some(digest) = next.pop() {
            let (Some(node), Some((top, _))) = (self.0.get(&digest), gone.get(&digest).cloned()) else { continue };
            let parts = node.children.iter().map(|it| (it, Part::Child));
            for (part, how) in parts.chain(node.referrers.iter().map(|it| (it, Part::Referrer))) {
                if !gone.contains_key(part)
                    && self.0.get(part).is_some_and(|it| may_go(it) && is_free(it, gone, &is_taken))
                {
                    gone.insert(part.clone(), (top.clone(), Some(how)));
                    next.push(part.clone());
                }
            }
        }
    }

    /// Lets what goes for the sake of several images go with the last of them, where each comes before what it lists. What
    /// one of them needs to come back is with one after it then: of no two does each need the other.
    fn join(&self, gone: &mut Gone) {
        let below =
            |digest: &Digest| self.0.get(digest).map(|node| node.children.union(&node.referrers).cloned().collect());
        let below: BTreeMap<Digest, Vec<Digest>> =
            gone.keys().map(|digest| (digest.clone(), below(digest).unwrap_or_default())).collect();
        let order: Vec<&Digest> = order::after_what_they_name(&below).into_iter().rev().collect();
        let places: BTreeMap<&Digest, usize> =
            order.iter().enumerate().map(|(place, digest)| (*digest, place)).collect();
        for digest in &order {
            let (Some(node), Some((_, Some(_)))) = (self.0.get(*digest), gone.get(*digest)) else { continue };
            let tops = node.parents.iter().chain(&node.subject).filter_map(|it| gone.get(it)).map(|(top, _)| top);
            let last = tops.max_by_key(|top| places.get(top)).cloned();
            if let (Some(last), Some((top, _))) = (last, gone.get_mut(*digest)) {
                *top = last;
            }
        }
    }

    fn stays(&self, tags: &BTreeSet<Tag>, gone: &Gone) -> Vec<Stays> {
        let mut stays = Vec::new();
        for (digest, node) in self.0.iter().filter(|(digest, _)| !gone.contains_key(digest)) {
            let left: Vec<&Tag> = node.holding().filter(|tag| !tags.contains(tag)).collect();
            if node.tags.iter().any(|tag| tags.contains(tag)) {
                stays.extend(left.iter().map(|tag| Stays::Sibling((*tag).clone(), digest.clone())));
                let has_other = node.is_unsure || !node.parents.is_empty() || node.subject.is_some();
                if left.is_empty() && node.n_unknown() == 0 && !has_other {
                    stays.push(Stays::Unnamed(digest.clone()));
                }
            }
            let about_what_goes = |of: &Digest| gone.contains_key(of);
            if node.parents.iter().any(about_what_goes) {
                stays.push(Stays::Named(digest.clone(), Part::Child));
            } else if node.subject.iter().any(about_what_goes) || self.is_noted(digest, gone) {
                stays.push(Stays::Named(digest.clone(), Part::Referrer));
            }
        }
        stays
    }

    /// Whether something that goes has it as a referrer by a tag.
    fn is_noted(&self, digest: &Digest, gone: &Gone) -> bool {
        let of = |tag: &Tag| subject_of(tag).is_some_and(|subject| gone.contains_key(&subject));
        self.0[digest].tags.iter().any(of)
    }
}

/// Whether nothing names an image but what goes.
fn is_free(node: &Node, gone: &Gone, is_taken: &impl Fn(&Tag, &Gone) -> bool) -> bool {
    // What is asked for, and what says whom it is about, is known: a name that is not is another one.
    node.n_unknown() == 0
        && !node.is_unsure
        && node.holding().all(|tag| is_taken(tag, gone))
        && node.parents.iter().all(|parent| gone.contains_key(parent))
        && node.subject.iter().all(|subject| gone.contains_key(subject))
}

/// Whether a tag goes: by itself, or with what its name says that it is about.
fn is_taken(tags: &BTreeSet<Tag>, tag: &Tag, gone: &Gone) -> bool {
    tags.contains(tag) || subject_of(tag).is_some_and(|subject| gone.contains_key(&subject))
}

/// Signatures, attestations and lists of referrers that are found by a tag which names their subject: `sha256-<hex>`,
/// with `.sig`, `.att` or `.sbom` (OCI distribution specification, "Referrers Tag Schema", and cosign before it).
pub fn referrer_tags(subject: &Digest) -> Vec<Tag> {
    let stem = subject.as_str().replace(':', "-");
    ["", ".sig", ".att", ".sbom"].iter().filter_map(|end| format!("{stem}{end}").parse().ok()).collect()
}

/// The subject that such a tag names.
pub fn subject_of(tag: &Tag) -> Option<Digest> {
    let stem = tag.as_str().strip_suffix(".sig").or_else(|| tag.as_str().strip_suffix(".att"));
    let stem = stem.or_else(|| tag.as_str().strip_suffix(".sbom")).unwrap_or(tag.as_str());
    stem.strip_prefix("sha256-").filter(|hex| hex.len() == 64).and_then(|hex| format!("sha256:{hex}").parse().ok())
}
