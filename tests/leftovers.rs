//! What interrupted and abandoned uploads leave is swept, and nothing else is.

use crate::support::process::{Server, http, portolan};
use crate::support::{START, TestApp, choices, sha256, sha512};
use futures::StreamExt;
use portolan::domain::Digest;
use portolan::domain::digest::Algorithm;
use portolan::server::access::Policy;
use portolan::server::blobs::{ContentHash, Contents, FilesystemBlobs, Staging};
use portolan::server::clock::{Clock, ManualClock, SystemClock};
use std::fs::DirEntry;
use std::sync::Arc;
use std::time::Duration;

const ANY: &str = "application/octet-stream";

/// FLT-2, OCI-13: a server that died between making content and noting it, and a client that never came back.
#[tokio::test]
async fn leftovers_of_a_day_are_swept_and_what_is_known_stays() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build("", choices(Policy::Grants, clock.clone())).await;
    let kept = test.push_blob("team/web", b"kept").await;
    let upload = test.call("POST", "/v2/team/web/blobs/uploads/", ANY, "").await.location();
    test.call("PATCH", &upload, ANY, "never finished").await;
    let blobs = FilesystemBlobs::open(test.folder.path()).unwrap();
    commit(&blobs, "dead", b"unknown").await;
    std::fs::write(test.folder.path().join("staging/.nfs0001.tmp"), "of the file system").unwrap();
    std::fs::write(test.folder.path().join("blobs/sha256/stray"), "nobody's").unwrap();
    let unknown = sha256(b"unknown").parse().unwrap();
    let invisible = test.get(&format!("/v2/team/web/blobs/{unknown}")).await;
    assert_eq!(invisible.refusal(), "404 BLOB_UNKNOWN");

    clock.advance_ms(SystemClock.now().0 - START.0 + 3 * 86_400_000);
    let _running = test.start_jobs().await;
    until_swept(&blobs, &unknown).await;
    assert_eq!(test.get(&upload).await.refusal(), "404 BLOB_UPLOAD_UNKNOWN");
    let left: Vec<_> = staged(&test).collect();
    assert_eq!(left.len(), 1, "only what is not ours: {left:?}");
    assert_eq!(test.get(&format!("/v2/team/web/blobs/{kept}")).await.text(), "kept");
    assert_eq!(test.push_blob("team/web", b"unknown").await, unknown.to_string(), "it can be pushed again");
}

/// FLT-2: content that was put in place, of which the database never heard, is nobody's until it is pushed again.
#[tokio::test]
async fn content_that_was_never_noted_can_be_pushed_again_before_any_sweep() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build("", choices(Policy::Grants, clock.clone())).await;
    test.push_blob("team/web", b"kept").await;
    let blobs = FilesystemBlobs::open(test.folder.path()).unwrap();
    let ways: [&[u8]; 4] = [b"the closing request comes again", b"in one request", b"elsewhere", b"by a mount"];
    let mut closings = Vec::new();
    for content in ways {
        let digest = sha256(content);
        let upload = test.call("POST", "/v2/team/web/blobs/uploads/", ANY, "").await.location();
        assert_eq!(test.call("PATCH", &upload, ANY, content).await.status.as_u16(), 202);
        commit(&blobs, upload.rsplit('/').next().unwrap(), content).await;
        for method in ["GET", "HEAD"] {
            let read = test.call(method, &format!("/v2/team/web/blobs/{digest}"), ANY, "").await;
            assert_eq!(read.status.as_u16(), 404, "{method} {digest}: nobody has pushed it");
        }
        let mount = format!("/v2/team/api/blobs/uploads/?mount={digest}&from=team/web");
        assert_eq!(test.call("POST", &mount, ANY, "").await.status.as_u16(), 202, "its bytes have to come");
        closings.push(format!("{upload}?digest={digest}"));
    }
    assert_eq!(test.call("PUT", &closings[0], ANY, "").await.status.as_u16(), 201);
    for (repository, content) in [("team/web", ways[1]), ("team/api", ways[2]), ("team/web", ways[3])] {
        test.push_blob(repository, content).await;
    }
    let mount = format!("/v2/team/api/blobs/uploads/?mount={}&from=team/web", sha256(ways[3]));
    assert_eq!(test.call("POST", &mount, ANY, "").await.status.as_u16(), 201);
    let pushed = ["team/web", "team/web", "team/api", "team/api"].into_iter().zip(ways);
    all_are_whole(&test, pushed.clone()).await;

    let last = last_of_all(&ways);
    commit(&blobs, "dead", &last).await;
    let unknown = sha256(&last).parse().unwrap();
    clock.advance_ms(SystemClock.now().0 - START.0 + 3 * 86_400_000);
    let _running = test.start_jobs().await;
    until_swept(&blobs, &unknown).await;
    all_are_whole(&test, pushed).await;
}

async fn all_are_whole(test: &TestApp, pushed: impl Iterator<Item = (&str, &[u8])>) {
    for (repository, content) in pushed {
        let pulled = test.get(&format!("/v2/{repository}/blobs/{}", sha256(content))).await;
        assert_eq!((pulled.status.as_u16(), &*pulled.body), (200, content));
    }
}

/// Puts content in place as a server that dies before it notes it.
async fn commit(blobs: &FilesystemBlobs, upload: &str, content: &[u8]) {
    let body = futures::stream::iter([Ok(content.to_owned().into())]).boxed();
    let (hash, _) = blobs.append(upload, ContentHash::new(Algorithm::Sha256), body).await.unwrap();
    let verified = hash.verify(&sha256(content).parse().unwrap()).unwrap();
    blobs.commit(upload, &verified, &blobs.commits().begin(verified.digest()).await).await.unwrap();
}

/// Content that a sweep comes to after it has seen all of these.
fn last_of_all(contents: &[&[u8]]) -> Vec<u8> {
    let last = contents.iter().map(|content| sha256(content)).max();
    let mut candidates = (0..).map(|number: u32| format!("unknown {number}").into_bytes());
    candidates.find(|candidate| Some(sha256(candidate)) > last).expect("there is no end of them")
}

async fn until_swept(blobs: &FilesystemBlobs, unknown: &Digest) {
    let swept = async {
        while blobs.open(unknown, None).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), swept).await.expect("what nothing knows is removed");
}

/// FLT-17: an upload that is closed with a digest that its bytes do not have, or that nothing can have, is over, and
/// its bytes take no room any more.
#[tokio::test]
async fn an_upload_that_is_closed_with_a_wrong_digest_leaves_no_bytes() {
    let test = TestApp::new().await;
    let content = vec![7; 300_000];
    let (right, other) = ((sha256(&content), sha512(&content)), (sha256(b"other"), sha512(b"other")));
    let wrong = [
        other.0.clone(),
        other.1.clone(),
        right.0.replace("sha256", "sha512"),
        format!("sha512:{}{}", &right.0[7..], &right.0[7..]),
        format!("sha256:{}", &right.1[7..71]),
        "md5:827ccb0eea8a706c4c34a16891f84e7b".to_owned(),
        "sha256:..%2f..%2fx".to_owned(),
        format!("{}&digest={}", right.0, right.1),
        String::new(),
    ];
    for start in ["", "?digest-algorithm=sha256", "?digest-algorithm=sha512"] {
        for (digest, last) in wrong.iter().flat_map(|digest| [(digest, &b""[..]), (digest, &b"and more"[..])]) {
            let upload = test.call("POST", &format!("/v2/a/blobs/uploads/{start}"), ANY, "").await.location();
            assert_eq!(test.call("PATCH", &upload, ANY, content.clone()).await.status.as_u16(), 202);
            assert_eq!(staged_bytes(&test), content.len() as u64);
            let closed = test.call("PUT", &format!("{upload}?digest={digest}"), ANY, last).await;
            assert_eq!(closed.refusal(), "400 DIGEST_INVALID", "{start} {digest}");
            assert_eq!(test.get(&upload).await.refusal(), "404 BLOB_UPLOAD_UNKNOWN", "{start} {digest}");
            assert_eq!(n_staged(&test), 0, "{start} {digest}");
        }
    }
    let mut open = test.app.store.one("SELECT COUNT(*) FROM uploads", vec![]).await.unwrap().unwrap();
    assert_eq!(open.take::<u64>().unwrap(), 0);
    let blobs = FilesystemBlobs::open(test.folder.path()).unwrap();
    assert!(blobs.contents(None, 1).await.unwrap().is_empty(), "nothing of it became content");
}

fn staged(test: &TestApp) -> impl Iterator<Item = DirEntry> {
    std::fs::read_dir(test.folder.path().join("staging")).unwrap().map(Result::unwrap)
}

fn n_staged(test: &TestApp) -> usize {
    staged(test).count()
}

fn staged_bytes(test: &TestApp) -> u64 {
    staged(test).map(|file| file.metadata().unwrap().len()).sum()
}

/// To a database that knows nothing of it, all content would be leftovers.
#[test]
fn a_database_never_meets_the_content_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    let digest = sha256(b"kept");
    let path = format!("/v2/team/web/blobs/uploads/?digest={digest}");
    assert_eq!(http("POST", &server.host, &path, &[], b"kept").0, 201);
    drop(server);
    let other = format!("sqlite:{}", folder.path().join("other.db").display());
    for owner in ["named", "as an earlier version left it"] {
        let variables = [("PORTOLAN_DATABASE__URL", other.as_str())];
        let start = portolan(&["serve"], &variables).env("PORTOLAN_DATA__DIR", &data).output().unwrap();
        let said = String::from_utf8_lossy(&start.stderr).into_owned();
        assert!(!start.status.success() && said.contains("content of another database"), "{owner}: {said}");
        let _ = std::fs::remove_file(data.join("blobs/owner"));
    }
    let server = Server::start(&data, &[]);
    assert_eq!(server.get(&format!("/v2/team/web/blobs/{digest}")), "kept");
}

/// FLT-25: content that the disk lost is asked for again by whoever pushes it, and is whole afterwards.
#[tokio::test]
async fn a_push_repairs_content_that_is_damaged() {
    let test = TestApp::new().await;
    let digest = test.push_blob("team/web", b"a layer of some length").await;
    let path = test.folder.path().join("blobs/sha256").join(&digest[7..9]).join(&digest[7..]);
    std::fs::write(&path, "a layer").unwrap();
    let address = format!("/v2/team/web/blobs/{digest}");
    assert_eq!(test.get(&address).await.refusal(), "503 UNAVAILABLE", "never other bytes");
    assert_eq!(test.call("HEAD", &address, ANY, "").await.status.as_u16(), 404, "a client that pushes sends it");
    let mount = format!("/v2/team/api/blobs/uploads/?mount={digest}&from=team/web");
    assert_eq!(test.call("POST", &mount, ANY, "").await.status.as_u16(), 202, "and sends it here too");
    test.push_blob("team/web", b"a layer of some length").await;
    assert_eq!(test.get(&address).await.text(), "a layer of some length");
}
