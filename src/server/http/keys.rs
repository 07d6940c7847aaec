//! Whether keys do something by themselves in a browser (WCAG 2.2, success criterion 2.1.4: they can be switched off). A
//! cookie keeps the choice, so that whoever reads without an account has it too; it opens nothing and is no secret.

use super::door::cookie;
use super::error;
use super::sign_in::unreadable;
use crate::domain::action::ListRepositories;
use crate::domain::{Address, Error, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::repositories;
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

const NAME: &str = "keys";
const OFF: &str = "off";
const YEAR_S: u32 = 365 * 24 * 3600;

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    keys: String,
}

/// Whether they do something in the browser that sends these.
pub(super) fn are_on(headers: &HeaderMap) -> bool {
    cookie(headers, NAME).as_deref() != Some(OFF)
}

/// Switches them off, or on again, for who may read their page.
pub(super) async fn choose(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    form: Result<Form<Chosen>, FormRejection>,
) -> Response {
    let chosen = form.map_err(|_| unreadable()).and_then(|Form(Chosen { keys })| match keys.as_str() {
        OFF => Ok(false),
        "on" => Ok(true),
        _ => Err(Error::invalid(NAME, "write on or off")),
    });
    let may_read = async {
        let proof = app.access.authorize(&caller, ListRepositories {}).await?;
        repositories::require_any(&app, &proof).await
    };
    match (chosen, may_read.await) {
        (Ok(are_on), Ok(())) => {
            let mut response = Redirect::to(&Address::Shortcuts.to_string()).into_response();
            response.headers_mut().insert(header::SET_COOKIE, kept(&app, are_on));
            response
        }
        (Err(refusal), _) | (_, Err(refusal)) => error::problem(&refusal),
    }
}

fn kept(app: &App, are_on: bool) -> HeaderValue {
    let (value, age) = if are_on { ("", 0) } else { (OFF, YEAR_S) };
    let secure = if app.facts.is_plain_http() { "" } else { "; Secure" };
    let text = format!("{NAME}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("plain ASCII")
}
