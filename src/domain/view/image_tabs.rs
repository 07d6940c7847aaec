//! What stands under the tabs of an image's page.

use super::{FilesQuery, FilesView};
use crate::domain::{ByteSize, Digest, ImageTab, RepositoryName, Tag, Timestamp};
use serde::{Deserialize, Serialize};

/// What the page of an image is asked for, whichever image that is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageQuery {
    pub tab: ImageTab,
    /// The entry of an index that is shown.
    pub platform: Option<String>,
    /// The attestation that is opened, and which of its files, counted from 1.
    pub show: Option<Digest>,
    pub file: Option<u32>,
    /// The attestation after which the list goes on.
    pub after: Option<Digest>,
    /// Which of its files are shown.
    pub files: FilesQuery,
}

/// A tab that applies to an image, with the number beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TabRow {
    pub tab: ImageTab,
    pub count: Option<u64>,
}

/// What stands under the open tab, beyond what all of them show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TabView {
    Overview(Elsewhere),
    /// Nothing where the platform is not here, or none is chosen.
    Files(Option<FilesView>),
    /// Nothing where the platform is not here, or none is chosen.
    Config(Option<ConfigView>),
    Attestations(AttachedView),
    Manifest(Text),
}

/// Other repositories in which a tag names the image, as far as the reader may see them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The first of them by name.
    pub rows: Vec<ElsewhereRow>,
    /// How many the reader may see.
    pub count: u64,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElsewhereRow {
    pub repository: RepositoryName,
    /// The first of the tags that name it there.
    pub tag: Tag,
    pub n_tags: u64,
}

/// Some text of a pusher's, as much of it as a page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub text: String,
    /// The bytes of all of it.
    pub size: ByteSize,
    pub is_cut: bool,
}

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigView {
    pub digest: Digest,
    pub media_type: String,
    pub size: ByteSize,
    pub content: Content,
}

/// What could be read of some content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    Read {
        text: Text,
        /// What its first level says in one line each, where it is JSON that nobody else explains.
        fields: Vec<(String, String)>,
    },
    /// Nothing, and why.
    Not(String),
}

/// One page of what is attached to an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedView {
    pub rows: Vec<AttachedRow>,
    pub next: Option<Digest>,
    pub opened: Option<Box<Opened>>,
}

/// Something that is attached to an image. All of it is as stated, and verified by nobody here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedRow {
    pub digest: Digest,
    /// Its type as stated; `None` where what names it says none and it is not here.
    pub artifact: Option<String>,
    pub size: ByteSize,
    pub pushed: Option<Timestamp>,
    pub by: AttachedBy,
    /// `None` where there is more than a list shows.
    pub annotations: Option<Vec<(String, String)>>,
    /// Whether the repository has it.
    pub present: bool,
}

/// How something is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttachedBy {
    /// It names the image as its subject.
    Subject,
    /// The index lists it, as being about one of its platforms.
    Index { platform: String },
    /// A tag names it whose name is the image's digest.
    Tag(Tag),
}

/// An attestation that is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub digest: Digest,
    pub artifact: Option<String>,
    pub annotations: Vec<(String, String)>,
    pub files: Vec<OpenedFile>,
    /// Which of the files is shown, counted from 0.
    pub shown: usize,
    /// What it says; `None` where there is no file.
    pub statement: Option<Statement>,
}

/// One of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedFile {
    pub digest: Digest,
    pub media_type: String,
    pub size: ByteSize,
    /// What kind of statement it is (in-toto, "Predicate Type"), as stated.
    pub predicate: Option<String>,
    pub annotations: Vec<(String, String)>,
}

/// What a file of an attestation says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub content: Content,
    /// The envelope that it came in, whose payload is the content.
    pub envelope: Option<Envelope>,
}

/// An envelope around a statement (DSSE, "Envelope").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub payload_type: String,
    pub n_signatures: u64,
    /// The keys that the signatures name, where they name some.
    pub keys: Vec<String>,
}
