//! What was deleted and can be brought back.

use super::{Actor, ByteSize, Digest, Error, RepositoryName, Result, Tag, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// For how many days what was deleted is kept where nothing else is set, and at most.
pub const DEFAULT_DAYS: u32 = 30;
pub const MAX_DAYS: u32 = 3650;

/// Whether tags that name other images by now move back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Over {
    /// None does.
    Nothing,
    /// Each does, whatever it names.
    Anything,
    /// Each does that names what it was seen to name.
    Seen(BTreeMap<SeenTag, Digest>),
}

/// A tag that was looked at before it comes back: `1.4.0`, or of one repository among others `team/web:1.4.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SeenTag {
    pub repository: Option<RepositoryName>,
    pub tag: Tag,
}

impl Over {
    /// Lets a tag move that names `current` by now.
    ///
    /// # Errors
    /// [`Error::Conflict`] where none moves; [`Error::Changed`] where it was seen to name something else.
    pub fn check(&self, (repository, tag): (&RepositoryName, &Tag), current: &Digest) -> Result<()> {
        let seen = |seen: &BTreeMap<SeenTag, Digest>| {
            let known = |repository| seen.get(&SeenTag { repository, tag: tag.clone() });
            known(Some(repository.clone())).or_else(|| known(None)) == Some(current)
        };
        match self {
            Self::Nothing => Err(Error::Conflict(format!(
                "the tag {tag} names another image by now, {}; keep that, or restore over it",
                current.short()
            ))),
            Self::Anything => Ok(()),
            Self::Seen(tags) if seen(tags) => Ok(()),
            Self::Seen(_) => Err(Error::Changed { current: Some(current.clone()) }),
        }
    }
}

impl fmt::Display for SeenTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repository {
            Some(repository) => write!(f, "{repository}:{}", self.tag),
            None => write!(f, "{}", self.tag),
        }
    }
}

impl FromStr for SeenTag {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some((repository, tag)) => Ok(Self { repository: Some(repository.parse()?), tag: tag.parse()? }),
            None => Ok(Self { repository: None, tag: text.parse()? }),
        }
    }
}

impl TryFrom<String> for SeenTag {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<SeenTag> for String {
    fn from(tag: SeenTag) -> Self {
        tag.to_string()
    }
}

/// For how many days a namespace keeps what is deleted in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct KeptDays(u32);

impl KeptDays {
    /// Their number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for KeptDays {
    type Error = Error;

    fn try_from(days: u32) -> Result<Self> {
        match days {
            1..=MAX_DAYS => Ok(Self(days)),
            _ => Err(Error::invalid("trash_days", format!("what is deleted is kept for 1 to {MAX_DAYS} days"))),
        }
    }
}

impl From<KeptDays> for u32 {
    fn from(days: KeptDays) -> Self {
        days.0
    }
}

impl FromStr for KeptDays {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse::<u32>().unwrap_or_default().try_into()
    }
}

/// What kind of thing was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrashKind {
    /// A name. Its image can be pulled by its digest for as long as it is in the trash.
    Tag,
    /// An image with its tags, and with what belonged to it alone.
    Image,
    Blob,
    Repository,
}

impl TrashKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tag, Self::Image, Self::Blob, Self::Repository];

    /// The word for it, for people and programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Image => "image",
            Self::Blob => "blob",
            Self::Repository => "repository",
        }
    }
}

impl FromStr for TrashKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| Error::invalid("kind", "a kind is tag, image, blob or repository"))
    }
}

/// Something in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashRow {
    pub id: String,
    /// What was deleted by the same request has the same.
    pub batch: String,
    pub kind: TrashKind,
    pub repository: RepositoryName,
    /// Of a tag.
    pub tag: Option<Tag>,
    /// Of a tag, what it named.
    pub digest: Option<Digest>,
    /// How many tags went with it.
    pub tags: u64,
    /// Bytes that nothing else needed when it was deleted.
    pub held: ByteSize,
    pub deleted: Timestamp,
    pub deleted_by: Option<Actor>,
    pub expires: Timestamp,
}

impl TrashRow {
    /// What is typed before it goes for good.
    pub fn name(&self) -> &str {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => tag.as_str(),
            (None, Some(digest)) => digest.short(),
            (None, None) => self.repository.as_str(),
        }
    }

    /// What it is, in words: `tag 1.4.0 of team/web`.
    pub fn words(&self) -> String {
        let of = &self.repository;
        match (self.kind, &self.tag, &self.digest) {
            (TrashKind::Tag, Some(tag), _) => format!("tag {tag} of {of}"),
            (TrashKind::Repository, ..) => format!("repository {of}"),
            (kind, _, Some(digest)) => format!("{} {} of {of}", kind.name(), digest.short()),
            (kind, _, None) => format!("{} of {of}", kind.name()),
        }
    }
}
