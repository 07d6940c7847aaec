//! Pages on which names are given, moved and brought back.

use super::{Moved, RuleMet, TagRow};
use crate::domain::manifest::Kind;
use crate::domain::{Actor, ByteSize, Digest, RepositoryName, Tag, Timestamp};
use serde::{Deserialize, Serialize};

/// What a reader may do with a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagMay {
    /// Give its image another name.
    pub retag: bool,
    pub rename: bool,
    /// Also whether they may move it elsewhere.
    pub roll_back: bool,
}

/// An image as somebody looks at it before a name goes to it or leaves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    pub digest: Digest,
    pub kind: Kind,
    /// Nothing of an index in the trash, whose platforms it is the sum of.
    pub size: Option<ByteSize>,
    pub platforms: Vec<String>,
    pub built: Option<Timestamp>,
    /// Whether it has to be brought back from there first.
    pub is_in_trash: bool,
    /// Up to three of its tags in the repository, and how many they are.
    pub tags: Vec<Tag>,
    pub n_tags: u64,
}

impl Side {
    /// By what people know it: a tag that it has, but for the one that the page is about, or the first of its digest.
    pub fn called(&self, but: &Tag) -> String {
        let other = self.tags.iter().find(|tag| *tag != but);
        other.map_or_else(|| self.digest.short().to_owned(), Tag::to_string)
    }
}

impl From<TagRow> for Side {
    fn from(it: TagRow) -> Self {
        let TagRow { tag, digest, kind, size, platforms, built, same_as, same_more, .. } = it;
        let n_tags = 1 + same_as.len() as u64 + same_more;
        let tags = std::iter::once(tag).chain(same_as).collect();
        Self { digest, kind, size: Some(size), platforms, built, is_in_trash: false, tags, n_tags }
    }
}

/// A tag that is there, with its image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagThere {
    pub tag: Tag,
    pub side: Side,
    pub moved: Moved,
    pub may: TagMay,
    /// The rule that keeps the reader from what the page is about.
    pub rule: Option<RuleMet>,
    /// What becomes of the name at a registry elsewhere, where the page takes it away.
    pub leaving: Leaving,
}

/// What becomes of a name that is taken away at a registry elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    pub notes: Vec<String>,
    /// Why it cannot be taken away.
    pub barred: Option<String>,
    /// Whether nothing of it is kept in the trash.
    pub is_final: bool,
}

/// The pages on which an image gets a name: another one, or one in place of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamingView {
    pub repository: RepositoryName,
    /// The tag by which the image was reached.
    pub tag: Option<Tag>,
    pub side: Side,
    /// Whether the reader may add tags here, and whether they may move some.
    pub may_add: bool,
    pub may_move: bool,
    /// The tag that it shall have, where that names another image now.
    pub target: Option<TagThere>,
}

/// The page on which a tag goes back to what it named before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollBackView {
    pub repository: RepositoryName,
    pub tag: Tag,
    /// What it names; nothing where it was deleted.
    pub now: Option<TagThere>,
    /// The image that was asked for.
    pub to: Option<Side>,
    /// What else it named before and can name again, newest first.
    pub earlier: Vec<Earlier>,
    /// The rule that keeps the reader from moving it.
    pub rule: Option<RuleMet>,
}

/// An image that a tag named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    pub digest: Digest,
    /// What it is, where it is not in the trash.
    pub side: Option<Side>,
    /// When the tag left it, and by whom.
    pub until: Timestamp,
    pub by: Option<Actor>,
}
