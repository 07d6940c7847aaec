//! Questions about images.

use crate::domain::view::ImageView;
use crate::domain::view::image_tabs::ImageQuery;
use crate::domain::{Error, Reference, RepositoryName};
use leptos::prelude::*;

/// An image, by tag or digest, with what is asked of it.
#[server(name = ShowImage, endpoint = "images/show")]
pub async fn show_image(
    repository: RepositoryName,
    reference: Reference,
    query: ImageQuery,
) -> Result<ImageView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::images::show(&app, &proof, reference, query).await
}
