//! What the console's pages show: rows and heads, ready to draw, with nothing a reader may not see.

use super::capability::Capability;
use super::manifest::{ImageConfig, Kind};
use super::{ByteSize, Cursor, Digest, MountPrefix, Page, RepositoryName, Tag, Timestamp};
use serde::{Deserialize, Serialize};

/// How a registry is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountKind {
    /// The embedded registry.
    Hosted,
    /// An existing registry that Portolan reads over the distribution API.
    Remote,
}

/// What the list of repositories is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryQuery {
    /// Text that names must contain.
    #[serde(default)]
    pub q: String,
    #[serde(default)]
    pub sort: RepositorySort,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    pub before: Option<Cursor>,
    #[serde(default)]
    pub limit: Option<u32>,
}

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

/// What a list of tags is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagQuery {
    /// A glob over the whole tag; text without `*` or `?` matches anywhere.
    #[serde(default)]
    pub q: String,
    #[serde(default)]
    pub sort: TagSort,
    #[serde(default)]
    pub after: Option<Cursor>,
    #[serde(default)]
    pub before: Option<Cursor>,
    #[serde(default)]
    pub limit: Option<u32>,
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

/// The page of repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoriesView {
    pub page: Page<RepositoryRow>,
    pub totals: Totals,
    /// Registries that are being read right now, or could not be.
    pub notices: Vec<MountNotice>,
    /// Whether pushes are taken at all (a console over an existing registry takes none).
    pub accepts_push: bool,
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
    pub newest_tag: Option<Tag>,
    pub tags: u64,
    pub stored: ByteSize,
    /// Of the last push or, for a registry that is read, the last change that was seen.
    pub updated: Option<Timestamp>,
    pub updated_by: Option<String>,
    /// A name that is known, whose tags were not read yet.
    pub unread: bool,
    /// The registry did not list it any more when it was last asked.
    pub missing_since: Option<Timestamp>,
}

/// Something to say above a list about a mounted registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountNotice {
    pub prefix: MountPrefix,
    pub url: String,
    pub crawl: CrawlState,
    /// When the catalog last agreed with the registry.
    pub as_of: Option<Timestamp>,
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
    pub page: Page<TagRow>,
    /// Where pulls go: Portolan's own host, or the registry's for one that is only read.
    pub pull_host: String,
    /// The name to pull by at that host.
    pub pull_name: String,
    /// For a registry that is read: how fresh this is, and what is wrong if something is.
    pub notice: Option<MountNotice>,
}

/// One tag in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagRow {
    pub tag: Tag,
    pub digest: Digest,
    pub kind: Kind,
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
}

/// What is known of a tag's last move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    At {
        when: Timestamp,
        by: String,
    },
    /// A first reading cannot tell when a tag was moved, only when it was met.
    FirstSeen {
        when: Timestamp,
    },
}

/// An image, reached by a tag or by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageView {
    pub repository: RepositoryName,
    /// The tag in the address; `None` where the address names the digest.
    pub tag: Option<Tag>,
    pub digest: Digest,
    pub media_type: String,
    pub kind: Kind,
    pub artifact: Option<String>,
    pub pushed: Option<Timestamp>,
    pub pushed_by: Option<String>,
    /// Tags that name this image; the first twenty.
    pub tags: Vec<Tag>,
    pub tags_more: u64,
    /// The children of an index: platforms first, attestations after them.
    pub children: Vec<ChildRow>,
    /// Entries of the index beyond those in `children`.
    pub children_more: u64,
    /// The one image that is shown: itself, or the platform chosen from the index.
    pub shown: Option<ShownImage>,
    pub annotations: Vec<(String, String)>,
    /// Manifests whose subject is this image.
    pub referrers: Vec<ReferrerRow>,
    /// The indexes that list it.
    pub parents: Vec<Digest>,
    /// What its names have been, newest first.
    pub moves: Vec<MoveRow>,
    pub pull_host: String,
    pub pull_name: String,
    pub notice: Option<MountNotice>,
}

/// One entry of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildRow {
    pub digest: Digest,
    /// `linux/amd64`; for an attestation the platform of the image that it is about.
    pub platform: String,
    pub attestation: bool,
    pub size: ByteSize,
    /// Whether the repository has it; an index may name platforms that were never copied.
    pub present: bool,
}

/// The layers and the configuration of one image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownImage {
    pub digest: Digest,
    pub platform: Option<String>,
    pub pull_size: ByteSize,
    pub layers: Vec<LayerRow>,
    /// Layers beyond those in `layers`.
    pub layers_more: u64,
    /// Steps of the history that changed no files.
    pub empty_steps: u64,
    pub config: Option<ImageConfig>,
    pub built: Option<Timestamp>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRow {
    pub digest: Digest,
    pub media_type: String,
    pub size: ByteSize,
    /// The command that made it, where the history tells.
    pub step: Option<String>,
}

/// A manifest about this one: signature, SBOM, attestation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferrerRow {
    pub digest: Digest,
    pub artifact: String,
    pub size: ByteSize,
    pub pushed: Option<Timestamp>,
}

/// One move of a tag to this image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveRow {
    pub tag: Tag,
    pub from: Option<Digest>,
    pub to: Digest,
    pub when: Timestamp,
    pub by: String,
}

/// The page of mounted registries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountsView {
    pub mounts: Vec<MountRow>,
}

/// One mounted registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountRow {
    pub prefix: MountPrefix,
    pub kind: MountKind,
    /// The registry's address; for the embedded one Portolan's own.
    pub url: String,
    /// Every capability with what is known of it; `None` until it was probed.
    pub capabilities: Vec<(Capability, Option<bool>)>,
    pub totals: Totals,
    pub missing: u64,
    pub crawl: CrawlState,
    pub as_of: Option<Timestamp>,
    pub refresh_s: Option<u64>,
}
