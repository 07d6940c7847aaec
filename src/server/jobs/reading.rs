//! What one reading of a registry works with, and how it writes down what it finds.

use super::proof;
use crate::domain::principal::Job;
use crate::domain::{Error, RepositoryName, Result};
use crate::server::context::{App, Mount};
use crate::server::entropy::new_id;
use crate::server::store::repositories::Repository;
use crate::server::store::{Tx, mount_settings, repositories};
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Requests to one registry that are under way at most, for a round, for looks and for what it tells of each.
const CONCURRENT_REQUESTS: usize = 24;

/// Looks at repositories of one registry that are under way at most.
const CONCURRENT_LOOKS: usize = 8;

/// What may be under way to one registry: what somebody has on screen does not queue behind a round, nor behind what the
/// registry tells of.
pub(super) struct Lanes {
    pub round: Lane,
    pub look: Lane,
    pub hint: Lane,
    /// Looks that may be under way: a registry that hangs holds up no other.
    pub looks: Arc<Semaphore>,
}

impl Default for Lanes {
    fn default() -> Self {
        let (round, look, hint) = (Lane::default(), Lane::default(), Lane::default());
        Self { round, look, hint, looks: Arc::new(Semaphore::new(CONCURRENT_LOOKS)) }
    }
}

/// The bounds that readings of one registry share.
pub(super) struct Lane {
    /// Requests for digests of tags, and graphs of manifests, which are walked one request at a time.
    pub requests: Semaphore,
    /// Held by a graph of manifests that is large: of those there is one in memory at a time.
    pub large: Semaphore,
}

impl Default for Lane {
    fn default() -> Self {
        Self { requests: Semaphore::new(CONCURRENT_REQUESTS), large: Semaphore::new(1) }
    }
}

/// One reading: of which registry, and within which bounds.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub app: &'a App,
    pub mount: &'a Mount,
    pub lane: &'a Lane,
}

impl Reading<'_> {
    /// Writes records of the mount.
    pub async fn keep<F>(&self, change: F) -> Result<()>
    where
        F: for<'t> FnOnce(&'t mut Tx, &'t str) -> BoxFuture<'t, Result<()>> + Send + 'static,
    {
        let id = self.mount.id.clone();
        self.app
            .store
            .note(&proof(self.app, Job::Crawl), move |tx| {
                Box::pin(async move {
                    tx.lock(&id).await?;
                    is_mounted(tx, &id).await?;
                    change(tx, &id).await
                })
            })
            .await
    }

    /// Writes what was read of a repository, which is made if it was not listed before, and tells open pages.
    pub async fn keep_in<F>(&self, name: RepositoryName, change: F) -> Result<()>
    where
        F: for<'t> FnOnce(&'t mut Tx, &'t Repository) -> BoxFuture<'t, Result<()>> + Send + 'static,
    {
        let now = self.app.clock.now();
        let (mount_id, new_id) = (self.mount.id.clone(), new_id(&*self.app.entropy, now));
        self.app
            .store
            .note_in(&proof(self.app, Job::Crawl), name.clone(), move |tx| {
                Box::pin(async move {
                    tx.lock(name.as_str()).await?;
                    tx.lock(&mount_id).await?;
                    is_mounted(tx, &mount_id).await?;
                    let (repository, _) = repositories::ensure(tx, &name, &mount_id, &new_id, now).await?;
                    change(tx, &repository).await
                })
            })
            .await
    }

    /// What the registry did, in words that follow its name.
    pub fn fault(&self, words: &str) -> Error {
        let registry = self.mount.upstream.as_ref().map(|upstream| upstream.host.clone()).unwrap_or_default();
        Error::Upstream { registry, message: words.to_owned(), is_down: false }
    }
}

/// Ends the reading of a mount that somebody removed meanwhile.
async fn is_mounted(tx: &mut Tx, id: &str) -> Result<()> {
    match mount_settings::is_there(tx, id).await? {
        true => Ok(()),
        false => Err(Error::Unavailable("the mount was removed while it was read".to_owned())),
    }
}

/// Whether a failure is Portolan's own (its database), so that going on elsewhere makes no sense. Any
/// other belongs to the repository or the tag at which it came up.
pub(super) fn is_ours(error: &Error) -> bool {
    matches!(error, Error::Unavailable(_) | Error::Internal)
}
