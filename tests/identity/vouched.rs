//! What programs show of people whom a provider brought: it follows what the provider says of them.

use super::credentials::exchanged;
use super::providers::{group, server};
use super::resting::token;
use super::stand_in::StandIn;
use super::ways_in::Browser;
use super::{basic, run};
use crate::support::{OCI_MANIFEST, TestApp};
use axum::http::StatusCode;
use serde_json::json;

/// What answers each of the ways in which a program of `mara.l` may show one and the same token.
async fn answers(test: &TestApp, ways: &[String]) -> Vec<(u16, u16)> {
    let mut answers = Vec::new();
    for shown in ways {
        let by = test.showing(shown);
        let push = by.call("POST", "/v2/team/web/blobs/uploads/", OCI_MANIFEST, "").await;
        answers.push((by.get("/v2/team/web/manifests/v1").await.status.as_u16(), push.status.as_u16()));
    }
    answers
}

/// SEC-9: a right that came with a group goes with it, from the page and from what programs keep.
#[tokio::test]
async fn what_programs_show_loses_what_the_group_gave() {
    let provider = StandIn::start().await;
    let (test, _) = server(&provider.config("open_sign_up = true")).await;
    test.by_admin("mara").push_image("team/web", "v1", "amd64", b"layer").await;
    group(&test, "dev", &[("acme", "developers")]).await;
    run(&test, "UPDATE grants SET role = 'developer' WHERE id = 'grant-dev'").await;
    provider.claim("groups", json!(["developers", "staff"]));
    let (mut older, mut newer) = (Browser::of(&test), Browser::of(&test));
    assert_eq!(older.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    let secret = token(&test, "mara.l").await;
    let shown = basic("mara.l", &secret);
    let short = exchanged(&test, &shown, "repository:team/web:pull,push").await;
    let ways = [shown.clone(), format!("Bearer {secret}"), short];
    assert_eq!(answers(&test, &ways).await, [(200, 202); 3]);
    assert_eq!(older.get("/r/team/web").await.status, StatusCode::OK);

    provider.claim("groups", json!(["staff"]));
    assert_eq!(newer.sign_in(&provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        answers(&test, &ways).await,
        [(404, 404); 3],
        "the token of the registry too, for which it is 30 minutes"
    );
    assert_eq!(older.get("/r/team/web").await.status, StatusCode::NOT_FOUND);
    let again = exchanged(&test, &shown, "repository:team/web:pull,push").await;
    assert_eq!(answers(&test, &[again]).await, [(404, 404)], "and a new one brings nothing back");

    provider.claim("groups", json!(["developers"]));
    newer.sign_in(&provider).await;
    assert_eq!(answers(&test, &ways).await, [(200, 202); 3], "nothing of theirs was lost");
}
