//! What a change leaves, for whoever asked for it, for the audit log and for open pages.

use super::Tx;
use crate::domain::{RepositoryName, Result};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a change did, for its caller and for the audit log.
pub struct Change<T> {
    pub(super) value: T,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) changed: Vec<RepositoryName>,
}

impl<T> Change<T> {
    /// A change with the state before and after.
    pub fn new(value: T, before: Option<String>, after: Option<String>) -> Self {
        Self { value, before, after, changed: vec![] }
    }

    /// Open pages hear of it once it is durable, even if whoever asked for it has gone.
    pub fn announcing(mut self, repository: RepositoryName) -> Self {
        self.changed.push(repository);
        self
    }
}

/// What a transaction leaves when nothing more is to be written.
pub(super) struct Done<T> {
    pub(super) value: T,
    pub(super) changed: Vec<RepositoryName>,
}

/// When a transaction outlives a power cut. Whatever ends at once makes all last that ended before it, for the log of a
/// database is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lasting {
    /// When it has ended.
    AtOnce,
    /// When the next that does so at once has ended, or a little later.
    WithTheNext,
}

/// The same change, of which the statements are counted.
pub(super) fn counted<T, F>(
    change: F,
    count: Arc<AtomicU64>,
) -> impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Done<T>>> + Send + 'static
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Done<T>>> + Send + 'static,
{
    move |tx| {
        Box::pin(async move {
            let before = tx.n_statements();
            let done = change(tx).await;
            count.fetch_add(tx.n_statements() - before, Ordering::Relaxed);
            done
        })
    }
}
