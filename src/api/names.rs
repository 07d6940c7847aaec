//! Questions about names, what they named before, and what was deleted.

use crate::domain::view::{
    AsOfView, HistoryQuery, HistoryView, Lost, NamingView, RollBackView, TagThere, TrashQuery, TrashView,
};
use crate::domain::{Digest, Error, Namespace, Reference, RepositoryName, Tag, Timestamp};
use leptos::prelude::*;

/// An image that shall have a name, and what that name names now.
#[server(name = ShowNaming, endpoint = "names/show")]
pub async fn show_naming(
    repository: RepositoryName,
    reference: Reference,
    wanted: Option<Tag>,
) -> Result<NamingView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::names::naming(&app, &proof, reference, wanted).await
}

/// A tag that shall have another name.
#[server(name = ShowRenaming, endpoint = "names/rename")]
pub async fn show_renaming(repository: RepositoryName, tag: Tag) -> Result<TagThere, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::names::renaming(&app, &proof, &tag).await
}

/// A tag that shall go back to what it named before.
#[server(name = ShowRollBack, endpoint = "names/roll-back")]
pub async fn show_roll_back(repository: RepositoryName, tag: Tag, to: Option<Digest>) -> Result<RollBackView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::names::rolling_back(&app, &proof, tag, to).await
}

/// One page of the moves of a repository's tags.
#[server(name = ShowHistory, endpoint = "history/show")]
pub async fn show_history(repository: RepositoryName, query: HistoryQuery) -> Result<HistoryView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::history::page(&app, &proof, &query).await
}

/// A namespace beside how it was at a time; without what rules keep, if that is to be left out.
#[server(name = ShowAsOf, endpoint = "history/as-of")]
pub async fn show_as_of(
    namespace: Namespace,
    then: Option<Timestamp>,
    after: Option<(RepositoryName, Tag)>,
    unprotected: bool,
) -> Result<AsOfView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let to = then.unwrap_or(Timestamp(0));
    let proof = app.access.authorize(&caller, action::RollBackNamespace { namespace, to }).await?;
    service::history::as_of_page(&app, &proof, (then.is_some(), unprotected), after).await
}

/// What was deleted and the caller may bring back.
#[server(name = ShowTrash, endpoint = "trash/show")]
pub async fn show_trash(query: TrashQuery) -> Result<TrashView, Error> {
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    service::trash::page(&app, &caller, query).await
}

/// What became of something that is not there.
#[server(name = ShowLost, endpoint = "trash/lost")]
pub async fn show_lost(repository: RepositoryName, named: Option<Reference>) -> Result<Lost, Error> {
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    service::trash::lost(&app, &caller, repository, named).await
}
