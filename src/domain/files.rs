//! The files of an image: what one layer lists, what layers show on top of each other, and how two such stacks differ
//! (OCI image specification, "Image Layer Filesystem Changeset").
//!
//! Names are looked at as they are written: a symbolic link on the way to a file is not followed. Nothing here touches a real
//! file; a path is text.

mod differences;
mod listing;
mod overlay;

pub use differences::{Difference, differences};
pub use listing::Listing;
pub use overlay::{Folder, Shown};

use super::{Digest, Result};
use serde::{Deserialize, Serialize};

/// The way in which lists are kept. One that was kept in another way is read from its layer again.
pub const FORMAT: i64 = 1;

/// What a name in a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    File,
    Folder,
    Symlink,
    /// Another name of a file, which is in the same layer or below.
    HardLink,
    Pipe,
    CharacterDevice,
    BlockDevice,
}

/// A file of any kind, as its layer states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    pub kind: FileKind,
    /// Permissions with set-user-ID, set-group-ID and sticky bit; none of a folder that only paths in it speak of.
    pub mode: Option<u32>,
    pub owner: (u64, u64),
    pub size: u64,
    /// Where a link leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Of what is in it; none for a file that is stored with holes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

impl File {
    /// A folder that only paths in it speak of.
    pub fn implied() -> Self {
        Self { kind: FileKind::Folder, mode: None, owner: (0, 0), size: 0, link: None, digest: None }
    }

    /// Whether names can be in it.
    pub fn is_folder(&self) -> bool {
        self.kind == FileKind::Folder
    }

    /// Whether nothing is known in which two of them differ.
    pub fn is_like(&self, other: &Self) -> bool {
        let is_unsaid = self.mode.is_none() || other.mode.is_none();
        self == other || (is_unsaid && self.is_folder() && other.is_folder())
    }
}

/// What a layer says of one name in a folder: that something is there, that nothing of the layers below is, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    pub file: Option<File>,
    /// A whiteout: what layers below have by this name is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hides: bool,
    /// An opaque whiteout: what layers below have in this folder is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_opaque: bool,
}

/// Why a list ends before its layer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// More entries than are read of one layer.
    Entries,
    /// More bytes, unpacked.
    Bytes,
    /// So much more, unpacked, than was stored that nobody means it.
    Ratio,
    /// Longer names than a list holds.
    Names,
}

/// The entries of a folder, in the order of their names.
pub type Entries<'l> = Box<dyn Iterator<Item = Result<Entry>> + 'l>;

/// What one layer lists. A folder is named by its path without slashes around it; the root is ''.
pub trait Layer {
    /// What tells it from other layers.
    fn id(&self) -> &str;

    /// Whether it hides all that is in layers below.
    fn is_opaque(&self) -> bool;

    /// What is in a folder, from this name on.
    fn entries<'l>(&'l self, folder: &str, from: &str) -> Entries<'l>;

    /// What it says of one name.
    fn find(&self, folder: &str, name: &str) -> Result<Option<Entry>> {
        let first = self.entries(folder, name).next().transpose()?;
        Ok(first.filter(|entry| entry.name == name))
    }
}

/// The path of what has this name in a folder.
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folder in which a path lies, and its name there.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
