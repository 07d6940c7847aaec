//! What pages about the history of tags show.

use super::{Opens, RuleMet, Side};
use crate::domain::protection::Barred;
use crate::domain::{Actor, Cursor, Digest, Error, Namespace, Page, RepositoryName, Result, Tag, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How a tag came to name another image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    Push,
    /// A crawl met it so, or met it no more: who moved it is not known.
    Seen,
    Delete,
    /// It was put there by hand.
    #[serde(rename = "retag")]
    Set,
    #[serde(rename = "rollback")]
    RollBack,
    Copy,
    /// It was put there by hand, as another tag of the repository has it.
    Promote,
    Restore,
    Rename,
}

impl How {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Push,
        Self::Seen,
        Self::Delete,
        Self::Set,
        Self::RollBack,
        Self::Copy,
        Self::Promote,
        Self::Restore,
        Self::Rename,
    ];

    /// The word in addresses and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Seen => "seen",
            Self::Delete => "delete",
            Self::Set => "retag",
            Self::RollBack => "rollback",
            Self::Copy => "copy",
            Self::Promote => "promote",
            Self::Restore => "restore",
            Self::Rename => "rename",
        }
    }

    /// What people choose by.
    pub fn words(self) -> &'static str {
        match self {
            Self::Push => "Push",
            Self::Seen => "Seen upstream",
            Self::Delete => "Delete",
            Self::Set => "Retag",
            Self::RollBack => "Roll back",
            Self::Copy => "Copy",
            Self::Promote => "Promote",
            Self::Restore => "Restore",
            Self::Rename => "Rename",
        }
    }

    /// What was done, of one move: to some image, or to none.
    pub fn way(self, to: Option<&Digest>) -> &'static str {
        match (self, to) {
            (Self::Seen, None) => "Gone upstream",
            (Self::RollBack, None) => "Removed by roll back",
            (Self::Push, _) => "Pushed",
            (Self::Seen, _) => "Seen upstream",
            (Self::Delete, _) => "Deleted",
            (Self::Set, _) => "Retagged",
            (Self::RollBack, _) => "Rolled back",
            (Self::Copy, _) => "Copied",
            (Self::Promote, _) => "Promoted",
            (Self::Restore, _) => "Restored",
            (Self::Rename, _) => "Renamed",
        }
    }

    /// What is said in place of the image that a tag left, where it named none: it is new, or it came back.
    pub fn from_none(self) -> &'static str {
        match self {
            Self::Restore | Self::RollBack => "restored",
            _ => "new",
        }
    }

    /// The same in place of the one that it came to.
    pub fn to_none(self) -> &'static str {
        match self {
            Self::Seen => "gone",
            Self::RollBack => "removed",
            _ => "deleted",
        }
    }
}

impl FromStr for How {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|how| how.name() == text);
        known.ok_or_else(|| Error::invalid("how", format!("`{text:.40}` is no way in which a tag moves")))
    }
}

/// One move of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    pub tag: Tag,
    /// Nothing where the tag was new.
    pub from: Option<Digest>,
    /// Nothing where it was deleted, or is gone at its registry.
    pub to: Option<Digest>,
    pub how: How,
    pub when: Timestamp,
    pub by: Option<Actor>,
    pub reason: Option<String>,
    /// Whether the image that it named before it moved, and the one that it named afterwards, can still be named.
    pub from_is_kept: bool,
    pub to_is_kept: bool,
    /// What the first of them is, where it is not in the trash.
    pub from_side: Option<Side>,
    /// What the tag names now.
    pub now: Option<Digest>,
    /// Whether the reader of a page may bring the tag back to what it named before.
    pub may_roll_back: bool,
}

impl HistoryRow {
    /// Whether the image that it named before is here, and not in the trash.
    pub fn from_is_here(&self) -> bool {
        self.from_side.is_some()
    }

    /// How it moved, in the words that people read.
    pub fn way(&self) -> &'static str {
        self.how.way(self.to.as_ref())
    }
}

/// What is asked of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryQuery {
    pub tag: Option<Tag>,
    pub how: Option<How>,
    /// A username, or the key of an actor.
    pub by: Option<String>,
    pub since: Option<Timestamp>,
    pub after: Option<Cursor>,
    pub before: Option<Cursor>,
    pub limit: Option<u32>,
}

/// A tag that names another image now than it did at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub repository: RepositoryName,
    pub tag: Tag,
    /// What it named then; nothing if it was not there.
    pub then: Option<Digest>,
    /// What it names now; nothing if it is not there.
    pub now: Option<Digest>,
    /// Whether the image that it named then can still be named.
    pub is_kept: bool,
    /// The rule that keeps it as it is from who asks, where that was looked for.
    pub barred: Option<Barred>,
}

/// The page of a repository's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    pub repository: RepositoryName,
    pub page: Page<HistoryRow>,
    pub opens: Opens,
}

/// How many tags differ in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    pub n: u64,
    /// Those that are not there now and come back, and those that were not there then and go to the trash. The others move.
    pub n_back: u64,
    pub n_gone: u64,
    /// Those whose image is gone for good.
    pub n_lost: u64,
}

impl Differences {
    /// One more.
    pub fn count(&mut self, it: &Difference) {
        self.n += 1;
        self.n_back += u64::from(it.now.is_none());
        self.n_gone += u64::from(it.then.is_none());
        self.n_lost += u64::from(!it.is_kept);
    }

    /// All but these.
    pub fn without(self, others: Self) -> Self {
        Self {
            n: self.n - others.n,
            n_back: self.n_back - others.n_back,
            n_gone: self.n_gone - others.n_gone,
            n_lost: self.n_lost - others.n_lost,
        }
    }

    /// Those that name another image.
    pub fn n_moved(&self) -> u64 {
        self.n - self.n_back - self.n_gone
    }
}

/// Repositories that were deleted since a time: the first of them, as far as who asks may bring them back, and how many
/// there are after these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    pub first: Vec<RepositoryName>,
    pub more: u64,
}

/// A namespace as it was at a time, beside what it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOfView {
    pub namespace: Namespace,
    /// Nothing where no time was chosen yet.
    pub then: Option<Timestamp>,
    pub differences: Vec<Difference>,
    /// After which repository and tag the next page starts.
    pub next: Option<(RepositoryName, Tag)>,
    pub all: Differences,
    /// Those of them that rules keep from who asks: nothing goes back while they are in the way.
    pub protected: Differences,
    /// What these say, and how many more of these tags there are.
    pub rules: Vec<RuleMet>,
    pub rules_more: u64,
    /// Whether they are left out, and the others go back.
    pub leaves_out: bool,
    /// What differs, as one value; none where no time was chosen yet.
    pub print: Option<Digest>,
    /// What going back does not bring back.
    pub deleted: Deleted,
    /// For how many days the past is kept.
    pub days: u32,
    pub opens: Opens,
}
