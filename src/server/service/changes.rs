//! What an open page listens to.

use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::{RepositoryName, Result, Timestamp};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::store::repositories;
use tokio::sync::broadcast::Receiver;

/// Changes as they happen, and whether one happened already since the page was drawn.
pub struct Changes {
    pub receiver: Receiver<RepositoryName>,
    pub missed: bool,
}

/// Changes of every repository that the caller may list.
pub async fn of_all(app: &App, proof: &Authorized<ListRepositories>, since: Option<Timestamp>) -> Result<Changes> {
    let receiver = app.events.subscribe(); // First, so that nothing falls between.
    let missed = match since {
        Some(since) => repositories::any_changed_at(&app.store, &proof.visibility()).await? >= since,
        None => false,
    };
    Ok(Changes { receiver, missed })
}

/// Changes of one repository.
pub async fn of_one(app: &App, proof: &Authorized<ReadRepository>, since: Option<Timestamp>) -> Result<Changes> {
    let receiver = app.events.subscribe();
    let missed = match since {
        Some(since) => repositories::changed_at(&app.store, &proof.action().repository).await? >= since,
        None => false,
    };
    Ok(Changes { receiver, missed })
}
