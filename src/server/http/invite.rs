//! `/auth/invite/{link}`: somebody who was invited, or lost their password, chooses one. The link is a secret: the log
//! shows none, and no page sends it on.

use super::shell::{self, Assets};
use super::sign_in::{HttpOrigin, enter, unreadable};
use super::{console, error};
use crate::domain::error::What;
use crate::domain::{Error, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::links;
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
        Err(failure) => {
            let mut state = opened(&app, &link).await.unwrap_or_default();
            state.typed = vec![("password".to_owned(), String::new())];
            let failure = if state.link.is_some() { failure } else { Error::NotFound(What::Link) };
            let page = Uri::from_static("/auth/invite/form");
            console::come_back(&app, &caller, assets, (&page, &HeaderMap::new()), state, failure).await
        }
    }
}

/// What the page shows: whom the link is for, if it still works.
async fn opened(app: &App, link: &str) -> Result<FormState> {
    let found = links::addressee(app, &Secret::from(link.to_owned())).await?;
    Ok(match found {
        Some((_, user)) => FormState {
            link: Some(link.to_owned()),
            addressee: Some(user.username.to_string()),
            ..FormState::default()
        },
        None => FormState::default(),
    })
}
