//! AUTH-1: a registry of somebody else that trusts tokens of this server, which is Debian's CNCF distribution.

use super::api::{give, named, send, user};
use super::console::Browser;
use super::{PASSWORD, basic};
use crate::support::process::{Distribution, exchange, http, located};
use crate::support::{OCI_MANIFEST, TestApp, choices, sha256};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portolan::domain::Timestamp;
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock, SystemClock};
use portolan::server::identity::sign_in;
use portolan::server::secret::Secret;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

const SERVICE: &str = "registry.acme.test";
const TEN_MINUTES_MS: i64 = 600_000;
const ISSUER: &str = "http://127.0.0.1:8080";

fn config(host: &str) -> String {
    format!(
        "[[mounts]]\nprefix = \"hub\"\nkind = \"remote\"\nurl = \"http://{host}\"\nrefresh_s = 1\n\
         token_service = \"{SERVICE}\"\n[[mounts]]\nprefix = \"\"\nkind = \"hosted\""
    )
}

/// A token for somebody, for scopes as that registry names them.
async fn token(by: &TestApp, service: &str, scope: &str) -> String {
    let answer = by.get(&format!("/token?service={service}&scope={scope}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["token"].as_str().expect("a token").to_owned()
}

fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

fn ask(method: &str, host: &str, path: &str, token: &str, body: &[u8]) -> (u16, String) {
    let headers = [
        ("Authorization", format!("Bearer {token}")),
        ("Content-Type", OCI_MANIFEST.to_owned()),
        ("Accept", OCI_MANIFEST.to_owned()),
    ];
    http(method, host, path, &headers.each_ref().map(|(name, value)| (*name, value.as_str())), body)
}

/// Pushes an image of one blob as docker does; returns the first status that is no success, else the last.
fn push(host: &str, repository: &str, tag: &str, token: &str) -> u16 {
    let config = br#"{"os":"linux","architecture":"amd64"}"#;
    let digest = sha256(config);
    let bearer = format!("Bearer {token}");
    let (status, location) = located("POST", host, &format!("/v2/{repository}/blobs/uploads/"), &bearer);
    if status != 202 {
        return status;
    }
    let put = ask("PUT", host, &format!("{location}&digest={digest}"), token, config);
    assert_eq!(put.0, 201, "{}", put.1);
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len()}});
    ask("PUT", host, &format!("/v2/{repository}/manifests/{tag}"), token, manifest.to_string().as_bytes()).0
}

fn pull(host: &str, repository: &str, reference: &str, token: &str) -> (u16, String) {
    ask("GET", host, &format!("/v2/{repository}/manifests/{reference}"), token, b"")
}

/// A server with a mounted registry that trusts it, and its administrator's programs.
async fn world(folder: &Path, clock: Arc<dyn Clock>) -> Option<(Distribution, TestApp, TestApp)> {
    let host = Distribution::host_to_be();
    let test = TestApp::build(&config(&host), choices(Policy::Grants, clock)).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), Secret::from(PASSWORD.to_owned()))
        .await
        .unwrap();
    let authority = test.get("/token/ca.pem").await.text();
    let registry = Distribution::trusting(folder, &host, (SERVICE, ISSUER), &authority)?;
    let admin = test.showing(&basic("mara", PASSWORD));
    Some((registry, test, admin))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_registry_takes_our_tokens_for_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let Some((registry, mut test, admin)) = world(folder.path(), Arc::new(SystemClock)).await else { return };
    let host = &registry.host;
    let (reader, publisher, narrow) =
        (user(&admin, "rita").await, user(&admin, "paul").await, user(&admin, "nora").await);
    let maintainer = user(&admin, "max").await;
    for (who, role, tags) in [
        ("rita", "reader", None),
        ("paul", "publisher", None),
        ("nora", "developer", Some("dev-*")),
        ("max", "maintainer", None),
    ] {
        give(&admin, named(who), role, "hub/*", tags).await.unwrap();
    }
    let all = "repository:team/web:pull,push,delete";
    let (of_reader, of_publisher) = (token(&reader, SERVICE, all).await, token(&publisher, SERVICE, all).await);
    let said = part(&of_publisher, 1);
    assert_eq!((&said["aud"], &said["iss"]), (&json!(SERVICE), &json!(ISSUER)));
    assert_eq!(said["access"], json!([{"type": "repository", "name": "team/web", "actions": ["pull", "push"]}]));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 300);
    assert!(said["portolan"]["principal"].is_null(), "what only we read stays here");
    assert_eq!(part(&token(&narrow, SERVICE, all).await, 1)["access"][0]["actions"], json!(["pull"]), "no tag alone");

    assert_eq!(push(host, "team/web", "1.0", &of_reader), 401, "a Reader pushes nothing");
    assert_eq!(push(host, "team/web", "1.0", &of_publisher), 201);
    let (status, manifest) = pull(host, "team/web", "1.0", &of_reader);
    assert_eq!(status, 200, "{manifest}");
    assert_eq!(pull(host, "team/api", "1.0", &of_reader).0, 401, "another repository takes another token");
    let digest = sha256(manifest.as_bytes());
    let delete = |token: &str| ask("DELETE", host, &format!("/v2/team/web/manifests/{digest}"), token, b"").0;
    assert_eq!(delete(&of_publisher), 401, "that needs manifest.delete");

    // Portolan reads it by tokens of its own, with no password.
    let _jobs = test.start_jobs().await;
    let mara = Browser::of(&test, "mara").await;
    let read = async {
        while !mara.get("/r/hub/team/web").await.text().contains(">1.0<") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), read).await.expect("what was pushed is read");
    assert_eq!(delete(&token(&maintainer, SERVICE, all).await), 202);
}

/// AUTH-1: `docker login` there, and a blob that is linked from another repository.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_registry_lets_in_who_logs_in_and_links_what_they_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some((registry, _, admin)) = world(folder.path(), Arc::new(SystemClock)).await else { return };
    let host = &registry.host;
    let (paul, nora) = (user(&admin, "paul").await, user(&admin, "nora").await);
    for (who, scope) in [("paul", "hub/team/*"), ("nora", "hub/team/copy")] {
        give(&admin, named(who), "publisher", scope, None).await.unwrap();
    }
    let (status, head, _) = exchange("GET", host, "/v2/", &[], b"");
    let challenge = format!("Bearer realm=\"{ISSUER}/token\",service=\"{SERVICE}\"");
    assert!(status == 401 && head.contains(&challenge), "{head}");
    let login = format!("/token?account=paul&client_id=docker&offline_token=true&service={SERVICE}");
    let wrong = admin.showing(&basic("paul", "wrong horse")).get(&login).await;
    assert_eq!(wrong.refusal(), "401 UNAUTHORIZED");
    let entered = paul.get(&login).await.json();
    assert_eq!(ask("GET", host, "/v2/", entered["token"].as_str().unwrap(), b"").0, 200);

    let web = "repository:team/web:pull,push";
    assert_eq!(push(host, "team/web", "1.0", &token(&paul, SERVICE, web).await), 201);
    let blob = sha256(br#"{"os":"linux","architecture":"amd64"}"#);
    let link = |token: &str| {
        ask("POST", host, &format!("/v2/team/copy/blobs/uploads/?mount={blob}&from=team/web"), token, b"").0
    };
    let copy = "repository:team/copy:pull,push";
    let both = format!("{copy}&scope=repository:team/web:pull");
    assert_eq!(link(&token(&paul, SERVICE, copy).await), 401, "it does not say that what is there may be read");
    assert_eq!(link(&token(&nora, SERVICE, &both).await), 401, "which she may not");
    let both = token(&paul, SERVICE, &both).await;
    let at_copy = format!("/v2/team/copy/blobs/{blob}");
    assert_eq!(ask("GET", host, &at_copy, &both, b"").0, 404);
    assert_eq!((link(&both), ask("GET", host, &at_copy, &both, b"").0), (201, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_registry_refuses_what_is_not_meant_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(SystemClock.now().0 - TEN_MINUTES_MS)));
    let Some((registry, test, admin)) = world(folder.path(), clock.clone()).await else { return };
    let host = &registry.host;
    let scope = "repository:team/web:pull,push";
    let expired = token(&admin, SERVICE, scope).await;
    clock.advance_ms(TEN_MINUTES_MS);
    let good = token(&admin, SERVICE, scope).await;
    assert_eq!(push(host, "team/web", "1.0", &good), 201);
    assert_eq!(pull(host, "team/web", "1.0", &good).0, 200);
    assert_eq!(pull(host, "team/web", "1.0", &token(&admin, "127.0.0.1:8080", scope).await).0, 401, "for another");
    let own = test.showing(&format!("Bearer {good}")).get("/v2/").await;
    assert_eq!(own.status, StatusCode::UNAUTHORIZED, "and what is meant for it is worth nothing here");
    assert_eq!(admin.get("/token?service=unknown.test&scope=x").await.status, StatusCode::BAD_REQUEST);
    let outside = test.get(&format!("/token?service={SERVICE}&scope={scope}")).await.json();
    let outside = part(outside["token"].as_str().unwrap(), 1);
    assert_eq!(outside["access"][0]["actions"], json!([]), "nobody in particular gets nothing");

    assert_eq!(part(&expired, 0)["kid"], part(&good, 0)["kid"]);
    assert_eq!(pull(host, "team/web", "1.0", &expired).0, 401);

    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let body = good.split('.').nth(1).unwrap();
    let mut head = part(&good, 0);
    head["alg"] = json!("none");
    assert_eq!(pull(host, "team/web", "1.0", &format!("{}.{body}.", encode(head.clone()))).0, 401);
    head["alg"] = json!("HS256");
    let text = format!("{}.{body}", encode(head));
    let authority = test.get("/token/ca.pem").await.text();
    for key in [authority.as_bytes(), test.get("/token/jwks.json").await.text().as_bytes()] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
        let signature = URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, text.as_bytes()));
        assert_eq!(pull(host, "team/web", "1.0", &format!("{text}.{signature}")).0, 401);
    }
    assert_eq!(send(&admin, "GET", "users", json!(null)).await.status, StatusCode::OK);
}
