//! Trying a provider from its page in the console, and reading there what came back.

use super::provider::{browser, sent};
use super::shell::{self, Assets};
use super::sign_in::HttpOrigin;
use super::{console, error};
use crate::domain::action::TryProvider;
use crate::domain::error::What;
use crate::domain::view::Tried;
use crate::domain::{Error, Permission, ProviderName, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::by_provider::Begun;
use crate::server::identity::trying;
use crate::ui::form::{FormState, Intent};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, Uri};
use axum::response::{IntoResponse, Redirect};

/// Sends who configures sign-in through the provider of that name.
pub(super) async fn begin(
    (app, caller): (&App, &Caller),
    assets: Assets,
    name: &str,
    from: &HttpOrigin,
) -> Response<Body> {
    match start((app, caller), name, from).await {
        Ok(begun) => sent(app, &begun),
        Err(failure) => show((app, caller), assets, name, Err(failure)).await,
    }
}

async fn start((app, caller): (&App, &Caller), name: &str, from: &HttpOrigin) -> Result<Begun> {
    let name: ProviderName = name.parse().map_err(|_| Error::NotFound(What::Page))?;
    let proof = app.access.authorize(caller, TryProvider { name }).await?;
    let session = caller.standing.session().ok_or(Error::Forbidden(Permission::SystemConfigure))?;
    trying::begin(app, &proof, (session, &from.address), browser(app, &from.headers)).await
}

/// The provider's page with what came of it.
pub(super) async fn show(
    (app, caller): (&App, &Caller),
    assets: Assets,
    name: &str,
    tried: Result<Tried>,
) -> Response<Body> {
    let Ok(page) = format!("/admin/providers/{name}").parse::<Uri>() else {
        return error::problem(&Error::NotFound(What::Page));
    };
    if !caller.standing.is_signed_in() {
        return Redirect::to(&format!("/auth/login?next={page}")).into_response();
    }
    match tried {
        Ok(tried) => {
            let form = FormState { tried: Some(tried), ..FormState::default() };
            let request = Request::builder().uri(page).body(Body::empty()).expect("an address that parses");
            shell::draw(app, caller, assets, request, form).await
        }
        Err(failure) => {
            let form = FormState { intent: Some(Intent::TryProvider), ..FormState::default() };
            console::come_back(app, caller, assets, (&page, &HeaderMap::new()), form, failure).await
        }
    }
}
