//! Somebody who works in repositories of their own and in one that all share, and knows what they were told.

use super::Met;
use super::content::{self, CONFIGS, LAYERS, descriptor};
use super::place::Place;
use super::repository::Image;
use crate::durability::Chance;
use crate::support::{Answer, OCI_INDEX, OCI_MANIFEST, TestApp, sha256};
use portolan::server::clock::{Clock, ManualClock};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Of each person and repository.
const TAGS: usize = 5;
const LEAP_MS: i64 = 5_400_000;

pub struct Person {
    pub test: TestApp,
    clock: Arc<ManualClock>,
    pub name: String,
    pub chance: Chance,
    /// Two of their own, and the one that all share.
    pub places: Vec<Place>,
    /// Moments, with what the tags of their own repositories named then.
    pub pasts: Vec<(i64, Vec<BTreeMap<String, String>>)>,
    /// Where layers may be that they need.
    others: Vec<String>,
    n_made: usize,
    /// Images of their own, each with its parts and its text.
    own: BTreeMap<String, ((String, String), String)>,
    pub met: Met,
}

/// Something to push.
type New = (&'static str, String, Image);

impl Person {
    pub fn new((test, clock): (TestApp, Arc<ManualClock>), (number, seed): (usize, u64), others: Vec<String>) -> Self {
        let name = format!("p{number}");
        let own = ["web", "api"].map(|part| Place::new(format!("{name}/{part}"), "t".to_owned(), false));
        let shared = Place::new(super::SHARED.to_owned(), format!("{name}-"), true);
        let places = own.into_iter().chain([shared]).collect();
        let chance = Chance(seed.wrapping_mul(1000) + number as u64);
        Self {
            test,
            clock,
            name,
            chance,
            places,
            pasts: vec![],
            others,
            n_made: 0,
            own: BTreeMap::new(),
            met: BTreeMap::new(),
        }
    }

    pub fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// What happens next is after what was before; and now and then much time passes.
    pub fn tick(&mut self) {
        let leap = if self.chance.below(5) == 0 { LEAP_MS } else { 0 };
        self.clock.advance_ms(1000 + leap);
    }

    pub fn met(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        self.test.call(method, &format!("/api/v1/{path}"), "application/json", body.to_string()).await
    }

    /// Does so many things, and goes on until that is enough.
    pub async fn works(mut self, n_steps: usize, is_enough: impl Fn() -> bool) -> Self {
        let mut n = 0;
        while n < n_steps || !is_enough() {
            n += 1;
            self.tick();
            let at = self.chance.below(self.places.len());
            match self.chance.below(16) {
                0..=5 => self.push(at).await,
                6 => self.retag(at).await,
                7 => self.untag(at).await,
                8 => self.delete_exactly(at).await,
                9 | 10 => self.delete_planned(at).await,
                11 => self.restore(at).await,
                12 => self.roll_back(at).await,
                13 => self.roll_back_all().await,
                14 => self.delete_whole(at).await,
                _ => self.purge(at).await,
            }
            if self.chance.below(3) == 0 {
                let tags = self.places[..2].iter().map(|place| place.now.tags.clone()).collect();
                self.pasts.push((self.now(), tags));
            }
        }
        self
    }

    /// Something that has to be there.
    pub fn any_kept(&mut self, at: usize) -> Option<String> {
        let kept = self.places[at].now.kept();
        let which = self.chance.below(kept.len().max(1));
        kept.into_iter().nth(which)
    }

    pub fn any_tag(&mut self, at: usize) -> String {
        let number = self.chance.below(TAGS);
        self.places[at].tag(number)
    }

    async fn push(&mut self, at: usize) {
        let since = self.now();
        let (new, tag) = match self.chance.below(8) {
            0 | 1 => (self.own_image(at).await, self.chance.below(3) > 0),
            2 | 3 => (self.image_again(at).await, self.chance.below(3) > 0),
            4..=6 => (self.own_index(at, since).await, self.chance.below(4) > 0),
            _ => (self.own_signature(at).await, false),
        };
        let tag = tag.then(|| self.any_tag(at));
        if let Some(new) = new {
            self.put(at, tag.as_deref(), new, since).await;
        }
    }

    /// Pushes a manifest. What the registry said since then to have for it, it has.
    async fn put(&mut self, at: usize, tag: Option<&str>, (media_type, text, image): New, since: i64) -> bool {
        let (digest, before) = (sha256(text.as_bytes()), self.now());
        let put = self.test.put_manifest(&self.places[at].name, tag.unwrap_or(&digest), media_type, &text).await;
        if put.status != 201 {
            let is_late = self.now() - since > super::PROMISED_MS;
            assert!(is_late || self.places[at].is_shared, "what was there is not: {}", put.text());
            self.met("pushed too late");
            return false;
        }
        self.places[at].now.pushed(&digest, image);
        if let Some(tag) = tag {
            self.places[at].named(tag, &digest, before);
        }
        self.met("pushed");
        true
    }

    fn by(&mut self) -> String {
        self.n_made += 1;
        format!("{} {}", self.name, self.n_made)
    }

    /// Sees to it that a blob is there, in the way that is the cheapest.
    async fn provide(&mut self, at: usize, content: &str) {
        let (name, digest) = (self.places[at].name.clone(), sha256(content.as_bytes()));
        if self.test.head(&format!("/v2/{name}/blobs/{digest}")).await.status == 200 {
            return;
        }
        let from = &self.others[self.chance.below(self.others.len())];
        let mount = format!("/v2/{name}/blobs/uploads/?mount={digest}&from={from}");
        match self.test.call("POST", &mount, "", "").await.status.as_u16() {
            201 => self.met("mounted"),
            _ => drop(self.test.push_blob(&name, content.as_bytes()).await),
        }
    }

    async fn parts(&mut self, at: usize) -> (String, String) {
        let parts = (content::config(self.chance.below(CONFIGS)), content::layer(self.chance.below(LAYERS)));
        self.provide(at, &parts.0).await;
        self.provide(at, &parts.1).await;
        parts
    }

    async fn own_image(&mut self, at: usize) -> Option<New> {
        let (parts, by) = (self.parts(at).await, self.by());
        let text = content::image((&parts.0, &parts.1), &by);
        self.own.insert(sha256(text.as_bytes()), (parts, text.clone()));
        Some(plain(text))
    }

    /// One that was pushed before, whatever became of it: it may be in the trash by now, and more than once.
    async fn image_again(&mut self, at: usize) -> Option<New> {
        let known: Vec<&String> = self.places[at].now.known.keys().filter(|it| self.own.contains_key(*it)).collect();
        let digest = known.get(self.chance.below(known.len().max(1))).map(ToString::to_string)?;
        let (parts, text) = self.own[&digest].clone();
        self.provide(at, &parts.0).await;
        self.provide(at, &parts.1).await;
        self.met("pushed again");
        Some(plain(text))
    }

    async fn own_index(&mut self, at: usize, since: i64) -> Option<New> {
        let mut children = vec![];
        for _ in 0..1 + self.chance.below(3) {
            children.push(self.child(at, since).await?);
        }
        children.dedup();
        let text = content::index(&children, &self.by());
        let digest = |child: &Value| child["digest"].as_str().unwrap().to_owned();
        let listed = children.iter().map(digest).collect();
        let size = text.len();
        let image = Image { size, media_type: OCI_INDEX, children: listed, subject: None, was_named: false };
        Some((OCI_INDEX, text, image))
    }

    /// An image of their own, or one that others have too; it is pushed if it is not there.
    async fn child(&mut self, at: usize, since: i64) -> Option<Value> {
        if self.chance.below(3) == 0
            && let Some(digest) = self.any_kept(at)
        {
            let image = &self.places[at].now.images[&digest];
            return Some(descriptor(&digest, image.media_type, image.size));
        }
        let parts = self.parts(at).await;
        let new = plain(content::image((&parts.0, &parts.1), ""));
        let (digest, size) = (sha256(new.1.as_bytes()), new.1.len());
        let path = format!("/v2/{}/manifests/{digest}", self.places[at].name);
        if self.test.head(&path).await.status != 200 {
            let is_shared = self.places[at].is_shared;
            if !self.put(at, None, new, since).await {
                return None;
            }
            if is_shared {
                self.places[at].now.images.remove(&digest); // Nobody's.
                self.places[at].now.known.remove(&digest);
            }
        }
        Some(descriptor(&digest, OCI_MANIFEST, size))
    }

    async fn own_signature(&mut self, at: usize) -> Option<New> {
        let subject = self.any_kept(at)?;
        self.provide(at, "{}").await;
        let image = &self.places[at].now.images[&subject];
        let of = descriptor(&subject, image.media_type, image.size);
        let by = self.by();
        let (media_type, text, image) = plain(content::signature(&of, &by));
        Some((media_type, text, Image { subject: Some(subject), ..image }))
    }

    async fn retag(&mut self, at: usize) {
        let (Some(digest), tag, before) = (self.any_kept(at), self.any_tag(at), self.now()) else { return };
        let place = &self.places[at];
        let current = place.now.tags.get(&tag).cloned();
        let path = format!("r/{}/-/tags/{tag}", place.name);
        let set = self.send("PUT", &path, json!({"digest": digest, "expect": current})).await;
        let status = if current.is_some() { 200 } else { 201 };
        assert_eq!(set.status.as_u16(), status, "{path} from {current:?}: {}", set.text());
        self.places[at].named(&tag, &digest, before);
        self.met("moved");
    }
}

fn plain(text: String) -> New {
    let size = text.len();
    let image = Image { size, media_type: OCI_MANIFEST, children: vec![], subject: None, was_named: false };
    (OCI_MANIFEST, text, image)
}

/// The images that are everybody's.
pub fn shared_images() -> Vec<String> {
    let all = (0..CONFIGS).flat_map(|config| (0..LAYERS).map(move |layer| (config, layer)));
    let image = |(config, layer)| content::image((&content::config(config), &content::layer(layer)), "");
    all.map(|it| sha256(image(it).as_bytes())).collect()
}
