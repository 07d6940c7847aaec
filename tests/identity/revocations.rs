//! What is taken while a request runs: nothing that it brings afterwards stands.

use super::api::{admin, give, named, personal_token, send, user};
use super::{PASSWORD, basic, note, run};
use crate::support::{Answer, OCI_MANIFEST, START, TestApp, choices, request, sha256};
use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::StatusCode;
use futures::{StreamExt, stream};
use portolan::domain::{Role, Terms, Timestamp};
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use portolan::server::identity::sign_in;
use portolan::server::store::principals;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::ServiceExt;

const ANY: &str = "application/octet-stream";

/// A request that was let in and whose body has not come yet.
pub(super) struct Slow {
    rest: oneshot::Sender<Bytes>,
    answer: JoinHandle<Answer>,
}

/// Sends the beginning of a request.
pub(super) async fn begin(by: &TestApp, method: &str, path: &str, content_type: &str) -> Slow {
    let ((began, has_begun), (rest, comes)) = (oneshot::channel(), oneshot::channel::<Bytes>());
    let body = stream::once(async move {
        let _ = began.send(()); // It is read once the request was let in.
        comes.await.map_err(std::io::Error::other)
    });
    let request = request(method, path).header("content-type", content_type).body(Body::from_stream(body)).unwrap();
    let by = by.again();
    let answer = tokio::spawn(async move { by.send(request).await });
    has_begun.await.expect("it is let in");
    Slow { rest, answer }
}

impl Slow {
    /// Sends the rest.
    pub(super) async fn end(self, rest: &str) -> Answer {
        self.rest.send(Bytes::from(rest.to_owned())).unwrap();
        self.answer.await.unwrap()
    }
}

/// AUTH-13.
#[tokio::test]
async fn what_is_taken_while_a_body_comes_is_gone_when_it_has_come() {
    let admin = admin().await;
    let (nina, _) = (user(&admin, "nina").await, user(&admin, "otto").await);
    let grant = give(&admin, named("nina"), "publisher", "team/*", None).await.unwrap();
    let image = nina.image("team/web", "amd64", b"layer").await;
    let slow = begin(&nina, "PUT", "/v2/team/web/manifests/v1", OCI_MANIFEST).await;
    // A change of access that is not theirs is not noticed.
    give(&admin, named("otto"), "reader", "*", None).await.unwrap();
    assert_eq!(slow.end(&image).await.status, StatusCode::CREATED);

    let manifest = begin(&nina, "PUT", "/v2/team/web/manifests/v2", OCI_MANIFEST).await;
    let upload = nina.call("POST", "/v2/team/web/blobs/uploads/", ANY, "").await.location();
    let blob = begin(&nina, "PUT", &format!("{upload}?digest={}", sha256(b"late")), ANY).await;
    assert_eq!(send(&admin, "DELETE", &format!("grants/{grant}"), json!(null)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(manifest.end(&image).await.refusal(), "403 DENIED");
    assert_eq!(blob.end("late").await.refusal(), "403 DENIED");
    assert_eq!(admin.get("/v2/team/web/manifests/v2").await.refusal(), "404 MANIFEST_UNKNOWN");
    assert_eq!(admin.get(&format!("/v2/team/web/blobs/{}", sha256(b"late"))).await.refusal(), "404 BLOB_UNKNOWN");
    let refused = "SELECT COUNT(*) FROM audit WHERE outcome = 'refused: repository.push' AND actor = 'user:nina'";
    let refused: i64 = admin.app.store.one(refused, vec![]).await.unwrap().unwrap().take().unwrap();
    assert_eq!(refused, 2, "the record has both");

    // What only the transaction asks for is asked of the rights that hold then.
    let developer = give(&admin, named("nina"), "developer", "team/*", None).await.unwrap();
    let other = nina.image("team/web", "amd64", b"other").await;
    let moves = begin(&nina, "PUT", "/v2/team/web/manifests/v1", OCI_MANIFEST).await;
    give(&admin, named("nina"), "publisher", "team/*", None).await.unwrap();
    send(&admin, "DELETE", &format!("grants/{developer}"), json!(null)).await;
    assert_eq!(moves.end(&other).await.refusal(), "403 DENIED");
    assert_eq!(admin.get("/v2/team/web/manifests/v1").await.text(), image, "the tag stands where it stood");
    let new = begin(&nina, "PUT", "/v2/team/web/manifests/v3", OCI_MANIFEST).await;
    give(&admin, named("otto"), "reader", "team/*", None).await.unwrap();
    assert_eq!(new.end(&other).await.status, StatusCode::CREATED, "a publisher may still publish");
}

/// AUTH-13: by whatever somebody came, once it is taken they are nobody.
#[tokio::test]
async fn who_is_let_in_no_more_completes_nothing() {
    let admin = admin().await;
    let nina = user(&admin, "nina").await;
    give(&admin, named("nina"), "publisher", "team/*", None).await.unwrap();
    let image = nina.image("team/web", "amd64", b"layer").await;
    let terms = Terms::new(Role::Publisher, "team/*".parse().unwrap(), None, None).unwrap();
    let token = personal_token(&admin, "nina", terms, None).await;
    let shown = super::basic("nina", &token);
    let exchanged = admin.showing(&shown).get("/token?scope=repository:team/web:pull,push").await;
    let exchanged = exchanged.json()["token"].as_str().unwrap().to_owned();
    let by_token = ["Bearer ".to_owned() + &token, "Bearer ".to_owned() + &exchanged].map(|it| admin.showing(&it));
    let mut slow = Vec::new();
    for (place, by) in by_token.iter().enumerate() {
        slow.push(begin(by, "PUT", &format!("/v2/team/web/manifests/t{place}"), OCI_MANIFEST).await);
    }
    let by_password = begin(&nina, "PUT", "/v2/team/web/manifests/p1", OCI_MANIFEST).await;
    let own = send(&nina, "GET", "tokens", json!(null)).await.json()["items"][0]["id"].clone();
    let revoked = send(&nina, "DELETE", &format!("tokens/{}", own.as_str().unwrap()), json!(null)).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    for slow in slow {
        assert_eq!(slow.end(&image).await.refusal(), "401 UNAUTHORIZED");
    }
    assert_eq!(by_password.end(&image).await.status, StatusCode::CREATED, "the token's owner goes on");

    let by_password = begin(&nina, "PUT", "/v2/team/web/manifests/p2", OCI_MANIFEST).await;
    let nina_now = principals::by_username(&admin.app.store, &"nina".parse().unwrap()).await.unwrap().unwrap();
    let hash = admin.app.identity.passwords.hash(&"another horse".to_owned().into()).await.unwrap();
    note(&admin, move |tx| Box::pin(async move { principals::set_password(tx, &nina_now.id, &hash, START).await }))
        .await;
    assert_eq!(by_password.end(&image).await.refusal(), "401 UNAUTHORIZED", "it was their password");
    let nina = admin.showing(&super::basic("nina", "another horse"));
    let disabled = begin(&nina, "PUT", "/v2/team/web/manifests/p3", OCI_MANIFEST).await;
    send(&admin, "PATCH", "users/nina", json!({"disabled": true})).await;
    let refused = disabled.end(&image).await;
    assert_eq!(refused.refusal(), "401 UNAUTHORIZED");
    assert!(refused.header("www-authenticate").contains("scope=\"repository:team/web:pull,push\""));
    assert_eq!(
        admin.get("/v2/team/web/tags/list").await.json()["tags"],
        json!(["p1"]),
        "nothing of the others is there"
    );
}

/// What is told to an open page.
async fn listen(by: &TestApp, cookie: &str, scope: &str) -> BodyDataStream {
    let listen = request("GET", &format!("/events?scope={scope}")).header("cookie", cookie);
    let response = by.router.clone().oneshot(listen.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut events = response.into_body().into_data_stream();
    assert_eq!(events.next().await.unwrap().unwrap(), ": open\n\n");
    events
}

async fn hears_of_a_change(events: &mut BodyDataStream) -> bool {
    let heard = events.next().await.unwrap().unwrap();
    String::from_utf8_lossy(&heard).contains("event: changed")
}

/// A stream that comes to its end, and tells nothing before.
async fn ends_in_silence(events: BodyDataStream) {
    let rest: Vec<_> = events.collect().await;
    let told: Vec<_> = rest.into_iter().map(|part| String::from_utf8_lossy(&part.unwrap()).into_owned()).collect();
    assert!(told.iter().all(|told| !told.contains("changed")), "{told:?}");
}

/// A stream of events ends with the right to what it tells of, and tells nothing more.
#[tokio::test]
async fn an_open_page_hears_nothing_of_what_its_reader_may_not_see_any_more() {
    let admin = admin().await;
    let _ = user(&admin, "nina").await;
    let grant = give(&admin, named("nina"), "reader", "team/*", None).await.unwrap();
    admin.push_image("team/web", "v1", "amd64", b"one").await;
    let cookie = super::cookie_of(&admin.by_nobody(), "nina", PASSWORD).await;
    for scope in ["repositories", "repository:team/web"] {
        let mut events = listen(&admin, &cookie, scope).await;
        admin.push_image("team/web", scope.split(':').next().unwrap(), "amd64", b"two").await;
        assert!(hears_of_a_change(&mut events).await, "{scope}");
        // The last one ends it for good.
        if scope.ends_with("web") {
            send(&admin, "DELETE", &format!("grants/{grant}"), json!(null)).await;
        } else {
            run(&admin, "UPDATE instance SET epoch = epoch + 1").await;
        }
        admin.push_image("team/web", "v3", "amd64", scope.as_bytes()).await;
        ends_in_silence(events).await;
    }
}

/// The same for a right that comes to its end by itself, which nobody announces.
#[tokio::test]
async fn an_open_page_hears_nothing_once_its_readers_time_is_over() {
    let clock = Arc::new(ManualClock::new(START));
    let test = TestApp::build("", choices(Policy::Grants, clock.clone())).await.at_the_door();
    sign_in::admin_by_configuration(&test.app, "mara".parse().unwrap(), PASSWORD.to_owned().into()).await.unwrap();
    let admin = test.showing(&basic("mara", PASSWORD));
    let _ = user(&admin, "nina").await;
    admin.push_image("team/web", "v1", "amd64", b"one").await;
    let cookie = super::cookie_of(&test, "nina", PASSWORD).await;
    for (number, (scope, granted)) in
        [("repositories", "team/*"), ("repository:team/web", "team/web")].into_iter().enumerate()
    {
        let end = Timestamp(clock.now().0 + 60_000).rfc3339();
        let grant =
            json!({"principal": named("nina"), "role": "reader", "scope": granted, "tags": null, "expires_at": end});
        assert_eq!(send(&admin, "POST", "grants", grant).await.status, StatusCode::CREATED);
        let mut events = listen(&test, &cookie, scope).await;
        clock.advance_ms(59_999);
        admin.push_image("team/web", "before", "amd64", &[number as u8, 1]).await;
        assert!(hears_of_a_change(&mut events).await, "{scope}");
        clock.advance_ms(1);
        admin.push_image("team/web", "after", "amd64", &[number as u8, 2]).await;
        ends_in_silence(events).await;
    }
}
