//! Whether all is at the registry that somebody was told, and the catalog says the same.

use super::board::Board;
use super::person::Person;
use super::upstream::Upstream;
use super::{BOTH, REPOSITORIES};
use crate::support::{TestApp, sha256};
use portolan::server::store::Value as Param;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What pulls of one repository, each manifest with all below it.
pub struct Pulled<'a> {
    upstream: &'a Upstream,
    repository: &'a str,
    whole: BTreeSet<String>,
}

impl Pulled<'_> {
    async fn pull(&mut self, digest: &str) {
        let mut open = vec![digest.to_owned()];
        while let Some(digest) = open.pop() {
            if !self.whole.insert(digest.clone()) {
                continue;
            }
            let text = self.upstream.manifest(self.repository, &digest).await;
            let text = text.unwrap_or_else(|| panic!("{} {digest} does not pull", self.repository));
            assert_eq!(sha256(text.as_bytes()), digest);
            let manifest: Value = serde_json::from_str(&text).unwrap();
            let listed = |key: &str| manifest[key].as_array().cloned().unwrap_or_default();
            let of = |it: &Value| it["digest"].as_str().map(str::to_owned);
            open.extend(listed("manifests").iter().filter_map(of));
            for blob in listed("layers").iter().chain(manifest.get("config")).filter_map(of) {
                if self.whole.insert(blob.clone()) {
                    let bytes = self.upstream.blob(self.repository, &blob).await;
                    let bytes = bytes.unwrap_or_else(|| panic!("{} {blob} does not pull", self.repository));
                    assert_eq!(sha256(bytes.as_bytes()), blob);
                }
            }
        }
    }
}

/// Everything that was acknowledged and nobody deleted pulls byte for byte; each own tag names what it did last; a contested
/// one names what one of them put it on, or is gone. Every name that the registry lists pulls whole.
pub async fn is_whole(upstream: &Upstream, board: &Board, people: &[Person]) {
    for (at, repository) in REPOSITORIES.into_iter().enumerate() {
        let mut pulled = Pulled { upstream, repository, whole: BTreeSet::new() };
        for ((_, digest), image) in board.all().into_iter().filter(|((of, _), _)| of == repository) {
            assert_eq!(
                upstream.manifest(repository, &digest).await.as_ref(),
                Some(&image.text),
                "{repository} {digest}"
            );
            pulled.pull(&digest).await;
        }
        let named = named(upstream, repository).await;
        for (tag, digest) in &named {
            let digest = digest.as_ref().unwrap_or_else(|| panic!("{repository}:{tag} is listed and names nothing"));
            pulled.pull(digest).await;
        }
        let places = people.iter().map(|person| &person.places[at]);
        for (place, tag) in places.flat_map(|place| place.ever.iter().map(move |tag| (place, tag))) {
            let now = named.get(tag).cloned().flatten();
            assert_eq!(now.as_ref(), place.tags.get(tag), "{repository}:{tag}");
        }
        for ((_, tag), all) in board.contested().into_iter().filter(|((of, _), _)| of == repository) {
            let now = named.get(&tag).cloned().flatten();
            let may_be_gone = BOTH.contains(&tag.as_str());
            assert!(now.as_ref().map_or(may_be_gone, |now| all.contains(now)), "{repository}:{tag}: {now:?}");
        }
    }
}

/// What each tag that the registry lists names.
async fn named(upstream: &Upstream, repository: &str) -> BTreeMap<String, Option<String>> {
    let mut named = BTreeMap::new();
    for tag in upstream.tags(repository).await {
        named.insert(tag.clone(), upstream.named(repository, &tag).await);
    }
    named
}

/// The hidden tags at the registry.
pub async fn hidden(upstream: &Upstream) -> BTreeSet<String> {
    let mut hidden = BTreeSet::new();
    for repository in REPOSITORIES {
        hidden.extend(upstream.tags(repository).await.into_iter().filter(|tag| tag.starts_with("portolan.")));
    }
    hidden
}

async fn pairs(test: &TestApp, sql: &str) -> BTreeMap<String, String> {
    let rows = test.app.store.all(sql, Vec::<Param>::new()).await.unwrap();
    rows.into_iter().map(|mut row| (row.take().unwrap(), row.take().unwrap())).collect()
}

/// Whether the catalog has what the registry has, and nothing else.
pub async fn is_read(test: &TestApp, upstream: &Upstream) -> bool {
    for repository in REPOSITORIES {
        let sql = format!(
            "SELECT t.name, t.digest FROM tags t JOIN repositories r ON r.id = t.repository_id
             WHERE r.name = 'up/{repository}' AND t.missing_since IS NULL"
        );
        let there = named(upstream, repository).await.into_iter();
        let there = there.filter(|(tag, _)| !tag.starts_with("portolan.")).filter_map(|(tag, of)| Some((tag, of?)));
        if pairs(test, &sql).await != there.collect() {
            return false;
        }
    }
    true
}

/// The hidden tags that Portolan keeps, each with what it holds, and the tags on their way into the trash.
pub async fn kept(test: &TestApp) -> (BTreeSet<String>, usize) {
    let held = pairs(test, "SELECT tag, digest FROM trash_holds").await.into_keys().collect();
    (held, pairs(test, "SELECT tag, digest FROM trash_going").await.len())
}
