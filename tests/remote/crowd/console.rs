//! What somebody does at the console, and what has to come of it.

use super::BOTH;
use super::person::Person;
use super::place::Deleted;
use crate::support::{Answer, sha256};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

impl Person {
    pub async fn at_the_console(&mut self, at: usize, step: usize) {
        match step {
            6..=8 => self.retag(at).await,
            9 => self.untag(at).await,
            10..=12 => self.delete_planned(at).await,
            13 | 14 => self.restore(at).await,
            15 => self.roll_back(at).await,
            16 => self.purge(at).await,
            17 => self.change_contested(at).await,
            18 => self.undo_contested(at).await,
            _ => self.look(at).await,
        }
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let answer = self.test.call(method, &format!("/api/v1/{path}"), "application/json", body.to_string()).await;
        let is_calm = self.upstream.is_calm;
        assert!(!is_calm || !answer.status.is_server_error(), "{method} {path} {body}: {}", answer.text());
        answer
    }

    fn path(&self, at: usize, rest: &str) -> String {
        format!("r/up/{}/-/{rest}", self.places[at].name)
    }

    /// What a tag of their own names after something that the registry did not answer: what it named, or what it was to.
    async fn adopt(&mut self, at: usize, tag: &str, wanted: Option<&str>) {
        let at_it = self.upstream.manifest(&self.places[at].name, tag).await;
        // Where a tombstone was left the tag is on its way to nothing, which a sweep ends.
        let now = at_it.filter(|it| !it.contains("portolan.tombstone.nonce")).map(|it| sha256(it.as_bytes()));
        let before = self.places[at].tags.get(tag).map(String::as_str);
        assert!(now.as_deref() == before || now.as_deref() == wanted, "{tag}: {now:?}, not {before:?} or {wanted:?}");
        match now {
            Some(now) => self.places[at].named(tag, &now, false),
            None => drop(self.places[at].tags.remove(tag)),
        }
        self.met("failed");
    }

    async fn retag(&mut self, at: usize) {
        let (tag, Some(digest)) = (self.any_tag(at), self.any_image(at)) else { return };
        let current = self.places[at].tags.get(&tag).cloned();
        let body = match self.chance.below(2) {
            0 => json!({"digest": digest, "expect": current}),
            _ => json!({"digest": digest}),
        };
        let set = self.call("PUT", &self.path(at, &format!("tags/{tag}")), body).await;
        match set.status.as_u16() {
            200 | 201 => {
                self.places[at].named(&tag, &digest, true);
                self.met("moved");
            }
            404 => self.met("not read yet"),
            500.. => self.adopt(at, &tag, Some(&digest)).await,
            status => panic!("{tag} from {current:?} to {digest}: {status} {}", set.text()),
        }
    }

    /// What is in the trash of a repository, newest first.
    async fn trash(&self, at: usize, asked: &str) -> Vec<Value> {
        let path = format!("/api/v1/trash?repository=up/{}&limit=500{asked}", self.places[at].name);
        self.test.get(&path).await.json()["items"].as_array().unwrap().clone()
    }

    async fn untag(&mut self, at: usize) {
        let Some((tag, digest)) = self.any(self.places[at].tags.clone()) else { return };
        let gone = self.test.delete(&format!("/api/v1/{}", self.path(at, &format!("tags/{tag}")))).await;
        match gone.status.as_u16() {
            204 => {
                let listed = self.trash(at, "").await;
                let entry = listed.iter().find(|it| it["tag"] == *tag && it["digest"] == *digest);
                let batch = entry.unwrap_or_else(|| panic!("{tag} is not in the trash"))["batch"].as_str().unwrap();
                self.gone(at, batch, (BTreeMap::from([(tag, digest)]), BTreeSet::new()));
            }
            404 | 409 if self.places[at].unread.contains(&tag) => self.met("not read yet"),
            500.. if !self.upstream.is_calm => self.adopt(at, &tag, None).await,
            status => panic!("{tag}: {status} {}", gone.text()),
        }
    }

    fn gone(&mut self, at: usize, batch: &str, (tags, images): (BTreeMap<String, String>, BTreeSet<String>)) {
        let place = &mut self.places[at];
        place.tags.retain(|tag, _| !tags.contains_key(tag));
        place.deleted.push(Deleted { batch: batch.to_owned(), tags, images, is_in_doubt: false });
        self.met("deleted");
    }

    /// Some tags, and now and then an image with all of its own, as a preview says.
    async fn delete_planned(&mut self, at: usize) {
        let mut tags = BTreeSet::new();
        for _ in 0..self.chance.below(3) {
            let own: Vec<String> = self.places[at].tags.keys().cloned().collect();
            tags.extend(self.any(own));
        }
        let place = &self.places[at];
        let loose: Vec<String> = place.loose.iter().filter(|it| !place.is_deleted(it)).cloned().collect();
        let image = if self.chance.below(2) == 0 { self.any(loose) } else { None };
        if tags.is_empty() && image.is_none() {
            return;
        }
        let asked = json!({"tags": tags, "digests": Vec::from_iter(image)});
        for _ in 0..3 {
            let preview = self.call("POST", &self.path(at, "delete-preview"), asked.clone()).await;
            if preview.status == 404 {
                return self.met("not read yet");
            }
            assert_eq!(preview.status, 200, "{asked}: {}", preview.text());
            let preview = preview.json();
            let done = self.call("POST", &self.path(at, "delete"), json!({"plan": preview["plan"]})).await;
            let (tags, images) = removed(&preview);
            match done.status.as_u16() {
                200 => {
                    let batch = done.json()["batch"].as_str().unwrap().to_owned();
                    self.gone(at, &batch, (tags, images));
                    return;
                }
                409 => {}
                500.. => {
                    for tag in tags.keys() {
                        self.adopt(at, tag, None).await;
                    }
                    return self.lets_go(at, &tags, images); // It may be in the trash in part, and end with that.
                }
                status => panic!("{preview}: {status} {}", done.text()),
            }
        }
        self.met("gave up a plan");
    }

    async fn restore(&mut self, at: usize) {
        let n = self.places[at].deleted.len();
        if n > 0 {
            let which = self.chance.below(n);
            self.restore_one(at, which).await;
        }
    }

    async fn restore_one(&mut self, at: usize, which: usize) {
        let deleted = self.places[at].deleted.remove(which);
        let back = self.call("POST", "trash/restore", json!({"batch": deleted.batch})).await;
        let crosses = self.places[at].crosses(&deleted);
        match back.status.as_u16() {
            204 => {
                for (tag, digest) in &deleted.tags {
                    // Of what came back in part before, the rest is back now.
                    let now = if deleted.is_in_doubt { self.named(at, tag).await } else { Some(digest.clone()) };
                    if now.as_ref() == Some(digest) {
                        self.places[at].named(tag, digest, true);
                    }
                }
                self.come_back(at, deleted.tags.into_values().chain(deleted.images));
                self.met("restored");
            }
            409 if crosses => {
                self.places[at].deleted.push(deleted);
                self.met("not restored over another image");
            }
            404 => assert!(deleted.is_in_doubt, "{deleted:?} is not in the trash: {}", back.text()),
            409 => {
                assert!(deleted.is_in_doubt, "{deleted:?} does not come back: {}", back.text());
                self.places[at].deleted.push(deleted);
            }
            500.. => {
                for (tag, digest) in &deleted.tags {
                    self.adopt(at, tag, Some(digest)).await;
                }
                self.places[at].deleted.push(Deleted { is_in_doubt: true, ..deleted });
            }
            status => panic!("{deleted:?}: {status} {}", back.text()),
        }
    }

    /// With images comes back what they list, out of whatever entry of the trash.
    fn come_back(&mut self, at: usize, images: impl IntoIterator<Item = String>) {
        let back = self.board.around(&self.places[at].name, images.into_iter().collect(), (&BTreeSet::new(), false));
        for deleted in &mut self.places[at].deleted {
            deleted.is_in_doubt |= !deleted.images.is_disjoint(&back);
        }
    }

    async fn named(&self, at: usize, tag: &str) -> Option<String> {
        self.upstream.named(&self.places[at].name, tag).await
    }

    /// All that is in the trash comes back that nothing stands in the way of.
    pub async fn restores_all(&mut self) {
        for at in 0..self.places.len() {
            for which in (0..self.places[at].deleted.len()).rev() {
                self.restore_one(at, which).await;
            }
        }
    }

    /// One tag, to something that it named before.
    async fn roll_back(&mut self, at: usize) {
        let Some(then) = self.any(self.places[at].moves.clone()) else { return };
        let body = json!({"tag": then.tag, "digest": then.digest});
        let back = self.call("POST", &self.path(at, "rollback"), body).await;
        let is_there = self.board.image(&self.places[at].name, &then.digest).is_some();
        match back.status.as_u16() {
            200 => {
                self.places[at].named(&then.tag, &then.digest, true);
                self.come_back(at, [then.digest]);
                self.met("rolled back");
            }
            500.. => self.adopt(at, &then.tag, Some(&then.digest)).await,
            status => {
                let words = format!("{} to {}: {status} {}", then.tag, then.digest, back.text());
                assert!(!(then.is_known && is_there), "{words}");
            }
        }
    }

    /// Lets something in the trash go for good.
    async fn purge(&mut self, at: usize) {
        let n = self.places[at].deleted.len();
        if n == 0 {
            return;
        }
        let which = self.chance.below(n);
        let deleted = self.places[at].deleted.remove(which);
        for entry in self.trash(at, &format!("&batch={}", deleted.batch)).await {
            let gone = self.test.delete(&format!("/api/v1/trash/{}", entry["id"].as_str().unwrap())).await;
            assert!(matches!(gone.status.as_u16(), 204 | 404 | 409 | 500..), "{entry}: {}", gone.text());
        }
        self.lets_go(at, &deleted.tags, deleted.images);
        self.met("purged");
    }

    /// Nobody counts on images that went for good, nor on those that had their last name in what went and on what belongs to
    /// them; but those that all share have a tag that stays.
    fn lets_go(&mut self, at: usize, tags: &BTreeMap<String, String>, images: BTreeSet<String>) {
        let (place, common) = (&self.places[at], self.board.common(&self.places[at].name));
        let deleted = place.deleted.iter().flat_map(|it| it.tags.values().chain(&it.images));
        let named: BTreeSet<String> = place.tags.values().chain(deleted).chain(&common).cloned().collect();
        let stay = self.board.around(&place.name, named, (&BTreeSet::new(), false));
        let unnamed = tags.values().filter(|it| !stay.contains(*it)).cloned().collect();
        let goes = self.board.around(&place.name, unnamed, (&stay, true));
        for digest in goes.into_iter().chain(images).filter(|it| !common.contains(it)) {
            self.board.let_go(&self.places[at].name, &digest);
            self.places[at].loose.remove(&digest);
        }
    }

    /// So does what is in the trash when its time is over.
    pub fn lets_all_go(&mut self) {
        for at in 0..self.places.len() {
            for deleted in std::mem::take(&mut self.places[at].deleted) {
                self.lets_go(at, &deleted.tags, deleted.images);
            }
        }
    }

    /// Tags that others change at the same time.
    async fn change_contested(&mut self, at: usize) {
        let (tag, name) = (BOTH[self.chance.below(BOTH.len())], self.places[at].name.clone());
        let path = self.path(at, &format!("tags/{tag}"));
        let images = self.board.common(&name);
        let Some(digest) = self.any(images) else { return };
        let answer = match self.chance.below(2) {
            0 => self.test.delete(&format!("/api/v1/{path}")).await,
            _ => {
                self.board.contest(&name, tag, &digest);
                self.call("PUT", &path, json!({"digest": digest})).await
            }
        };
        let status = answer.status.as_u16();
        assert!(matches!(status, 200 | 201 | 204 | 404 | 409 | 500..), "{tag}: {status} {}", answer.text());
        self.met(if answer.status.is_success() { "changed with others" } else { "gave way to others" });
    }

    async fn undo_contested(&mut self, at: usize) {
        let listed = self.trash(at, "").await;
        let contested = listed.into_iter().filter(|it| BOTH.iter().any(|tag| it["tag"] == *tag));
        let Some(entry) = self.any(contested) else { return };
        let path = format!("trash/{}/restore", entry["id"].as_str().unwrap());
        let back = self.test.call("POST", &format!("/api/v1/{path}"), "", "").await;
        assert!(matches!(back.status.as_u16(), 204 | 404 | 409 | 500..), "{entry}: {}", back.text());
    }

    /// Opens the page, which looks what there is.
    async fn look(&mut self, at: usize) {
        let page = self.test.get(&format!("/r/up/{}", self.places[at].name)).await;
        assert!(matches!(page.status.as_u16(), 200 | 404) && !page.text().contains("portolan.trash"));
    }
}

/// The tags and the images that a preview says go.
fn removed(preview: &Value) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let (mut tags, mut images) = (BTreeMap::new(), BTreeSet::new());
    for it in preview["removed"].as_array().unwrap() {
        let digest = it["digest"].as_str().unwrap().to_owned();
        match it["kind"].as_str() {
            Some("tag") => drop(tags.insert(it["tag"].as_str().unwrap().to_owned(), digest)),
            _ => drop(images.insert(digest)),
        };
    }
    images.extend(preview["referrers"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()));
    (tags, images)
}
