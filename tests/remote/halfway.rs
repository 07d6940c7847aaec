//! Changes at a registry elsewhere that stop in the middle, or meet something new there: every tag is there afterwards, or
//! in the trash.

use super::changes::proof;
use super::stand_in::{Deletes, Event, StandIn};
use super::world::{AT, CHANGED, HOUR_MS, NO_TRASH, World, artifact, index, mounted_with, world};
use crate::support::{OCI_MANIFEST, TestApp, eventually, sha256, user};
use portolan::domain::action::{DeleteImages, DeleteTags};
use portolan::domain::{Result, Role, Terms};
use portolan::server::access::Standing;
use portolan::server::clock::Clock;
use portolan::server::context::App;
use portolan::server::service::plans;
use serde_json::json;

/// Without a trash too: then it is there, or gone from here as it is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delete_that_dies_at_any_request_leaves_the_tag_there_or_in_the_trash() {
    for (deletes, n_kept, of_mount) in [
        (Deletes::ByDigest, 1, CHANGED),
        (Deletes::ByName, 1, CHANGED),
        (Deletes::ByDigest, 0, NO_TRASH),
        (Deletes::ByName, 0, NO_TRASH),
    ] {
        let world = mounted_with(deletes, ("", of_mount), |_| ()).await;
        let mut n_ended = 0;
        for n in 0.. {
            let is_over = cut_off_at(&world, n).await;
            world.later(2 * HOUR_MS).await;
            assert_eq!(world.n_going().await, 0, "{n}");
            assert_eq!(world.named("1.0"), Some(world.image.clone()), "its sibling stays, {n}");
            if world.named("latest") == Some(world.image.clone()) {
                assert_eq!(world.trash().await.len(), 0, "{n}");
            } else {
                assert_eq!(world.trash().await.len(), n_kept, "{n}");
                assert_eq!(world.named("latest"), None, "nor is a tombstone left there under its name, {n}");
                assert_eq!(world.listed().await, ["1.0", "other"], "{n}");
                n_ended += usize::from(!is_over);
                ends_are_on_record(&world, n_ended + usize::from(is_over)).await;
                match n_kept {
                    0 => back_by_somebody(&world).await,
                    _ => world.restore_all().await,
                }
            }
            assert_eq!(world.named("latest"), Some(world.image.clone()), "{n}");
            assert_eq!(world.listed().await, ["1.0", "latest", "other"], "{n}");
            if is_over {
                break;
            }
        }
        assert!(n_ended > 0, "some died between the registry and the catalog");
        world.later(2 * HOUR_MS).await;
        assert_eq!(world.hidden(), Vec::<String>::new());
    }
}

/// What is asked for, and what belongs to it, is there whole or nowhere, whatever a delete that keeps no trash was cut off at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_trash_an_image_whose_delete_dies_at_any_request_is_whole_or_gone() {
    let (parts, multi) = ([artifact("a"), artifact("b")], index(&[&artifact("a"), &artifact("b")]));
    let all: Vec<String> = [&multi, &parts[0], &parts[1]].map(|content| sha256(content.as_bytes())).into();
    let fill = |upstream: &StandIn| {
        parts.iter().for_each(|part| drop(upstream.push(&[], part)));
        upstream.push(&["multi"], &multi);
    };
    for (deletes, event) in [(Deletes::ByDigest, None), (Deletes::ByName, None), (Deletes::ByName, Some(Event::Fails))]
    {
        let world = mounted_with(deletes, ("", NO_TRASH), fill).await;
        let (mut n_whole, mut n_gone) = (0, 0);
        for n in 0.. {
            let action = DeleteImages {
                repository: "up/a".parse().unwrap(),
                digests: vec![all[0].parse().unwrap()],
                tags: vec![],
            };
            let is_over = match &event {
                None => until(&world, n, |app| async move { plans::act(&app, &proof(action).await).await }).await,
                Some(event) => {
                    world.upstream.now().seen.clear();
                    world.upstream.now().event = Some((n, event.clone()));
                    let done = plans::act(&world.test.app, &proof(action).await).await;
                    world.upstream.now().event = None;
                    done.is_ok() && world.upstream.now().seen.len() <= n
                }
            };
            world.later(2 * HOUR_MS).await;
            let there: Vec<bool> = all.iter().map(|it| world.upstream.now().manifests.contains_key(it)).collect();
            let mut here = vec![];
            for digest in &all {
                here.push(world.count(&format!("SELECT COUNT(*) FROM manifests WHERE digest = '{digest}'")).await == 1);
            }
            assert!(there == here && there.iter().all(|it| *it == there[0]), "{n}: {there:?} there, {here:?} here");
            assert_eq!((world.n_going().await, world.count("SELECT COUNT(*) FROM trash_holds").await), (0, 0), "{n}");
            *(if there[0] { &mut n_whole } else { &mut n_gone }) += 1;
            if is_over {
                assert!(!there[0]);
                break;
            }
            fill(&world.upstream);
            world.look().await;
            eventually("it is listed", async || world.listed().await.contains(&"multi".to_owned())).await;
        }
        assert!(n_whole > 0 && n_gone > 1, "{n_whole} stayed whole, {n_gone} went");
    }
}

/// A delete of a tag that is cut off at its n-th request; whether it was over before.
async fn cut_off_at(world: &World, n: usize) -> bool {
    let tags = vec!["latest".parse().unwrap()];
    let action = DeleteTags { repository: "up/a".parse().unwrap(), tags, filter: None };
    until(world, n, |app| async move { plans::act(&app, &proof(action).await).await }).await
}

/// The same of whatever is done.
async fn until<F>(world: &World, n: usize, act: impl FnOnce(App) -> F) -> bool
where
    F: Future<Output = Result<Vec<String>>> + Send + 'static,
{
    let gate = world.upstream.wait_at(n);
    // What a request begins goes on without it, so this does not come by one.
    let mut delete = tokio::spawn(act(world.test.app.clone()));
    let is_over = tokio::select! {
        () = gate.reached.notified() => false,
        done = &mut delete => { done.unwrap().unwrap(); true }
    };
    if !is_over {
        delete.abort();
        assert!(delete.await.is_err(), "it was cut off");
    }
    world.upstream.now().event = None;
    is_over
}

/// Each delete of the tag that came to its end is in its history and in the activity.
async fn ends_are_on_record(world: &World, n: usize) {
    let moves = "SELECT COUNT(*) FROM tag_moves WHERE tag = 'latest' AND how = 'delete'";
    assert_eq!(world.count(moves).await, n as i64);
    let rows = "SELECT COUNT(*) FROM audit WHERE action = 'tag.delete' AND before LIKE '%latest%'";
    assert_eq!(world.count(rows).await, n as i64);
}

/// Somebody pushes the tag again there.
async fn back_by_somebody(world: &World) {
    world.upstream.push(&["latest"], &artifact("old"));
    world.look().await;
    eventually("it is listed", async || world.listed().await.contains(&"latest".to_owned())).await;
}

/// How many requests a delete takes there; all is as before.
async fn n_requests(world: &World, path: &str) -> usize {
    world.upstream.now().seen.clear();
    let gone = world.test.delete(path).await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    let n = world.upstream.now().seen.len();
    world.restore_all().await;
    n
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_there_is_in_the_trash_whatever_is_set_or_read_meanwhile() {
    let index = index(&[&artifact("old")]);
    for is_whole in [false, true] {
        let world = world(Deletes::ByDigest).await;
        let (tag, whole) = (format!("{AT}/tags/latest"), format!("{AT}/manifests/{}", world.image));
        let path = if is_whole { &whole } else { &tag };
        n_requests(&world, &tag).await; // The first sends what the others find there.
        let last = n_requests(&world, path).await - 1;
        // A rule that forbids it, and an index that lists it, come when it is gone there.
        let meanwhile = async || {
            let rule = json!({"scope": "up/a", "kind": "no_delete"});
            assert_eq!(world.send("POST", "/api/v1/protections", rule).await.status, 201);
            world.upstream.push(&["multi"], &index);
            world.look().await;
            eventually("the tag is listed", async || world.listed().await.contains(&"multi".to_owned())).await;
        };
        let done = world.delete_and(path, last, meanwhile).await;
        assert_eq!(done.status, 204, "{}", done.text());
        assert_eq!(world.named("latest"), None);
        assert!(!world.listed().await.contains(&"latest".to_owned()), "and from here");
        let rules = world.test.get("/api/v1/protections").await.json();
        let rule = rules["items"][0]["id"].as_str().unwrap().to_owned();
        world.send("DELETE", &format!("/api/v1/protections/{rule}"), json!(null)).await;
        world.restore_all().await;
        assert_eq!(world.named("latest"), Some(world.image.clone()));
        assert_eq!(world.named("1.0"), Some(world.image.clone()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_has_a_name_by_then_is_not_said_to_be_deleted() {
    let world = world(Deletes::ByDigest).await;
    assert_eq!(world.test.delete(&format!("{AT}/tags/other")).await.status, 204);
    let other = sha256(artifact("other").as_bytes());
    let meanwhile = async || {
        world.upstream.push(&["again"], &artifact("other"));
        world.look().await;
        eventually("it is listed", async || world.listed().await.contains(&"again".to_owned())).await;
    };
    let done = world.delete_and(&format!("{AT}/manifests/{other}"), 4, meanwhile).await;
    assert_eq!((done.status.as_u16(), world.trash().await.len()), (409, 1), "{}", done.text());
    assert_eq!(world.named("again"), Some(other));
}

/// Or a reading that asked meanwhile and writes later would put back what it saw.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_there_counts_from_when_it_was_done_and_not_from_when_it_began() {
    let world = world(Deletes::ByDigest).await;
    n_requests(&world, &format!("{AT}/tags/latest")).await;
    let slowly = async || world.clock.advance_ms(5000);
    assert_eq!(world.delete_and(&format!("{AT}/tags/latest"), 0, slowly).await.status, 204);
    let left = "SELECT MAX(at) FROM tag_moves WHERE tag = 'latest' AND how = 'delete'";
    assert_eq!(world.count(left).await, world.clock.now().0);

    let gate = world.upstream.wait_at(0);
    let (test, body) = (world.test.again(), json!({"digest": world.image}).to_string());
    let path = format!("{AT}/tags/latest");
    let set = tokio::spawn(async move { test.call("PUT", &path, "application/json", body).await });
    gate.reached.notified().await;
    slowly().await;
    gate.opens.notify_one();
    assert_eq!(set.await.unwrap().status, 201);
    let seen = "SELECT checked_at FROM tags WHERE name = 'latest'";
    assert_eq!(world.count(seen).await, world.clock.now().0);
}

/// Who may move a tag, and bring no image back, moved it while that was one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_went_back_there_is_back_here_though_its_image_was_deleted_meanwhile() {
    let world = world(Deletes::ByDigest).await;
    let tags = Some("latest".parse().unwrap());
    let terms = vec![Terms { role: Role::Developer, scope: "*".parse().unwrap(), tags, expires_at: None }];
    let lena = world.test.with_standing(Standing { terms, ..Standing::of(user("lena")) });
    let (path, back) = (format!("{AT}/rollback"), json!({"tag": "latest", "digest": world.image}).to_string());
    let other = json!({"digest": world.named("other").unwrap()});
    assert_eq!(world.send("PUT", &format!("{AT}/tags/latest"), other.clone()).await.status, 200);
    world.upstream.now().seen.clear();
    assert_eq!(lena.call("POST", &path, "application/json", back.clone()).await.status, 200);
    let last = world.upstream.now().seen.len() - 1;
    assert_eq!(world.send("PUT", &format!("{AT}/tags/latest"), other).await.status, 200);

    let gate = world.upstream.wait_at(last);
    let back = tokio::spawn(async move { lena.call("POST", &path, "application/json", back).await });
    gate.reached.notified().await;
    let whole = world.test.delete(&format!("{AT}/manifests/{}", world.image)).await;
    assert_eq!(whole.status, 204, "{}", whole.text());
    gate.opens.notify_one();
    let back = back.await.unwrap();
    assert_eq!((back.status.as_u16(), world.named("latest")), (200, Some(world.image.clone())), "{}", back.text());
    let here = world.test.get(&format!("{AT}/tags/latest")).await.json();
    assert_eq!(here["digest"], json!(world.image), "{here}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_deletes_nothing_is_asked_before_anything_is_put_there() {
    let world = world(Deletes::Nothing).await;
    let before = world.upstream.now().tags.clone();
    let preview = world.send("POST", &format!("{AT}/delete-preview"), json!({"tags": ["latest"]})).await.json();
    let why = preview["barred"][0].clone();
    assert!(why.to_string().contains("REGISTRY_STORAGE_DELETE_ENABLED=true"), "{preview}");
    assert!(preview["plan"].is_null(), "there is nothing to redeem: {preview}");
    let refused = world.test.delete(&format!("{AT}/tags/latest")).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["detail"]), (409, &why));
    assert_eq!(world.upstream.now().tags, before);
    assert_eq!(world.rename("latest", "new").await.status, 409);
    assert_eq!(world.upstream.now().tags, before, "nor is half of a rename done");

    // It is switched on: whoever looks again a few seconds later is told so, long before the next reading.
    world.upstream.now().deletes = Deletes::ByDigest;
    world.upstream.now().seen.clear();
    let asked = || json!({"tags": ["latest"]});
    let soon = world.send("POST", &format!("{AT}/delete-preview"), asked()).await.json();
    assert!(soon["plan"].is_null() && world.upstream.now().seen.is_empty(), "not as often as somebody looks: {soon}");
    let page = world.test.get("/r/up/a/-/tags/latest/delete").await.text();
    assert!(page.contains("href=\"/r/up/a/-/tags/latest/delete\"") && page.contains("Check again"), "{page}");
    world.clock.advance_ms(3_000);
    let page = world.test.get("/r/up/a/-/tags/latest/delete").await.text();
    assert!(page.contains("name=\"plan\"") && !page.contains("Check again"), "{page}");
    let preview = world.send("POST", &format!("{AT}/delete-preview"), asked()).await.json();
    let done = world.send("POST", &format!("{AT}/delete"), json!({"plan": preview["plan"]})).await;
    assert_eq!((done.status.as_u16(), world.named("latest")), (200, None), "{}", done.text());

    // It was switched off after somebody looked.
    let world = self::world(Deletes::ByDigest).await;
    let asked = json!({"tags": ["latest"], "digests": [sha256(artifact("other").as_bytes())]});
    let preview = world.send("POST", &format!("{AT}/delete-preview"), asked).await.json();
    let there = || {
        let state = world.upstream.now();
        (state.tags.clone(), state.manifests.clone())
    };
    let before = there();
    world.upstream.now().deletes = Deletes::Nothing;
    let refused = world.send("POST", &format!("{AT}/delete"), json!({"plan": preview["plan"]})).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("REGISTRY_STORAGE_DELETE_ENABLED=true"), "{}", refused.text());
    assert_eq!(there(), before);
    assert_eq!(world.trash().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_come_back_all_or_none_and_a_rename_is_finished_by_doing_it_again() {
    let world = world(Deletes::ByDigest).await;
    let asked = json!({"tags": ["latest", "other"]});
    let preview = world.send("POST", &format!("{AT}/delete-preview"), asked).await.json();
    let plan = json!({"plan": preview["plan"]});
    assert_eq!(world.send("POST", &format!("{AT}/delete"), plan.clone()).await.status, 200);
    world.upstream.push(&["other"], &artifact("newer"));
    let refused = world.send("POST", "/api/v1/trash/restore", plan.clone()).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert_eq!(world.named("latest"), None, "the first is not back where the second cannot be");
    world.upstream.now().tags.remove("other");
    assert_eq!(world.send("POST", "/api/v1/trash/restore", plan).await.status, 204);

    // The new name is there, and then the registry fails; a reading sees it before somebody tries again.
    world.upstream.now().seen.clear();
    assert_eq!(world.rename("latest", "new").await.status, 303);
    assert_eq!((world.named("latest"), world.named("new")), (None, Some(world.image.clone())));
    let n_asked = world.upstream.now().seen.len();
    assert_eq!(world.rename("new", "latest").await.status, 303);
    world.upstream.now().seen.clear();
    world.upstream.now().event = Some((n_asked - 3, Event::Fails));
    let failed = world.rename("latest", "new").await;
    assert_eq!(failed.status, 502);
    assert_eq!(world.named("new"), Some(world.image.clone()));
    assert!(failed.text().contains("new names the image by now"), "{}", failed.text());
    world.upstream.now().event = None;
    world.look().await;
    eventually("the tag is listed", async || world.listed().await.contains(&"new".to_owned())).await;
    assert_eq!(world.rename("latest", "new").await.status, 303);
    assert_eq!(world.named("latest"), None);
    assert_eq!(world.listed().await, ["1.0", "new", "other"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_goes_back_there_and_what_expires_is_gone_there() {
    let world = world(Deletes::ByDigest).await;
    let newer = world.upstream.push(&[], &artifact("newer"));
    world.upstream.push(&["newer"], &artifact("newer"));
    world.look().await;
    eventually("the tag is listed", async || world.listed().await.contains(&"newer".to_owned())).await;
    let moved = world.send("PUT", &format!("{AT}/tags/latest"), json!({"digest": newer})).await;
    assert_eq!((moved.status.as_u16(), world.named("latest")), (200, Some(newer.clone())), "{}", moved.text());
    let back = json!({"tag": "latest", "digest": world.image, "expect": newer});
    let back = world.send("POST", &format!("{AT}/rollback"), back).await;
    assert_eq!((back.status.as_u16(), world.named("latest")), (200, Some(world.image.clone())), "{}", back.text());

    let whole = world.test.delete(&format!("{AT}/manifests/{newer}")).await;
    assert_eq!(whole.status, 204, "{}", whole.text());
    assert_eq!((world.named("newer"), world.hidden().len()), (None, 1));
    for path in ["/r/up/a", "/r/up/a?q=portolan*", "/r/up/a/-/history", "/repositories?q=portolan", "/n/up"] {
        assert!(!world.test.get(path).await.text().contains("portolan.trash"), "{path}");
    }
    assert_eq!(world.test.get("/api/v1/r/up/a").await.json()["n_tags"], json!(3));
    let matching = world.send("POST", &format!("{AT}/delete-preview"), json!({"filter": "portolan.*"})).await;
    assert!(!matching.text().contains("portolan.trash."), "{}", matching.text());

    world.later(29 * 24 * HOUR_MS).await;
    assert!(world.upstream.now().manifests.contains_key(&newer));
    world.later(2 * 24 * HOUR_MS).await;
    assert!(world.hidden().is_empty() && !world.upstream.now().manifests.contains_key(&newer));
    assert_eq!(world.trash().await.len(), 0);
    assert_eq!(world.named("1.0"), Some(world.image.clone()));
}

#[tokio::test]
async fn names_that_are_kept_are_refused_on_a_push() {
    let test = TestApp::new().await;
    let image = test.image("team/web", "amd64", b"layer").await;
    let digest = sha256(image.as_bytes());
    assert_eq!(test.put_manifest("team/web", &digest, OCI_MANIFEST, &image).await.status, 201);
    let hidden = "portolan.trash.01KAGV5GYMFSFRMTVWHPF0Y6HB";
    for path in [hidden.to_owned(), format!("{digest}?tag={hidden}")] {
        let refused = test.put_manifest("team/web", &path, OCI_MANIFEST, &image).await;
        assert!(refused.status.is_client_error(), "{path}: {}", refused.text());
    }
}
