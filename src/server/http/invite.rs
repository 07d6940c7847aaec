//! `/auth/invite/{link}`: somebody who was invited, or lost their password, chooses one; who was invited may go on by a
//! provider in its place. The link is a secret: the log shows none, and no page sends it on.

use super::shell::{self, Assets};
use super::sign_in::{HttpOrigin, enter, unreadable};
use super::{console, error, provider};
use crate::domain::error::What;
use crate::domain::{Error, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::{linking, links};
use crate::server::secret::Secret;
use crate::ui::form::FormState;
use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Request, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    password: String,
}

/// The page with the form, or that the link does not work.
pub(super) async fn page(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<Assets>,
    Path(link): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let state = match opened(&app, &link).await {
        Ok(state) => state,
        Err(failure) => return error::bare_page(&failure, &caller.request_id),
    };
    let works = state.link.is_some();
    let mut response = shell::draw(&app, &caller, assets, request, state).await;
    if !works {
        *response.status_mut() = StatusCode::GONE;
    }
    response
}

/// The form itself.
pub(super) async fn accept(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<Assets>,
    Path(link): Path<String>,
    from: HttpOrigin,
    form: Result<Form<Chosen>, FormRejection>,
) -> Response<Body> {
    let Ok(Form(Chosen { password })) = form else { return error::problem(&unreadable()) };
    let secret = Secret::from(link.clone());
    match links::accept(&app, &secret, &Secret::from(password), from.origin(&app, &caller)).await {
        Ok((session, username)) => enter(&app, &from, (&session, username.as_str()), "/repositories").await,
        Err(failure) => again((&app, &caller), assets, &secret, failure).await,
    }
}

/// Sends who was invited to a provider.
pub(super) async fn by_provider(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<Assets>,
    Path((link, name)): Path<(String, String)>,
    from: HttpOrigin,
) -> Response<Body> {
    let (link, browser) = (Secret::from(link), provider::browser(&app, &from.headers));
    match linking::begin_to_take(&app, (&link, &name), &from.address, browser).await {
        Ok(begun) => provider::sent(&app, &begun),
        Err(failure) => again((&app, &caller), assets, &link, failure).await,
    }
}

/// The page once more, with what is wrong.
pub(super) async fn again(
    (app, caller): (&App, &Caller),
    assets: Assets,
    link: &Secret,
    failure: Error,
) -> Response<Body> {
    let mut state = opened(app, link.expose()).await.unwrap_or_default();
    state.typed = vec![("password".to_owned(), String::new())];
    let failure = if state.link.is_some() { failure } else { Error::NotFound(What::Link) };
    let page = Uri::from_static("/auth/invite/form");
    console::come_back(app, caller, assets, (&page, &HeaderMap::new()), state, failure).await
}

/// What the page shows: whom the link is for, if it still works.
async fn opened(app: &App, link: &str) -> Result<FormState> {
    let link = Secret::from(link.to_owned());
    let is_invitation = linking::invited(app, &link).await?.is_some();
    Ok(match links::addressee(app, &link).await? {
        Some((_, user)) => FormState {
            link: Some(link.expose().to_owned()),
            addressee: Some(user.username.to_string()),
            is_invitation,
            ..FormState::default()
        },
        None => FormState::default(),
    })
}
