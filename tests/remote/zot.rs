//! Tags of zot, which deletes them by their names: previewed, deleted, brought back and moved from here.

use super::survivors::{everything, manifest, tags};
use super::undone::{filled, listed, send};
use crate::support::sha256;
use crate::support::zot::Zot;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_of_zot_is_deleted_by_its_name_comes_back_and_moves() {
    let folder = tempfile::tempdir().unwrap();
    let Some(upstream) = Zot::start(folder.path()) else { return };
    let (host, at) = (upstream.host.as_str(), "r/up/team/web/-");
    let (test, _jobs) = filled(host, "read_only = false").await;
    let named = |tag: &str| manifest(host, tag).map(|text| sha256(text.as_bytes()));
    let hidden = || -> Vec<String> { tags(host).into_iter().filter(|tag| tag.starts_with("portolan.")).collect() };
    let (before, visible) = (listed(&test).await, tags(host));
    let whole = everything(host, &visible);
    let (image, arm) = (named("latest").unwrap(), named("arm").unwrap());

    let preview = send(&test, "POST", &format!("{at}/delete-preview"), json!({"tags": ["latest"]})).await.json();
    let notes = preview["notes"].to_string();
    assert!(notes.contains("deletes a tag by its name") && !notes.contains("tombstone"), "{preview}");
    let done = send(&test, "POST", &format!("{at}/delete"), json!({"plan": preview["plan"]})).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!((named("latest"), hidden().len(), tags(host).len()), (None, 1, visible.len()));
    assert_eq!(named(&hidden()[0]), Some(image.clone()), "the hidden tag holds it");
    assert_eq!(listed(&test).await.len(), before.len() - 1, "neither it nor the hidden tag is listed");

    let entry = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let back = send(&test, "POST", &format!("trash/{entry}/restore"), json!({})).await;
    assert_eq!(back.status, 204, "{}", back.text());
    assert_eq!((named("latest"), hidden(), listed(&test).await), (Some(image.clone()), vec![], before));

    let set = format!("{at}/tags/prod");
    let moved = send(&test, "PUT", &set, json!({"digest": arm, "expect": image})).await;
    assert_eq!((moved.status.as_u16(), named("prod")), (200, Some(arm.clone())), "{}", moved.text());
    let stale = send(&test, "PUT", &set, json!({"digest": arm, "expect": image})).await;
    assert_eq!(stale.status, 409, "{}", stale.text());
    let back = json!({"tag": "prod", "digest": image, "expect": arm});
    let back = send(&test, "POST", &format!("{at}/rollback"), back).await;
    assert_eq!((back.status.as_u16(), named("prod")), (200, Some(image)), "{}", back.text());
    assert_eq!(everything(host, &visible), whole, "all is as it was, byte for byte");
}
