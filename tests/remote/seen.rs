//! What others do with the tags of a registry elsewhere is in the history of its repositories.

use super::stand_in::Deletes;
use super::world::{AT, World, artifact, world};
use crate::support::{eventually, sha256};
use serde_json::{Value, json};

fn of(text: &str) -> String {
    sha256(artifact(text).as_bytes())
}

/// The moves of a tag, newest first: from where, to where, and how.
async fn moves(world: &World, tag: &str) -> Vec<(Value, Value, Value)> {
    let listed = world.test.get(&format!("{AT}/history?tag={tag}")).await.json();
    let one = |it: &Value| (it["from"].clone(), it["to"].clone(), it["how"].clone());
    listed["items"].as_array().unwrap().iter().map(one).collect()
}

async fn is_seen(world: &World, tag: &str, expected: &[(Value, Value, Value)]) {
    eventually(&format!("{expected:?} of {tag}"), async || moves(world, tag).await == expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_is_new_there_or_gone_or_back_has_a_row_and_the_first_reading_has_none() {
    let world = world(Deletes::ByDigest).await;
    let n_moves = async || world.count("SELECT COUNT(*) FROM tag_moves").await;
    assert_eq!(n_moves().await, 0, "nothing was known before");
    let (old, seen) = (json!(world.image), || json!("seen"));
    let (came, gone) = ((json!(null), old.clone(), seen()), (old.clone(), json!(null), seen()));

    world.upstream.push(&["1.1"], &artifact("new"));
    world.upstream.now().tags.remove("latest");
    world.look().await;
    is_seen(&world, "1.1", &[(json!(null), json!(of("new")), seen())]).await;
    is_seen(&world, "latest", std::slice::from_ref(&gone)).await;
    let page = world.test.get("/r/up/a/-/history").await.text();
    for words in ["<span>Seen upstream<", "<span>Gone upstream<", "class=\"subtle\">gone<"] {
        assert!(page.contains(words), "{words}: {page}");
    }

    // The same image again; then gone and back on another one, which it did not leave the first for.
    world.upstream.push(&["latest"], &artifact("old"));
    world.look().await;
    is_seen(&world, "latest", &[came.clone(), gone.clone()]).await;
    world.upstream.now().tags.remove("latest");
    world.look().await;
    is_seen(&world, "latest", &[gone.clone(), came.clone(), gone.clone()]).await;
    world.upstream.push(&["latest"], &artifact("new"));
    world.look().await;
    let back = (json!(null), json!(of("new")), seen());
    is_seen(&world, "latest", &[back, gone.clone(), came, gone.clone()]).await;

    // Who sets one that is gone to what it named has set it.
    world.upstream.now().tags.remove("1.0");
    world.look().await;
    is_seen(&world, "1.0", std::slice::from_ref(&gone)).await;
    let set = world.send("PUT", &format!("{AT}/tags/1.0"), json!({"digest": world.image})).await;
    assert_eq!((set.status.as_u16(), set.json()["moved_by"].clone()), (201, json!("user:admin")), "{}", set.text());
    is_seen(&world, "1.0", &[(json!(null), old, json!("retag")), gone]).await;

    // A whole reading finds it out too, and says it once.
    world.upstream.now().tags.remove("other");
    world.a_month_later().await;
    let other = (json!(of("other")), json!(null), seen());
    is_seen(&world, "other", &[other]).await;
    let n = n_moves().await;
    assert_eq!(n, 8);
    let read = "SELECT COUNT(*) FROM mounts WHERE crawl_finished_at > ";
    for _ in 0..2 {
        let began = world.count("SELECT crawl_finished_at FROM mounts WHERE crawl_finished_at IS NOT NULL").await;
        world.a_month_later().await;
        eventually("it is read again", async || world.count(&format!("{read}{began}")).await > 0).await;
    }
    assert_eq!(n_moves().await, n);
}

/// A reading that comes between the registry and the catalog does not say that it was somebody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_delete_from_here_takes_is_in_the_history_once_and_as_a_delete() {
    let world = world(Deletes::ByDigest).await;
    let path = format!("{AT}/tags/latest");
    assert_eq!(world.test.delete(&path).await.status, 204);
    world.restore_all().await;
    world.upstream.now().seen.clear();
    assert_eq!(world.test.delete(&path).await.status, 204);
    let last = world.upstream.now().seen.len() - 1;
    world.restore_all().await;
    let meanwhile = async || {
        world.look().await;
        let missing = "SELECT COUNT(*) FROM tags WHERE name = 'latest' AND missing_since IS NOT NULL";
        eventually("it is found to be gone", async || world.count(missing).await == 1).await;
    };
    assert_eq!(world.delete_and(&path, last, meanwhile).await.status, 204);
    assert_eq!(world.named("latest"), None);
    assert_eq!(world.count("SELECT COUNT(*) FROM tag_moves WHERE tag = 'latest' AND how = 'seen'").await, 0);
    assert_eq!(moves(&world, "latest").await[0], (json!(world.image), json!(null), json!("delete")));
}
