//! Protection rules at every door: what they bind, whom they bind, and who sets them. Ids are rows of
//! docs/threats-and-faults.md.

use super::api::{admin, give, named, personal_token, send, user};
use super::basic;
use super::credentials::exchanged;
use crate::support::{Answer, OCI_MANIFEST, TestApp, sha256};
use axum::http::StatusCode;
use portolan::domain::{Role, Terms};
use serde_json::{Value, json};

/// Sets a rule; its id.
pub(super) async fn set(by: &TestApp, rule: Value) -> String {
    let set = send(by, "POST", "protections", rule).await;
    assert_eq!(set.status, StatusCode::CREATED, "{}", set.text());
    set.json()["id"].as_str().unwrap().to_owned()
}

/// A repository whose tag `v1` and `main` name one image, with another image that has no name.
struct World {
    admin: TestApp,
    one: String,
    other: String,
}

impl World {
    async fn new() -> Self {
        let admin = admin().await;
        let one = admin.push_image("team/web", "v1", "amd64", b"one").await;
        admin.push_image("team/web", "main", "amd64", b"one").await;
        let other = admin.image("team/web", "amd64", b"other").await;
        let put = admin.put_manifest("team/web", &sha256(other.as_bytes()), OCI_MANIFEST, &other).await;
        assert_eq!(put.status, StatusCode::CREATED);
        Self { admin, one, other }
    }

    /// Puts a tag on the image without a name.
    async fn push(&self, by: &TestApp, tag: &str) -> Answer {
        by.put_manifest("team/web", tag, OCI_MANIFEST, &self.other).await
    }

    async fn names(&self, tag: &str) -> String {
        self.admin.head(&format!("/v2/team/web/manifests/{tag}")).await.header("docker-content-digest").to_owned()
    }
}

/// SEC-7: nobody moves or deletes it, by no door; what the rule is not about goes on.
#[tokio::test]
async fn what_is_immutable_stays_whoever_asks_by_every_door() {
    let world = World::new().await;
    let World { admin, one, other } = &world;
    let digest = sha256(other.as_bytes());
    let rule = set(admin, json!({"scope": "team/*", "tags": "v*", "except": "*-snapshot", "kind": "immutable"})).await;

    let put = world.push(admin, "v1").await;
    assert_eq!(put.refusal(), "403 DENIED");
    assert_eq!(
        put.json()["errors"][0]["message"],
        "v1 is immutable: nobody moves or deletes it, by the rule about v* but not *-snapshot in team"
    );
    assert_eq!(
        put.json()["errors"][0]["detail"],
        json!({"rule": rule, "scope": "team/*", "kind": "immutable", "role": null})
    );
    assert_eq!(world.push(admin, &format!("{digest}?tag=new&tag=v1")).await.refusal(), "403 DENIED");
    assert_eq!(world.names("new").await, "", "all or none");
    for path in ["/v2/team/web/manifests/v1".to_owned(), format!("/v2/team/web/manifests/{one}")] {
        assert_eq!(admin.delete(&path).await.refusal(), "403 DENIED", "{path}");
    }
    for path in ["r/team/web/-/tags/v1".to_owned(), format!("r/team/web/-/manifests/{one}"), "r/team/web".to_owned()] {
        let deleted = send(admin, "DELETE", &path, json!(null)).await;
        assert_eq!(deleted.status, StatusCode::FORBIDDEN, "{path}: {}", deleted.text());
        assert_eq!((&deleted.json()["protection"]["rule"], &deleted.json()["status"]), (&json!(rule), &json!(403)));
    }
    assert_eq!((world.names("v1").await, world.names("main").await), (one.clone(), one.clone()));
    let refused = send(admin, "GET", "activity?refused=true&scope=team/web", json!(null)).await.json();
    let actions: Vec<_> = refused["items"].as_array().unwrap().iter().map(|row| row["action"].clone()).collect();
    for action in ["manifest.push", "tag.delete", "manifest.delete", "repository.delete"] {
        assert!(actions.contains(&json!(action)), "{action} is on record: {refused}");
    }
    assert!(refused.to_string().contains("v1 is immutable"), "{refused}");

    // The same image again is no move; a new tag is none; and what the rule leaves out is free.
    admin.push_image("team/web", "v1", "amd64", b"one").await;
    for tag in ["v2", "v2-snapshot", "main"] {
        assert_eq!(world.push(admin, tag).await.status, StatusCode::CREATED, "{tag}");
    }
    admin.push_image("team/web", "v2-snapshot", "amd64", b"one").await;
    for (path, status) in [("main", 202), ("v2-snapshot", 202), ("v2", 403)] {
        assert_eq!(admin.delete(&format!("/v2/team/web/manifests/{path}")).await.status, status, "{path}");
    }
    admin.push_image("teams/web", "v1", "amd64", b"one").await;
    admin.push_image("teams/web", "v1", "amd64", b"two").await;

    assert_eq!(send(admin, "DELETE", &format!("protections/{rule}"), json!(null)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.push(admin, "v1").await.status, StatusCode::CREATED, "the rule is gone");
}

/// SEC-7: where deletion is off nothing is deleted, tagged or not, and tags move on.
#[tokio::test]
async fn where_nothing_is_deleted_nothing_is() {
    let world = World::new().await;
    let World { admin, one, other } = &world;
    let (unnamed, spare) = (sha256(other.as_bytes()), admin.push_blob("team/web", b"spare").await);
    let rule = set(admin, json!({"scope": "team/web", "kind": "no_delete"})).await;
    let doors = [
        "/v2/team/web/manifests/v1".to_owned(),
        format!("/v2/team/web/manifests/{one}"),
        format!("/v2/team/web/manifests/{unnamed}"),
        format!("/v2/team/web/blobs/{spare}"),
        "/api/v1/r/team/web/-/tags/v1".to_owned(),
        format!("/api/v1/r/team/web/-/manifests/{unnamed}"),
        "/api/v1/r/team/web".to_owned(),
    ];
    for door in &doors {
        assert_eq!(admin.delete(door).await.status, StatusCode::FORBIDDEN, "{door}");
    }
    assert_eq!(world.push(admin, "v1").await.status, StatusCode::CREATED, "it moves");
    let absent = format!("/v2/team/web/manifests/{}", sha256(b"none"));
    assert_eq!(admin.delete(&absent).await.refusal(), "404 MANIFEST_UNKNOWN");

    let nina = user(admin, "nina").await;
    give(admin, named("nina"), "owner", "team/*", None).await.unwrap();
    let changed = send(admin, "PATCH", &format!("protections/{rule}"), json!({"role": "admin"})).await;
    assert_eq!((changed.status, &changed.json()["role"]), (StatusCode::OK, &json!("admin")));
    assert_eq!(nina.delete(&doors[0]).await.refusal(), "403 DENIED");
    let changed = send(admin, "PATCH", &format!("protections/{rule}"), json!({"role": "owner", "tags": "v*"})).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    for door in [&doors[0], &doors[3], &doors[6]] {
        assert!(nina.delete(door).await.status.is_success(), "{door}");
    }
    assert_eq!(admin.get("/v2/team/web/tags/list").await.refusal(), "404 NAME_UNKNOWN");
}

/// Who of the team may do what to a tag that only maintainers set: in the order of making, moving and deleting it.
#[tokio::test]
async fn a_role_is_held_there_for_that_tag_and_within_the_token() {
    let world = World::new().await;
    let admin = &world.admin;
    set(admin, json!({"scope": "team/*", "tags": "prod*", "kind": "protected", "role": "maintainer"})).await;
    let terms = |role| Terms::new(role, "team/*".parse().unwrap(), None, None).unwrap();
    let mut callers = Vec::new();
    for (name, role, scope, tags, may) in [
        ("dora", "developer", "team/*", None, false),
        ("max", "maintainer", "team/*", None, true),
        ("mia", "maintainer", "team/web", None, true),
        ("noa", "maintainer", "team/web", Some("dev-*"), false),
        ("pia", "maintainer", "team/web", Some("prod*"), true),
        ("ola", "owner", "*", None, true),
    ] {
        callers.push((name.to_owned(), user(admin, name).await, may));
        give(admin, named(name), role, scope, tags).await.unwrap();
    }
    // Of two grants neither is a maintainer's there: what each lacks the other does not lend.
    give(admin, named("noa"), "developer", "team/*", None).await.unwrap();
    let scope = "repository:team/web:pull,push,delete";
    for (owner, role, may) in [("max", Role::Developer, false), ("ola", Role::Maintainer, true)] {
        let by = admin.showing(&basic(owner, super::PASSWORD));
        let secret = personal_token(&by, owner, terms(role), None).await;
        let shown = exchanged(&admin.by_nobody(), &basic(owner, &secret), scope).await;
        callers.push((format!("{owner} by a {role}'s token"), admin.showing(&basic(owner, &secret)), may));
        callers.push((format!("{owner} by a registry token of it"), admin.showing(&shown), may));
    }
    let barred =
        json!("prod-1 is protected: only Maintainer and up set, move or delete it, by the rule about prod* in team");
    for (number, (who, by, may)) in callers.iter().enumerate() {
        for is_new in [true, false] {
            if !is_new {
                admin.push_image("team/web", "prod-1", "amd64", b"one").await;
            }
            let put = world.push(by, "prod-1").await;
            if *may {
                assert_eq!(put.status, StatusCode::CREATED, "{who}: {}", put.text());
            } else {
                assert_eq!(put.refusal(), "403 DENIED", "{who}");
                let is_of_role = put.json()["errors"][0]["message"] == barred;
                assert!(is_of_role || who == "noa", "{who}: {}", put.text());
            }
        }
        let deleted = by.delete("/v2/team/web/manifests/prod-1").await.status;
        assert_eq!(deleted, if *may { StatusCode::ACCEPTED } else { StatusCode::FORBIDDEN }, "{who}");
        let other = world.push(by, &format!("dev-{number}")).await.status;
        let is_narrow = who == "pia";
        assert_eq!(other, if is_narrow { StatusCode::FORBIDDEN } else { StatusCode::CREATED }, "{who}");
        admin.delete("/v2/team/web/manifests/prod-1").await;
    }
}

#[tokio::test]
async fn who_configures_there_sets_rules_and_who_reads_there_reads_them() {
    let world = World::new().await;
    let admin = &world.admin;
    let (max, noa, rita) = (user(admin, "max").await, user(admin, "noa").await, user(admin, "rita").await);
    give(admin, named("max"), "maintainer", "team/*", None).await.unwrap();
    give(admin, named("noa"), "maintainer", "team/*", Some("dev-*")).await.unwrap();
    give(admin, named("rita"), "reader", "team/web", None).await.unwrap();
    let fixed = json!({"scope": "team/*", "tags": "v*", "kind": "immutable"});
    assert_eq!(send(&noa, "POST", "protections", fixed.clone()).await.status, StatusCode::FORBIDDEN, "of some tags");
    assert_eq!(send(&rita, "POST", "protections", fixed.clone()).await.status, StatusCode::FORBIDDEN);
    let elsewhere = json!({"scope": "other/*", "tags": "v*", "kind": "immutable"});
    assert_eq!(send(&max, "POST", "protections", elsewhere).await.status, StatusCode::FORBIDDEN);
    let rule = set(&max, fixed.clone()).await;
    assert_eq!(
        send(&max, "POST", "protections", fixed.clone()).await.status,
        StatusCode::CONFLICT,
        "it is set already"
    );
    for (odd, field) in [
        (json!({"scope": "team/*", "kind": "protected"}), "role"),
        (json!({"scope": "team/*", "kind": "immutable", "role": "owner"}), "everybody"),
        (json!({"scope": "team/*", "kind": "immutable", "tags": "a,,b"}), "glob"),
        (json!({"scope": "team/*", "kind": "frozen"}), "kind"),
        (json!({"scope": "team/**", "kind": "immutable"}), "scope"),
        (json!({"scope": "team/*", "kind": "immutable", "tag": "v*"}), "tag"),
    ] {
        let refused = send(&max, "POST", "protections", odd.clone()).await;
        assert!(
            refused.status == StatusCode::BAD_REQUEST && refused.text().contains(field),
            "{odd}: {}",
            refused.text()
        );
    }

    // Who reads the repository reads what binds it; who reads elsewhere learns of no rule.
    let read = send(&rita, "GET", "protections?scope=team/web", json!(null)).await.json();
    assert_eq!((&read["items"][0]["id"], &read["items"][0]["scope"]), (&json!(rule), &json!("team/*")));
    for path in ["protections", "protections?scope=team/*"] {
        assert_eq!(send(&rita, "GET", path, json!(null)).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(send(&rita, "GET", &format!("protections/{rule}"), json!(null)).await.status, StatusCode::NOT_FOUND);

    // A rule that asks for a role is lifted by who holds it.
    let owners = set(admin, json!({"scope": "team/web", "tags": "prod", "kind": "protected", "role": "owner"})).await;
    let path = format!("protections/{owners}");
    for (method, body) in [("DELETE", json!(null)), ("PATCH", json!({"role": "developer"}))] {
        assert_eq!(send(&max, method, &path, body).await.status, StatusCode::FORBIDDEN, "{method}");
    }
    let moved =
        send(&max, "PATCH", &format!("protections/{rule}"), json!({"kind": "no_delete", "scope": "team/web"})).await;
    assert_eq!((moved.status, &moved.json()["kind"]), (StatusCode::OK, &json!("no_delete")), "{}", moved.text());
    let away = send(&max, "PATCH", &format!("protections/{rule}"), json!({"scope": "other/web"})).await;
    assert_eq!(away.status, StatusCode::FORBIDDEN);
    let shown = send(admin, "GET", "activity?action=protection.change", json!(null)).await.json();
    let record = shown["items"].as_array().unwrap().iter().find(|row| row["refused"].is_null()).unwrap().clone();
    assert!(record["before"].as_str().unwrap().contains("kind: immutable"), "{record}");
    assert!(record["after"].as_str().unwrap().contains("scope: team/web"), "{record}");
}

#[tokio::test]
async fn a_scope_has_so_many_rules_and_lists_come_in_pages() {
    let admin = admin().await;
    for number in 0..100 {
        set(&admin, json!({"scope": "team/*", "tags": format!("v{number}"), "kind": "immutable"})).await;
    }
    let more = send(&admin, "POST", "protections", json!({"scope": "team/*", "tags": "w", "kind": "immutable"})).await;
    assert!(more.status == StatusCode::CONFLICT && more.text().contains("100 rules"), "{}", more.text());
    set(&admin, json!({"scope": "team/web", "tags": "w", "kind": "immutable"})).await;
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page =
            send(&admin, "GET", &format!("protections?scope=team/web&limit=40&after={after}"), json!(null)).await;
        let page = page.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|rule| rule["tags"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        after = next.to_owned();
    }
    let n_seen = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((n_seen, seen.len()), (101, 101));
}

#[tokio::test]
async fn all_rules_that_hold_in_a_place_are_so_many_wherever_they_are_set() {
    let admin = admin().await;
    let rule = |scope: &str, number: u32| json!({"scope": scope, "tags": format!("v{number}"), "kind": "immutable"});
    for scope in ["team/web/app", "team/web/*", "team/*"] {
        for number in 0..100 {
            set(&admin, rule(scope, number)).await;
        }
    }
    // What lies below counts too, or a line could be filled from its lower end.
    let more = send(&admin, "POST", "protections", rule("*", 1)).await;
    let words = "300 rules hold on team/web/app, its own and those above it";
    assert!(more.status == StatusCode::CONFLICT && more.text().contains(words), "{}", more.text());
    set(&admin, rule("team/web/api", 1)).await;
}

#[tokio::test]
async fn all_patterns_that_hold_in_a_place_have_so_many_characters() {
    let admin = admin().await;
    let rule = |scope: &str, letter: char, n: usize| {
        let except = letter.to_string().repeat(n - 1);
        json!({"scope": scope, "tags": "*", "except": except, "kind": "immutable"})
    };
    for (letter, scope) in ('a'..='z').chain('A'..='F').zip(["team/web", "team/*"].into_iter().cycle()) {
        set(&admin, rule(scope, letter, 512)).await;
    }
    let more = json!({"scope": "*", "tags": "v", "kind": "immutable"});
    let more = send(&admin, "POST", "protections", more).await;
    let words = "more than 16384 characters of patterns would hold on team/web";
    assert!(more.status == StatusCode::CONFLICT && more.text().contains(words), "{}", more.text());
    let other = json!({"scope": "team/api", "tags": "v", "kind": "immutable"});
    set(&admin, other).await;
    let list = send(&admin, "GET", "protections?scope=team/web&limit=100", json!(null)).await.json();
    let rule = list["items"].as_array().unwrap().iter().find(|rule| rule["scope"] == "team/web").unwrap().clone();
    let longer = json!({"except": "x".repeat(512)});
    let longer = send(&admin, "PATCH", &format!("protections/{}", rule["id"].as_str().unwrap()), longer).await;
    assert_eq!(longer.status, StatusCode::CONFLICT, "neither by a change: {}", longer.text());
}
