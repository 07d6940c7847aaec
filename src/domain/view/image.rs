//! What the page of an image shows.

use super::image_tabs::{TabRow, TabView};
use super::{How, MountNotice, TagMay};
use crate::domain::manifest::{ImageConfig, Kind};
use crate::domain::{Actor, ByteSize, Digest, Protection, RepositoryName, Tag, Timestamp};
use serde::{Deserialize, Serialize};

/// An image, reached by a tag or by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageView {
    pub repository: RepositoryName,
    /// The tag in the address; `None` where the address names the digest.
    pub tag: Option<Tag>,
    pub digest: Digest,
    pub media_type: String,
    pub kind: Kind,
    /// The tabs that apply to it, and what stands under the open one.
    pub tabs: Vec<TabRow>,
    pub tab: TabView,
    /// The type of an artifact as it is stated: `artifactType`, or the type of its configuration.
    pub artifact: Option<String>,
    pub subject: Option<Subject>,
    /// When it came here, or was first seen at a registry elsewhere.
    pub pushed: Option<Timestamp>,
    pub pushed_by: Option<Actor>,
    /// Since when its registry has the tag in the address no more.
    pub missing_since: Option<Timestamp>,
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
    /// The first of the manifests whose subject is this image.
    pub referrers: Vec<ReferrerRow>,
    /// The indexes that list it.
    pub parents: Vec<Digest>,
    /// What its names have been, newest first.
    pub moves: Vec<MoveRow>,
    pub pull_host: String,
    pub pull_name: String,
    pub notice: Option<MountNotice>,
    /// Whether the reader may give it a name, or move one to it.
    pub may_name: bool,
    /// The rules that cover its repository.
    pub rules: Vec<Protection>,
    /// Where the one stands that binds the tag in the address, for who may go there.
    pub rule_at: Option<String>,
    /// What the reader may do with the tag in the address, and whether they may take it away.
    pub may: TagMay,
    pub may_delete_tag: bool,
    /// Whether the reader may copy or promote it by one of its tags.
    pub may_copy: bool,
    /// Whether the reader may delete the image with all its tags.
    pub may_delete: bool,
}

/// The manifest that this one is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub digest: Digest,
    /// Whether the repository has it; a signature may come first, or alone.
    pub present: bool,
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

/// One layer; of an artifact, one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRow {
    pub digest: Digest,
    pub media_type: String,
    pub size: ByteSize,
    /// The name of a file (`org.opencontainers.image.title`), as long and as odd as it was pushed.
    pub title: Option<String>,
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

/// One move of a tag to this image, or away from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveRow {
    pub tag: Tag,
    pub from: Option<Digest>,
    /// `None` where the tag went.
    pub to: Option<Digest>,
    pub how: How,
    pub when: Timestamp,
    /// `None` where another registry was only read.
    pub by: Option<Actor>,
    /// Whether the tag names it still, or again.
    pub is_current: bool,
    /// Whether the tag names any image.
    pub is_there: bool,
    /// Whether the reader may bring the tag back to an image.
    pub may_roll_back: bool,
}
