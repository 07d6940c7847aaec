//! Kills inside one request: a chunk of many MiB is on its way, and the server goes when so much of it is staged.

use super::client::{Client, Reply};
use super::{Chance, QUIET};
use crate::support::process::Server;
use crate::support::sha256;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const REPOSITORY: &str = "team/midway";
const LENGTH: usize = 24 << 20;
/// What every second upload has acknowledged before.
const FIRST: usize = (1 << 20) + 7;
const PIECE: usize = 64 << 10;
/// The end of the chunk, which is never sent: it cannot be over before the kill.
const WITHHELD: usize = 1000;
/// Bytes of the chunk that are staged when the server goes: around what it gathers before it writes (128 KiB, 1 MiB),
/// and all over the rest.
const POINTS: [usize; 10] =
    [1, 131_072, 131_073, 1_048_575, 1_048_577, 3_000_000, 7_777_777, 12 << 20, 16_000_001, 20 << 20];

/// FLT-1.
#[test]
fn a_kill_within_a_chunk_leaves_an_upload_that_goes_on_from_where_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, mut content) = (Server::start(folder.path(), &[QUIET]), Chance(10).bytes(LENGTH));
    for (number, point) in POINTS.into_iter().enumerate() {
        content[..8].copy_from_slice(&number.to_le_bytes()); // Each is another blob.
        let first = if number % 2 == 0 { 0 } else { FIRST };
        let mut upload = Upload::start(&server, folder.path(), &content[..first]);
        upload.send_until_killed(server, &content, point);
        server = Server::start(folder.path(), &[QUIET]);
        let mut client = Client::new(&server.host);
        let offset = upload.offset(&mut client);
        assert_eq!(client.get(&blob_path(&content)).unwrap().status, 404, "it was never completed");
        upload.close(&mut client, &content, offset, Ending::of(number));
        let pulled = client.get(&blob_path(&content)).unwrap();
        assert!(pulled.status == 200 && pulled.body == content, "{point}: {pulled:?}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path().join("staging")).unwrap().collect();
    assert!(left.is_empty(), "every upload is over: {left:?}");
    assert!(server.stop().success());
}

fn blob_path(content: &[u8]) -> String {
    format!("/v2/{REPOSITORY}/blobs/{}", sha256(content))
}

/// How an upload comes to its end.
enum Ending {
    /// All that is missing comes with the closing request.
    Last,
    /// It comes as a chunk before.
    Chunk,
    /// It is given up, and the blob comes in one request.
    Anew,
}

impl Ending {
    fn of(number: usize) -> Self {
        [Self::Last, Self::Chunk, Self::Anew].into_iter().nth(number % 3).unwrap()
    }
}

/// An upload whose server is killed.
struct Upload {
    path: String,
    staged: PathBuf,
    acknowledged: usize,
    /// No more than this left the client.
    sent: usize,
}

impl Upload {
    /// Starts an upload, whose first bytes are acknowledged, if there are any.
    fn start(server: &Server, folder: &Path, first: &[u8]) -> Self {
        let mut client = Client::new(&server.host);
        let path = client.start(REPOSITORY).unwrap().header("location").to_owned();
        let staged = folder.join("staging").join(path.rsplit('/').next().unwrap());
        if !first.is_empty() {
            let reply = client.call("PATCH", &path, &[], first).unwrap();
            assert_eq!((reply.status, reply.offset()), (202, first.len()), "{reply:?}");
        }
        Self { path, staged, acknowledged: first.len(), sent: first.len() }
    }

    /// Sends the rest as one chunk, and kills the server that writes it once `point` bytes of it are staged.
    fn send_until_killed(&mut self, server: Server, content: &[u8], point: usize) {
        let rest = &content[self.acknowledged..];
        let mut stream = Client::new(&server.host).begin("PATCH", &self.path, &[], rest.len() as u64).unwrap();
        let sent = AtomicUsize::new(self.acknowledged);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for piece in rest[..rest.len() - WITHHELD].chunks(PIECE) {
                    sent.fetch_add(piece.len(), Ordering::Relaxed);
                    if stream.get_mut().write_all(piece).is_err() {
                        break;
                    }
                }
            });
            wait_until_longer(&self.staged, self.acknowledged + point);
            server.kill();
        });
        assert!(Reply::read(&mut stream, "PATCH").is_err(), "nothing of the chunk was acknowledged");
        self.sent = sent.into_inner();
    }

    /// Where the next server says that it stands.
    fn offset(&self, client: &mut Client) -> usize {
        let asked = client.get(&self.path).unwrap();
        assert_eq!(asked.status, 204, "its start was acknowledged: {asked:?}");
        let (offset, n_staged) = (asked.offset(), length(&self.staged));
        assert!((self.acknowledged..=self.sent).contains(&offset), "{offset} of {}..={}", self.acknowledged, self.sent);
        assert!(offset <= n_staged, "{offset} bytes are said to be there, and {n_staged} are staged");
        offset
    }

    fn close(&self, client: &mut Client, content: &[u8], offset: usize, ending: Ending) {
        let end = format!("{}?digest={}", self.path, sha256(content));
        let range = format!("{offset}-{}", LENGTH - 1);
        let place = [("Content-Range", &*range)];
        let closed = match ending {
            Ending::Last => client.call("PUT", &end, &place, &content[offset..]).unwrap(),
            Ending::Chunk => {
                let reply = client.call("PATCH", &self.path, &place, &content[offset..]).unwrap();
                assert_eq!((reply.status, reply.offset()), (202, LENGTH), "{reply:?}");
                client.call("PUT", &end, &[], b"").unwrap()
            }
            Ending::Anew => {
                assert_eq!(client.call("DELETE", &self.path, &[], b"").unwrap().status, 204);
                client.push_blob(REPOSITORY, content).unwrap()
            }
        };
        assert_eq!(closed.status, 201, "{closed:?}");
        assert_eq!(client.get(&self.path).unwrap().refusal(), "404 BLOB_UPLOAD_UNKNOWN");
    }
}

fn length(path: &Path) -> usize {
    std::fs::metadata(path).map_or(0, |file| file.len() as usize)
}

/// Looks as often as it can: bytes come fast.
fn wait_until_longer(path: &Path, n_bytes: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while length(path) < n_bytes {
        assert!(Instant::now() < deadline, "{} of {n_bytes} bytes are staged", length(path));
        std::thread::yield_now();
    }
}
