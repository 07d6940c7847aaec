//! The page on which tags are copied to another repository, or a name is moved to one of them.

use super::{Moved, RuleMet, Side};
use crate::domain::{ByteSize, Digest, RepositoryName, Tag};
use serde::{Deserialize, Serialize};

/// The most tags that are copied at once.
pub const MAX_COPIED: usize = 500;

/// What was chosen, where it could go, and what that would do once that is chosen too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyView {
    pub repository: RepositoryName,
    /// What was chosen, each with its image.
    pub tags: Vec<(Tag, Digest)>,
    /// Whether the reader may give an image another name here.
    pub may_name: bool,
    /// Where one tag goes mostly: names that were moved here before, and where something was copied from here.
    pub offers: Vec<Offer>,
    /// Repositories to which the reader may push, the likely ones first.
    pub repositories: Vec<RepositoryName>,
    pub plan: Option<CopyPlan>,
    /// What is wrong with where it shall go, by field.
    pub wrong: Option<(String, String)>,
}

/// What is asked of that page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CopyQuery {
    pub tags: Vec<Tag>,
    /// All that it matches, in place of tags by name.
    pub filter: String,
    /// The repository to which they go, as it was typed.
    pub to: String,
    /// The name of a single one there, as it was typed; its own where there is none.
    pub name: String,
}

/// A place to which a tag may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub repository: RepositoryName,
    /// The name there; nothing where it keeps its own.
    pub tag: Option<Tag>,
    /// What that name names now, and since when, of one in the same repository.
    pub now: Option<(Digest, Moved)>,
}

/// What a copy would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyPlan {
    pub to: RepositoryName,
    /// Whether the repository is made by it.
    pub is_new: bool,
    /// Whether a job does it, for content goes from one registry to another.
    pub by_job: bool,
    pub rows: Vec<CopyRow>,
    /// Of one tag what its name names where it goes, and what it would name.
    pub now: Option<(Side, Moved)>,
    pub then: Option<Side>,
    /// Images that come with the tags and are not there yet, with their platforms, signatures and the like.
    pub n_images: u64,
    /// Bytes of these before sharing.
    pub bytes: ByteSize,
    /// Tags by which signatures are found that do not come along.
    pub left: Vec<Tag>,
    /// Rules in the way of it, and why else it would be refused.
    pub rules: Vec<RuleMet>,
    pub barred: Vec<String>,
    /// Whether it cannot be taken back: a name is new at a registry that deletes none.
    pub is_final: bool,
    /// All of this in short: what is not so any more when the form comes is not done.
    pub seen: String,
}

/// One tag of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRow {
    pub tag: Tag,
    pub digest: Digest,
    /// Its name there.
    pub name: Tag,
    /// What that name names there now.
    pub now: Option<Digest>,
}

impl CopyPlan {
    /// Whether every name names there already what it would name.
    pub fn changes_nothing(&self) -> bool {
        self.rows.iter().all(|row| row.now.as_ref() == Some(&row.digest))
    }

    /// The one tag, where it is one.
    pub fn one(&self) -> Option<&CopyRow> {
        if let [one] = self.rows.as_slice() { Some(one) } else { None }
    }
}
