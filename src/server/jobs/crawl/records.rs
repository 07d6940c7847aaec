//! Writing down what a crawl finds.

use crate::domain::principal::Job;
use crate::domain::{Error, RepositoryName, Result};
use crate::server::context::{App, Mount};
use crate::server::entropy::new_id;
use crate::server::jobs::proof;
use crate::server::store::repositories::Repository;
use crate::server::store::{Change, Tx, repositories};
use std::collections::HashSet;

/// The places at which the pages of a list began. A registry that sends us to one of them again would
/// keep us going round for ever.
#[derive(Default)]
pub(super) struct Places(HashSet<String>);

impl Places {
    /// Where to go on, if that is not where we have been.
    pub(super) fn next(&mut self, mount: &Mount, next: Option<String>) -> Result<Option<String>> {
        match next {
            Some(place) if !self.0.insert(place.clone()) => {
                Err(fault(mount, "leads round in circles through its list; its paging is broken"))
            }
            next => Ok(next),
        }
    }
}

/// What a mount's registry did, in words that follow its name.
pub(super) fn fault(mount: &Mount, words: &str) -> Error {
    let registry = mount.upstream.as_ref().map(|upstream| upstream.host.clone()).unwrap_or_default();
    Error::Upstream { registry, message: words.to_owned() }
}

/// Whether a failure is Portolan's own (its database), so that going on elsewhere makes no sense. Any
/// other belongs to the repository or the tag at which it came up.
pub(super) fn is_ours(error: &Error) -> bool {
    matches!(error, Error::Unavailable(_) | Error::Internal(_))
}

/// Writes records of a mount.
pub(super) async fn keep<F>(app: &App, mount: &Mount, change: F) -> Result<()>
where
    F: for<'t> FnOnce(&'t mut Tx, &'t str) -> futures::future::BoxFuture<'t, Result<()>> + Send + 'static,
{
    let id = mount.id.clone();
    app.store
        .write(&proof(app, Job::Crawl), move |tx| {
            Box::pin(async move {
                change(tx, &id).await?;
                Ok(Change::bookkeeping(()))
            })
        })
        .await
}

/// Writes what was read of a repository, which is made if it was not listed before.
pub(super) async fn keep_in<F>(app: &App, mount: &Mount, name: RepositoryName, change: F) -> Result<()>
where
    F: for<'t> FnOnce(&'t mut Tx, &'t Repository) -> futures::future::BoxFuture<'t, Result<()>> + Send + 'static,
{
    let now = app.clock.now();
    let (mount_id, new_id) = (mount.id.clone(), new_id(&*app.entropy, now));
    app.store
        .write(&proof(app, Job::Crawl), move |tx| {
            Box::pin(async move {
                tx.lock(name.as_str()).await?;
                let (repository, _) = repositories::ensure(tx, &name, &mount_id, &new_id, now).await?;
                change(tx, &repository).await?;
                Ok(Change::bookkeeping(()))
            })
        })
        .await
}
