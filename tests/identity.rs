//! Who comes in, by what, and for how long. Ids in comments are rows of the protocol's test lists.

mod api;
mod browsers;
mod github;
mod lies;
mod providers;
mod resting;
mod secrecy;
mod stand_in;
mod tokens;
mod ways_in;

use crate::support::{Answer, TestApp, request};
use axum::body::Body;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portolan::server::identity::sign_in;
use portolan::server::secret::Secret;

const PASSWORD: &str = "correct horse";

/// A server with an administrator called `mara`, through its real doors.
async fn with_admin() -> TestApp {
    let test = TestApp::new().await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), Secret::from(PASSWORD.to_owned()))
        .await
        .unwrap();
    test
}

fn basic(username: &str, password: &str) -> String {
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
