//! Questions about images.

use crate::domain::view::ImageView;
use crate::domain::{Error, Reference, RepositoryName};
use leptos::prelude::*;

/// An image, by tag or digest; of an index the platform that is asked for.
#[server(name = ShowImage, endpoint = "images/show")]
pub async fn show_image(
    repository: RepositoryName,
    reference: Reference,
    platform: Option<String>,
) -> Result<ImageView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::images::show(&app, &proof, reference, platform).await
}
