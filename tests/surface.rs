//! Every door of the server, and who gets through it. A route that is not in this table fails the test.

mod callers;
mod document;
mod doors;
mod kept;
mod read_only;
mod schema;

use crate::support::process::{QUIET, Server, http};
use crate::support::{TestApp, request, sha256};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use doors::{DOORS, Door, SHA};
use portolan::server::access::{Policy, Standing};
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn every_route_is_in_the_table() {
    let routes =
        routes().into_iter().map(|(route, _)| route).chain(ROUTER.contains(".fallback(").then_some("fallback"));
    let missing: Vec<_> = routes.filter(|route| DOORS.iter().all(|door| door.0 != *route)).collect();
    assert!(missing.is_empty(), "add a row for {missing:?}");
}

const ROUTER: &str = include_str!("../src/server/http/router.rs");

/// The routes of the router with the methods that they take.
fn routes() -> Vec<(&'static str, Vec<&'static str>)> {
    let of = |chunk: &'static str| {
        let (route, rest) = chunk.split_once('"').unwrap();
        let takes = |(word, method): &(&str, &'static str)| rest.contains(word).then_some(*method);
        let words = [
            (" get(", "GET"),
            ("post(", "POST"),
            ("put(", "PUT"),
            ("patch(", "PATCH"),
            ("delete(", "DELETE"),
            ("any(", "ANY"),
        ];
        (route, words.iter().filter_map(takes).collect())
    };
    ROUTER.split(".route(").skip(1).map(|chunk| of(chunk.trim_start().trim_start_matches('"'))).collect()
}

#[tokio::test]
async fn every_door_opens_for_whom_it_should() {
    let (open, read_only) = (TestApp::new().await, TestApp::with("", Policy::ReadOnly).await);
    let mut wrong = Vec::new();
    for Door(_, method, path, if_open, if_read_only) in DOORS {
        let path = path.replace("SHA", SHA);
        for (test, expected, actor) in [(&open, if_open, "open"), (&read_only, if_read_only, "read-only")] {
            let answer = test.send(request(method, &path).body(Body::empty()).unwrap()).await;
            if answer.status.as_u16() != *expected {
                wrong.push(format!("{method} {path} under {actor}: {}, not {expected}", answer.status));
            }
            if answer.status.as_u16() >= 400 && !is_said(&path, answer.header("content-type")) {
                let said = answer.header("content-type");
                wrong.push(format!("{method} {path} under {actor} is refused in {said:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where nobody but programs asks there is no page of whoever a header names.
#[tokio::test]
async fn programs_that_ask_for_what_is_not_there_get_no_page() {
    let test = TestApp::new().await;
    for path in
        ["/v1", "/api", "/api/", "/token/", "/token/x", "/metrics/", "/health/x", "/hooks/x", "//v2/team/web/tags/list"]
    {
        let answer = test.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (404, "application/problem+json"),
            "{path}"
        );
        let read = test.ask("GET", path, &[("accept", "text/html")], "").await;
        assert!(read.status.as_u16() == 404 && !read.text().contains("admin"), "{path}: {}", read.text());
    }
}

/// What is for everybody. This list may only shrink.
const PUBLIC: &[&str] = &[
    "/",
    // It says what can be called, and nothing of what is here.
    "/api/openapi.json",
    "/auth/invite/{link}",
    "/auth/invite/{link}/by/{provider}",
    "/auth/login",
    "/auth/logout",
    "/auth/provider/{name}",
    "/auth/provider/{name}/callback",
    "/auth/setup",
    "/chart.svg",
    "/check.svg",
    "/chevron.svg",
    "/copy.svg",
    "/favicon.ico",
    "/favicon.svg",
    "/health/live",
    "/health/ready",
    "/icons.svg",
    "/pkg/{*path}",
    // What a registry trusts is no secret: a certificate, by which nobody signs anything.
    "/token/ca.pem",
    "/token/jwks.json",
    "/v1/{*rest}",
];

/// SEC-1, SEC-12, SEC-13, SEC-34: nobody gets through, and learns from no answer what is there.
#[tokio::test]
async fn nobody_gets_through_a_door_that_is_not_for_everybody() {
    let test = TestApp::new().await;
    test.push_image("team/web", "1", "amd64", b"layer").await;
    let (nobody, mut wrong) = (test.with_standing(Standing::anonymous(vec![])), Vec::new());
    for Door(route, method, path, ..) in DOORS.iter().filter(|door| !PUBLIC.contains(&door.0)) {
        let path = path.replace("SHA", SHA);
        let answer = nobody.send(request(method, &path).body(Body::empty()).unwrap()).await;
        let is_asked_in = answer.header("location").starts_with("/auth/login?next=");
        let is_challenged = answer.header("www-authenticate").starts_with("Bearer realm=");
        match answer.status.as_u16() {
            400 | 405 => {} // Refused before anybody was asked about.
            401 if !path.starts_with("/v2") || is_challenged => {}
            303 if is_asked_in && *method == "GET" => {}
            404 if *route == "/api/{*rest}" => {}
            404 if *route == "/v2/{*path}" && path.contains("/nothing/") => {}
            200 if *route == "/token" => assert!(!answer.text().contains("pull"), "{}", answer.text()),
            status => wrong.push(format!("{method} {path}: {status} {}", answer.header("location"))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (hidden, absent) in [
        ("/v2/team/web/tags/list", "/v2/team/xyz/tags/list"),
        ("/v2/team/web/manifests/1", "/v2/team/xyz/manifests/1"),
        ("/r/team/web", "/r/team/xyz"),
    ] {
        let (hidden, absent) = (nobody.get(hidden).await, nobody.get(absent).await);
        assert_eq!((hidden.status, hidden.body), (absent.status, absent.body));
        let header = |answer: &str| answer.replace("team/xyz", "team/web").replace("team%2Fxyz", "team%2Fweb");
        for name in ["www-authenticate", "location", "content-type", "content-length", "cache-control"] {
            assert_eq!(header(answered(&hidden.headers, name)), header(answered(&absent.headers, name)), "{name}");
        }
    }
}

fn answered<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().unwrap_or_default())
}

/// Whether a refusal is in the dialect of whoever asks there. Pages say it as a page.
fn is_said(path: &str, content_type: &str) -> bool {
    match path {
        _ if path.starts_with("/v2") || path.starts_with("/token") => content_type == "application/json",
        _ => matches!(content_type, "application/problem+json" | "text/html; charset=utf-8"),
    }
}

/// Pages elsewhere in a browser on this machine: under a name of theirs that leads here, or by a form.
#[tokio::test]
async fn no_door_opens_for_a_page_of_another_site() {
    let test = TestApp::new().await;
    for Door(_, method, path, ..) in DOORS.iter().filter(|door| !door.2.starts_with("/health")) {
        let path = path.replace("SHA", SHA);
        let rebound = axum::http::Request::builder().method(*method).uri(&path).header(header::HOST, "evil.example");
        let answer = test.send(rebound.body(Body::empty()).unwrap()).await;
        assert!(answer.status.is_client_error(), "{method} {path} under another name: {}", answer.status);
        if *method != "GET" {
            let posted = request(method, &path).header("sec-fetch-site", "cross-site").body(Body::empty());
            assert_eq!(test.send(posted.unwrap()).await.status.as_u16(), 403, "{method} {path} from another site");
        }
    }
}

/// SEC-36: probes may leave the host out; nothing else is reached by a path that only begins like theirs.
#[test]
fn no_other_door_opens_for_who_names_no_host() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &QUIET);
    let digest = sha256(b"secret");
    let push = format!("/v2/planted/a/blobs/uploads/?digest={digest}");
    assert_eq!(http("POST", &server.host, &push, &[], b"secret").0, 201);
    let rooms = ["v2/_catalog", "v2/planted/a/tags/list", "repositories", "r/planted/a", "metrics", "admin/mounts"];
    let blob = format!("v2/planted/a/blobs/{digest}");
    for version in ["1.0", "1.1"] {
        let ask = |method: &str, path: &str| {
            let mut stream = TcpStream::connect(&server.host).unwrap();
            write!(stream, "{method} {path} HTTP/{version}\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            (answer[9..12].parse::<u16>().unwrap(), answer)
        };
        assert_eq!(ask("GET", "/health/live").0, 200);
        for way in [
            "/",
            "/health/../",
            "/health/live/../../",
            "/health/%2e%2e/",
            "/health/.%2E/",
            "/health/..%2f",
            "/health//",
        ] {
            for room in rooms.into_iter().chain([blob.as_str()]) {
                let (status, said) = ask("GET", &format!("{way}{room}"));
                assert!(matches!(status, 400 | 404), "{way}{room}: {said}");
                assert!(!said.contains("secret") && (room.contains("planted") || !said.contains("planted")), "{said}");
            }
            let (status, said) = ask("POST", &format!("{way}v2/planted/a/blobs/uploads/"));
            assert!((400..500).contains(&status), "{way}: {said}");
        }
    }
}
