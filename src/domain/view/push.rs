//! What the page shows that says how to push.

use crate::domain::{Namespace, RepositoryName, Tag};
use serde::{Deserialize, Serialize};

/// Where a repository is pushed to, and what came of it so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushView {
    pub repository: RepositoryName,
    /// The registry that takes it: this one, or one elsewhere.
    pub host: String,
    /// What it is called there.
    pub name: String,
    /// Whether pushes go past this Portolan, which reads that registry.
    pub is_elsewhere: bool,
    /// Whether that one is reached without TLS; of this one the reader's own address tells.
    pub is_plain: bool,
    /// Whether the repository is there.
    pub is_there: bool,
    /// The tag that was set last, once there is one.
    pub newest: Option<Tag>,
    /// Where the reader may make a robot that pushes there.
    pub robots: Option<Namespace>,
}
