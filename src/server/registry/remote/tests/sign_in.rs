//! Basic, tokens, and token services that are not to be trusted.

use super::upstream::*;
use crate::domain::Error;
use crate::server::registry::ReadRegistry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `robot:hunter2`
const BASIC: &str = "Basic cm9ib3Q6aHVudGVyMg==";

/// A registry that is its own token service. It takes only the newest token, and none
/// for a repository named `closed`.
async fn token_registry(life_s: u64) -> Upstream {
    let issued = Arc::new(AtomicUsize::new(0));
    Upstream::start(move |seen| {
        if seen.path.starts_with("/token?") {
            let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
            return json(format!(r#"{{"token":"t{number}","expires_in":{life_s}}}"#));
        }
        let number = issued.load(Ordering::SeqCst);
        if seen.authorization == Some(format!("Bearer t{number}")) && !seen.path.contains("/closed/") {
            return json(r#"{"tags":["v1"],"repositories":["a"]}"#);
        }
        let challenge = format!(r#"Bearer realm="http://{}/token",service="reg",scope="x""#, seen.host);
        answer(401, &[("www-authenticate", &challenge)], "")
    })
    .await
}

/// A registry that names `realm` as its token service.
async fn sends_to(realm: String) -> Upstream {
    let challenge = format!(r#"Bearer realm="{realm}",service="reg""#);
    Upstream::start(move |seen| match seen.authorization.as_deref() {
        Some("Bearer good") => json(r#"{"tags":["v1"]}"#),
        _ => answer(401, &[("www-authenticate", &challenge)], ""),
    })
    .await
}

#[tokio::test]
async fn a_token_is_fetched_for_each_scope_and_used_again() {
    let server = token_registry(300).await;
    let mut signed_in = settings(&server.url);
    signed_in.credentials = credentials();
    let registry = registry(signed_in);
    registry.tags(&name("team/a"), None, 9).await.unwrap();
    registry.tags(&name("team/a"), None, 9).await.unwrap();
    registry.repositories(None, 9).await.unwrap();
    let asked: Vec<_> =
        server.seen().into_iter().map(|seen| (seen.path, seen.authorization.unwrap_or_default())).collect();
    let expected = [
        ("/v2/team/a/tags/list?n=9", ""),
        ("/token?service=reg&scope=repository%3Ateam%2Fa%3Apull", BASIC),
        ("/v2/team/a/tags/list?n=9", "Bearer t1"),
        ("/v2/team/a/tags/list?n=9", "Bearer t1"),
        ("/token?service=reg&scope=registry%3Acatalog%3A*", BASIC),
        ("/v2/_catalog?n=9", "Bearer t2"),
    ];
    assert_eq!(asked, expected.map(|(path, pass)| (path.to_owned(), pass.to_owned())));
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let server = token_registry(300).await;
    let registry = registry(settings(&server.url));
    assert!(registry.tags(&name("a"), None, 9).await.is_ok());
    assert!(registry.tags(&name("b"), None, 9).await.is_ok(), "another scope: t1 is no longer the newest");
    assert!(registry.tags(&name("a"), None, 9).await.is_ok());
    assert_eq!(server.count("/token?"), 3);
    let said = words(registry.tags(&name("closed"), None, 9).await);
    assert!(said.contains("(401)"), "{said}");
    assert_eq!(server.count("/token?"), 5);
    assert_eq!(server.count("/closed/"), 2);
}

#[tokio::test]
async fn a_token_is_not_used_to_its_very_end() {
    let server = token_registry(10).await;
    let registry = registry(settings(&server.url));
    for _ in 0..2 {
        registry.tags(&name("a"), None, 9).await.unwrap();
    }
    assert_eq!(server.count("/token?"), 2);
}

#[tokio::test]
async fn callers_of_one_scope_share_one_token() {
    let server = token_registry(300).await;
    let registry = registry(settings(&server.url));
    registry.tags(&name("a"), None, 9).await.unwrap();
    let (b, c) = (name("b"), name("b"));
    let (first, second) = tokio::join!(registry.tags(&b, None, 9), registry.tags(&c, None, 9));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(server.count("/token?"), 2);
}

#[tokio::test]
async fn nothing_is_sent_to_a_token_service_that_nobody_named() {
    let evil = Upstream::start(|_| json(r#"{"token":"good"}"#)).await;
    let server = sends_to(format!("{}token", evil.url)).await;
    for credentials in [credentials(), None] {
        let mut trusting = settings(&server.url);
        trusting.credentials = credentials;
        let said = words(registry(trusting).tags(&name("a"), None, 9).await);
        let host = format!("127.0.0.1:{}", evil.url.port().unwrap());
        assert!(said.contains(&host) && said.contains("auth_hosts"), "{said}");
    }
    assert!(evil.seen().is_empty());
}

#[tokio::test]
async fn a_named_token_service_gets_the_credentials() {
    let service = Upstream::start(|_| json(r#"{"access_token":"good"}"#)).await;
    let server = sends_to(format!("{}token?account=x", service.url)).await;
    let port = service.url.port().unwrap();
    for host in ["127.0.0.1".to_owned(), format!("127.0.0.1:{port}")] {
        let mut named = settings(&server.url);
        (named.credentials, named.auth_hosts) = (credentials(), vec![host]);
        assert!(registry(named).tags(&name("a"), None, 9).await.is_ok());
    }
    assert!(service.seen().iter().all(|seen| seen.authorization.as_deref() == Some(BASIC)));
    assert!(service.seen()[0].path.starts_with("/token?account=x&service=reg&scope="));
}

#[tokio::test]
async fn odd_realms_are_refused() {
    for realm in ["", "/token", "ftp://127.0.0.1/t", "http://u:p@127.0.0.1/t", "file:///etc/passwd"] {
        let server = sends_to(realm.to_owned()).await;
        let said = words(registry(settings(&server.url)).tags(&name("a"), None, 9).await);
        assert!(said.contains("names no address of a token service"), "{realm}: {said}");
    }
}

#[tokio::test]
async fn a_token_service_that_fails_is_named() {
    for (service, expected) in [
        (answer_with(401, ""), "refused the user name or password (401)"),
        (answer_with(302, ""), "unexpected answer (status 302)"),
        (answer_with(200, "<html>"), "not a token"),
        (answer_with(200, r#"{"token":"a\nb"}"#), "not a token"),
        (answer_with(500, ""), "failed with status 500"),
    ] {
        let service = service.await;
        let server = sends_to(service.url.to_string()).await;
        let mut named = settings(&server.url);
        (named.credentials, named.auth_hosts) = (credentials(), vec!["127.0.0.1".to_owned()]);
        let said = words(registry(named).tags(&name("a"), None, 9).await);
        let service = format!("has its sign-in at 127.0.0.1:{}, which ", service.url.port().unwrap());
        assert!(said.starts_with(&service) && said.contains(expected), "{said}");
        assert!(!said.contains("hunter2"));
    }
}

async fn answer_with(status: u16, body: &'static str) -> Upstream {
    Upstream::start(move |_| answer(status, &[("location", "http://127.0.0.1:1/")], body)).await
}

#[tokio::test]
async fn basic_is_answered_and_remembered() {
    let server = Upstream::start(|seen| match seen.authorization.as_deref() {
        Some(BASIC) => json(r#"{"tags":["v1"]}"#),
        _ => answer(401, &[("www-authenticate", "Negotiate"), ("www-authenticate", "basic realm=x")], ""),
    })
    .await;
    let anonymous = registry(settings(&server.url));
    assert!(words(anonymous.tags(&name("a"), None, 9).await).starts_with("asks for a user name and a password (401)"));
    let mut signed_in = settings(&server.url);
    signed_in.credentials = credentials();
    assert!(!format!("{signed_in:?}").contains("hunter2"));
    let signed_in = registry(signed_in);
    for _ in 0..2 {
        signed_in.tags(&name("a"), None, 9).await.unwrap();
    }
    assert_eq!(server.seen().len(), 4, "anonymous, anonymous again, signed in, signed in");
}

#[tokio::test]
async fn a_wrong_password_is_said_once() {
    let server = Upstream::start(|_| answer(401, &[("www-authenticate", "Basic realm=x")], "")).await;
    let mut signed_in = settings(&server.url);
    signed_in.credentials = credentials();
    let outcome = registry(signed_in).tags(&name("a"), None, 9).await;
    let Err(error @ Error::Upstream { .. }) = outcome else { panic!("{outcome:?}") };
    assert!(error.to_string().contains("refused the user name or password (401)"));
    assert!(!format!("{error:?}").contains("hunter2"));
    assert_eq!(server.seen().len(), 2);
}
