//! What interrupted and abandoned uploads leave is swept, and nothing else is.

use crate::support::process::{Server, http, portolan};
use crate::support::{START, TestApp, choices, sha256};
use futures::StreamExt;
use portolan::domain::digest::Algorithm;
use portolan::server::access::Policy;
use portolan::server::blobs::{ContentHash, Contents, FilesystemBlobs, Staging};
use portolan::server::clock::{Clock, ManualClock, SystemClock};
use std::sync::Arc;
use std::time::Duration;

const ANY: &str = "application/octet-stream";

/// FLT-2, OCI-13: a server that died between making content and noting it, and a client that never came back.
#[tokio::test]
async fn leftovers_of_a_day_are_swept_and_what_is_known_stays() {
    let clock = Arc::new(ManualClock::new(START));
    let mut test = TestApp::build("", choices(Policy::OpenOnLoopback, clock.clone())).await;
    let kept = test.push_blob("team/web", b"kept").await;
    let upload = test.call("POST", "/v2/team/web/blobs/uploads/", ANY, "").await.location();
    test.call("PATCH", &upload, ANY, "never finished").await;
    let blobs = FilesystemBlobs::open(test.folder.path()).unwrap();
    let body = futures::stream::iter([Ok("unknown".into())]).boxed();
    let (hash, _) = blobs.append("dead", ContentHash::new(Algorithm::Sha256), body).await.unwrap();
    std::fs::write(test.folder.path().join("staging/.nfs0001.tmp"), "of the file system").unwrap();
    std::fs::write(test.folder.path().join("blobs/sha256/stray"), "nobody's").unwrap();
    let unknown = sha256(b"unknown").parse().unwrap();
    blobs.commit("dead", &hash.verify(&unknown).unwrap()).await.unwrap();
    let invisible = test.get(&format!("/v2/team/web/blobs/{unknown}")).await;
    assert_eq!(invisible.refusal(), "404 BLOB_UNKNOWN");

    clock.advance_ms(SystemClock.now().0 - START.0 + 3 * 86_400_000);
    let _running = test.start_jobs().await;
    let swept = async {
        while blobs.open(&unknown, None).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), swept).await.expect("what nothing knows is removed");
    assert_eq!(test.get(&upload).await.refusal(), "404 BLOB_UPLOAD_UNKNOWN");
    let left: Vec<_> = std::fs::read_dir(test.folder.path().join("staging")).unwrap().collect();
    assert_eq!(left.len(), 1, "only what is not ours: {left:?}");
    assert_eq!(test.get(&format!("/v2/team/web/blobs/{kept}")).await.text(), "kept");
    assert_eq!(test.push_blob("team/web", b"unknown").await, unknown.to_string(), "it can be pushed again");
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
