//! What would go with a delete, before anything goes.

use crate::domain::view::Preview;
use crate::domain::{Digest, Error, RepositoryName, Scope, Tag};
use leptos::prelude::*;

/// What would go with some tags, or with those of them that no rule keeps.
#[server(name = PreviewTags, endpoint = "deletes/tags")]
pub async fn preview_tags(repository: RepositoryName, tags: Vec<Tag>, unprotected: bool) -> Result<Preview, Error> {
    use crate::domain::action;
    use crate::server::service::plans;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::DeleteTags { repository, tags, filter: None }).await?;
    if unprotected { plans::preview_unprotected(&app, &proof).await } else { plans::preview(&app, &proof).await }
}

/// What would go with all tags that a filter matches, or with those of them that no rule keeps.
#[server(name = PreviewMatching, endpoint = "deletes/matching")]
pub async fn preview_matching(repository: RepositoryName, filter: String, unprotected: bool) -> Result<Preview, Error> {
    use crate::server::service::{plans, tags};
    let (app, caller) = crate::server::request().await?;
    let action = tags::to_delete(&app, &caller, repository, filter).await?;
    let proof = app.access.authorize(&caller, action).await?;
    if unprotected { plans::preview_unprotected(&app, &proof).await } else { plans::preview(&app, &proof).await }
}

/// What would go with an image.
#[server(name = PreviewImage, endpoint = "deletes/image")]
pub async fn preview_image(repository: RepositoryName, digest: Digest) -> Result<Preview, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let action = action::DeleteImages { repository, digests: vec![digest], tags: vec![] };
    service::plans::preview(&app, &app.access.authorize(&caller, action).await?).await
}

/// What would go with a repository or a namespace.
#[server(name = PreviewAll, endpoint = "deletes/all")]
pub async fn preview_all(scope: Scope) -> Result<Preview, Error> {
    use crate::domain::{action, error::What};
    use crate::server::service::plans::preview;
    let (app, caller) = crate::server::request().await?;
    match scope {
        Scope::Everything => Err(Error::NotFound(What::Page)),
        Scope::Namespace(namespace) => {
            preview(&app, &app.access.authorize(&caller, action::DeleteNamespace { namespace }).await?).await
        }
        Scope::Repository(repository) => {
            preview(&app, &app.access.authorize(&caller, action::DeleteRepository { repository }).await?).await
        }
    }
}
