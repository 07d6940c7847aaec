//! What the catalog derives can be computed again from the bytes of manifests and the rows of tags, and is the same
//! as what pushes and deletes have kept.

mod restore;

use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, decides, sha256};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::store::{Store, Value};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// One step of a registry's life; numbers pick among few names, so that things meet.
#[derive(Clone, Debug)]
enum Step {
    Image { repository: u8, tag: u8, layer: u8 },
    Index { repository: u8, tag: u8, layers: (u8, u8) },
    About { repository: u8, layer: u8, kind: u8 },
    Untag { repository: u8, tag: u8 },
    Delete { repository: u8, layer: u8 },
    DeleteIndex { repository: u8, layers: (u8, u8) },
    Unlink { repository: u8, layer: u8 },
    AsBlob { repository: u8, layer: u8, user: User },
    DeleteUser { repository: u8, layer: u8, user: User },
    Gone { repository: u8 },
}

/// What names the bytes of an image as if they were no manifest.
#[derive(Clone, Copy, Debug)]
enum User {
    Artifact,
    Index,
}

fn step() -> impl Strategy<Value = Step> {
    let (repository, tag, layer) = (0..3u8, 0..4u8, 0..4u8);
    let (pair, user) = ((0..4u8, 0..4u8), prop_oneof![Just(User::Artifact), Just(User::Index)]);
    prop_oneof![
        4 => (repository.clone(), tag.clone(), layer.clone()).prop_map(|(repository, tag, layer)| Step::Image { repository, tag, layer }),
        3 => (repository.clone(), tag.clone(), pair.clone()).prop_map(|(repository, tag, layers)| Step::Index { repository, tag, layers }),
        2 => (repository.clone(), layer.clone(), 0..2u8).prop_map(|(repository, layer, kind)| Step::About { repository, layer, kind }),
        2 => (repository.clone(), tag).prop_map(|(repository, tag)| Step::Untag { repository, tag }),
        2 => (repository.clone(), layer.clone()).prop_map(|(repository, layer)| Step::Delete { repository, layer }),
        1 => (repository.clone(), pair).prop_map(|(repository, layers)| Step::DeleteIndex { repository, layers }),
        1 => (repository.clone(), layer.clone()).prop_map(|(repository, layer)| Step::Unlink { repository, layer }),
        2 => (repository.clone(), layer.clone(), user.clone()).prop_map(|(repository, layer, user)| Step::AsBlob { repository, layer, user }),
        2 => (repository.clone(), layer, user).prop_map(|(repository, layer, user)| Step::DeleteUser { repository, layer, user }),
        1 => repository.prop_map(|repository| Step::Gone { repository }),
    ]
}

fn name(repository: u8) -> &'static str {
    ["alone", "team/web", "team/backend/api"][usize::from(repository)]
}

fn layer_bytes(layer: u8) -> String {
    format!("layer {layer}").repeat(usize::from(layer) + 1)
}

async fn image(test: &TestApp, repository: u8, layer: u8) -> String {
    test.image(name(repository), ["amd64", "arm64"][usize::from(layer % 2)], layer_bytes(layer).as_bytes()).await
}

async fn index(test: &TestApp, repository: u8, layers: (u8, u8)) -> String {
    let mut manifests = Vec::new();
    for layer in [layers.0, layers.1] {
        let child = image(test, repository, layer).await;
        put(test, repository, &sha256(child.as_bytes()), OCI_MANIFEST, &child).await;
        manifests.push(
            serde_json::json!({"mediaType": OCI_MANIFEST, "digest": sha256(child.as_bytes()), "size": child.len()}),
        );
    }
    let annotations = serde_json::json!({"org.opencontainers.image.description": format!("two of {}", layers.0)});
    serde_json::json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests, "annotations": annotations})
        .to_string()
}

/// Something that has the bytes of an image among its blobs.
async fn user(test: &TestApp, repository: u8, layer: u8, user: User) -> (String, &'static str) {
    let bytes = image(test, repository, layer).await;
    let digest = test.push_blob(name(repository), bytes.as_bytes()).await;
    let config = test.push_blob(name(repository), b"{}").await;
    let part = |media_type: &str, digest: &str, size: usize| serde_json::json!({"mediaType": media_type, "digest": digest, "size": size});
    match user {
        User::Index => {
            let index = serde_json::json!({"schemaVersion": 2, "mediaType": OCI_INDEX,
                "manifests": [part("application/octet-stream", &digest, bytes.len())]});
            (index.to_string(), OCI_INDEX)
        }
        User::Artifact => {
            let artifact = serde_json::json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
                "config": part("application/vnd.oci.image.config.v1+json", &config, 2),
                "layers": [part(OCI_MANIFEST, &digest, bytes.len())]});
            (artifact.to_string(), OCI_MANIFEST)
        }
    }
}

async fn put(test: &TestApp, repository: u8, reference: &str, media_type: &str, manifest: &str) {
    let path = format!("/v2/{}/manifests/{reference}", name(repository));
    let answer = test.call("PUT", &path, media_type, manifest).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
}

async fn take(test: &TestApp, step: Step) {
    let delete = |path: String| async move {
        let answer = test.call("DELETE", &path, OCI_MANIFEST, "").await;
        assert!(matches!(answer.status.as_u16(), 202 | 204 | 403 | 404), "{path}: {}", answer.text());
    };
    match step {
        Step::Gone { repository } => delete(format!("/api/v1/r/{}", name(repository))).await,
        Step::Image { repository, tag, layer } => {
            let manifest = image(test, repository, layer).await;
            put(test, repository, &format!("t{tag}"), OCI_MANIFEST, &manifest).await;
        }
        Step::Index { repository, tag, layers } => {
            let manifest = index(test, repository, layers).await;
            put(test, repository, &format!("t{tag}"), OCI_INDEX, &manifest).await;
        }
        Step::About { repository, layer, kind } => {
            let subject = image(test, repository, layer).await;
            let mut manifest: serde_json::Value = serde_json::from_str(&image(test, repository, layer).await).unwrap();
            manifest["artifactType"] = format!("application/x-{kind}").into();
            manifest["annotations"] = serde_json::json!({"about": layer.to_string()});
            manifest["subject"] = serde_json::json!({"mediaType": OCI_MANIFEST, "digest": sha256(subject.as_bytes()), "size": subject.len()});
            let manifest = manifest.to_string();
            put(test, repository, &sha256(manifest.as_bytes()), OCI_MANIFEST, &manifest).await;
        }
        Step::Untag { repository, tag } => delete(format!("/v2/{}/manifests/t{tag}", name(repository))).await,
        Step::Delete { repository, layer } => {
            let digest = sha256(image(test, repository, layer).await.as_bytes());
            delete(format!("/v2/{}/manifests/{digest}", name(repository))).await;
        }
        Step::DeleteIndex { repository, layers } => {
            let digest = sha256(index(test, repository, layers).await.as_bytes());
            delete(format!("/v2/{}/manifests/{digest}", name(repository))).await;
        }
        Step::AsBlob { repository, layer, user } => {
            let (manifest, media_type) = self::user(test, repository, layer, user).await;
            put(test, repository, &sha256(manifest.as_bytes()), media_type, &manifest).await;
        }
        Step::DeleteUser { repository, layer, user } => {
            let (manifest, _) = self::user(test, repository, layer, user).await;
            delete(format!("/v2/{}/manifests/{}", name(repository), sha256(manifest.as_bytes()))).await;
        }
        Step::Unlink { repository, layer } => {
            delete(format!("/v2/{}/blobs/{}", name(repository), sha256(layer_bytes(layer).as_bytes()))).await;
        }
    }
}

/// Everything that is derived, as text.
async fn derived(store: &Store) -> Vec<String> {
    let mut found = Vec::new();
    for sql in [
        "SELECT repository_id, digest, kind, artifact_type, size_bytes, pull_bytes, platforms, built_at, n_tags,
           description FROM manifests ORDER BY 1, 2",
        "SELECT repository_id, parent, position, relation, child FROM manifest_edges ORDER BY 1, 2, 3",
        "SELECT repository_id, subject, digest, media_type, artifact_type, size_bytes, annotations FROM referrers ORDER BY 1, 2, 3",
        "SELECT repository_id, digest, mount_id, size_bytes FROM repository_blobs ORDER BY 1, 2",
        "SELECT repository_id, name, digest, built_at, pull_bytes FROM tags ORDER BY 1, 2",
        "SELECT id, newest_tag, description, n_tags, n_images, stored_bytes, logical_bytes FROM repositories ORDER BY 1",
        "SELECT id, n_repositories, n_tags, n_images, stored_bytes, logical_bytes, n_sharing FROM mounts ORDER BY 1",
        "SELECT mount_id, name, parent, n_repositories FROM namespaces ORDER BY 1, 2",
    ] {
        found.extend(store.all(sql, vec![]).await.unwrap().iter().map(|row| format!("{row:?}")));
    }
    found
}

/// Makes everything that is derived wrong.
async fn scramble(store: &Store) {
    let proof = decides(Policy::ReadOnly).system(Job::Rebuild, Maintain {});
    let wrong = store.note(&proof, |tx| {
        Box::pin(async move {
            for sql in [
                "UPDATE manifests SET kind = 'artifact', artifact_type = 'x', size_bytes = 1, pull_bytes = 2, platforms = 'y',
                   built_at = 3, n_tags = 4, description = 'z'",
                "DELETE FROM manifest_edges WHERE position > 0",
                "UPDATE referrers SET subject = 'nothing'",
                "DELETE FROM repository_blobs WHERE EXISTS (SELECT 1 FROM manifest_edges e WHERE e.relation = 'config'
                   AND e.repository_id = repository_blobs.repository_id AND e.child = repository_blobs.digest)",
                "UPDATE repository_blobs SET size_bytes = 5",
                "UPDATE tags SET built_at = 6, pull_bytes = 7",
                "UPDATE repositories SET newest_tag = 'none', description = 'wrong', n_tags = 8, n_images = 9, stored_bytes = 10,
                   logical_bytes = 11",
                "UPDATE mounts SET n_repositories = 12, n_tags = 13, n_images = 14, stored_bytes = 15, logical_bytes = 16, n_sharing = 17",
                "UPDATE namespaces SET n_repositories = 18",
            ] {
                tx.run(sql, Vec::<Value>::new()).await?;
            }
            Ok(())
        })
    });
    wrong.await.unwrap();
}

#[test]
fn a_rebuilt_catalog_is_the_one_that_pushes_and_deletes_kept() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let lives = proptest::collection::vec(step(), 1..30);
    let ran = runner.run(&lives, |steps| {
        runtime.block_on(async {
            let test = TestApp::new().await;
            for step in steps {
                take(&test, step).await;
            }
            let kept = derived(&test.app.store).await;
            scramble(&test.app.store).await;
            let proof = decides(Policy::ReadOnly).system(Job::Rebuild, Maintain {});
            test.app.store.rebuild(&proof).await.unwrap();
            prop_assert_eq!(kept.join("\n"), derived(&test.app.store).await.join("\n"));
            Ok(())
        })
    });
    ran.unwrap();
}

/// SEC-2: what an earlier version took without having it is no right to read it.
#[tokio::test]
async fn a_rebuild_makes_nothing_readable_that_was_never_pushed() {
    let test = TestApp::new().await;
    test.push_image("mine", "v1", "amd64", b"layer").await;
    let secret = test.push_blob("other", b"secret").await;
    let layer = |media_type: &str| format!(r#"{{"mediaType":"{media_type}","digest":"{secret}","size":6}}"#);
    let layers =
        ["application/vnd.docker.image.rootfs.foreign.diff.tar", "application/x.nondistributable.y"].map(layer);
    let config = test.push_blob("mine", b"{}").await;
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"application/x","digest":"{config}","size":2}},"layers":[{}]}}"#,
        layers.join(",")
    );
    let proof = decides(Policy::ReadOnly).system(Job::Rebuild, Maintain {});
    let earlier = test.app.store.note(&proof, move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO manifests (repository_id, digest, media_type, kind, content, size_bytes, pull_bytes,
                         platforms, built_at, pushed_at, pushed_by)
                       SELECT id, $1, $2, 'artifact', $3, 0, 0, '', 0, 0, '' FROM repositories WHERE name = 'mine'";
            let digest = sha256(manifest.as_bytes());
            tx.run(sql, vec![digest.into(), OCI_MANIFEST.into(), manifest.into_bytes().into()]).await?;
            Ok(())
        })
    });
    earlier.await.unwrap();
    test.app.store.rebuild(&proof).await.unwrap();
    assert_eq!(test.get(&format!("/v2/mine/blobs/{secret}")).await.refusal(), "404 BLOB_UNKNOWN");
}
