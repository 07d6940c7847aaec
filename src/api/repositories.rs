//! Questions about repositories and their tags.

use crate::domain::view::{
    ImagesQuery, ImagesView, PushView, RepositoriesView, RepositoryQuery, RepositoryView, TagQuery,
};
use crate::domain::{Error, RepositoryName};
use leptos::prelude::*;

/// One page of the repositories that the caller may see; of a namespace with those below it after `below`.
#[server(name = ListRepositories, endpoint = "repositories/list")]
pub async fn list_repositories(query: RepositoryQuery, below: String) -> Result<RepositoriesView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListRepositories {}).await?;
    service::repositories::list(&app, &proof, query, &below).await
}

/// A repository with one page of its tags.
#[server(name = ShowRepository, endpoint = "repositories/show")]
pub async fn show_repository(repository: RepositoryName, query: TagQuery) -> Result<RepositoryView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::tags::list(&app, &proof, query).await
}

/// One page of a repository's images.
#[server(name = ListImages, endpoint = "repositories/images")]
pub async fn list_images(repository: RepositoryName, query: ImagesQuery) -> Result<ImagesView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::image_rows::list(&app, &proof, query).await
}

/// Whether the caller may make a repository anywhere.
#[server(name = MayCreateRepositories, endpoint = "repositories/may-create")]
pub async fn may_create_repositories() -> Result<(), Error> {
    use crate::domain::{Permission, action};
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListRepositories {}).await?;
    match proof.rights().reach_anywhere(Permission::RepositoryCreate) {
        true => Ok(()),
        false => Err(Error::Forbidden(Permission::RepositoryCreate)),
    }
}

/// How to push to a repository, there or not.
#[server(name = ShowPush, endpoint = "repositories/push")]
pub async fn show_push(repository: RepositoryName) -> Result<PushView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::push_help::show(&app, &proof).await
}

/// Whether the caller may push anywhere.
#[server(name = MayPush, endpoint = "repositories/may-push")]
pub async fn may_push() -> Result<(), Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListRepositories {}).await?;
    service::push_help::anywhere(&proof)
}

/// Whether the caller reads anything here, and so what helps with it.
#[server(name = MayReadHelp, endpoint = "help/may-read")]
pub async fn may_read_help() -> Result<(), Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListRepositories {}).await?;
    service::repositories::require_any(&app, &proof).await
}
