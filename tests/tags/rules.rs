//! What protection rules say to everything that changes names: nothing goes around them.

use super::met::way_on;
use super::{followed, form, names, send, timed, within};
use crate::support::{Answer, OCI_MANIFEST, TestApp, field, sha256};
use portolan::domain::Role;
use portolan::server::clock::Clock;
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
    // Nor beside another one that she may move.
    let (image, main) = (lena.image("team/web", "amd64", b"three").await, names(&test, "team/web", "main").await);
    let reference = format!("{}?tag=main&tag=prod", sha256(image.as_bytes()));
    assert_eq!(lena.put_manifest("team/web", &reference, OCI_MANIFEST, &image).await.refusal(), "403 DENIED");
    assert_eq!(names(&test, "team/web", "main").await, main);
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
    for (asked, words) in [
        (json!({"repository": true, "leave_out": true}), "leave_out is for tags"),
        (json!({"tags": ["v1"], "leave_out": true}), "tag"),
        (json!({"filter": "*", "leave_out": true}), "rules protect all of these tags"),
    ] {
        let refused = preview(asked.clone()).await;
        assert!(refused.status == 400 && refused.text().contains(words), "{asked}: {}", refused.text());
    }
}

/// As of tags that are named: what rules keep from who asks and nothing more, when it is looked at and when it is done, also
/// by a job.
#[tokio::test]
async fn a_filter_leaves_out_what_rules_keep_from_who_asks() {
    let (test, _) = timed().await;
    let image = test.push_image("team/web", "main", "amd64", b"one").await;
    let manifest = test.get(&format!("/v2/team/web/manifests/{image}")).await.text();
    let tags: Vec<String> =
        (0..520).map(|n| format!("dev-{n}")).chain(["prod-1", "prod-2", "v1"].map(String::from)).collect();
    for some in tags.chunks(64) {
        let reference = format!("{image}?tag={}", some.join("&tag="));
        assert_eq!(test.put_manifest("team/web", &reference, OCI_MANIFEST, &manifest).await.status, 201);
    }
    set(&test, json!({"scope": "team/*", "tags": "v*", "kind": "immutable"})).await;
    set(&test, json!({"scope": "team/web", "tags": "prod*", "kind": "protected", "role": "maintainer"})).await;
    let [lena, max] = [Role::Developer, Role::Maintainer].map(|role| within(&test, "team/*", role, None));
    let (preview, delete) = ("/api/v1/r/team/web/-/delete-preview", "/api/v1/r/team/web/-/delete");
    for (who, kept) in [(&lena, "prod-1, prod-2 and v1"), (&max, "v1")] {
        for asked in [
            json!({"filter": "*", "leave_out": true}),
            json!({"tags": ["main", "prod-1", "prod-2", "v1"], "leave_out": true}),
        ] {
            let shown = send(who, "POST", preview, asked.clone()).await.json();
            assert_eq!(shown["notes"][0], format!("Protected, and left out: {kept}"), "{asked}: {shown}");
        }
    }
    // What rules keep since it was looked at is met again, and left out of what is shown then.
    let seen = send(&max, "POST", preview, json!({"filter": "prod* ", "leave_out": true})).await.json();
    let rule = set(&test, json!({"scope": "team/web", "tags": "prod-2", "kind": "immutable"})).await;
    let changed = send(&max, "POST", delete, json!({"plan": seen["plan"]})).await;
    assert_eq!(changed.status, 409, "{}", changed.text());
    let shown = changed.json()["preview"].clone();
    assert_eq!(
        (&shown["notes"][0], shown["removed"][0]["tag"].as_str()),
        (&json!("Protected, and left out: prod-2"), Some("prod-1"))
    );
    assert_eq!(send(&test, "DELETE", &format!("/api/v1/protections/{rule}"), json!(null)).await.status, 204);

    let seen = send(&max, "POST", preview, json!({"filter": "*", "leave_out": true})).await.json();
    let begun = send(&max, "POST", delete, json!({"plan": seen["plan"]})).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let id = begun.json()["job"].as_str().unwrap().to_owned();
    let parts = test.app.store.all("SELECT what FROM job_parts WHERE run_id = $1", vec![id.into()]).await.unwrap();
    let parts: Vec<String> = parts.into_iter().map(|mut row| row.take().unwrap()).collect();
    let going: BTreeSet<&str> =
        parts.iter().flat_map(|part| part.lines()).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!((going.len(), going.contains("prod-1"), going.contains("v1")), (tags.len(), true, false));
}

/// A namespace whose tags moved, came and went since a time, some of them under rules since.
async fn moved() -> (TestApp, String, [String; 2]) {
    let (test, clock) = timed().await;
    let one = test.push_image("team/web", "v1", "amd64", b"one").await;
    for tag in ["dev", "main", "prod"] {
        test.push_image("team/web", tag, "amd64", b"one").await;
    }
    clock.advance_ms(60_000);
    let then = clock.now().rfc3339();
    clock.advance_ms(60_000);
    let two = test.push_image("team/web", "v1", "amd64", b"two").await;
    for tag in ["dev", "main", "keep", "v2"] {
        test.push_image("team/web", tag, "amd64", b"two").await;
    }
    assert_eq!(test.delete("/v2/team/web/manifests/prod").await.status, 202);
    set(&test, json!({"scope": "team/*", "tags": "v*", "kind": "immutable"})).await;
    set(&test, json!({"scope": "team/web", "tags": "prod", "kind": "protected", "role": "owner"})).await;
    set(&test, json!({"scope": "team/web", "tags": "keep", "kind": "no_delete"})).await;
    set(&test, json!({"scope": "team/other", "kind": "immutable"})).await;
    (test, then, [one, two])
}

/// Which tags a rule keeps is said before, each by what would become of it, and going back leaves them or does nothing.
#[tokio::test]
async fn what_rules_keep_of_a_namespace_is_said_before_it_goes_back() {
    let (test, then, [one, two]) = moved().await;
    let lena = within(&test, "team/*", Role::Maintainer, None);
    let at = format!("/api/v1/n/team/-/as-of?t={then}");
    let barred = |shown: &Value| -> Vec<String> {
        let said = shown["barred"].as_array().unwrap().iter();
        said.map(|it| it.as_str().unwrap().split(" is ").next().unwrap().to_owned()).collect()
    };
    let shown = lena.get(&at).await.json();
    assert_eq!(barred(&shown), ["team/web:keep", "team/web:prod", "team/web:v1", "team/web:v2"], "{shown}");
    assert_eq!((&shown["barred_more"], &shown["left_out"]), (&json!(0), &json!(0)), "{shown}");
    let marked: Vec<(&str, bool)> = shown["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["tag"].as_str().unwrap(), it["barred"].is_string()))
        .collect();
    let all = [("dev", false), ("keep", true), ("main", false), ("prod", true), ("v1", true), ("v2", true)];
    assert_eq!(marked, all, "{shown}");
    assert_eq!(barred(&test.get(&at).await.json()).len(), 3, "who holds the role brings prod back");
    let paged = lena.get(&format!("{at}&limit=1&after=team/web:prod")).await.json();
    assert!(paged["items"][0]["barred"].is_string(), "{paged}");

    let roll_back = async |body: Value| send(&lena, "POST", "/api/v1/n/team/-/rollback", body).await;
    let refused = roll_back(json!({"t": then, "print": shown["print"]})).await;
    assert!(refused.status == 403 && refused.text().contains("is protected"), "{}", refused.text());
    let left = lena.get(&format!("{at}&leave_out=true")).await.json();
    assert_eq!((barred(&left).len(), &left["left_out"]), (0, &json!(4)), "{left}");
    // What is seen without them is not what is seen with them, nor what is seen under one more rule.
    let stale = roll_back(json!({"t": then, "print": shown["print"], "leave_out": true})).await;
    assert_eq!((stale.status.as_u16(), &stale.json()["differing"]["left_out"]), (409, &json!(4)), "{}", stale.text());
    let one_more = set(&test, json!({"scope": "team/web", "tags": "dev", "kind": "immutable"})).await;
    let seen = json!({"t": then, "print": left["print"], "leave_out": true});
    assert_eq!(roll_back(seen.clone()).await.status, 409);
    assert_eq!(names(&test, "team/web", "main").await.as_ref(), Some(&two), "nothing went back");
    assert_eq!(send(&test, "DELETE", &format!("/api/v1/protections/{one_more}"), json!(null)).await.status, 204);
    let done = roll_back(seen).await;
    assert_eq!((done.status.as_u16(), &done.json()["moved"]), (200, &json!(2)), "{}", done.text());
    for (tag, expected) in
        [("dev", Some(&one)), ("main", Some(&one)), ("v1", Some(&two)), ("keep", Some(&two)), ("prod", None)]
    {
        assert_eq!(names(&test, "team/web", tag).await.as_ref(), expected, "{tag}");
    }
    let left = lena.get(&at).await.json();
    assert_eq!(left["items"].as_array().map(Vec::len), Some(4), "those that stay, and no other: {left}");
}

#[tokio::test]
async fn what_rules_keep_is_left_out_on_the_page_of_a_time() {
    let (test, then, [one, _]) = moved().await;
    let lena = within(&test, "team/*", Role::Maintainer, None);
    let at = format!("/n/team/-/as-of?t={then}");
    for page in [at.clone(), format!("{at}&roll-back=yes")] {
        let stopped = lena.get(&page).await.text();
        for words in [
            "Rules keep 4 tags as they are.",
            "team/web:v1 and team/web:v2 are immutable: nobody moves or deletes them, by the rule about v* in team.",
            "Owner and up may change or remove the rule.",
        ] {
            assert!(stopped.contains(words), "{words}: {stopped}");
        }
        assert!(!stopped.contains("name=\"print\"") && !stopped.contains("id=\"roll-back\""), "{stopped}");
        assert_eq!(way_on(&stopped).as_deref().map(|it| it.ends_with("&leave=protected")), Some(true), "{stopped}");
    }
    let on = way_on(&lena.get(&at).await.text()).unwrap();
    let shown = lena.get(&on).await.text();
    for words in ["Protected, and left out: 4 tags stay as they are.", "Roll back: 2 tags move…"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let asks = format!("{on}&roll-back=yes");
    let asked = lena.get(&asks).await.text();
    let (t, print) = (field(&asked, "t"), field(&asked, "print"));
    let fields =
        [("t", &*t), ("print", &*print), ("expected", "2"), ("confirmed", "2"), ("leave", &*field(&asked, "leave"))];
    let done = form(&lena, &asks, "roll-back-namespace", &fields).await;
    let said = followed(&lena, &done).await;
    assert!(said.contains("2 tags of team are as they were on"), "{said}");
    assert_eq!(names(&test, "team/web", "main").await, Some(one));
}
