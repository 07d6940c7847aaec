//! What the files of an image show.

use crate::domain::files::{Cut, Difference, File};
use crate::domain::{ByteSize, Digest};
use serde::{Deserialize, Serialize};

/// Which files of an image are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilesQuery {
    /// One layer by itself, the lowest being 1; all of them on top of each other without it.
    pub layer: Option<usize>,
    /// The folder; the root without it.
    pub path: String,
    /// The name after which a page begins.
    pub after: String,
}

/// A folder of an image, or of one of its layers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesView {
    /// The layers, the lowest first.
    pub layers: Vec<LayerFiles>,
    pub layer: Option<usize>,
    pub path: String,
    pub folder: FolderView,
}

/// What there is to say of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FolderView {
    /// Not all layers that show in it were read yet.
    Waiting,
    /// There is none at this path.
    Absent,
    /// The lists of all layers are longer than what is put together.
    TooLong,
    Entries {
        rows: Vec<FileRow>,
        /// The name after which the next page begins.
        next: Option<String>,
    },
}

/// A layer, by what is known of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerFiles {
    pub digest: Digest,
    pub size: ByteSize,
    pub state: LayerState,
}

/// What is known of the files of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LayerState {
    /// It is read, or waits to be.
    Reading,
    /// It has no list, and why.
    Unreadable(String),
    Listed {
        /// Why its list ends before it does.
        cut: Option<Cut>,
        /// Entries that are not in the list.
        n_left_out: u64,
    },
    /// It has a list that was not needed.
    Known,
}

/// Which of the files that differ between two images are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangedQuery {
    pub kind: Option<ChangeKind>,
    /// What is in their paths.
    pub path: String,
    /// The path after which a page begins.
    pub after: String,
}

/// What happened to a path from one image to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    Added,
    Removed,
    Changed,
}

impl ChangeKind {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 3] = [Self::Added, Self::Removed, Self::Changed];

    /// The word in an address, and on a page.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }

    /// That of a difference.
    pub fn of(difference: &Difference) -> Self {
        match (&difference.from, &difference.to) {
            (None, _) => Self::Added,
            (_, None) => Self::Removed,
            _ => Self::Changed,
        }
    }
}

/// The files that differ between two images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFiles {
    pub query: ChangedQuery,
    /// The layers of both.
    pub layers: [Vec<LayerFiles>; 2],
    pub found: ChangedView,
}

/// What there is to say of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangedView {
    /// Not all layers were read yet.
    Waiting,
    /// The lists of all layers are longer than what is put together.
    TooLong,
    Listed {
        /// How many there are of each kind, in the order of [`ChangeKind::ALL`].
        counts: [u64; 3],
        /// Whether there are more than are counted.
        is_cut: bool,
        rows: Vec<Difference>,
        /// The path after which the next page begins.
        next: Option<String>,
    },
}

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    pub name: String,
    /// None for what a layer only hides.
    pub file: Option<File>,
    /// The layer that states it, the lowest being 1.
    pub layer: usize,
    /// Whether this layer hides what those below it have by this name.
    pub hides: bool,
    /// Whether this layer hides what those below it have in this folder.
    pub is_opaque: bool,
}
