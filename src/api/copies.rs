//! Tags on their way to another repository or another name.

use crate::domain::view::{CopyQuery, CopyView};
use crate::domain::{Error, RepositoryName};
use leptos::prelude::*;

/// What was chosen, where it could go, and what that would do.
#[server(name = ShowCopying, endpoint = "copies/show")]
pub async fn show_copying(repository: RepositoryName, query: CopyQuery) -> Result<CopyView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ReadRepository { repository }).await?;
    service::copies::page(&app, &proof, &query).await
}
