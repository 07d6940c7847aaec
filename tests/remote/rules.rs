//! What protection rules forbid is not begun at a registry elsewhere: nothing is sent there that could change something.

use super::stand_in::Deletes;
use super::world::{AT, World, artifact, world_with};
use crate::support::{Answer, eventually, user};
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

    /// What redeems what a preview of this says.
    async fn planned(&self, asked: Value) -> Value {
        json!({"plan": self.send("POST", &format!("{AT}/delete-preview"), asked).await.json()["plan"]})
    }

    /// Requests there that could have changed something, since they were counted last.
    pub(super) fn writes(&self) -> Vec<(String, String)> {
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

/// What was there before a rule was.
struct Before {
    /// The entry of a tag that names another image by now.
    entry: String,
    /// What one request deleted, of which the name is free.
    batch: String,
    /// What was to be deleted next.
    plan: Value,
}

/// An image with a tag that it left for another, and two in the trash, under a rule about all of them.
async fn ruled(rule: Value) -> (World, Before) {
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        upstream.push(&["gone", "free"], &artifact("old"));
    });
    let world = world.await;
    let other = world.named("other").unwrap();
    assert_eq!(world.send("PUT", &format!("{AT}/tags/latest"), json!({"digest": other})).await.status, 200);
    assert_eq!(world.test.delete(&format!("{AT}/tags/gone")).await.status, 204);
    world.test.push_image("team/web", "gone", "amd64", b"layer").await;
    world.test.push_image("team/web", "latest", "amd64", b"layer").await;
    let entry = world.trash().await[0]["id"].as_str().unwrap().to_owned();
    world.upstream.push(&["gone"], &artifact("other"));
    world.look().await;
    eventually("the tag is listed", async || world.listed().await.contains(&"gone".to_owned())).await;
    let freed = world.planned(json!({"tags": ["free"]})).await;
    let done = world.send("POST", &format!("{AT}/delete"), freed).await;
    let batch = done.json()["batch"].as_str().unwrap().to_owned();
    let plan = world.planned(json!({"tags": ["1.0"]})).await;
    world.rule(rule).await;
    world.writes();
    (world, Before { entry, batch, plan })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_immutable_is_so_there_to_every_way_in_which_a_name_changes() {
    let (world, before) = ruled(json!({"scope": "up/*", "tags": "*", "kind": "immutable"})).await;
    let Before { entry, batch, plan } = before;
    let (old, other) = (world.image.clone(), world.named("other").unwrap());
    let tags = world.upstream.now().tags.clone();
    for (method, path, body) in [
        ("PUT", format!("{AT}/tags/latest"), json!({"digest": old})),
        ("PUT", format!("{AT}/tags/1.0"), json!({"digest": other, "expect": old})),
        ("DELETE", format!("{AT}/tags/1.0"), json!(null)),
        ("DELETE", format!("{AT}/manifests/{old}"), json!(null)),
        ("POST", format!("{AT}/rollback"), json!({"tag": "latest", "digest": old})),
        ("POST", format!("/api/v1/trash/{entry}/restore"), json!({"over": true})),
        ("POST", "/api/v1/r/team/web/-/copy".to_owned(), json!({"tags": ["latest"], "to": "up/a"})),
        ("POST", format!("{AT}/copy"), json!({"tags": ["latest"], "names": {"latest": "1.0"}, "to": "up/a"})),
        ("POST", format!("{AT}/delete"), plan),
    ] {
        world.is_refused(&world.send(method, &path, body).await, &format!("{method} {path}"));
    }
    world.is_refused(&world.rename("1.0", "new").await, "rename");
    for asked in [json!({"tags": ["1.0"]}), json!({"digests": [old]}), json!({"filter": "*"})] {
        let shown = world.send("POST", &format!("{AT}/delete-preview"), asked.clone()).await.json();
        assert!(shown["barred"][0].as_str().is_some_and(|barred| barred.contains("is immutable")), "{asked}: {shown}");
        assert!(shown["plan"].is_null(), "{asked}: {shown}");
    }
    let added = format!("/r/up/a/-/manifests/{old}/tag?name=latest");
    for (path, intent, fields) in [
        (&*added, "set-tag", &[("name", "latest"), ("digest", &*old), ("expect", &*other)][..]),
        ("/r/up/a/-/tags/latest/rollback", "roll-back-tag", &[("to", &*old), ("expect", &*other)][..]),
        // As what was added is taken back.
        ("/r/up/a/-/tags/1.0/rollback", "roll-back-tag", &[("to", ""), ("expect", &*old)][..]),
    ] {
        world.is_refused(&form(&world.test, path, intent, fields).await, path);
    }
    assert_eq!(world.upstream.now().tags, tags);
    // A name that is free is nobody's: it is taken, and what was deleted by it comes back.
    assert_eq!(world.send("POST", "/api/v1/trash/restore", json!({"batch": batch})).await.status, 204);
    assert_eq!(world.named("free"), Some(old));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lacks_the_role_makes_no_such_name_there_and_deletes_none() {
    let rule = json!({"scope": "up/*", "tags": "gone,free,new,1.0", "kind": "protected", "role": "owner"});
    let (world, Before { entry, batch, .. }) = ruled(rule).await;
    let terms = vec![Terms { role: Role::Maintainer, scope: "*".parse().unwrap(), tags: None, expires_at: None }];
    let lena = world.test.with_standing(Standing { terms, ..Standing::of(user("lena")) });
    let tags = world.upstream.now().tags.clone();
    let send = async |method: &str, path: &str, body: Value| {
        let answer = lena.call(method, path, "application/json", body.to_string()).await;
        world.is_refused(&answer, &format!("{path} {body}"));
    };
    let at = |path: &str| format!("{AT}/{path}");
    let old = &world.image;
    send("PUT", &at("tags/new"), json!({"digest": old})).await;
    send("DELETE", &at("tags/1.0"), json!(null)).await;
    send("DELETE", &at(&format!("manifests/{old}")), json!(null)).await;
    send("POST", &at("rollback"), json!({"tag": "gone", "digest": old})).await;
    send("POST", &format!("/api/v1/trash/{entry}/restore"), json!({"over": true})).await;
    send("POST", "/api/v1/trash/restore", json!({"batch": batch})).await;
    send("POST", "/api/v1/r/team/web/-/copy", json!({"tags": ["gone"], "to": "up/a"})).await;
    send("POST", &at("copy"), json!({"tags": ["latest"], "names": {"latest": "new"}, "to": "up/a"})).await;
    for asked in [json!({"tags": ["latest", "1.0"]}), json!({"digests": [old]}), json!({"filter": "*"})] {
        let shown = lena.call("POST", &at("delete-preview"), "application/json", asked.to_string()).await.json();
        assert!(shown["barred"][0].as_str().is_some_and(|it| it.contains("only Owner")), "{asked}: {shown}");
        assert!(shown["plan"].is_null(), "{asked}: {shown}");
    }
    let latest = world.named("latest").unwrap();
    for (tag, to, digest) in [("latest", "new", &latest), ("1.0", "2.0", old)] {
        let page = format!("/r/up/a/-/tags/{tag}/rename");
        let fields = [("to", to), ("expect", &**digest)];
        world.is_refused(&form(&lena, &page, "rename-tag", &fields).await, &page);
    }
    world.is_refused(&form(&lena, "/r/up/a", "undo", &[("batch", &*batch)]).await, "undo");
    assert_eq!(world.upstream.now().tags, tags);
    // Who has the role does all of it.
    let terms = vec![Terms { role: Role::Owner, scope: "*".parse().unwrap(), tags: None, expires_at: None }];
    let olga = world.test.with_standing(Standing { terms, ..Standing::of(user("olga")) });
    for (path, body) in [
        ("/api/v1/trash/restore".to_owned(), json!({"batch": batch})),
        (at("rollback"), json!({"tag": "gone", "digest": old})),
    ] {
        let done = olga.call("POST", &path, "application/json", body.to_string()).await;
        assert!(done.status.is_success(), "{path}: {}", done.text());
    }
    assert_eq!((world.named("free").as_ref(), world.named("gone").as_ref()), (Some(old), Some(old)));
}

/// What is immutable is so as long as it is there, and nobody moves what is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_is_missing_there_is_set_anew_by_who_may_push() {
    let world = world_with(Deletes::ByDigest, "", |_| ()).await;
    world.upstream.now().tags.remove("latest");
    world.look().await;
    let missing = "SELECT COUNT(*) FROM tags WHERE name = 'latest' AND missing_since IS NOT NULL";
    eventually("it is missing", async || world.count(missing).await == 1).await;
    world.rule(json!({"scope": "up/*", "tags": "latest", "kind": "immutable"})).await;
    let terms = vec![Terms { role: Role::Publisher, scope: "up/*".parse().unwrap(), tags: None, expires_at: None }];
    let pia = world.test.with_standing(Standing { terms, ..Standing::of(user("pia")) });
    let (path, other) = (format!("{AT}/tags/latest"), world.named("other").unwrap());
    let set = pia.call("PUT", &path, "application/json", json!({"digest": other}).to_string()).await;
    assert_eq!((set.status.as_u16(), world.named("latest")), (201, Some(other)), "{}", set.text());
    world.writes();
    world.is_refused(&world.send("PUT", &path, json!({"digest": world.image})).await, "it is there by now");
}
