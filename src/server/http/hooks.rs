//! `/hooks/registry/{mount_id}`: where registries elsewhere tell of pushes. Who shows the secret of the mount is heard, and is
//! answered 202 without a word, whatever was sent: a registry that is refused sends the same again, for ever. Everybody else
//! gets one and the same 401.

use super::{door, error};
use crate::domain::Error;
use crate::server::context::App;
use crate::server::identity::Credential;
use crate::server::secret::Secret;
use crate::server::service::hooks;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;

/// Hears a registry out.
pub(super) async fn registry(
    State(app): State<App>,
    Path(mount_id): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let told = match hooks::by(&app, &mount_id, &shown(&parts.headers)).await {
        Ok(told) => told,
        Err(refusal) => return refuse(&refusal),
    };
    if let Ok(message) = to_bytes(body, hooks::MAX_BYTES).await {
        hooks::hear(&app, told, &message).await;
    }
    StatusCode::ACCEPTED.into_response()
}

/// The secret that a request shows: as a bearer, or as the password of a name that nobody asks for, since some registries know
/// no other way. What is none opens nothing either.
fn shown(headers: &HeaderMap) -> Secret {
    match door::authorization(headers) {
        Ok(Some(Credential::Bearer(secret) | Credential::Basic { password: secret, .. })) => secret,
        _ => Secret::from(String::new()),
    }
}

fn refuse(refusal: &Error) -> Response<Body> {
    let mut response = error::problem(refusal);
    if *refusal == Error::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"portolan\""));
    }
    response
}
