//! What is in the trash for longer than what took it along later, and what was deleted more than once.

use super::{files, pulls, run};
use crate::support::{OCI_INDEX, OCI_MANIFEST, START, TestApp, choices, sha256};
use crate::tags::{names, push_index, send};
use portolan::server::access::Policy;
use portolan::server::clock::ManualClock;
use serde_json::{Value, json};
use std::sync::Arc;

/// History keeps nothing.
const TRASH_ALONE: &str = "[history]\ndays = 0\n[gc]\ngrace_s = 0\nevery_s = 0\n";
const AT: &str = "/api/v1/r/team/web";
const DAY_MS: i64 = 86_400_000;

async fn trash(test: &TestApp) -> Vec<Value> {
    test.get("/api/v1/trash").await.json()["items"].as_array().unwrap().clone()
}

async fn restore(test: &TestApp, kind: &str) {
    let entry = trash(test).await.into_iter().find(|it| it["kind"] == kind).expect("an entry");
    let back = send(test, "POST", &format!("/api/v1/trash/{}/restore", entry["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(back.status, 204, "{entry}: {}", back.text());
}

/// The trash keeps for less long by now, and so whatever took its image along is over before it.
#[tokio::test]
async fn a_tag_comes_back_for_as_long_as_was_said_whatever_took_its_image_along() {
    for (along, comes_back) in [("image", true), ("image", false), ("repository", true), ("repository", false)] {
        let clock = Arc::new(ManualClock::new(START));
        let mut test = TestApp::build(TRASH_ALONE, choices(Policy::Grants, clock.clone())).await;
        let _running = test.start_jobs().await;
        let (index, children) = push_index(&test, "team/web", "1.0", "one").await;
        let part = json!({"digest": children[0]});
        assert_eq!(send(&test, "PUT", &format!("{AT}/-/tags/part"), part).await.status, 201);
        assert_eq!(test.delete(&format!("{AT}/-/tags/part")).await.status, 204);
        assert_eq!(send(&test, "PATCH", "/api/v1/n/team", json!({"trash_days": 1})).await.status, 200);
        let path = if along == "image" { format!("{AT}/-/manifests/{index}") } else { AT.to_owned() };
        assert_eq!(test.delete(&path).await.status, 204);

        clock.advance_ms(2 * DAY_MS);
        run(&test).await;
        assert_eq!(trash(&test).await.len(), 2, "{along}");
        if comes_back {
            if along == "repository" {
                restore(&test, along).await;
            }
            restore(&test, "tag").await;
            assert_eq!(names(&test, "team/web", "part").await.as_ref(), Some(&children[0]), "{along}");
            pulls(&test, "team/web", "part").await;
        }
        clock.advance_ms(29 * DAY_MS);
        run(&test).await;
        assert_eq!(trash(&test).await.len(), 0, "{along}");
        match comes_back {
            true => pulls(&test, "team/web", "part").await,
            false => assert_eq!(files(test.folder.path()).len(), 0, "{along}"),
        }
    }
}

/// Pushes an index of these; what an index that lists it says of it.
async fn put_index(test: &TestApp, (listed, number): (&[&Value], usize)) -> Value {
    let text = index(listed, number);
    let digest = sha256(text.as_bytes());
    assert_eq!(test.put_manifest("team/web", &digest, OCI_INDEX, &text).await.status, 201);
    json!({"mediaType": OCI_INDEX, "digest": digest, "size": text.len()})
}

fn index(listed: &[&Value], number: usize) -> String {
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed, "annotations": {"n": number.to_string()}})
        .to_string()
}

/// Two indexes that share two images, of which the first has one by an index of its own.
async fn shared(test: &TestApp) -> Value {
    let mut images = vec![];
    for layer in [b"one", b"two"] {
        let text = test.image("team/web", "amd64", layer).await;
        let digest = sha256(text.as_bytes());
        assert_eq!(test.put_manifest("team/web", &digest, OCI_MANIFEST, &text).await.status, 201);
        images.push(json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": text.len()}));
    }
    let inner = put_index(test, (&[&images[0]], 0)).await;
    let last = put_index(test, (&[&images[0], &images[1]], 1)).await;
    let is_before =
        |n: &usize| sha256(index(&[&inner, &images[1]], *n).as_bytes()).as_str() < last["digest"].as_str().unwrap();
    let first = put_index(test, (&[&inner, &images[1]], (0..).find(is_before).unwrap())).await;
    json!([first["digest"], last["digest"]])
}

/// A build that changed nothing is pushed and deleted again, or what is deleted together shares its parts: of no two entries
/// does each wait for the other.
#[tokio::test]
async fn what_was_deleted_twice_or_shares_its_parts_is_let_go_as_all_else() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build(TRASH_ALONE, choices(Policy::Grants, clock.clone())).await;
    let _running = test.start_jobs().await;
    for (is_twice, is_by_hand) in [(true, true), (true, false), (false, true), (false, false)] {
        for _ in 0..1 + usize::from(is_twice) {
            let digests = match is_twice {
                true => json!([push_index(&test, "team/web", "1.0", "one").await.0]),
                false => shared(&test).await,
            };
            clock.advance_ms(1000);
            let asked = json!({ "digests": digests });
            let preview = send(&test, "POST", &format!("{AT}/-/delete-preview"), asked).await.json();
            let done = send(&test, "POST", &format!("{AT}/-/delete"), json!({"plan": preview["plan"]})).await;
            assert_eq!(done.status, 200, "{}", done.text());
        }
        let all = trash(&test).await;
        assert_eq!(all.len(), 2);
        // One of them may hold what the other needs.
        for entry in all.iter().chain(&all).filter(|_| is_by_hand) {
            let gone = test.delete(&format!("/api/v1/trash/{}", entry["id"].as_str().unwrap())).await;
            assert!(matches!(gone.status.as_u16(), 204 | 404 | 409), "{}", gone.text());
        }
        assert_eq!(trash(&test).await.len(), if is_by_hand { 0 } else { 2 }, "twice: {is_twice}");
        clock.advance_ms(31 * DAY_MS);
        run(&test).await;
        assert_eq!((trash(&test).await.len(), files(test.folder.path()).len()), (0, 0), "twice: {is_twice}");
    }
}
