//! Bytes over real connections: more of them than fit into memory, and fewer than were announced.

use crate::support::process::{QUIET, Server, eventually, http};
use crate::support::sha256;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

/// Sends a request and what `write` adds to it, and reads the head of the answer and then as many bytes as it says.
fn exchange(host: &str, head: &str, write: impl FnOnce(&mut TcpStream), mut read: impl FnMut(&[u8])) -> Vec<String> {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(format!("{head}Host: {host}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    write(&mut stream);
    let (mut answer, mut lines) = (BufReader::new(stream), Vec::new());
    loop {
        let mut line = String::new();
        answer.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_ascii_lowercase()),
        }
    }
    let mut piece = vec![0; 1 << 20];
    loop {
        match answer.read(&mut piece).unwrap() {
            0 => return lines,
            n => read(&piece[..n]),
        }
    }
}

/// The value of a header, in lower case.
fn header<'l>(lines: &'l [String], name: &str) -> &'l str {
    lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

fn begin(server: &Server) -> String {
    let lines = exchange(&server.host, "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nContent-Length: 0\r\n", |_| (), |_| ());
    header(&lines, "location").to_owned()
}

fn stands_at(server: &Server, upload: &str) -> String {
    header(&exchange(&server.host, &format!("GET {upload} HTTP/1.1\r\n"), |_| (), |_| ()), "range").to_owned()
}

/// OCI-5: a layer goes up in one stream of unknown length and comes down again, and memory stays what it was.
#[test]
fn a_large_layer_passes_through_little_memory() {
    const PIECES: usize = 256;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &QUIET);
    let (piece, mut hash) = (vec![0_u8; 1 << 20], Sha256::new());
    let (upload, before) = (begin(&server), server.peak_memory());
    let head = format!("PATCH {upload} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n");
    let send = |stream: &mut TcpStream| {
        for _ in 0..PIECES {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).unwrap();
            stream.write_all(&piece).unwrap();
            stream.write_all(b"\r\n").unwrap();
            hash.update(&piece);
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
    };
    let sent = exchange(&server.host, &head, send, |_| ());
    assert_eq!(header(&sent, "range"), format!("0-{}", PIECES * piece.len() - 1), "{sent:?}");
    let digest = format!("sha256:{}", hex::encode(hash.finalize()));
    assert_eq!(http("PUT", &server.host, &format!("{upload}?digest={digest}"), &[], b"").0, 201);
    let mut n_bytes = 0;
    let fetch = format!("GET /v2/a/blobs/{digest} HTTP/1.1\r\n");
    exchange(&server.host, &fetch, |_| (), |piece| n_bytes += piece.iter().filter(|byte| **byte == 0).count());
    assert_eq!(n_bytes, PIECES * piece.len());
    let grown = server.peak_memory() - before;
    assert!(grown < 48 << 20, "the server took {} MB more", grown >> 20);
}

/// FLT-15, FLT-16.
#[test]
fn a_connection_that_is_cut_completes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &QUIET);
    let (upload, digest) = (begin(&server), sha256(b"0123456789"));
    let blob = format!("/v2/a/blobs/{digest}");
    let cut = |head: String, sent: &[u8]| {
        let mut stream = TcpStream::connect(&server.host).unwrap();
        stream.write_all(format!("{head}Host: {}\r\n\r\n", server.host).as_bytes()).unwrap();
        stream.write_all(sent).unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
    };
    cut(format!("PATCH {upload} HTTP/1.1\r\nContent-Range: 0-9\r\nContent-Length: 10\r\n"), b"0123");
    eventually("what came is counted", || stands_at(&server, &upload) == "0-3");
    cut(format!("PATCH {upload} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"), b"2\r\n45\r\n5\r\n6");
    eventually("of a stream too", || ["0-5", "0-6"].contains(&&*stands_at(&server, &upload)));
    let at = if stands_at(&server, &upload) == "0-5" { 6 } else { 7 };
    let rest = &b"0123456789"[at..];
    cut(format!("PUT {upload}?digest={digest} HTTP/1.1\r\nContent-Length: {}\r\n", rest.len()), &rest[..1]);
    eventually("and of the last chunk", || stands_at(&server, &upload) == format!("0-{at}"));
    assert_eq!(http("GET", &server.host, &blob, &[], b"").0, 404, "it is not complete");
    let (status, said) = http("PUT", &server.host, &format!("{upload}?digest={digest}"), &[], &rest[1..]);
    assert_eq!(status, 201, "{said}");
    assert_eq!(http("GET", &server.host, &blob, &[], b"").1, "0123456789");
}
