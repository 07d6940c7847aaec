//! A repository in which somebody works, and what is on record there.

use super::repository::Repository;
use std::collections::{BTreeMap, BTreeSet};

pub struct Place {
    pub name: String,
    /// Whether others push, delete and purge there too.
    pub is_shared: bool,
    /// How names of tags begin.
    pub own: String,
    pub now: Repository,
    pub moves: Vec<Move>,
    pub deleted: Vec<Deleted>,
    /// Images that were let go for good, if they were not pushed again.
    pub purged: BTreeSet<String>,
}

/// A tag came to name an image.
pub struct Move {
    pub tag: String,
    pub digest: String,
    /// Not before this.
    pub at: i64,
}

/// What one request deleted.
#[derive(Debug)]
pub struct Deleted {
    pub batch: String,
    pub tags: BTreeMap<String, String>,
    pub images: BTreeSet<String>,
    pub until: i64,
    /// Tags that came to name the same again since then, and images that were there again: there may be nothing left in
    /// the trash to bring back of them.
    pub again: BTreeSet<String>,
}

impl Place {
    pub fn new(name: String, own: String, is_shared: bool) -> Self {
        let (now, purged) = (Repository::default(), BTreeSet::new());
        Self { name, is_shared, own, now, moves: vec![], deleted: vec![], purged }
    }

    /// All of it is gone, and what is pushed from here on is another repository.
    pub fn forget(&mut self) {
        *self = Self::new(self.name.clone(), self.own.clone(), self.is_shared);
    }

    pub fn tag(&self, number: usize) -> String {
        format!("{}{number}", self.own)
    }

    /// A tag names an image from now on.
    pub fn named(&mut self, tag: &str, digest: &str, at: i64) {
        self.now.name(tag, digest);
        for deleted in self.deleted.iter_mut().filter(|it| it.tags.get(tag).is_some_and(|then| then == digest)) {
            deleted.again.insert(tag.to_owned());
        }
        self.moves.push(Move { tag: tag.to_owned(), digest: digest.to_owned(), at });
    }

    /// Whether something of an image, or that it lists, was let go for good.
    pub fn is_purged(&self, digest: &str) -> bool {
        let children = self.now.known.get(digest).into_iter().flat_map(|image| &image.children);
        self.purged.contains(digest) || children.into_iter().any(|child| self.is_purged(child))
    }

    /// Whether what was deleted would move a tag that names something else by now.
    pub fn crosses(&self, deleted: &Deleted) -> bool {
        deleted.tags.iter().any(|(tag, digest)| self.now.tags.get(tag).is_some_and(|now| now != digest))
    }
}
