//! The description of `/api/v1`.

use crate::domain::Error;
use crate::domain::view::api::ApiView;
use leptos::prelude::*;

/// What can be called here, for who may see anything.
#[server(name = ReadApi, endpoint = "openapi/read")]
pub async fn read_api() -> Result<ApiView, Error> {
    use crate::domain::action::ListRepositories;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, ListRepositories {}).await?;
    service::repositories::require_any(&app, &proof).await?;
    Ok(service::openapi::view())
}
