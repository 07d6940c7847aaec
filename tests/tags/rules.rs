//! What protection rules say to everything that changes names: nothing goes around them.

use super::{form, names, send, timed, within};
use crate::support::{Answer, TestApp};
use portolan::domain::Role;
use portolan::server::clock::Clock;
use serde_json::{Value, json};

async fn set(test: &TestApp, rule: Value) -> String {
    let set = send(test, "POST", "/api/v1/protections", rule).await;
    assert_eq!(set.status, 201, "{}", set.text());
    set.json()["id"].as_str().unwrap().to_owned()
}

async fn of_team(test: &TestApp) -> Vec<Option<String>> {
    let mut named = Vec::new();
    for tag in ["v1", "v2", "v3", "v4", "main"] {
        named.push(names(test, "team/web", tag).await);
    }
    named
}

fn is_barred(answer: &Answer, rule: &str, way: &str) {
    let said = answer.text();
    assert_eq!(answer.status, 403, "{way}: {said}");
    assert!(
        answer.header("content-type") != "application/problem+json" || answer.json()["protection"]["rule"] == rule,
        "{way}: {said}"
    );
}

#[tokio::test]
async fn what_is_immutable_is_so_to_every_way_in_which_a_name_changes() {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    test.push_image("team/web", "v2", "amd64", b"one").await;
    test.push_image("team/web", "v3", "amd64", b"one").await;
    clock.advance_ms(60_000);
    let then = clock.now().rfc3339();
    clock.advance_ms(60_000);
    let two = test.push_image("team/web", "v2", "amd64", b"two").await;
    test.push_image("team/web", "main", "amd64", b"two").await;
    test.push_image("other/web", "v1", "amd64", b"other").await;
    assert_eq!(test.delete("/v2/team/web/manifests/v3").await.status, 202);
    let entry = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    test.push_image("team/web", "v3", "amd64", b"two").await;
    let at = |path: &str| format!("/api/v1/{path}");
    let asked_before = [
        ("r/team/web", json!({"tags": ["main", "v1"]})),
        ("r/team/web", json!({"filter": "*"})),
        ("r/team/web", json!({"digests": [two]})),
        ("r/team/web", json!({"repository": true})),
        ("n/team", json!({})),
    ];
    let mut plans = Vec::new();
    for (place, asked) in &asked_before {
        let shown = send(&test, "POST", &at(&format!("{place}/-/delete-preview")), asked.clone()).await.json();
        plans.push(shown["plan"].clone());
    }
    let rule = set(&test, json!({"scope": "team/*", "tags": "v*", "kind": "immutable"})).await;
    let before = of_team(&test).await;

    for (method, path, body) in [
        ("PUT", at("r/team/web/-/tags/v1"), json!({"digest": two})),
        ("PUT", at("r/team/web/-/tags/v1"), json!({"digest": two, "expect": one})),
        ("POST", at("r/team/web/-/rollback"), json!({"tag": "v2", "digest": one})),
        ("POST", at("n/team/-/rollback"), json!({"t": then})),
        ("POST", at("r/other/web/-/copy"), json!({"tags": ["v1"], "to": "team/web"})),
        ("POST", at(&format!("trash/{entry}/restore")), json!({"over": true})),
        ("DELETE", at("r/team/web/-/tags/v1"), json!(null)),
        ("DELETE", at(&format!("r/team/web/-/manifests/{two}")), json!(null)),
        ("DELETE", at("r/team/web"), json!(null)),
        ("DELETE", at("n/team"), json!(null)),
    ] {
        is_barred(&send(&test, method, &path, body).await, &rule, &format!("{method} {path}"));
    }
    for ((place, asked), plan) in asked_before.iter().zip(plans) {
        let shown = send(&test, "POST", &at(&format!("{place}/-/delete-preview")), asked.clone()).await.json();
        assert!(shown["barred"][0].as_str().is_some_and(|barred| barred.contains("is immutable")), "{asked}: {shown}");
        assert!(plan.is_string() && shown["plan"].is_null(), "what would be refused has no plan: {shown}");
        let redeemed = send(&test, "POST", &at(&format!("{place}/-/delete")), json!({"plan": plan})).await;
        is_barred(&redeemed, &rule, &asked.to_string());
    }
    let renamed = form(&test, "/r/team/web/-/tags/v1/rename", "rename-tag", &[("to", "w1"), ("expect", &one)]).await;
    assert_eq!(renamed.status, 403, "{}", renamed.text());
    assert_eq!(of_team(&test).await, before, "nothing moved, and nothing is gone");

    // What is new is made, and what the rule is not about moves.
    assert_eq!(send(&test, "PUT", &at("r/team/web/-/tags/v4"), json!({"digest": one})).await.status, 201);
    assert_eq!(send(&test, "PUT", &at("r/team/web/-/tags/main"), json!({"digest": one})).await.status, 200);
    assert_eq!(send(&test, "DELETE", &at(&format!("protections/{rule}")), json!(null)).await.status, 204);
    assert_eq!(send(&test, "POST", &at("n/team/-/rollback"), json!({"t": then})).await.status, 200);
}

/// Who lacks the role makes no such tag either, by no way.
#[tokio::test]
async fn who_lacks_the_role_brings_no_such_tag_back() {
    let (test, _) = timed().await;
    let one = test.push_image("team/web", "prod", "amd64", b"one").await;
    test.push_image("team/web", "main", "amd64", b"two").await;
    test.push_image("team/web", "prod-2", "amd64", b"two").await;
    assert_eq!(test.delete("/v2/team/web/manifests/prod").await.status, 202);
    let entry = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let rule =
        json!({"scope": "team/web", "tags": "prod*", "except": "*-2", "kind": "protected", "role": "maintainer"});
    let rule = set(&test, rule).await;
    let lena = within(&test, "team/*", Role::Developer, None);
    for (method, path, body) in [
        ("POST", format!("trash/{entry}/restore"), json!({})),
        ("POST", "r/team/web/-/rollback".to_owned(), json!({"tag": "prod", "digest": one})),
        ("PUT", "r/team/web/-/tags/prod".to_owned(), json!({"digest": one})),
    ] {
        is_barred(&send(&lena, method, &format!("/api/v1/{path}"), body).await, &rule, &path);
    }
    assert_eq!(send(&lena, "PUT", "/api/v1/r/team/web/-/tags/prod-2", json!({"digest": one})).await.status, 200);
    assert_eq!(names(&test, "team/web", "prod").await, None);
    let max = within(&test, "team/*", Role::Maintainer, None);
    assert_eq!(send(&max, "POST", &format!("/api/v1/trash/{entry}/restore"), json!({})).await.status, 204);
    assert_eq!(names(&test, "team/web", "prod").await, Some(one));
}

#[tokio::test]
async fn what_rules_keep_is_left_out_where_a_program_says_so() {
    let (test, _) = timed().await;
    for tag in ["a", "b", "c", "v1", "v2"] {
        test.push_image("team/web", tag, "amd64", tag.as_bytes()).await;
    }
    set(&test, json!({"scope": "team/*", "tags": "v*", "kind": "immutable"})).await;
    let preview = async |asked: Value| send(&test, "POST", "/api/v1/r/team/web/-/delete-preview", asked).await;
    for asked in [json!({"tags": ["a", "v1", "v2"]}), json!({"filter": "*"})] {
        let mut left_out = asked.clone();
        left_out["leave_out"] = json!(true);
        let (stopped, shown) = (preview(asked).await.json(), preview(left_out.clone()).await.json());
        assert!(stopped["plan"].is_null() && stopped["barred"].as_array().is_some_and(|it| it.len() == 2), "{stopped}");
        let gone: Vec<&Value> = shown["removed"].as_array().unwrap().iter().map(|it| &it["tag"]).collect();
        assert!(
            !gone.is_empty() && !gone.contains(&&json!("v1")) && shown["barred"] == json!([]),
            "{left_out}: {shown}"
        );
        let done = send(&test, "POST", "/api/v1/r/team/web/-/delete", json!({"plan": shown["plan"]})).await;
        assert_eq!(done.status, 200, "{left_out}: {}", done.text());
    }
    assert_eq!(test.get("/v2/team/web/tags/list").await.json()["tags"], json!(["v1", "v2"]));
    for (asked, field) in [
        (json!({"repository": true, "leave_out": true}), "leave_out"),
        (json!({"tags": ["v1"], "leave_out": true}), "tag"),
        (json!({"filter": "*", "leave_out": true}), "filter"),
    ] {
        let refused = preview(asked.clone()).await;
        assert!(refused.status == 400 && refused.text().contains(field), "{asked}: {}", refused.text());
    }
}
