//! What is kept, and what is let go, of several tags at once at a registry elsewhere.

use super::changes::proof;
use super::stand_in::Deletes;
use super::world::{AT, HOUR_MS, World, artifact, world, world_with};
use crate::support::sha256;
use portolan::domain::action::DeleteTag;
use portolan::domain::trash::TrashKind;
use portolan::domain::{Actor, ByteSize, RepositoryName, Result, Tag};
use portolan::server::clock::Clock;
use portolan::server::store::holds::{self, Held, Takes};
use portolan::server::store::trash::{self, NewEntry};
use portolan::server::store::{Tx, repositories};
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

/// More than are looked at together.
const MANY: usize = 230;

/// So many entries of the trash whose time is over, and so many hidden tags that nothing needs.
async fn many(world: &World) {
    let name: RepositoryName = "up/a".parse().unwrap();
    let repository = repositories::find(&world.test.app.store, &name).await.unwrap().unwrap();
    let proof = proof(DeleteTag { repository: name.clone(), tag: "latest".parse().unwrap() }).await;
    let (now, digest) = (world.clock.now(), world.image.parse().unwrap());
    let hidden = |n: usize| Tag::of_trash(&format!("{n:026}"));
    for n in 0..MANY {
        world.upstream.push(&[hidden(n).as_str()], &artifact("old"));
    }
    let entry = move |n: usize| NewEntry {
        id: format!("entry-{n:03}"),
        batch: format!("batch-{n:03}"),
        kind: TrashKind::Tag,
        mount_id: repository.mount_id.clone(),
        repository_id: repository.id.clone(),
        repository: name.clone(),
        name: format!("v{n}"),
        digest: None,
        n_tags: 1,
        held: ByteSize(0),
        at: now,
        by: Actor::Anonymous,
        expires: now,
    };
    let fill = async move |tx: &mut Tx| -> Result<()> {
        trash::insert(tx, &(0..MANY).map(&entry).collect::<Vec<_>>()).await?;
        let it = entry(0);
        let repository = repositories::Repository { id: it.repository_id, mount_id: it.mount_id };
        for n in 0..MANY {
            let (batch, takes) = (format!("held-{n:03}"), Takes::Nothing);
            let held = Held { repository: &repository, name: &it.repository, batch: &batch, digest: &digest, takes };
            holds::keep(tx, held, &hidden(n), now).await?;
        }
        Ok(())
    };
    world.test.app.store.note(&proof, move |tx| Box::pin(async move { fill(tx).await })).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_sweep_takes_all_that_is_over_and_stops_where_nothing_can_be_done() {
    let world = world(Deletes::Nothing).await;
    many(&world).await;
    world.upstream.now().seen.clear();
    world.later(2 * HOUR_MS).await;
    let seen = std::mem::take(&mut world.upstream.now().seen);
    let n_tried = seen.iter().filter(|(method, path)| method == "DELETE" && path.contains("/portolan.trash.")).count();
    assert_eq!((n_tried, world.hidden().len()), (100, MANY), "nothing goes there, and nobody tries for ever");
    assert_eq!(world.count("SELECT COUNT(*) FROM trash").await, 0, "here all is let go that is over");
    world.upstream.now().deletes = Deletes::ByName;
    world.later(HOUR_MS).await;
    assert_eq!((world.hidden(), world.count("SELECT COUNT(*) FROM trash_holds").await), (vec![], 0));
    assert_eq!(world.named("1.0"), Some(world.image.clone()));
}

/// And not an hour later, by the sweep.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_held_a_tag_there_goes_with_its_coming_back_however_that_is() {
    for (way, n_left) in [("restore", 0), ("retag", 0), ("rollback", 0), ("rename", 1)] {
        let world = world(Deletes::ByDigest).await;
        assert_eq!(world.test.delete(&format!("{AT}/tags/latest")).await.status, 204);
        assert_eq!(world.hidden().len(), 1);
        let image = world.image.clone();
        match way {
            "restore" => world.restore_all().await,
            "retag" => {
                let set = world.send("PUT", &format!("{AT}/tags/latest"), json!({"digest": image})).await;
                assert_eq!(set.status, 201, "{}", set.text());
            }
            "rollback" => {
                let back = json!({"tag": "latest", "digest": image});
                let back = world.send("POST", &format!("{AT}/rollback"), back).await;
                assert_eq!(back.status, 200, "{}", back.text());
            }
            // The name that it had before is in the trash now.
            _ => assert_eq!(world.rename("1.0", "latest").await.status, 303),
        }
        assert_eq!(world.named("latest"), Some(image));
        let n_holds = world.count("SELECT COUNT(*) FROM trash_holds").await;
        assert_eq!(
            (world.trash().await.len(), world.hidden().len(), n_holds),
            (n_left, n_left, n_left as i64),
            "{way}"
        );
    }
}
