//! What the page on which two images stand beside each other shows.

use super::{ChangedFiles, ChangedQuery, LayerRow};
use crate::domain::manifest::Kind;
use crate::domain::{Actor, ByteSize, Digest, Reference, RepositoryName, Tag, Timestamp};
use serde::{Deserialize, Serialize};

/// Which two images are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompareQuery {
    pub from: Option<Reference>,
    pub to: Option<Reference>,
    /// The repository of the second, where that is another one.
    pub with: Option<RepositoryName>,
    /// Tags that were chosen from a list, without an order: the image that came here first is the first.
    pub chosen: Vec<Tag>,
    pub platform: Option<String>,
    /// Which of the files that differ are wanted, if any are.
    pub files: Option<ChangedQuery>,
}

/// Two images, and what came of putting them beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareView {
    pub from: CompareSide,
    pub to: CompareSide,
    pub outcome: Outcome,
    /// Whether the reader may copy or promote the second.
    pub may_copy: bool,
}

/// One of the two, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareSide {
    pub repository: RepositoryName,
    /// Its newest tags, from which to choose.
    pub newest: Vec<Tag>,
    /// By what it was reached: what was asked for, or what was taken where nothing was.
    pub reference: Option<Reference>,
    pub image: Option<ComparedImage>,
}

/// What stands under its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedImage {
    pub digest: Digest,
    pub kind: Kind,
    /// When it came here, or was first seen at a registry elsewhere.
    pub pushed: Timestamp,
    pub pushed_by: Option<Actor>,
    /// The first tags that name it.
    pub tags: Vec<Tag>,
    /// What it runs on, as far as it says so.
    pub platforms: Vec<String>,
}

/// What there is to say of two images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Nothing was asked for, and the newest tags name one image, or none.
    TooFew,
    /// Both are one image.
    Same,
    /// They run on nothing that is the same.
    NoPlatform,
    /// An index lists the platform, but its image is not in this repository.
    NotHere(RepositoryName, Digest),
    Differ(Box<Changes>),
}

/// What a client gets that moves from the first to the second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// On which platform they are compared, where one is stated.
    pub platform: Option<String>,
    /// Those on which both run.
    pub platforms: Vec<String>,
    pub from_size: ByteSize,
    pub to_size: ByteSize,
    pub built: [Option<Timestamp>; 2],
    /// Layers of the second, and those of them that the first does not have.
    pub n_layers: u64,
    pub n_fetched: u64,
    /// What is fetched by who has the first: layers and configuration, each once.
    pub fetched: ByteSize,
    pub layers: Vec<LayerChange>,
    /// Layers beyond those in `layers`, of both.
    pub layers_more: u64,
    /// `None` where the configuration of one of them is not known here.
    pub config: Option<ConfigChange>,
    /// The files that differ, where somebody asked for them.
    pub files: Option<ChangedFiles>,
}

/// One layer at its place in both stacks; the same one where both are there and have one digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerChange {
    pub from: Option<LayerRow>,
    pub to: Option<LayerRow>,
}

impl LayerChange {
    /// Whether nothing changed at this place.
    pub fn is_same(&self) -> bool {
        let digest = |row: &Option<LayerRow>| row.as_ref().map(|row| row.digest.clone());
        self.from.is_some() && digest(&self.from) == digest(&self.to)
    }
}

/// How two configurations differ, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigChange {
    pub n_removed: u64,
    pub n_added: u64,
    /// Parts that changed, with some lines around them.
    pub hunks: Vec<Vec<DiffLine>>,
    /// Whether there is more than is shown.
    pub is_cut: bool,
}

/// A line of a difference: on both sides, or on the one that has a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    pub old: Option<u32>,
    pub new: Option<u32>,
    pub text: String,
}
