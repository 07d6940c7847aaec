//! Looking at a repository because somebody opened it: it jumps the queue of the crawl, and what is
//! on screen is checked again.

use super::crawl;
use crate::domain::{RepositoryName, Timestamp};
use crate::server::context::App;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// Requests to one registry that are under way at most.
const CONCURRENT_REQUESTS: usize = 24;
/// How long a page waits for the first rows of a repository that was never read.
const PATIENCE: Duration = Duration::from_millis(900);
/// A repository is not looked at again within this time.
const LOOK_EVERY_MS: i64 = 3_000;
/// Looks that are remembered; beyond it the oldest are forgotten.
const REMEMBERED: usize = 10_000;

/// What readings of registries share in this process.
#[derive(Clone, Default)]
pub struct Crawls {
    looks: Arc<Mutex<HashMap<RepositoryName, Timestamp>>>,
    budgets: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

impl Crawls {
    /// The requests that may be under way to one mount's registry.
    pub(super) fn budget(&self, mount_id: &str) -> Arc<Semaphore> {
        let mut budgets = self.budgets.lock().expect("no holder of the lock panics");
        let budget = || Arc::new(Semaphore::new(CONCURRENT_REQUESTS));
        Arc::clone(budgets.entry(mount_id.to_owned()).or_insert_with(budget))
    }

    /// Somebody opened `name`. Returns whether its rows may have come meanwhile.
    pub async fn look(&self, app: &App, mount_id: &str, name: &RepositoryName, read_at: Option<Timestamp>) -> bool {
        let is_remote = app.mounts.iter().any(|mount| mount.id == mount_id && mount.upstream.is_some());
        if !is_remote || !self.claim(name, app.clock.now()) {
            return false;
        }
        let (first_rows, waiting) = (Arc::new(Notify::new()), read_at.is_none());
        let notified = Arc::clone(&first_rows);
        let (app, mount_id, name) = (app.clone(), mount_id.to_owned(), name.clone());
        tokio::spawn(async move {
            let Some(mount) = app.mounts.iter().find(|mount| mount.id == mount_id) else {
                return;
            };
            let looked = if waiting {
                crawl::read_repository(&app, mount, &name, Some(&first_rows)).await
            } else {
                crawl::check_repository(&app, mount, &name).await
            };
            if let Err(error) = looked {
                tracing::warn!(repository = %name, %error, "a repository that was opened could not be read");
                super::note_failure(&app, mount, error.to_string()).await;
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
