//! What an open page listens to.

use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::{RepositoryName, Result, Timestamp};
use crate::server::access::{Authorized, Visibility};
use crate::server::context::App;
use crate::server::store::{Store, grants, repositories};
use tokio::sync::broadcast::Receiver;

/// Changes as they happen, and whether one happened already since the page was drawn.
pub struct Changes {
    /// Of every repository: ask [`Shown::concerns`] before telling of one.
    pub receiver: Receiver<RepositoryName>,
    pub shown: Shown,
    pub missed: bool,
}

/// What a page shows.
pub enum Shown {
    All(Visibility),
    One(RepositoryName),
}

impl Shown {
    /// Whether a change of this repository is a change of the page.
    pub async fn concerns(&self, store: &Store, changed: &RepositoryName) -> bool {
        match self {
            Self::All(Visibility::Everything) => true,
            Self::All(visibility) => {
                // One that cannot be asked about is told of by the next change.
                let found = grants::visibility(store, changed).await;
                found.is_ok_and(|found| visibility.shows(changed, found.unwrap_or_default()))
            }
            Self::One(repository) => repository == changed,
        }
    }
}

/// Changes of every repository that the caller may list.
pub async fn of_all(app: &App, proof: &Authorized<ListRepositories>, since: Option<Timestamp>) -> Result<Changes> {
    super::repositories::require_any(app, proof).await?;
    let receiver = app.events.subscribe(); // First, so that nothing falls between.
    let missed = match since {
        Some(since) => repositories::any_changed_at(&app.store, &proof.visibility()).await? >= since,
        None => false,
    };
    Ok(Changes { receiver, shown: Shown::All(proof.visibility()), missed })
}

/// Changes of one repository.
pub async fn of_one(app: &App, proof: &Authorized<ReadRepository>, since: Option<Timestamp>) -> Result<Changes> {
    let (receiver, repository) = (app.events.subscribe(), &proof.action().repository);
    let missed = match since {
        Some(since) => repositories::changed_at(&app.store, repository).await? >= since,
        None => false,
    };
    Ok(Changes { receiver, shown: Shown::One(repository.clone()), missed })
}
