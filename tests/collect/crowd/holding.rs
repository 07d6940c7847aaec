//! Whether all is there that somebody was told.

use super::person::Person;
use super::place::Place;
use crate::collect::pulls;
use std::collections::BTreeSet;

impl Person {
    /// Each tag names what it did last and no other is left of them, each image pulls byte for byte with all that it lists,
    /// and has those about it in its list.
    pub async fn finds_all(&self) {
        for place in &self.places {
            let tags: BTreeSet<String> = self.tags(place).await;
            assert_eq!(tags, place.now.tags.keys().cloned().collect(), "{}", place.name);
            for (tag, digest) in &place.now.tags {
                let found = self.test.head(&format!("/v2/{}/manifests/{tag}", place.name)).await;
                assert_eq!(found.header("docker-content-digest"), digest, "{}:{tag}", place.name);
            }
            for digest in place.now.kept() {
                pulls(&self.test, &place.name, &digest).await;
                let about = self.listed(&format!("/v2/{}/referrers/{digest}", place.name), "manifests").await;
                let about: BTreeSet<String> =
                    about.iter().map(|it| it["digest"].as_str().unwrap().to_owned()).collect();
                assert_eq!(about, place.now.about(&digest), "about {} {digest}", place.name);
            }
        }
    }

    /// Their own, in a repository where others have some too.
    async fn tags(&self, place: &Place) -> BTreeSet<String> {
        let tags = self.listed(&format!("/v2/{}/tags/list", place.name), "tags").await;
        let tags = tags.iter().map(|tag| tag.as_str().unwrap().to_owned());
        tags.filter(|tag| tag.starts_with(&place.own)).collect()
    }

    async fn listed(&self, path: &str, key: &str) -> Vec<serde_json::Value> {
        let found = self.test.get(path).await;
        assert!(matches!(found.status.as_u16(), 200 | 404), "{path}: {}", found.text());
        if found.status == 200 { found.json()[key].as_array().cloned().unwrap_or_default() } else { vec![] }
    }

    /// All that is in the trash comes back that nothing stands in the way of.
    pub async fn restores_all(&mut self) {
        for at in 0..self.places.len() {
            for which in (0..self.places[at].deleted.len()).rev() {
                self.restore_one(at, which).await;
            }
        }
    }
}
