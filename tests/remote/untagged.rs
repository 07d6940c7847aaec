//! Images without tags that are deleted at a registry elsewhere, at a mount that keeps no trash: however many they are, who
//! puts a tag on one of them meanwhile keeps it, or is refused.

use super::stand_in::Deletes;
use super::world::{AT, NO_TRASH, World, artifact, mounted_with};
use crate::jobs::{over, ran};
use crate::support::{Answer, eventually, sha256};
use portolan::server::store::runs;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// The most that go at once.
const AT_ONCE: usize = 20;

/// So many images that lost their tags, in the order in which they go.
async fn untagged(n: usize) -> (World, Vec<String>) {
    let tags: Vec<String> = (0..n).map(|n| format!("u-{n:02}")).collect();
    let world = mounted_with(Deletes::ByName, ("", NO_TRASH), |upstream| {
        for tag in &tags {
            upstream.push(&[tag], &artifact(tag));
        }
    });
    let world = world.await.by_somebody().await;
    for some in tags.chunks(AT_ONCE) {
        let plan = world.plan(json!({ "tags": some })).await;
        assert_eq!(world.send("POST", &format!("{AT}/delete"), plan).await.status, 200);
    }
    let mut digests: Vec<String> = tags.iter().map(|tag| sha256(artifact(tag).as_bytes())).collect();
    digests.sort();
    assert!(digests.iter().all(|digest| world.stores(digest)), "they are there without a tag");
    (world, digests)
}

impl World {
    /// What redeems a preview of this.
    async fn plan(&self, asked: Value) -> Value {
        let preview = self.send("POST", &format!("{AT}/delete-preview"), asked).await;
        assert!(preview.json()["plan"].is_string(), "{}", preview.text());
        json!({"plan": preview.json()["plan"]})
    }

    fn stores(&self, digest: &str) -> bool {
        self.upstream.now().manifests.contains_key(digest)
    }

    /// Sends something without waiting for its answer.
    fn begin(&self, method: &'static str, path: &'static str, body: Value) -> JoinHandle<Answer> {
        let (test, path, body) = (self.test.again(), format!("{AT}/{path}"), body.to_string());
        tokio::spawn(async move { test.call(method, &path, "application/json", body).await })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_gets_a_tag_while_those_before_it_are_deleted_stays_with_it() {
    let (world, digests) = untagged(18).await;
    let last = digests.last().unwrap();
    let plan = world.plan(json!({ "digests": digests })).await;
    let gate = world.upstream.wait_for("DELETE", &digests[0]);
    let deleted = world.begin("POST", "delete", plan);
    gate.reached.notified().await;
    let tagged = world.send("PUT", &format!("{AT}/tags/rescue"), json!({"digest": last})).await;
    assert_eq!(tagged.status, 201, "{}", tagged.text());
    gate.opens.notify_one();
    let deleted = deleted.await.unwrap();
    assert!(deleted.status == 409 && deleted.text().contains("the tag rescue names"), "{}", deleted.text());
    assert!(world.named("rescue").as_ref() == Some(last) && world.stores(last), "{:?}", world.upstream.now().seen);
    assert_eq!(world.test.get(&format!("{AT}/tags/rescue")).await.json()["digest"], json!(last));
    let n_left = digests.iter().filter(|digest| world.stores(digest)).count();
    assert_eq!(n_left, 1, "the others went");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_tags_an_image_at_the_moment_in_which_it_is_deleted_has_the_tag_or_is_refused() {
    let (world, digests) = untagged(12).await;
    let last = digests.last().unwrap();
    let plan = world.plan(json!({ "digests": digests })).await;
    let gate = world.upstream.wait_for("DELETE", &digests[0]);
    let deleted = world.begin("POST", "delete", plan);
    gate.reached.notified().await;
    let tagged = world.begin("PUT", "tags/rescue", json!({"digest": last}));
    eventually("it is about to be put", async || {
        world.upstream.now().seen.iter().any(|(_, path)| path.ends_with("/rescue"))
    })
    .await;
    gate.opens.notify_one();
    let (deleted, tagged) = (deleted.await.unwrap(), tagged.await.unwrap());
    let is_there = world.named("rescue").as_ref() == Some(last) && world.stores(last);
    assert!(tagged.status != 201 || is_there, "{} {}", tagged.text(), deleted.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_images_than_go_at_once_are_a_job_though_they_have_no_tags() {
    let (world, digests) = untagged(2 * AT_ONCE + 1).await;
    let (few, many) = digests.split_at(AT_ONCE);
    let plan = world.plan(json!({ "digests": few })).await;
    let done = world.send("POST", &format!("{AT}/delete"), plan).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(few.iter().all(|digest| !world.stores(digest)) && many.iter().all(|digest| world.stores(digest)));

    let preview = world.send("POST", &format!("{AT}/delete-preview"), json!({ "digests": many })).await.json();
    assert!(preview["notes"].to_string().contains("by a job"), "{preview}");
    let done = world.send("POST", &format!("{AT}/delete"), json!({"plan": preview["plan"]})).await;
    assert_eq!(done.status, 202, "{}", done.text());
    let id = done.json()["job"].as_str().expect("it is a job").to_owned();
    let job = over(&world.test, &id).await;
    assert_eq!((ran(&job).as_str(), &job["done"], &job["total"]), ("Deleted 21 images.", &json!(21), &json!(21)));
    assert!(many.iter().all(|digest| !world.stores(digest)));
    let (row, _) = runs::find(&world.test.app.store, &id).await.unwrap().expect("a row");
    assert!(row.counts_images, "and its page says so");
}
