//! Questions about mounted registries.

use crate::domain::Error;
use crate::domain::view::MountsView;
use leptos::prelude::*;

/// Every mounted registry and how it stands.
#[server(name = ListMounts, endpoint = "mounts/list")]
pub async fn list_mounts() -> Result<MountsView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadMounts {}).await?;
    service::mounts::list(&app, &proof).await
}
