//! Clients that break off in the middle, and clients that take for ever.

use super::client::{Client, Reply};
use super::{Chance, QUIET};
use crate::support::process::{Server, eventually};
use crate::support::{TestApp, sha256};
use axum_server::Handle;
use portolan::server::access::Policy;
use portolan::server::http::connections::{self, Limits};
use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

const REPOSITORY: &str = "team/slow";

/// Announces a whole body and sends a part of it.
fn send_part(client: &mut Client, method: &str, path: &str, announced: usize, part: &[u8]) -> BufReader<TcpStream> {
    let mut stream = client.begin(method, path, &[], announced as u64).unwrap();
    stream.get_mut().write_all(part).unwrap();
    stream
}

/// Goes on from where the upload says it stands, as soon as nobody else is writing to it.
fn finish(client: &mut Client, session: &str, content: &[u8], most: usize) {
    eventually("the upload is finished", || {
        let offset = client.get(session).unwrap().offset();
        assert!(offset <= most, "{offset} of {most} bytes that were sent");
        let path = format!("{session}?digest={}", sha256(content));
        let range = format!("{offset}-{}", content.len() - 1);
        let reply = client.call("PUT", &path, &[("Content-Range", &range)], &content[offset..]).unwrap();
        assert!([201, 409, 416].contains(&reply.status), "{reply:?}");
        reply.status == 201
    });
    assert_eq!(client.get(&format!("/v2/{REPOSITORY}/blobs/{}", sha256(content))).unwrap().body, content);
}

/// FLT-15.
#[test]
fn a_chunk_that_breaks_off_counts_as_far_as_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[QUIET]);
    let (mut client, mut chance) = (Client::new(&server.host), Chance(5));
    for sent in [2, 1000, 299_999] {
        let content = chance.bytes(300_000);
        let session = client.start(REPOSITORY).unwrap().header("location").to_owned();
        drop(send_part(&mut Client::new(&server.host), "PATCH", &session, content.len(), &content[..sent]));
        finish(&mut client, &session, &content, sent);
    }
}

/// FLT-16.
#[test]
fn a_closing_request_that_breaks_off_makes_no_blob() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[QUIET]);
    let (mut client, mut chance) = (Client::new(&server.host), Chance(6));
    let content = chance.bytes(100_000);
    // The second time what comes has the digest that it should have, and is not all that was announced.
    for (announced, sent) in [(100_000, 60_000), (120_000, 100_000)] {
        let session = client.start(REPOSITORY).unwrap().header("location").to_owned();
        let path = format!("{session}?digest={}", sha256(&content));
        let mut stream = send_part(&mut Client::new(&server.host), "PUT", &path, announced, &content[..sent]);
        stream.get_ref().shutdown(Shutdown::Write).unwrap();
        if let Ok(reply) = Reply::read(&mut stream, "PUT") {
            assert!((400..500).contains(&reply.status), "{reply:?}");
        }
        let blob = client.get(&format!("/v2/{REPOSITORY}/blobs/{}", sha256(&content))).unwrap();
        assert_eq!(blob.status, 404, "it was never completed");
        match client.get(&session).unwrap() {
            gone if gone.status == 404 => {}
            open => assert!(open.offset() <= sent, "{open:?}"),
        }
    }
    let session = client.start(REPOSITORY).unwrap().header("location").to_owned();
    finish(&mut client, &session, &content, 0);
}

/// FLT-18.
#[test]
fn stalled_clients_cost_nobody_else_and_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[QUIET]);
    let (mut client, mut chance) = (Client::new(&server.host), Chance(7));
    let large = chance.bytes(16 << 20);
    assert_eq!(client.push_blob(REPOSITORY, &large).unwrap().status, 201);
    let path = format!("/v2/{REPOSITORY}/blobs/{}", sha256(&large));
    let before = server.peak_memory();
    let readers: Vec<_> = (0..50)
        .map(|_| {
            let mut stream = Client::new(&server.host).begin("GET", &path, &[], 0).unwrap();
            assert_eq!(Reply::read_head(&mut stream).unwrap().status, 200);
            stream
        })
        .collect();
    let mut writers: Vec<_> = (0..50)
        .map(|_| {
            let session = client.start(REPOSITORY).unwrap().header("location").to_owned();
            send_part(&mut Client::new(&server.host), "PATCH", &session, 1 << 30, &large[..100_000])
        })
        .collect();
    for _ in 0..30 {
        let started = Instant::now();
        let content = chance.bytes(50_000);
        assert_eq!(client.push_blob(REPOSITORY, &content).unwrap().status, 201);
        let pulled = client.get(&format!("/v2/{REPOSITORY}/blobs/{}", sha256(&content))).unwrap();
        assert_eq!(pulled.body, content);
        assert!(started.elapsed() < Duration::from_secs(5), "others wait for {:?}", started.elapsed());
        writers.iter_mut().for_each(|writer| writer.get_mut().write_all(b"x").unwrap());
    }
    let for_each = (server.peak_memory() - before) / 100;
    assert!(for_each < 1 << 20, "{for_each} bytes for each of them");
    drop((readers, writers));
}

/// FLT-18: whoever pauses for too long is told so, and the upload is free for the next request at once.
#[test]
fn an_upload_that_pauses_for_too_long_keeps_what_came() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let test = runtime.block_on(TestApp::real("", Policy::Grants));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let limits = Limits { body_pause: Duration::from_millis(300), ..Limits::default() };
    runtime.spawn(connections::serve(listener, None, Handle::new(), test.open_router(), limits));
    let (mut client, content) = (Client::new(&host), Chance(8).bytes(100_000));
    let session = client.start(REPOSITORY).unwrap().header("location").to_owned();
    for (method, from, to) in [("PATCH", 0, 40_000), ("PUT", 40_000, 70_000)] {
        let path = format!("{session}?digest={}", sha256(&content));
        let path = if method == "PUT" { &path } else { &session };
        let part = &content[from..to];
        let mut stream = send_part(&mut Client::new(&host), method, path, content.len() - from, part);
        let reply = Reply::read(&mut stream, method).unwrap();
        assert!((400..500).contains(&reply.status), "{reply:?}");
        assert_eq!(client.get(&session).unwrap().offset(), to, "{method}");
    }
    finish(&mut client, &session, &content, 70_000);
}
