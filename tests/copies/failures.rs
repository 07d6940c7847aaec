//! What fails on the way: afterwards there is no tag, or all that it names.

use super::{Event, World, fill, pull, signed_in, whole};
use crate::support::TestApp;
use crate::tags::push_signature;
use portolan::domain::Error;
use portolan::server::access::Policy;
use serde_json::json;

/// An image with a signature by each of the ways that there are.
async fn little(test: &TestApp, repository: &str) {
    let image = test.push_image(repository, "1.0", "amd64", b"little").await;
    push_signature(test, repository, &image, 2).await;
    test.push_image(repository, &format!("{}.sig", image.replace(':', "-")), "amd64", b"signed").await;
}

/// At every request, before it is done and after it; and what is sent again is what was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_fails_at_any_request_has_no_tag_or_all_that_it_names() {
    let world = World::new().await;
    little(&world.here, "team/web").await;
    let source = whole(&world.here, "team/web", "1.0").await;
    for event in [Event::Fails, Event::IsLost] {
        for at in 0.. {
            let to = format!("{}{at}/web", format!("{event:?}").to_lowercase());
            world.clock.advance_ms(1);
            world.gate.arm(None);
            let id = world.ask("team/web", json!({"tags": ["1.0"], "to": format!("up/{to}")})).await;
            world.gate.arm(Some((at, event)));
            let failed = world.finish(&id).await.err();
            if failed.is_none() && world.gate.now().seen.len() <= at {
                break;
            }
            let is_failed = failed.is_some();
            if let Some(failed) = failed {
                assert!(matches!(failed, Error::Upstream { .. }), "{at}: {failed}");
                assert!(failed.to_string().contains("could not "), "{at} says what it was: {failed}");
            }
            let has_tag = pull(&world.far, &to, "manifests/1.0").await.status == 200;
            if has_tag {
                assert_eq!(whole(&world.far, &to, "1.0").await, source, "{event:?} {at}");
            }
            if is_failed {
                world.finish(&id).await.unwrap();
            }
            assert_eq!(whole(&world.far, &to, "1.0").await, source, "{event:?} {at}: {:?}", world.gate.now().seen);
        }
    }
}

/// The same where it is read from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_fails_at_any_request_leaves_no_half_image() {
    let world = World::new().await;
    little(&world.far, "web").await;
    let source = whole(&world.far, "web", "1.0").await;
    for at in 0.. {
        let to = format!("n{at}/web");
        world.clock.advance_ms(1);
        world.gate.arm(None);
        let id = world.ask("up/web", json!({"tags": ["1.0"], "to": to})).await;
        world.gate.arm(Some((at, Event::Fails)));
        let failed = world.finish(&id).await.err();
        if failed.is_none() && world.gate.now().seen.len() <= at {
            assert!(at > 5, "it is asked that often");
            break;
        }
        if failed.is_some() {
            assert_eq!(pull(&world.here, &to, "manifests/1.0").await.status, 404, "{at}");
            world.finish(&id).await.unwrap();
        }
        assert_eq!(whole(&world.here, &to, "1.0").await, source, "{at}");
    }
}

/// FLT-13 of copies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_leaves_no_half_image() {
    let world = World::with("[storage]\nreserve_bytes = 1152921504606846976").await;
    fill(&world.far, "web", "1.0").await;
    let id = world.ask("up/web", json!({"tags": ["1.0"], "to": "prod/web"})).await;
    let failed = world.finish(&id).await.unwrap_err().to_string();
    assert!(failed.starts_with("could not copy sha256:") && failed.contains("disk"), "{failed}");
    assert_eq!(world.here.get("/api/v1/r/prod/web").await.status, 404, "nothing is there");
    let staging = world.here.folder.path().join("staging");
    let n_staged = std::fs::read_dir(&staging).map_or(0, Iterator::count);
    assert_eq!(n_staged, 0, "and nothing takes room");
}

/// Bytes that are not what their digest says arrive nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_altered_on_its_way_arrives_nowhere() {
    let world = World::new().await;
    let image = world.here.push_image("team/web", "1.0", "amd64", &vec![7; 100_000]).await;
    let manifest = pull(&world.here, "team/web", &format!("manifests/{image}")).await.json();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let hex = layer.strip_prefix("sha256:").unwrap();
    let blobs = world.here.folder.path().join("blobs");
    let file = walk(&blobs).into_iter().find(|path| path.ends_with(hex)).expect("the layer's file");
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "a file of this test")]
    permissions.set_readonly(false);
    std::fs::set_permissions(&file, permissions).unwrap();
    std::fs::write(&file, vec![8; 100_000]).unwrap();
    let id = world.ask("team/web", json!({"tags": ["1.0"], "to": "up/web"})).await;
    let failed = world.finish(&id).await.unwrap_err().to_string();
    assert!(failed.contains(layer) && failed.contains("do not have that digest"), "{failed}");
    assert_eq!(pull(&world.far, "web", &format!("blobs/{layer}")).await.status, 404);
    assert_eq!(pull(&world.far, "web", "manifests/1.0").await.status, 404);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// What nothing comes of is said before anything is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    world.here.push_image("team/web", "1.0", "amd64", b"one").await;
    let url = world.gate.now().seen.len();
    assert_eq!(url, 0, "nobody asked there yet");
    let at = "/api/v1/r/team/web/-/copy";
    let other = format!("sha256:{}", "a".repeat(64));
    for (body, status, words) in [
        (json!({"tags": ["none"], "to": "up/web"}), 404, "has no tag none"),
        (json!({"tags": ["1.0"], "to": "up/web", "names": {"1.0": "portolan.trash.x"}}), 400, "portolan"),
        (json!({"tags": ["1.0"], "to": "up/web", "expect": other}), 409, ""),
    ] {
        let refused = crate::tags::send(&world.here, "POST", at, body.clone()).await;
        assert_eq!(refused.status.as_u16(), status, "{body}: {}", refused.text());
        assert!(refused.text().contains(words), "{}", refused.text());
    }
    let kind = crate::tags::send(&world.here, "POST", "/api/v1/jobs", json!({"kind": "copy"})).await;
    assert_eq!(kind.status, 400, "{}", kind.text());
    assert!(world.gate.now().seen.iter().all(|(method, _)| method != "POST" && method != "PUT"));

    let read_only =
        "[[mounts]]\nprefix = \"up\"\nkind = \"remote\"\nurl = \"http://127.0.0.1:9\"\n[[mounts]]\nkind = \"hosted\"";
    let test = signed_in(TestApp::with(read_only, Policy::Grants).await).await;
    test.push_image("team/web", "1.0", "amd64", b"one").await;
    let refused = crate::tags::send(&test, "POST", at, json!({"tags": ["1.0"], "to": "up/web"})).await;
    assert!(refused.status == 409 && refused.text().contains("read-only"), "{}", refused.text());
}
