//! What nothing holds is collected while the registry is in use, and nothing else. Ids in comments are rows of
//! docs/threats-and-faults.md.

mod back;
pub(crate) mod crowd;
mod ends;
mod freed;
mod graphs;
mod kills;
mod longer;
mod model;
mod nested;
mod promises;
mod scheduled;
mod soak;

use crate::jobs::{collect, over, ran};
use crate::support::{TestApp, sha256};
use portolan::server::store::{Row, Value};
use std::collections::BTreeSet;
use std::path::Path;

/// Deletes are final, history ends at once, and nobody can count on anything for long; runs are asked for.
const NOTHING_IS_KEPT: &str = "[trash]\ndays = 0\n[history]\ndays = 0\n[gc]\ngrace_s = 0\nevery_s = 0\n";
/// Only when asked for.
const BY_HAND: &str = "[gc]\nevery_s = 0\n";
/// Longer than anybody was promised anything where nothing is kept.
const A_WHILE_MS: i64 = 60_000;

/// Runs a garbage collection and returns what it said in the end.
async fn run(test: &TestApp) -> String {
    let id = collect(test, false).await;
    ran(&over(test, &id).await)
}

async fn rows(test: &TestApp, sql: &str) -> Vec<Row> {
    test.app.store.all(sql, Vec::<Value>::new()).await.unwrap()
}

async fn texts(test: &TestApp, sql: &str) -> BTreeSet<String> {
    rows(test, sql).await.into_iter().map(|mut row| row.take().unwrap()).collect()
}

/// The digests of the files in a blob folder.
pub fn files(folder: &Path) -> BTreeSet<String> {
    let shards = std::fs::read_dir(folder.join("blobs/sha256")).unwrap();
    let files = shards.flat_map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap());
    files.map(|file| format!("sha256:{}", file.unwrap().file_name().to_string_lossy())).collect()
}

/// How many files lie in the staging area.
fn n_staged(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("staging")).unwrap().count()
}

/// Follows a reference to all that it is made of; each has to be there, byte for byte.
pub async fn pulls(test: &TestApp, repository: &str, reference: &str) {
    let (mut open, mut met) = (vec![reference.to_owned()], BTreeSet::new());
    while let Some(reference) = open.pop() {
        if !met.insert(reference.clone()) {
            continue;
        }
        let found = test.get(&format!("/v2/{repository}/manifests/{reference}")).await;
        assert_eq!(found.status, 200, "{repository} {reference}: {}", found.text());
        let digest = sha256(&found.body);
        assert!(digest == reference || !reference.starts_with("sha256:"), "{repository} {reference}");
        let manifest = found.json();
        let digests = |key: &str| -> Vec<String> {
            let many = manifest[key].as_array().cloned().unwrap_or_default();
            many.iter().map(|it| it["digest"].as_str().unwrap().to_owned()).collect()
        };
        open.extend(digests("manifests"));
        for digest in manifest["config"]["digest"].as_str().map(str::to_owned).into_iter().chain(digests("layers")) {
            let blob = test.get(&format!("/v2/{repository}/blobs/{digest}")).await;
            assert!(blob.status == 200 && sha256(&blob.body) == digest, "{repository} {digest}: {}", blob.status);
        }
    }
}
