//! Tokens of the registry that end or fall short while somebody works with them, and that nothing prolongs.

use super::revocations::begin;
use super::{PASSWORD, basic, form, with};
use crate::support::{OCI_MANIFEST, START, TestApp, choices, sha256};
use axum::http::StatusCode;
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use portolan::server::identity::sign_in;
use serde_json::json;
use std::sync::Arc;

const ANY: &str = "application/octet-stream";
/// Longer than a token holds, with what clocks of nodes may differ by.
const LATER_MS: i64 = 31 * 60_000;

/// A server on a clock, and its administrator's programs.
async fn server() -> (TestApp, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    let test = TestApp::build("", choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    (test.showing(&basic("mara", PASSWORD)), clock)
}

/// Who shows a token for this scope.
async fn with_token(admin: &TestApp, scope: &str) -> TestApp {
    let given = admin.get(&format!("/token?scope={scope}")).await.json();
    admin.showing(&format!("Bearer {}", given["token"].as_str().expect("a token")))
}

/// AUTH-4: what is wrong is said in the challenge, whatever the method, and what to ask for.
#[tokio::test]
async fn a_token_that_is_over_or_too_narrow_is_challenged_whatever_is_asked() {
    let (admin, clock) = server().await;
    let image = admin.image("team/web", "amd64", b"layer").await;
    assert_eq!(admin.put_manifest("team/web", "v1", OCI_MANIFEST, &image).await.status, StatusCode::CREATED);
    let blob = format!("/v2/team/web/blobs/{}", sha256(b"layer"));
    let asked = [
        ("GET", "/v2/team/web/manifests/v1", "pull"),
        ("HEAD", "/v2/team/web/manifests/v1", "pull"),
        ("GET", "/v2/team/web/tags/list", "pull"),
        ("GET", &blob, "pull"),
        ("HEAD", &blob, "pull"),
        ("POST", "/v2/team/web/blobs/uploads/", "pull,push"),
        ("PUT", "/v2/team/web/manifests/v2", "pull,push"),
        ("DELETE", "/v2/team/web/manifests/v1", "delete"),
        ("DELETE", &blob, "delete"),
    ];
    let end = json!({"name": "ci", "expires_at": portolan::domain::Timestamp(START.0 + 60_000).rfc3339()});
    let personal = super::api::send(&admin, "POST", "tokens", end).await.json();
    let personal = admin.showing(&format!("Bearer {}", personal["secret"].as_str().unwrap()));
    let all = with_token(&admin, "repository:team/web:pull,push,delete").await;
    let other = with_token(&admin, "repository:team/api:pull,push,delete").await;
    let nothing = with_token(&admin, "repository:team/web:").await;
    let check = async |by: &TestApp, error: &str, is_asked: &dyn Fn(&str) -> bool| {
        for (method, path, actions) in asked.iter().filter(|(_, _, actions)| is_asked(actions)) {
            let answer = by.call(method, path, OCI_MANIFEST, image.clone()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}: {}", answer.text());
            let challenge = format!(
                "Bearer realm=\"http://127.0.0.1:8080/token\",service=\"127.0.0.1:8080\",\
                 scope=\"repository:team/web:{actions}\",error=\"{error}\""
            );
            assert_eq!(answer.header("www-authenticate"), challenge, "{method} {path}");
            assert_eq!(answer.headers.get_all("www-authenticate").iter().count(), 1);
        }
    };
    let pull = with_token(&admin, "repository:team/web:pull").await;
    let push = with_token(&admin, "repository:team/web:pull,push").await;
    check(&other, "insufficient_scope", &|_| true).await;
    check(&nothing, "insufficient_scope", &|_| true).await;
    check(&pull, "insufficient_scope", &|actions| actions != "pull").await;
    check(&push, "insufficient_scope", &|actions| actions == "delete").await;
    for by in [&all, &personal, &pull, &push] {
        assert_eq!(by.get("/v2/team/web/manifests/v1").await.status, StatusCode::OK);
    }
    clock.advance_ms(LATER_MS);
    for by in [&all, &personal, &pull, &push, &other] {
        check(by, "invalid_token", &|_| true).await;
    }
    let base = all.head("/v2/").await;
    assert!(base.header("www-authenticate").ends_with("service=\"127.0.0.1:8080\",error=\"invalid_token\""));
    assert_eq!(admin.get("/v2/team/web/manifests/v1").await.text(), image, "and nothing was done");
}

/// AUTH-8: there are no refresh tokens. Nobody gets one, and nothing that looks like one is worth anything.
#[tokio::test]
async fn no_token_is_given_for_a_token() {
    let (admin, _) = server().await;
    let door = admin.by_nobody();
    for more in ["", "&offline_token=true", "&access_type=offline", "&offline_token=true&account=mara&client_id=docker"]
    {
        let given = admin.get(&format!("/token?service=127.0.0.1:8080{more}")).await;
        assert_eq!((given.status, &given.json()["refresh_token"]), (StatusCode::OK, &json!(null)), "{more}");
        let fields = format!("grant_type=password&username=mara&password=correct+horse&client_id=docker{more}");
        let posted = door.call("POST", "/token", "application/x-www-form-urlencoded", fields).await;
        assert_eq!((posted.status, &posted.json()["refresh_token"]), (StatusCode::OK, &json!(null)), "{more}");
    }
    let registry = admin.get("/token?scope=repository:team/web:pull").await.json();
    let personal = super::api::send(&admin, "POST", "tokens", json!({"name": "ci"})).await.json();
    let session = super::cookie_of(&door, "mara", PASSWORD).await;
    let texts = [registry["token"].as_str(), personal["secret"].as_str(), session.split_once('=').map(|(_, it)| it)];
    for text in texts.map(Option::unwrap) {
        for of in ["", "&scope=repository:team/web:pull", "&username=mara&password=correct+horse&access_type=offline"] {
            let fields =
                format!("grant_type=refresh_token&service=127.0.0.1:8080&client_id=docker&refresh_token={text}{of}");
            let refused = door.call("POST", "/token", "application/x-www-form-urlencoded", fields).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
            assert!(refused.text().contains("grant_type=password") && !refused.text().contains("access_token"));
        }
        let fields = format!("refresh_token={text}");
        let as_query = door.get(&format!("/token?{fields}&scope=repository:team/web:pull")).await.json();
        assert_eq!(super::forgeries::part(as_query["token"].as_str().unwrap(), 1)["sub"], json!(""), "nobody's");
    }
    let by_session = with(&door, "GET", "/v2/", ("authorization", &format!("Bearer {}", texts[2].unwrap()))).await;
    assert_eq!(by_session.refusal(), "401 UNAUTHORIZED");
    assert_eq!(form(&door, "/token", &session, &[("grant_type", "refresh_token")]).await.status.as_u16(), 400);
}

/// AUTH-10: what began in time is taken to its end, and what follows takes another token.
#[tokio::test]
async fn a_chunk_that_began_with_a_live_token_is_kept_though_the_token_ends_meanwhile() {
    let (admin, clock) = server().await;
    let scope = "repository:team/web:pull,push";
    let push = with_token(&admin, scope).await;
    let upload = push.call("POST", "/v2/team/web/blobs/uploads/", ANY, "").await;
    assert_eq!(upload.status, StatusCode::ACCEPTED, "{}", upload.text());
    let slow = begin(&push, "PATCH", &upload.location(), ANY).await;
    clock.advance_ms(LATER_MS);
    let kept = slow.end("a large layer").await;
    assert_eq!((kept.status, kept.header("range")), (StatusCode::ACCEPTED, "0-12"), "{}", kept.text());

    let digest = sha256(b"a large layer");
    let rest = format!("{}?digest={digest}", kept.location());
    for (method, path) in [("PUT", &rest), ("PATCH", &kept.location()), ("GET", &kept.location())] {
        let refused = push.call(method, path, ANY, "").await;
        assert_eq!(refused.refusal(), "401 UNAUTHORIZED", "{method}");
        let challenge = refused.header("www-authenticate").to_owned();
        assert!(challenge.ends_with(&format!("scope=\"{scope}\",error=\"invalid_token\"")), "{method}: {challenge}");
    }
    assert_eq!(admin.get(&format!("/v2/team/web/blobs/{digest}")).await.status, StatusCode::NOT_FOUND);
    let again = with_token(&admin, scope).await;
    assert_eq!(again.call("PUT", &rest, ANY, "").await.status, StatusCode::CREATED);
    assert_eq!(again.get(&format!("/v2/team/web/blobs/{digest}")).await.text(), "a large layer");
}

/// B3: a mount that takes more than was asked for is told what to ask for, where it would be given; whatever else is
/// wrong with it begins an ordinary upload, and says nothing of the other side.
#[tokio::test]
async fn a_mount_takes_a_token_for_both_sides() {
    let (admin, _) = server().await;
    for name in ["team/base", "secret/base"] {
        admin.push_image(name, "v1", "amd64", b"base").await;
    }
    let nina = super::api::user(&admin, "nina").await;
    super::api::give(&admin, super::api::named("nina"), "publisher", "team/*", None).await.unwrap();
    nina.push_image("team/web", "v1", "amd64", b"own").await;
    let digest = sha256(b"base");
    let mount = async |by: &TestApp, from: &str| {
        let path = format!("/v2/team/web/blobs/uploads/?mount={digest}&from={from}");
        by.call("POST", &path, ANY, "").await
    };
    let own = "repository:team/web:pull,push";
    let narrow = with_token(&nina, own).await;
    let more = mount(&narrow, "team/base").await;
    assert_eq!(more.refusal(), "401 UNAUTHORIZED");
    let challenge = more.header("www-authenticate");
    let both = format!(r#",scope="{own} repository:team/base:pull",error="insufficient_scope""#);
    assert!(challenge.ends_with(&both), "{challenge}");
    for from in ["secret/base", "secret/none", "team/none"] {
        let asked = with_token(&nina, &format!("{own}%20repository:{from}:pull")).await;
        // Where its owner may read, a token that was not asked for that is told to be, whether anything is there or not.
        let both = if from == "team/none" { vec![&asked] } else { vec![&narrow, &asked] };
        for by in both {
            let begun = mount(by, from).await;
            assert_eq!(begun.status, StatusCode::ACCEPTED, "{from}: {}", begun.text());
            assert!(begun.header("location").starts_with("/v2/team/web/blobs/uploads/"), "{from}");
        }
    }
    assert_eq!(nina.get(&format!("/v2/team/web/blobs/{digest}")).await.status, StatusCode::NOT_FOUND);
    let asked = with_token(&nina, &format!("{own}%20repository:team/base:pull")).await;
    assert_eq!(mount(&asked, "team/base").await.status, StatusCode::CREATED);
    assert_eq!(nina.get(&format!("/v2/team/web/blobs/{digest}")).await.text(), "base");
}
