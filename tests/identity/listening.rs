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
use portolan::server::service::changes::Shown;
use std::sync::Arc;
use tower::ServiceExt;

/// More than a reader may fall behind.
const MANY: usize = 1_100;

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
    let shown = Shown::All(proof.visibility());
    let (mut one, mut other) = (test.app.events.subscribe(), test.app.events.subscribe());
    test.app.events.changed("other/hidden".parse().unwrap());
    assert!(!shown.concerns(&test.app.store, &one.recv().await.unwrap()).await);
    run(&test, "UPDATE repositories SET visibility = 'public'").await;
    assert!(!shown.concerns(&test.app.store, &other.recv().await.unwrap()).await, "the second does not look again");
    test.app.events.changed("other/hidden".parse().unwrap());
    assert!(shown.concerns(&test.app.store, &one.recv().await.unwrap()).await, "at the next change somebody does");
}
