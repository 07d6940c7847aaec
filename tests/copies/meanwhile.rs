//! What others do while a copy is under way.

use super::{PASSWORD, World, ask, basic, fill, pull, step, whole};
use crate::collect::files;
use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use crate::tags::{names, push_signature, send};
use portolan::domain::Error;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Does some steps, until something was sent.
pub(super) async fn begin(world: &World, id: &str) {
    while world.gate.n_seen("PUT", "/blobs/uploads/") == 0 {
        assert_eq!(step(&world.here, id).await, Ok(false));
    }
}

/// Somebody who may push to `up` and read all of `team`.
pub(super) async fn nina(world: &World) -> (TestApp, Vec<String>) {
    let user = json!({"username": "nina", "password": PASSWORD});
    assert_eq!(send(&world.here, "POST", "/api/v1/users", user).await.status, 201);
    let mut grants = vec![];
    for (role, scope) in [("publisher", "up/*"), ("reader", "team/*")] {
        let grant =
            json!({"principal": {"user": "nina"}, "role": role, "scope": scope, "tags": null, "expires_at": null});
        let given = send(&world.here, "POST", "/api/v1/grants", grant).await;
        assert_eq!(given.status, 201, "{}", given.text());
        grants.push(given.json()["id"].as_str().unwrap().to_owned());
    }
    (world.here.showing(&basic("nina")), grants)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_a_right_on_either_side_copies_no_further() {
    for side in 0..2 {
        let world = World::new().await;
        fill(&world.here, "team/web", "1.0").await;
        let (nina, grants) = nina(&world).await;
        let id = ask(&nina, "team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
        begin(&world, &id).await;
        let taken = send(&world.here, "DELETE", &format!("/api/v1/grants/{}", grants[side]), json!(null)).await;
        assert_eq!(taken.status, 204);
        let n_sent = world.gate.now().seen.len();
        let failed = world.finish(&id).await.unwrap_err();
        assert!(matches!(failed, Error::Forbidden(_) | Error::NotFound(_)), "{failed}");
        assert_eq!(world.gate.now().seen.len(), n_sent, "nothing more is asked there");
        assert_eq!(pull(&world.far, "web", "manifests/1.0").await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_move_a_tag_does_not_by_a_copy() {
    let world = World::new().await;
    fill(&world.here, "team/web", "1.0").await;
    let other = world.far.push_image("web", "1.0", "amd64", b"theirs").await;
    let (nina, _) = nina(&world).await;
    let refused = send(&nina, "POST", "/api/v1/r/team/web/-/copy", json!({"tags": ["1.0"], "to": "up/web"})).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let id = ask(&nina, "team/web", json!({"tags": ["1.0"], "to": "up/web", "names": {"1.0": "2.0"}})).await;
    world.finish(&id).await.unwrap();
    assert_eq!(names(&world.far, "web", "1.0").await, Some(other));
}

/// On both kinds of registry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_moved_meanwhile_is_left_and_the_job_says_both() {
    for is_out in [true, false] {
        let world = World::new().await;
        let (source, there, from, to, name) = match is_out {
            true => (&world.here, &world.far, "team/web", "up/web", "web"),
            false => (&world.far, &world.here, "up/web", "team/web", "team/web"),
        };
        let inner = if is_out { "team/web" } else { "web" };
        source.push_image(inner, "1.0", "amd64", b"one").await;
        source.push_image(inner, "2.0", "amd64", b"two").await;
        let before = there.push_image(name, "1.0", "amd64", b"before").await;
        let id = world.ask(from, json!({"tags": ["1.0", "2.0"], "to": to})).await;
        let theirs = there.push_image(name, "1.0", "amd64", b"theirs").await;
        let failed = world.finish(&id).await.unwrap_err().to_string();
        for digest in [&before, &theirs] {
            assert!(failed.contains(&digest[7..19]) && failed.contains("1.0"), "{failed}");
        }
        assert_eq!(names(there, name, "1.0").await, Some(theirs), "theirs stays");
        assert_eq!(whole(there, name, "2.0").await, whole(source, inner, "2.0").await, "and the other one is set");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_deleted_meanwhile_ends_it_with_words() {
    let world = World::new().await;
    fill(&world.here, "team/web", "1.0").await;
    let id = world.ask("team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
    begin(&world, &id).await;
    assert_eq!(world.here.delete("/api/v1/r/team/web").await.status, 204);
    let failed = world.finish(&id).await.unwrap_err().to_string();
    assert!(failed.contains("team/web"), "{failed}");
    assert_eq!(pull(&world.far, "web", "manifests/1.0").await.status, 404);
}

/// By the runner itself, with what a page and its buttons do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_cancelled_and_leaves_no_tag_and_the_next_one_sends_the_rest() {
    let mut world = World::new().await;
    fill(&world.here, "team/web", "1.0").await;
    let id = world.ask("team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
    begin(&world, &id).await;
    let page = world.here.get(&format!("/api/v1/jobs/{id}")).await.json();
    assert_eq!(page["state"], "running", "{page}");
    let control = |what: &str| format!("/api/v1/jobs/{id}/{what}");
    assert_eq!(send(&world.here, "POST", &control("pause"), Value::Null).await.status, 200);
    assert_eq!(send(&world.here, "POST", &control("cancel"), Value::Null).await.status, 200);
    assert_eq!(pull(&world.far, "web", "manifests/1.0").await.status, 404);
    let n_sent = world.gate.n_seen("PUT", "/blobs/uploads/");

    world.clock.advance_ms(1);
    let next = world.ask("team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
    let _running = world.base.start_jobs().await;
    let job = crate::jobs::over(&world.here, &next).await;
    assert_eq!(job["state"], "done", "{job}");
    let source = whole(&world.here, "team/web", "1.0").await;
    assert_eq!(whole(&world.far, "web", "1.0").await, source);
    let sent: Vec<String> =
        world.gate.now().seen.iter().filter_map(|(_, it)| it.split_once("digest=")).map(|it| it.1.to_owned()).collect();
    let each: BTreeSet<&String> = sent.iter().collect();
    assert!(n_sent > 0 && each.len() == sent.len(), "nothing is sent twice: {sent:?}");
}

/// Nor are those that delete, nor what frees space, behind copies to a registry that takes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_that_hang_hold_up_no_delete_and_no_collection() {
    let mut world = World::new().await;
    let image = world.here.push_image("team/web", "1.0", "amd64", b"layer").await;
    let manifest = pull(&world.here, "team/web", "manifests/1.0").await.text();
    for some in (0..520).collect::<Vec<_>>().chunks(64) {
        let query: Vec<String> = some.iter().map(|n| format!("tag=dev-{n}")).collect();
        let reference = format!("{image}?{}", query.join("&"));
        assert_eq!(world.here.put_manifest("team/web", &reference, OCI_MANIFEST, &manifest).await.status, 201);
    }
    world.gate.now().hangs = true;
    let mut copies = vec![];
    for to in ["up/a", "up/b", "up/c"] {
        copies.push(world.ask("team/web", json!({"tags": ["1.0"], "to": to})).await);
    }
    let _running = world.base.start_jobs().await;
    let begun = async {
        while world.gate.n_seen("PUT", "/blobs/uploads/") < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), begun).await.expect("within 20 s");
    let plan =
        send(&world.here, "POST", "/api/v1/r/team/web/-/delete-preview", json!({"filter": "dev-*"})).await.json();
    let delete = send(&world.here, "POST", "/api/v1/r/team/web/-/delete", json!({"plan": plan["plan"]})).await.json();
    let collection = crate::jobs::collect(&world.here, false).await;
    for id in [delete["job"].as_str().expect("it is much"), &collection] {
        assert_eq!(crate::jobs::over(&world.here, id).await["state"], "done");
    }
    let mut n_waiting = 0;
    for id in &copies {
        n_waiting += usize::from(world.job(id).await["state"] == "queued");
    }
    assert_eq!(n_waiting, 1, "copies wait for each other");
}

/// By the runner itself, in the midst of a layer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_all_places_gives_one_to_who_waits_and_has_it_again_later() {
    let mut world = World::new().await;
    world.here.push_image("team/web", "1.0", "amd64", b"layer").await;
    let (nina, _) = nina(&world).await;
    world.gate.now().hangs = true;
    let tags = json!(["1.0"]);
    let one = world.ask("team/web", json!({"tags": tags, "to": "up/a"})).await;
    world.clock.advance_ms(1);
    let other = world.ask("team/web", json!({"tags": tags, "to": "up/b"})).await;
    let _running = world.base.start_jobs().await;
    let stand = async |state: &str, id: &str| {
        while world.job(id).await["state"] != state {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let all = async {
        stand("running", &one).await;
        stand("running", &other).await;
        let theirs = ask(&nina, "team/web", json!({"tags": tags, "to": "up/c"})).await;
        stand("running", &theirs).await;
        stand("queued", &other).await;
        assert_eq!(world.job(&one).await["state"], "running", "one of hers goes on");
        let cancelled = send(&nina, "POST", &format!("/api/v1/jobs/{theirs}/cancel"), Value::Null).await;
        assert_eq!(cancelled.status, 200);
        stand("running", &other).await;
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), all).await.expect("within 20 s");
}

/// A registry that takes nothing holds up nobody who wants a copy to stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_paused_in_the_midst_of_a_layer_and_goes_on() {
    let mut world = World::new().await;
    world.here.push_image("team/web", "1.0", "amd64", b"layer").await;
    let id = world.ask("team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
    world.gate.now().hangs = true;
    let _running = world.base.start_jobs().await;
    let begun = async {
        while world.gate.n_seen("PUT", "/blobs/uploads/") == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), begun).await.expect("within 20 s");
    let control = |what: &str| format!("/api/v1/jobs/{id}/{what}");
    assert_eq!(send(&world.here, "POST", &control("pause"), Value::Null).await.status, 200);
    let left = async {
        let leased = "SELECT COUNT(*) FROM jobs WHERE kind = 'run'";
        while world.here.app.store.one(leased, vec![]).await.unwrap().unwrap().take::<i64>().unwrap() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), left).await.expect("it hears of that");
    world.gate.arm(None);
    assert_eq!(send(&world.here, "POST", &control("resume"), Value::Null).await.status, 200);
    let job = crate::jobs::over(&world.here, &id).await;
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!(whole(&world.far, "web", "1.0").await, whole(&world.here, "team/web", "1.0").await);
}

/// The images in a list of what is about one, which stands under a tag.
async fn listed(world: &World, tag: &str) -> BTreeSet<String> {
    let list = pull(&world.far, "web", &format!("manifests/{tag}")).await.json();
    let entries = list["manifests"].as_array().unwrap_or_else(|| panic!("{list}"));
    entries.iter().map(|it| it["digest"].as_str().unwrap().to_owned()).collect()
}

/// Each time that it was read: what others noted is in the end with what came by the copy, and nobody goes on for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_note_about_an_image_while_its_list_is_made_stays_in_it() {
    for n_others in [1_usize, 3, 40] {
        let world = World::new().await;
        let image = world.here.push_image("team/web", "1.0", "amd64", b"one").await;
        let signature = push_signature(&world.here, "team/web", &image, 2).await;
        let tag = image.replace(':', "-");
        let theirs = world.far.push_image("web", "theirs", "amd64", b"theirs").await;
        let size = pull(&world.far, "web", &format!("manifests/{theirs}")).await.body.len();
        let list = |n: usize| {
            let entry =
                json!({"mediaType": OCI_MANIFEST, "digest": theirs, "size": size, "annotations": {"n": n.to_string()}});
            (tag.clone(), json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).to_string())
        };
        world.gate.now().lists_nothing = true;
        world.gate.now().meanwhile = (0..n_others).map(list).collect();
        let id = world.ask("team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
        world.finish(&id).await.unwrap();
        let job = world.job(&id).await.to_string();
        let found = listed(&world, &tag).await;
        match n_others {
            40 => {
                assert_eq!(found, BTreeSet::from([theirs]), "theirs stays");
                assert!(job.contains(&format!("Left as it is: {tag} names something else there")), "{job}");
            }
            _ => assert_eq!(found, BTreeSet::from([theirs, signature]), "{n_others}"),
        }
    }
}

/// It is cancelled, or cannot go on: what it brought and did not name is freed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_copy_leaves_without_a_name_is_collected() {
    for is_cancelled in [true, false] {
        let mut world = World::with("[gc]\ngrace_s = 3600\nevery_s = 0\n").await;
        fill(&world.far, "web", "1.0").await;
        // Somebody pushed this by its digest, and means it to stay.
        let own = world.here.image("prod/web", "amd64", b"of somebody").await;
        let put = world.here.put_manifest("prod/web", &sha256(own.as_bytes()), OCI_MANIFEST, &own).await;
        assert_eq!(put.status, 201, "{}", put.text());
        let before = images(&world).await;
        let id = world.ask("up/web", json!({"tags": ["1.0"], "to": "prod/web"})).await;
        while images(&world).await.len() < before.len() + 3 {
            assert_eq!(step(&world.here, &id).await, Ok(false));
        }
        assert!(files(world.here.folder.path()).len() > 2, "bytes came");
        if is_cancelled {
            let cancel = format!("/api/v1/jobs/{id}/cancel");
            assert_eq!(send(&world.here, "POST", &cancel, Value::Null).await.status, 200);
        } else {
            assert_eq!(world.far.delete("/api/v1/r/web").await.status, 204);
        }
        let _running = world.base.start_jobs().await;
        let state = crate::jobs::over(&world.here, &id).await["state"].clone();
        assert_eq!(state, if is_cancelled { "cancelled" } else { "failed" });
        let collected = async || {
            let id = crate::jobs::collect(&world.here, false).await;
            crate::jobs::ran(&crate::jobs::over(&world.here, &id).await)
        };
        collected().await;
        assert!(images(&world).await.len() >= before.len() + 3, "somebody could count on it still");
        world.clock.advance_ms(2 * 3_600_000);
        let dry = crate::jobs::collect(&world.here, true).await;
        let dry = crate::jobs::ran(&crate::jobs::over(&world.here, &dry).await);
        assert_eq!(collected().await, dry.replace("Would collect", "Collected"));
        assert_eq!(images(&world).await, before);
        assert_eq!(files(world.here.folder.path()).len(), 2, "what is left is somebody's");
        assert_eq!(send(&world.here, "GET", "/api/v1/r/prod/web", Value::Null).await.json()["n_images"], 1);
    }
}

/// The images of the hosted registry.
async fn images(world: &World) -> BTreeSet<String> {
    let sql =
        "SELECT m.digest FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE r.name = 'prod/web'";
    let rows = world.here.app.store.all(sql, vec![]).await.unwrap();
    rows.into_iter().map(|mut row| row.take().unwrap()).collect()
}
