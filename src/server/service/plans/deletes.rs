//! What somebody wants to delete, from its preview to the end of its plan: by forms and by programs alike.

use super::sealed::{Asked, Plan};
use super::{preview, preview_unprotected, redeem, unprotected};
use crate::domain::action::{DeleteImages, DeleteNamespace, DeleteRepository, DeleteTags};
use crate::domain::view::Preview;
use crate::domain::{Error, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::tags;
use crate::server::store::plans::Redeemed;

/// What somebody wants to delete.
pub enum Delete {
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

impl Delete {
    /// Tags without those that rules keep from who asks.
    ///
    /// # Errors
    /// [`Error::Invalid`] where none is left.
    pub async fn unprotected(app: &App, caller: &Caller, all: DeleteTags) -> Result<Self> {
        let left = unprotected(app, &app.access.authorize(caller, all.clone()).await?).await?;
        Ok(Self::Unprotected { left, all })
    }

    /// What a plan of the caller deletes, as things stand.
    ///
    /// # Errors
    /// As [`Plan::open`].
    pub async fn open(app: &App, caller: &Caller, text: &str) -> Result<(Plan, Self)> {
        let plan = Plan::open(app, &caller.standing, text)?;
        let delete = match plan.asked.clone() {
            Asked::Content { repository, filter: Some(filter), leaves_out, .. } => {
                let nothing = DeleteTags { repository: repository.clone(), tags: vec![], filter: Some(filter.clone()) };
                let fitting = async {
                    let all = tags::to_delete(app, caller, repository, filter).await?;
                    if leaves_out { Self::unprotected(app, caller, all).await } else { Ok(Self::Tags(all)) }
                };
                match fitting.await {
                    // They went meanwhile, or rules keep them by now.
                    Err(Error::Invalid { .. }) if leaves_out => {
                        Self::Unprotected { left: nothing.clone(), all: nothing }
                    }
                    Err(Error::Invalid { .. }) => Self::Tags(nothing),
                    fitting => fitting?,
                }
            }
            Asked::Content { repository, tags, digests, filter: None, .. } if digests.is_empty() => {
                Self::Tags(DeleteTags { repository, tags, filter: None })
            }
            Asked::Content { repository, tags, digests, .. } => {
                Self::Images(DeleteImages { repository, digests, tags })
            }
            Asked::Repository(repository) => Self::Repository(DeleteRepository { repository }),
            Asked::Namespace(namespace) => Self::Namespace(DeleteNamespace { namespace }),
        };
        Ok((plan, delete))
    }

    /// Where it is: a repository, or a namespace with a slash at its end.
    pub fn place(&self) -> String {
        match self {
            Self::Tags(it) | Self::Unprotected { left: it, .. } => it.repository.to_string(),
            Self::Images(it) => it.repository.to_string(),
            Self::Repository(it) => it.repository.to_string(),
            Self::Namespace(it) => format!("{}/", it.namespace),
        }
    }

    /// What would go, if the caller may delete it.
    ///
    /// # Errors
    /// As [`preview`].
    pub async fn preview(&self, app: &App, caller: &Caller) -> Result<Preview> {
        match self {
            Self::Tags(it) => preview(app, &app.access.authorize(caller, it.clone()).await?).await,
            Self::Unprotected { all, .. } => {
                preview_unprotected(app, &app.access.authorize(caller, all.clone()).await?).await
            }
            Self::Images(it) => preview(app, &app.access.authorize(caller, it.clone()).await?).await,
            Self::Repository(it) => preview(app, &app.access.authorize(caller, it.clone()).await?).await,
            Self::Namespace(it) => preview(app, &app.access.authorize(caller, it.clone()).await?).await,
        }
    }

    /// Does what a plan says, if the caller may: at once, or by a job.
    ///
    /// # Errors
    /// As [`redeem`].
    pub async fn redeem(&self, app: &App, caller: &Caller, plan: &Plan) -> Result<Redeemed> {
        match self {
            Self::Tags(it) | Self::Unprotected { left: it, .. } => {
                redeem(app, &app.access.authorize(caller, it.clone()).await?, plan).await
            }
            Self::Images(it) => redeem(app, &app.access.authorize(caller, it.clone()).await?, plan).await,
            Self::Repository(it) => redeem(app, &app.access.authorize(caller, it.clone()).await?, plan).await,
            Self::Namespace(it) => redeem(app, &app.access.authorize(caller, it.clone()).await?, plan).await,
        }
    }
}
