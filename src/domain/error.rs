//! The one error that callers can act on. Safe to show, safe to send; how it is rendered
//! (OCI JSON, problem JSON, page) is decided in one place, `server/http/error.rs`.

use super::capability::Capability;
use super::protection::Barred;
use super::{Digest, Permission, RepositoryName, Tag};
use serde::{Deserialize, Serialize};

/// `Result` with the domain's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done, and what to do about it. Messages are lower case, without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    #[error("you are not signed in")]
    Unauthenticated,
    /// The provider that vouches for somebody has not done so for too long, or is in force no more.
    #[error("{0}")]
    Resting(String),
    /// A sign-in at an identity provider came to nothing.
    #[error("{0}")]
    NotLetIn(String),
    /// The token was made for less than its owner may do.
    #[error("this token is not for that; get one that is")]
    NarrowToken,
    /// This account was tried in vain too often, and this was one more. After `wait_s` the next one is looked at.
    #[error("too many tries that were wrong; wait {wait_s} s before the next one")]
    TooManyTries { wait_s: i64 },
    #[error("that needs {}, which you do not have here", .0.name())]
    Forbidden(Permission),
    #[error("{0}")]
    NotFound(What),
    #[error("{message}")]
    Invalid { field: String, message: String },
    /// The content does not fit what was said about it (digest, size, media type).
    #[error("{message}")]
    Content { problem: ContentProblem, message: String },
    /// The manifest names content that the repository does not have.
    #[error("push these first, this repository does not have them: {}", list(.0))]
    MissingParts(Vec<Digest>),
    /// A protection rule is in the way.
    #[error("{0}")]
    Protected(Barred),
    #[error("{0}")]
    Conflict(String),
    /// A registry elsewhere keeps what this is about, and it is not done from here.
    #[error("{0}")]
    Elsewhere(String),
    /// What this is about lies at a registry at which nothing is changed from here.
    #[error("{0}")]
    ReadOnly(String),
    /// Another registry has the name.
    #[error("the name {0} belongs to a registry that is or was mounted elsewhere; use another one")]
    Taken(RepositoryName),
    /// What is to be deleted is part of these images, some of them named.
    #[error("{digest} is part of {}; delete that first", list(.by))]
    InUse { digest: Digest, by: Vec<Digest> },
    /// The state is not the one that the caller made its condition.
    #[error("{}", changed(.current.as_ref()))]
    Changed { current: Option<Digest> },
    /// A delete would take something else by now than its preview said.
    #[error("what would go is not what the preview said any more; look again")]
    Outdated,
    /// Another repository came to those that a change is about, and it has not begun.
    #[error("another repository came to these meanwhile; try again")]
    Overtaken,
    #[error("{message}")]
    TooLarge { message: String },
    /// A part of some content that begins after its end.
    #[error("the content has {size} bytes")]
    Beyond { size: u64 },
    /// A chunk that does not begin where its upload stands.
    #[error("this upload stands at byte {received}; send the next chunk from there")]
    OutOfOrder { received: u64 },
    #[error("this registry does not offer: {}", .0.words())]
    Unsupported(Capability),
    #[error("this address does not take that method")]
    Method,
    /// Another registry is at fault; `is_down` says whether it could be asked at all.
    #[error("{registry} {message}")]
    Upstream { registry: String, message: String, is_down: bool },
    /// The store lost what the catalog says it holds.
    #[error("the content of {0} is damaged here; push it again to repair it")]
    Damaged(Digest),
    #[error("{0}")]
    Unavailable(String),
    /// The request did not come from where this server takes requests from.
    #[error("{0}")]
    Foreign(String),
    /// A defect here. The log tells more under the id of the request, which every answer carries.
    #[error("the server failed on this request; its log has more under X-Request-Id")]
    Internal,
}

/// What is not there, or may not be seen, which reads the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum What {
    #[error("there is no repository {0}")]
    Repository(RepositoryName),
    #[error("there is no repository {name}: that path belongs to {upstream}, from which you can pull directly")]
    Elsewhere { name: RepositoryName, upstream: String },
    #[error("{repository} has no tag {tag}")]
    Tag { repository: RepositoryName, tag: Tag },
    #[error("{repository} has no image {digest}")]
    Manifest { repository: RepositoryName, digest: Digest },
    #[error("{repository} has no blob {digest}")]
    Blob { repository: RepositoryName, digest: Digest },
    #[error("there is no such upload; start a new one")]
    Upload,
    #[error("there is no such page")]
    Page,
    #[error("this is no path of the distribution API")]
    Endpoint,
    #[error("there is no user {0}")]
    User(String),
    #[error("there is no grant {0}")]
    Grant(String),
    #[error("there is no protection rule {0}")]
    Protection(String),
    #[error("there is no mount {0}")]
    Mount(String),
    #[error("there is no group {0}")]
    Group(String),
    #[error("there is no such session")]
    Session,
    #[error("there is no such token")]
    Token,
    #[error("there is no sign-in provider {0}")]
    Provider(String),
    #[error("there is no robot {0}")]
    Robot(String),
    #[error("there is no role {0}")]
    Role(String),
    #[error("there is no such job")]
    Job,
    #[error("this is not in the trash; it was restored or deleted for good")]
    Trash,
    #[error("this plan does not hold: it is not yours, or its 15 minutes are over; look again at what would go")]
    Plan,
    #[error("this link does not work: it was used, or its time is over; ask for another one")]
    Link,
}

/// How content can fail to be what it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentProblem {
    /// The bytes do not have the digest that was stated.
    Digest,
    /// The number of bytes is not the one that was stated.
    Size,
    /// The manifest cannot be accepted as written.
    Manifest,
}

fn list(digests: &[Digest]) -> String {
    digests.iter().map(Digest::as_str).collect::<Vec<_>>().join(", ")
}

fn changed(current: Option<&Digest>) -> String {
    match current {
        Some(current) => format!("it names {current} now, which is not what you made the condition; look again"),
        None => "it is not there, which is not what you made the condition; look again".to_owned(),
    }
}

impl Error {
    /// A value that cannot be accepted, with the rule that it breaks.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), message: message.into() }
    }

    /// That nothing can be written any more.
    pub fn full_disk() -> Self {
        Self::Unavailable("the disk is full; free some space and try again".to_owned())
    }

    /// A manifest that cannot be accepted, with the reason.
    pub fn manifest(message: impl Into<String>) -> Self {
        Self::Content { problem: ContentProblem::Manifest, message: message.into() }
    }
}
