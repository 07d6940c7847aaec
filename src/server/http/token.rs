//! `/token`: the token service of the registry (CNCF distribution, "Token Authentication Specification" and "OAuth2
//! Token Authentication"), by GET and by POST. Scopes come as several parameters or in one, with spaces; what is asked
//! of one thing in several of them is asked together. A right that is missing is left out; it is no error.

use super::{door, error};
use crate::domain::{Error, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::{Credential, told};
use crate::server::service::tokens::{self, Scopes, TokenRequest};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;

type Pairs = Vec<(String, String)>;

/// The form that docker, podman, skopeo and others use: credentials by HTTP Basic.
pub(super) async fn get(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    let pairs = pairs(query.unwrap_or_default().as_bytes());
    answer(&app, issue(&app, &caller, &pairs).await, false)
}

/// The form that containerd and BuildKit use: credentials in the body.
pub(super) async fn post(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Response<Body> {
    let from = door::address(&request, &app.facts.trusted_proxies);
    let body = axum::body::to_bytes(request.into_body(), tokens::MAX_REQUEST_BYTES).await;
    let issued = async {
        let body: Bytes =
            body.map_err(|_| Error::TooLarge { message: "a token request is a short form".to_owned() })?;
        let pairs = pairs(&body);
        let first = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        if first("grant_type").as_deref() != Some("password") {
            return Err(Error::invalid("grant_type", "this service knows grant_type=password"));
        }
        let (username, password) = first("username").zip(first("password")).ok_or(Error::Unauthenticated)?;
        let credential = Credential::Basic { username, password: password.into() };
        let standing = match app.identity.who(Some(&credential), &from).await {
            Ok(standing) => standing,
            Err(refusal) => {
                told::program(&app, &credential, &refusal, (&from, &caller.request_id)).await;
                return Err(refusal);
            }
        };
        let caller = Caller { standing, ..caller };
        issue(&app, &caller, &pairs).await
    };
    answer(&app, issued.await, true)
}

/// The public keys, for registries that trust this service (RFC 7517).
pub(super) async fn keys(State(app): State<App>) -> Response<Body> {
    match app.identity.signing.key_set().await {
        Ok(keys) => ([(header::CONTENT_TYPE, "application/jwk-set+json")], keys.to_string()).into_response(),
        Err(failure) => error::oci(&failure),
    }
}

/// The certificate of the authority behind those keys, for `rootcertbundle` of such registries.
pub(super) async fn authority(State(app): State<App>) -> Response<Body> {
    let as_file = HeaderValue::from_static("attachment; filename=\"portolan-token-ca.pem\"");
    let kind = HeaderValue::from_static("application/x-pem-file");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, as_file)];
    (headers, app.identity.signing.authority()).into_response()
}

async fn issue(app: &App, caller: &Caller, pairs: &Pairs) -> Result<tokens::Issued> {
    let scopes: Vec<&str> = pairs.iter().filter(|(key, _)| key == "scope").map(|(_, value)| value.as_str()).collect();
    let scopes = Scopes::parse(&scopes)?;
    let service = pairs.iter().find(|(key, _)| key == "service").map(|(_, value)| value.as_str());
    // `docker login` asks for nothing: it wants to know whether the credentials are right, and there are none.
    if scopes.is_empty() && !caller.standing.is_signed_in() {
        return Err(Error::Unauthenticated);
    }
    tokens::issue(app, caller, TokenRequest { service, scopes }).await
}

fn answer(app: &App, issued: Result<tokens::Issued>, is_form: bool) -> Response<Body> {
    let mut response = match issued {
        Ok(issued) => {
            let mut body = json!({
                "token": issued.token, "access_token": issued.token, "expires_in": issued.expires_in_s,
                "issued_at": issued.issued_at.rfc3339(),
            });
            if is_form {
                body["scope"] = json!(issued.scope);
            }
            (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
        }
        Err(failure) => {
            let mut response = error::oci(&failure);
            if matches!(failure, Error::Unauthenticated | Error::Resting(_)) {
                let basic = format!(r#"Basic realm="{}""#, app.facts.host);
                let basic = HeaderValue::from_str(&basic).expect("a host fits a header");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
            }
            response
        }
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn pairs(text: &[u8]) -> Pairs {
    url::form_urlencoded::parse(text).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}
