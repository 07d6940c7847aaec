//! What protection rules forbid is not begun at a registry elsewhere: nothing is sent there that could change something.

use super::halfway::{AT, World, artifact, eventually, world_with};
use super::stand_in::Deletes;
use crate::support::{Answer, user};
use crate::tags::form;
use portolan::domain::{Role, Terms};
use portolan::server::access::Standing;
use serde_json::{Value, json};

impl World {
    async fn rule(&self, rule: Value) -> String {
        let set = self.send("POST", "/api/v1/protections", rule).await;
        assert_eq!(set.status, 201, "{}", set.text());
        set.json()["id"].as_str().unwrap().to_owned()
    }

    /// Requests there that could have changed something, since they were counted last.
    fn writes(&self) -> Vec<(String, String)> {
        let seen = std::mem::take(&mut self.upstream.now().seen);
        let is_reading = |(method, path): &(String, String)| {
            // That it deletes is found out by what it cannot have.
            matches!(method.as_str(), "GET" | "HEAD") || path.ends_with(".none") || path.ends_with(&"0".repeat(64))
        };
        seen.into_iter().filter(|it| !is_reading(it)).collect()
    }

    fn is_refused(&self, answer: &Answer, way: &str) {
        assert_eq!(answer.status, 403, "{way}: {}", answer.text());
        assert_eq!(self.writes(), [], "{way}");
    }
}

/// An image with a tag that it left for another, and one in the trash, under a rule about all of them.
async fn ruled(rule: Value) -> (World, Value) {
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        upstream.push(&["gone"], &artifact("old"));
    });
    let world = world.await;
    let other = world.named("other").unwrap();
    assert_eq!(world.send("PUT", &format!("{AT}/tags/latest"), json!({"digest": other})).await.status, 200);
    assert_eq!(world.test.delete(&format!("{AT}/tags/gone")).await.status, 204);
    world.test.push_image("team/web", "gone", "amd64", b"layer").await;
    world.test.push_image("team/web", "latest", "amd64", b"layer").await;
    let entry = world.trash().await[0]["id"].clone();
    world.upstream.push(&["gone"], &artifact("other"));
    world.look().await;
    eventually(async || world.listed().await.contains(&"gone".to_owned())).await;
    world.rule(rule).await;
    world.writes();
    (world, entry)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_immutable_is_so_there_to_every_way_in_which_a_name_changes() {
    let (world, entry) = ruled(json!({"scope": "up/*", "tags": "*", "kind": "immutable"})).await;
    let (old, other) = (world.image.clone(), world.named("other").unwrap());
    let before = world.upstream.now().tags.clone();
    let entry = entry.as_str().unwrap();
    for (method, path, body) in [
        ("PUT", format!("{AT}/tags/latest"), json!({"digest": old})),
        ("PUT", format!("{AT}/tags/1.0"), json!({"digest": other, "expect": old})),
        ("DELETE", format!("{AT}/tags/1.0"), json!(null)),
        ("DELETE", format!("{AT}/manifests/{old}"), json!(null)),
        ("POST", format!("{AT}/rollback"), json!({"tag": "latest", "digest": old})),
        ("POST", format!("/api/v1/trash/{entry}/restore"), json!({"over": true})),
        ("POST", "/api/v1/r/team/web/-/copy".to_owned(), json!({"tags": ["latest"], "to": "up/a"})),
    ] {
        world.is_refused(&world.send(method, &path, body).await, &format!("{method} {path}"));
    }
    world.is_refused(&world.rename("1.0", "new").await, "rename");
    for asked in [json!({"tags": ["1.0"]}), json!({"digests": [old]}), json!({"filter": "*"})] {
        let shown = world.send("POST", &format!("{AT}/delete-preview"), asked.clone()).await.json();
        assert!(shown["barred"][0].as_str().is_some_and(|barred| barred.contains("is immutable")), "{asked}: {shown}");
        let redeemed = world.send("POST", &format!("{AT}/delete"), json!({"plan": shown["plan"]})).await;
        world.is_refused(&redeemed, &asked.to_string());
    }
    for (path, intent, fields) in [
        ("/r/up/a/-/tags/1.0/retag", "set-tag", &[("name", "latest"), ("digest", &*old), ("expect", &*other)][..]),
        ("/r/up/a/-/tags/latest/rollback", "roll-back-tag", &[("to", &*old), ("expect", &*other)][..]),
    ] {
        world.is_refused(&form(&world.test, path, intent, fields).await, path);
    }
    assert_eq!(world.upstream.now().tags, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lacks_the_role_makes_no_such_name_there_and_deletes_none() {
    let rule = json!({"scope": "up/*", "tags": "gone,new,1.0", "kind": "protected", "role": "owner"});
    let (world, entry) = ruled(rule).await;
    let terms = vec![Terms { role: Role::Maintainer, scope: "*".parse().unwrap(), tags: None, expires_at: None }];
    let lena = world.test.with_standing(Standing { terms, ..Standing::of(user("lena")) });
    let send = async |method: &str, path: String, body: Value| {
        let answer = lena.call(method, &path, "application/json", body.to_string()).await;
        world.is_refused(&answer, &path);
    };
    let old = &world.image;
    send("PUT", format!("{AT}/tags/new"), json!({"digest": old})).await;
    send("DELETE", format!("{AT}/tags/1.0"), json!(null)).await;
    send("DELETE", format!("{AT}/manifests/{old}"), json!(null)).await;
    send("POST", format!("{AT}/rollback"), json!({"tag": "gone", "digest": old})).await;
    send("POST", format!("/api/v1/trash/{}/restore", entry.as_str().unwrap()), json!({"over": true})).await;
    send("POST", "/api/v1/r/team/web/-/copy".to_owned(), json!({"tags": ["gone"], "to": "up/a"})).await;
    let latest = world.named("latest").unwrap();
    let fields = [("to", "new"), ("expect", &*latest)];
    world.is_refused(&form(&lena, "/r/up/a/-/tags/latest/rename", "rename-tag", &fields).await, "rename");
}
