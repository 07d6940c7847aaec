//! What the list of a repository's images shows.

use super::{ListQuery, MountNotice, Opens};
use crate::domain::manifest::Kind;
use crate::domain::{Actor, ByteSize, Digest, Page, RepositoryName, Tag, Timestamp};
use serde::{Deserialize, Serialize};

/// The orders of the list of images: there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSort {
    #[default]
    Pushed,
}

/// What a list of images is asked for.
pub type ImagesQuery = ListQuery<ImageSort>;

/// A page of a repository's images: those that are no part of another one, and about none that is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagesView {
    pub repository: RepositoryName,
    /// How many tags it has; nothing where it was never read.
    pub n_tags: Option<u64>,
    pub page: Page<ImageRow>,
    pub notice: Option<MountNotice>,
    pub opens: Opens,
}

/// One image, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRow {
    pub digest: Digest,
    pub kind: Kind,
    /// The type of an artifact as it is stated.
    pub artifact: Option<String>,
    pub platforms: Vec<String>,
    pub size: ByteSize,
    pub pushed: Timestamp,
    pub pushed_by: Option<Actor>,
    /// Tags that name it; the first three.
    pub tags: Vec<Tag>,
    pub n_tags: u64,
    /// What an index lists, the first ones, and what is about the image, some of it.
    pub parts: Vec<Part>,
    /// Whether there is more.
    pub has_more: bool,
}

/// Something that belongs to an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub digest: Digest,
    pub is: Belonging,
    pub size: ByteSize,
}

/// How it belongs there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Belonging {
    /// An image of the index, for these platforms.
    Platform(String),
    /// Something else that the index lists, by its type.
    Listed(String),
    /// A manifest about it: a signature, an SBOM, an attestation, by its type.
    About(String),
}
