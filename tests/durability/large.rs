//! Large things: one blob beyond any memory, one image of very many layers.

use super::client::{Client, Reply};
use super::{Chance, QUIET, manifest};
use crate::support::process::Server;
use crate::support::sha256;
use portolan::domain::digest::Algorithm;
use portolan::server::blobs::ContentHash;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;

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

/// Where 32 bits end.
const FOUR_GIB: u64 = 1 << 32;

/// OCI-5, OCI-11, FLT-35. The first four GiB are zeros that no disk has to hold.
#[test]
fn a_blob_beyond_four_gibibytes_goes_up_and_comes_down_in_part() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let server = Server::start(folder.path(), &[QUIET]);
    let session = Client::new(&server.host).start(REPOSITORY).unwrap().header("location").to_owned();
    assert!(server.stop().success());
    let mut hash = zeros_arrived(folder.path(), session.rsplit('/').next().unwrap());
    let tail = Chance(11).bytes(300_000);
    hash.update(&tail);
    let (size, digest) = (hash.size(), hash.finish().to_string());
    assert_eq!(size, FOUR_GIB + 300_000);

    let server = Server::start(folder.path(), &[QUIET]);
    let mut client = Client::new(&server.host);
    assert_eq!(client.get(&session).unwrap().header("range"), "0-4294967295");
    let mut write = |method, path: &str, range: &str, bytes: &[u8]| {
        let reply = client.call(method, path, &[("Content-Range", range)], bytes).unwrap();
        (reply.status, reply.header("range").to_owned())
    };
    for other in ["0-199999", "4294967295-4295167294", "4294967297-4295167296"] {
        let stands = (416, "0-4294967295".to_owned());
        assert_eq!(write("PATCH", &session, other, &tail[..200_000]), stands, "{other}");
    }
    let chunk = write("PATCH", &session, "4294967296-4295167295", &tail[..200_000]);
    assert_eq!(chunk, (202, "0-4295167295".to_owned()));
    let end = format!("{session}?digest={digest}");
    assert_eq!(write("PUT", &end, "4295167296-4295267295", &tail[200_000..]).0, 201);
    comes_down_in_part(&mut client, &digest, &tail);
    only_its_whole_size_is_taken(&mut client, &digest, size);
}

/// Puts an upload where it stood if four GiB of zeros had come.
fn zeros_arrived(folder: &Path, upload: &str) -> ContentHash {
    let mut hash = ContentHash::new(Algorithm::Sha256);
    while hash.size() < FOUR_GIB {
        hash.update(PIECE);
    }
    File::create_new(folder.join("staging").join(upload)).unwrap().set_len(FOUR_GIB).unwrap();
    let database = rusqlite::Connection::open(folder.join("portolan.db")).unwrap();
    let sql = "UPDATE uploads SET received = ?1, hash_state = ?2 WHERE id = ?3";
    let n_changed = database.execute(sql, rusqlite::params![FOUR_GIB as i64, hash.save(), upload]).unwrap();
    assert_eq!(n_changed, 1);
    hash
}

/// Whole in length, and in parts before, across and behind the place where 32 bits end.
fn comes_down_in_part(client: &mut Client, digest: &str, tail: &[u8]) {
    let path = format!("/v2/{REPOSITORY}/blobs/{digest}");
    let size = FOUR_GIB + tail.len() as u64;
    let head = client.call("HEAD", &path, &[], b"").unwrap();
    assert_eq!((head.status, head.header("content-length")), (200, &*size.to_string()));
    for (range, start, length) in [
        ("bytes=2147483640-2147483655", (1 << 31) - 8, 16),
        ("bytes=4294967290-4294967305", FOUR_GIB - 6, 16),
        ("bytes=4294867296-4295067295", FOUR_GIB - 100_000, 200_000), // Piece by piece.
        ("bytes=4294967295-4294967295", FOUR_GIB - 1, 1),
        ("bytes=4294967296-4294967296", FOUR_GIB, 1),
        ("bytes=4294967296-", FOUR_GIB, 300_000),
        ("bytes=4295267200-9999999999", size - 96, 96),
        ("bytes=-300010", FOUR_GIB - 10, 300_010),
    ] {
        let reply = client.call("GET", &path, &[("Range", range)], b"").unwrap();
        assert_eq!(reply.status, 206, "{range}: {reply:?}");
        assert_eq!(reply.header("content-range"), format!("bytes {start}-{}/{size}", start + length - 1));
        let expected = (start..start + length).map(|at| at.checked_sub(FOUR_GIB).map_or(0, |at| tail[at as usize]));
        assert!(reply.body == expected.collect::<Vec<_>>(), "{range}");
    }
    let beyond = client.call("GET", &path, &[("Range", &format!("bytes={size}-"))], b"").unwrap();
    assert_eq!((beyond.status, beyond.header("content-range")), (416, &*format!("bytes */{size}")));
}

/// An image may name it with all of its size, not with the lower half of that.
fn only_its_whole_size_is_taken(client: &mut Client, digest: &str, size: u64) {
    assert_eq!(client.push_blob(REPOSITORY, b"{}").unwrap().status, 201);
    let image = |size: u64| manifest(&[(sha256(b"{}"), 2), (digest.to_owned(), size as usize)]);
    assert_eq!(client.push_manifest(REPOSITORY, "v1", &image(size - FOUR_GIB)).unwrap().refusal(), "400 SIZE_INVALID");
    assert_eq!(client.push_manifest(REPOSITORY, "v1", &image(size)).unwrap().status, 201);
}
