//! What somebody tries who has some rights, or who has what was theirs a moment ago.

use super::api::{admin, give, named, send, user};
use super::{PASSWORD, basic, cookie_of, form};
use crate::support::{START, TestApp, decides};
use axum::http::StatusCode;
use futures::future::BoxFuture;
use portolan::domain::action::Maintain;
use portolan::domain::principal::{Job, PrincipalKind};
use portolan::domain::{Actor, Result, Role, Scope, Terms};
use portolan::server::access::Policy;
use portolan::server::store::Tx;
use portolan::server::store::grants::{self, GranteeId};
use portolan::server::store::principals;
use portolan::server::store::sessions::{self, Known, NewSession};
use serde_json::json;

/// Runs a change in a transaction of its own.
pub(super) async fn change<T, F>(test: &TestApp, change: F) -> Result<T>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
{
    let proof = decides(Policy::Grants).system(Job::SignIn, Maintain {});
    test.app.store.note(&proof, change).await
}

/// A session is opened by what holds when it is opened, not by what held when it was shown.
#[tokio::test]
async fn a_password_that_changed_meanwhile_opens_no_session() {
    let test = admin().await;
    let password = PASSWORD.to_owned().into();
    let (user, hash) = test.app.identity.by_password("mara", &password, ("192.0.2.1", None)).await.unwrap();
    let opens = async |known: Known, id: &'static str| {
        let new = NewSession {
            fingerprint: id.to_owned(),
            id: id.to_owned(),
            user_id: user.id.clone(),
            created_at: START,
            address: String::new(),
            agent: String::new(),
        };
        change(&test, move |tx| Box::pin(async move { sessions::open(tx, &new, &known).await })).await.unwrap()
    };
    assert!(opens(Known::Password(hash.clone()), "one").await, "the password is that one");
    let mine = cookie_of(&test.again().at_the_door(), "mara", PASSWORD).await;
    let fields = [("do", "change-password"), ("password_before", PASSWORD), ("password", "another horse")];
    assert_eq!(form(&test.again().at_the_door(), "/account", &mine, &fields).await.status, StatusCode::SEE_OTHER);
    assert!(!opens(Known::Password(hash), "two").await, "it is the one from before");
    assert!(!opens(Known::Identity("acme".into()), "three").await, "nor is there an identity at a provider");
}

/// SEC-29: what a client got by a password is worth nothing once that is another one.
#[tokio::test]
async fn a_token_of_the_registry_ends_with_the_password_that_it_was_asked_by() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    let asked = nina.get("/token?service=127.0.0.1:8080&scope=repository:team/web:pull").await.json();
    let bearer = admin.showing(&format!("Bearer {}", asked["token"].as_str().expect("a token")));
    assert_eq!(bearer.get("/v2/").await.status, StatusCode::OK);
    let door = admin.again().at_the_door();
    let mine = cookie_of(&door, "nina", PASSWORD).await;
    let fields = [("do", "change-password"), ("password_before", PASSWORD), ("password", "another horse")];
    assert_eq!(form(&door, "/account", &mine, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(bearer.get("/v2/").await.status, StatusCode::UNAUTHORIZED);
}

/// SEC-24: who has something for a while gives it for no longer, to others or to themselves.
#[tokio::test]
async fn nobody_gives_for_longer_than_they_have() {
    let admin = admin().await;
    let (nina, _) = (user(&admin, "nina").await, user(&admin, "otto").await);
    let end = "2026-12-01T00:00:00Z";
    let grant = |to: &str, end: serde_json::Value| json!({"principal": named(to), "role": "maintainer", "scope": "team/*", "tags": null, "expires_at": end});
    let own = send(&admin, "POST", "grants", grant("nina", json!(end))).await.json()["id"].as_str().unwrap().to_owned();
    let forever = send(&nina, "PATCH", &format!("grants/{own}"), json!({"expires_at": null})).await;
    assert!(forever.status == StatusCode::BAD_REQUEST && forever.text().contains("limited time"), "{}", forever.text());
    for (to, end) in [("nina", json!(null)), ("otto", json!(null)), ("otto", json!("2026-12-02T00:00:00Z"))] {
        assert_eq!(send(&nina, "POST", "grants", grant(to, end)).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(send(&nina, "POST", "grants", grant("otto", json!(end))).await.status, StatusCode::CREATED);
    let narrow = json!({"principal": named("nina"), "role": "publisher", "scope": "team/*", "tags": "dev-*", "expires_at": null});
    let narrow = send(&admin, "POST", "grants", narrow).await.json()["id"].as_str().unwrap().to_owned();
    let wide = send(&nina, "PATCH", &format!("grants/{narrow}"), json!({"tags": null})).await;
    assert!(wide.status == StatusCode::BAD_REQUEST && wide.text().contains("limited time"), "{}", wide.text());
}

/// A grant whose owner goes while it is given is not made; one from before hides nothing.
#[tokio::test]
async fn a_grant_of_nobodys_breaks_no_list() {
    let admin = admin().await;
    user(&admin, "otto").await;
    let otto = principals::by_username(&admin.app.store, &"otto".parse().unwrap()).await.unwrap().unwrap();
    give(&admin, named("otto"), "reader", "team/*", None).await.unwrap();
    assert_eq!(send(&admin, "DELETE", "users/otto", json!(null)).await.status, StatusCode::NO_CONTENT);
    let to = GranteeId::Principal(PrincipalKind::User, otto.id.clone());
    let terms = Terms::new(Role::Reader, Scope::Everything, None, None).unwrap();
    let by = Actor::User("mara".parse().unwrap());
    let write =
        change(&admin, move |tx| Box::pin(async move { grants::insert(tx, "late", &to, &terms, &by, START).await }));
    assert!(write.await.is_err(), "whom it is for is gone");
    for path in ["grants", "grants?scope=team/*"] {
        assert_eq!(send(&admin, "GET", path, json!(null)).await.status, StatusCode::OK, "{path}");
    }
}

/// What is changed or taken is what was seen.
#[tokio::test]
async fn a_grant_that_changed_meanwhile_is_not_taken() {
    let admin = admin().await;
    user(&admin, "otto").await;
    let id = give(&admin, named("otto"), "reader", "team/*", None).await.unwrap();
    let seen = Terms::new(Role::Reader, "team/*".parse().unwrap(), None, None).unwrap();
    let raised = send(&admin, "PATCH", &format!("grants/{id}"), json!({"role": "owner"})).await;
    assert_eq!(raised.json()["role"], "owner");
    let taken = change(&admin, move |tx| Box::pin(async move { grants::take(tx, &id, &seen).await }));
    assert!(!taken.await.unwrap());
}

/// SEC-12: who may not look people up learns no names from the page on which they give access.
#[tokio::test]
async fn only_who_may_look_people_up_is_shown_them() {
    let admin = admin().await;
    for name in ["nina", "olga"] {
        user(&admin, name).await;
    }
    user(&admin, "secret.person").await;
    give(&admin, named("nina"), "maintainer", "team/*", None).await.unwrap();
    give(&admin, named("olga"), "owner", "team/*", None).await.unwrap();
    let door = admin.again().at_the_door();
    for (name, sees) in [("nina", false), ("olga", true)] {
        let cookie = cookie_of(&door, name, PASSWORD).await;
        let page = super::with(&door, "GET", "/n/team/-/access", ("cookie", &cookie)).await;
        assert_eq!(page.status, StatusCode::OK, "{name}");
        assert_eq!(page.text().contains("secret.person"), sees, "{name}");
    }
}

/// A link by which somebody would choose a first password is for who has no way in.
#[tokio::test]
async fn nobody_is_invited_to_an_account_that_is_in_use() {
    let admin = admin().await;
    user(&admin, "otto").await;
    let door: TestApp = admin.again().at_the_door();
    let mara = cookie_of(&door, "mara", PASSWORD).await;
    let again = form(&door, "/admin/users/otto", &mara, &[("do", "invite-again")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(door.showing(&basic("otto", PASSWORD)).get("/v2/").await.status, StatusCode::OK);
}
