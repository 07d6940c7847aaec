//! What an open page listens to.

use crate::domain::action::{ListRepositories, ReadRepository};
use crate::domain::{Error, Permission, RepositoryName, Result, Scope, Target, Timestamp};
use crate::server::access::{Authorized, Caller, Visibility};
use crate::server::context::{App, Changed};
use crate::server::store::{Store, grants, repositories};
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;

/// Changes as they happen, and whether one happened already since the page was drawn.
pub struct Changes {
    /// Of every repository: ask [`Watched::concerns`] before telling of one.
    pub receiver: Receiver<Arc<Changed>>,
    pub watched: Watched,
    pub missed: bool,
}

/// What an open page watches.
pub enum Watched {
    All(Visibility),
    One(RepositoryName),
    /// What was deleted, as far as its reader may bring it back.
    Trash {
        visibility: Visibility,
        restores: Box<dyn Fn(&RepositoryName) -> bool + Send + Sync>,
    },
}

impl Watched {
    /// Whether this change is one of the page. What changes in a whole scope, as rules do, shows on no list of
    /// repositories: so nobody is told there of what they may not see.
    pub async fn concerns(&self, store: &Store, changed: &Changed) -> bool {
        let Changed { scope, visibility: known } = changed;
        match (self, scope) {
            (Self::All(_) | Self::Trash { .. }, Scope::Namespace(_) | Scope::Everything) => false,
            (Self::Trash { restores, .. }, Scope::Repository(repository)) => restores(repository),
            (Self::All(Visibility::Everything), Scope::Repository(_)) => true,
            (Self::All(visibility), Scope::Repository(repository)) => {
                // One that cannot be asked about is told of by the next change.
                let found = known.get_or_try_init(|| grants::visibility(store, repository)).await;
                found.is_ok_and(|found| visibility.shows(repository, found.unwrap_or_default()))
            }
            (Self::One(watched), scope) => Scope::Repository(watched.clone()).line().contains(scope),
        }
    }

    /// Whether anything of the page changed since, for whoever fell behind and cannot know what did.
    pub async fn changed_since(&self, store: &Store, since: Timestamp) -> Result<bool> {
        let changed_at = match self {
            Self::All(visibility) | Self::Trash { visibility, .. } => {
                repositories::any_changed_at(store, visibility).await?
            }
            Self::One(repository) => repositories::changed_at(store, repository).await?,
        };
        Ok(changed_at >= since)
    }
}

/// Changes of every repository that the caller may list.
pub async fn of_all(app: &App, proof: &Authorized<ListRepositories>, since: Option<Timestamp>) -> Result<Changes> {
    super::repositories::require_any(app, proof).await?;
    of(app, Watched::All(proof.visibility()), since).await
}

/// Changes of every repository of which the caller may bring something back.
///
/// # Errors
/// [`Error::Forbidden`] for who may bring nothing back.
pub async fn of_trash(app: &App, caller: &Caller, since: Option<Timestamp>) -> Result<Changes> {
    let proof = app.access.authorize(caller, ListRepositories {}).await?;
    if !app.access.reaches_anywhere(&caller.standing, Permission::TrashRestore) {
        return Err(Error::Forbidden(Permission::TrashRestore));
    }
    let (access, standing) = (app.access.clone(), Arc::clone(&caller.standing));
    let restores = move |name: &RepositoryName| {
        access.holds(&standing, Permission::TrashRestore, &Target::Repository(name.clone()))
    };
    of(app, Watched::Trash { visibility: proof.visibility(), restores: Box::new(restores) }, since).await
}

/// Changes of one repository.
pub async fn of_one(app: &App, proof: &Authorized<ReadRepository>, since: Option<Timestamp>) -> Result<Changes> {
    of(app, Watched::One(proof.action().repository.clone()), since).await
}

async fn of(app: &App, watched: Watched, since: Option<Timestamp>) -> Result<Changes> {
    let receiver = app.events.subscribe(); // First, so that nothing falls between.
    let missed = match since {
        Some(since) => watched.changed_since(&app.store, since).await?,
        None => false,
    };
    Ok(Changes { receiver, watched, missed })
}
