//! What the catalog derives can be computed again from the bytes of manifests and the rows of tags, and is the same
//! as what pushes and deletes have kept.

mod restore;

use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::{Access, Policy};
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
}

fn step() -> impl Strategy<Value = Step> {
    let (repository, tag, layer) = (0..3u8, 0..4u8, 0..4u8);
    let pair = (0..4u8, 0..4u8);
    prop_oneof![
        4 => (repository.clone(), tag.clone(), layer.clone()).prop_map(|(repository, tag, layer)| Step::Image { repository, tag, layer }),
        3 => (repository.clone(), tag.clone(), pair.clone()).prop_map(|(repository, tag, layers)| Step::Index { repository, tag, layers }),
        2 => (repository.clone(), layer.clone(), 0..2u8).prop_map(|(repository, layer, kind)| Step::About { repository, layer, kind }),
        2 => (repository.clone(), tag).prop_map(|(repository, tag)| Step::Untag { repository, tag }),
        2 => (repository.clone(), layer.clone()).prop_map(|(repository, layer)| Step::Delete { repository, layer }),
        1 => (repository.clone(), pair).prop_map(|(repository, layers)| Step::DeleteIndex { repository, layers }),
        1 => (repository, layer).prop_map(|(repository, layer)| Step::Unlink { repository, layer }),
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

async fn put(test: &TestApp, repository: u8, reference: &str, media_type: &str, manifest: &str) {
    let path = format!("/v2/{}/manifests/{reference}", name(repository));
    let answer = test.call("PUT", &path, media_type, manifest).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
}

async fn take(test: &TestApp, step: Step) {
    let delete = |path: String| async move {
        let answer = test.call("DELETE", &path, OCI_MANIFEST, "").await;
        assert!(matches!(answer.status.as_u16(), 202 | 403 | 404), "{path}: {}", answer.text());
    };
    match step {
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
    let proof = Access::new(Policy::ReadOnly, |_| {}).system(Job::Rebuild, Maintain {});
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
            let proof = Access::new(Policy::ReadOnly, |_| {}).system(Job::Rebuild, Maintain {});
            test.app.store.rebuild(&proof).await.unwrap();
            prop_assert_eq!(kept.join("\n"), derived(&test.app.store).await.join("\n"));
            Ok(())
        })
    });
    ran.unwrap();
}
