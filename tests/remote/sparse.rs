//! Images of a registry elsewhere of which not all parts are known here: they come back as they were.

use super::stand_in::{Deletes, StandIn};
use super::world::{AT, World, artifact, index, world_with};
use crate::support::{OCI_INDEX, sha256};
use serde_json::json;

/// More than are read behind one index.
const MANY: usize = 210;

fn of(content: &str) -> String {
    sha256(content.as_bytes())
}

/// As BuildKit exported caches: layers, and what it knows of them, in the place of manifests.
fn cache() -> String {
    let entry = |media_type: &str, text: &str| json!({"mediaType": media_type, "digest": of(text), "size": text.len()});
    let listed = [
        entry("application/vnd.oci.image.layer.v1.tar+gzip", "a layer"),
        entry("application/vnd.buildkit.cacheconfig.v0", "what is known of it"),
    ];
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}).to_string()
}

/// One of its platforms was never there.
fn sparse() -> String {
    index(&[&artifact("here"), &artifact("nowhere")])
}

fn large() -> String {
    let all: Vec<String> = (0..MANY).map(|n| artifact(&format!("platform {n}"))).collect();
    index(&all.iter().map(String::as_str).collect::<Vec<_>>())
}

fn fill(upstream: &StandIn) {
    upstream.push(&["cache"], &cache());
    upstream.push(&[], &artifact("here"));
    upstream.push(&["sparse"], &sparse());
    for n in 0..MANY {
        upstream.push(&[], &artifact(&format!("platform {n}")));
    }
    upstream.push(&["large"], &large());
}

impl World {
    /// How often that was done, as it is on record.
    async fn n_done(&self, action: &str) -> i64 {
        self.count(&format!("SELECT COUNT(*) FROM audit WHERE action = '{action}'")).await
    }

    /// What stands here of its images: how many, and how many blobs of theirs.
    async fn n_here(&self) -> (i64, i64) {
        let blobs = self.count("SELECT COUNT(*) FROM repository_blobs").await;
        (self.count("SELECT COUNT(*) FROM manifests").await, blobs)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_never_whole_comes_back_from_the_trash_and_by_its_history() {
    let world = world_with(Deletes::ByDigest, "", fill).await;
    let before = world.n_here().await;
    for (n, (tag, content)) in (1..).zip([("cache", cache()), ("sparse", sparse()), ("large", large())]) {
        let (path, image) = (format!("{AT}/manifests/{}", of(&content)), Some(of(&content)));
        let gone = world.test.delete(&path).await;
        assert_eq!((gone.status.as_u16(), world.named(tag)), (204, None), "{tag}: {}", gone.text());
        world.restore_all().await;
        assert_eq!((world.named(tag), world.n_here().await), (image.clone(), before), "{tag}");
        assert_eq!(world.n_done("trash.restore").await, n, "{tag}");

        assert_eq!(world.test.delete(&path).await.status, 204, "{tag}");
        let back = json!({"tag": tag, "digest": image});
        let back = world.send("POST", &format!("{AT}/rollback"), back).await;
        assert_eq!(back.status, 200, "{tag}: {}", back.text());
        assert_eq!((world.named(tag), world.n_here().await), (image, before), "{tag}");
        assert_eq!((world.n_done("tag.roll-back").await, world.trash().await.len()), (n, 0), "{tag}");
        assert_eq!(world.hidden(), Vec::<String>::new(), "{tag}");
    }
    assert_eq!(world.listed().await, ["1.0", "cache", "large", "latest", "other", "sparse"]);
}

/// Somebody sent it there once more, and it is not read here for as long as no tag names it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tag_is_put_there_on_an_image_that_was_let_go_here() {
    let world = world_with(Deletes::ByDigest, "", |upstream| {
        upstream.push(&["solo"], &artifact("solo"));
    });
    let world = world.await;
    assert_eq!(world.test.delete(&format!("{AT}/tags/solo")).await.status, 204);
    let entry = world.trash().await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.test.delete(&format!("/api/v1/trash/{entry}")).await.status, 204);
    world.upstream.push(&[], &artifact("solo"));
    let back = json!({"tag": "solo", "digest": of(&artifact("solo"))});
    let back = world.send("POST", &format!("{AT}/rollback"), back).await;
    assert_eq!((back.status.as_u16(), world.named("solo")), (409, None), "{}", back.text());
}
