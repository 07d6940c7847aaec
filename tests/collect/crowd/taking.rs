//! What somebody deletes, brings back and rolls back, and what has to come of it.

use super::DAY_MS;
use super::person::Person;
use super::place::Deleted;
use portolan::domain::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How long a plan holds.
const PLAN_MS: i64 = 900_000;

impl Person {
    /// The newest entry of the trash that is this, as far as others did not let it go.
    async fn entry(&self, at: usize, is_it: impl Fn(&Value) -> bool) -> Option<(String, i64)> {
        let place = &self.places[at];
        let listed = self.test.get(&format!("/api/v1/trash?repository={}&limit=200", place.name)).await.json();
        let found = listed["items"].as_array().unwrap().iter().find(|it| is_it(it));
        assert!(found.is_some() || place.is_shared, "what was deleted is in the trash: {listed}");
        found.map(|it| (it["batch"].as_str().unwrap().to_owned(), moment(&it["expires_at"])))
    }

    /// Notes what was deleted, and that it is gone.
    async fn gone(
        &mut self,
        at: usize,
        (tags, images): (BTreeSet<String>, BTreeSet<String>),
        is_it: impl Fn(&Value) -> bool,
    ) {
        let entry = self.entry(at, is_it).await;
        let place = &mut self.places[at];
        for before in &mut place.deleted {
            let again = before.images.iter().filter(|digest| place.now.images.contains_key(*digest));
            before.again.extend(again.cloned());
        }
        let tags = place.now.deleted(&tags, &images);
        place.deleted.extend(entry.map(|(batch, until)| Deleted {
            batch,
            tags,
            images,
            until,
            again: BTreeSet::new(),
        }));
        self.met("deleted");
    }

    pub async fn untag(&mut self, at: usize) {
        let tag = self.any_tag(at);
        if !self.places[at].now.tags.contains_key(&tag) {
            return;
        }
        let name = self.places[at].name.clone();
        let gone = match self.chance.below(2) {
            0 => self.test.delete(&format!("/v2/{name}/manifests/{tag}")).await,
            _ => self.test.delete(&format!("/api/v1/r/{name}/-/tags/{tag}")).await,
        };
        assert!(matches!(gone.status.as_u16(), 202 | 204), "{name}:{tag}: {}", gone.text());
        self.gone(at, ([tag.clone()].into(), BTreeSet::new()), |it| it["tag"] == *tag).await;
    }

    /// One image and its tags, as the distribution API deletes.
    pub async fn delete_exactly(&mut self, at: usize) {
        let Some(digest) = self.any_kept(at) else { return };
        let place = &self.places[at];
        let (kept, parents) = (place.now.kept(), place.now.parents(&digest));
        let gone = self.test.delete(&format!("/v2/{}/manifests/{digest}", place.name)).await;
        let status = gone.status.as_u16();
        match (parents.is_empty(), parents.iter().any(|parent| kept.contains(*parent))) {
            (true, _) => assert_eq!(status, 202, "{digest}: {}", gone.text()),
            (_, true) => assert_eq!(status, 403, "an index lists {digest}: {}", gone.text()),
            _ => assert!(matches!(status, 202 | 403), "{digest}: {}", gone.text()),
        }
        if status != 202 {
            return self.met("refused, being listed");
        }
        let tags = place.now.tags_of(&digest);
        let is_it = |it: &Value| it["kind"] == "image" && it["digest"] == *digest;
        self.gone(at, (tags, [digest.clone()].into()), is_it).await;
    }

    /// Some tags and images at once, as a preview says; and sometimes it is undone at once.
    pub async fn delete_planned(&mut self, at: usize) {
        let mut tags: BTreeSet<String> = (0..3).map(|_| self.any_tag(at)).collect();
        tags.retain(|tag| self.places[at].now.tags.contains_key(tag));
        let image = if self.chance.below(2) == 0 { self.any_kept(at) } else { None };
        if tags.is_empty() && image.is_none() {
            return;
        }
        let asked = json!({"tags": tags, "digests": Vec::from_iter(image)});
        let (name, is_shared) = (self.places[at].name.clone(), self.places[at].is_shared);
        // What others do, or a collection, may change what would go.
        for _ in 0..3 {
            let before = self.now();
            let preview = self.send("POST", &format!("r/{name}/-/delete-preview"), asked.clone()).await;
            assert_eq!(preview.status, 200, "{name} {asked}: {}", preview.text());
            let preview = preview.json();
            let plan = json!({"plan": preview["plan"]});
            let done = self.send("POST", &format!("r/{name}/-/delete"), plan).await;
            let has_parents = preview["parents"].as_array().is_some_and(|parents| !parents.is_empty());
            match done.status.as_u16() {
                409 if has_parents => return self.met("refused, being listed"),
                409 => continue,
                404 if self.now() - before > PLAN_MS => continue,
                status => assert!(status == 200 && !has_parents, "{preview}: {}", done.text()),
            }
            let (tags, images) = removed(&preview);
            let batch = done.json()["batch"].clone();
            self.gone(at, (tags, images), |it| it["batch"] == batch).await;
            let is_last = self.places[at].deleted.last().is_some_and(|it| batch == *it.batch);
            if self.chance.below(3) == 0 && (is_last || !is_shared) {
                let last = self.places[at].deleted.len() - 1;
                self.restore_one(at, last).await;
            }
            return;
        }
        self.met("gave up a plan");
    }

    pub async fn restore(&mut self, at: usize) {
        let n_deleted = self.places[at].deleted.len();
        if n_deleted > 0 {
            let which = self.chance.below(n_deleted);
            self.restore_one(at, which).await;
        }
    }

    pub async fn restore_one(&mut self, at: usize, which: usize) {
        let (deleted, before) = (self.places[at].deleted.remove(which), self.now());
        let back = self.send("POST", "trash/restore", json!({"batch": deleted.batch})).await;
        let is_over = self.now() >= deleted.until;
        let place = &mut self.places[at];
        let mut all = deleted.tags.values().chain(&deleted.images);
        let is_in_doubt = place.is_shared || is_over || all.any(|digest| place.is_purged(digest));
        match back.status.as_u16() {
            204 => {
                self.adopt(at, &deleted, (before, is_in_doubt)).await;
                self.met("restored");
            }
            409 if place.crosses(&deleted) => {
                place.deleted.push(deleted);
                self.met("not restored over another image");
            }
            404 => {
                let is_back = match deleted.tags.is_empty() {
                    true => {
                        deleted.images.iter().all(|it| place.now.images.contains_key(it) || deleted.again.contains(it))
                    }
                    false => deleted.tags.keys().all(|tag| deleted.again.contains(tag)),
                };
                assert!(is_in_doubt || is_back, "{deleted:?} is not in the trash: {}", back.text());
            }
            status => assert!(status == 409 && is_in_doubt, "{deleted:?}: {}", back.text()),
        }
    }

    /// What came back is there; of what others may have let go in part, as much as there is.
    async fn adopt(&mut self, at: usize, deleted: &Deleted, (before, is_in_doubt): (i64, bool)) {
        for digest in &deleted.images {
            let is_in_doubt = is_in_doubt || deleted.again.contains(digest);
            if !is_in_doubt || self.is_there(at, digest).await == Some(digest.clone()) {
                self.places[at].now.revive(digest);
            }
        }
        for (tag, digest) in &deleted.tags {
            let is_in_doubt = is_in_doubt || deleted.again.contains(tag);
            if !is_in_doubt || self.is_there(at, tag).await == Some(digest.clone()) {
                self.places[at].named(tag, digest, before);
            }
        }
    }

    async fn is_there(&self, at: usize, reference: &str) -> Option<String> {
        let found = self.test.head(&format!("/v2/{}/manifests/{reference}", self.places[at].name)).await;
        (found.status == 200).then(|| found.header("docker-content-digest").to_owned())
    }

    /// One tag, to something that it named before.
    pub async fn roll_back(&mut self, at: usize) {
        let place = &self.places[at];
        if place.moves.is_empty() {
            return;
        }
        let which = self.chance.below(place.moves.len());
        let (tag, digest, then) = (&place.moves[which].tag, &place.moves[which].digest, place.moves[which].at);
        let (tag, digest, before) = (tag.clone(), digest.clone(), self.now());
        let path = format!("r/{}/-/rollback", place.name);
        let back = self.send("POST", &path, json!({"tag": tag, "digest": digest})).await;
        let place = &self.places[at];
        let has_to_be = !place.is_shared && self.now() < then + DAY_MS && !place.is_purged(&digest);
        if back.status == 200 {
            self.places[at].named(&tag, &digest, before);
            return self.met("rolled back");
        }
        assert!(!has_to_be && back.status.is_client_error(), "{tag} to {digest}: {}", back.text());
    }

    /// All of their own, to a moment.
    pub async fn roll_back_all(&mut self) {
        if self.pasts.is_empty() {
            return;
        }
        let which = self.chance.below(self.pasts.len());
        let ((then, tags), before) = (self.pasts[which].clone(), self.now());
        let path = format!("n/{}/-/rollback", self.name);
        let back = self.send("POST", &path, json!({"t": Timestamp(then).exact()})).await;
        if back.status != 200 {
            let mut all =
                tags.iter().zip(&self.places).flat_map(|(tags, place)| tags.values().map(move |it| (place, it)));
            let is_purged = all.any(|(place, digest)| place.is_purged(digest));
            let is_empty = self.places[..2].iter().all(|place| place.now.tags.is_empty());
            let has_to_be = self.now() < then + DAY_MS && !is_purged && !is_empty;
            assert!(!has_to_be && back.status.is_client_error(), "{} to {then}: {}", self.name, back.text());
            return;
        }
        for (place, tags) in self.places.iter_mut().zip(&tags) {
            place.now.tags.retain(|tag, _| tags.contains_key(tag));
            for (tag, digest) in
                tags.iter().filter(|(tag, digest)| place.now.tags.get(*tag) != Some(*digest)).collect::<Vec<_>>()
            {
                place.named(tag, digest, before);
            }
        }
        self.met("rolled all back");
    }

    /// A repository of their own with all that is in it; sometimes it stays in the trash, and another one comes in its
    /// place.
    pub async fn delete_whole(&mut self, at: usize) {
        let place = &self.places[at];
        if place.is_shared || place.now.known.is_empty() {
            return;
        }
        let gone = self.test.delete(&format!("/api/v1/r/{}", place.name)).await;
        assert_eq!(gone.status, 204, "{}", gone.text());
        let (batch, _) = self.entry(at, |it| it["kind"] == "repository").await.unwrap();
        if self.chance.below(3) == 0 {
            self.places[at].forget();
            self.pasts.clear();
            return self.met("deleted a repository");
        }
        self.tick();
        let back = self.send("POST", "trash/restore", json!({"batch": batch})).await;
        assert_eq!(back.status, 204, "{}", back.text());
        self.met("restored a repository");
    }

    /// Lets something in the trash go for good.
    pub async fn purge(&mut self, at: usize) {
        let n_deleted = self.places[at].deleted.len();
        if n_deleted == 0 {
            return;
        }
        let which = self.chance.below(n_deleted);
        let deleted = self.places[at].deleted.remove(which);
        let listed = self.test.get(&format!("/api/v1/trash?batch={}&limit=200", deleted.batch)).await.json();
        for entry in listed["items"].as_array().unwrap() {
            let gone = self.test.delete(&format!("/api/v1/trash/{}", entry["id"].as_str().unwrap())).await;
            assert!(matches!(gone.status.as_u16(), 204 | 404 | 409), "{entry}: {}", gone.text());
        }
        self.places[at].purged.extend(deleted.images);
        self.met("purged");
    }
}

fn moment(text: &Value) -> i64 {
    Timestamp::parse(text.as_str().unwrap()).unwrap().0
}

/// The tags and the images that a preview says go.
fn removed(preview: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut tags, mut images) = (BTreeSet::new(), BTreeSet::new());
    for it in preview["removed"].as_array().unwrap() {
        match it["kind"].as_str() {
            Some("tag") => tags.insert(it["tag"].as_str().unwrap().to_owned()),
            _ => images.insert(it["digest"].as_str().unwrap().to_owned()),
        };
    }
    images.extend(preview["referrers"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()));
    (tags, images)
}
