//! Bytes over real connections: fewer of them than were announced.

use crate::support::process::{QUIET, Server, eventually, http};
use crate::support::sha256;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};

/// Sends a request without a body and reads the head of the answer.
fn exchange(host: &str, head: &str) -> Vec<String> {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(format!("{head}Host: {host}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let lines = BufReader::new(stream).lines().map(|line| line.unwrap().to_ascii_lowercase());
    lines.take_while(|line| !line.is_empty()).collect()
}

/// The value of a header, in lower case.
fn header<'l>(lines: &'l [String], name: &str) -> &'l str {
    lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

fn begin(server: &Server) -> String {
    let lines = exchange(&server.host, "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nContent-Length: 0\r\n");
    header(&lines, "location").to_owned()
}

fn stands_at(server: &Server, upload: &str) -> String {
    header(&exchange(&server.host, &format!("GET {upload} HTTP/1.1\r\n")), "range").to_owned()
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
