//! Every door for whoever lacks the right to it: nobody, a stranger, a reader, an owner and a robot of another
//! namespace, a reader and a publisher of the right one, an auditor, and an administrator whose token is a reader's. What
//! was asked is whole, so that only the right to it can be missing.

mod answers;
mod gets;
mod rows;
mod shown;

use crate::support::{OCI_MANIFEST, TestApp, request, sha256, user};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, header};
use portolan::domain::{Actor, Role, Terms};
use portolan::server::access::{Bound, Standing};
use portolan::ui::form::Intent;
use rows::ROWS;
use std::collections::BTreeSet;
use tower::ServiceExt;

/// Who asks, in the order of the table.
const CALLERS: [(&str, Option<(Role, &str)>); N_CALLERS] = [
    ("nobody", None),
    ("a stranger", None),
    ("a reader elsewhere", Some((Role::Reader, "other/*"))),
    ("an owner elsewhere", Some((Role::Owner, "other/*"))),
    ("a robot elsewhere", Some((Role::Maintainer, "other/*"))),
    ("a reader", Some((Role::Reader, "team/*"))),
    ("a publisher", Some((Role::Publisher, "team/*"))),
    ("an auditor", Some((Role::Auditor, "*"))),
    ("an administrator by a reader's token", Some((Role::Admin, "*"))),
];
const N_CALLERS: usize = 9;
/// The first of them, who may see nothing of `team`.
const N_OUTSIDE: usize = 5;

/// A method, an address, what is sent, and the status for each of [`CALLERS`].
struct Row(&'static str, &'static str, &'static str, [u16; N_CALLERS]);

/// Who changes nothing but what is their own.
const READ_ONLY: [&str; 2] = ["an auditor", "an administrator by a reader's token"];

/// What gets through for somebody to whom nothing was granted. It grows by nothing but what says nothing of what is here.
const FOR_STRANGERS: &[&str] = &[
    "GET /account",
    "GET /account/tokens",
    "GET /api/v1/account",
    "GET /api/v1/namespaces",
    "GET /api/v1/repositories",
    "GET /api/v1/robots",
    "GET /api/v1/search",
    "GET /api/v1/tokens",
    "GET /api/v1/trash",
    "GET /events",
    "GET /help",
    "GET /help/api",
    "GET /help/shortcuts",
    "GET /repositories",
    "GET /search",
    "GET /token",
    "GET /v2",
    "GET /v2/",
    "GET /v2/_catalog",
    "POST /account/tokens do=create-token",
    "POST /api/v1/tokens",
    "POST /help/shortcuts do=keys",
];

/// The method and the address of every row.
pub(super) fn asked() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROWS.iter().map(|Row(method, path, ..)| (*method, *path))
}

/// A server with something behind each door.
struct World {
    test: TestApp,
    grant: String,
    job: String,
    token: String,
    rule: String,
    digest: String,
    manifest: String,
}

impl World {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let manifest = test.image("team/web", "amd64", b"layer").await;
        test.put_manifest("team/web", "1", OCI_MANIFEST, &manifest).await;
        test.push_image("other/mine", "1", "amd64", b"mine").await;
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
        let job = test.call("POST", "/api/v1/jobs", "application/json", r#"{"kind":"gc"}"#).await.json();
        let job = job["id"].as_str().unwrap().to_owned();
        let otto = test.with_standing(Standing::of(user("otto")));
        let made = otto.call("POST", "/api/v1/tokens", "application/json", r#"{"name":"laptop"}"#).await.json();
        let token = made["id"].as_str().unwrap().to_owned();
        let rule = r#"{"scope":"team/*","tags":"kept-*","kind":"protected","role":"owner"}"#;
        let set = test.call("POST", "/api/v1/protections", "application/json", rule).await.json();
        let rule = set["id"].as_str().unwrap().to_owned();
        Self { test, grant, job, token, rule, digest: sha256(manifest.as_bytes()), manifest }
    }

    /// All that there is of `team` and of its people.
    async fn of_team(&self) -> Vec<String> {
        let otto = self.test.with_standing(Standing::of(user("otto")));
        let mut seen = vec![otto.get("/api/v1/tokens").await.text()];
        for path in [
            "users",
            "users/otto",
            "groups/eng",
            "grants?limit=500",
            "robots",
            "n/team",
            "r/team/web",
            "mounts",
            "protections",
            "jobs",
        ] {
            seen.push(self.test.get(&format!("/api/v1/{path}")).await.text());
        }
        for path in ["tags/list", "manifests/1"] {
            seen.push(self.test.get(&format!("/v2/team/web/{path}")).await.text());
        }
        seen
    }

    fn fill(&self, text: &str) -> String {
        let other = self.manifest.replacen('{', r#"{"annotations":{"a":"b"},"#, 1);
        let text = text
            .replace("GRANT", &self.grant)
            .replace("TOKEN", &self.token)
            .replace("RULE", &self.rule)
            .replace("JOB", &self.job)
            .replace("DIGEST", &self.digest)
            .replace("SHA", super::SHA);
        let text = text.replace("LAYER", &sha256(b"layer"));
        text.replace("MANIFEST", &self.manifest).replace("OTHER", &other)
    }

    /// Names of nothing, for names of what is there.
    fn absent(&self) -> Vec<(String, String)> {
        let names = [("team/xyz", "team/web"), ("ci-none", "ci-team")].map(|(a, h)| (a.to_owned(), h.to_owned()));
        let ids = [&self.grant, &self.token, &self.rule, &self.job].into_iter().zip(["0", "1", "2", "3"]);
        let nothing = |(id, digit): (&String, &str)| (id.replace(|c: char| c.is_ascii_hexdigit(), digit), id.clone());
        names.into_iter().chain(ids.map(nothing)).collect()
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

    /// All that was said, but for the request's own id and nonce and the plan of a form, and with these names for those.
    fn whole(&self, names: &[(String, String)]) -> String {
        let nonce = self.header("content-security-policy").split("'nonce-").nth(1).and_then(|it| it.split('\'').next());
        let mut lines: Vec<String> = self.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        lines.sort();
        let mut text = format!("{}\n{}\n{}", self.status, lines.join("\n"), unsealed(&self.body));
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

/// A page without the plan in its form, which is another one each time.
fn unsealed(page: &str) -> String {
    let mut pieces = page.split("name=\"plan\" value=\"");
    let first = pieces.next().unwrap_or_default();
    let rest = pieces.map(|piece| piece.split_once('"').map_or(piece, |(_, rest)| rest));
    std::iter::once(first).chain(rest).collect()
}

fn standing(number: usize) -> Standing {
    let of = |role, scope: &str| Terms { role, scope: scope.parse().unwrap(), tags: None, expires_at: None };
    let (caller, granted) = CALLERS[number];
    let actor = match caller {
        "nobody" => return Standing::anonymous(vec![]),
        "a robot elsewhere" => Actor::Robot("ci-other".parse().unwrap()),
        _ => user("nina"),
    };
    let terms = granted.map(|(role, scope)| of(role, scope)).into_iter().collect();
    let standing = Standing { terms, ..Standing::of(actor) };
    match caller.strip_suffix(" by a reader's token") {
        Some(_) => Standing {
            token: Some("of a reader".to_owned()),
            bounds: vec![Bound::Terms(of(Role::Reader, "team/*"))],
            ..standing
        },
        None => standing,
    }
}

/// SEC-1, SEC-10, SEC-12, SEC-24, SEC-29: who lacks the right gets through no door, and learns from no answer whether
/// what they ask for is there.
#[tokio::test]
async fn every_door_stays_shut_for_who_lacks_the_right() {
    let mut said = vec![[0; N_CALLERS]; ROWS.len()];
    let (mut wrong, mut open) = (Vec::new(), BTreeSet::new());
    for (number, (caller, _)) in CALLERS.iter().enumerate() {
        let world = World::new().await;
        let by = world.test.with_standing(standing(number));
        let before = world.of_team().await;
        for (row, Row(method, path, body, _)) in ROWS.iter().enumerate() {
            let (asked, sent) = (world.fill(path), world.fill(body));
            let answer = world.ask(&by, method, &asked, &sent).await;
            said[row][number] = answer.status;
            let intent = sent.split('&').next().filter(|field| field.starts_with("do=")).unwrap_or_default();
            let door = format!("{method} {} {intent}", path.split('?').next().unwrap_or_default());
            if *caller == "a stranger" && answer.is_through() && !is_public(path) {
                open.insert(door.trim().to_owned());
            }
            let is_own =
                ["/account", "/api/v1/tokens", "/auth/", "/help/", "/token"].iter().any(|own| path.starts_with(own));
            if READ_ONLY.contains(caller) && !matches!(*method, "GET" | "HEAD") && answer.is_through() && !is_own {
                wrong.push(format!("{caller} changes something by {door}"));
            }
            // A question on a page of their own is about nothing either.
            let is_question = *method == "GET" && asked.contains("/other/");
            if number < N_OUTSIDE && (!answer.is_through() || is_question) {
                let names = world.absent();
                let absent =
                    |text: &str| names.iter().fold(text.to_owned(), |text, (absent, it)| text.replace(it, absent));
                let other = world.ask(&by, method, &absent(&asked), &absent(&sent)).await;
                let (hidden, other) = (answer.whole(&names), other.whole(&names));
                if hidden != other {
                    wrong.push(format!("{caller} tells by {door} what is there:\n{hidden}\n--- absent:\n{other}"));
                }
            }
        }
        let after = world.of_team().await;
        if *caller != "a publisher" && before != after {
            wrong.push(format!("{caller} changed something:\n{before:?}\n{after:?}"));
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
    let missing: Vec<_> = Intent::ALL.iter().filter(|intent| !has(intent)).collect();
    assert!(missing.is_empty(), "add a row for {missing:?}");
}
