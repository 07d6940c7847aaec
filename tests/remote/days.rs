//! For how long a namespace says that what is deleted at a registry elsewhere is kept there.

use super::stand_in::Deletes;
use super::world::{AT, HOUR_MS, artifact, index, world_with};
use crate::support::{START, sha256};
use serde_json::json;

const DAY_MS: i64 = 24 * HOUR_MS;

/// It is said before, and holds for what is deleted from then on. What lost its last name stays as long as history may
/// bring it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deleted_there_is_kept_for_the_days_of_its_namespace_and_really_deleted_then() {
    for (settings, last_day) in [("[history]\ndays = 1\n", 3), ("", 30)] {
        let world = world_with(Deletes::ByDigest, settings, |upstream| {
            upstream.push(&["before", "stays"], &artifact("before"));
            upstream.push(&["solo"], &artifact("solo"));
        });
        let world = world.await;
        let is_there = |text: &str| world.upstream.now().manifests.contains_key(&sha256(artifact(text).as_bytes()));
        assert_eq!(world.test.delete(&format!("{AT}/tags/before")).await.status, 204);
        let set = world.send("PATCH", "/api/v1/n/up", json!({"trash_days": 3})).await;
        assert_eq!((set.status.as_u16(), &set.json()["kept_days"]), (200, &json!(3)), "{}", set.text());
        for (tag, days) in [("latest", 3), ("solo", last_day)] {
            let preview = world.send("POST", &format!("{AT}/delete-preview"), json!({"tags": [tag]})).await.json();
            assert_eq!(preview["kept_until"], json!(START.plus_days(3).rfc3339()), "{preview}");
            let held = format!("holds it until {}.", START.plus_days(days).date());
            let notes = preview["notes"].to_string();
            assert!(notes.contains(&held), "{tag} {held}: {notes}");
            let done = world.send("POST", &format!("{AT}/delete"), json!({"plan": preview["plan"]})).await;
            assert_eq!(done.status, 200, "{}", done.text());
        }
        let until = async |tag: &str| {
            let entries = world.trash().await;
            entries.iter().find(|it| it["tag"] == tag).map(|it| it["expires_at"].clone())
        };
        let day = |days: i64| Some(json!(START.plus_days(days).rfc3339()));
        assert_eq!((until("before").await, until("latest").await, until("solo").await), (day(30), day(3), day(3)));

        world.later(3 * DAY_MS - 2 * HOUR_MS).await;
        assert_eq!((world.hidden().len(), world.trash().await.len()), (3, 3), "its time is not over");
        world.later(4 * HOUR_MS).await;
        let is_over = last_day == 3;
        assert_eq!(is_there("solo"), !is_over, "what nothing else names is gone there");
        assert_eq!((until("before").await, until("latest").await), (day(30), None), "what was deleted before is kept");
        assert_eq!(world.hidden().len(), if is_over { 1 } else { 2 });
        world.later(27 * DAY_MS).await;
        assert_eq!((world.hidden(), world.trash().await.len(), is_there("solo")), (vec![], 0, false));
        assert!(is_there("before") && is_there("old"), "what has another name is there");
    }
}

/// What took the image of a tag along later, when the trash kept for less long, stays until that tag is let go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_comes_back_there_for_as_long_as_was_said_whatever_took_its_image_along() {
    let (multi, part) = (index(&[&artifact("part")]), artifact("part"));
    let (multi_digest, part_digest) = (sha256(multi.as_bytes()), sha256(part.as_bytes()));
    for comes_back in [true, false] {
        let world = world_with(Deletes::ByDigest, "[history]\ndays = 0\n", |upstream| {
            upstream.push(&["part"], &part);
            upstream.push(&["multi"], &multi);
        });
        let world = world.await;
        assert_eq!(world.test.delete(&format!("{AT}/tags/part")).await.status, 204);
        assert_eq!(world.send("PATCH", "/api/v1/n/up", json!({"trash_days": 1})).await.status, 200);
        assert_eq!(world.test.delete(&format!("{AT}/manifests/{multi_digest}")).await.status, 204);
        world.later(2 * DAY_MS).await;
        assert_eq!((world.trash().await.len(), world.hidden().len()), (2, 2));
        if comes_back {
            let entry = world.trash().await.into_iter().find(|it| it["kind"] == "tag").expect("an entry");
            let path = format!("/api/v1/trash/{}/restore", entry["id"].as_str().unwrap());
            let back = world.send("POST", &path, json!({})).await;
            assert_eq!(
                (back.status.as_u16(), world.named("part").as_ref()),
                (204, Some(&part_digest)),
                "{}",
                back.text()
            );
            assert!(world.listed().await.contains(&"part".to_owned()), "and here");
        }
        world.later(29 * DAY_MS).await;
        world.later(2 * HOUR_MS).await;
        assert_eq!((world.trash().await.len(), world.hidden()), (0, vec![]));
        let there = world.upstream.now().manifests.clone();
        assert_eq!((there.contains_key(&multi_digest), there.contains_key(&part_digest)), (false, comes_back));
    }
}
