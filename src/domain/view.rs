//! What the console's pages show: rows and heads, ready to draw, with nothing a reader may not see.

mod account;
mod activity;
pub mod api;
mod compare;
mod copying;
mod credentials;
mod files;
mod history;
mod image;
pub mod image_tabs;
mod images;
mod jobs;
mod lists;
mod mount;
mod naming;
mod opening;
mod people;
mod plan;
mod protections;
mod providers;
mod push;
mod search;
mod trash;

use super::manifest::Kind;
use super::{Actor, ByteSize, Digest, MountPrefix, Namespace, Page, Protection};
use super::{RepositoryName, RepositoryVisibility, Tag, Timestamp};
use serde::{Deserialize, Serialize};

pub use account::{AccountView, IdentityRow, WaysIn};
pub use activity::{ActivityQuery, ActivityRow, ActivityView};
pub use compare::{
    Changes, CompareQuery, CompareSide, CompareView, ComparedImage, ConfigChange, DiffLine, LayerChange, Outcome,
};
pub use copying::{CopyPlan, CopyQuery, CopyRow, CopyView, MAX_COPIED, Offer};
pub use credentials::{MAX_DAYS, MAX_TOKENS, OFFERED_DAYS, RobotRow, RobotsView, TokenRow, TokensView};
pub use files::{
    ChangeKind, ChangedFiles, ChangedQuery, ChangedView, FileRow, FilesQuery, FilesView, FolderView, LayerFiles,
    LayerState,
};
pub use history::{AsOfView, Deleted, Difference, Differences, HistoryQuery, HistoryRow, HistoryView, How};
pub use image::{ChildRow, ImageView, LayerRow, MoveRow, ReferrerRow, ShownImage, Subject};
pub use images::{Belonging, ImageRow, ImageSort, ImagesQuery, ImagesView, Part};
pub use jobs::{InTrash, JobRow, JobView, JobsView, WayBack};
pub use lists::{ListQuery, RepositoryQuery, RepositorySort, Shelf, TagQuery, TagSort};
pub use mount::{HookView, LedElsewhere, MountRow, MountView, MountsView, ProbeView, TrustView};
pub use naming::{Earlier, Leaving, NamingView, RollBackView, Side, TagMay, TagThere};
pub use opening::Opening;
pub use people::{
    AccessRow, AccessView, AlikeRow, ClaimRow, Ended, GroupRow, GroupView, GroupsView, Invited, MemberRow, Opens,
    SessionRow, SettingsView, UserRow, UserView, UsersQuery, UsersView, WaitingRow,
};
pub use plan::{Deletable, FEW_TAGS, Matching, More, Preview, PreviewKind, PreviewRow};
pub use protections::{
    AllPoliciesView, Covered, PoliciesView, ProtectionQuery, ProtectionsView, RuleMet, RuleRow, TrashDays, rules_of,
};
pub use providers::{ProviderRow, ProviderView, ProvidersView, StrangerRow, Tried, Verdict};
pub use push::PushView;
pub use search::{FoundImage, FoundRepository, FoundTag, LeftOut, MAX_FOUND, SearchView};
pub use trash::{Again, Asking, Crossing, Fold, LeftInTrash, Lost, TrashQuery, TrashSum, TrashView, TrashedView};

/// How a registry is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountKind {
    /// The embedded registry.
    Hosted,
    /// A registry elsewhere, read over the distribution API, and changed where its mount is not read-only.
    Remote,
}

/// The page of repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoriesView {
    pub page: Page<RepositoryRow>,
    /// Where there are none: what the reader may bring back.
    pub left: Option<LeftInTrash>,
    pub totals: Totals,
    /// Registries that are being read right now, or could not be.
    pub notices: Vec<MountNotice>,
    /// Whether the reader may see all that there is.
    pub sees_all: bool,
    /// Whether pushes are taken at all (a console over an existing registry takes none).
    pub accepts_push: bool,
    /// Whether the reader may make a repository anywhere.
    pub may_create: bool,
    /// Whether any registry elsewhere is read.
    pub has_remote: bool,
    /// Whether the reader has an account, which may have stars.
    pub has_stars: bool,
    /// Of a namespace: those below it, and which of its pages the reader may open.
    pub children: Vec<NamespaceRow>,
    pub children_next: Option<String>,
    pub opens: Opens,
}

/// A namespace in the one above it, with how many repositories in it the reader may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceRow {
    pub name: Namespace,
    pub repositories: u64,
}

/// A repository by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryFacts {
    pub row: RepositoryRow,
    pub logical: ByteSize,
    pub images: u64,
    /// Pulls of the last thirty days.
    pub pulls: u64,
}

/// Sums over what the reader may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub repositories: u64,
    pub tags: u64,
    pub images: u64,
    /// Bytes with every blob counted once.
    pub stored: ByteSize,
    /// Bytes as if no two images shared a blob.
    pub logical: ByteSize,
    /// Tags that name the same image as another tag of their repository.
    pub tags_sharing: u64,
}

/// One repository in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryRow {
    pub name: RepositoryName,
    pub mount: MountKind,
    pub visibility: RepositoryVisibility,
    pub newest_tag: Option<Tag>,
    /// Its own description, or without one what the image of the newest tag says of itself, in one line.
    pub description: Option<String>,
    pub tags: u64,
    pub stored: ByteSize,
    /// Of the last push or, for a registry that is read, the last change that was seen.
    pub updated: Option<Timestamp>,
    pub updated_by: Option<Actor>,
    /// A name that is known, whose tags are not: they were not read yet, or could not be.
    pub unread: bool,
    /// Why the last reading failed, in words that name the registry.
    pub read_error: Option<String>,
    /// The registry did not list it any more when it was last asked.
    pub missing_since: Option<Timestamp>,
    /// Whether the reader marked it.
    pub is_starred: bool,
}

/// Something to say above a list about a mounted registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountNotice {
    pub prefix: MountPrefix,
    pub url: String,
    pub crawl: CrawlState,
    /// When the catalog last agreed with the registry.
    pub as_of: Option<Timestamp>,
    /// Seconds between two readings.
    pub refresh_s: Option<u64>,
    /// When it last told of a push by itself.
    pub heard_at: Option<Timestamp>,
}

/// Where the reading of a registry stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum CrawlState {
    /// Nothing is under way and the last round ended well.
    Rested,
    /// `read` of `total` repositories are done; `left_s` seconds to go, once that can be told.
    Running { read: u64, total: u64, left_s: Option<u64> },
    /// The last round failed, in words.
    Failed { message: String },
    /// It has not been read yet.
    Never,
}

/// A repository with one page of its tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryView {
    pub head: RepositoryRow,
    pub logical: ByteSize,
    pub images: u64,
    /// Pulls of the last thirty days, where they go through Portolan.
    pub pulls: Option<u64>,
    pub page: Page<TagRow>,
    /// Where there are none: what the reader may bring back.
    pub left: Option<LeftInTrash>,
    /// Where pulls go: Portolan's own host, or that of a registry elsewhere.
    pub pull_host: String,
    /// The name to pull by at that host.
    pub pull_name: String,
    /// Of a registry elsewhere: how fresh this is, and what is wrong if something is.
    pub notice: Option<MountNotice>,
    /// The rules that cover it.
    pub rules: Vec<Protection>,
    pub opens: Opens,
    pub deletable: Deletable,
    /// Whether the reader may copy or promote tags of it.
    pub copies: bool,
    /// Whether the reader may mark it for themselves.
    pub may_star: bool,
    /// Whether it lies at a registry to which nothing is written from here.
    pub is_read_only: bool,
}

/// One tag in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagRow {
    pub tag: Tag,
    pub digest: Digest,
    pub kind: Kind,
    pub media_type: String,
    /// What an artifact is, in words or as its media type.
    pub artifact: Option<String>,
    pub platforms: Vec<String>,
    pub size: ByteSize,
    /// Up to two other tags of the repository on the same image.
    pub same_as: Vec<Tag>,
    /// How many further tags name it beyond those in `same_as`.
    pub same_more: u64,
    pub moved: Moved,
    pub built: Option<Timestamp>,
    pub missing_since: Option<Timestamp>,
    /// What the reader of a page may do with it.
    pub may: TagMay,
}

/// What is known of a tag's last move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    At {
        when: Timestamp,
        /// `None` where another registry was only read.
        by: Option<Actor>,
    },
    /// A first reading cannot tell when a tag was moved, only when it was met.
    FirstSeen { when: Timestamp },
}
