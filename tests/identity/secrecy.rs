//! What a sign-in is made of, and who hears of it. With the built binary, whose log is a file.

use super::stand_in::{ACCESS, CLIENT, Refresh, SECRET, Signed, StandIn};
use crate::support::process::Server;
use portolan::server::clock::{Clock, SystemClock};
use reqwest::Response;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::json;

/// A browser that follows nothing by itself.
fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

fn header(answer: &Response, name: reqwest::header::HeaderName) -> String {
    answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// The value of the cookie that an answer sets.
fn cookie(answer: &Response) -> String {
    header(answer, SET_COOKIE).split(';').next().unwrap().to_owned()
}

/// SEC-28: what has to stay secret stands in no log, no answer and no audit row.
#[tokio::test]
async fn what_a_sign_in_is_made_of_is_told_to_nobody() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (provider, folder) = (StandIn::start().await, tempfile::tempdir().unwrap());
    provider.set(|ways| (ways.now_s, ways.refresh) = (SystemClock.now().0 / 1000, Refresh::Given(json!({}))));
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    std::fs::create_dir(&data).unwrap();
    let settings = [
        ("LOG", log.to_str().unwrap()),
        ("PORTOLAN_TELEMETRY__LOG", "debug,portolan=trace"),
        ("PORTOLAN_ADMIN__USERNAME", "admin"),
        ("PORTOLAN_ADMIN__PASSWORD", super::PASSWORD),
        ("PORTOLAN_AUTH__PROVIDERS__0__NAME", "acme"),
        ("PORTOLAN_AUTH__PROVIDERS__0__KIND", "oidc"),
        ("PORTOLAN_AUTH__PROVIDERS__0__ISSUER", &provider.issuer),
        ("PORTOLAN_AUTH__PROVIDERS__0__CLIENT_ID", CLIENT),
        ("PORTOLAN_AUTH__PROVIDERS__0__CLIENT_SECRET", SECRET),
        ("PORTOLAN_AUTH__PROVIDERS__0__OPEN_SIGN_UP", "true"),
    ];
    let server = Server::start_below(&["sh", "-c", r#"exec "$@" 2>"$LOG""#, "sh"], &data, &settings);
    let (browser, at) = (browser(), |path: &str| format!("http://{}{path}", server.host));
    let (mut secrets, mut said) = (vec![SECRET.to_owned(), ACCESS.to_owned()], String::new());
    for lie in [Signed::AnotherKey, Signed::Es256] {
        provider.set(|ways| ways.signed = lie);
        let sent = browser.get(at("/auth/provider/acme")).send().await.unwrap();
        let (attempt, back) = (cookie(&sent), provider.approve(&header(&sent, LOCATION)));
        let answer = browser.get(at(&back)).header(COOKIE, &attempt).send().await.unwrap();
        secrets.extend([back.split("state=").nth(1).unwrap(), attempt.split('=').nth(1).unwrap()].map(str::to_owned));
        if lie == Signed::Es256 {
            let session = cookie(&answer);
            let page = browser.get(at("/repositories")).header(COOKIE, &session).send().await.unwrap();
            assert!(session.starts_with("portolan=ptl_s_"), "{session}");
            secrets.push(session.split('=').nth(1).unwrap().to_owned());
            said.push_str(&page.text().await.unwrap());
        }
        said.push_str(&answer.text().await.unwrap());
    }
    let database = rusqlite::Connection::open(data.join("portolan.db")).unwrap();
    let mut rows =
        database.prepare("SELECT object || ' ' || COALESCE(before, '') || COALESCE(after, '') FROM audit").unwrap();
    let audit: Vec<String> = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    said.push_str(&audit.join("\n"));
    let n_sealed = "SELECT COUNT(*) FROM identities WHERE refresh_token IS NOT NULL";
    assert_eq!(database.query_row(n_sealed, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    drop(server);
    let stored: Vec<u8> = std::fs::read(data.join("portolan.db")).unwrap();
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(logged.contains("a sign-in by a provider failed") && said.contains("mara.l by acme"), "{logged} {audit:?}");
    secrets.push(provider.read(|ways| ways.live.clone()).unwrap());
    assert_eq!(secrets.len(), 8, "{secrets:?}");
    for secret in secrets {
        assert!(!logged.contains(&secret) && !said.contains(&secret), "{secret} in {logged} or {said}");
        assert!(!stored.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} in the database");
    }
}
