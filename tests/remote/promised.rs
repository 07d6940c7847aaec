//! A preview said that what goes comes back: nothing goes for good by it, also where its mount keeps no trash since.

use super::stand_in::Deletes;
use super::world::{AT, World, artifact, mounted_here};
use crate::jobs::over;
use serde_json::{Value, json};

impl World {
    async fn keeps_trash(&self, keeps: bool) {
        let set = self.send("PATCH", "/api/v1/mounts/up", json!({ "trash": keeps })).await;
        assert_eq!(set.status, 200, "{}", set.text());
    }

    async fn preview(&self, asked: &Value) -> Value {
        self.send("POST", &format!("{AT}/delete-preview"), asked.clone()).await.json()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_whose_mount_keeps_no_trash_since_does_nothing_and_says_what_would_go_now() {
    let world = mounted_here(Deletes::ByDigest, |_| ()).await;
    for asked in [json!({"tags": ["latest"]}), json!({"digests": [world.image]})] {
        world.keeps_trash(true).await;
        let preview = world.preview(&asked).await;
        assert_ne!(preview["kept_until"], Value::Null, "{preview}");
        world.keeps_trash(false).await;
        let before = world.upstream.now().tags.clone();
        let stale = world.send("POST", &format!("{AT}/delete"), json!({"plan": preview["plan"]})).await;
        assert_eq!(stale.status, 409, "{}", stale.text());
        assert_eq!(world.upstream.now().tags, before, "nothing is done there");
        let now = stale.json()["preview"].clone();
        assert_eq!(now["kept_until"], Value::Null, "{now}");
        let done = world.send("POST", &format!("{AT}/delete"), json!({"plan": now["plan"]})).await;
        assert_eq!(done.status, 200, "as it was seen the second time: {}", done.text());
    }
    assert_eq!((world.named("1.0"), world.trash().await.len()), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_mount_keeps_no_trash_any_more_deletes_nothing_further() {
    let tags: Vec<String> = (0..25).map(|n| format!("many-{n:02}")).collect();
    let world = mounted_here(Deletes::ByName, |upstream| {
        upstream.push(&tags.iter().map(String::as_str).collect::<Vec<_>>(), &artifact("many"));
    });
    let world = world.await.by_somebody().await;
    let plan = world.preview(&json!({"filter": "many-*"})).await["plan"].clone();
    // Five go in each step: this is in the second.
    let gate = world.upstream.wait_for("DELETE", "many-07");
    let done = world.send("POST", &format!("{AT}/delete"), json!({ "plan": plan })).await;
    assert_eq!(done.status, 202, "{}", done.text());
    gate.reached.notified().await;
    world.keeps_trash(false).await;
    gate.opens.notify_one();
    let job = over(&world.test, done.json()["job"].as_str().unwrap()).await;
    assert!(job["state"] == "failed" && job.to_string().contains("keeps no trash any more"), "{job}");
    let left: Vec<String> = world.upstream.now().tags.keys().filter(|tag| tag.starts_with("many-")).cloned().collect();
    assert_eq!(left, tags[10..], "those of the steps after it are there");
    assert_eq!(world.trash().await.len(), 10, "and what went is kept");
}
