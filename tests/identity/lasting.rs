//! What ends, and what must not outlive it: rights for a time, sessions that nobody uses, the last owner, the last way in.

use super::api::{admin, give, named, send, user};
use super::providers::server;
use super::resting::token;
use super::stand_in::StandIn;
use super::ways_in::Browser;
use super::{PASSWORD, basic, cookie, cookie_of, form, with};
use crate::support::{START, TestApp};
use axum::http::StatusCode;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::domain::{Actor, Timestamp};
use portolan::server::access::Policy;
use portolan::server::identity::links;
use portolan::server::store::principals;
use portolan::server::store::sessions::Purpose;
use serde_json::{Value, json};

pub(super) fn in_days(days: i64) -> String {
    Timestamp(START.0 + days * 86_400_000).rfc3339()
}

/// Gives a role on a scope for ten days.
async fn lend(admin: &TestApp, username: &str, role: &str, scope: &str) {
    let grant = json!({"principal": named(username), "role": role, "scope": scope, "expires_at": in_days(10)});
    assert_eq!(send(admin, "POST", "grants", grant).await.status, StatusCode::CREATED);
}

async fn status(by: &TestApp, method: &str, path: &str, body: Value) -> u16 {
    send(by, method, path, body).await.status.as_u16()
}

#[tokio::test]
async fn who_holds_something_for_a_time_makes_nothing_that_outlives_it() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    lend(&admin, "nina", "maintainer", "team/*").await;
    let robot = |name: &str, days: i64| json!({"name": name, "namespace": "team", "role": "publisher", "scope": "team/web", "expires_at": in_days(days)});
    assert_eq!(status(&nina, "POST", "robots", robot("ci-late", 11)).await, 400);
    assert_eq!(status(&nina, "POST", "robots", robot("ci-web", 10)).await, 201);
    assert_eq!(status(&nina, "POST", "robots/ci-web/rotate", json!({"expires_at": in_days(11)})).await, 400);
    assert_eq!(status(&nina, "POST", "robots/ci-web/rotate", json!({})).await, 200);
    assert_eq!(status(&admin, "POST", "robots", robot("ci-long", 90)).await, 201);
    assert_eq!(status(&nina, "POST", "robots/ci-long/rotate", json!({})).await, 400, "its secret is good for longer");
    assert_eq!(status(&admin, "POST", "robots/ci-long/rotate", json!({})).await, 200);

    let otto = user(&admin, "otto").await;
    lend(&admin, "otto", "admin", "*").await;
    assert_eq!(status(&admin, "POST", "groups", json!({"name": "plat", "members": ["mara"]})).await, 201);
    give(&admin, json!({"group": "plat"}), "admin", "*", None).await.unwrap();
    assert_eq!(status(&otto, "PATCH", "groups/plat", json!({"members": ["mara", "otto"]})).await, 400);
    assert_eq!(status(&admin, "PATCH", "groups/plat", json!({"members": ["mara", "nina"]})).await, 200);
}

#[tokio::test]
async fn nobody_is_given_the_same_twice_and_everybody_lets_nobody_in() {
    let admin = admin().await;
    user(&admin, "nina").await;
    give(&admin, named("nina"), "reader", "team/*", None).await.unwrap();
    assert_eq!(give(&admin, named("nina"), "reader", "team/*", None).await, Err(409));
    give(&admin, named("nina"), "publisher", "team/*", None).await.unwrap();
    give(&admin, named("nina"), "publisher", "team/*", Some("v*")).await.unwrap();
    for (role, scope, refused) in
        [("reader", "open/*", None), ("maintainer", "open/*", Some(400)), ("owner", "open/*", Some(400))]
    {
        assert_eq!(give(&admin, json!("anonymous"), role, scope, None).await.err(), refused, "{role}");
    }
    let id_of_nobody = json!({"username": "01919d6e-2b3c-7d4e-8f50-a1b2c3d4e5f6", "password": PASSWORD});
    assert_eq!(status(&admin, "POST", "users", id_of_nobody).await, 400, "a name is never an id");
}

/// Journey 15: what a namespace holds does not come to belong to nobody.
#[tokio::test]
async fn the_last_owner_of_a_namespace_stays() {
    let admin = admin().await;
    user(&admin, "nina").await;
    user(&admin, "otto").await;
    let only = give(&admin, named("nina"), "owner", "team/*", None).await.unwrap();
    let empty = give(&admin, named("nina"), "owner", "bare/*", None).await.unwrap();
    admin.push_image("team/web", "1", "amd64", b"layer").await;
    let kept = send(&admin, "DELETE", &format!("grants/{only}"), json!({})).await;
    assert_eq!(kept.status, StatusCode::CONFLICT);
    assert!(kept.text().contains("team would have no owner any more"), "{}", kept.text());
    assert_eq!(status(&admin, "PATCH", &format!("grants/{only}"), json!({"role": "reader"})).await, 409);
    assert_eq!(status(&admin, "DELETE", &format!("grants/{empty}"), json!({})).await, 204, "there is nothing to own");
    give(&admin, named("otto"), "owner", "team/*", None).await.unwrap();
    assert_eq!(status(&admin, "DELETE", &format!("grants/{only}"), json!({})).await, 204);
    // Nobody is kept in because of what they own: administrators give it to somebody else.
    assert_eq!(status(&admin, "PATCH", "users/otto", json!({"disabled": true})).await, 200);
    assert!(give(&admin, named("nina"), "owner", "team/*", None).await.is_ok());
    assert_eq!(status(&admin, "DELETE", "users/otto", json!({})).await, 204);
}

/// Live lists ask again by themselves: that is no use of a session.
#[tokio::test]
async fn a_page_that_is_left_open_uses_no_session() {
    let (test, clock) = server("[auth]\nsession_idle_s = 1000").await;
    let (left, used) = (cookie_of(&test, "mara", PASSWORD).await, cookie_of(&test, "mara", PASSWORD).await);
    for _ in 0..4 {
        clock.advance_ms(300_000);
        with(&test, "GET", "/repositories?part=results", ("cookie", &left)).await;
        assert_eq!(with(&test, "GET", "/account", ("cookie", &used)).await.status, StatusCode::OK);
    }
    assert_eq!(with(&test, "GET", "/account", ("cookie", &left)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn where_passwords_are_off_a_link_is_a_way_in_though_the_provider_is_silent() {
    let provider = StandIn::start().await;
    let config = format!("[auth]\nlocal_sign_in = false\nrecheck_days = 3\n{}", provider.config("open_sign_up = true"));
    let (test, clock) = server(&config).await;
    let mut browser = Browser::of(&test);
    browser.sign_in(&provider).await;
    let secret = token(&test, "mara.l").await;
    clock.advance_ms(4 * 86_400_000);
    assert!(browser.is_out().await);
    let user = principals::by_username(&test.app.store, &"mara.l".parse().unwrap()).await.unwrap().unwrap();
    let link = links::New::draw("http://a", &*test.app.entropy, test.app.clock.now(), Purpose::Recover);
    let path = link.address.strip_prefix("http://a").unwrap().to_owned();
    let proof = crate::support::decides(Policy::Grants).system(Job::SignIn, Maintain {});
    let keep = test.app.store.note(&proof, move |tx| {
        Box::pin(async move { link.keep(tx, &user.id, &Actor::System(Job::CommandLine)).await })
    });
    keep.await.unwrap();
    let opened = form(&test, &path, "", &[("password", "another horse")]).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text());
    let account = with(&test, "GET", "/account", ("cookie", &cookie(&opened))).await;
    assert_eq!(account.status, StatusCode::OK, "{}", account.text());
    let by_password = with(&test, "GET", "/v2/", ("authorization", &basic("mara.l", "another horse"))).await;
    assert_eq!(by_password.status, StatusCode::UNAUTHORIZED, "the password alone opens nothing");
    let by_token = with(&test, "GET", "/v2/", ("authorization", &format!("Bearer {secret}"))).await;
    assert_eq!(by_token.status, StatusCode::UNAUTHORIZED, "nor does a token wake up by it");
}

#[tokio::test]
async fn who_comes_in_vain_goes_or_gets_a_token_is_on_record() {
    let admin = admin().await;
    let rows = async |action: &str| {
        let found = send(&admin, "GET", &format!("activity?action={action}"), json!({})).await.json();
        found["items"].as_array().unwrap().clone()
    };
    for (username, password) in [("mara", "wrong horse"), ("mara", "wrong again"), ("nobody-here", "wrong horse")] {
        let refused = form(&admin, "/auth/login", "", &[("username", username), ("password", password)]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text());
    }
    user(&admin, "nina").await;
    let wrong = admin.showing(&basic("nina", "wrong horse"));
    for _ in 0..2 {
        for path in ["/v2/", "/token?service=x", "/api/v1/tokens", "/metrics"] {
            assert_eq!(wrong.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        }
    }
    let cookie = cookie_of(&admin, "mara", PASSWORD).await;
    form(&admin, "/auth/logout", &cookie, &[]).await;
    for _ in 0..2 {
        assert_eq!(admin.get("/token?scope=repository:team/web:pull").await.status, StatusCode::OK);
    }
    let ended = eventually(async || rows("session.end").await, 1).await;
    assert_eq!(ended[0]["actor"], "user:mara");
    let opened = eventually(async || rows("session.open").await, 4).await;
    let mut refused: Vec<&str> =
        opened.iter().filter(|row| row["refused"] != Value::Null).map(|row| row["object"].as_str().unwrap()).collect();
    refused.sort_unstable();
    assert_eq!(
        refused,
        ["an account that is not there", "mara", "nina"],
        "each once a minute, and no name that nobody has"
    );
    let issued = eventually(async || rows("token.issue").await, 1).await;
    assert_eq!(issued[0]["object"], "repository:team/web:pull");
}

/// Records that nobody waits for are there in a moment.
async fn eventually(mut rows: impl AsyncFnMut() -> Vec<Value>, n: usize) -> Vec<Value> {
    for _ in 0..200 {
        let found = rows().await;
        if found.len() >= n {
            return found;
        }
        tokio::task::yield_now().await;
    }
    panic!("there are fewer than {n}");
}

/// Who may move some tags takes nothing away that has none: a signature belongs to an image whose tag may not be theirs.
#[tokio::test]
async fn who_deletes_some_tags_deletes_nothing_untagged() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "maintainer", "team/*", Some("dev-*")).await.unwrap();
    let tagged = admin.push_image("team/web", "dev-1", "amd64", b"one").await;
    let untagged = admin.push_image("team/web", "dev-2", "amd64", b"two").await;
    assert_eq!(nina.delete("/v2/team/web/manifests/dev-2").await.status, StatusCode::ACCEPTED);
    let path = |digest: &str| format!("/v2/team/web/manifests/{digest}");
    assert_eq!(nina.delete(&path(&untagged)).await.refusal(), "403 DENIED");
    assert_eq!(nina.delete(&path(&tagged)).await.status, StatusCode::ACCEPTED, "with the tag that is theirs");
    assert_eq!(admin.delete(&path(&untagged)).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_somebody_began_to_upload_is_not_gone_on_with_by_another_of_their_name() {
    let admin = admin().await;
    let first = user(&admin, "nina").await;
    give(&admin, named("nina"), "publisher", "team/*", None).await.unwrap();
    let began = first.call("POST", "/v2/team/web/blobs/uploads/", "application/octet-stream", "").await;
    let upload = began.header("location").to_owned();
    assert_eq!(first.get(&upload).await.status, StatusCode::NO_CONTENT);
    assert_eq!(status(&admin, "DELETE", "users/nina", json!({})).await, 204);
    let second = user(&admin, "nina").await;
    give(&admin, named("nina"), "publisher", "team/*", None).await.unwrap();
    assert_eq!(second.get(&upload).await.refusal(), "404 BLOB_UPLOAD_UNKNOWN");
}
