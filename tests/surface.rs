//! Every door of the server, and who gets through it. A route that is not in this table fails the test.

mod callers;
mod read_only;

use crate::support::process::{QUIET, Server, http};
use crate::support::{TestApp, request, sha256};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use portolan::server::access::{Policy, Standing};
use std::io::{Read, Write};
use std::net::TcpStream;

/// A route as the router writes it, a request to it, and its status: for an administrator, and under the policy that
/// lets nobody write.
struct Door(&'static str, &'static str, &'static str, u16, u16);

const SHA: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const DOORS: &[Door] = &[
    Door("/", "GET", "/", 303, 303),
    Door("/repositories", "GET", "/repositories", 200, 200),
    Door("/repositories", "POST", "/repositories", 405, 405),
    Door("/repositories/new", "GET", "/repositories/new", 200, 403),
    Door("/repositories/new", "POST", "/repositories/new", 405, 405),
    Door("/r/{*rest}", "GET", "/r/team/web", 404, 404),
    Door("/r/{*rest}", "GET", "/r/team/web/-/tags/1", 404, 404),
    Door("/r/{*rest}", "GET", "/r/team/web/-/delete?tag=1", 404, 403),
    Door("/r/{*rest}", "GET", "/r/team/web/-/tags/1/delete", 404, 403),
    Door("/r/{*rest}", "GET", "/r/team/web/-/manifests/SHA/delete", 404, 403),
    Door("/r/{*rest}", "GET", "/r/team/web/-/settings/delete", 404, 403),
    Door("/n/{*rest}", "GET", "/n/team/-/settings/delete", 404, 403),
    Door("/r/{*rest}", "DELETE", "/r/team/web", 405, 405),
    Door("/n/{*rest}", "GET", "/n/team", 200, 404),
    Door("/n/{*rest}", "GET", "/n/team/-/access", 200, 403),
    Door("/n/{*rest}", "GET", "/n/team/-/activity", 200, 403),
    Door("/n/{*rest}", "GET", "/n/team/-/settings", 200, 403),
    Door("/n/{*rest}", "GET", "/n/team/-/robots", 200, 403),
    Door("/n/{*rest}", "GET", "/n/team/-/trash", 200, 403),
    Door("/n/{*rest}", "GET", "/n/team/-/as-of", 200, 403),
    Door("/n/{*rest}", "POST", "/n/team/-/as-of", 405, 405),
    Door("/r/{*rest}", "GET", "/r/team/web/-/history", 404, 404),
    Door("/r/{*rest}", "GET", "/r/team/web/-/tags/1/retag", 404, 404),
    Door("/r/{*rest}", "GET", "/r/team/web/-/tags/1/rename", 404, 404),
    Door("/r/{*rest}", "GET", "/r/team/web/-/tags/1/rollback", 404, 404),
    Door("/n/{*rest}", "GET", "/n/team/-/policies", 200, 403),
    Door("/n/{*rest}", "POST", "/n/team/-/policies", 405, 405),
    Door("/n/{*rest}", "POST", "/n/team/-/access", 405, 405),
    Door("/n/{*rest}", "POST", "/n/team/-/robots", 405, 405),
    Door("/r/{*rest}", "GET", "/r/team/web/-/access", 404, 403),
    Door("/r/{*rest}", "GET", "/r/team/web/-/settings", 404, 403),
    Door("/r/{*rest}", "POST", "/r/team/web/-/settings", 405, 405),
    Door("/account", "GET", "/account", 404, 403),
    Door("/account", "POST", "/account", 405, 405),
    Door("/account/{page}", "GET", "/account/tokens", 404, 403),
    Door("/account/{page}", "GET", "/account/none", 404, 404),
    Door("/account/{page}", "POST", "/account/none", 405, 405),
    Door("/activity", "GET", "/activity", 200, 403),
    Door("/trash", "GET", "/trash", 200, 403),
    Door("/trash", "POST", "/trash", 405, 405),
    Door("/jobs", "GET", "/jobs", 200, 200),
    Door("/jobs", "POST", "/jobs", 405, 405),
    Door("/jobs/{id}", "GET", "/jobs/none", 404, 404),
    Door("/jobs/{id}", "POST", "/jobs/none", 405, 405),
    Door("/admin/{page}", "GET", "/admin/mounts", 200, 200),
    Door("/admin/mounts/{*name}", "GET", "/admin/mounts/new", 200, 403),
    Door("/admin/mounts/{*name}", "GET", "/admin/mounts/-", 200, 200),
    Door("/admin/mounts/{*name}", "GET", "/admin/mounts/none", 404, 404),
    Door("/admin/mounts/{*name}", "POST", "/admin/mounts/new", 405, 405),
    Door("/admin/{page}", "GET", "/admin/users", 200, 403),
    Door("/admin/{page}", "GET", "/admin/groups", 200, 403),
    Door("/admin/{page}", "GET", "/admin/roles", 200, 403),
    Door("/admin/{page}", "GET", "/admin/access", 200, 403),
    Door("/admin/{page}", "GET", "/admin/providers", 200, 403),
    Door("/admin/{page}/{name}", "GET", "/admin/providers/new", 200, 403),
    Door("/admin/{page}/{name}", "GET", "/admin/providers/none", 404, 403),
    Door("/admin/{page}/{name}", "POST", "/admin/providers/new", 405, 405),
    Door("/admin/{page}", "POST", "/admin/users", 405, 405),
    Door("/admin/{page}/{name}", "GET", "/admin/users/none", 404, 403),
    Door("/admin/{page}/{name}", "GET", "/admin/groups/none", 404, 403),
    Door("/admin/{page}/{name}", "POST", "/admin/users/none", 405, 405),
    Door("fallback", "GET", "/nowhere", 404, 404),
    Door("fallback", "POST", "/_fn/anything", 404, 404),
    Door("/v2", "GET", "/v2", 200, 200),
    Door("/v2/", "GET", "/v2/", 200, 200),
    Door("/v2/", "POST", "/v2/", 405, 405),
    Door("/v2/{*path}", "GET", "/v2/_catalog", 200, 200),
    Door("/v2/{*path}", "GET", "/v2/team/web/tags/list", 404, 404),
    Door("/v2/{*path}", "GET", "/v2/team/web/manifests/1", 404, 404),
    Door("/v2/{*path}", "PUT", "/v2/team/web/manifests/1", 400, 403),
    Door("/v2/{*path}", "DELETE", "/v2/team/web/manifests/1", 404, 403),
    Door("/v2/{*path}", "GET", "/v2/team/web/blobs/SHA", 404, 404),
    Door("/v2/{*path}", "DELETE", "/v2/team/web/manifests/SHA", 404, 403),
    Door("/v2/{*path}", "DELETE", "/v2/team/web/blobs/SHA", 404, 403),
    Door("/v2/{*path}", "POST", "/v2/team/web/blobs/uploads/", 202, 403),
    Door("/v2/{*path}", "POST", "/v2/team/web/blobs/uploads/?digest=SHA", 201, 403),
    Door("/v2/{*path}", "GET", "/v2/team/web/blobs/uploads/none", 404, 403),
    Door("/v2/{*path}", "PATCH", "/v2/team/web/blobs/uploads/none", 404, 403),
    Door("/v2/{*path}", "PUT", "/v2/team/web/blobs/uploads/none?digest=SHA", 404, 403),
    Door("/v2/{*path}", "DELETE", "/v2/team/web/blobs/uploads/none", 404, 403),
    Door("/v2/{*path}", "POST", "/v2/team/web/blobs/uploads/?mount=SHA&from=team/api", 202, 403),
    Door("/v2/{*path}", "GET", "/v2/team/web/referrers/SHA", 200, 200),
    Door("/v2/{*path}", "POST", "/v2/team/web/referrers/SHA", 405, 405),
    Door("/v2/{*path}", "GET", "/v2/team/web/nothing/SHA", 404, 404),
    Door("/v1/{*rest}", "GET", "/v1/search", 404, 404),
    Door("/token", "GET", "/token?scope=repository:team/web:pull", 200, 200),
    Door("/token", "POST", "/token", 400, 400),
    Door("/token/jwks.json", "GET", "/token/jwks.json", 200, 200),
    Door("/token/ca.pem", "GET", "/token/ca.pem", 200, 200),
    Door("/api/v1/users", "GET", "/api/v1/users", 200, 403),
    Door("/api/v1/users", "POST", "/api/v1/users", 400, 400),
    Door("/api/v1/users/{who}", "GET", "/api/v1/users/none", 404, 403),
    Door("/api/v1/users/{who}", "PATCH", "/api/v1/users/none", 400, 400),
    Door("/api/v1/users/{who}", "DELETE", "/api/v1/users/none", 404, 403),
    Door("/api/v1/groups", "GET", "/api/v1/groups", 200, 403),
    Door("/api/v1/groups", "POST", "/api/v1/groups", 400, 400),
    Door("/api/v1/groups/{name}", "GET", "/api/v1/groups/none", 404, 403),
    Door("/api/v1/groups/{name}", "PATCH", "/api/v1/groups/none", 400, 400),
    Door("/api/v1/groups/{name}", "DELETE", "/api/v1/groups/none", 404, 403),
    Door("/api/v1/mounts", "GET", "/api/v1/mounts", 200, 200),
    Door("/api/v1/mounts", "POST", "/api/v1/mounts", 400, 400),
    Door("/api/v1/mounts/{*name}", "GET", "/api/v1/mounts/none", 404, 404),
    Door("/api/v1/mounts/{*name}", "PATCH", "/api/v1/mounts/none", 400, 400),
    Door("/api/v1/mounts/{*name}", "DELETE", "/api/v1/mounts/none", 404, 404),
    Door("/api/v1/jobs", "GET", "/api/v1/jobs", 200, 200),
    Door("/api/v1/jobs", "POST", "/api/v1/jobs", 400, 400),
    Door("/api/v1/jobs/{id}", "GET", "/api/v1/jobs/none", 404, 404),
    Door("/api/v1/jobs/{id}/{control}", "POST", "/api/v1/jobs/none/pause", 404, 404),
    Door("/events", "GET", "/events?scope=job:none", 404, 404),
    Door("/api/v1/roles", "GET", "/api/v1/roles", 200, 403),
    Door("/api/v1/roles/{name}", "GET", "/api/v1/roles/none", 404, 403),
    Door("/api/v1/providers", "GET", "/api/v1/providers", 200, 403),
    Door("/api/v1/providers", "POST", "/api/v1/providers", 400, 400),
    Door("/api/v1/providers/{name}", "GET", "/api/v1/providers/none", 404, 403),
    Door("/api/v1/providers/{name}", "PATCH", "/api/v1/providers/none", 400, 400),
    Door("/api/v1/providers/{name}", "DELETE", "/api/v1/providers/none", 404, 403),
    Door("/api/v1/activity", "GET", "/api/v1/activity", 200, 403),
    Door("/api/v1/grants", "GET", "/api/v1/grants", 200, 403),
    Door("/api/v1/grants", "POST", "/api/v1/grants", 400, 400),
    Door("/api/v1/grants/{id}", "GET", "/api/v1/grants/none", 404, 404),
    Door("/api/v1/grants/{id}", "PATCH", "/api/v1/grants/none", 400, 400),
    Door("/api/v1/grants/{id}", "DELETE", "/api/v1/grants/none", 404, 404),
    Door("/api/v1/protections", "GET", "/api/v1/protections", 200, 200),
    Door("/api/v1/protections", "POST", "/api/v1/protections", 400, 400),
    Door("/api/v1/protections/{id}", "GET", "/api/v1/protections/none", 404, 404),
    Door("/api/v1/protections/{id}", "PATCH", "/api/v1/protections/none", 400, 400),
    Door("/api/v1/protections/{id}", "DELETE", "/api/v1/protections/none", 404, 404),
    Door("/api/v1/r/{*repository}", "POST", "/api/v1/r/team/web", 400, 400),
    Door("/api/v1/tokens", "GET", "/api/v1/tokens", 404, 403),
    Door("/api/v1/tokens", "POST", "/api/v1/tokens", 400, 400),
    Door("/api/v1/tokens/{id}", "GET", "/api/v1/tokens/none", 404, 403),
    Door("/api/v1/tokens/{id}", "DELETE", "/api/v1/tokens/none", 404, 403),
    Door("/api/v1/robots", "GET", "/api/v1/robots", 200, 200),
    Door("/api/v1/robots", "POST", "/api/v1/robots", 400, 400),
    Door("/api/v1/robots/{id}", "GET", "/api/v1/robots/none", 404, 404),
    Door("/api/v1/robots/{id}", "PATCH", "/api/v1/robots/none", 400, 400),
    Door("/api/v1/robots/{id}", "DELETE", "/api/v1/robots/none", 404, 404),
    Door("/api/v1/robots/{id}/rotate", "POST", "/api/v1/robots/none/rotate", 404, 404),
    Door("/api/v1/repositories", "GET", "/api/v1/repositories", 200, 200),
    Door("/api/v1/r/{*repository}", "GET", "/api/v1/r/team/none", 404, 404),
    Door("/api/v1/r/{*repository}", "GET", "/api/v1/r/team/none/-/tags", 404, 404),
    Door("/api/v1/r/{*repository}", "DELETE", "/api/v1/r/team/none", 404, 403),
    Door("/api/v1/r/{*repository}", "DELETE", "/api/v1/r/team/none/-/tags/1", 404, 403),
    Door("/api/v1/n/{*namespace}", "GET", "/api/v1/n/team", 200, 403),
    Door("/api/v1/n/{*namespace}", "PATCH", "/api/v1/n/team", 400, 400),
    Door("/api/v1/r/{*repository}", "PUT", "/api/v1/r/team/none/-/tags/1", 400, 400),
    Door("/api/v1/r/{*repository}", "POST", "/api/v1/r/team/none/-/delete-preview", 400, 400),
    Door("/api/v1/r/{*repository}", "POST", "/api/v1/r/team/none/-/delete", 400, 400),
    Door("/api/v1/r/{*repository}", "POST", "/api/v1/r/team/none/-/rollback", 400, 400),
    Door("/api/v1/r/{*repository}", "POST", "/api/v1/r/team/none/-/rename", 400, 400),
    Door("/api/v1/r/{*repository}", "GET", "/api/v1/r/team/none/-/history", 404, 404),
    Door("/api/v1/n/{*namespace}", "GET", "/api/v1/n/team/-/as-of?t=2026-11-24T05:59:59Z", 200, 403),
    Door("/api/v1/n/{*namespace}", "POST", "/api/v1/n/team/-/rollback", 400, 400),
    Door("/api/v1/n/{*namespace}", "POST", "/api/v1/n/none/-/delete", 400, 400),
    Door("/api/v1/n/{*namespace}", "DELETE", "/api/v1/n/none", 404, 403),
    Door("/api/v1/trash", "GET", "/api/v1/trash", 200, 200),
    Door("/api/v1/trash/restore", "POST", "/api/v1/trash/restore", 400, 400),
    Door("/api/v1/trash/purge", "POST", "/api/v1/trash/purge", 400, 400),
    Door("/api/v1/trash/{id}", "GET", "/api/v1/trash/none", 404, 404),
    Door("/api/v1/trash/{id}", "DELETE", "/api/v1/trash/none", 404, 404),
    Door("/api/v1/trash/{id}/restore", "POST", "/api/v1/trash/none/restore", 404, 404),
    Door("/api/v1/waiting", "GET", "/api/v1/waiting", 200, 403),
    Door("/api/v1/waiting/{id}", "GET", "/api/v1/waiting/YQpi", 404, 403),
    Door("/api/v1/waiting/{id}", "DELETE", "/api/v1/waiting/YQpi", 404, 403),
    Door("/api/v1/waiting/{id}/let-in", "POST", "/api/v1/waiting/YQpi/let-in", 404, 403),
    Door("/api/v1/r/{*repository}", "PATCH", "/api/v1/r/team/web", 400, 400),
    Door("/api/{*rest}", "GET", "/api/v1/nothing", 404, 404),
    Door("/auth/login", "GET", "/auth/login", 303, 303),
    Door("/auth/login", "POST", "/auth/login", 400, 400),
    Door("/auth/setup", "GET", "/auth/setup?token=none", 410, 410),
    Door("/auth/setup", "POST", "/auth/setup", 400, 400),
    Door("/auth/invite/{link}", "GET", "/auth/invite/none", 410, 410),
    Door("/auth/invite/{link}/by/{provider}", "GET", "/auth/invite/none/by/none", 404, 404),
    Door("/auth/invite/{link}", "POST", "/auth/invite/none", 400, 400),
    Door("/auth/provider/{name}", "GET", "/auth/provider/none", 404, 303),
    Door("/auth/provider/{name}", "GET", "/auth/provider/none?try=yes", 404, 303),
    Door("/auth/provider/{name}/callback", "GET", "/auth/provider/none/callback?code=a&state=b", 403, 403),
    Door("/auth/logout", "GET", "/auth/logout", 303, 303),
    Door("/auth/logout", "POST", "/auth/logout", 303, 303),
    Door("/events", "GET", "/events?scope=nothing", 400, 400),
    Door("/events", "GET", "/events?scope=repositories&since=then", 400, 400),
    Door("/metrics", "GET", "/metrics", 200, 200),
    Door("/health/live", "GET", "/health/live", 200, 200),
    Door("/health/ready", "GET", "/health/ready", 200, 200),
    Door("/pkg/{*path}", "GET", "/pkg/nothing.js", 404, 404),
    Door("/pkg/{*path}", "GET", "/pkg/..%2f..%2fCargo.toml", 404, 404),
    Door("/favicon.ico", "GET", "/favicon.ico", 308, 308),
    Door("/favicon.svg", "GET", "/favicon.svg", 200, 200),
    Door("/icons.svg", "GET", "/icons.svg", 200, 200),
    Door("/chart.svg", "GET", "/chart.svg", 200, 200),
    Door("/chevron.svg", "GET", "/chevron.svg", 200, 200),
    Door("/copy.svg", "GET", "/copy.svg", 200, 200),
    Door("/check.svg", "GET", "/check.svg", 200, 200),
];

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
        let words = [(" get(", "GET"), ("post(", "POST"), ("patch(", "PATCH"), ("delete(", "DELETE"), ("any(", "ANY")];
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
    for path in ["/v1", "/api", "/api/", "/token/", "/token/x", "/metrics/", "/health/x", "//v2/team/web/tags/list"] {
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
