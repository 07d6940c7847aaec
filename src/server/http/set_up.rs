//! The first administrator, by the link that the server printed: `/auth/setup`. A form that is refused comes back with all
//! that is wrong in it.

use super::error;
use super::shell::{self, Assets as ShellAssets};
use super::sign_in::{HttpOrigin, enter, refuse, typed, unreadable};
use crate::domain::principal::person_name;
use crate::domain::{Error, Result, Username};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::sign_in::{self, NewPerson};
use crate::server::identity::weak;
use crate::server::secret::Secret;
use crate::ui::form::FormState;
use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query, Request, State};
use axum::http::{Response, StatusCode};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct SetUpLink {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub(super) struct Administrator {
    #[serde(default)]
    token: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

/// The page for the first administrator.
pub(super) async fn page(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<ShellAssets>,
    Query(link): Query<SetUpLink>,
    request: Request<Body>,
) -> Response<Body> {
    let works = sign_in::can_set_up(&app, &Secret::from(link.token.clone())).await;
    match works {
        Ok(works) => {
            let awaits_set_up = !works && sign_in::awaits_set_up(&app).await.unwrap_or(false);
            let form = FormState { link: works.then_some(link.token), awaits_set_up, ..FormState::default() };
            let mut response = shell::draw(&app, &caller, assets, request, form).await;
            if !works {
                *response.status_mut() = StatusCode::GONE;
            }
            response
        }
        Err(failure) => error::bare_page(&failure, &caller.request_id),
    }
}

/// Makes the first administrator.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<ShellAssets>,
    from: HttpOrigin,
    form: Result<Form<Administrator>, FormRejection>,
) -> Response<Body> {
    let Ok(Form(asked)) = form else { return error::problem(&unreadable()) };
    let link = Secret::from(asked.token.clone());
    let (person, wrong) = administrator(&asked, &app.facts.host);
    let made = match person {
        Ok(person) => sign_in::set_up(&app, &link, person, from.origin(&app, &caller)).await,
        Err(failure) => Err(failure),
    };
    match made {
        Ok(session) => enter(&app, &from, (&session, &asked.username), "/repositories").await,
        Err(failure) => {
            let works = sign_in::can_set_up(&app, &link).await.unwrap_or(false);
            let link = works.then_some(asked.token);
            let typed = typed(&[("username", &asked.username), ("name", &asked.name), ("password", "")]);
            let form = FormState { typed, link, also: wrong, ..FormState::default() };
            refuse(&app, &caller, assets, "/auth/setup", form, failure).await
        }
    }
}

/// Who is asked for, or what is wrong; and all that is wrong, by field, so that nobody mends one after the other.
fn administrator(asked: &Administrator, host: &str) -> (Result<NewPerson>, Vec<(String, String)>) {
    let password = Secret::from(asked.password.clone());
    let (username, name) = (asked.username.trim().parse::<Username>(), person_name(&asked.name));
    // A password is not the username, where there is one.
    let nobody = "nobody".parse().expect("a username");
    let checked = weak::check(&password, (username.as_ref().unwrap_or(&nobody), host));
    let errors = [username.as_ref().err(), name.as_ref().err(), checked.as_ref().err()];
    let wrong = errors.into_iter().flatten().filter_map(|error| match error {
        Error::Invalid { field, message } => Some((field.clone(), message.clone())),
        _ => None,
    });
    let wrong = wrong.collect();
    let person = username.and_then(|username| {
        let name = name?;
        checked.map(|()| NewPerson { username, name, password })
    });
    (person, wrong)
}
