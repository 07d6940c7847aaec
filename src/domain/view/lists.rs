//! What lists are asked for.

use crate::domain::{Cursor, Namespace};
use serde::{Deserialize, Serialize};

/// What a list is asked for, in an order of `S`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery<S: Default> {
    /// What names must contain; of tags a filter, as [`TagFilter`](crate::domain::tag_filter::TagFilter) reads it.
    pub q: String,
    pub sort: S,
    /// Which of all repositories.
    pub shelf: Shelf,
    pub after: Option<Cursor>,
    pub before: Option<Cursor>,
    /// Whether a place in another order was asked for, which is none in this one.
    pub started_over: bool,
    pub limit: Option<u32>,
    /// Of repositories those that lie in this namespace.
    pub within: Option<Namespace>,
}

/// What the list of repositories is asked for.
pub type RepositoryQuery = ListQuery<RepositorySort>;

/// What a list of tags is asked for.
pub type TagQuery = ListQuery<TagSort>;

/// The orders of the list of repositories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepositorySort {
    #[default]
    Updated,
    Name,
    Tags,
    Stored,
}

/// The orders of a list of tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagSort {
    #[default]
    Moved,
    Built,
    Size,
    Name,
}

/// A part of all repositories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    #[default]
    All,
    /// Those that the reader marked.
    Starred,
    /// Those that their registry does not list any more, or that could not be read.
    Attention,
}

impl Shelf {
    /// The word in addresses; nothing for all.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Starred => "starred",
            Self::Attention => "attention",
        }
    }

    /// Reads it; an unknown word is all of them.
    pub fn parse(word: Option<&str>) -> Self {
        [Self::Starred, Self::Attention].into_iter().find(|shelf| Some(shelf.name()) == word).unwrap_or_default()
    }
}
