//! An ordinary stop in the midst of work.

use super::client::{Client, Reply};
use super::{Chance, QUIET};
use crate::support::process::{Server, eventually};
use crate::support::sha256;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Instant;

const REPOSITORY: &str = "team/stop";
const EACH: usize = 20;

/// A chunk of which the first half is sent.
struct Upload {
    session: String,
    content: Vec<u8>,
    stream: BufReader<TcpStream>,
}

/// A server with uploads and downloads under way.
struct Busy {
    server: Server,
    uploads: Vec<Upload>,
    downloads: Vec<(usize, BufReader<TcpStream>)>,
    large: Vec<u8>,
}

impl Busy {
    fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let server = Server::start(folder, variables);
        let (mut client, mut chance) = (Client::new(&server.host), Chance(8));
        let large = chance.bytes(8 << 20); // More than the system keeps for a connection.
        assert_eq!(client.push_blob(REPOSITORY, &large).unwrap().status, 201);
        let uploads = (0..EACH).map(|_| {
            let (session, content) =
                (client.start(REPOSITORY).unwrap().header("location").to_owned(), chance.bytes(100_000));
            let expects = [("Expect", "100-continue")];
            let mut stream = Client::new(&server.host).begin("PATCH", &session, &expects, 100_000).unwrap();
            assert_eq!(Reply::read_head(&mut stream).unwrap().status, 100, "it is being taken");
            stream.get_mut().write_all(&content[..50_000]).unwrap();
            Upload { session, content, stream }
        });
        let uploads = uploads.collect();
        let path = format!("/v2/{REPOSITORY}/blobs/{}", sha256(&large));
        let downloads = (0..EACH).map(|_| {
            let mut stream = Client::new(&server.host).begin("GET", &path, &[], 0).unwrap();
            let head = Reply::read_head(&mut stream).unwrap();
            (head.length().unwrap(), stream)
        });
        let downloads = downloads.collect();
        Self { server, uploads, downloads, large }
    }

    fn terminate(&self) {
        self.server.terminate();
        eventually("new connections are refused", || TcpStream::connect(&self.server.host).is_err());
    }
}

/// FLT-28.
#[test]
fn a_stop_lets_what_is_under_way_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut busy = Busy::start(folder.path(), &[QUIET]);
    busy.terminate();
    for upload in &mut busy.uploads {
        upload.stream.get_mut().write_all(&upload.content[50_000..]).unwrap();
        let reply = Reply::read(&mut upload.stream, "PATCH").unwrap();
        assert_eq!((reply.status, reply.offset()), (202, 100_000), "{reply:?}");
    }
    for (length, stream) in &mut busy.downloads {
        let mut content = vec![0; *length];
        stream.read_exact(&mut content).unwrap();
        assert!(content == busy.large);
    }
    let ended = Instant::now();
    assert!(busy.server.wait().success());
    assert!(ended.elapsed().as_secs() < 10, "nothing is left to wait for");
    finish_all(folder.path(), &busy.uploads, 100_000);
}

/// FLT-28.
#[test]
fn a_stop_waits_no_longer_than_its_time_and_uploads_go_on_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let busy = Busy::start(folder.path(), &[QUIET, ("PORTOLAN_SERVER__DRAIN_S", "1")]);
    let asked = Instant::now();
    busy.terminate();
    assert!(busy.server.wait().success());
    assert!(asked.elapsed().as_secs() < 10, "it took {:?}", asked.elapsed());
    finish_all(folder.path(), &busy.uploads, 50_000);
}

fn finish_all(folder: &Path, uploads: &[Upload], sent: usize) {
    let server = Server::start(folder, &[QUIET]);
    let mut client = Client::new(&server.host);
    for Upload { session, content, .. } in uploads {
        let offset = client.get(session).unwrap().offset();
        assert!(offset <= sent, "{offset} of {sent} bytes that were sent");
        let path = format!("{session}?digest={}", sha256(content));
        assert_eq!(client.call("PUT", &path, &[], &content[offset..]).unwrap().status, 201);
        let pulled = client.get(&format!("/v2/{REPOSITORY}/blobs/{}", sha256(content))).unwrap();
        assert!(pulled.body == *content);
    }
}
