//! Who comes in: what a request shows, by the rules of the door that it knocks at. Registry clients and programs show
//! `Authorization` and never a cookie; browsers show a cookie and nothing else. So no page of another site pushes with
//! somebody's session, and no header opens a page.

use crate::domain::error::What;
use crate::domain::{Error, Result};
use crate::server::access::{Caller, Standing};
use crate::server::context::App;
use crate::server::identity::{Credential, told};
use crate::server::secret::Secret;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, Request, Uri, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The name of the session's cookie. The prefix binds it to this host and to TLS (RFC 6265bis, section 4.1.3.2); a
/// loopback address without TLS cannot have that.
pub(super) fn cookie_name(is_plain: bool) -> &'static str {
    if is_plain { "portolan" } else { "__Host-portolan" }
}

/// The name of the cookie by which a browser is known again, which opens nothing.
pub(super) fn mark_name(is_plain: bool) -> &'static str {
    if is_plain { "portolan-browser" } else { "__Host-portolan-browser" }
}

/// What a request shows, and where it comes from.
pub(super) struct Knock {
    shown: Result<Option<Credential>>,
    from: String,
    is_program: bool,
}

impl Knock {
    /// Reads the headers that count at this door.
    pub(super) fn of<B>(app: &App, request: &Request<B>) -> Self {
        let is_program = is_for_programs(request.uri().path());
        let shown = match is_program {
            _ if has_dots(request.uri().path()) => {
                Err(Error::invalid("path", "a path has no segments of dots; write where it leads"))
            }
            _ if is_both(app, request) => Err(Error::invalid(
                "authorization",
                "the request shows a browser's session and Authorization; send one of them",
            )),
            true => authorization(request.headers()).map(|shown| match shown {
                Some(Credential::Bearer(secret)) if is_registry(request.uri().path()) => {
                    Some(Credential::Registry(secret))
                }
                shown => shown,
            }),
            false => {
                let kind = if is_watching(request.uri()) { Credential::Watching } else { Credential::Session };
                Ok(session(request.headers(), app.facts.is_plain_http()).map(kind))
            }
        };
        Self { shown, from: address(request, &app.facts.trusted_proxies), is_program }
    }

    /// Whose request it is.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where a program shows something that is nobody's. A browser whose session is over
    /// is nobody in particular.
    pub(super) async fn who(&self, app: &App, request_id: &str) -> Result<Arc<Standing>> {
        let shown = self.shown.as_ref().map_err(Clone::clone)?.as_ref();
        match app.identity.who(shown, &self.from).await {
            Err(Error::Unauthenticated | Error::Resting(_)) if !self.is_program => {
                app.identity.who(None, &self.from).await
            }
            Err(refusal) => {
                if let Some(shown) = shown {
                    told::program(app, shown, &refusal, (&self.from, request_id)).await;
                }
                Err(refusal)
            }
            found => found,
        }
    }
}

/// A refusal as the caller may know it: who did not sign in is told to, whatever is there or not.
pub(super) fn soften(app: &App, caller: &Caller, failure: Error) -> Error {
    let asks_who = match &failure {
        Error::Forbidden(_) | Error::NotFound(What::Repository(_)) => true,
        Error::Protected(barred) => barred.guard.role().is_some(),
        _ => false,
    };
    match failure {
        _ if asks_who && !caller.standing.is_signed_in() && !app.facts.is_try => Error::Unauthenticated,
        failure => failure,
    }
}

/// Where the registry's own tokens count: nowhere else, so none of them opens what it was not made for.
fn is_registry(path: &str) -> bool {
    path.trim_start_matches('/').split('/').next() == Some("v2")
}

/// Where nobody is asked who they are: probes, the console's own files, and what describes the API; and where registries
/// elsewhere knock, which are nobody in particular and have secrets of their own.
pub(super) fn is_for_anybody(path: &str) -> bool {
    let is_file = path.ends_with(".svg") && !path[1..].contains('/');
    let is_below = ["/health/", "/pkg/", "/hooks/"].iter().any(|start| path.starts_with(start));
    is_file || is_below || path == "/api/openapi.json"
}

/// Where nobody but programs asks.
pub(super) fn is_for_programs(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    matches!(first, "v1" | "v2" | "token" | "api" | "hooks" | "metrics" | "health")
}

/// Whether a path says `.` or `..`, in whatever spelling: doors are told apart by the first part of a path, which has to
/// be where it leads.
fn has_dots(path: &str) -> bool {
    path.to_ascii_lowercase().replace("%2e", ".").split('/').any(|part| part == "." || part == "..")
}

/// Whether what changes something by `/api` shows whose browser it comes from besides: then a page sends it, which no
/// program is, with a secret that it should not have.
fn is_both<B>(app: &App, request: &Request<B>) -> bool {
    let (headers, path) = (request.headers(), request.uri().path());
    let is_api = path.trim_start_matches('/').split('/').next() == Some("api");
    let shows_both =
        headers.contains_key(header::AUTHORIZATION) && session(headers, app.facts.is_plain_http()).is_some();
    is_api && !request.method().is_safe() && shows_both
}

/// Whether an open page asks for itself, and nobody before it: who left it open does not use the console.
fn is_watching(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    uri.path() == "/events" || query.split('&').any(|pair| pair == "part=results")
}

/// The session's cookie.
pub(super) fn session(headers: &HeaderMap, is_plain: bool) -> Option<Secret> {
    cookie(headers, cookie_name(is_plain)).map(Secret::from)
}

/// The first cookie of that name.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// What `Authorization` shows. Clients without credentials send an empty name and password, which is to show nothing.
pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<Credential>> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (all.next(), all.next());
    if second.is_some() {
        return Err(Error::invalid("authorization", "the request has several Authorization headers; send one"));
    }
    let Some(value) = first else { return Ok(None) };
    let text = value.to_str().map_err(|_| Error::Unauthenticated)?;
    let (scheme, rest) = text.split_once(' ').ok_or(Error::Unauthenticated)?;
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => basic(rest.trim()).ok_or(Error::Unauthenticated).map(|shown| match shown {
            (username, password) if username.is_empty() && password.is_empty() => None,
            (username, password) => Some(Credential::Basic { username, password: password.into() }),
        }),
        "bearer" => Ok(Some(Credential::Bearer(rest.trim().to_owned().into()))),
        _ => Err(Error::Unauthenticated),
    }
}

/// RFC 7617, section 2.
fn basic(encoded: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    text.split_once(':').map(|(username, password)| (username.to_owned(), password.to_owned()))
}

/// From which address a request comes: the connection's, or what the nearest proxy that is not trusted said.
pub(super) fn address<B>(request: &Request<B>, trusted: &[IpNet]) -> String {
    address_of(request.extensions(), request.headers(), trusted)
}

/// The same of a request that is taken apart.
pub(super) fn address_of(extensions: &Extensions, headers: &HeaderMap, trusted: &[IpNet]) -> String {
    let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<SocketAddr>>() else { return String::new() };
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.ip().to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    for hop in hops.into_iter().rev() {
        match hop.trim().parse::<IpAddr>() {
            Ok(said) if is_trusted(&address) => address = said.to_canonical(),
            _ => break,
        }
    }
    address.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &[&str]) -> Result<Option<Credential>> {
        let mut headers = HeaderMap::new();
        lines.iter().for_each(|line| {
            headers.append(header::AUTHORIZATION, line.parse().unwrap());
        });
        authorization(&headers)
    }

    #[test]
    fn one_header_says_who_it_is_or_nobody() {
        assert!(shown(&[]).unwrap().is_none());
        assert!(shown(&["Basic Og=="]).unwrap().is_none(), "AUTH-5: an empty name and password are nobody");
        let basic = format!("basic {}", STANDARD.encode("mara:a:b"));
        let Some(Credential::Basic { username, password }) = shown(&[&basic]).unwrap() else { panic!("Basic") };
        assert_eq!((username.as_str(), password.expose()), ("mara", "a:b"));
        assert!(matches!(shown(&["Bearer  abc"]).unwrap(), Some(Credential::Bearer(_))));
        for odd in ["Basic", "Basic !", "Digest x", "Bearer", "Basic bWFyYQ=="] {
            assert!(shown(&[odd]).is_err(), "{odd}");
        }
        assert!(shown(&["Bearer a", "Bearer b"]).is_err());
    }

    #[test]
    fn only_trusted_proxies_say_where_somebody_comes_from() {
        let from = |peer: &str, forwarded: &[&str]| {
            let mut request = Request::new(());
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
            forwarded.iter().for_each(|line| {
                request.headers_mut().append("x-forwarded-for", line.parse().unwrap());
            });
            address(&request, &["10.0.0.0/8".parse().unwrap()])
        };
        assert_eq!(from("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(from("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", &["203.0.113.5, 198.51.100.7", "10.0.0.2"]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", &["what"]), "10.0.0.1");
        assert_eq!(from("::ffff:10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn doors_are_told_apart_by_their_first_part() {
        for odd in ["/metrics/../account", "/token/x/%2E%2e/r", "/./v2/", "/v2/.."] {
            assert!(has_dots(odd), "{odd}");
        }
        assert!(!has_dots("/v2/a/manifests/v1..2") && !has_dots("/r/a/-/tags/..."));
        assert!(
            ["/v2", "/v2/", "/v2/a/tags/list", "/token", "/api/v1/users", "/hooks/registry/x", "/metrics"]
                .map(is_for_programs)
                .iter()
                .all(|it| *it)
        );
        assert!(
            ["/", "/repositories", "/v2x", "/r/v2", "/auth/login", "/tokens"]
                .map(is_for_programs)
                .iter()
                .all(|it| !*it)
        );
    }
}
