//! The outermost layer: every request gets an id and a caller, its end is counted and logged, and what is refused
//! or fails outside of a handler is said in the dialect of whoever asked.

use super::door::{self, Knock};
use super::metrics::route_class;
use super::{distribution, error, security};
use crate::domain::Error;
use crate::server::access::{Caller, Standing};
use crate::server::context::App;
use crate::server::entropy::new_secret_id;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower_http::csrf::ProtectionError;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id and a caller, catches what goes wrong on the way, logs its end, counts it.
pub(super) async fn every_request(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = new_secret_id(&*app.entropy)[..16].to_owned();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (started, dialect) = (Instant::now(), Dialect::of(&request));
    let span = tracing::info_span!("request", id = %id);
    if request.uri().path_and_query().is_none() {
        return dialect.refuse(&Error::Method, &id); // CONNECT names a host and no path.
    }
    let answer = answer(&app, id.clone(), request, next);
    let answered = AssertUnwindSafe(answer).catch_unwind().instrument(span.clone()).await;
    let _in_span = span.enter();
    let mut response = match answered {
        Ok(response) => match refusal(&response) {
            Some(refusal) => {
                let mut said = dialect.refuse(&refusal, &id);
                said.headers_mut().extend(response.headers().get(header::ALLOW).map(|it| (header::ALLOW, it.clone())));
                said
            }
            None => response,
        },
        Err(panic) => {
            tracing::error!(panic = words(&*panic), "a request panicked");
            dialect.refuse(&Error::Internal, &id)
        }
    };
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    app.metrics.request(route_class(&path), method.as_str(), status, elapsed);
    log(&id, &method, &path, status, elapsed);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, HeaderValue::from_str(&id).expect("hex fits a header"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !app.facts.is_plain_http() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(security::HTTPS_ALONE));
    }
    response
}

/// Finds out who asks, and hands the request on.
async fn answer(app: &App, request_id: String, mut request: Request, next: Next) -> Response {
    // Whoever is known already came in through another door.
    let known = request.extensions_mut().remove::<Arc<Standing>>();
    let address = door::address(&request, &app.facts.trusted_proxies);
    let standing = match known {
        Some(standing) => Ok(standing),
        // Probes must not hang on the database, nor files that are everybody's.
        None if door::is_for_anybody(request.uri().path()) => Ok(Arc::new(Standing::anonymous(vec![]))),
        None => Knock::of(app, &request).who(app, &request_id).await,
    };
    match standing {
        Ok(standing) => {
            request.extensions_mut().insert(Caller { standing, request_id, address });
            next.run(request).await
        }
        Err(refusal @ (Error::Unauthenticated | Error::Resting(_))) if Dialect::of(&request).is_oci() => {
            distribution::refuse_credentials(app, request.method(), request.uri(), &refusal)
        }
        Err(refusal) => refused(refusal),
    }
}

/// The answer of a layer that refuses a request before any handler has it. It is written at the edge.
pub(super) fn refused(refusal: Error) -> Response {
    let mut response = error::status(&refusal).into_response();
    response.extensions_mut().insert(refusal);
    response
}

/// Why a layer or the router refused, where it has not said so in anybody's dialect.
fn refusal(response: &Response) -> Option<Error> {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && !response.headers().contains_key(header::CONTENT_TYPE) {
        return Some(Error::Method);
    }
    let foreign = || Error::Foreign("a page of another site sent this request; nothing was done".to_owned());
    let extensions = response.extensions();
    extensions.get::<Error>().cloned().or_else(|| extensions.get::<ProtectionError>().map(|_| foreign()))
}

/// In which form whoever asks understands a refusal.
#[derive(Clone, Copy)]
enum Dialect {
    /// Registry clients.
    Oci,
    /// People.
    Page,
    /// Programs.
    Problem,
}

impl Dialect {
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        match path {
            "/v2" | "/token" => Self::Oci,
            _ if path.starts_with("/v2/") => Self::Oci,
            _ if accepts.is_some_and(|accepts| accepts.contains("text/html")) => Self::Page,
            _ => Self::Problem,
        }
    }

    fn is_oci(self) -> bool {
        matches!(self, Self::Oci)
    }

    fn refuse(self, error: &Error, id: &str) -> Response<Body> {
        match self {
            Self::Oci => error::oci(error),
            Self::Page => {
                let mut page = error::bare_page(error, id);
                security::mark_page(page.headers_mut());
                page
            }
            Self::Problem => error::problem(error),
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default()
}

/// One line for each request: loud where something changed or failed, or where a page says an id that finds it.
fn log(id: &str, method: &Method, path: &str, status: u16, elapsed: Duration) {
    let elapsed_us = elapsed.as_micros() as u64;
    let path = if path.starts_with("/auth/invite/") { "/auth/invite/…" } else { path }; // The rest is a secret.
    match (status, method.is_safe()) {
        (500.., _) => tracing::warn!(error = format!("err_{id}"), %method, %path, status, elapsed_us, "failed"),
        (400.., true) if !matches!(status, 401 | 404) => {
            tracing::info!(error = format!("err_{id}"), %method, %path, status, elapsed_us, "refused");
        }
        (_, false) => tracing::info!(%method, %path, status, elapsed_us, "answered"),
        (_, true) => tracing::debug!(%method, %path, status, elapsed_us, "answered"),
    }
}
