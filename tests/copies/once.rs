//! What is immutable at a registry elsewhere is named once there, by whichever of many comes first.

use super::{World, step};
use crate::tags::{form, names, send};
use serde_json::json;
use std::sync::Arc;

/// How many ask at once for one name, each for an image of their own.
const AT_ONCE: usize = 32;
/// One by one, those of each kind are let go before the others.
const KINDS: usize = 4;

/// Images in `team/web` and in `up/web`, each under a tag of its own, and a rule about names that begin with `r`.
async fn filled() -> (World, Vec<String>) {
    let world = World::new().await;
    let (mut digests, mut tags) = (vec![], vec![]);
    for number in 0..AT_ONCE {
        let tag = format!("s-{number}");
        digests.push(world.here.push_image("team/web", &tag, "amd64", tag.as_bytes()).await);
        tags.push(tag);
    }
    let id = world.ask("team/web", json!({"tags": tags, "to": "up/web"})).await;
    world.finish(&id).await.unwrap();
    let rule = json!({"scope": "up/*", "tags": "r*", "kind": "immutable"});
    assert_eq!(send(&world.here, "POST", "/api/v1/protections", rule).await.status, 201);
    (world, digests)
}

/// Asks for the name in one of the ways; whether that was acknowledged. `job` copies it, where there is one.
async fn asked(world: &World, name: &str, (number, digest, job): (usize, &str, Option<String>)) -> bool {
    let at = "/api/v1/r/up/web/-/tags";
    match (job, number % KINDS) {
        (Some(id), _) => loop {
            match step(&world.here, &id).await {
                Ok(false) => {}
                Ok(true) => break true,
                Err(_) => {
                    crate::jobs::control(&world.here, &id, "cancel").await;
                    break false;
                }
            }
        },
        (None, 0) => {
            let set = send(&world.here, "PUT", &format!("{at}/{name}"), json!({"digest": digest})).await;
            assert!(matches!(set.status.as_u16(), 201 | 403 | 409), "{}: {}", set.status, set.text());
            set.status == 201
        }
        (None, _) => {
            let fields = [("name", name), ("digest", digest), ("expect", "")];
            let page = format!("/r/up/web/-/tags/s-{number}/retag");
            let given = form(&world.base, &page, "set-tag", &fields).await;
            // Where somebody has the name by then, it leads to a question.
            assert!(matches!(given.status.as_u16(), 303 | 403 | 409), "{}: {}", given.status, given.text());
            given.status == 303 && given.header("location") == format!("/r/up/web/-/tags/{name}")
        }
    }
}

/// SEC-44, of a registry that knows no conditions.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_immutable_there_is_named_once_by_whichever_door_comes_first() {
    let (world, digests) = filled().await;
    let world = Arc::new(world);
    for round in 0..KINDS {
        let name = format!("r{round}");
        let mut waiting = Vec::new();
        for (number, digest) in digests.iter().enumerate() {
            // Those that copy asked while the name was free.
            let from = [None, None, Some("up/web"), Some("team/web")][number % KINDS];
            let job = match from {
                Some(from) => {
                    let tag = format!("s-{number}");
                    let copy = json!({"tags": [tag], "names": {tag: name}, "to": "up/web"});
                    Some(world.ask(from, copy).await)
                }
                None => None,
            };
            waiting.push((number, digest.clone(), job));
        }
        waiting.sort_by_key(|(number, ..)| (number + KINDS - round) % KINDS);
        world.gate.arm(None);
        let mut going = tokio::task::JoinSet::new();
        for (number, digest, job) in waiting {
            let (world, name) = (Arc::clone(&world), name.clone());
            going.spawn(async move { asked(&world, &name, (number, &digest, job)).await.then_some(digest) });
        }
        let won: Vec<String> = going.join_all().await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "{name}: {won:?}");
        assert_eq!(names(&world.far, "web", &name).await.as_ref(), Some(&won[0]), "{name}: {won:?}");
        assert_eq!(world.gate.n_seen("PUT", &format!("/manifests/{name}")), 1, "nobody else puts it there");
        let listed = send(&world.here, "GET", &format!("/api/v1/r/up/web/-/tags/{name}"), json!(null)).await.json();
        assert_eq!(listed["digest"], json!(won[0]), "{listed}");
    }
}
