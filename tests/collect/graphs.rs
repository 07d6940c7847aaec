//! Random graphs of images, indexes, signatures, tags and repositories that share blobs, with deletes, history and trash:
//! what is collected is what a plain walk does not reach, a dry run says the same and changes nothing, and every tag
//! that is left pulls on every platform.

use super::model::{expected, found};
use super::{back, files, n_staged, pulls, run};
use crate::identity::run as statement;
use crate::jobs::{collect, over, ran};
use crate::support::drawn::holds_of_all;
use crate::support::{OCI_INDEX, OCI_MANIFEST, START, TestApp, choices, decides, sha256};
use crate::tags::send;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::Policy;
use portolan::server::clock::{Clock, ManualClock};
use proptest::collection::vec;
use proptest::sample::select;
use proptest::strategy::Strategy;
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::Arc;

const CONFIG: &str = "[trash]\ndays = 2\n[history]\ndays = 3\n[gc]\ngrace_s = 3600\nevery_s = 0\n";
const HOUR_MS: i64 = 3_600_000;
pub(super) const REPOSITORIES: [&str; 3] = ["team/web", "team/api", "other/web"];
/// From each seed.
const CASES: u32 = 3;

/// What can happen.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// An image with a tag, and one without.
    Image,
    Unnamed,
    /// An index with a tag, one without, one that lists the same twice, and one about something.
    Index,
    UnnamedIndex,
    Twice,
    IndexAbout,
    /// Of what is there, and of what is not.
    Signature,
    SignatureFirst,
    Note,
    Untag,
    Delete,
    /// With all that belongs to it.
    DeleteWhole,
    /// What was pushed before is pushed again.
    Again,
    DeleteRepository,
    Blob,
    DeleteBlob,
    /// The trash keeps what is deleted from now on for longer, or not as long.
    Days,
    Restore,
    RollBack,
    Copy,
    Wait,
}

/// Each as often as it is likely; nobody pulls what lost a layer.
const ALL: [What; 24] = [
    What::Image,
    What::Image,
    What::Image,
    What::Unnamed,
    What::Index,
    What::Index,
    What::UnnamedIndex,
    What::Twice,
    What::IndexAbout,
    What::Signature,
    What::SignatureFirst,
    What::Note,
    What::Untag,
    What::Untag,
    What::Delete,
    What::Delete,
    What::DeleteRepository,
    What::Blob,
    What::Restore,
    What::Restore,
    What::RollBack,
    What::Copy,
    What::Wait,
    What::Wait,
];

/// What makes entries of the trash need one another.
const MORE: [What; 5] = [What::DeleteWhole, What::DeleteWhole, What::Again, What::Again, What::Days];

/// Something that happens: what, where, and which.
pub(super) type Step = (What, usize, usize);

/// So many things that happen, these among them.
pub(super) fn steps(how_many: Range<usize>, more: &[What]) -> impl Strategy<Value = Vec<Step>> + use<> {
    let all = [&ALL[..], more].concat();
    vec((select(all), 0_usize..REPOSITORIES.len(), 0_usize..60), how_many)
}

pub(super) struct World {
    pub test: TestApp,
    pub clock: Arc<ManualClock>,
    /// Manifests with their digests and types, by repository.
    known: Vec<Vec<(String, String, &'static str)>>,
    n_made: usize,
}

impl World {
    pub async fn new(config: &str) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let test = TestApp::build(config, choices(Policy::Grants, clock.clone())).await;
        Self { test, clock, known: vec![vec![]; REPOSITORIES.len()], n_made: 0 }
    }

    async fn put(&mut self, at: usize, tag: Option<usize>, media_type: &'static str, manifest: String) {
        let tag = tag.map(|tag| format!("t{}", tag % 5));
        self.put_as(at, tag, media_type, manifest).await;
    }

    async fn put_as(&mut self, at: usize, tag: Option<String>, media_type: &'static str, manifest: String) {
        let digest = sha256(manifest.as_bytes());
        let reference = tag.unwrap_or_else(|| digest.clone());
        let put = self.test.put_manifest(REPOSITORIES[at], &reference, media_type, &manifest).await;
        // What it names may have been deleted or collected.
        if put.status == 201 && !self.known[at].iter().any(|(known, ..)| *known == digest) {
            self.known[at].push((digest, manifest, media_type));
        }
    }

    pub fn any(&self, at: usize, which: usize) -> Option<Value> {
        let known = &self.known[at];
        let (digest, text, media_type) = known.get(which.checked_rem(known.len())?)?;
        Some(json!({"mediaType": media_type, "digest": digest, "size": text.len()}))
    }

    /// By its digest, or by a tag; what it is made of may be gone.
    async fn again(&mut self, at: usize, which: usize) {
        let Some(which_one) = which.checked_rem(self.known[at].len()) else { return };
        let (_, text, media_type) = self.known[at][which_one].clone();
        self.put(at, which.is_multiple_of(2).then_some(which / 2), media_type, text).await;
    }

    /// What of a repository may be deleted by a plan: with it goes what belongs to it.
    async fn delete_whole(&self, at: usize, which: usize) {
        if let Some(it) = self.any(at, which) {
            let digest = it["digest"].as_str().unwrap();
            self.test.delete(&format!("/api/v1/r/{}/-/manifests/{digest}", REPOSITORIES[at])).await;
        }
    }

    async fn image(&mut self, at: usize, which: usize, tag: Option<usize>) {
        let architecture = ["amd64", "arm64", "s390x"][which % 3];
        let image = self.test.image(REPOSITORIES[at], architecture, format!("layer {}", which % 6).as_bytes()).await;
        self.put(at, tag, OCI_MANIFEST, image).await;
    }

    async fn index(&mut self, at: usize, which: usize, tag: Option<usize>) {
        let children = [self.any(at, which), self.any(at, which / 2 + 1)];
        self.index_of(at, children, (tag, None)).await;
    }

    /// About something, if that is said.
    async fn index_of(
        &mut self,
        at: usize,
        children: [Option<Value>; 2],
        (tag, about): (Option<usize>, Option<Value>),
    ) {
        self.n_made += 1;
        let (children, n): (Vec<_>, _) = (children.into_iter().flatten().collect(), self.n_made.to_string());
        let mut index =
            json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children, "annotations": {"n": n}});
        if let Some(subject) = about {
            index["subject"] = subject;
        }
        self.put(at, tag, OCI_INDEX, index.to_string()).await;
    }

    /// About something that is there, or was; of an image of its own, for a ring of holds is never collected.
    async fn index_about(&mut self, at: usize, which: usize) {
        let subject = self.any(at, which);
        let image = self.test.image(REPOSITORIES[at], "amd64", format!("own {}", self.n_made).as_bytes()).await;
        let child = json!({"mediaType": OCI_MANIFEST, "digest": sha256(image.as_bytes()), "size": image.len()});
        self.put(at, None, OCI_MANIFEST, image).await;
        self.index_of(at, [Some(child), None], (None, subject)).await;
    }

    /// By a tag, as before there were referrers; about something that is there, or was.
    async fn note(&mut self, at: usize, which: usize) {
        let Some(of) = self.any(at, which) else { return };
        let kind = if which.is_multiple_of(2) { "sig" } else { "att" };
        let tag = format!("{}.{kind}", of["digest"].as_str().unwrap().replace(':', "-"));
        let image = self.test.image(REPOSITORIES[at], "amd64", format!("signed {which}").as_bytes()).await;
        self.put_as(at, Some(tag), OCI_MANIFEST, image).await;
    }

    /// About an image that nobody pushed, if nobody did.
    async fn signature_first(&mut self, at: usize, which: usize) {
        let image = self.test.image(REPOSITORIES[at], "amd64", format!("layer {}", which % 6).as_bytes()).await;
        let (digest, size) = (sha256(image.as_bytes()), image.len());
        self.signature_of(at, json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": size})).await;
    }

    /// About something that is there, or was.
    async fn signature(&mut self, at: usize, which: usize) {
        if let Some(subject) = self.any(at, which) {
            self.signature_of(at, subject).await;
        }
    }

    async fn signature_of(&mut self, at: usize, subject: Value) {
        self.n_made += 1;
        let empty = self.test.push_blob(REPOSITORIES[at], b"{}").await;
        let empty = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2});
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/signature", "config": empty,
            "layers": [empty], "subject": subject, "annotations": {"n": self.n_made.to_string()},
        });
        self.put(at, None, OCI_MANIFEST, manifest.to_string()).await;
    }

    pub async fn step(&mut self, (what, at, which): Step) {
        let at = at % REPOSITORIES.len();
        let name = REPOSITORIES[at];
        match what {
            What::Image => self.image(at, which, Some(which / 3)).await,
            What::Unnamed => self.image(at, which, None).await,
            What::Index => self.index(at, which, Some(which / 3)).await,
            What::UnnamedIndex => self.index(at, which, None).await,
            What::Twice => self.index_of(at, [self.any(at, which), self.any(at, which)], (Some(which / 3), None)).await,
            What::IndexAbout => self.index_about(at, which).await,
            What::Signature => self.signature(at, which).await,
            What::SignatureFirst => self.signature_first(at, which).await,
            What::Note => self.note(at, which).await,
            What::Untag => drop(self.test.delete(&format!("/v2/{name}/manifests/t{}", which % 5)).await),
            What::Delete => {
                if let Some(it) = self.any(at, which) {
                    let digest = it["digest"].as_str().unwrap();
                    self.test.delete(&format!("/v2/{name}/manifests/{digest}")).await;
                }
            }
            What::DeleteWhole => self.delete_whole(at, which).await,
            What::Again => self.again(at, which).await,
            What::Days => {
                let namespace = name.split('/').next().unwrap();
                let days = json!({"trash_days": 1 + which % 4});
                let set = send(&self.test, "PATCH", &format!("/api/v1/n/{namespace}"), days).await;
                assert_eq!(set.status, 200, "{}", set.text());
            }
            What::DeleteRepository if which % 4 == 0 => {
                self.test.delete(&format!("/api/v1/r/{name}")).await;
                self.known[at].clear();
            }
            What::DeleteRepository => {}
            What::Blob => drop(self.test.push_blob(name, format!("alone {}", which % 4).as_bytes()).await),
            What::DeleteBlob => {
                let layer = self.test.push_blob(name, format!("layer {}", which % 6).as_bytes()).await;
                self.test.delete(&format!("/v2/{name}/blobs/{layer}")).await;
            }
            What::Restore => back::restore(&self.test, name, which).await,
            What::RollBack => back::roll_back(&self.test, name, which).await,
            What::Copy => back::copy(&self.test, (name, REPOSITORIES[(at + 1) % REPOSITORIES.len()]), which).await,
            What::Wait => self.clock.advance_ms((which as i64 % 40) * HOUR_MS),
        }
        // What happens next is after it.
        self.clock.advance_ms(1000);
    }
}

async fn goes_by_the_model(steps: Vec<Step>, later: i64) {
    let mut world = World::new(CONFIG).await;
    let _running = world.test.start_jobs().await;
    for (number, step) in steps.iter().enumerate() {
        world.step(*step).await;
        if number == steps.len() / 2 {
            run(&world.test).await;
        }
    }
    back::all_entries_hold_their_images(&world.test).await;
    world.clock.advance_ms(later * HOUR_MS);
    let (test, now) = (&world.test, world.clock.now().0);
    let (before, expected) = (found(test).await, expected(test, now, (HOUR_MS / 2 * 3, 72 * HOUR_MS)).await);
    let dry = ran(&over(test, &collect(test, true).await).await);
    assert_eq!(found(test).await, before, "a dry run changes nothing");
    assert_eq!(dry.replace("Would collect", "Collected"), run(test).await, "and says what would go");
    let after = found(test).await;
    assert_eq!(after.images, expected.images);
    assert_eq!(after.links, expected.links);
    assert_eq!(after.contents, expected.contents);
    assert_eq!(files(test.folder.path()), after.contents, "no bytes are left of what is gone");
    assert_eq!(n_staged(test.folder.path()), 0);
    for name in REPOSITORIES {
        let tags = test.get(&format!("/v2/{name}/tags/list")).await;
        let tags = if tags.status == 200 { tags.json()["tags"].as_array().unwrap().clone() } else { vec![] };
        for tag in tags {
            pulls(test, name, tag.as_str().unwrap()).await;
        }
    }
    counts_hold(test).await;
    let again = run(test).await;
    assert!(again.contains("images: 0; links of blobs: 0; blobs: 0,"), "nothing is left for a second one: {again}");
}

/// What is counted and summed up is what a rebuild finds.
async fn counts_hold(test: &TestApp) {
    let sums = || async {
        let sql = "SELECT name || ' ' || n_tags || ' ' || n_images || ' ' || logical_bytes || ' ' || stored_bytes FROM repositories
                   UNION SELECT id || ' ' || n_tags || ' ' || n_images || ' ' || logical_bytes || ' ' || stored_bytes FROM mounts";
        super::texts(test, sql).await
    };
    let counted = sums().await;
    test.app.store.rebuild(&decides(Policy::Grants).system(Job::Rebuild, Maintain {})).await.unwrap();
    assert_eq!(counted, sums().await);
}

#[test]
fn what_is_collected_is_what_nothing_reaches_and_every_tag_pulls() {
    holds_of_all(CASES, &(steps(25..55, &MORE), 0_i64..150), |(steps, later)| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(goes_by_the_model(steps, later));
        Ok(())
    });
}

/// What only something that goes held goes with it.
#[tokio::test]
async fn an_index_goes_with_its_children_and_their_signatures_in_one_run() {
    let mut world = World::new(CONFIG).await;
    let _running = world.test.start_jobs().await;
    let images = [(What::Unnamed, 0, 0), (What::Unnamed, 0, 1)];
    for step in images.into_iter().chain([What::Signature, What::Index, What::Untag].map(|what| (what, 0, 0))) {
        world.step(step).await;
    }
    statement(&world.test, "UPDATE tag_moves SET at = at - 10000000000000").await;
    world.clock.advance_ms(100 * HOUR_MS);
    let said = run(&world.test).await;
    assert!(said.contains("entries of the trash: 1; images: 4;"), "{said}");
    assert!(files(world.test.folder.path()).is_empty());
}
