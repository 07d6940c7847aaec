//! Looking at a repository because somebody opened it: it jumps the queue of the crawl, and what is
//! on screen is checked again.

use super::crawl;
use crate::domain::{Error, RepositoryName, Timestamp};
use crate::server::context::{App, Mount};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// Requests to one registry that are under way at most, for a round and for looks each.
const CONCURRENT_REQUESTS: usize = 24;
/// How long a page waits for the first rows of a repository that was never read.
const PATIENCE: Duration = Duration::from_millis(900);
/// A repository is not looked at again within this time.
const LOOK_EVERY_MS: i64 = 3_000;
/// Looks that are remembered; beyond it the oldest are forgotten.
const REMEMBERED: usize = 10_000;
/// Looks that are under way at most; beyond it pages show what there is.
const LOOKS: usize = 16;

/// Why something is read: for a round over the registry, or because somebody looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    Round,
    Look,
}

/// Requests that may be under way, by mount and reason.
type Budgets = HashMap<(String, Lane), Arc<Semaphore>>;

/// What readings of registries share in this process.
#[derive(Clone)]
pub struct Crawls {
    looks: Arc<Mutex<HashMap<RepositoryName, Timestamp>>>,
    under_way: Arc<Semaphore>,
    budgets: Arc<Mutex<Budgets>>,
}

impl Default for Crawls {
    fn default() -> Self {
        Self { looks: Arc::default(), under_way: Arc::new(Semaphore::new(LOOKS)), budgets: Arc::default() }
    }
}

impl Crawls {
    /// The requests that may be under way to one mount's registry. What somebody has on screen does not
    /// queue behind a round.
    pub(super) fn budget(&self, mount_id: &str, lane: Lane) -> Arc<Semaphore> {
        let mut budgets = self.budgets.lock().expect("no holder of the lock panics");
        let budget = || Arc::new(Semaphore::new(CONCURRENT_REQUESTS));
        Arc::clone(budgets.entry((mount_id.to_owned(), lane)).or_insert_with(budget))
    }

    /// Somebody opened `name`. Returns whether its rows may have come meanwhile.
    pub async fn look(&self, app: &App, mount_id: &str, name: &RepositoryName, read_at: Option<Timestamp>) -> bool {
        let is_remote = app.mounts.iter().any(|mount| mount.id == mount_id && mount.upstream.is_some());
        if !is_remote {
            return false;
        }
        let Ok(turn) = Arc::clone(&self.under_way).try_acquire_owned() else {
            return false;
        };
        if !self.claim(name, app.clock.now()) {
            return false;
        }
        let (first_rows, waiting) = (Arc::new(Notify::new()), read_at.is_none());
        let notified = Arc::clone(&first_rows);
        let (app, mount_id, name) = (app.clone(), mount_id.to_owned(), name.clone());
        tokio::spawn(async move {
            let _turn = turn;
            if let Some(mount) = app.mounts.iter().find(|mount| mount.id == mount_id) {
                read(&app, mount, &name, waiting.then_some(&*first_rows)).await;
            }
            first_rows.notify_one();
            app.events.changed(&name);
        });
        if waiting {
            let _ = tokio::time::timeout(PATIENCE, notified.notified()).await; // The page shows what there is.
        }
        waiting
    }

    fn claim(&self, name: &RepositoryName, now: Timestamp) -> bool {
        let mut looks = self.looks.lock().expect("no holder of the lock panics");
        if looks.get(name).is_some_and(|last| now.0 - last.0 < LOOK_EVERY_MS) {
            return false;
        }
        if looks.len() >= REMEMBERED {
            looks.retain(|_, last| now.0 - last.0 < LOOK_EVERY_MS);
        }
        looks.insert(name.clone(), now);
        true
    }
}

/// Reads a repository whose first rows somebody waits for, or checks one again.
async fn read(app: &App, mount: &Mount, name: &RepositoryName, first_rows: Option<&Notify>) {
    let looked = match first_rows {
        Some(first_rows) => crawl::read_repository(app, mount, name, Some(first_rows)).await,
        None => crawl::check_repository(app, mount, name).await,
    };
    let noted = match looked {
        Ok(()) => return,
        // It is gone, which says nothing against the registry.
        Err(Error::NotFound(_)) => crawl::finish_empty(app, mount, name).await,
        Err(error) => {
            tracing::warn!(repository = %name, %error, "a repository that was opened could not be read");
            crawl::look_failed(app, mount, error.to_string()).await
        }
    };
    if let Err(error) = noted {
        tracing::error!(repository = %name, %error, "what a look found could not be noted");
    }
}
