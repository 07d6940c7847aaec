//! Two servers over one database: what is taken at one of them opens nothing at the other a second later, however
//! lately the other looked. The clock stands still, so nothing ends by itself.

use super::api::{give, named, personal_token, send, user};
use super::credentials::exchanged;
use super::resting::token;
use super::stand_in::{CLIENT, SECRET, StandIn};
use super::ways_in::Browser;
use super::{PASSWORD, basic, cookie_of, with};
use crate::support::{START, TestApp, choices, eventually, postgres};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms};
use portolan::server::access::Policy;
use portolan::server::app::Choices;
use portolan::server::clock::ManualClock;
use portolan::server::config::Config;
use portolan::server::entropy::SeededEntropy;
use portolan::server::identity::sign_in;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a node may be late by.
const LATE: Duration = Duration::from_secs(1);
const SCOPE: &str = "repository:team/web:pull";

/// Two nodes, and the administrator's programs at the first.
struct Nodes {
    one: TestApp,
    other: TestApp,
    admin: TestApp,
    _folder: TempDir,
}

impl Nodes {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match postgres::schema_of_its_own().await {
            Some(url) => url,
            None => format!("sqlite:{}", folder.path().join("shared.db").display()),
        };
        let key_file = folder.path().join("shared.key").display().to_string();
        let text = format!(
            "[database]\nurl = \"{database}\"\n[auth]\nkey_file = \"{key_file}\"\n\
             [limits]\noutbound_allow = [\"127.0.0.0/8\"]"
        );
        let dir = ("PORTOLAN_DATA__DIR".to_owned(), folder.path().display().to_string());
        let config = Config::from_parts(Some((Path::new("test.toml"), &text)), [dir].into_iter()).unwrap();
        let (base, clock) = (TestApp::new().await, Arc::new(ManualClock::new(START)));
        let one = TestApp::over(&config, choices(Policy::Grants, clock.clone()), &base).await;
        sign_in::admin_by_configuration(&one.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
        let own = Choices { entropy: Arc::new(SeededEntropy::new(8)), ..choices(Policy::Grants, clock) };
        let other = TestApp::over(&config, own, &base).await;
        let admin = one.showing(&basic("mara", PASSWORD));
        admin.push_image("team/web", "v1", "amd64", b"layer").await;
        Self { one, other, admin, _folder: folder }
    }
}

/// Something that opens `team/web`.
#[derive(Clone)]
enum Shown {
    Cookie(String),
    Authorization(String),
}

impl Shown {
    async fn status(&self, node: &TestApp) -> u16 {
        let answer = match self {
            Self::Cookie(cookie) => with(node, "GET", "/r/team/web", ("cookie", cookie)).await,
            Self::Authorization(shown) => node.showing(shown).get("/v2/team/web/manifests/v1").await,
        };
        match answer.header("location").starts_with("/auth/login") {
            true => 401,
            false => answer.status.as_u16(),
        }
    }
}

/// All the ways of a person: a session, the password and a token of theirs, and what the registry gave for both.
struct Ways {
    grant: String,
    own: Vec<Shown>,
    by_token: Vec<Shown>,
}

impl Ways {
    async fn of(nodes: &Nodes, username: &str) -> Self {
        let _ = user(&nodes.admin, username).await;
        let grant = give(&nodes.admin, named(username), "reader", "team/*", None).await.unwrap();
        let terms = Terms::new(Role::Reader, "team/*".parse().unwrap(), None, None).unwrap();
        let secret = personal_token(&nodes.admin, username, terms, None).await;
        let cookie = cookie_of(&nodes.other, username, PASSWORD).await;
        let password = basic(username, PASSWORD);
        let own = [exchanged(&nodes.other, &password, SCOPE).await, password].map(Shown::Authorization);
        Self {
            grant,
            own: [Shown::Cookie(cookie)].into_iter().chain(own).collect(),
            by_token: of_token(nodes, username, &secret).await,
        }
    }

    fn all(&self) -> Vec<Shown> {
        [&self.own[..], &self.by_token].concat()
    }
}

/// The ways of showing a token.
async fn of_token(nodes: &Nodes, username: &str, secret: &str) -> Vec<Shown> {
    let shown = basic(username, secret);
    // What one node was told of a provider another learns within a moment.
    let asked = format!("/token?scope={SCOPE}");
    let knows = async || with(&nodes.other, "GET", &asked, ("authorization", &*shown)).await.status == StatusCode::OK;
    eventually("the other node knows them", knows).await;
    let short = exchanged(&nodes.other, &shown, SCOPE).await;
    [format!("Bearer {secret}"), shown, short].map(Shown::Authorization).into()
}

/// Each opens it, and the node knows it well by then.
async fn warm(node: &TestApp, ways: &[Shown]) {
    for _ in 0..2 {
        for (place, shown) in ways.iter().enumerate() {
            assert_eq!(shown.status(node).await, 200, "way {place}");
        }
    }
}

/// Waits until each is refused so. Whoever asks a second after the change must be.
async fn refused(node: &TestApp, ways: &[Shown], expected: u16, changed: Instant) {
    for (place, shown) in ways.iter().enumerate() {
        loop {
            let is_late = changed.elapsed() >= LATE;
            match shown.status(node).await {
                200 => assert!(!is_late, "way {place} still opens it {:?} later", changed.elapsed()),
                status => break assert_eq!(status, expected, "way {place}"),
            }
            tokio::task::yield_now().await;
        }
    }
}

/// AUTH-13.
#[tokio::test]
async fn what_is_taken_at_one_node_is_gone_at_the_other_within_a_second() {
    let nodes = Nodes::new().await;
    let (nina, otto) = (Ways::of(&nodes, "nina").await, Ways::of(&nodes, "otto").await);
    let of_nina = nodes.one.showing(&basic("nina", PASSWORD));
    let tokens = send(&of_nina, "GET", "tokens", json!(null)).await.json();
    let id = tokens["items"][0]["id"].as_str().unwrap();
    warm(&nodes.other, &nina.all()).await;
    warm(&nodes.other, &otto.all()).await;

    let revoked = send(&of_nina, "DELETE", &format!("tokens/{id}"), json!(null)).await;
    let changed = Instant::now();
    assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{}", revoked.text());
    refused(&nodes.other, &nina.by_token, 401, changed).await;
    warm(&nodes.other, &nina.own).await;

    let taken = send(&nodes.admin, "DELETE", &format!("grants/{}", otto.grant), json!(null)).await;
    let changed = Instant::now();
    assert_eq!(taken.status, StatusCode::NO_CONTENT, "{}", taken.text());
    refused(&nodes.other, &otto.all(), 404, changed).await;
    warm(&nodes.other, &nina.own).await;

    let disabled = send(&nodes.admin, "PATCH", "users/nina", json!({"disabled": true})).await;
    let changed = Instant::now();
    assert_eq!(disabled.status, StatusCode::OK, "{}", disabled.text());
    refused(&nodes.other, &nina.own, 401, changed).await;
}

/// AUTH-13.
#[tokio::test]
async fn a_provider_that_is_disabled_at_one_node_vouches_for_nobody_at_the_other() {
    let (nodes, provider) = (Nodes::new().await, StandIn::start().await);
    let acme = json!({"name": "acme", "kind": "oidc", "issuer": provider.issuer, "client_id": CLIENT,
                      "client_secret": SECRET, "open_sign_up": true, "enabled": true});
    let made = send(&nodes.admin, "POST", "providers", acme).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let mut browser = Browser::of(&nodes.one);
    assert_eq!(browser.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    let session = Shown::Cookie(format!("portolan={}", browser.cookie("portolan").unwrap()));
    give(&nodes.admin, named("mara.l"), "reader", "team/*", None).await.unwrap();
    let secret = token(&nodes.one, "mara.l").await;
    let mut ways = of_token(&nodes, "mara.l", &secret).await;
    ways.push(session);
    warm(&nodes.other, &ways).await;
    let disabled = send(&nodes.admin, "PATCH", "providers/acme", json!({"enabled": false})).await;
    let changed = Instant::now();
    assert_eq!(disabled.status, StatusCode::OK, "{}", disabled.text());
    refused(&nodes.other, &ways, 401, changed).await;
}
