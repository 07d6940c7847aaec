//! A repository in which somebody has tags and images of their own, and what is on record there.

use std::collections::{BTreeMap, BTreeSet};

pub struct Place {
    /// As the registry calls it.
    pub name: String,
    /// How names of their tags begin.
    pub own: String,
    pub tags: BTreeMap<String, String>,
    /// All tags that they ever had.
    pub ever: BTreeSet<String>,
    /// Tags that were pushed past Portolan the last time, of which it may not know yet.
    pub unread: BTreeSet<String>,
    /// Images of their own that no index of theirs lists, and those indexes.
    pub loose: BTreeSet<String>,
    pub moves: Vec<Move>,
    pub deleted: Vec<Deleted>,
}

/// A tag was put on an image.
#[derive(Clone)]
pub struct Move {
    pub tag: String,
    pub digest: String,
    /// Whether Portolan did it, and so knows of it.
    pub is_known: bool,
}

/// What one request deleted.
#[derive(Debug)]
pub struct Deleted {
    pub batch: String,
    pub tags: BTreeMap<String, String>,
    pub images: BTreeSet<String>,
    /// Whether some of it came back since, or stands in another entry by now.
    pub is_in_doubt: bool,
}

impl Place {
    pub fn new(name: &str, own: &str) -> Self {
        let (name, own) = (name.to_owned(), format!("{own}-"));
        let (tags, ever, unread, loose) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self { name, own, tags, ever, unread, loose, moves: vec![], deleted: vec![] }
    }

    /// A tag names an image from now on.
    pub fn named(&mut self, tag: &str, digest: &str, is_known: bool) {
        self.tags.insert(tag.to_owned(), digest.to_owned());
        self.ever.insert(tag.to_owned());
        match is_known {
            true => self.unread.remove(tag),
            false => self.unread.insert(tag.to_owned()),
        };
        for deleted in &mut self.deleted {
            deleted.is_in_doubt |= deleted.tags.contains_key(tag) || deleted.images.contains(digest);
        }
        self.moves.push(Move { tag: tag.to_owned(), digest: digest.to_owned(), is_known });
    }

    /// Whether what was deleted would move a tag that names something else by now.
    pub fn crosses(&self, deleted: &Deleted) -> bool {
        deleted.tags.iter().any(|(tag, digest)| self.tags.get(tag).is_some_and(|now| now != digest))
    }

    /// Whether an image is in the trash.
    pub fn is_deleted(&self, digest: &str) -> bool {
        self.deleted.iter().any(|it| it.images.contains(digest))
    }
}
