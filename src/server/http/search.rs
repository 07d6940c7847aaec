//! `/search`: leads straight to what was pasted, where that names something that its reader sees; everything else is the
//! page of results.

use super::shell::{self, Assets};
use crate::domain::action::ListRepositories;
use crate::domain::{Address, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::search;
use crate::ui::query::Pairs;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};

/// Leads there, or draws the page; a part of the page is drawn whatever was pasted.
pub(super) async fn page(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<Assets>,
    request: Request<Body>,
) -> Response {
    let asked = Pairs::of(&request.uri().path_and_query().map(ToString::to_string).unwrap_or_default());
    let leads = match asked.get("part") {
        Some(_) => Ok(None),
        None => straight(&app, &caller, asked.get("q").unwrap_or_default()).await,
    };
    match leads {
        Ok(Some(address)) => Redirect::to(&address.to_string()).into_response(),
        // What failed fails again on the page, which says so.
        Ok(None) | Err(_) => shell::page(State(app), Extension(caller), Extension(assets), request).await,
    }
}

async fn straight(app: &App, caller: &Caller, text: &str) -> Result<Option<Address>> {
    let proof = app.access.authorize(caller, ListRepositories {}).await?;
    search::straight(app, &proof, text).await
}
