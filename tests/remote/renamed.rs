//! Tags of a registry elsewhere that are renamed by the API, and that others move there.

use super::stand_in::Deletes;
use super::world::{AT, artifact, world_with};
use crate::support::eventually;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_gets_another_name_there_by_the_api_as_it_was_expected() {
    let world = world_with(Deletes::ByDigest, "", |_| ()).await;
    let before = world.upstream.now().tags.clone();
    let other = world.named("other").expect("it is there");
    let rename = async |body: Value| world.send("POST", &format!("{AT}/rename"), body).await;
    let stale = rename(json!({"tag": "latest", "to": "new", "expect": other})).await;
    assert_eq!((stale.status.as_u16(), stale.json()["current"].clone()), (409, json!(world.image)), "{}", stale.text());
    let taken = rename(json!({"tag": "latest", "to": "other"})).await;
    assert_eq!(taken.status, 409, "{}", taken.text());
    assert_eq!(world.upstream.now().tags, before, "nothing was put there");

    let renamed = rename(json!({"tag": "latest", "to": "new", "expect": world.image})).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    assert_eq!((&renamed.json()["name"], &renamed.json()["digest"]), (&json!("new"), &json!(world.image)));
    assert_eq!((world.named("latest"), world.named("new")), (None, Some(world.image.clone())));
    assert_eq!(world.named("1.0"), Some(world.image.clone()), "the other name of the image stays");
    assert_eq!(world.listed().await, ["1.0", "new", "other"]);
    assert_eq!(world.trash().await[0]["tag"], "latest");
}

/// Nobody knows who moved it, nor when to the second: history says how it came to know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_move_there_is_in_the_history_as_seen() {
    let world = world_with(Deletes::ByDigest, "", |_| ()).await;
    let newer = world.upstream.push(&["latest"], &artifact("newer"));
    world.look().await;
    let history = async || world.test.get(&format!("{AT}/history?tag=latest&how=seen")).await.json()["items"].clone();
    eventually("the move is known", async || history().await[0]["to"] == json!(newer)).await;
    let moved = history().await[0].clone();
    assert_eq!((&moved["from"], &moved["by"]), (&json!(world.image), &Value::Null), "{moved}");
    let page = world.test.get("/r/up/a/-/history?tag=latest").await.text();
    assert_eq!(page.matches(">Seen upstream<").count(), 2, "in its row, and among the ways to choose: {page}");
}
