//! Steps of random graphs that bring something back, or elsewhere: what was acknowledged is there at once, whatever the
//! trash holds besides.

use super::{pulls, rows, texts};
use crate::support::TestApp;
use crate::tags::{names, send};
use serde_json::json;

/// Pairs of the rows of a query about a repository.
async fn pairs(test: &TestApp, sql: &str) -> Vec<(String, String)> {
    rows(test, sql).await.into_iter().map(|mut row| (row.take().unwrap(), row.take().unwrap())).collect()
}

/// Whatever came back by whatever entry: one that is about an image holds it, or would bring back less than it says.
pub async fn all_entries_hold_their_images(test: &TestApp) {
    let empty = "SELECT id FROM trash WHERE kind = 'image'
                 AND NOT EXISTS (SELECT 1 FROM deleted_manifests d WHERE d.entry = trash.id)";
    let empty = texts(test, empty).await;
    assert!(empty.is_empty(), "{empty:?}");
}

/// Something in the trash, unless another image has its tag by now, or a part of it is gone for good.
pub async fn restore(test: &TestApp, name: &str, which: usize) {
    let listed = test.get(&format!("/api/v1/trash?repository={name}&limit=200")).await.json();
    let listed = listed["items"].as_array().unwrap();
    let Some(entry) = which.checked_rem(listed.len()).map(|which| &listed[which]) else { return };
    let id = entry["id"].as_str().unwrap();
    let tags = pairs(test, &format!("SELECT name, digest FROM deleted_tags WHERE entry = '{id}'")).await;
    let back = send(test, "POST", &format!("/api/v1/trash/{id}/restore"), json!({})).await;
    if back.status == 409 {
        return;
    }
    assert_eq!(back.status, 204, "{entry}: {}", back.text());
    for (tag, digest) in tags {
        assert_eq!(names(test, name, &tag).await, Some(digest), "{entry}");
        pulls(test, name, &tag).await;
    }
    if entry["kind"] == "image" {
        pulls(test, name, entry["digest"].as_str().unwrap()).await;
    }
}

/// A tag, to something that it named before, unless that is gone for good.
pub async fn roll_back(test: &TestApp, name: &str, which: usize) {
    let moves = format!(
        "SELECT v.tag, v.from_digest FROM tag_moves v JOIN repositories r ON r.id = v.repository_id
         WHERE r.name = '{name}' AND v.from_digest IS NOT NULL ORDER BY v.tag, v.at, v.from_digest"
    );
    let moves = pairs(test, &moves).await;
    let Some((tag, digest)) = which.checked_rem(moves.len()).map(|which| &moves[which]) else { return };
    let path = format!("/api/v1/r/{name}/-/rollback");
    let back = send(test, "POST", &path, json!({"tag": tag, "digest": digest})).await;
    if back.status == 409 {
        return;
    }
    assert_eq!(back.status, 200, "{name}:{tag} to {digest}: {}", back.text());
    assert_eq!(names(test, name, tag).await.as_ref(), Some(digest));
    pulls(test, name, tag).await;
}

/// A tag with all that its image is made of, to another repository.
pub async fn copy(test: &TestApp, (from, to): (&str, &str), which: usize) {
    let tag = format!("t{}", which % 5);
    let (there, asked) = (names(test, from, &tag).await, json!({"tags": [tag], "to": to}));
    let copied = send(test, "POST", &format!("/api/v1/r/{from}/-/copy"), asked).await;
    match there {
        None => assert_eq!(copied.status, 404, "{}", copied.text()),
        Some(digest) => {
            assert_eq!(copied.status, 200, "{from}:{tag} to {to}: {}", copied.text());
            assert_eq!(names(test, to, &tag).await, Some(digest));
            pulls(test, to, &tag).await;
        }
    }
}
