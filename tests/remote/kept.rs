//! What is kept, and what is let go, of several tags at once at a registry elsewhere.

use super::stand_in::Deletes;
use super::world::{AT, World, artifact, world_with};
use crate::support::sha256;
use serde_json::{Value, json};

impl World {
    /// Deletes these tags together, as a preview said; what redeems it.
    async fn delete_all(&self, tags: &[&str]) -> Value {
        let preview = self.send("POST", &format!("{AT}/delete-preview"), json!({ "tags": tags })).await.json();
        let plan = json!({"plan": preview["plan"]});
        let done = self.send("POST", &format!("{AT}/delete"), plan.clone()).await;
        assert_eq!(done.status, 200, "{}", done.text());
        plan
    }

    /// How often its tags were listed there since that was counted last.
    fn n_lists(&self) -> usize {
        let seen = std::mem::take(&mut self.upstream.now().seen);
        seen.iter().filter(|(_, path)| path.ends_with("/tags/list")).count()
    }
}

/// With a name of an image goes the image, as it should not: all that is known of it comes back, and what holds it too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn siblings_stay_where_a_registry_takes_the_whole_image_with_a_name() {
    let world = world_with(Deletes::TooMuch, "", |upstream| {
        upstream.push(&["prod"], &artifact("old"));
    });
    let world = world.await;
    let image = Some(world.image.clone());
    let plan = world.delete_all(&["1.0", "latest"]).await;
    assert_eq!((world.named("1.0"), world.named("latest"), world.named("prod")), (None, None, image.clone()));
    let [hidden] = &world.hidden()[..] else { panic!("{:?}", world.hidden()) };
    assert_eq!(world.named(hidden), image, "the trash holds it");
    let back = world.send("POST", "/api/v1/trash/restore", plan).await;
    assert_eq!(back.status, 204, "{}", back.text());
    let all = (image.clone(), image.clone(), image.clone());
    assert_eq!((world.named("1.0"), world.named("latest"), world.named("prod")), all);
    assert_eq!(world.hidden(), Vec::<String>::new());

    world.delete_all(&["latest"]).await;
    let entry = world.trash().await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.test.delete(&format!("/api/v1/trash/{entry}")).await.status, 204);
    assert_eq!((world.named("1.0"), world.named("latest"), world.named("prod")), (image.clone(), None, image));
    assert_eq!(world.hidden(), Vec::<String>::new());
}

/// Each look asks for every tag of the repository.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_let_go_together_is_looked_for_twice_and_not_twice_each() {
    let tags: Vec<String> = (0..6).map(|n| format!("solo-{n}")).collect();
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        for tag in &tags {
            upstream.push(&[tag], &artifact(tag));
        }
    });
    let world = world.await;
    let mut plan = world.delete_all(&tags.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(world.hidden().len(), tags.len());
    plan["repository"] = json!("up/a");
    world.n_lists();
    let purged = world.send("POST", "/api/v1/trash/purge", plan).await;
    assert_eq!(purged.json()["purged"], 6, "{}", purged.text());
    assert_eq!(world.n_lists(), 2);
    let state = world.upstream.now().manifests.clone();
    assert!(tags.iter().all(|tag| !state.contains_key(&sha256(artifact(tag).as_bytes()))), "all of it is let go");
    assert_eq!(world.hidden(), Vec::<String>::new());
}
