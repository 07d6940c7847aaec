//! What open pages hear, and what it costs that many listen.

use super::api::{give, named, user};
use super::providers::server;
use super::{PASSWORD, basic, cookie_of, run};
use crate::support::request;
use axum::body::Body;
use futures::StreamExt;
use portolan::domain::action::ListRepositories;
use portolan::domain::{Role, Terms};
use portolan::server::access::{Caller, Standing};
use portolan::server::service::changes::Watched;
use serde_json::json;
use std::sync::Arc;
use tower::ServiceExt;

/// More than a reader may fall behind.
const MANY: usize = 1_100;

/// What every stream says before anything happens: that it is open.
const OPEN: usize = 1;

/// Who falls behind is told to look if anything of theirs changed, and hears nothing of what others do.
#[tokio::test]
async fn a_page_that_falls_behind_hears_of_its_own_alone() {
    for is_theirs in [false, true] {
        let (test, clock) = server("").await;
        let admin = test.showing(&basic("mara", PASSWORD));
        let _ = user(&admin, "nina").await;
        give(&admin, named("nina"), "reader", "team/*", None).await.unwrap();
        admin.push_image("team/web", "v1", "amd64", b"one").await;
        let cookie = cookie_of(&test, "nina", PASSWORD).await;
        clock.advance_ms(60_000);
        let mut streams = vec![];
        for scope in ["repositories", "repository:team/web"] {
            let listen = request("GET", &format!("/events?scope={scope}")).header("cookie", &cookie);
            let response = test.router.clone().oneshot(listen.body(Body::empty()).unwrap()).await.unwrap();
            streams.push(response.into_body().into_data_stream());
        }
        clock.advance_ms(1_000);
        if is_theirs {
            admin.push_image("team/web", "v2", "amd64", b"two").await;
        }
        for _ in 0..MANY {
            admin.app.events.changed("other/hidden".parse().unwrap());
        }
        admin.app.events.close();
        for stream in streams {
            let heard: Vec<_> = stream.collect().await;
            let heard: Vec<_> =
                heard.into_iter().map(|part| String::from_utf8(part.unwrap().to_vec()).unwrap()).collect();
            assert_eq!(heard.iter().any(|part| part.contains("changed")), is_theirs, "{heard:?}");
        }
    }
}

/// However many listen, one of them looks how visible a repository is that changed.
#[tokio::test]
async fn one_look_is_for_all_who_listen() {
    let (test, _) = server("").await;
    let admin = test.showing(&basic("mara", PASSWORD));
    admin.push_image("other/hidden", "v1", "amd64", b"one").await;
    let terms = Terms { role: Role::Reader, scope: "team/*".parse().unwrap(), tags: None, expires_at: None };
    let standing = Arc::new(Standing::anonymous(vec![terms]));
    let caller = Caller { standing, request_id: String::new(), address: String::new() };
    let proof = test.app.access.authorize(&caller, ListRepositories {}).await.unwrap();
    let shown = Watched::All(proof.visibility());
    let (mut one, mut other) = (test.app.events.subscribe(), test.app.events.subscribe());
    test.app.events.changed("other/hidden".parse().unwrap());
    assert!(!shown.concerns(&test.app.store, &one.recv().await.unwrap()).await);
    run(&test, "UPDATE repositories SET visibility = 'public'").await;
    assert!(!shown.concerns(&test.app.store, &other.recv().await.unwrap()).await, "the second does not look again");
    test.app.events.changed("other/hidden".parse().unwrap());
    assert!(shown.concerns(&test.app.store, &one.recv().await.unwrap()).await, "at the next change somebody does");
}

/// A rule is heard of on the pages of what it binds, by who reads that. A list of repositories hears of one on a repository
/// in it, as of all that changes there, and of no other.
#[tokio::test]
async fn a_rule_is_heard_of_where_it_binds_and_nowhere_else() {
    for (scope, is_theirs) in
        [("*", true), ("team/*", true), ("team/web", true), ("team/web/*", false), ("other/*", false)]
    {
        let (test, _) = server("").await;
        let admin = test.showing(&basic("mara", PASSWORD));
        let _ = user(&admin, "nina").await;
        give(&admin, named("nina"), "reader", "team/*", None).await.unwrap();
        admin.push_image("team/web", "v1", "amd64", b"one").await;
        let cookie = cookie_of(&test, "nina", PASSWORD).await;
        let mut streams = vec![];
        for page in ["repository:team/web", "repositories"] {
            let listen = request("GET", &format!("/events?scope={page}")).header("cookie", &cookie);
            let response = test.router.clone().oneshot(listen.body(Body::empty()).unwrap()).await.unwrap();
            streams.push(response.into_body().into_data_stream());
        }
        let rule = json!({"scope": scope, "kind": "immutable"}).to_string();
        let set = admin.call("POST", "/api/v1/protections", "application/json", rule).await;
        assert_eq!(set.status, 201, "{scope}: {}", set.text());
        admin.app.events.close();
        for (stream, hears) in streams.into_iter().zip([is_theirs, scope == "team/web"]) {
            let heard: Vec<_> = stream.collect().await;
            assert_eq!(heard.len() > OPEN, hears, "{scope}: {heard:?}");
        }
    }
}

/// What is deleted and let go for good is heard of on the page of the trash, by who may bring it back.
#[tokio::test]
async fn the_trash_is_live_for_who_may_restore_and_for_nobody_else() {
    for (scope, role, is_purge, hears) in [
        ("team/*", "owner", false, Some(true)),
        ("team/*", "owner", true, Some(true)),
        ("other/*", "owner", false, Some(false)),
        ("other/*", "owner", true, Some(false)),
        ("team/*", "reader", false, None),
    ] {
        let (test, _) = server("").await;
        let admin = test.showing(&basic("mara", PASSWORD));
        let _ = user(&admin, "nina").await;
        give(&admin, named("nina"), role, scope, None).await.unwrap();
        admin.push_image("team/web", "v1", "amd64", b"one").await;
        let cookie = cookie_of(&test, "nina", PASSWORD).await;
        let mut gone = "/api/v1/r/team/web/-/tags/v1".to_owned();
        if is_purge {
            assert_eq!(admin.delete(&gone).await.status, 204);
            let listed = admin.get("/api/v1/trash").await.json();
            gone = format!("/api/v1/trash/{}", listed["items"][0]["id"].as_str().unwrap());
        }
        let page = request("GET", "/trash").header("cookie", &cookie).body(Body::empty()).unwrap();
        let page = test.send(page).await;
        let listen = request("GET", "/events?scope=trash").header("cookie", &cookie).body(Body::empty()).unwrap();
        let response = test.router.clone().oneshot(listen).await.unwrap();
        let Some(hears) = hears else {
            assert_eq!((page.status.as_u16(), response.status().as_u16()), (403, 403), "{role}");
            continue;
        };
        assert!(page.text().contains("data-scope=\"trash\"") && page.text().contains("data-live=\"trash\""));
        assert_eq!(admin.delete(&gone).await.status, 204);
        admin.app.events.close();
        let heard: Vec<_> = response.into_body().into_data_stream().collect().await;
        assert_eq!(heard.len() > OPEN, hears, "{scope} {is_purge}: {heard:?}");
    }
}
