//! The page of what was deleted.

use super::Opens;
use crate::domain::trash::TrashRow;
use crate::domain::{ByteSize, Digest, Namespace, RepositoryName, Tag, Timestamp, Username};
use serde::{Deserialize, Serialize};

/// Which entries are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrashQuery {
    pub repository: Option<RepositoryName>,
    pub below: Option<Namespace>,
    /// What one request deleted.
    pub batch: Option<String>,
    pub by: Option<Username>,
    /// The newest come first: those before this one.
    pub before: Option<String>,
    /// The entry that shall come back over what is there, and the one that shall go for good.
    pub restore: Option<String>,
    pub purge: Option<String>,
    /// The batch that shall come back over what is there.
    pub restore_all: Option<String>,
    /// The batch whose tags of a repository shall go for good together.
    pub purge_all: Option<(String, RepositoryName)>,
}

/// What was deleted, as far as the reader may bring it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashView {
    pub rows: Vec<TrashedView>,
    pub next: Option<String>,
    pub sum: TrashSum,
    pub asking: Option<Asking>,
    pub opens: Opens,
}

/// An entry as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashedView {
    pub row: TrashRow,
    pub may_purge: bool,
    /// Whether it is a tag whose image was deleted as one, which their rights to some tags do not bring back.
    pub lacks_image: bool,
    /// How many were deleted by the same request, itself included.
    pub n_together: u64,
    /// For what it stands, of which it is the last: then what it holds is the sum.
    pub fold: Option<Fold>,
}

/// What one request deleted, in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fold {
    /// Tags of a repository.
    Tags { n: u64, first: Tag, last: Tag },
    /// Repositories with so many tags, and the namespace in which all of them lay.
    Repositories { n: u64, n_tags: u64, within: Option<Namespace> },
}

/// What is known of something that is not there, as far as its reader may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// With what it was deleted, where they may bring that back.
    pub trashed: Option<TrashRow>,
    /// Whether its moves are kept, of a tag.
    pub has_history: bool,
    /// Names that are there and written much like it, of a tag: the most alike first.
    pub near: Vec<Tag>,
}

/// What the trash holds of a place that shows nothing, as far as its reader may bring it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftInTrash {
    pub n: u64,
    /// How many of these are repositories.
    pub n_repositories: u64,
    /// Until when all of it can come back.
    pub until: Timestamp,
}

/// What the trash holds of what the reader may bring back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashSum {
    pub n: u64,
    pub held: ByteSize,
}

/// What is asked before something is done to an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asking {
    /// Whether these tags move back to what they named, or stay.
    Restore { row: TrashRow, crossings: Vec<Crossing> },
    /// The same of all that was deleted together, of whatever repositories; `is_cut` where there are more of them.
    RestoreAll { batch: String, crossings: Vec<Crossing>, is_cut: bool },
    /// Whether it goes for good, with these tags and so many images; `at` the registry elsewhere that keeps it.
    Purge { row: TrashRow, tags: Vec<Tag>, n_images: u64, at: Option<String>, again: Again },
    /// The same of so many tags that were deleted together, of which the first are named, and what they hold.
    PurgeAll {
        batch: String,
        repository: RepositoryName,
        n: u64,
        first: Vec<Tag>,
        held: ByteSize,
        at: Option<String>,
        again: Again,
    },
}

/// What somebody shows once more before what nobody can take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Again {
    /// They signed in a moment ago.
    Nothing,
    /// Their password.
    Password,
    /// They sign in again, for they have no password here.
    SignIn,
}

/// A tag that names another image by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossing {
    pub repository: RepositoryName,
    pub tag: Tag,
    pub deleted: Digest,
    pub now: Digest,
}
