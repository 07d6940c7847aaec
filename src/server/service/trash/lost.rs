//! What is not there and was, for who looks for it.

use super::shown::lacking;
use super::{Restorable, Wanted, list};
use crate::domain::action::ReadRepository;
use crate::domain::trash::{TrashKind, TrashRow};
use crate::domain::view::Lost;
use crate::domain::{Permission, Reference, RepositoryName, Result, Tag};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::store::history;

/// What is known of a repository, or of a tag or an image of one: how it was deleted last, for who may bring it back; whether a
/// tag has a history, for who reads the repository. At most three statements.
pub async fn lost(app: &App, caller: &Caller, repository: RepositoryName, named: Option<Reference>) -> Result<Lost> {
    let tag = match &named {
        Some(Reference::Tag(tag)) => Some(tag.clone()),
        _ => None,
    };
    let trashed = trashed(app, caller, (repository.clone(), named)).await?;
    let has_history = match tag {
        Some(tag) => has_history(app, caller, (repository, tag)).await?,
        None => false,
    };
    Ok(Lost { trashed, has_history })
}

async fn trashed(
    app: &App,
    caller: &Caller,
    (repository, named): (RepositoryName, Option<Reference>),
) -> Result<Option<TrashRow>> {
    let may_restore = app.access.reaches_anywhere(&caller.standing, Permission::TrashRestore);
    if !caller.standing.is_signed_in() || !may_restore {
        return Ok(None);
    }
    // What was deleted in a repository before is something else.
    let kind = named.is_none().then_some(TrashKind::Repository);
    let wanted = Wanted { repository: Some(repository), named, kind, ..Wanted::default() };
    let newest = list(app, caller, &wanted, 1).await?.items.into_iter().next().map(|Restorable { row, .. }| row);
    let lacks_image = !lacking(app, caller, newest.iter()).await?.is_empty();
    Ok(newest.filter(|_| !lacks_image))
}

async fn has_history(app: &App, caller: &Caller, (repository, tag): (RepositoryName, Tag)) -> Result<bool> {
    let reading = app.access.authorize(caller, ReadRepository { repository }).await?;
    history::is_told(&app.store, &reading.action().repository, &tag).await
}
