//! FLT-12 by power cuts: the disk forgets in the midst of each phase of a collection, under which somebody pushes what is
//! just being freed. Each start goes on with it: what was kept or acknowledged is there whole, and of the rest nothing is
//! left.

use super::disk::{Disk, Names};
use super::record::Step;
use super::{acknowledged, every_name_has_its_content, on_record};
use crate::collect::files;
use crate::durability::client::{Client, Reply};
use crate::durability::{Chance, QUIET, manifest};
use crate::support::process::{ADMIN, Server, eventually, left_out};
use crate::support::{OCI_MANIFEST, sha256};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// Of one repository, of which the first are kept; and of one that is deleted as a whole.
const IMAGES: usize = 120;
const KEPT: usize = 5;
const OF_WHOLE: usize = 40;
/// So many layers that were deleted are pushed once more.
const AGAIN: usize = 40;
/// Larger than what is removed where it lies.
const LARGE: usize = 1_100_000;
/// At so many moments it is looked at what a cut would leave.
const LOOKS: usize = 240;
/// Entries of the trash, what is left of a repository, images, links, content without a mark, content with one.
const PHASES: usize = 6;
const BYTES: usize = 5;
const JSON: (&str, &str) = ("Content-Type", "application/json");

const NOTHING_IS_KEPT: [(&str, &str); 7] = [
    QUIET,
    ADMIN[0],
    ADMIN[1],
    ("PORTOLAN_TRASH__DAYS", "0"),
    ("PORTOLAN_HISTORY__DAYS", "0"),
    ("PORTOLAN_GC__GRACE_S", "0"),
    ("PORTOLAN_GC__EVERY_S", "0"),
];

struct Image {
    tag: String,
    /// Its config first.
    blobs: Vec<Vec<u8>>,
    manifest: Vec<u8>,
}

impl Image {
    fn of(tag: String, blobs: Vec<Vec<u8>>) -> Self {
        let manifest = manifest(&blobs.iter().map(|blob| (sha256(blob), blob.len())).collect::<Vec<_>>());
        Self { tag, blobs, manifest }
    }

    fn parts(&self) -> impl Iterator<Item = String> {
        self.blobs.iter().map(|blob| sha256(blob))
    }
}

/// What was there before, as it was made.
struct Before {
    kept: Vec<Image>,
    deleted: Vec<Image>,
    of_whole: Vec<Image>,
}

/// What somebody pushes during the collection.
struct Pushed {
    image: Image,
    /// Which answer acknowledged it.
    answer: usize,
}

/// A client that counts its answers.
struct Pusher {
    client: Client,
    n_answers: usize,
}

impl Pusher {
    fn ask(&mut self, method: &str, path: &str, header: (&str, &str), body: &[u8]) -> Reply {
        self.n_answers += 1;
        self.client.call(method, path, &[header], body).unwrap()
    }

    /// What is there already is not sent again.
    fn push(&mut self, repository: &str, image: &Image) {
        for blob in &image.blobs {
            let digest = sha256(blob);
            let there = self.ask("HEAD", &format!("/v2/{repository}/blobs/{digest}"), JSON, b"");
            if there.status != 200 {
                let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
                acknowledged(Ok(self.ask("POST", &path, ("Content-Type", "application/octet-stream"), blob)), 201);
            }
        }
        let path = format!("/v2/{repository}/manifests/{}", image.tag);
        acknowledged(Ok(self.ask("PUT", &path, ("Content-Type", OCI_MANIFEST), &image.manifest)), 201);
    }

    fn collect(&mut self) -> String {
        let made = acknowledged(Ok(self.ask("POST", "/api/v1/jobs", JSON, br#"{"kind":"gc"}"#)), 201);
        serde_json::from_slice::<Value>(&made.body).unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn is_done(&mut self, job: &str) -> bool {
        let found = acknowledged(Ok(self.ask("GET", &format!("/api/v1/jobs/{job}"), JSON, b"")), 200);
        serde_json::from_slice::<Value>(&found.body).unwrap()["state"] == "done"
    }
}

/// Pushes images, deletes most of them, and makes all of it older than anybody was promised.
fn fill(folder: &Path) -> Before {
    let server = Server::start_private(folder, &NOTHING_IS_KEPT);
    let (mut pusher, mut chance) = (Pusher { client: Client::as_admin(&server.host), n_answers: 0 }, Chance(36));
    let mut push = |repository: &str, number: usize| {
        let size = if number % 25 == 24 { LARGE } else { 300 };
        let blobs = vec![format!("{{\"n\":{number}}}").into_bytes(), chance.bytes(size), b"shared".to_vec()];
        let image = Image::of(format!("t{number}"), blobs);
        pusher.push(repository, &image);
        image
    };
    let mut kept: Vec<Image> = (0..IMAGES).map(|number| push("kill/web", number)).collect();
    let of_whole = (IMAGES..IMAGES + OF_WHOLE).map(|number| push("kill/whole", number)).collect();
    let deleted = kept.split_off(KEPT);
    for Image { tag, .. } in &deleted {
        acknowledged(Ok(pusher.ask("DELETE", &format!("/v2/kill/web/manifests/{tag}"), JSON, b"")), 202);
    }
    acknowledged(Ok(pusher.ask("DELETE", "/api/v1/r/kill/whole", JSON, b"")), 204);
    assert!(server.stop().success());
    let older = "UPDATE repository_blobs SET linked_at = linked_at - 3600000;
                 UPDATE manifests SET unnamed_since = unnamed_since - 3600000, told_at = told_at - 3600000;
                 UPDATE tag_moves SET at = at - 3600000;";
    Connection::open(folder.join("portolan.db")).unwrap().execute_batch(older).unwrap();
    Before { kept, deleted, of_whole }
}

/// Collects, and pushes meanwhile what has layers in common with what goes; the job, and what was pushed.
fn collect(server: &Server, before: &Before) -> (String, Vec<Pushed>, usize) {
    let mut pusher = Pusher { client: Client::as_admin(&server.host), n_answers: 0 };
    let (job, mut pushed) = (pusher.collect(), Vec::new());
    while !pusher.is_done(&job) {
        let (number, again) = (pushed.len(), &before.deleted[pushed.len() % AGAIN].blobs[1]);
        let image = Image::of(format!("n{number}"), vec![format!("{{\"new\":{number}}}").into_bytes(), again.clone()]);
        pusher.push("kill/web", &image);
        pushed.push(Pushed { image, answer: pusher.n_answers });
    }
    (job, pushed, pusher.n_answers)
}

/// How much each phase has left to take of what nobody pushed again.
fn left(database: &Connection, before: &Before) -> [usize; PHASES] {
    let found = |sql: &str| -> BTreeSet<String> {
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap());
        rows.collect()
    };
    let images = |some: &[Image]| -> BTreeSet<String> { some.iter().map(|image| sha256(&image.manifest)).collect() };
    let only_theirs: BTreeSet<String> =
        before.deleted[AGAIN..].iter().flat_map(|image| image.parts().take(2).collect::<Vec<_>>()).collect();
    let manifests = found("SELECT digest FROM manifests");
    [
        found("SELECT id FROM trash").len(),
        manifests.intersection(&images(&before.of_whole)).count(),
        manifests.intersection(&images(&before.deleted)).count(),
        found("SELECT digest FROM repository_blobs").intersection(&only_theirs).count(),
        found("SELECT digest FROM blobs WHERE deleting_at IS NULL").intersection(&only_theirs).count(),
        found("SELECT digest FROM blobs WHERE deleting_at IS NOT NULL").intersection(&only_theirs).count(),
    ]
}

/// The phase that was under way in what a cut leaves, if one was.
fn phase(disk: &Disk, names: Names, before: &Before, untouched: &[usize; PHASES]) -> Option<usize> {
    let looked_at = tempfile::tempdir().unwrap();
    disk.leave(looked_at.path(), names);
    let left = left(&Connection::open(looked_at.path().join("portolan.db")).unwrap(), before);
    if left[..4] == untouched[..4] { None } else { (0..PHASES).find(|phase| left[*phase] > 0) }
}

#[test]
fn a_power_cut_in_each_phase_of_a_collection_takes_nothing_that_is_named() {
    if !Path::new("/usr/bin/strace").exists() {
        return left_out("strace is not installed");
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    let before = fill(&folder);
    let untouched = left(&Connection::open(folder.join("portolan.db")).unwrap(), &before);
    let (mut disk, mut n_answered) = (Disk::with(&folder, &folder), 0);
    let ((job, pushed, n_answers), steps) = on_record(&folder, &NOTHING_IS_KEPT, |server| collect(server, &before));
    let (mut looks, mut cuts) = ([Names::Synced, Names::Written, Names::AndContents].into_iter().cycle(), vec![]);
    for (at, step) in steps.iter().enumerate() {
        disk.take(step);
        n_answered += usize::from(matches!(step, Step::Answered));
        if n_answered == 0 || at % (steps.len() / LOOKS).max(1) != 0 {
            continue;
        }
        let names = looks.next().expect("they are gone through again and again");
        let Some(phase) = phase(&disk, names, &before, &untouched) else { continue };
        // In the last one files go: there it counts what a disk keeps.
        if cuts.iter().any(|(cut, kept)| *cut == phase && (phase != BYTES || *kept == names)) {
            continue;
        }
        cuts.push((phase, names));
        println!("cut in phase {phase} after step {at} of {}, {n_answered} of {n_answers} answers", steps.len());
        let left = tempfile::tempdir().unwrap();
        disk.leave(left.path(), names);
        let (done, rest) = pushed.split_at(pushed.iter().take_while(|it| it.answer <= n_answered).count());
        hold(left.path(), (&before, done), rest.first(), &job);
    }
    assert_eq!(n_answered, n_answers, "one answer for each request");
    let phases: BTreeSet<usize> = cuts.iter().map(|(phase, _)| *phase).collect();
    assert_eq!(phases, (0..PHASES).collect(), "all of them were cut: {} pushes meanwhile", pushed.len());
}

/// Starts a server on what a cut left. The push that comes next may have been under way.
fn hold(folder: &Path, (before, pushed): (&Before, &[Pushed]), next: Option<&Pushed>, job: &str) {
    let blobs = folder.join("blobs/sha256");
    every_name_has_its_content(&blobs);
    is_old(&blobs);
    let server = Server::start_private(folder, &NOTHING_IS_KEPT);
    let mut pusher = Pusher { client: Client::as_admin(&server.host), n_answers: 0 };
    let there: Vec<&Image> = before.kept.iter().chain(pushed.iter().map(|it| &it.image)).collect();
    are_whole(&mut pusher.client, &there);
    eventually("the collection ends", || pusher.is_done(job));
    let again = pusher.collect();
    eventually("and the next one", || pusher.is_done(&again));
    are_whole(&mut pusher.client, &there);

    let listed = pusher.client.get("/v2/kill/web/tags/list?n=1000").unwrap();
    let listed: Value = serde_json::from_slice(&listed.body).unwrap();
    let tags: BTreeSet<&str> = listed["tags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let on_its_way = next.filter(|next| tags.contains(&*next.image.tag)).map(|next| &next.image);
    assert_eq!(tags, there.iter().copied().chain(on_its_way).map(|image| &*image.tag).collect());
    assert_eq!(pusher.client.get("/v2/kill/whole/tags/list").unwrap().status, 404);

    let parts: BTreeSet<String> = there.iter().flat_map(|image| image.parts()).collect();
    let at_most: BTreeSet<String> = parts.iter().cloned().chain(next.iter().flat_map(|it| it.image.parts())).collect();
    let database = Connection::open(folder.join("portolan.db")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    database.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'sweep'", []).unwrap();
    let is_freed = || files(folder).is_subset(&at_most);
    eventually("nothing is left of what is gone", is_freed);
    assert!(parts.is_subset(&files(folder)));
    let staged = std::fs::read_dir(folder.join("staging")).unwrap().map(|it| it.unwrap().file_name());
    assert_eq!(staged.filter(|name| name.to_string_lossy().starts_with("aside-")).count(), 0);
    assert!(server.stop().success());
    let state: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(state, "ok");
}

/// Content that nothing knows is swept once it is a day old.
fn is_old(blobs: &Path) {
    let folders = std::fs::read_dir(blobs).unwrap().map(|folder| folder.unwrap().path());
    for file in folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let file = std::fs::File::options().write(true).open(file.unwrap().path()).unwrap();
        file.set_modified(UNIX_EPOCH).unwrap();
    }
}

fn are_whole(client: &mut Client, images: &[&Image]) {
    for Image { tag, blobs, manifest } in images {
        let found = client.get(&format!("/v2/kill/web/manifests/{tag}")).unwrap();
        assert!(found.status == 200 && found.body == *manifest, "{tag}: {found:?}");
        for blob in blobs {
            let found = client.get(&format!("/v2/kill/web/blobs/{}", sha256(blob))).unwrap();
            assert!(found.status == 200 && found.body == *blob, "{tag}: {found:?}");
        }
    }
}
