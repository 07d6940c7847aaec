//! No more open files: so many connections that the system gives the server none for anything else.

use super::client::{Client, Reply};
use super::{Chance, QUIET, manifest};
use crate::support::process::{Server, eventually};
use crate::support::sha256;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use std::io;
use std::net::TcpStream;

const REPOSITORY: &str = "team/scarce";
const IDLE: usize = 200;

/// FLT-14: a limit that the server did not see coming.
#[test]
fn a_server_that_may_open_no_more_files_says_so_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[QUIET]);
    let (mut client, mut chance) = (Client::new(&server.host), Chance(13));
    let (kept, new) = (chance.bytes(100_000), chance.bytes(100_000));
    assert_eq!(client.push_blob(REPOSITORY, &kept).unwrap().status, 201);
    let image = manifest(&[(sha256(&kept), kept.len())]);
    assert_eq!(client.push_manifest(REPOSITORY, "v1", &image).unwrap().status, 201);
    let path = format!("/v2/{REPOSITORY}/blobs/{}", sha256(&kept));
    allow_more_files(&server, IDLE / 2);
    let idle: Vec<_> = (0..IDLE).map(|_| TcpStream::connect(&server.host).unwrap()).collect();
    eventually("no file is left to read", || is_refused(&client.get(&path).unwrap(), 200));
    eventually("nor to write", || is_refused(&client.push_blob(REPOSITORY, &new).unwrap(), 201));
    for _ in 0..10 {
        is_refused(&client.push_blob(REPOSITORY, &new).unwrap(), 201);
        is_refused(&client.get(&path).unwrap(), 200);
        assert_eq!(client.get(&format!("/v2/{REPOSITORY}/manifests/v1")).unwrap().body, image, "it is in the database");
    }
    drop(idle);
    eventually("files are free again", || !is_refused(&client.get(&path).unwrap(), 200));
    works(&mut client, &kept, &new).unwrap();
    works(&mut Client::new(&server.host), &kept, &new).unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
    assert!(server.stop().success());
}

/// FLT-14: a limit that is there from the start: whoever comes is turned away before files run out.
#[test]
fn a_server_with_few_files_turns_connections_away_and_answers_when_they_close() {
    for limit in [64, 300] {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(r#"ulimit -n {limit} && exec "$@""#);
        let server = Server::start_below(&["sh", "-c", &script, "sh"], folder.path(), &[QUIET]);
        let mut chance = Chance(limit);
        let (kept, new) = (chance.bytes(100_000), chance.bytes(100_000));
        assert_eq!(Client::new(&server.host).push_blob(REPOSITORY, &kept).unwrap().status, 201);
        let idle: Vec<_> = (0..IDLE).map(|_| TcpStream::connect(&server.host).unwrap()).collect();
        assert!(works(&mut Client::new(&server.host), &kept, &new).is_err(), "{limit}: there is no room");
        drop(idle);
        eventually("it answers again", || works(&mut Client::new(&server.host), &kept, &new).is_ok());
        assert!(server.stop().success(), "{limit}");
    }
}

/// Lowers what the running server may open to so many more than it has open.
fn allow_more_files(server: &Server, n_more: usize) {
    let n_open = std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count();
    let pid = Pid::from_raw(server.pid().cast_signed());
    let limit = Rlimit { current: Some((n_open + n_more) as u64), ..getrlimit(Resource::Nofile) };
    prlimit(pid, Resource::Nofile, limit).unwrap();
}

/// Says no as a client understands it, or has done what it was asked: a file may be free just now.
fn is_refused(reply: &Reply, done: u16) -> bool {
    if reply.status == done {
        return false;
    }
    assert_eq!(reply.refusal(), "503 UNAVAILABLE");
    assert!(reply.header("retry-after").parse::<u32>().is_ok(), "{reply:?}");
    true
}

/// Pulls what is there and pushes what is not.
fn works(client: &mut Client, kept: &[u8], new: &[u8]) -> io::Result<()> {
    let pull = |content: &[u8]| format!("/v2/{REPOSITORY}/blobs/{}", sha256(content));
    assert!(client.get(&pull(kept))?.body == kept);
    assert_eq!(client.push_blob(REPOSITORY, new)?.status, 201);
    assert!(client.get(&pull(new))?.body == new);
    Ok(())
}
