//! Questions about identity providers.

use crate::domain::Error;
use crate::domain::view::{ProviderView, ProvidersView};
use leptos::prelude::*;

/// All of them.
#[server(name = ListProviders, endpoint = "providers/list")]
pub async fn list_providers() -> Result<ProvidersView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListProviders {}).await?;
    service::providers::page(&app, &proof).await
}

/// One of them.
#[server(name = ShowProvider, endpoint = "providers/show")]
pub async fn show_provider(name: String) -> Result<ProviderView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListProviders {}).await?;
    service::providers::show(&app, &proof, &name).await
}
