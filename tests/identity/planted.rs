//! Every secret that there is, planted and used in one run of the built binary at its most talkative: none stands in
//! what it says or keeps.

use super::basic;
use super::stand_in::{CLIENT, SECRET, StandIn};
use crate::support::process::Server;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use portolan::server::clock::{Clock, SystemClock};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, Response};
use rusqlite::types::ValueRef;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const ADMINS: &str = "planted horse of mara";
const PERSONS: &str = "planted horse of paula";
const GUESSED: &str = "planted horse of nobody";
const MOUNTS: &str = "planted password of a mount";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Who asks, what they were refused with, and what was planted.
struct Run {
    browser: reqwest::Client,
    host: String,
    refusals: Mutex<Vec<(String, u16, String)>>,
    planted: Vec<(&'static str, String)>,
}

/// What came back.
struct Came {
    status: u16,
    location: String,
    cookies: Vec<String>,
    body: String,
}

impl Run {
    async fn ask(&self, method: &str, path: &str, shown: &[(reqwest::header::HeaderName, &str)], body: &str) -> Came {
        let url = format!("http://{}{path}", self.host);
        let asked = self.browser.request(Method::from_bytes(method.as_bytes()).unwrap(), url).body(body.to_owned());
        let asked = asked.header("sec-fetch-site", "same-origin");
        let asked = shown.iter().fold(asked, |asked, (name, value)| asked.header(name, *value));
        let answer: Response = asked.send().await.unwrap();
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
        let came = Came {
            status: answer.status().as_u16(),
            location: answer.headers().get(LOCATION).map(text).unwrap_or_default(),
            cookies: answer.headers().get_all(SET_COOKIE).iter().map(text).collect(),
            body: answer.text().await.unwrap(),
        };
        if came.status >= 400 {
            let path = path.split('?').next().unwrap_or_default();
            let own =
                path.strip_prefix("/auth/invite/").or(body.strip_prefix("token=").and_then(|it| it.split('&').next()));
            // A form that comes back carries the link on that brought its reader there.
            let said = own.map_or_else(|| came.body.clone(), |link| came.body.replace(link, ""));
            self.refusals.lock().unwrap().push((format!("{method} {path}"), came.status, said));
        }
        came
    }

    async fn api(&self, shown: &str, method: &str, path: &str, body: Value) -> Value {
        let headers = [(AUTHORIZATION, shown), (CONTENT_TYPE, JSON)];
        let came = self.ask(method, &format!("/api/v1/{path}"), &headers, &body.to_string()).await;
        assert!(came.status < 300, "{method} {path}: {} {}", came.status, came.body);
        serde_json::from_str(&came.body).unwrap_or_default()
    }

    async fn form(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Came {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask("POST", path, &[(CONTENT_TYPE, FORM), (COOKIE, cookie)], &body).await
    }

    async fn get(&self, path: &str, shown: &str) -> Came {
        self.ask("GET", path, &[(AUTHORIZATION, shown)], "").await
    }

    fn plant(&mut self, what: &'static str, secret: &str) {
        assert!(secret.len() >= 16, "{what} could stand anywhere: {secret}");
        self.planted.push((what, secret.to_owned()));
    }

    /// Keeps what a session is known by.
    fn plant_session(&mut self, what: &'static str, came: &Came) -> String {
        assert_eq!(came.status, 303, "{what}: {}", came.body);
        let cookies = came.cookies.iter().filter_map(|set| set.split(';').next()).map(str::to_owned);
        let cookies: Vec<String> = cookies.filter(|cookie| !cookie.ends_with('=')).collect();
        for cookie in &cookies {
            self.plant(what, cookie.split_once('=').unwrap().1);
        }
        cookies.join("; ")
    }
}

/// A registry that lets the mount's password in, and says when it was asked for a manifest with it.
async fn upstream() -> (String, Arc<Notify>) {
    let was_asked = Arc::new(Notify::new());
    let asked = Arc::clone(&was_asked);
    let router = Router::new().fallback(move |request: Request| {
        let asked = Arc::clone(&asked);
        async move {
            let shown = request.headers().get("authorization").map(|it| it.to_str().unwrap().to_owned());
            if shown != Some(basic("robot", MOUNTS)) {
                return (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic realm=\"registry\"")]).into_response();
            }
            match request.uri().path() {
                path if path.ends_with("/tags/list") => {
                    Json(json!({"name": "team/web", "tags": ["v1"]})).into_response()
                }
                path if path.contains("/manifests/") => {
                    asked.notify_one();
                    // It repeats what it was shown, as broken ones do.
                    (StatusCode::INTERNAL_SERVER_ERROR, format!("no {path} for {}", shown.unwrap())).into_response()
                }
                _ => Json(json!({"repositories": ["team/web"]})).into_response(),
            }
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, was_asked)
}

/// Somebody becomes the administrator by the link that was printed, and somebody else a user by an invitation.
async fn people(run: &mut Run, link: &str) -> (String, String) {
    let link = link.split("token=").nth(1).unwrap().trim().to_owned();
    run.plant("the set-up link", &link);
    run.plant("an administrator's password", ADMINS);
    let short = [("token", &*link), ("username", "mara"), ("name", ""), ("password", "short")];
    assert_eq!(run.form("/auth/setup", "", &short).await.status, 422);
    let made = [("token", &*link), ("username", "mara"), ("name", "Mara"), ("password", ADMINS)];
    let came = run.form("/auth/setup", "", &made).await;
    let session = run.plant_session("the first session", &came);
    assert_eq!(run.ask("GET", &format!("/auth/setup?token={link}"), &[], "").await.status, 410);
    let mara = basic("mara", ADMINS);

    let invited = run.api(&mara, "POST", "users", json!({"username": "paula"})).await;
    let invitation = invited["invite_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    run.plant("an invitation", &invitation);
    run.plant("a password", PERSONS);
    run.plant("a wrong password", GUESSED);
    let page = format!("/auth/invite/{invitation}");
    assert_eq!(run.form(&page, "", &[("password", "short")]).await.status, 422);
    let came = run.form(&page, "", &[("password", PERSONS)]).await;
    run.plant_session("a session of an invitation", &came);
    assert!(matches!(run.form(&page, "", &[("password", PERSONS)]).await.status, 404 | 410));
    let came = run.form("/auth/login", "", &[("username", "paula"), ("password", PERSONS)]).await;
    run.plant_session("a session", &came);
    assert_eq!(run.form("/auth/login", "", &[("username", "paula"), ("password", GUESSED)]).await.status, 401);
    (mara, session)
}

/// Programs with tokens of a person and of a robot, and what the registry gives for them.
async fn programs(run: &mut Run, mara: &str) {
    let grant = json!({"principal": {"user": "paula"}, "role": "publisher", "scope": "team/*"});
    run.api(mara, "POST", "grants", grant).await;
    let token = run.api(&basic("paula", PERSONS), "POST", "tokens", json!({"name": "laptop"})).await;
    let token = token["secret"].as_str().unwrap().to_owned();
    run.plant("a personal token", &token);
    let robot = json!({"name": "ci", "namespace": "team", "role": "publisher", "scope": "team/*"});
    let robot = run.api(mara, "POST", "robots", robot).await["secret"].as_str().unwrap().to_owned();
    run.plant("a robot's secret", &robot);
    let ways = [basic("paula", PERSONS), basic("paula", &token), format!("Bearer {token}"), basic("ci", &robot)];
    for shown in ways {
        let given = run.get("/token?scope=repository:team/web:pull,push&account=paula", &shown).await;
        let given: Value = serde_json::from_str(&given.body).unwrap();
        let given = given["token"].as_str().unwrap();
        run.plant("a token of the registry", given);
        for by in [&shown, &format!("Bearer {given}")] {
            let begun = run.ask("POST", "/v2/team/web/blobs/uploads/", &[(AUTHORIZATION, by)], "").await;
            assert_eq!(begun.status, 202, "{}", begun.body);
            assert!(run.get("/v2/other/web/tags/list", by).await.status >= 400);
            assert!(run.get("/metrics", by).await.status >= 400);
        }
        let broken = format!("Bearer {}x", given.trim_end_matches('A'));
        assert_eq!(run.get("/v2/", &broken).await.status, 401);
    }
    for (path, fields) in [
        ("/token", format!("grant_type=password&username=paula&password={}", PERSONS.replace(' ', "+"))),
        ("/token", format!("grant_type=password&username=paula&password={}", GUESSED.replace(' ', "+"))),
        ("/token", format!("grant_type=refresh_token&refresh_token={token}")),
    ] {
        run.ask("POST", path, &[(CONTENT_TYPE, FORM)], &fields).await;
    }
    for path in ["/v2/", "/metrics", "/events?scope=repositories", "/api/v1/users"] {
        let glue = if path.contains('?') { '&' } else { '?' };
        let as_query = run.ask("GET", &format!("{path}{glue}access_token={token}"), &[], "").await;
        assert!(as_query.status >= 400, "{path}: {}", as_query.body);
    }
    let odd = json!({"name": "ci-2", "namespace": "team", "role": "reader", "scope": "team/*", "secret": robot});
    let odd = run.ask("POST", "/api/v1/robots", &[(AUTHORIZATION, mara), (CONTENT_TYPE, JSON)], &odd.to_string()).await;
    assert_eq!(odd.status, 400);
}

/// A mount and a provider of the console, whose secrets go to where they belong.
async fn counterparts(run: &mut Run, (mara, session): (&str, &str), provider: &StandIn) {
    let (upstream, was_asked) = upstream().await;
    run.plant("a mount's password", MOUNTS);
    let mount = json!({"prefix": "hub", "url": upstream, "username": "robot", "password": MOUNTS, "repositories": ["team/web"]});
    let headers = [(AUTHORIZATION, mara), (CONTENT_TYPE, JSON)];
    let mut odd = mount.clone();
    odd["passwords"] = json!(MOUNTS);
    assert_eq!(run.ask("POST", "/api/v1/mounts", &headers, &odd.to_string()).await.status, 400);
    run.api(mara, "POST", "mounts", mount).await;
    run.form("/admin/mounts/hub", session, &[("do", "check-mount")]).await;
    let asked = tokio::time::timeout(Duration::from_secs(20), was_asked.notified()).await;
    asked.expect("the password is used");
    run.get("/v2/hub/team/web/manifests/v1", mara).await;
    tells(run, mara, session).await;

    run.plant("a provider's secret", SECRET);
    let acme = json!({"name": "acme", "kind": "oidc", "issuer": provider.issuer, "client_id": CLIENT,
                      "client_secret": SECRET, "open_sign_up": true, "enabled": true});
    let mut odd = acme.clone();
    odd["client_secrets"] = json!(SECRET);
    assert_eq!(run.ask("POST", "/api/v1/providers", &headers, &odd.to_string()).await.status, 400);
    run.api(mara, "POST", "providers", acme).await;
    let sent = run.ask("GET", "/auth/provider/acme", &[], "").await;
    let attempt = run.plant_session("an attempt to sign in", &sent);
    let back = provider.approve(&sent.location);
    let came = run.ask("GET", &back, &[(COOKIE, &attempt)], "").await;
    run.plant_session("a session of a provider's", &came);
    assert_eq!(run.ask("GET", &back, &[(COOKIE, &attempt)], "").await.status, 403);
    provider.set(|ways| ways.token_answer = Some((500, json!({"error": "server_error"}))));
    let sent = run.ask("GET", "/auth/provider/acme", &[], "").await;
    let attempt = run.plant_session("another attempt", &sent);
    let failed = run.ask("GET", &provider.approve(&sent.location), &[(COOKIE, &attempt)], "").await;
    assert!(failed.status >= 500, "{} {}", failed.status, failed.body);
}

/// The registry of the mount tells of a push, and somebody else who does not know its secret.
async fn tells(run: &mut Run, mara: &str, session: &str) {
    let made = run.form("/admin/mounts/hub", session, &[("do", "rotate-hook")]).await;
    let said = made.cookies.iter().find_map(|cookie| cookie.split("secret=").nth(1)).unwrap();
    let secret = said.split([';', '&']).next().unwrap().to_owned();
    run.plant("the secret of a registry that tells", &secret);
    let mount = run.api(mara, "GET", "mounts/hub", json!(null)).await;
    let address = format!("/hooks/registry/{}", mount["id"].as_str().unwrap());
    let message = r#"{"events":[{"action":"push","target":{"repository":"team/web","tag":"v2"}}]}"#;
    let bearer = format!("Bearer {secret}");
    for (shown, status) in [(&bearer, 202), (&basic("hub", &secret), 202), (&format!("{bearer}x"), 401)] {
        assert_eq!(run.ask("POST", &address, &[(AUTHORIZATION, shown)], message).await.status, status, "{shown}");
    }
}

/// A secret as it could stand somewhere.
fn forms(secret: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent = encoded.replace('+', "%20");
    // In base64 with a name before it, of which the length decides where it begins.
    let shifted = (0..3).map(|shift| {
        let text = STANDARD_NO_PAD.encode([&vec![b'x'; shift], secret.as_bytes()].concat());
        text[4..text.len() - 4].to_owned()
    });
    let texts = [secret.to_owned(), encoded, percent, hex::encode(secret), URL_SAFE_NO_PAD.encode(secret)];
    texts.into_iter().chain([STANDARD.encode(secret)]).chain(shifted).collect()
}

/// Something that was said or kept, by what it is.
struct Place(String, String);

impl Place {
    fn new(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self(name.into(), String::from_utf8_lossy(bytes).into_owned())
    }
}

/// Every value of every table.
fn dumped(database: &Path) -> Vec<u8> {
    let database = rusqlite::Connection::open(database).unwrap();
    let mut names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(names.len() > 20, "{names:?}");
    let mut dump = Vec::new();
    for name in names {
        let mut rows = database.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let n_columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..n_columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => dump.extend_from_slice(bytes),
                    ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Null => {}
                }
                dump.push(b'\n');
            }
        }
    }
    dump
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// SEC-28.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_planted_is_found_nowhere() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (provider, folder) = (StandIn::start().await, tempfile::tempdir().unwrap());
    provider.set(|ways| ways.now_s = SystemClock.now().0 / 1000);
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    std::fs::create_dir(&data).unwrap();
    let settings = [
        ("LOG", log.to_str().unwrap()),
        ("PORTOLAN_TELEMETRY__LOG", "trace"),
        ("PORTOLAN_LIMITS__OUTBOUND_ALLOW__0", "127.0.0.0/8"),
    ];
    let server = Server::start_private_below(&["sh", "-c", r#"exec "$@" 2>"$LOG""#, "sh"], &data, &settings);
    let link = server.link.clone().expect("nobody is there yet");
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let mut run = Run { browser, host: server.host.clone(), refusals: Mutex::default(), planted: vec![] };
    let (mara, session) = people(&mut run, &link).await;
    programs(&mut run, &mara).await;
    counterparts(&mut run, (&mara, &session), &provider).await;
    let mut said = vec![run.get("/metrics", &mara).await.body];
    for list in ["users", "robots", "mounts", "providers", "grants?limit=500", "activity?limit=500", "waiting"] {
        said.push(run.api(&mara, "GET", list, json!(null)).await.to_string());
    }
    assert!(server.stop().success());

    let refusals = run.refusals.into_inner().unwrap();
    for (class, of) in [("4xx", 400..500), ("5xx", 500..600)] {
        assert!(refusals.iter().any(|(_, status, _)| of.contains(status)), "some were {class}: {refusals:?}");
    }
    let mut places = vec![Place::new("the log", &std::fs::read(&log).unwrap())];
    places.extend(refusals.into_iter().map(|(what, status, body)| Place(format!("{what}: {status}"), body)));
    places.extend(said.into_iter().map(|said| Place::new("what was said", said.as_bytes())));
    places.push(Place::new("the tables", &dumped(&data.join("portolan.db"))));
    let key = data.join("secret.key");
    assert!(key.exists(), "what it holds is its own");
    let kept = files(&data).into_iter().filter(|path| *path != key);
    places.extend(kept.map(|path| Place::new(path.display().to_string(), &std::fs::read(&path).unwrap())));
    // What may be there is found, so what is not found is not there.
    for (place, part) in
        [("the log", "/v2/team/web"), ("the log", "TRACE"), ("the tables", "robot"), ("the tables", "laptop")]
    {
        assert!(places.iter().any(|Place(name, text)| name == place && text.contains(part)), "{part} in {place}");
    }
    for (what, secret) in &run.planted {
        for form in forms(secret) {
            let found: Vec<_> = places.iter().filter(|place| place.1.contains(&form)).map(|place| &place.0).collect();
            assert!(found.is_empty(), "{what} ({form}) in {found:?}");
        }
    }
}
