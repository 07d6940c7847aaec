//! What a registry can do beyond the smallest common ground. Probed, shown, and asked
//! before use, so that nobody meets a missing power as a failure.

use serde::{Deserialize, Serialize};

/// One optional power of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Lists its repositories (`_catalog`).
    Catalog,
    /// Honours `n` and `last` on lists of tags.
    TagPages,
    /// Answers the referrers API (OCI 1.1, end-12).
    Referrers,
    /// Takes pushes through Portolan.
    Push,
    /// Deletes a tag by its name.
    DeleteTag,
    /// Deletes manifests by their digests.
    DeleteImage,
}

impl Capability {
    /// Every capability, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Catalog, Self::TagPages, Self::Referrers, Self::Push, Self::DeleteTag, Self::DeleteImage];

    /// In words, for the page of mounts.
    pub fn words(self) -> &'static str {
        match self {
            Self::Catalog => "list repositories",
            Self::TagPages => "page through tags",
            Self::Referrers => "list referrers",
            Self::Push => "push through Portolan",
            Self::DeleteTag => "delete a tag by its name",
            Self::DeleteImage => "delete images",
        }
    }
}
