//! Somebody who pushes straight to the old registry, as CI does and people at their desks, and knows what they were told.

use super::board::{Board, Image};
use super::place::Place;
use super::upstream::Upstream;
use super::{AT_THE_CONSOLE, BOTH, Met, REPOSITORIES};
use crate::collect::crowd::content::{self, CONFIGS, LAYERS, descriptor};
use crate::durability::Chance;
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Of each person and repository.
const TAGS: usize = 4;

pub struct Person {
    pub test: TestApp,
    pub upstream: Upstream,
    pub board: Arc<Board>,
    pub name: String,
    /// Whether they push and do nothing else.
    is_ci: bool,
    pub chance: Chance,
    pub places: Vec<Place>,
    n_made: usize,
    pub met: Met,
}

impl Person {
    pub fn new((test, upstream, board): (TestApp, Upstream, Arc<Board>), (number, seed): (usize, u64)) -> Self {
        let is_ci = number.is_multiple_of(2);
        let name = format!("{}{number}", if is_ci { "ci" } else { "p" });
        let places = REPOSITORIES.iter().map(|repository| Place::new(repository, &name)).collect();
        let chance = Chance(seed.wrapping_mul(1000) + number as u64);
        Self { test, upstream, board, name, is_ci, chance, places, n_made: 0, met: BTreeMap::new() }
    }

    pub fn met(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    pub async fn works(mut self, n_steps: usize) -> Self {
        for n_done in 0..n_steps * 10 {
            if n_done >= n_steps && (self.is_ci || AT_THE_CONSOLE.iter().all(|what| self.met.contains_key(what))) {
                break;
            }
            let at = self.chance.below(self.places.len());
            match self.chance.below(if self.is_ci { 6 } else { 20 }) {
                0..=2 => self.push(at).await,
                3 => self.sign(at).await,
                4 => self.push_contested(at).await,
                5 => self.push_again(at).await,
                step => self.at_the_console(at, step).await,
            }
        }
        self
    }

    pub fn any_tag(&mut self, at: usize) -> String {
        format!("{}t{}", self.places[at].own, self.chance.below(TAGS))
    }

    pub fn any<T: Clone>(&mut self, all: impl IntoIterator<Item = T>) -> Option<T> {
        let all: Vec<T> = all.into_iter().collect();
        (!all.is_empty()).then(|| all[self.chance.below(all.len())].clone())
    }

    /// An image that they may put a tag on: one that all share, or their own.
    pub fn any_image(&mut self, at: usize) -> Option<String> {
        let common = self.board.common(&self.places[at].name);
        let own = self.places[at].loose.iter().filter(|it| !self.places[at].is_deleted(it)).cloned();
        let own: Vec<String> = own.filter(|it| self.board.image(&self.places[at].name, it).is_some()).collect();
        let all = if self.chance.below(2) == 0 && !own.is_empty() { own } else { common };
        self.any(all)
    }

    /// The registry took it.
    async fn send(&mut self, at: usize, tag: Option<&str>, image: &Arc<Image>) -> String {
        let (digest, name) = (sha256(image.text.as_bytes()), self.places[at].name.clone());
        let content = (image.kind, image.text.as_str());
        self.upstream.push(&name, tag.unwrap_or(&digest), content, &image.blobs).await;
        self.board.pushed(&name, &digest, image);
        for deleted in &mut self.places[at].deleted {
            deleted.is_in_doubt |= deleted.images.contains(&digest);
        }
        self.met("pushed");
        digest
    }

    async fn send_own(&mut self, at: usize, tag: Option<&str>, image: &Arc<Image>) -> String {
        let digest = self.send(at, tag, image).await;
        if let Some(tag) = tag {
            self.places[at].named(tag, &digest, false);
        }
        digest
    }

    async fn push(&mut self, at: usize) {
        let tag = self.any_tag(at);
        let tag = Some(tag.as_str());
        match self.chance.below(6) {
            0 => {
                let image = self.common_image(at).await;
                self.send_own(at, tag, &image).await;
            }
            1 | 2 => {
                let (image, is_tagged) = (self.own_image(), self.chance.below(4) > 0);
                let digest = self.send_own(at, tag.filter(|_| is_tagged), &image).await;
                self.places[at].loose.insert(digest);
            }
            _ => {
                let index = self.own_index(at).await;
                let digest = self.send_own(at, tag, &index).await;
                self.places[at].loose.insert(digest);
                self.met("pushed an index");
            }
        }
    }

    fn by(&mut self) -> String {
        self.n_made += 1;
        format!("{} {}", self.name, self.n_made)
    }

    /// An image that all share, which is there with its tag.
    async fn common_image(&mut self, at: usize) -> Arc<Image> {
        let (image, name) = (self.image(""), self.places[at].name.clone());
        let digest = sha256(image.text.as_bytes());
        if !self.board.is_common(&name, &digest) {
            let tag = format!("base-{}", &digest[7..19]);
            self.send(at, Some(&tag), &image).await;
            self.board.contest(&name, &tag, &digest);
            self.board.make_common(&name, &digest);
        }
        image
    }

    fn own_image(&mut self) -> Arc<Image> {
        let by = self.by();
        self.image(&by)
    }

    fn image(&mut self, by: &str) -> Arc<Image> {
        let parts = (content::config(self.chance.below(CONFIGS)), content::layer(self.chance.below(LAYERS)));
        let text = content::image((&parts.0, &parts.1), by);
        Arc::new(Image { kind: OCI_MANIFEST, text, blobs: vec![parts.0, parts.1] })
    }

    /// An index of images that all share, and of new ones that nothing else lists; some of those have tags.
    async fn own_index(&mut self, at: usize) -> Arc<Image> {
        let mut listed = BTreeMap::new();
        for _ in 0..1 + self.chance.below(3) {
            let is_common = self.chance.below(2) == 0;
            let image = if is_common { self.common_image(at).await } else { self.own_image() };
            let tag = Some(self.any_tag(at)).filter(|_| self.chance.below(3) == 0);
            let digest = self.send_own(at, tag.as_deref(), &image).await;
            listed.insert(digest.clone(), descriptor(&digest, OCI_MANIFEST, image.text.len()));
        }
        let listed: Vec<_> = listed.into_values().collect();
        let text = content::index(&listed, &self.by());
        Arc::new(Image { kind: OCI_INDEX, text, blobs: vec![] })
    }

    /// A signature, where clients of such a registry look for it: under a tag that names what was signed, or in a list
    /// under such a tag.
    async fn sign(&mut self, at: usize) {
        let Some(subject) = self.any_image(at) else { return };
        let name = self.places[at].name.clone();
        let of = self.board.image(&name, &subject).unwrap();
        let of = descriptor(&subject, of.kind, of.text.len());
        let text = content::signature(&of, &self.by());
        let signature = Arc::new(Image { kind: OCI_MANIFEST, text, blobs: vec!["{}".to_owned()] });
        let stem = subject.replace(':', "-");
        let (tag, image) = if self.chance.below(2) == 0 {
            (format!("{stem}.sig"), signature)
        } else {
            let digest = self.send(at, None, &signature).await;
            let listed = [descriptor(&digest, OCI_MANIFEST, signature.text.len())];
            let text = content::index(&listed, &self.by());
            (stem, Arc::new(Image { kind: OCI_INDEX, text, blobs: vec![] }))
        };
        if self.board.is_common(&name, &subject) {
            let digest = self.send(at, Some(&tag), &image).await;
            self.board.contest(&name, &tag, &digest);
        } else {
            self.send_own(at, Some(&tag), &image).await;
        }
        self.met("signed");
    }

    /// A tag that others change at the same time.
    async fn push_contested(&mut self, at: usize) {
        let (image, tag) = (self.common_image(at).await, BOTH[self.chance.below(BOTH.len())]);
        let name = self.places[at].name.clone();
        let digest = self.send(at, Some(tag), &image).await;
        self.board.contest(&name, tag, &digest);
    }

    /// The same once more, as a build does that changed nothing.
    async fn push_again(&mut self, at: usize) {
        let place = &self.places[at];
        let tags: BTreeSet<(String, String)> = place.tags.clone().into_iter().collect();
        let Some((tag, digest)) = self.any(tags) else { return };
        if let Some(image) = self.board.image(&self.places[at].name, &digest) {
            self.send_own(at, Some(&tag), &image).await;
        }
    }
}
