//! Deletes that are looked at before: by forms and by programs alike.

use crate::domain::action::{DeleteImages, DeleteNamespace, DeleteRepository, DeleteTags};
use crate::domain::view::Preview;
use crate::domain::{Error, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::plans::{self, Asked, Plan, Redeemed};
pub(super) use crate::server::service::tags::to_delete as matching;

/// What somebody wants to delete.
pub(super) enum Wanted {
    Tags(DeleteTags),
    /// Those that no rule keeps from who asks, and all from which they are left.
    Unprotected {
        left: DeleteTags,
        all: DeleteTags,
    },
    Images(DeleteImages),
    Repository(DeleteRepository),
    Namespace(DeleteNamespace),
}

impl Wanted {
    /// Where it is: a repository, or a namespace with a slash at its end.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Tags(it) | Self::Unprotected { left: it, .. } => it.repository.to_string(),
            Self::Images(it) => it.repository.to_string(),
            Self::Repository(it) => it.repository.to_string(),
            Self::Namespace(it) => format!("{}/", it.namespace),
        }
    }
}

/// Tags without those that rules keep from who asks.
///
/// # Errors
/// [`Error::Invalid`] where none is left.
pub(super) async fn unprotected(app: &App, caller: &Caller, all: DeleteTags) -> Result<Wanted> {
    let left = plans::unprotected(app, &app.access.authorize(caller, all.clone()).await?).await?;
    Ok(Wanted::Unprotected { left, all })
}

/// What would go.
pub(super) async fn preview(app: &App, caller: &Caller, wanted: &Wanted) -> Result<Preview> {
    match wanted {
        Wanted::Tags(action) => plans::preview(app, &app.access.authorize(caller, action.clone()).await?).await,
        Wanted::Unprotected { all, .. } => {
            plans::preview_unprotected(app, &app.access.authorize(caller, all.clone()).await?).await
        }
        Wanted::Images(action) => plans::preview(app, &app.access.authorize(caller, action.clone()).await?).await,
        Wanted::Repository(action) => plans::preview(app, &app.access.authorize(caller, action.clone()).await?).await,
        Wanted::Namespace(action) => plans::preview(app, &app.access.authorize(caller, action.clone()).await?).await,
    }
}

/// A plan of the caller, and what it wants to delete.
pub(super) async fn open(app: &App, caller: &Caller, text: &str) -> Result<(Plan, Wanted)> {
    let plan = Plan::open(app, &caller.standing, text)?;
    let wanted = match plan.asked.clone() {
        Asked::Content { repository, filter: Some(filter), leaves_out, .. } => {
            let nothing = DeleteTags { repository: repository.clone(), tags: vec![], filter: Some(filter.clone()) };
            let fitting = async {
                let all = matching(app, caller, repository, filter).await?;
                if leaves_out { unprotected(app, caller, all).await } else { Ok(Wanted::Tags(all)) }
            };
            match fitting.await {
                // They went meanwhile, or rules keep them by now.
                Err(Error::Invalid { .. }) if leaves_out => Wanted::Unprotected { left: nothing.clone(), all: nothing },
                Err(Error::Invalid { .. }) => Wanted::Tags(nothing),
                fitting => fitting?,
            }
        }
        Asked::Content { repository, tags, digests, filter: None, .. } if digests.is_empty() => {
            Wanted::Tags(DeleteTags { repository, tags, filter: None })
        }
        Asked::Content { repository, tags, digests, .. } => Wanted::Images(DeleteImages { repository, digests, tags }),
        Asked::Repository(repository) => Wanted::Repository(DeleteRepository { repository }),
        Asked::Namespace(namespace) => Wanted::Namespace(DeleteNamespace { namespace }),
    };
    Ok((plan, wanted))
}

/// Does what a plan says: at once, or by a job.
pub(super) async fn redeem(app: &App, caller: &Caller, wanted: &Wanted, plan: &Plan) -> Result<Redeemed> {
    match wanted {
        Wanted::Tags(action) | Wanted::Unprotected { left: action, .. } => {
            plans::redeem(app, &app.access.authorize(caller, action.clone()).await?, plan).await
        }
        Wanted::Images(action) => plans::redeem(app, &app.access.authorize(caller, action.clone()).await?, plan).await,
        Wanted::Repository(it) => plans::redeem(app, &app.access.authorize(caller, it.clone()).await?, plan).await,
        Wanted::Namespace(it) => plans::redeem(app, &app.access.authorize(caller, it.clone()).await?, plan).await,
    }
}
