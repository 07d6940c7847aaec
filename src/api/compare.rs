//! Two images beside each other.

use crate::domain::view::{CompareQuery, CompareView};
use crate::domain::{Error, RepositoryName};
use leptos::prelude::*;

/// Two images, of one repository or of two that the reader may see.
#[server(name = CompareImages, endpoint = "images/compare")]
pub async fn compare_images(repository: RepositoryName, query: CompareQuery) -> Result<CompareView, Error> {
    use crate::domain::action::ReadRepository;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let with = query.with.clone().unwrap_or_else(|| repository.clone());
    let from = app.access.authorize(&caller, ReadRepository { repository }).await?;
    let to = app.access.authorize(&caller, ReadRepository { repository: with }).await?;
    service::compare::compare(&app, &from, &to, query).await
}
