//! What a change leaves, for whoever asked for it, for the audit log and for open pages.

use crate::domain::RepositoryName;

/// What a change did, for its caller and for the audit log.
pub struct Change<T> {
    pub(super) value: T,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) changed: Option<RepositoryName>,
}

impl<T> Change<T> {
    /// A change with the state before and after.
    pub fn new(value: T, before: Option<String>, after: Option<String>) -> Self {
        Self { value, before, after, changed: None }
    }

    /// Open pages hear of it once it is durable, even if whoever asked for it has gone.
    pub fn announcing(self, repository: RepositoryName) -> Self {
        Self { changed: Some(repository), ..self }
    }
}

/// What a transaction leaves when nothing more is to be written.
pub(super) struct Done<T> {
    pub(super) value: T,
    pub(super) changed: Option<RepositoryName>,
}
