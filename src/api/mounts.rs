//! Questions about mounted registries.

use crate::domain::Error;
use crate::domain::view::{MountView, MountsView};
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

/// One of them, by its id or prefix; with what goes with it where it `is_to_go`.
#[server(name = ShowMount, endpoint = "mounts/show")]
pub async fn show_mount(name: String, is_to_go: bool) -> Result<MountView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadMounts {}).await?;
    service::mounts::view(&app, &proof, &name, is_to_go).await
}

/// Whether the caller may mount a registry.
#[server(name = MayMount, endpoint = "mounts/may")]
pub async fn may_mount() -> Result<(), Error> {
    use crate::domain::action;
    let (app, caller) = crate::server::request().await?;
    app.access.authorize(&caller, action::ProbeMount {}).await.map(|_| ())
}
