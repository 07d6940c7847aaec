//! A full disk: the data folder is a small file system of its own, filled to the last byte and freed again under a
//! server that goes on.

use super::client::{Client, Reply};
use super::{Chance, QUIET, manifest};
use crate::support::process::{Server, left_out};
use crate::support::sha256;
use std::path::PathBuf;
use std::process::Command;

const MOUNT: &str = r#"mount -t tmpfs -o size=32m tmpfs "$0""#;
const FILLER: &str = r#"head -c 16000000 /dev/zero > "$0/filler""#;
/// Until the last byte is taken, not until a reserve is.
const SETTINGS: &[(&str, &str)] = &[QUIET, ("PORTOLAN_STORAGE__RESERVE_BYTES", "0")];
const REPOSITORY: &str = "team/full";

/// FLT-13, FLT-14.
#[test]
fn a_full_disk_refuses_writers_serves_readers_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let mounted = Command::new("unshare").args(["-rm", "sh", "-c", MOUNT, path]).output();
    if !mounted.is_ok_and(|tried| tried.status.success()) {
        return left_out("this user may not mount a file system");
    }
    let script = format!(r#"{MOUNT} && {FILLER} && exec "$@""#);
    let server = Server::start_below(&["unshare", "-rm", "sh", "-c", &script, path], folder.path(), SETTINGS);
    let inside = PathBuf::from(format!("/proc/{}/root{path}", server.pid()));
    let mut client = Client::new(&server.host);
    let session = client.start(REPOSITORY).unwrap().header("location").to_owned();

    let mut writers: Vec<Writer> = (0..4).map(Writer::new).collect();
    std::thread::scope(|scope| {
        for writer in &mut writers {
            scope.spawn(|| writer.push_until_nothing_fits(&mut Client::new(&server.host)));
        }
    });
    let content = Chance(9).bytes(1 << 20);
    assert!(!is_acknowledged(&client.call("PATCH", &session, &[], &content).unwrap()));
    writers.iter().for_each(|writer| writer.look(&mut client));

    std::fs::remove_file(inside.join("filler")).unwrap();
    writers.iter_mut().for_each(|writer| writer.push_what_was_refused(&mut client));
    let offset = client.get(&session).unwrap().offset();
    let path = format!("{session}?digest={}", sha256(&content));
    let reply = client.call("PUT", &path, &[], &content[offset..]).unwrap();
    assert_eq!(reply.status, 201, "the session goes on: {reply:?}");
    writers.iter().for_each(|writer| writer.look(&mut client));
    assert_eq!(std::fs::read_dir(inside.join("staging")).unwrap().count(), 0, "what was refused takes no room");
    assert!(server.stop().success());
}

/// Says no as a client understands it, or has done what it was asked.
fn is_acknowledged(reply: &Reply) -> bool {
    if (200..300).contains(&reply.status) {
        return true;
    }
    assert!(["503 UNAVAILABLE", "507 UNAVAILABLE"].contains(&&*reply.refusal()), "{reply:?}");
    assert!(reply.header("retry-after").parse::<u32>().is_ok(), "{reply:?}");
    false
}

/// Pushes blobs, and manifests of what was pushed.
struct Writer {
    seed: u64,
    chance: Chance,
    kept: Vec<Content>,
    refused: Vec<Content>,
}

enum Content {
    Blob(Vec<u8>),
    Manifest(Vec<u8>),
}

impl Content {
    fn push(&self, client: &mut Client) -> Reply {
        match self {
            Self::Blob(bytes) => client.push_blob(REPOSITORY, bytes).unwrap(),
            Self::Manifest(bytes) => client.push_manifest(REPOSITORY, &sha256(bytes), bytes).unwrap(),
        }
    }

    fn pull(&self, client: &mut Client) -> (Reply, &[u8]) {
        let (kind, bytes) = match self {
            Self::Blob(bytes) => ("blobs", bytes),
            Self::Manifest(bytes) => ("manifests", bytes),
        };
        (client.get(&format!("/v2/{REPOSITORY}/{kind}/{}", sha256(bytes))).unwrap(), bytes)
    }
}

impl Writer {
    fn new(seed: u64) -> Self {
        Self { seed, chance: Chance(seed), kept: Vec::new(), refused: Vec::new() }
    }

    /// Ever smaller things, until the smallest is refused.
    fn push_until_nothing_fits(&mut self, client: &mut Client) {
        let mut size = 700_000;
        while size > 0 {
            let blob = self.chance.bytes(size);
            let descriptor = (sha256(&blob), blob.len());
            let is_kept = self.push(client, Content::Blob(blob));
            if is_kept {
                self.push(client, Content::Manifest(manifest(&[descriptor.clone(), descriptor])));
            } else {
                size /= 4;
            }
        }
        assert!(self.kept.len() > 2 && self.refused.len() > 5, "writer {} has seen both", self.seed);
    }

    fn push(&mut self, client: &mut Client, content: Content) -> bool {
        let is_kept = is_acknowledged(&content.push(client));
        if is_kept {
            self.kept.push(content)
        } else {
            self.refused.push(content)
        };
        is_kept
    }

    /// What was acknowledged comes down whole, what was refused does not.
    fn look(&self, client: &mut Client) {
        for (pulled, content) in self.kept.iter().map(|content| content.pull(client)) {
            assert!(pulled.status == 200 && pulled.body == content, "{pulled:?}");
        }
        for (pulled, _) in self.refused.iter().map(|content| content.pull(client)) {
            assert_eq!(pulled.status, 404, "{pulled:?}");
        }
    }

    fn push_what_was_refused(&mut self, client: &mut Client) {
        for content in std::mem::take(&mut self.refused) {
            let reply = content.push(client);
            assert_eq!(reply.status, 201, "there is room again: {reply:?}");
            self.kept.push(content);
        }
    }
}
