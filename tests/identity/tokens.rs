//! Clients with tokens of the registry: challenges, scopes, and what a token is worth.

use super::api::{admin, give, named, personal_token, user};
use super::{PASSWORD, basic, cookie, form, run, with, with_admin};
use crate::support::{Answer, OCI_MANIFEST, START, TestApp};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portolan::domain::{Role, Terms, Timestamp};
use portolan::params;
use portolan::server::access::Policy;
use portolan::server::identity::sign_in;
use portolan::server::store::principals;
use serde_json::{Value, json};

const SERVICE: &str = "127.0.0.1:8080";

/// Asks for a token as `username`, or as nobody.
async fn token(test: &TestApp, username: Option<&str>, query: &str) -> Answer {
    let path = format!("/token?service={SERVICE}&{query}");
    match username {
        Some(username) => with(test, "GET", &path, ("authorization", &basic(username, PASSWORD))).await,
        None => test.get(&path).await,
    }
}

fn bearer(answer: &Answer) -> String {
    format!("Bearer {}", answer.json()["token"].as_str().expect("a token"))
}

/// The claims of a token, as anybody can read them.
fn claims(answer: &Answer) -> Value {
    let token = bearer(answer);
    let body = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

/// AUTH-4.
#[tokio::test]
async fn who_shows_nothing_is_told_where_to_get_a_token_and_for_what() {
    let test = with_admin().await;
    let realm = format!("Bearer realm=\"http://{SERVICE}/token\",service=\"{SERVICE}\"");
    for (method, path, scope) in [
        ("GET", "/v2/", ""),
        ("HEAD", "/v2/", ""),
        ("GET", "/v2/team/web/manifests/v1", ",scope=\"repository:team/web:pull\""),
        (
            "HEAD",
            "/v2/team/web/blobs/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ",scope=\"repository:team/web:pull\"",
        ),
        ("POST", "/v2/team/web/blobs/uploads/", ",scope=\"repository:team/web:pull,push\""),
        ("DELETE", "/v2/team/web/manifests/v1", ",scope=\"repository:team/web:delete\""),
    ] {
        let answer = test.ask(method, path, &[], "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(answer.header("www-authenticate"), format!("{realm}{scope}"), "{method} {path}");
        assert_eq!(answer.header("docker-distribution-api-version"), "registry/2.0", "{method} {path}");
    }
    for shown in ["Bearer nonsense", "Bearer a.b.c", &basic("mara", "wrong horse"), &basic("nobody", PASSWORD)] {
        let answer = with(&test, "GET", "/v2/team/web/tags/list", ("authorization", shown)).await;
        assert_eq!(answer.refusal(), "401 UNAUTHORIZED", "{shown}");
        assert!(answer.header("www-authenticate").ends_with("error=\"invalid_token\""), "{shown}");
    }
}

/// AUTH-5, AUTH-6, AUTH-7.
#[tokio::test]
async fn a_token_holds_what_was_asked_and_may_be_done() {
    let test = with_admin().await;
    for wrong in [basic("mara", "wrong horse"), basic("nobody", PASSWORD)] {
        let answer = with(&test, "GET", &format!("/token?service={SERVICE}"), ("authorization", &wrong)).await;
        assert_eq!(answer.refusal(), "401 UNAUTHORIZED", "never a token of nobody's");
    }
    assert_eq!(token(&test, None, "").await.refusal(), "401 UNAUTHORIZED", "a login without credentials");
    assert_eq!(with(&test, "GET", "/token", ("authorization", "Basic Og==")).await.refusal(), "401 UNAUTHORIZED");
    assert_eq!(
        token(&test, Some("mara"), "account=mara&client_id=docker&offline_token=true").await.status,
        StatusCode::OK
    );

    let all =
        token(&test, Some("mara"), "scope=repository:a/b:pull&scope=repository:a/b:pull,push%20registry:catalog:*")
            .await;
    let body = all.json();
    assert_eq!(body["token"], body["access_token"]);
    assert!(body["expires_in"].as_i64().unwrap() >= 60 && body["issued_at"].as_str().unwrap().ends_with('Z'));
    assert!(body["refresh_token"].is_null(), "kubelets could not use one");
    let said = claims(&all);
    let access = json!([{"type": "registry", "name": "catalog", "actions": ["*"]}, {"type": "repository", "name": "a/b", "actions": ["pull", "push"]}]);
    assert_eq!((&said["access"], &said["sub"], &said["aud"]), (&access, &json!("mara"), &json!(SERVICE)));
    let nobody = claims(&token(&test, None, "scope=repository:a/b:pull,push").await);
    assert_eq!(nobody["access"], json!([{"type": "repository", "name": "a/b", "actions": []}]), "no right is no error");
    let elsewhere = test.get("/token?service=registry.example.com&scope=repository:a:pull").await;
    assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST, "AUTH-9");
    let posted =
        "grant_type=password&username=mara&password=correct+horse&service=127.0.0.1:8080&scope=repository:a/b:push";
    let posted = test.call("POST", "/token", "application/x-www-form-urlencoded", posted).await;
    assert_eq!((posted.status, posted.json()["scope"].as_str()), (StatusCode::OK, Some("repository:a/b:push")));
    let wrong = test
        .call("POST", "/token", "application/x-www-form-urlencoded", "grant_type=password&username=mara&password=x")
        .await;
    assert_eq!(wrong.refusal(), "401 UNAUTHORIZED");
}

/// AUTH-11, AUTH-13: live rights decide within what a token says, and only where it belongs.
#[tokio::test]
async fn a_token_is_an_upper_bound() {
    let test = with_admin().await;
    let push = bearer(&token(&test, Some("mara"), "scope=repository:team/web:pull,push").await);
    let by = test.showing(&push);
    by.push_image("team/web", "v1", "amd64", b"layer").await;
    assert_eq!(by.get("/v2/team/web/manifests/v1").await.status, StatusCode::OK);
    assert_eq!(by.get("/v2/").await.status, StatusCode::OK);
    let other = by.call("POST", "/v2/team/api/blobs/uploads/", OCI_MANIFEST, "").await;
    assert_eq!(other.refusal(), "401 UNAUTHORIZED", "another repository takes another token");
    assert!(
        other
            .header("www-authenticate")
            .contains("scope=\"repository:team/api:pull,push\",error=\"insufficient_scope\"")
    );
    assert_eq!(by.delete("/v2/team/web/manifests/v1").await.refusal(), "401 UNAUTHORIZED", "it was not asked for");
    let pull = test.showing(&bearer(&token(&test, Some("mara"), "scope=repository:team/web:pull").await));
    assert_eq!(pull.get("/v2/team/web/tags/list").await.status, StatusCode::OK);
    assert_eq!(
        pull.call("POST", "/v2/team/web/blobs/uploads/", OCI_MANIFEST, "").await.status,
        StatusCode::UNAUTHORIZED
    );
    for path in ["/token?service=127.0.0.1:8080", "/metrics"] {
        assert_eq!(by.get(path).await.status, StatusCode::UNAUTHORIZED, "a token of the registry is not for {path}");
    }
    // AUTH-13: who is let in no more is out at once, whatever they hold.
    let direct = test.showing(&basic("mara", PASSWORD));
    assert_eq!(direct.get("/v2/team/web/tags/list").await.status, StatusCode::OK);
    let proof = crate::support::decides(portolan::server::access::Policy::Grants)
        .system(portolan::domain::principal::Job::SignIn, portolan::domain::action::Maintain {});
    let disable = test.app.store.note(&proof, |tx| {
        Box::pin(async move {
            tx.run("UPDATE principals SET disabled_at = 1", params![]).await?;
            tx.run("UPDATE instance SET epoch = epoch + 1", params![]).await.map(|_| ())
        })
    });
    disable.await.unwrap();
    for by in [&by, &pull, &direct] {
        assert_eq!(by.get("/v2/team/web/tags/list").await.refusal(), "401 UNAUTHORIZED");
    }
}

/// AUTH-10: a token ends with what it was given for, and says so.
#[tokio::test]
async fn a_token_lives_no_longer_than_what_it_was_given_for() {
    let admin = admin().await;
    let (_, door) = (user(&admin, "nina").await, admin.by_nobody());
    let terms = Terms::new(Role::Reader, "team/*".parse().unwrap(), None, None).unwrap();
    let life =
        |answer: &Answer| (answer.json()["expires_in"].as_i64().unwrap(), claims(answer)["exp"].as_i64().unwrap());
    let now_s = START.0 / 1000;
    for (end_s, life_s) in [(20, 20), (90, 90), (7200, 1800)] {
        let end = Some(Timestamp(START.0 + end_s * 1000));
        let secret = personal_token(&admin, "nina", terms.clone(), end).await;
        let given = door.showing(&basic("nina", &secret)).get("/token?scope=repository:team/web:pull").await;
        assert_eq!(life(&given), (life_s, now_s + life_s), "the token ends after {end_s} s");
    }
    let own = token(&door, Some("nina"), "scope=repository:team/web:pull").await;
    assert_eq!(life(&own), (1800, now_s + 1800));
    run(&admin, "UPDATE principals SET expires_at = 1795500100000 WHERE username = 'nina'").await;
    run(&admin, "UPDATE instance SET epoch = epoch + 1").await;
    let own = token(&door, Some("nina"), "scope=repository:team/web:pull").await;
    assert_eq!(life(&own), (100, now_s + 100), "who goes in 100 s has tokens for 100 s");
}

/// Anybody can get as many tokens of nobody's as they like; what they show takes no memory.
#[tokio::test]
async fn tokens_of_nobody_are_not_remembered() {
    let test = with_admin().await;
    // The least of several, since after a while anybody's rights are looked at again.
    let asked = async |shown: &str| {
        let (by, mut least) = (test.showing(shown), u64::MAX);
        for _ in 0..5 {
            let before = test.app.store.statements();
            assert_eq!(by.get("/v2/_catalog").await.status, StatusCode::OK);
            least = least.min(test.app.store.statements() - before);
        }
        least
    };
    let of_mara = asked(&bearer(&token(&test, Some("mara"), "scope=registry:catalog:*").await)).await;
    let of_nobody = asked(&bearer(&token(&test, None, "scope=registry:catalog:*").await)).await;
    assert!(of_nobody > of_mara, "who is nobody is found out anew: {of_nobody} and {of_mara}");
}

/// AUTH-4: clients are sent to the address as it is, however it was typed.
#[tokio::test]
async fn the_public_address_may_be_typed_in_any_way() {
    for typed in ["https://registry.example.com", "https://Registry.Example.COM/", "https://registry.example.com:443"] {
        let config = format!("[server]\npublic_url = \"{typed}\"");
        let test = TestApp::with(&config, Policy::Grants).await.at_the_door();
        let mara = "mara".parse().unwrap();
        sign_in::admin_by_configuration(&test.app, mara, PASSWORD.to_owned().into()).await.unwrap();
        let challenge = test.get("/v2/").await;
        assert_eq!(
            challenge.header("www-authenticate"),
            r#"Bearer realm="https://registry.example.com/token",service="registry.example.com""#,
            "{typed}"
        );
        let fields = [("username", "mara"), ("password", PASSWORD)];
        let entered = form(&test, "/auth/login", "", &fields).await;
        for set in entered.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            assert!(set.starts_with("__Host-portolan") && set.contains("; Secure"), "{typed}: {set}");
        }
        assert_eq!(entered.headers.get_all("set-cookie").iter().count(), 2);
        let page = with(&test, "GET", "/admin/mounts", ("cookie", &cookie(&entered))).await;
        assert_eq!(page.status, StatusCode::OK, "{typed}");
    }
}

/// What is in a token, and what is said beside it.
#[tokio::test]
async fn a_token_says_by_whom_it_is_for_whom_and_when() {
    let test = with_admin().await;
    test.by_admin("mara").push_image("team/web", "v1", "amd64", b"layer").await;
    let (one, other) = (
        token(&test, Some("mara"), "scope=repository:team/web:pull").await,
        token(&test, Some("mara"), "scope=repository:team/web:pull").await,
    );
    let (said, now_s) = (claims(&one), START.0 / 1000);
    assert_eq!((&said["iss"], &said["aud"]), (&json!(format!("http://{SERVICE}")), &json!(SERVICE)));
    for time in ["iat", "nbf"] {
        assert_eq!(said[time], json!(now_s), "{time}");
    }
    assert_eq!((&said["exp"], &one.json()["expires_in"]), (&json!(now_s + 1800), &json!(1800)));
    assert_eq!(one.json()["issued_at"], json!(START.rfc3339()));
    assert!(said["jti"].as_str().is_some_and(|id| id.len() >= 16) && said["jti"] != claims(&other)["jti"]);
    let mara = principals::by_username(&test.app.store, &"mara".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(said["portolan"]["principal"], json!(mara.id), "an id that nobody else ever has");
    let id: String = {
        let row = test.app.store.one("SELECT id FROM repositories WHERE name = 'team/web'", vec![]).await;
        row.unwrap().unwrap().take().unwrap()
    };
    assert!(said["portolan"].to_string().contains(&id), "{said}");
    let fields = "grant_type=password&username=mara&password=correct+horse&scope=repository:team/web:pull,fly";
    let posted = test.call("POST", "/token", "application/x-www-form-urlencoded", fields).await;
    assert_eq!(
        (&posted.json()["expires_in"], &posted.json()["scope"]),
        (&json!(1800), &json!("repository:team/web:pull"))
    );
    assert_eq!(posted.header("cache-control"), "no-store");
    let catalog = test.showing(&bearer(&one)).get("/v2/_catalog").await;
    assert_eq!(catalog.refusal(), "401 UNAUTHORIZED");
    let challenge = catalog.header("www-authenticate");
    assert!(challenge.ends_with(r#",scope="registry:catalog:*",error="insufficient_scope""#), "{challenge}");
}

/// SEC-42: of several scopes each is answered for itself, and one of them lends nothing to another.
#[tokio::test]
async fn each_of_several_scopes_is_answered_for_itself() {
    let test = with_admin().await;
    let admin = test.showing(&basic("mara", PASSWORD));
    let _ = user(&admin, "nina").await;
    for (role, scope) in [("maintainer", "team/*"), ("reader", "lab/web")] {
        give(&admin, named("nina"), role, scope, None).await.unwrap();
    }
    for name in ["team/web", "lab/web", "other/web"] {
        admin.push_image(name, "v1", "amd64", b"layer").await;
    }
    let scopes = ["team/web:pull,push,delete", "lab/web:push,pull", "other/web:pull,delete", "none/web:pull"];
    let several = scopes.map(|scope| format!("scope=repository:{scope}")).join("&");
    let in_one = format!("scope={}", scopes.map(|scope| format!("repository:{scope}")).join("%20"));
    for asked in [several, in_one] {
        let given = token(&test, Some("nina"), &asked).await;
        let mut access = claims(&given)["access"].as_array().unwrap().clone();
        access.sort_by_key(|entry| entry["name"].as_str().map(str::to_owned));
        let of = |name: &str, actions: &[&str]| json!({"type": "repository", "name": name, "actions": actions});
        let expected = [
            of("lab/web", &["pull"]),
            of("none/web", &[]),
            of("other/web", &[]),
            of("team/web", &["pull", "push", "delete"]),
        ];
        assert_eq!(access, expected, "{asked}");
        let by = test.showing(&bearer(&given));
        for (name, pull, push) in [("team/web", 200, 202), ("lab/web", 200, 403), ("other/web", 404, 404)] {
            let pulled = by.get(&format!("/v2/{name}/manifests/v1")).await.status.as_u16();
            let pushed = by.call("POST", &format!("/v2/{name}/blobs/uploads/"), OCI_MANIFEST, "").await.status.as_u16();
            assert_eq!((pulled, pushed), (pull, push), "{name} by {asked}");
        }
    }
}
