//! The page that asks to which repository somebody wants to push. Its form sends a name, which leads to the page of that
//! repository; what can be no name comes back with what is wrong.

use super::shell::{self, Assets};
use crate::domain::{Address, RepositoryName};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::ui::query::Pairs;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};

/// The page, or the way on. That tells nobody which repositories there are: any name leads on.
pub(super) async fn page(
    state: State<App>,
    caller: Extension<Caller>,
    assets: Extension<Assets>,
    request: Request<Body>,
) -> Response {
    let asked = Pairs::of(&request.uri().to_string());
    match asked.get("name").and_then(|name| name.trim().parse::<RepositoryName>().ok()) {
        Some(name) => Redirect::to(&Address::Push(name).to_string()).into_response(),
        None => shell::page(state, caller, assets, request).await,
    }
}
