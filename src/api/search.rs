//! What a text finds.

use crate::domain::Error;
use crate::domain::view::SearchView;
use leptos::prelude::*;

/// A few of what fits, of each kind, that the caller may see.
#[server(name = SearchAll, endpoint = "search/find")]
pub async fn search(text: String) -> Result<SearchView, Error> {
    use crate::domain::action;
    use crate::server::service;
    let (app, caller) = crate::server::request().await?;
    let proof = app.access.authorize(&caller, action::ListRepositories {}).await?;
    service::search::find(&app, &proof, &text).await
}
