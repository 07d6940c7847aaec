//! Who comes in, by what, and for how long. Ids in comments are rows of docs/threats-and-faults.md.

mod activity;
mod alias;
mod alike;
mod api;
mod authority;
mod bounds;
mod browsers;
mod calls;
mod commands;
mod console;
mod console_providers;
mod credentials;
mod crossings;
mod doors;
mod elsewhere;
mod ends;
mod forgeries;
mod github;
mod guesses;
mod invitations;
mod lapses;
mod last_way;
mod lasting;
mod leaving;
mod lies;
mod linking;
mod linking_hostile;
mod listening;
mod made_public;
mod many;
mod many_places;
mod mount_visibility;
mod mounts;
mod mounts_meanwhile;
mod nameless;
mod narrow;
mod nodes;
mod on_behalf;
mod own_jobs;
mod patience;
mod people;
mod planted;
mod presumed;
mod protection;
mod protection_pages;
mod providers;
mod raids;
mod rechecks;
mod repositories;
mod resting;
mod revocations;
mod robots;
mod secrecy;
mod stand_in;
mod stars;
mod substitution;
mod sweeps;
mod synced;
mod tokens;
mod trials;
mod typed;
mod vouched;
mod waiting;
mod ways_in;

pub(crate) use many::shared;

use crate::support::{Answer, TestApp, decides, request};
use axum::body::Body;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use portolan::domain::Result;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::identity::sign_in;
use portolan::server::secret::Secret;
use portolan::server::store::Tx;

pub const PASSWORD: &str = "correct horse";

/// Writes to the tables as no door does.
async fn note<F>(test: &TestApp, note: F)
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<()>> + Send + 'static,
{
    let proof = decides(Policy::Grants).system(Job::SignIn, Maintain {});
    test.app.store.note(&proof, note).await.unwrap();
}

/// Runs a statement so.
pub async fn run(test: &TestApp, statement: impl Into<String>) {
    let statement = statement.into();
    note(test, move |tx| Box::pin(async move { tx.run(&statement, vec![]).await.map(|_| ()) })).await;
}

/// A server with an administrator called `mara`, through its real doors.
pub async fn with_admin() -> TestApp {
    let test = TestApp::new().await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), Secret::from(PASSWORD.to_owned()))
        .await
        .unwrap();
    test
}

pub fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// A request with one more header.
async fn with(test: &TestApp, method: &str, path: &str, (name, value): (&str, &str)) -> Answer {
    test.ask(method, path, &[(name, value)], "").await
}

/// A form as a browser sends it from the console's own page.
async fn form(test: &TestApp, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = request("POST", path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookie)
        .body(Body::from(body));
    test.send(request.unwrap()).await
}

/// Signs in and returns the cookie.
async fn cookie_of(test: &TestApp, username: &str, password: &str) -> String {
    let answer = form(test, "/auth/login", "", &[("username", username), ("password", password)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    cookie(&answer)
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}
