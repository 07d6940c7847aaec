//! What is done at a registry elsewhere is on record, heard of and said as of any other; names that are kept are nobody's.

use super::stand_in::Deletes;
use super::world::{AT, World, artifact, world_with};
use crate::support::{Answer, OCI_MANIFEST, eventually, sha256};
use crate::tags::at_once::one_of_them_wins;
use crate::tags::form;
use portolan::server::events::Changed;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// The repository of which open pages hear next.
async fn heard(events: &mut Receiver<Arc<Changed>>) -> String {
    let next = tokio::time::timeout(Duration::from_secs(5), events.recv()).await.expect("within seconds");
    next.expect("nobody fell behind").scope.to_string()
}

impl World {
    /// What is on record of the last such thing.
    async fn record(&self, action: &str) -> Value {
        let listed = self.test.get("/api/v1/activity?limit=10").await.json();
        let rows = listed["items"].as_array().unwrap();
        rows.iter().find(|row| row["action"] == action).unwrap_or_else(|| panic!("{action}: {listed}")).clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_there_is_on_record_with_what_stood_before_and_heard() {
    let world = world_with(Deletes::ByDigest, "", |_| ()).await;
    let (old, other) = (world.image.clone(), world.named("other").unwrap());
    let at = |path: &str| format!("{AT}/{path}");
    let trash = Some("in the trash");
    for (action, method, path, body, before, after) in [
        ("tag.set", "PUT", at("tags/prod"), json!({"digest": old}), None, Some(&*old)),
        ("tag.set", "PUT", at("tags/prod"), json!({"digest": other}), Some(&*old), Some(&*other)),
        ("tag.roll-back", "POST", at("rollback"), json!({"tag": "prod", "digest": old}), Some(&*other), Some(&*old)),
        ("tag.delete", "DELETE", at("tags/prod"), json!(null), Some(&*old), trash),
        ("manifest.delete", "DELETE", at(&format!("manifests/{other}")), json!(null), Some(&*other), trash),
    ] {
        world.clock.advance_ms(1);
        let mut events = world.test.app.events.subscribe();
        let answer = world.send(method, &path, body).await;
        assert!(answer.status.is_success(), "{action}: {} {}", answer.status, answer.text());
        let row = world.record(action).await;
        assert_eq!((&row["actor"], &row["refused"]), (&json!("user:admin"), &json!(null)), "{row}");
        for (key, expected) in [("before", before), ("after", after)] {
            let said = row[key].as_str();
            assert!(
                expected.is_none_or(|expected| said.is_some_and(|it| it.contains(expected))),
                "{action} {key}: {row}"
            );
            assert_eq!(said.is_some(), expected.is_some(), "{action} {key}: {row}");
        }
        assert_eq!(heard(&mut events).await, "up/a", "{action}");
    }
    let mut events = world.test.app.events.subscribe();
    world.clock.advance_ms(1);
    assert_eq!(world.rename("latest", "newest").await.status, 303);
    let row = world.record("tag.rename").await;
    assert_eq!((&row["before"], &row["after"]), (&json!(format!("latest {old}")), &json!(format!("newest {old}"))));
    assert_eq!(heard(&mut events).await, "up/a");
    let id = world.trash().await[0]["id"].as_str().unwrap().to_owned();
    let mut events = world.test.app.events.subscribe();
    world.clock.advance_ms(1);
    assert_eq!(world.send("POST", &format!("/api/v1/trash/{id}/restore"), json!({})).await.status, 204);
    assert!(world.record("trash.restore").await["after"].as_str().is_some_and(|it| it.contains("up/a")));
    assert_eq!(heard(&mut events).await, "up/a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_kept_are_refused_at_every_door() {
    let world = world_with(Deletes::ByDigest, "", |_| ()).await;
    let test = &world.test;
    let image = test.image("team/web", "amd64", b"layer").await;
    let (old, own) = (world.image.clone(), sha256(image.as_bytes()));
    assert_eq!(test.put_manifest("team/web", "v1", OCI_MANIFEST, &image).await.status, 201);
    let (before, refused) = (world.upstream.now().tags.clone(), |answer: Answer, way: &str| {
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{way}: {} {}", answer.status, answer.text());
    });
    for kept in ["portolan.tombstone.x", "portolan.trash.01KAGV5GYMFSFRMTVWHPF0Y6HB"] {
        refused(test.put_manifest("team/web", kept, OCI_MANIFEST, &image).await, "push");
        refused(test.put_manifest("team/web", &format!("{own}?tag={kept}"), OCI_MANIFEST, &image).await, "?tag=");
        for (place, digest, tag) in [("team/web", &own, "v1"), ("up/a", &old, "1.0")] {
            let at = format!("/api/v1/r/{place}/-");
            let set = world.send("PUT", &format!("{at}/tags/{kept}"), json!({"digest": digest})).await;
            refused(set, &format!("set in {place}"));
            let back = world.send("POST", &format!("{at}/rollback"), json!({"tag": kept, "digest": digest})).await;
            assert!(back.status.is_client_error(), "it never named anything in {place}: {}", back.text());
            for to in ["team/web", "up/a"] {
                let copy = json!({"tags": [tag], "names": {tag: kept}, "to": to});
                refused(world.send("POST", &format!("{at}/copy"), copy).await, &format!("copy {place} to {to}"));
            }
            let page = format!("/r/{place}/-/tags/{tag}");
            let fields = [("name", kept), ("digest", digest.as_str()), ("expect", "")];
            refused(form(test, &format!("{page}/retag"), "set-tag", &fields).await, &format!("retag in {place}"));
            let fields = [("to", kept), ("expect", digest.as_str())];
            refused(form(test, &format!("{page}/rename"), "rename-tag", &fields).await, &format!("rename in {place}"));
            let page = format!("/r/{place}/-/manifests/{digest}/tag?name={kept}");
            let fields = [("name", kept), ("digest", digest.as_str()), ("expect", "")];
            refused(form(test, &page, "set-tag", &fields).await, &format!("add in {place}"));
            for to in ["team/web", "up/a"] {
                let page = format!("/r/{place}/-/copy?tag={tag}&to={to}&name={kept}");
                let copied = form(test, &page, "copy-tags", &[("seen", ""), ("expect", "")]).await;
                assert!(copied.status.is_client_error(), "{page}: {} {}", copied.status, copied.text());
            }
        }
    }
    assert_eq!(world.upstream.now().tags, before);
    assert_eq!(test.get("/api/v1/r/team/web").await.json()["n_tags"], 1);
}

/// Nobody moves, copies, renames or deletes what the trash holds an image by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_holds_the_trash_there_is_reached_by_no_door() {
    let world = world_with(Deletes::ByDigest, "", |_| ()).await;
    let old = world.image.clone();
    for tag in ["1.0", "latest"] {
        assert_eq!(world.test.delete(&format!("{AT}/tags/{tag}")).await.status, 204);
    }
    let (hidden, other) = (world.hidden()[0].clone(), world.named("other").unwrap());
    let before = world.upstream.now().tags.clone();
    world.look().await;
    let (at, page) = (format!("{AT}/tags/{hidden}"), format!("/r/up/a/-/tags/{hidden}"));
    for (method, path, body) in [
        ("GET", at.clone(), json!(null)),
        ("DELETE", at.clone(), json!(null)),
        ("PUT", at.clone(), json!({"digest": other, "expect": old})),
        ("POST", format!("{AT}/rollback"), json!({"tag": hidden, "digest": other})),
        ("POST", format!("{AT}/copy"), json!({"tags": [hidden], "names": {hidden.clone(): "mine"}, "to": "up/a"})),
        ("POST", format!("{AT}/copy"), json!({"tags": [hidden], "names": {hidden.clone(): "mine"}, "to": "team/web"})),
        ("POST", format!("{AT}/delete-preview"), json!({"tags": [hidden]})),
    ] {
        let answer = world.send(method, &path, body.clone()).await;
        assert!(answer.status.is_client_error(), "{method} {path} {body}: {} {}", answer.status, answer.text());
    }
    for (path, intent, fields) in [
        (format!("{page}/rename"), "rename-tag", &[("to", "mine"), ("expect", &*old)]),
        (format!("{page}/rollback"), "roll-back-tag", &[("to", ""), ("expect", &*old)]),
    ] {
        let answer = form(&world.test, &path, intent, fields).await;
        assert!(answer.status.is_client_error(), "{path}: {} {}", answer.status, answer.text());
    }
    let all = world.send("POST", &format!("{AT}/delete-preview"), json!({"filter": "*"})).await.json();
    assert_eq!(all["removed"].as_array().unwrap().len(), 1, "the one that is left: {all}");
    assert_eq!(world.upstream.now().tags, before);
    world.restore_all().await;
    assert_eq!((world.named("1.0"), world.named("latest")), (Some(old.clone()), Some(old)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_say_before_that_whole_repositories_are_not_deleted_there() {
    let world = world_with(Deletes::ByDigest, "", |_| ()).await;
    world.test.push_image("team/web", "v1", "amd64", b"layer").await;
    for (path, is_kept) in [("/r/up/a", true), ("/n/up", true), ("/r/team/web", false), ("/n/team", false)] {
        let page = world.test.get(&format!("{path}/-/settings")).await.text();
        assert_eq!(page.contains("Not deleted from here") && page.contains("127.0.0.1"), is_kept, "{path}: {page}");
        assert_eq!(page.contains(&format!("{path}/-/settings/delete")), !is_kept, "{path}");
    }
    for (path, asked) in [(AT, json!({"repository": true})), ("/api/v1/n/up/-", json!({}))] {
        let refused = world.send("POST", &format!("{path}/delete-preview"), asked).await;
        assert_eq!((refused.status.as_u16(), refused.header("content-type")), (409, "application/problem+json"));
        let why = refused.json()["detail"].to_string();
        assert!(why.contains("127.0.0.1") && why.contains("only tags and images go"), "{why}");
    }
    // Nor does it go back to a time: no tab leads there, and who goes there by the address reads why.
    for page in ["", "/-/settings", "/-/trash", "/-/activity"] {
        for (namespace, goes_back) in [("/n/up", false), ("/n/team", true)] {
            let page = world.test.get(&format!("{namespace}{page}")).await.text();
            assert_eq!(page.contains(&format!("href=\"{namespace}/-/as-of\"")), goes_back, "{page}");
        }
    }
    let as_of = world.test.get("/n/up/-/as-of").await;
    assert_eq!(as_of.status, 409);
    let page = as_of.text();
    assert!(
        page.contains("<title>A registry elsewhere keeps this")
            && page.contains("href=\"/n/up\" class=\"btn\">See up<"),
        "{page}"
    );
    assert!(page.contains("only what is hosted here goes back to a time"), "{page}");
}

/// What is back there is back here: nobody is asked once more, by what the catalog had meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_back_there_comes_back_here_over_a_tag_that_is_missing() {
    let world = world_with(Deletes::ByDigest, "", |_| ()).await;
    assert_eq!(world.test.delete(&format!("{AT}/tags/latest")).await.status, 204);
    let id = world.trash().await[0]["id"].as_str().unwrap().to_owned();
    // Somebody gives the name away there, and takes it back.
    world.upstream.push(&["latest"], &artifact("other"));
    world.look().await;
    eventually("it is listed", async || world.listed().await.contains(&"latest".to_owned())).await;
    world.upstream.now().tags.remove("latest");
    world.look().await;
    let missing = "SELECT COUNT(*) FROM tags WHERE name = 'latest' AND missing_since IS NOT NULL";
    eventually("it is missing", async || world.count(missing).await == 1).await;
    let back = world.send("POST", &format!("/api/v1/trash/{id}/restore"), json!({})).await;
    assert_eq!((back.status.as_u16(), world.named("latest")), (204, Some(world.image.clone())), "{}", back.text());
    let shown = world.test.get(&format!("{AT}/tags/latest")).await.json();
    assert_eq!((&shown["digest"], &shown["missing_since"]), (&json!(world.image), &json!(null)), "{shown}");
    assert_eq!((world.trash().await.len(), world.hidden()), (0, vec![]));
}

/// However often and however close together a plan is sent, it is done once. Who is told so is told the same; elsewhere who
/// comes while it is done may find that it is another's by now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_sent_more_than_once_at_once_is_done_once() {
    let world = world_with(Deletes::ByDigest, "", |_| ()).await;
    for n in 0..10 {
        let tag = format!("v{n}");
        world.test.push_image("team/web", &tag, "amd64", tag.as_bytes()).await;
        let digest = world.upstream.push(&[], &artifact("old"));
        assert_eq!(world.send("PUT", &format!("{AT}/tags/{tag}"), json!({"digest": digest})).await.status, 201);
        for place in ["team/web", "up/a"] {
            let at = format!("/api/v1/r/{place}/-");
            let preview = world.send("POST", &format!("{at}/delete-preview"), json!({"tags": [tag]})).await.json();
            let plan = json!({"plan": preview["plan"]}).to_string();
            let mut sent = tokio::task::JoinSet::new();
            for _ in 0..4 {
                let (test, path, plan) = (world.test.again(), format!("{at}/delete"), plan.clone());
                sent.spawn(async move { test.call("POST", &path, "application/json", plan).await });
            }
            let answers: Vec<Answer> = sent.join_all().await;
            let (done, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
            let told: BTreeSet<String> = done.iter().map(|answer| answer.text()).collect();
            assert_eq!(told.len(), 1, "{place} {tag}: {told:?}");
            assert!(others.iter().all(|it| place == "up/a" && it.status == 409), "{place} {tag}: {}", others[0].text());
            let entries = world.trash().await;
            let of_tag = entries.iter().filter(|it| it["repository"] == place && it["tag"] == tag.as_str());
            assert_eq!(of_tag.count(), 1, "{place} {tag}");
            let n_done = world.test.get("/api/v1/activity?limit=50").await.json();
            let n_done = n_done["items"].as_array().unwrap().iter().filter(|row| {
                row["action"] == "tag.delete"
                    && row["refused"].is_null()
                    && row["object"].to_string().contains(place)
                    && row["before"].as_str().is_some_and(|it| it.starts_with(&format!("{tag} ")))
            });
            assert_eq!(n_done.count(), 1, "{place} {tag}: on record once");
        }
    }
}

/// Whoever comes with the same plan meanwhile does not meet the first one halfway there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_many_redeem_at_once_is_done_by_one_of_them() {
    for deletes in [Deletes::ByDigest, Deletes::ByName] {
        let world = world_with(deletes, "", |_| ()).await;
        let asked = json!({"tags": ["latest", "other"]});
        let preview = world.send("POST", &format!("{AT}/delete-preview"), asked).await.json();
        let plan = json!({"plan": preview["plan"]});
        let gate = world.upstream.wait_at(4);
        let (test, body) = (world.test.again(), plan.to_string());
        let first =
            tokio::spawn(async move { test.call("POST", &format!("{AT}/delete"), "application/json", body).await });
        gate.reached.notified().await;
        let n_seen = world.upstream.now().seen.len();
        for _ in 0..3 {
            let other = world.send("POST", &format!("{AT}/delete"), plan.clone()).await;
            assert!(other.status == 409 && other.text().contains("at this moment"), "{}", other.text());
        }
        assert_eq!(world.upstream.now().seen.len(), n_seen, "nothing is asked there");
        gate.opens.notify_one();
        let first = first.await.unwrap();
        assert_eq!((first.status.as_u16(), world.trash().await.len()), (200, 2), "{}", first.text());
        let again = world.send("POST", &format!("{AT}/delete"), plan).await;
        assert_eq!((again.status, again.text()), (first.status, first.text()), "and says the same afterwards");
    }
}

/// The registry knows no conditions: who is first is decided here.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_saw_the_same_one_changes_a_tag_there() {
    let texts = ["two", "three", "four", "five", "six"].map(artifact);
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        for (tag, text) in ["2.0", "3.0", "4.0", "5.0", "6.0"].into_iter().zip(&texts) {
            upstream.push(&[tag], text);
        }
    });
    let world = world.await;
    let digests: Vec<String> = texts.iter().map(|text| sha256(text.as_bytes())).collect();
    for digest in &digests {
        let set = world.send("PUT", &format!("{AT}/tags/prod"), json!({"digest": digest})).await;
        assert!(set.status.is_success(), "{}", set.text());
    }
    one_of_them_wins(&world.test, "up/a", &digests).await;
    let named = world.test.get(&format!("{AT}/tags/prod")).await.json()["digest"].clone();
    assert_eq!(json!(world.named("prod")), named);
}
