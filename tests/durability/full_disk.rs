//! A full disk: the data folder is a small file system of its own, filled to the last byte or the last file and freed
//! again under a server that goes on.

use super::client::{Client, Reply};
use super::{Chance, QUIET, manifest};
use crate::support::process::{ADMIN, Server, left_out};
use crate::support::sha256;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILLER: &str = r#"head -c 16000000 /dev/zero > "$0/filler""#;
/// Until the last byte is taken, not until a reserve is.
const SETTINGS: &[(&str, &str)] = &[QUIET, ADMIN[0], ADMIN[1], ("PORTOLAN_STORAGE__RESERVE_BYTES", "0")];
const REPOSITORY: &str = "team/full";

/// FLT-13.
#[test]
fn a_full_disk_refuses_writers_serves_readers_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, inside)) = start_on_small_disk(folder.path(), "size=32m") else { return };
    let mut client = Client::as_admin(&server.host);
    let session = client.start(REPOSITORY).unwrap().header("location").to_owned();

    let mut writers: Vec<Writer> = (0..4).map(Writer::new).collect();
    // Whoever comes late finds the disk full, and has something there all the same.
    assert!(writers.iter_mut().all(|writer| writer.push_image(&mut client, 1000)));
    std::thread::scope(|scope| {
        for writer in &mut writers {
            scope.spawn(|| writer.push_until_nothing_fits(&mut Client::as_admin(&server.host)));
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

/// A server on a file system of its own, half of which is taken by `filler`, and the way to it from outside; `None`
/// where this user may not mount one.
fn start_on_small_disk(folder: &Path, options: &str) -> Option<(Server, PathBuf)> {
    let (path, mount) = (folder.to_str().unwrap(), format!(r#"mount -t tmpfs -o {options} tmpfs "$0""#));
    let mounted = Command::new("unshare").args(["-rm", "sh", "-c", &mount, path]).output();
    if !mounted.is_ok_and(|tried| tried.status.success()) {
        left_out("this user may not mount a file system");
        return None;
    }
    let script = format!(r#"{mount} && {FILLER} && exec "$@""#);
    let server = Server::start_below(&["unshare", "-rm", "sh", "-c", &script, path], folder, SETTINGS);
    let inside = PathBuf::from(format!("/proc/{}/root{path}", server.pid()));
    Some((server, inside))
}

/// FLT-14: there is room for bytes, and none for one more file.
#[test]
fn a_disk_that_takes_no_more_files_refuses_them_serves_readers_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, inside)) = start_on_small_disk(folder.path(), "size=32m,nr_inodes=200") else { return };
    let (mut client, mut chance) = (Client::as_admin(&server.host), Chance(12));
    let blob = Content::Blob(chance.bytes(100_000));
    assert_eq!(blob.push(&mut client).status, 201);
    let mut writer = Writer { kept: vec![blob], ..Writer::new(12) };
    let [begun, new] = [(); 2].map(|()| client.start(REPOSITORY).unwrap().header("location").to_owned());
    let content = chance.bytes(200_000);
    assert!(is_acknowledged(&client.call("PATCH", &begun, &[], &content[..100_000]).unwrap()));

    let fillers = take_every_file(&inside);
    assert!(!writer.push(&mut client, Content::Blob(chance.bytes(1000))));
    assert!(!is_acknowledged(&client.call("PATCH", &new, &[], &content).unwrap()), "its first bytes need a file");
    std::fs::remove_file(&fillers[0]).unwrap();
    let (in_old_folder, in_new_folder) =
        (in_folder(&inside, &mut chance, true), in_folder(&inside, &mut chance, false));
    assert!(!writer.push(&mut client, Content::Blob(in_new_folder)), "one file is left, and no folder to put it into");
    assert!(writer.push(&mut client, Content::Blob(in_old_folder)), "what was refused has given its file back");
    assert!(!writer.push(&mut client, Content::Blob(chance.bytes(1000))));
    writer.look(&mut client);

    fillers[1..].iter().for_each(|filler| std::fs::remove_file(filler).unwrap());
    writer.push_what_was_refused(&mut client);
    for session in [begun, new] {
        let offset = client.get(&session).unwrap().offset();
        let path = format!("{session}?digest={}", sha256(&content));
        let reply = client.call("PUT", &path, &[], &content[offset..]).unwrap();
        assert_eq!(reply.status, 201, "the session goes on: {reply:?}");
    }
    writer.look(&mut client);
    assert_eq!(std::fs::read_dir(inside.join("staging")).unwrap().count(), 0, "what was refused takes no file");
    assert!(server.stop().success());
}

/// Makes empty files until there can be no more.
fn take_every_file(folder: &Path) -> Vec<PathBuf> {
    let mut taken = Vec::new();
    loop {
        let path = folder.join(format!("empty-{}", taken.len()));
        match File::create_new(&path) {
            Ok(_) => taken.push(path),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StorageFull);
                return taken;
            }
        }
    }
}

/// A blob that goes into a folder which is there already, or into one that is not.
fn in_folder(inside: &Path, chance: &mut Chance, is_there: bool) -> Vec<u8> {
    let folder = |content: &[u8]| inside.join("blobs/sha256").join(&sha256(content)[7..9]);
    let mut candidates = std::iter::repeat_with(|| chance.bytes(1000));
    candidates.find(|content| folder(content).exists() == is_there).unwrap()
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

    fn push_image(&mut self, client: &mut Client, size: usize) -> bool {
        let blob = self.chance.bytes(size);
        let descriptor = (sha256(&blob), blob.len());
        let is_kept = self.push(client, Content::Blob(blob));
        if is_kept {
            self.push(client, Content::Manifest(manifest(&[descriptor.clone(), descriptor])));
        }
        is_kept
    }

    /// Ever smaller things, until the smallest is refused.
    fn push_until_nothing_fits(&mut self, client: &mut Client) {
        let mut size = 700_000;
        while size > 0 {
            if !self.push_image(client, size) {
                size /= 4;
            }
        }
        assert!(self.kept.len() > 1 && self.refused.len() > 5, "writer {} has seen both", self.seed);
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
