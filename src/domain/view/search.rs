//! What the page of results shows: a few of each kind, those that the reader may see.

use super::MountKind;
use crate::domain::manifest::Kind;
use crate::domain::{Digest, RepositoryName, Tag, Timestamp};
use serde::{Deserialize, Serialize};

/// The most of each kind that are shown.
pub const MAX_FOUND: usize = 8;

/// What was found for a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchView {
    pub repositories: Vec<FoundRepository>,
    /// Whether more repositories fit than are shown.
    pub has_more_repositories: bool,
    /// Whether these fit only a part of what was sought: the rest of it fits nothing.
    pub is_near: bool,
    pub tags: Vec<FoundTag>,
    /// Of what the tags are, where not all were looked at.
    pub left_out: Option<LeftOut>,
    pub images: Vec<FoundImage>,
    pub has_more_images: bool,
    /// The words that were sought.
    pub words: Vec<String>,
    /// Whether tags were meant more than repositories.
    pub is_about_tags: bool,
}

/// Tags that were not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Those of all repositories but so many, which changed last.
    Repositories(u64),
    /// In repositories with more tags than that: those that do not begin so, and all but the last so many by name.
    Tags(u64),
}

/// A repository that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundRepository {
    pub name: RepositoryName,
    pub mount: MountKind,
    pub tags: u64,
}

/// A tag that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundTag {
    pub repository: RepositoryName,
    pub tag: Tag,
    pub digest: Digest,
    pub kind: Kind,
    /// What an artifact is, by its type.
    pub artifact: Option<String>,
    /// Another tag of the same image.
    pub same_as: Option<Tag>,
    /// When its image was built, where that is stated.
    pub built: Option<Timestamp>,
}

/// An image that was found by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundImage {
    pub repository: RepositoryName,
    pub digest: Digest,
    pub kind: Kind,
    pub artifact: Option<String>,
    /// A tag that names it.
    pub tag: Option<Tag>,
}

impl SearchView {
    /// Whether nothing fits, not even in part.
    pub fn is_empty(&self) -> bool {
        self.repositories.is_empty() && self.tags.is_empty() && self.images.is_empty()
    }
}
