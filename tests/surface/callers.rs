//! Every door for whoever lacks the right to it: nobody, a stranger, somebody of another namespace, a reader and a
//! publisher of the right one, an auditor. What was asked is whole, so that only the right to it can be missing.

mod rows;

use crate::support::{OCI_MANIFEST, TestApp, request, sha256, user};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, header};
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;
use portolan::ui::form::Intent;
use rows::ROWS;
use std::collections::BTreeSet;
use tower::ServiceExt;

/// Who asks, in the order of the table.
const CALLERS: [(&str, Option<(Role, &str)>); 6] = [
    ("nobody", None),
    ("a stranger", None),
    ("a reader elsewhere", Some((Role::Reader, "other/*"))),
    ("a reader", Some((Role::Reader, "team/*"))),
    ("a publisher", Some((Role::Publisher, "team/*"))),
    ("an auditor", Some((Role::Auditor, "*"))),
];

/// A method, an address, what is sent, and the status for each of [`CALLERS`].
struct Row(&'static str, &'static str, &'static str, [u16; 6]);

/// What gets through for somebody to whom nothing was granted. This list may only shrink.
const FOR_STRANGERS: &[&str] = &[
    "GET /account",
    "GET /account/tokens",
    "GET /api/v1/repositories",
    "GET /api/v1/robots",
    "GET /api/v1/tokens",
    "GET /events",
    "GET /repositories",
    "GET /token",
    "GET /v2",
    "GET /v2/",
    "GET /v2/_catalog",
    "POST /account/tokens do=create-token",
    "POST /api/v1/tokens",
];

/// A server with something behind each door.
struct World {
    test: TestApp,
    grant: String,
    digest: String,
    manifest: String,
}

impl World {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let manifest = test.image("team/web", "amd64", b"layer").await;
        test.put_manifest("team/web", "1", OCI_MANIFEST, &manifest).await;
        for (path, body) in [
            ("users", r#"{"username":"nina"}"#),
            ("users", r#"{"username":"otto"}"#),
            ("groups", r#"{"name":"eng"}"#),
            ("robots", r#"{"name":"ci-team","namespace":"team","role":"reader","scope":"team/*"}"#),
        ] {
            let made = test.call("POST", &format!("/api/v1/{path}"), "application/json", body).await;
            assert_eq!(made.status.as_u16(), 201, "{path}: {}", made.text());
        }
        let grant = r#"{"principal":{"user":"otto"},"role":"reader","scope":"team/web","tags":null,"expires_at":null}"#;
        let given = test.call("POST", "/api/v1/grants", "application/json", grant).await.json();
        let grant = given["id"].as_str().unwrap().to_owned();
        Self { test, grant, digest: sha256(manifest.as_bytes()), manifest }
    }

    fn fill(&self, text: &str) -> String {
        let other = self.manifest.replacen('{', r#"{"annotations":{"a":"b"},"#, 1);
        let text = text.replace("GRANT", &self.grant).replace("DIGEST", &self.digest).replace("SHA", super::SHA);
        let text = text.replace("LAYER", &sha256(b"layer"));
        text.replace("MANIFEST", &self.manifest).replace("OTHER", &other)
    }

    async fn ask(&self, by: &TestApp, method: &str, path: &str, body: &str) -> Said {
        let kind = match body.as_bytes() {
            [b'd', b'o', b'=', ..] => "application/x-www-form-urlencoded",
            _ if path.starts_with("/v2/") => OCI_MANIFEST,
            _ => "application/json",
        };
        let asked = request(method, path).header(header::CONTENT_TYPE, kind).header("sec-fetch-site", "same-origin");
        let asked = asked.header(header::CONTENT_LENGTH, body.len()).body(Body::from(body.to_owned())).unwrap();
        let (parts, body) = by.open_router().oneshot(asked).await.unwrap().into_parts();
        // A stream of events has no end.
        let is_endless = path.starts_with("/events") && parts.status.is_success();
        let body = if is_endless { Vec::new() } else { to_bytes(body, 16 << 20).await.unwrap().to_vec() };
        Said {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

struct Said {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Said {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or_default())
    }

    fn is_through(&self) -> bool {
        self.status < 400 && !self.header("location").starts_with("/auth/login?next=")
    }

    /// All that was said, but for the request's own id and nonce, and with these names for those.
    fn whole(&self, names: &[(String, String)]) -> String {
        let nonce = self.header("content-security-policy").split("'nonce-").nth(1).and_then(|it| it.split('\'').next());
        let mut lines: Vec<String> = self.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        lines.sort();
        let mut text = format!("{}\n{}\n{}", self.status, lines.join("\n"), self.body);
        for own in [Some(self.header("x-request-id")), nonce].into_iter().flatten().filter(|own| !own.is_empty()) {
            text = text.replace(own, "OWN");
        }
        for (absent, hidden) in names {
            let (encoded, of) = (absent.replace('/', "%2F"), hidden.replace('/', "%2F"));
            text = text.replace(absent, hidden).replace(&encoded, &of);
        }
        text
    }
}

fn standing(number: usize) -> Standing {
    match CALLERS[number] {
        ("nobody", _) => Standing::anonymous(vec![]),
        (_, None) => Standing::of(user("nina")),
        (_, Some((role, scope))) => {
            let terms = Terms { role, scope: scope.parse().unwrap(), tags: None, expires_at: None };
            Standing { terms: vec![terms], ..Standing::of(user("nina")) }
        }
    }
}

/// SEC-1, SEC-12, SEC-24: who lacks the right gets through no door, and learns from no answer whether what they ask
/// for is there.
#[tokio::test]
async fn every_door_stays_shut_for_who_lacks_the_right() {
    let mut said = vec![[0; 6]; ROWS.len()];
    let (mut wrong, mut open) = (Vec::new(), BTreeSet::new());
    for (number, (caller, _)) in CALLERS.iter().enumerate() {
        let world = World::new().await;
        let by = world.test.with_standing(standing(number));
        for (row, Row(method, path, body, _)) in ROWS.iter().enumerate() {
            let (asked, sent) = (world.fill(path), world.fill(body));
            let answer = world.ask(&by, method, &asked, &sent).await;
            said[row][number] = answer.status;
            let intent = sent.split('&').next().filter(|field| field.starts_with("do=")).unwrap_or_default();
            let door = format!("{method} {} {intent}", path.split('?').next().unwrap_or_default());
            if *caller == "a stranger" && answer.is_through() && !is_public(path) {
                open.insert(door.trim().to_owned());
            }
            let is_own = ["/account", "/api/v1/tokens", "/auth/", "/token"].iter().any(|own| path.starts_with(own));
            if *caller == "an auditor" && !matches!(*method, "GET" | "HEAD") && answer.is_through() && !is_own {
                wrong.push(format!("{caller} changes something by {door}"));
            }
            if number < 3 && !answer.is_through() {
                let names =
                    [("team/xyz", "team/web"), ("ci-none", "ci-team")].map(|(a, h)| (a.to_owned(), h.to_owned()));
                let gone = (world.grant.replace(|c: char| c.is_ascii_hexdigit(), "0"), world.grant.clone());
                let names: Vec<_> = names.into_iter().chain([gone]).collect();
                let absent =
                    |text: &str| names.iter().fold(text.to_owned(), |text, (absent, it)| text.replace(it, absent));
                let other = world.ask(&by, method, &absent(&asked), &absent(&sent)).await;
                let (hidden, other) = (answer.whole(&names), other.whole(&names));
                if hidden != other {
                    wrong.push(format!("{caller} tells by {door} what is there:\n{hidden}\n--- absent:\n{other}"));
                }
            }
        }
    }
    for (row, Row(method, path, body, expected)) in ROWS.iter().enumerate() {
        if said[row] != *expected {
            wrong.push(format!("    Row({method:?}, {path:?}, r#\"{body}\"#, {:?}),", said[row]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(open.iter().map(String::as_str).collect::<Vec<_>>(), FOR_STRANGERS);
}

fn is_public(path: &str) -> bool {
    super::PUBLIC.iter().any(|route| fits(route, path))
}

/// Whether an address is one of a route's.
fn fits(route: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (mut asked, mut parts) = (path.split('/'), route.split('/'));
    loop {
        match (parts.next(), asked.next()) {
            (Some(part), Some(_)) if part.starts_with("{*") => return true,
            (Some(part), Some(own)) if part == own || part.starts_with('{') => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

#[test]
fn every_route_and_every_form_has_a_row() {
    let routes = super::routes();
    // A router takes the route that says the most, from the left.
    let openness = |route: &str| -> Vec<_> {
        route.split('/').map(|part| (part.starts_with("{*"), part.starts_with('{'))).collect()
    };
    let route_of = |path: &str| {
        let fitting = routes.iter().filter(|(route, _)| fits(route, path));
        fitting.min_by_key(|(route, _)| openness(route))
    };
    let mut seen = BTreeSet::new();
    for Row(method, path, ..) in ROWS {
        if let Some((route, _)) = route_of(path) {
            seen.extend([(*route, *method), (*route, "ANY")]);
        }
    }
    let is_file = |route: &str| route.ends_with(".svg") || route.ends_with(".ico");
    let mut missing = Vec::new();
    for (route, methods) in routes.iter().filter(|(route, _)| !is_file(route)) {
        missing.extend(
            methods.iter().filter(|method| !seen.contains(&(*route, **method))).map(|it| format!("{it} {route}")),
        );
    }
    assert!(missing.is_empty(), "add a row for {missing:?}");
    let has =
        |intent: &Intent| ROWS.iter().any(|row| row.2.split('&').next() == Some(&format!("do={}", intent.name())));
    let missing: Vec<_> = Intent::ALL.into_iter().filter(|intent| !has(intent)).collect();
    assert!(missing.is_empty(), "add a row for {missing:?}");
}
