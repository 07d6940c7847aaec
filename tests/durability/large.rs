//! Large things: one blob beyond any memory, one image of very many layers.

use super::client::{Client, Reply};
use super::{QUIET, manifest};
use crate::support::process::Server;
use crate::support::sha256;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

const REPOSITORY: &str = "team/large";
const PIECE: &[u8] = &[0; 1 << 20];
const N_PIECES: usize = 1024;
const N_CHUNKS: usize = 4;
/// Of `N_PIECES` times `PIECE`.
const DIGEST: &str = "sha256:49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14";

/// OCI-5, FLT-35: in requests of known length and of unknown length.
#[test]
fn a_blob_of_a_gibibyte_streams_through_little_memory() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let server = Server::start(folder.path(), &[QUIET]);
    let mut client = Client::new(&server.host);
    let session = client.start(REPOSITORY).unwrap().header("location").to_owned();
    let before = server.peak_memory();
    for chunk in 1..=N_CHUNKS {
        let length = N_PIECES / N_CHUNKS * PIECE.len();
        let mut stream = send(Client::new(&server.host), &session, length, chunk % 2 == 0);
        let reply = Reply::read(&mut stream, "PATCH").unwrap();
        assert_eq!((reply.status, reply.offset()), (202, chunk * length), "{reply:?}");
    }
    let mut client = Client::new(&server.host); // The first connection may have rested for too long.
    let finished = client.call("PUT", &format!("{session}?digest={DIGEST}"), &[], b"").unwrap();
    assert_eq!(finished.status, 201, "{finished:?}");
    let mut stream = client.begin("GET", &format!("/v2/{REPOSITORY}/blobs/{DIGEST}"), &[], 0).unwrap();
    assert_eq!(Reply::read_head(&mut stream).unwrap().length().unwrap(), N_PIECES * PIECE.len());
    let mut piece = vec![1; PIECE.len()];
    for _ in 0..N_PIECES {
        stream.read_exact(&mut piece).unwrap();
        assert!(piece == PIECE);
    }
    let grown = server.peak_memory() - before;
    assert!(grown < 48 << 20, "the server took {} MiB more", grown >> 20);
}

/// Sends so many bytes in pieces; where `is_streamed`, without saying how many.
fn send(mut client: Client, session: &str, length: usize, is_streamed: bool) -> BufReader<TcpStream> {
    let mut stream = match is_streamed {
        true => client.begin_chunked("PATCH", session).unwrap(),
        false => client.begin("PATCH", session, &[], length as u64).unwrap(),
    };
    let (size, end) = (format!("{:x}\r\n", PIECE.len()), "0\r\n\r\n");
    let mut write = |bytes: &[u8]| stream.get_mut().write_all(bytes).unwrap();
    for _ in 0..length / PIECE.len() {
        match is_streamed {
            true => [size.as_bytes(), PIECE, b"\r\n"].into_iter().for_each(&mut write),
            false => write(PIECE),
        }
    }
    if is_streamed {
        write(end.as_bytes());
    }
    stream
}

/// FLT-35.
#[test]
fn an_image_of_a_thousand_layers_goes_up_and_comes_down() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[QUIET]);
    let contents: Vec<Vec<u8>> = (0..=1000).map(|layer| format!("layer {layer}").into_bytes()).collect();
    let each = |work: fn(&mut Client, &[u8])| {
        std::thread::scope(|scope| {
            for part in contents.chunks(contents.len().div_ceil(8)) {
                let mut client = Client::new(&server.host);
                scope.spawn(move || part.iter().for_each(|content| work(&mut client, content)));
            }
        });
    };
    each(|client, content| assert_eq!(client.push_blob(REPOSITORY, content).unwrap().status, 201));
    let blobs: Vec<_> = contents.iter().map(|content| (sha256(content), content.len())).collect();
    let image = manifest(&blobs);
    let mut client = Client::new(&server.host);
    assert_eq!(client.push_manifest(REPOSITORY, "v1", &image).unwrap().status, 201);
    assert!(client.get(&format!("/v2/{REPOSITORY}/manifests/v1")).unwrap().body == image);
    each(|client, content| {
        let path = format!("/v2/{REPOSITORY}/blobs/{}", sha256(content));
        assert_eq!(client.get(&path).unwrap().body, content);
    });
}
