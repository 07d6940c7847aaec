//! The OCI distribution API under `/v2`. Names contain slashes and may contain words like `blobs`,
//! so a path is read from its right end.

mod blobs;
mod challenge;
mod deletes;
mod held;
mod lists;
mod manifests;
mod parts;
pub(crate) mod ranges;
mod referrers;
mod uploads;
mod warning;

use super::{conditions, door, error};
use crate::domain::condition::{Among, Condition};
use crate::domain::error::What;
use crate::domain::{Digest, Error, RepositoryName, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::service::to_its_end::to_its_end;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
pub(super) use held::Held;

/// One request to the distribution API, with what its handlers need.
struct Call {
    app: App,
    caller: Caller,
    request: Request<Body>,
    held: Held,
}

/// What a path under `/v2/` names.
#[derive(Debug, PartialEq, Eq)]
enum Resource<'p> {
    Base,
    Catalog,
    Tags(&'p str),
    Manifest(&'p str, &'p str),
    Blob(&'p str, &'p str),
    Referrers(&'p str, &'p str),
    Uploads(&'p str),
    Upload(&'p str, &'p str),
    Unknown,
}

impl<'p> Resource<'p> {
    fn parse(path: &'p str) -> Self {
        let path = path.strip_prefix("/v2").unwrap_or(path).trim_start_matches('/');
        if path.is_empty() {
            return Self::Base;
        }
        if path == "_catalog" {
            return Self::Catalog;
        }
        if let Some(name) = path.strip_suffix("/tags/list") {
            return Self::Tags(name);
        }
        if let Some(name) = path.strip_suffix('/').unwrap_or(path).strip_suffix("/blobs/uploads") {
            return Self::Uploads(name);
        }
        let Some((rest, last)) = path.rsplit_once('/') else {
            return Self::Unknown;
        };
        if let Some(name) = rest.strip_suffix("/blobs/uploads") {
            return Self::Upload(name, last);
        }
        if let Some(name) = rest.strip_suffix("/manifests") {
            return Self::Manifest(name, last);
        }
        if let Some(name) = rest.strip_suffix("/referrers") {
            return Self::Referrers(name, last);
        }
        rest.strip_suffix("/blobs").map_or(Self::Unknown, |name| Self::Blob(name, last))
    }
}

/// Answers one request; every failure in the dialect of registry clients.
pub(super) async fn serve(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(held): Extension<Held>,
    request: Request<Body>,
) -> Response<Body> {
    let (is_safe, method, uri) = (request.method().is_safe(), request.method().clone(), request.uri().clone());
    let call = Call { app: app.clone(), caller: caller.clone(), request, held };
    let answer = if is_safe { dispatch(call).await } else { to_its_end(dispatch(call)).await };
    let mut response = answer.unwrap_or_else(|failure| refuse(&app, &caller, (&method, &uri), failure));
    let version = HeaderName::from_static("docker-distribution-api-version");
    response.headers_mut().insert(version, HeaderValue::from_static("registry/2.0"));
    response
}

/// A refusal, with the way to a token where one is missing.
fn refuse(app: &App, caller: &Caller, (method, uri): (&Method, &Uri), failure: Error) -> Response<Body> {
    let failure = door::soften(app, caller, failure);
    let mut response = error::oci(&failure);
    let problem = match failure {
        Error::Unauthenticated => Some(None),
        Error::NarrowToken => Some(Some("insufficient_scope")),
        _ => None,
    };
    if let Some(problem) = problem {
        let challenge = challenge::header(app, challenge::scope(method, uri).as_deref(), problem);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// What is told to whoever shows credentials that are nobody's, or no longer.
pub(super) fn refuse_credentials(app: &App, method: &Method, uri: &Uri, refusal: &Error) -> Response<Body> {
    let mut response = error::oci(refusal);
    let challenge = challenge::header(app, challenge::scope(method, uri).as_deref(), Some("invalid_token"));
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

async fn dispatch(call: Call) -> Result<Response<Body>> {
    let path = with_colons(call.request.uri().path());
    let is_read = matches!(*call.request.method(), Method::GET | Method::HEAD);
    match (Resource::parse(&path), call.request.method().clone()) {
        (Resource::Base, _) if is_read && !call.caller.standing.is_signed_in() && !call.app.facts.is_try => {
            Err(Error::Unauthenticated)
        }
        (Resource::Base, _) if is_read => {
            Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], "{}").into_response())
        }
        (Resource::Catalog, _) if is_read => lists::catalog(call).await,
        (Resource::Tags(name), _) if is_read => lists::tags(call, name.parse()?).await,
        (Resource::Manifest(name, reference), Method::PUT) => {
            manifests::put(call, name.parse()?, reference.parse()?).await
        }
        (Resource::Manifest(name, reference), _) if is_read => {
            manifests::get(call, name.parse()?, reference.parse()?).await
        }
        (Resource::Manifest(name, reference), Method::DELETE) => {
            deletes::manifest(call, name.parse()?, reference.parse()?).await
        }
        (Resource::Referrers(name, digest), _) if is_read => {
            referrers::list(call, name.parse()?, digest.parse()?).await
        }
        (Resource::Blob(name, digest), Method::DELETE) => deletes::blob(call, name.parse()?, digest.parse()?).await,
        (Resource::Blob(name, digest), _) if is_read => blobs::get(call, name.parse()?, digest.parse()?).await,
        (Resource::Uploads(name), Method::POST) => uploads::start(call, name.parse()?).await,
        (Resource::Upload(name, id), Method::PATCH) => uploads::append(call, name.parse()?, id).await,
        (Resource::Upload(name, id), Method::PUT) => uploads::close(call, name.parse()?, id).await,
        (Resource::Upload(name, id), Method::DELETE) => uploads::cancel(call, name.parse()?, id).await,
        (Resource::Upload(name, id), _) if is_read => uploads::status(call, name.parse()?, id).await,
        (Resource::Upload(..), _) => Ok(error::wrong_method("GET, HEAD, PATCH, PUT, DELETE")),
        (Resource::Unknown, _) => Err(Error::NotFound(What::Endpoint)),
        (Resource::Manifest(..), _) => Ok(error::wrong_method("GET, HEAD, PUT, DELETE")),
        (Resource::Blob(..), _) => Ok(error::wrong_method("GET, HEAD, DELETE")),
        (Resource::Uploads(_), _) => Ok(error::wrong_method("POST")),
        (Resource::Base | Resource::Catalog | Resource::Tags(_) | Resource::Referrers(..), _) => {
            Ok(error::wrong_method("GET, HEAD"))
        }
    }
}

/// A path with the colon of digests, which some clients write as `%3A` (RFC 3986, section 2.4). Nothing else in
/// an address is ever escaped, and a name that is would pass by whoever looks at paths before us.
fn with_colons(path: &str) -> String {
    path.replace("%3A", ":").replace("%3a", ":")
}

impl Call {
    /// The values of one query parameter.
    fn query(&self, name: &str) -> Vec<String> {
        let query = self.request.uri().query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
    }

    /// A header as text.
    fn header(&self, name: HeaderName) -> Option<&str> {
        self.request.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// A condition on the content.
    fn among(&self, name: HeaderName, is_strong: bool) -> Option<Among> {
        conditions::among(self.request.headers(), name, is_strong)
    }

    /// Whether the client says that it has this content already (`If-None-Match`).
    fn has_already(&self, digest: &Digest) -> bool {
        self.among(header::IF_NONE_MATCH, false).is_some_and(|known| known.has(Some(digest)))
    }

    /// A reader may want this content or none (`If-Match`).
    fn require_match(&self, digest: &Digest) -> Result<()> {
        Condition { matches: self.among(header::IF_MATCH, true), differs: None }.check(Some(digest))
    }

    /// What a writer makes the condition of a change (RFC 9110, section 13.1).
    fn condition(&self) -> Condition {
        Condition { matches: self.among(header::IF_MATCH, true), differs: self.among(header::IF_NONE_MATCH, true) }
    }

    /// A header that holds a number of bytes.
    fn length(&self) -> Option<u64> {
        self.header(header::CONTENT_LENGTH).and_then(|value| value.parse().ok())
    }
}

/// A header value made of checked text.
fn value(text: impl AsRef<str>) -> HeaderValue {
    HeaderValue::from_str(text.as_ref()).expect("names, digests and numbers fit a header")
}

/// The address of something in a repository. Relative, so that it holds under whichever name the client
/// reached us: directly, through a tunnel, behind a proxy.
fn location(name: &RepositoryName, rest: &str) -> HeaderValue {
    value(format!("/v2/{name}/{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_from_its_right_end() {
        assert_eq!(Resource::parse("/v2/"), Resource::Base);
        assert_eq!(Resource::parse("/v2/_catalog"), Resource::Catalog);
        assert_eq!(Resource::parse("/v2/a/tags/list/tags/list"), Resource::Tags("a/tags/list"));
        assert_eq!(Resource::parse("/v2/a/blobs/uploads/manifests/v1"), Resource::Manifest("a/blobs/uploads", "v1"));
        assert_eq!(Resource::parse("/v2/a/manifests/blobs/sha256:1"), Resource::Blob("a/manifests", "sha256:1"));
        assert_eq!(Resource::parse("/v2/a/blobs/uploads"), Resource::Uploads("a"));
        assert_eq!(Resource::parse("/v2/a/blobs/uploads/"), Resource::Uploads("a"));
        assert_eq!(Resource::parse("/v2/a/blobs/uploads/9f"), Resource::Upload("a", "9f"));
        assert_eq!(
            Resource::parse("/v2/a/referrers/referrers/sha256:1"),
            Resource::Referrers("a/referrers", "sha256:1")
        );
        assert_eq!(Resource::parse("/v2/a/b"), Resource::Unknown);
    }
}
