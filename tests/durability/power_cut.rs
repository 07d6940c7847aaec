//! Power cuts: the server runs with its calls to the system on record, the record is played on a disk that forgets
//! what was not synced, and the next server starts on what is left.

mod collection;
mod disk;
mod record;

use super::client::{Client, Reply};
use super::{Chance, QUIET, manifest};
use crate::support::process::{ADMIN, Server, eventually, left_out};
use crate::support::sha256;
use disk::{Disk, Names};
use record::Step;
use std::path::Path;

const REPOSITORY: &str = "team/web";
/// Where it mounts from.
const BASE: &str = "team/base";
const CUTS: usize = 16;

/// What an acknowledgement promises.
enum Promise {
    Upload {
        path: String,
        content: Vec<u8>,
        received: usize,
    },
    Blob {
        repository: &'static str,
        content: Vec<u8>,
    },
    /// A blob of [`REPOSITORY`].
    Dropped {
        content: Vec<u8>,
    },
    Manifest {
        tag: String,
        bytes: Vec<u8>,
    },
    Untagged {
        tag: String,
    },
    Deleted {
        bytes: Vec<u8>,
    },
}

/// FLT-3, FLT-4.
#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    if !Path::new("/usr/bin/strace").exists() {
        return left_out("strace is not installed");
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    let variables = [QUIET, ADMIN[0], ADMIN[1]];
    let (promises, steps) = on_record(&folder, &variables, |server| push(&mut Client::as_admin(&server.host)));
    let answers: Vec<usize> = (0..steps.len()).filter(|at| matches!(steps[*at], Step::Answered)).collect();
    assert_eq!(answers.len(), promises.len(), "one answer for each request");
    each_answer_waits_for_the_log_of_the_database(&steps, &answers);
    let is_deletion = |promise: &Promise| {
        matches!(promise, Promise::Untagged { .. } | Promise::Deleted { .. } | Promise::Dropped { .. })
    };
    let is_chunk = |promise: &Promise| matches!(promise, Promise::Upload { received: 1.., .. });
    let answers_to = |is_wanted: &dyn Fn(&Promise) -> bool| -> Vec<usize> {
        answers.iter().zip(&promises).filter(|(_, promise)| is_wanted(promise)).map(|(answer, _)| *answer).collect()
    };
    let (deletions, chunks, mut chance) = (answers_to(&is_deletion), answers_to(&is_chunk), Chance(4));
    for cut in 0..CUTS {
        let at = match cut % 4 {
            0 => answers[0] + chance.below(steps.len() - answers[0]), // Anywhere.
            1 => deletions[cut / 4 % deletions.len()] + 1,
            2 => chunks[chunks.len() - 1 - cut / 4] + 1,
            _ => answers[answers.len() - cut * 2] + 1,
        };
        let names = if cut / 4 % 2 == 0 { Names::Synced } else { Names::Written };
        let n_answered = answers.iter().take_while(|answer| **answer < at).count();
        let left = tempfile::tempdir().unwrap();
        Disk::after(&folder, &steps[..at]).leave(left.path(), names);
        println!("cut {cut} after step {at} of {}, {n_answered} of {} answers", steps.len(), answers.len());
        hold(left.path(), &promises, n_answered);
    }
}

/// What comes of work with a server that is killed afterwards, and what it did to its folder meanwhile.
fn on_record<T>(folder: &Path, variables: &[(&str, &str)], work: impl FnOnce(&Server) -> T) -> (T, Vec<Step>) {
    let log = folder.with_extension("log");
    let (calls, log_path) = (format!("--trace={}", record::CALLS.join(",")), log.to_str().unwrap());
    let strace = ["strace", "-D", "-f", "-y", "-xx", "-s", "2000000", "--seccomp-bpf", "-o", log_path, &calls];
    let server = Server::start_below(&strace, folder, variables);
    let done = work(&server);
    server.kill();
    let whole = || std::fs::read_to_string(&log).is_ok_and(|log| log.ends_with("+++\n"));
    eventually("the record is written", whole);
    (done, record::read(&std::fs::read_to_string(&log).unwrap(), folder))
}

/// SQLite's log is synced between a request and its answer.
fn each_answer_waits_for_the_log_of_the_database(steps: &[Step], answers: &[usize]) {
    let is_log = |step: &Step| matches!(step, Step::Synced { path, .. } if path.to_string_lossy().ends_with("-wal"));
    for between in answers.windows(2) {
        assert!(steps[between[0]..between[1]].iter().any(is_log), "an answer went out before what it says was kept");
    }
}

/// Pushes a few images, each with a blob that is mounted, and deletes some. Returns what each answer promised.
fn push(client: &mut Client) -> Vec<Promise> {
    let (mut promises, mut chance, mut images) = (Vec::new(), Chance(3), Vec::new());
    for version in 0..4 {
        let size = if version == 3 { 700_000 } else { 40_000 - version * 7000 }; // One that comes in several pieces.
        let contents = [chance.bytes(200), chance.bytes(size)];
        push_blob(client, BASE, &contents[0], 0, &mut promises);
        mount(client, &contents[0], &mut promises);
        push_blob(client, REPOSITORY, &contents[1], 2, &mut promises);
        let blobs = contents.each_ref().map(|content| (sha256(content), content.len()));
        images.push(manifest(&blobs));
        tag(client, &format!("v{version}"), &images[version], &mut promises);
        tag(client, "latest", &images[version], &mut promises);
        match version {
            1 => untag(client, "v1", &mut promises),
            2 => {
                delete(client, &images[2], &mut promises); // With both of its tags.
                drop_blob(client, &contents[1], &mut promises);
            }
            3 => {
                untag(client, "v3", &mut promises);
                delete(client, &images[0], &mut promises);
                tag(client, "v3", &images[3], &mut promises);
            }
            _ => {}
        }
    }
    promises
}

fn tag(client: &mut Client, tag: &str, bytes: &[u8], promises: &mut Vec<Promise>) {
    acknowledged(client.push_manifest(REPOSITORY, tag, bytes), 201);
    promises.push(Promise::Manifest { tag: tag.to_owned(), bytes: bytes.to_owned() });
}

fn untag(client: &mut Client, tag: &str, promises: &mut Vec<Promise>) {
    acknowledged(client.call("DELETE", &format!("/v2/{REPOSITORY}/manifests/{tag}"), &[], b""), 202);
    promises.push(Promise::Untagged { tag: tag.to_owned() });
}

fn delete(client: &mut Client, bytes: &[u8], promises: &mut Vec<Promise>) {
    acknowledged(client.call("DELETE", &format!("/v2/{REPOSITORY}/manifests/{}", sha256(bytes)), &[], b""), 202);
    promises.push(Promise::Deleted { bytes: bytes.to_owned() });
}

fn drop_blob(client: &mut Client, content: &[u8], promises: &mut Vec<Promise>) {
    acknowledged(client.call("DELETE", &format!("/v2/{REPOSITORY}/blobs/{}", sha256(content)), &[], b""), 202);
    promises.push(Promise::Dropped { content: content.to_owned() });
}

fn mount(client: &mut Client, content: &[u8], promises: &mut Vec<Promise>) {
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/?mount={}&from={BASE}", sha256(content));
    acknowledged(client.call("POST", &path, &[], b""), 201);
    promises.push(Promise::Blob { repository: REPOSITORY, content: content.to_owned() });
}

fn push_blob(
    client: &mut Client,
    repository: &'static str,
    content: &[u8],
    n_chunks: usize,
    promises: &mut Vec<Promise>,
) {
    let path = acknowledged(client.start(repository), 202).header("location").to_owned();
    let mut received = 0;
    let upload = |received| Promise::Upload { path: path.clone(), content: content.to_owned(), received };
    promises.push(upload(received));
    for chunk in content.chunks(content.len() / 3).take(n_chunks) {
        acknowledged(client.call("PATCH", &path, &[], chunk), 202);
        received += chunk.len();
        promises.push(upload(received));
    }
    acknowledged(finish(client, &path, content, received), 201);
    promises.push(Promise::Blob { repository, content: content.to_owned() });
}

fn finish(client: &mut Client, path: &str, content: &[u8], received: usize) -> std::io::Result<Reply> {
    client.call("PUT", &format!("{path}?digest={}", sha256(content)), &[], &content[received..])
}

fn acknowledged(reply: std::io::Result<Reply>, status: u16) -> Reply {
    let reply = reply.unwrap();
    assert_eq!(reply.status, status, "{reply:?}");
    reply
}

/// Starts a server on what a cut left and holds it to what was promised before; the request after that may have been
/// under way.
fn hold(folder: &Path, promises: &[Promise], n_answered: usize) {
    every_name_has_its_content(&folder.join("blobs/sha256"));
    let server = Server::start(folder, &[QUIET]);
    let mut client = Client::as_admin(&server.host);
    for promise in &promises[..n_answered] {
        match promise {
            Promise::Upload { .. } | Promise::Untagged { .. } | Promise::Dropped { .. } => {}
            Promise::Blob { repository, content } => {
                let path = format!("/v2/{repository}/blobs/{}", sha256(content));
                let found = is_there(&mut client, &path, content);
                let expected = around(promises, n_answered).map(|known| is_linked(known, repository, content));
                assert!(expected.contains(&found), "{path} is there: {found}, not {expected:?}");
            }
            Promise::Manifest { bytes, .. } | Promise::Deleted { bytes } => {
                let path = format!("/v2/{REPOSITORY}/manifests/{}", sha256(bytes));
                let found = is_there(&mut client, &path, bytes);
                let expected = around(promises, n_answered).map(|known| is_kept(known, bytes));
                assert!(expected.contains(&found), "{path} is there: {found}, not {expected:?}");
            }
        }
    }
    tags_name_what_they_should(&mut client, promises, n_answered);
    if let Some(last) = n_answered.checked_sub(1) {
        goes_on(&mut client, &promises[last], promises.get(n_answered));
    }
    push(&mut client);
    assert!(server.stop().success());
    let database = rusqlite::Connection::open(folder.join("portolan.db")).unwrap();
    let state: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(state, "ok");
}

fn every_name_has_its_content(blobs: &Path) {
    let folders = std::fs::read_dir(blobs).into_iter().flatten().map(|folder| folder.unwrap().path());
    for file in folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|file| file.unwrap()) {
        let content = std::fs::read(file.path()).unwrap();
        assert_eq!(sha256(&content), format!("sha256:{}", file.file_name().to_string_lossy()), "{}", content.len());
    }
}

/// Whether it can be pulled; if it can, it is whole.
fn is_there(client: &mut Client, path: &str, content: &[u8]) -> bool {
    let pulled = client.get(path).unwrap();
    assert!(pulled.status == 404 || (pulled.status == 200 && pulled.body == content), "{path}: {pulled:?}");
    pulled.status == 200
}

/// What was acknowledged, and the same with what may have been under way.
fn around(promises: &[Promise], n_answered: usize) -> [&[Promise]; 2] {
    [&promises[..n_answered], &promises[..promises.len().min(n_answered + 1)]]
}

fn is_linked(known: &[Promise], wanted: &str, blob: &[u8]) -> bool {
    let last = known.iter().rev().find_map(|promise| match promise {
        Promise::Blob { repository, content } if *repository == wanted && content == blob => Some(true),
        Promise::Dropped { content } if wanted == REPOSITORY && content == blob => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

fn is_kept(known: &[Promise], image: &[u8]) -> bool {
    let last = known.iter().rev().find_map(|promise| match promise {
        Promise::Manifest { bytes, .. } if bytes == image => Some(true),
        Promise::Deleted { bytes } if bytes == image => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

fn tags_name_what_they_should(client: &mut Client, promises: &[Promise], n_answered: usize) {
    for tag in ["v0", "v1", "v2", "v3", "latest"] {
        let found = client.get(&format!("/v2/{REPOSITORY}/manifests/{tag}")).unwrap();
        let found = Some(sha256(&found.body)).filter(|_| found.status == 200);
        let expected = around(promises, n_answered).map(|known| named(known, tag));
        assert!(expected.contains(&found), "{tag}: {found:?}, not {expected:?}");
    }
}

/// The digest of what a tag names.
fn named(known: &[Promise], wanted: &str) -> Option<String> {
    known.iter().fold(None, |named, promise| match promise {
        Promise::Manifest { tag, bytes } if tag == wanted => Some(sha256(bytes)),
        Promise::Untagged { tag } if tag == wanted => None,
        Promise::Deleted { bytes } => named.filter(|named| *named != sha256(bytes)),
        _ => named,
    })
}

/// An upload that was under way has all that was acknowledged and ends well. It is over only if the request that
/// followed was to close it and did so.
fn goes_on(client: &mut Client, last: &Promise, next: Option<&Promise>) {
    let Promise::Upload { path, content, received } = last else { return };
    let asked = client.get(path).unwrap();
    match next {
        Some(Promise::Blob { repository, content: closed }) if asked.status == 404 && closed == content => {
            let blob = format!("/v2/{repository}/blobs/{}", sha256(content));
            assert!(is_there(client, &blob, content), "{path} is closed and {blob} is not there");
        }
        _ => {
            assert_eq!(asked.status, 204, "{path} with {received} bytes that were acknowledged: {asked:?}");
            let offset = asked.offset();
            assert!(offset >= *received, "{offset} of {received} bytes that were acknowledged");
            acknowledged(finish(client, path, content, offset), 201);
        }
    }
}
