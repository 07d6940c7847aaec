//! Who may address this server: requests that name this machine or the public address.
//!
//! A web page elsewhere must not reach this server under a name of its own (DNS rebinding). So a request names its host
//! once, in a form that can mean one thing only.

use crate::domain::{Error, Result};
use crate::server::context::App;
use crate::server::http::edge;
use crate::server::loopback::is_loopback;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Host;

/// Lets in what is addressed to this server.
pub async fn known_host(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&app.facts.host, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => edge::refused(refusal),
    }
}

fn check(public_host: &str, uri: &Uri, headers: &HeaderMap) -> Result<()> {
    match addressed(uri, headers)? {
        Some(authority) if authority == *public_host || is_this_machine(&authority) => Ok(()),
        Some(authority) => Err(Error::Foreign(format!(
            "this server answers as {public_host} and on this machine only, not as {:.80}",
            authority.as_str()
        ))),
        // Probes speak HTTP/1.0 without it; no browser does, and there is nothing to read. Only as they are spelled:
        // pages are found by their address without its dots, so `/health/../repositories` is another one.
        None if matches!(uri.path(), "/health/live" | "/health/ready") => Ok(()),
        None => Err(refusal("the request does not say whom it is for; send a Host header, as HTTP/1.1 does")),
    }
}

/// What a request names as its host: in its address (HTTP/2, or one meant for a proxy), in `Host`, or alike in both.
fn addressed(uri: &Uri, headers: &HeaderMap) -> Result<Option<Authority>> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let stated = match (hosts.next(), hosts.next()) {
        (_, Some(_)) => return Err(refusal("the request has several Host headers; send one")),
        (Some(host), None) => {
            let odd = |_| refusal("the Host header is no host with a port or without; write NAME:PORT");
            Some(Authority::try_from(host.as_bytes()).map_err(odd)?)
        }
        (None, None) => None,
    };
    match (uri.authority(), stated) {
        (Some(address), Some(host)) if *address != host => {
            Err(refusal("the address and the Host header name different hosts; send both alike"))
        }
        (address, host) => Ok(host.or_else(|| address.cloned())),
    }
}

/// Only as such hosts are written: without user names, escapes or numbers in place of addresses.
fn is_this_machine(authority: &Authority) -> bool {
    let name = authority.host();
    let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let Ok(host) = Host::parse(name) else { return false };
    let is_plain = name.starts_with('[') || host.to_string().eq_ignore_ascii_case(name);
    is_plain && authority.as_str() == format!("{name}{port}") && is_loopback(&host)
}

fn refusal(message: impl Into<String>) -> Error {
    Error::invalid("host", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn is_let_in(uri: &str, hosts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        check("registry.example.com", &uri.parse().unwrap(), &headers).is_ok()
    }

    #[test]
    fn this_machine_and_the_public_address_are_let_in_and_nothing_that_looks_like_them() {
        for known in [
            "localhost",
            "localhost:8080",
            "LocalHost:8080",
            "localhost.",
            "localhost.:8080",
            "console.localhost:1",
            "127.0.0.1",
            "127.0.0.1:65535",
            "127.8.9.10:8080",
            "[::1]",
            "[::1]:8080",
            "[0:0:0:0:0:0:0:1]:8080",
            "registry.example.com",
            "Registry.Example.COM",
        ] {
            assert!(is_let_in("/", &[known]), "{known}");
        }
        for other in [
            "",
            " ",
            ":8080",
            "evil.example",
            "evil.example:8080",
            "registry.example.com:8443",
            "registry.example.com.evil.example",
            "127.0.0.1:port.evil.com",
            "127.0.0.1:8080.evil.com",
            "127.0.0.1:8080:evil.com",
            "127.0.0.1.evil.com",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "127.0.0.1:+80",
            "127.0.0.1:0080",
            "127.0.0.1.",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0.0.0.0:8080",
            "10.0.0.1",
            "localhost..",
            "localhost.evil.example",
            "evil-localhost",
            "localhost@evil.example",
            "evil.example@localhost",
            "me:secret@localhost:8080",
            "@localhost",
            "%6cocalhost",
            "localhost%00.evil.example",
            "localhost,evil.example",
            "localhost evil.example",
            "localhost/evil.example",
            "http://localhost",
            "ʟocalhost",
            "::1",
            "[::1",
            "[::1]evil.example",
            "[::1].evil.example:80",
            "[::1%25lo]:8080",
            "[::1%lo]",
            "[::]",
            "[fe80::1]",
            "[127.0.0.1]",
        ] {
            assert!(!is_let_in("/", &[other]), "{other}");
        }
    }

    #[test]
    fn a_request_names_its_host_once_or_alike() {
        assert!(is_let_in("http://127.0.0.1:8080/v2/", &[]), "as HTTP/2 does");
        assert!(is_let_in("http://localhost:8080/v2/", &["LOCALHOST:8080"]));
        assert!(!is_let_in("http://localhost:8080/", &["127.0.0.1:8080"]));
        assert!(!is_let_in("http://localhost:8080/", &["evil.example"]));
        assert!(!is_let_in("http://evil.example/", &["localhost:8080"]));
        assert!(!is_let_in("http://evil.example/", &[]));
        assert!(!is_let_in("http://me@localhost/", &[]));
        assert!(!is_let_in("http://evil.example/health/live", &[]));
        assert!(!is_let_in("/", &["localhost", "localhost"]));
        assert!(!is_let_in("/", &["localhost", "evil.example"]));
    }

    #[test]
    fn only_probes_may_leave_the_host_out() {
        assert!(is_let_in("/health/live", &[]));
        assert!(is_let_in("/health/ready", &[]));
        for path in ["/", "/v2/", "/health", "/healthy", "/metrics", "/events", "/health/../events", "/health/live/"] {
            assert!(!is_let_in(path, &[]), "{path}");
        }
        assert!(!is_let_in("/health/live", &["evil.example"]));
        assert!(!is_let_in("/health/live", &[""]));
    }
}
