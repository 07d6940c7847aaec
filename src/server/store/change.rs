//! How a change is run, and what it leaves: for whoever asked for it, for the audit log and for open pages.

use super::audit::Entry;
use super::live::Allowed;
use super::{Db, Store, Tx};
use crate::domain::{Error, RepositoryName, Result, Scope, Timestamp};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::oneshot;

/// What a change did, for its caller and for the audit log.
pub struct Change<T> {
    pub(super) value: T,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) changed: Vec<Scope>,
}

impl<T> Change<T> {
    /// A change with the state before and after.
    pub fn new(value: T, before: Option<String>, after: Option<String>) -> Self {
        Self { value, before, after, changed: vec![] }
    }

    /// Open pages hear of it once it is durable, even if whoever asked for it has gone.
    pub fn announcing(self, repository: RepositoryName) -> Self {
        self.announcing_in(Scope::Repository(repository))
    }

    /// The same of every repository in a scope, by one word.
    pub fn announcing_in(mut self, scope: Scope) -> Self {
        self.changed.push(scope);
        self
    }
}

/// A change as an engine runs it, which leaves the scopes of which open pages hear. What its caller gets is kept
/// beside it: so all that runs changes is compiled once, and not for each of some two hundred.
pub(super) type Step = Work<Vec<Scope>>;

type Work<R> = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<R>> + Send>;

/// When a transaction outlives a power cut. Whatever ends at once makes all last that ended before it, for the log of a
/// database is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lasting {
    /// When it has ended.
    AtOnce,
    /// When the next that does so at once has ended, or a little later.
    WithTheNext,
}

impl Store {
    /// A change with its row in the audit log, where it is allowed still if that is asked.
    pub(super) async fn shown<T, F>(&self, allowed: Option<(Allowed, Timestamp)>, entry: Entry, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Change<T>>> + Send + 'static,
    {
        let (keep, kept) = oneshot::channel();
        let change: Work<Change<()>> = Box::new(move |tx| {
            Box::pin(async move {
                let Change { value, before, after, changed } = change(tx).await?;
                let _ = keep.send(value); // The caller may have gone; the change stands.
                Ok(Change { value: (), before, after, changed })
            })
        });
        self.run(Lasting::AtOnce, on_record(allowed, entry, change)).await?;
        kept.await.map_err(|_| Error::Internal)
    }

    /// What the audit log does not show.
    pub(super) async fn transact<T, F>(&self, note: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        self.noted(Lasting::AtOnce, vec![], note).await
    }

    /// The same, of which open pages of these repositories hear.
    pub(super) async fn noted<T, F>(&self, lasting: Lasting, changed: Vec<RepositoryName>, note: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        let (keep, kept) = oneshot::channel();
        let step: Step = Box::new(move |tx| {
            Box::pin(async move {
                let _ = keep.send(note(tx).await?);
                Ok(changed.into_iter().map(Scope::Repository).collect())
            })
        });
        self.run(lasting, step).await?;
        kept.await.map_err(|_| Error::Internal)
    }

    async fn run(&self, lasting: Lasting, step: Step) -> Result<()> {
        let counted = counted(step, Arc::clone(&self.in_changes));
        match &self.db {
            Db::Lite(lite) => lite.write(lasting, counted).await,
            Db::Pg(pg) => pg.write(lasting, counted).await,
        }
    }
}

fn on_record(allowed: Option<(Allowed, Timestamp)>, entry: Entry, change: Work<Change<()>>) -> Step {
    Box::new(move |tx| {
        Box::pin(async move {
            if let Some((allowed, now)) = allowed {
                allowed.confirm(tx, now).await?;
            }
            let Change { before, after, changed, .. } = change(tx).await?;
            entry.record(tx, before, after).await?;
            Ok(changed)
        })
    })
}

/// The same change, of which the statements are counted.
fn counted(change: Step, count: Arc<AtomicU64>) -> Step {
    Box::new(move |tx| {
        Box::pin(async move {
            let before = tx.n_statements();
            let changed = change(tx).await;
            count.fetch_add(tx.n_statements() - before, Ordering::Relaxed);
            changed
        })
    })
}
