//! A hundred kills, each in the midst of pushes. Every pusher knows what was acknowledged to it and what was under
//! way, and holds the next server to it.

use super::client::{Client, Reply};
use super::{Chance, QUIET, manifest};
use crate::support::process::Server;
use crate::support::sha256;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

const KILLS: usize = 100;
const PUSHERS: u64 = 4;
/// What a pusher looks at after each kill; after the last it is everything.
const SAMPLE: usize = 8;

/// FLT-1, FLT-2, FLT-3.
#[test]
fn a_hundred_kills_take_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut pushers: Vec<Pusher> = (0..PUSHERS).map(Pusher::new).collect();
    let mut chance = Chance(1);
    for _ in 0..KILLS {
        let server = Server::start(folder.path(), &[QUIET]);
        let host = server.host.clone();
        each(&mut pushers, |pusher| pusher.hold_to_its_word(&host, SAMPLE));
        std::thread::scope(|scope| {
            for pusher in &mut pushers {
                scope.spawn(|| pusher.push_until_it_breaks(&host));
            }
            std::thread::sleep(Duration::from_millis(30 + chance.next() % 120)); // Any moment will do.
            server.kill();
        });
    }
    let server = Server::start(folder.path(), &[QUIET]);
    each(&mut pushers, |pusher| pusher.hold_to_its_word(&server.host, usize::MAX));
    let n_kept: usize = pushers.iter().map(|pusher| pusher.kept.len()).sum();
    assert!(n_kept > 4 * KILLS, "there was something to lose: {n_kept}");
    assert!(server.stop().success());
}

fn each(pushers: &mut [Pusher], work: impl Fn(&mut Pusher) + Sync) {
    std::thread::scope(|scope| pushers.iter_mut().for_each(|pusher| drop(scope.spawn(|| work(pusher)))));
}

/// A client with a repository of its own.
struct Pusher {
    repository: String,
    chance: Chance,
    /// Paths by digest that were acknowledged, with their content.
    kept: Vec<(String, Vec<u8>)>,
    /// Tags with the path and digest that were acknowledged last.
    tags: BTreeMap<String, String>,
    under_way: UnderWay,
}

/// The request that was cut off.
#[derive(Default)]
enum UnderWay {
    #[default]
    Nothing,
    Blob {
        content: Vec<u8>,
        session: Option<Session>,
    },
    Manifest {
        tag: String,
        bytes: Vec<u8>,
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
        let (kept, tags, under_way) = (Vec::new(), BTreeMap::new(), UnderWay::Nothing);
        Self { repository: format!("team/pusher-{seed}"), chance: Chance(seed), kept, tags, under_way }
    }

    fn push_until_it_breaks(&mut self, host: &str) {
        let mut client = Client::new(host);
        while self.push_image(&mut client).is_ok() {}
    }

    fn push_image(&mut self, client: &mut Client) -> io::Result<()> {
        let blobs = [self.push_blob(client, 300)?, self.push_blob(client, 200_000)?];
        let (tag, bytes) = (format!("v{}", self.chance.below(5)), manifest(&blobs));
        self.under_way = UnderWay::Manifest { tag: tag.clone(), bytes: bytes.clone() };
        let reply = client.push_manifest(&self.repository, &tag, &bytes)?;
        assert_eq!(reply.status, 201, "{reply:?}");
        self.keep_manifest(tag, bytes);
        Ok(())
    }

    /// In one request, or in chunks of which the last may come with the closing PUT.
    fn push_blob(&mut self, client: &mut Client, most: usize) -> io::Result<(String, usize)> {
        let length = 20 + self.chance.below(most);
        let content = self.chance.bytes(length);
        let (digest, is_whole, n_chunks) = (sha256(&content), self.chance.below(3) == 0, self.chance.below(4));
        self.under_way = UnderWay::Blob { content: content.clone(), session: None };
        let finished = if is_whole {
            client.push_blob(&self.repository, &content)?
        } else {
            let started = client.start(&self.repository)?;
            assert_eq!(started.status, 202, "{started:?}");
            let path = started.header("location").to_owned();
            self.push_chunks(client, &path, &content, n_chunks)?
        };
        assert_eq!(finished.status, 201, "{finished:?}");
        self.keep_blob(content);
        Ok((digest, length))
    }

    fn push_chunks(&mut self, client: &mut Client, path: &str, content: &[u8], n_chunks: usize) -> io::Result<Reply> {
        let mut noted = |acknowledged, sent, is_closing| {
            let session = Session { path: path.to_owned(), acknowledged, sent, is_closing };
            self.under_way = UnderWay::Blob { content: content.to_owned(), session: Some(session) };
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

    fn keep_blob(&mut self, content: Vec<u8>) {
        self.kept.push((format!("/v2/{}/blobs/{}", self.repository, sha256(&content)), content));
        self.under_way = UnderWay::Nothing;
    }

    fn keep_manifest(&mut self, tag: String, bytes: Vec<u8>) {
        let digest = sha256(&bytes);
        self.kept.push((format!("/v2/{}/manifests/{digest}", self.repository), bytes));
        self.tags.insert(tag, digest);
        self.under_way = UnderWay::Nothing;
    }

    /// Settles what was under way, then looks at the tags and at some of what was acknowledged.
    fn hold_to_its_word(&mut self, host: &str, sample: usize) {
        let mut client = Client::new(host);
        match std::mem::take(&mut self.under_way) {
            UnderWay::Nothing => {}
            UnderWay::Blob { content, session } => self.settle_blob(&mut client, content, session),
            UnderWay::Manifest { tag, bytes } => self.settle_manifest(&mut client, tag, bytes),
        }
        for (tag, digest) in &self.tags {
            let named = client.get(&format!("/v2/{}/manifests/{tag}", self.repository)).unwrap();
            assert_eq!((named.header("docker-content-digest"), sha256(&named.body).as_str()), (&**digest, &**digest));
        }
        let n_kept = self.kept.len();
        let looked_at: Vec<usize> = match sample < n_kept {
            true => (0..sample).map(|_| self.chance.below(n_kept)).collect(),
            false => (0..n_kept).collect(),
        };
        for (path, content) in looked_at.into_iter().map(|index| &self.kept[index]) {
            let pulled = client.get(path).unwrap();
            assert!(pulled.status == 200 && pulled.body == *content, "{path} was acknowledged: {pulled:?}");
        }
    }

    /// It is whole or not there; a session that is left goes on from what it says; the same push again succeeds.
    fn settle_blob(&mut self, client: &mut Client, content: Vec<u8>, session: Option<Session>) {
        let path = format!("/v2/{}/blobs/{}", self.repository, sha256(&content));
        let found = client.get(&path).unwrap();
        assert!(found.status == 404 || found.body == content, "half a blob is visible: {found:?}");
        session.inspect(|session| session.resume(client, &content));
        assert_eq!(client.push_blob(&self.repository, &content).unwrap().status, 201);
        self.keep_blob(content);
    }

    /// The tag names what it named before, or what was under way.
    fn settle_manifest(&mut self, client: &mut Client, tag: String, bytes: Vec<u8>) {
        let (before, after) = (self.tags.get(&tag), sha256(&bytes));
        let found = client.get(&format!("/v2/{}/manifests/{tag}", self.repository)).unwrap();
        let names = Some(found.header("docker-content-digest").to_owned()).filter(|_| found.status == 200);
        assert!(names.as_ref() == before || names.as_ref() == Some(&after), "{before:?}, then {after}: {found:?}");
        assert_eq!(client.push_manifest(&self.repository, &tag, &bytes).unwrap().status, 201);
        self.keep_manifest(tag, bytes);
    }
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
