//! A hundred kills, each in the midst of pushes, mounts and deletes of tags, images and blobs. Every pusher knows what
//! was acknowledged to it and what was under way, and holds the next server to it.

use super::client::{Client, Reply};
use super::{Chance, QUIET, manifest};
use crate::support::process::Server;
use crate::support::sha256;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

const KILLS: usize = 100;
const PUSHERS: u64 = 4;
const TAGS: usize = 5;
/// What a pusher looks at after each kill; after the last it is everything.
const SAMPLE: usize = 8;

/// FLT-1, FLT-2, FLT-3.
#[test]
fn a_hundred_kills_take_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut pushers: Vec<Pusher> = (0..PUSHERS).map(Pusher::new).collect();
    let mut chance = Chance(1);
    // A machine that has little time for it does less between two kills; then there are more of them, and further apart.
    let mut n_kills = 0;
    while n_kills < KILLS || (!is_enough(met(&pushers)) && n_kills < 3 * KILLS) {
        n_kills += 1;
        let server = Server::start(folder.path(), &[QUIET]);
        let host = server.host.clone();
        each(&mut pushers, |pusher| pusher.hold_to_its_word(&host, SAMPLE));
        std::thread::scope(|scope| {
            for pusher in &mut pushers {
                scope.spawn(|| pusher.push_until_it_breaks(&host));
            }
            let further = 1 + 4 * (n_kills / KILLS) as u64;
            std::thread::sleep(Duration::from_millis((30 + chance.next() % 120) * further)); // Any moment will do.
            server.kill();
        });
    }
    let server = Server::start(folder.path(), &[QUIET]);
    each(&mut pushers, |pusher| pusher.hold_to_its_word(&server.host, usize::MAX));
    let met = met(&pushers);
    assert!(is_enough(met), "there was something to lose, to return and to hold on to: {met:?}");
    assert!(server.stop().success());
}

/// How much is kept, how many images and blobs were deleted, and how many deletes were refused.
fn met(pushers: &[Pusher]) -> [usize; 4] {
    let count = |kind: &str, is_there: bool| {
        let known = pushers.iter().flat_map(|pusher| &pusher.known);
        known.filter(|(path, content)| path.contains(kind) && content.is_some() == is_there).count()
    };
    let n_refused = pushers.iter().map(|pusher| pusher.n_refused).sum();
    [count("/", true), count("/manifests/", false), count("/blobs/", false), n_refused]
}

fn is_enough(met: [usize; 4]) -> bool {
    met[0] > KILLS && met[1..].iter().all(|n| *n > 0)
}

fn each(pushers: &mut [Pusher], work: impl Fn(&mut Pusher) + Sync) {
    std::thread::scope(|scope| pushers.iter_mut().for_each(|pusher| drop(scope.spawn(|| work(pusher)))));
}

/// A client with a repository of its own, and a second one from which it mounts.
struct Pusher {
    repository: String,
    base: String,
    chance: Chance,
    /// Paths by digest that were acknowledged, with their content; without it if that was their deletion.
    known: BTreeMap<String, Option<Vec<u8>>>,
    /// Tags with the digest that was acknowledged last.
    tags: BTreeMap<String, String>,
    /// Deletes of blobs that images name.
    n_refused: usize,
    under_way: UnderWay,
}

/// The request that was cut off.
#[derive(Default)]
enum UnderWay {
    #[default]
    Nothing,
    Blob {
        repository: String,
        content: Vec<u8>,
        session: Option<Session>,
    },
    Mount {
        content: Vec<u8>,
    },
    Manifest {
        tag: String,
        bytes: Vec<u8>,
    },
    Untag {
        tag: String,
    },
    Delete {
        digest: String,
    },
    DeleteBlob {
        path: String,
        content: Vec<u8>,
    },
}

/// An upload whose start was acknowledged.
struct Session {
    path: String,
    acknowledged: usize,
    sent: usize,
    is_closing: bool,
}

impl Pusher {
    fn new(seed: u64) -> Self {
        let (repository, base) = (format!("team/pusher-{seed}"), format!("team/base-{seed}"));
        let (known, tags, under_way) = (BTreeMap::new(), BTreeMap::new(), UnderWay::Nothing);
        Self { repository, base, chance: Chance(seed), known, tags, n_refused: 0, under_way }
    }

    fn push_until_it_breaks(&mut self, host: &str) {
        let mut client = Client::new(host);
        while self.push_image(&mut client).and_then(|()| self.change_something(&mut client)).is_ok() {}
    }

    /// An image whose configuration is mounted.
    fn push_image(&mut self, client: &mut Client) -> io::Result<()> {
        let (own, base) = (self.repository.clone(), self.base.clone());
        let config = self.push_blob(client, base, 300)?;
        self.under_way = UnderWay::Mount { content: config.clone() };
        self.mount(client, config.clone())?;
        let layer = self.push_blob(client, own, 200_000)?;
        let blobs = [config, layer].map(|content| (sha256(&content), content.len()));
        let (tag, bytes) = (format!("v{}", self.chance.below(TAGS)), manifest(&blobs));
        self.under_way = UnderWay::Manifest { tag: tag.clone(), bytes: bytes.clone() };
        self.push_manifest(client, tag, bytes)
    }

    /// Now and then a tag, an image or blobs go, and now and then one comes back by a mount.
    fn change_something(&mut self, client: &mut Client) -> io::Result<()> {
        let chosen = self.chance.below(self.tags.len());
        let (tag, digest) = self.tags.iter().nth(chosen).map(|(tag, digest)| (tag.clone(), digest.clone())).unwrap();
        match self.chance.below(8) {
            0 | 1 => {
                self.under_way = UnderWay::Untag { tag: tag.clone() };
                self.untag(client, &tag, 202)
            }
            2 => {
                self.under_way = UnderWay::Delete { digest: digest.clone() };
                self.delete(client, &digest, 202)
            }
            3..=5 => {
                let repository = if self.chance.below(3) == 0 { self.base.clone() } else { self.repository.clone() };
                let Some((path, content)) = self.any_blob(&repository) else { return Ok(()) };
                self.under_way = UnderWay::DeleteBlob { path: path.clone(), content: content.clone() };
                self.delete_blob(client, &path, 202)
            }
            6 => {
                let Some((_, content)) = self.any_blob(&self.base.clone()) else { return Ok(()) };
                self.under_way = UnderWay::Mount { content: content.clone() };
                self.mount(client, content)
            }
            _ => Ok(()),
        }
    }

    /// One of a repository, if it is still there.
    fn any_blob(&mut self, repository: &str) -> Option<(String, Vec<u8>)> {
        let start = format!("/v2/{repository}/blobs/");
        let blobs: Vec<_> = self.known.iter().filter(|(path, _)| path.starts_with(&start)).collect();
        let (path, content) = blobs[self.chance.below(blobs.len())];
        Some((path.clone(), content.clone()?))
    }

    /// In one request, or in chunks of which the last may come with the closing PUT.
    fn push_blob(&mut self, client: &mut Client, repository: String, most: usize) -> io::Result<Vec<u8>> {
        let length = 20 + self.chance.below(most);
        let content = self.chance.bytes(length);
        let (is_whole, n_chunks) = (self.chance.below(3) == 0, self.chance.below(4));
        self.under_way = UnderWay::Blob { repository: repository.clone(), content: content.clone(), session: None };
        let finished = if is_whole {
            client.push_blob(&repository, &content)?
        } else {
            let started = client.start(&repository)?;
            assert_eq!(started.status, 202, "{started:?}");
            let path = started.header("location").to_owned();
            self.push_chunks(client, &path, &content, n_chunks)?
        };
        assert_eq!(finished.status, 201, "{finished:?}");
        self.keep_blob(&repository, content.clone());
        Ok(content)
    }

    fn push_chunks(&mut self, client: &mut Client, path: &str, content: &[u8], n_chunks: usize) -> io::Result<Reply> {
        let mut noted = |acknowledged, sent, is_closing| {
            if let UnderWay::Blob { session, .. } = &mut self.under_way {
                *session = Some(Session { path: path.to_owned(), acknowledged, sent, is_closing });
            }
        };
        let mut at = 0;
        for chunk in content.chunks(content.len().div_ceil(3)).take(n_chunks) {
            noted(at, at + chunk.len(), false);
            let reply = client.call("PATCH", path, &[], chunk)?;
            assert_eq!((reply.status, reply.offset()), (202, at + chunk.len()), "{reply:?}");
            at += chunk.len();
        }
        noted(at, content.len(), true);
        client.call("PUT", &format!("{path}?digest={}", sha256(content)), &[], &content[at..])
    }

    fn keep_blob(&mut self, repository: &str, content: Vec<u8>) {
        self.known.insert(blob_path(repository, &content), Some(content));
        self.under_way = UnderWay::Nothing;
    }

    fn mount(&mut self, client: &mut Client, content: Vec<u8>) -> io::Result<()> {
        let from = format!("mount={}&from={}", sha256(&content), self.base);
        let mounted = client.call("POST", &format!("/v2/{}/blobs/uploads/?{from}", self.repository), &[], b"")?;
        assert_eq!(mounted.status, 201, "{mounted:?}");
        self.keep_blob(&self.repository.clone(), content);
        Ok(())
    }

    fn push_manifest(&mut self, client: &mut Client, tag: String, bytes: Vec<u8>) -> io::Result<()> {
        let reply = client.push_manifest(&self.repository, &tag, &bytes)?;
        assert_eq!(reply.status, 201, "{reply:?}");
        let digest = sha256(&bytes);
        self.known.insert(self.manifest_path(&digest), Some(bytes));
        self.tags.insert(tag, digest);
        self.under_way = UnderWay::Nothing;
        Ok(())
    }

    fn untag(&mut self, client: &mut Client, tag: &str, status: u16) -> io::Result<()> {
        let reply = client.call("DELETE", &self.manifest_path(tag), &[], b"")?;
        assert_eq!(reply.status, status, "{reply:?}");
        self.tags.remove(tag);
        self.under_way = UnderWay::Nothing;
        Ok(())
    }

    /// Deletes an image with all its tags.
    fn delete(&mut self, client: &mut Client, digest: &str, status: u16) -> io::Result<()> {
        let path = self.manifest_path(digest);
        let reply = client.call("DELETE", &path, &[], b"")?;
        assert_eq!(reply.status, status, "{reply:?}");
        self.tags.retain(|_, named| named != digest);
        self.known.insert(path, None);
        self.under_way = UnderWay::Nothing;
        Ok(())
    }

    /// Deletes a blob, or is told which of the images that are there need it.
    fn delete_blob(&mut self, client: &mut Client, path: &str, status: u16) -> io::Result<()> {
        let users = self.users(path);
        let reply = client.call("DELETE", path, &[], b"")?;
        if users.is_empty() {
            assert_eq!(reply.status, status, "{reply:?}");
            self.known.insert(path.to_owned(), None);
        } else {
            assert_eq!(reply.refusal(), "403 DENIED", "{users:?} name {path}");
            let said = String::from_utf8_lossy(&reply.body);
            assert!(users.iter().all(|user| said.contains(user)), "{users:?} name {path}: {said}");
            self.n_refused += 1;
        }
        self.under_way = UnderWay::Nothing;
        Ok(())
    }

    /// The digests of the images in the same repository that name a blob.
    fn users(&self, path: &str) -> Vec<String> {
        let (repository, digest) = path.rsplit_once("/blobs/").unwrap();
        let images = format!("{repository}/manifests/");
        let names = |content: &Vec<u8>| String::from_utf8_lossy(content).contains(digest);
        let found = self.known.iter().filter(|(_, content)| content.as_ref().is_some_and(names));
        found.filter_map(|(path, _)| path.strip_prefix(&images).map(str::to_owned)).collect()
    }

    fn manifest_path(&self, reference: &str) -> String {
        format!("/v2/{}/manifests/{reference}", self.repository)
    }

    /// Settles what was under way, then looks at the tags and at some of what was acknowledged.
    fn hold_to_its_word(&mut self, host: &str, sample: usize) {
        let mut client = Client::new(host);
        match std::mem::take(&mut self.under_way) {
            UnderWay::Nothing => {}
            UnderWay::Blob { repository, content, session } => {
                self.settle_blob(&mut client, &repository, content, session);
            }
            UnderWay::Mount { content } => {
                is_there(&mut client, &blob_path(&self.repository, &content), &content);
                self.mount(&mut client, content).unwrap();
            }
            UnderWay::Manifest { tag, bytes } => self.settle_manifest(&mut client, tag, bytes),
            UnderWay::Untag { tag } => self.settle_untag(&mut client, &tag),
            UnderWay::Delete { digest } => self.settle_delete(&mut client, &digest),
            UnderWay::DeleteBlob { path, content } => self.settle_delete_of_blob(&mut client, &path, &content),
        }
        for tag in (0..TAGS).map(|number| format!("v{number}")) {
            assert_eq!(self.named(&mut client, &tag).as_ref(), self.tags.get(&tag), "{tag}");
        }
        let n_known = self.known.len();
        let looked_at: Vec<usize> = match sample < n_known {
            true => (0..sample).map(|_| self.chance.below(n_known)).collect(),
            false => (0..n_known).collect(),
        };
        let known: Vec<_> = self.known.iter().collect();
        for (path, content) in looked_at.into_iter().map(|index| known[index]) {
            let pulled = client.get(path).unwrap();
            match content {
                Some(content) => assert!(pulled.status == 200 && pulled.body == *content, "{path} is lost: {pulled:?}"),
                None => assert_eq!(pulled.status, 404, "{path} was deleted: {pulled:?}"),
            }
        }
    }

    /// The digest of what a tag names, which is whole.
    fn named(&self, client: &mut Client, tag: &str) -> Option<String> {
        let found = client.get(&self.manifest_path(tag)).unwrap();
        if found.status == 404 {
            return None;
        }
        assert_eq!((found.status, found.header("docker-content-digest")), (200, sha256(&found.body).as_str()));
        Some(sha256(&found.body))
    }

    /// It is whole or not there; a session that is left goes on from what it says; the same push again succeeds.
    fn settle_blob(&mut self, client: &mut Client, repository: &str, content: Vec<u8>, session: Option<Session>) {
        is_there(client, &blob_path(repository, &content), &content);
        session.inspect(|session| session.resume(client, &content));
        assert_eq!(client.push_blob(repository, &content).unwrap().status, 201);
        self.keep_blob(repository, content);
    }

    /// The tag names what it named before, or what was under way.
    fn settle_manifest(&mut self, client: &mut Client, tag: String, bytes: Vec<u8>) {
        let (names, before, after) = (self.named(client, &tag), self.tags.get(&tag), sha256(&bytes));
        assert!(names.as_ref() == before || names.as_ref() == Some(&after), "{before:?}, then {after}: {names:?}");
        self.push_manifest(client, tag, bytes).unwrap();
    }

    /// The tag names what it named before, or nothing.
    fn settle_untag(&mut self, client: &mut Client, tag: &str) {
        let names = self.named(client, tag);
        assert!(names.is_none() || names.as_ref() == self.tags.get(tag), "{tag} names {names:?}");
        self.untag(client, tag, if names.is_some() { 202 } else { 404 }).unwrap();
    }

    /// The image is there with all its tags, or has gone with all of them.
    fn settle_delete(&mut self, client: &mut Client, digest: &str) {
        let is_there = self.named(client, digest).is_some();
        for (tag, _) in self.tags.iter().filter(|(_, named)| *named == digest) {
            assert_eq!(self.named(client, tag).is_some(), is_there, "half of {digest} was deleted: {tag}");
        }
        self.delete(client, digest, if is_there { 202 } else { 404 }).unwrap();
    }

    /// The blob is there whole or has gone; one that an image names is there.
    fn settle_delete_of_blob(&mut self, client: &mut Client, path: &str, content: &[u8]) {
        let is_there = is_there(client, path, content);
        assert!(is_there || self.users(path).is_empty(), "an image lost {path}");
        self.delete_blob(client, path, if is_there { 202 } else { 404 }).unwrap();
    }
}

fn blob_path(repository: &str, content: &[u8]) -> String {
    format!("/v2/{repository}/blobs/{}", sha256(content))
}

/// Whether a blob can be pulled; if it can, it is whole.
fn is_there(client: &mut Client, path: &str, content: &[u8]) -> bool {
    let found = client.get(path).unwrap();
    assert!(found.status == 404 || found.body == content, "half a blob is visible: {found:?}");
    found.status == 200
}

impl Session {
    fn resume(&self, client: &mut Client, content: &[u8]) {
        let asked = client.get(&self.path).unwrap();
        if asked.status == 404 {
            assert!(self.is_closing, "an upload that was acknowledged is gone");
            return;
        }
        let offset = asked.offset();
        assert!((self.acknowledged..=self.sent).contains(&offset), "{offset} of {}: {asked:?}", self.sent);
        let path = format!("{}?digest={}", self.path, sha256(content));
        let finished = client.call("PUT", &path, &[], &content[offset..]).unwrap();
        assert_eq!(finished.status, 201, "{finished:?}");
    }
}
