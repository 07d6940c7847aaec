//! Data folders of earlier versions open, and show all that this version derives from what they hold. One fixture
//! for each version that was released or handed out; they are never changed.

use crate::support::process::{Server, http};
use crate::support::sha256;
use std::fs;
use std::path::Path;

/// The contents of the blobs that the fixture's database knows.
fn blobs() -> Vec<String> {
    let config = |architecture: &str| {
        format!(
            r#"{{"os": "linux", "architecture": "{architecture}", "created": "2026-11-01T10:00:00Z", "config": {{"Labels": {{"org.opencontainers.image.description": "A web server"}}}}}}"#
        )
    };
    vec!["layer of the first version".to_owned(), config("amd64"), config("arm64"), "{}".to_owned()]
}

fn data_folder(folder: &Path, sql: &str) {
    for blob in blobs() {
        let hex = sha256(blob.as_bytes())["sha256:".len()..].to_owned();
        let shard = folder.join("blobs/sha256").join(&hex[..2]);
        fs::create_dir_all(&shard).unwrap();
        fs::write(shard.join(hex), blob).unwrap();
    }
    rusqlite::Connection::open(folder.join("portolan.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_data_folder_of_the_first_version_opens_and_derives_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    data_folder(folder.path(), include_str!("fixtures/data-v1.sql"));
    let server = Server::start(folder.path(), &[]);
    assert!(folder.path().join("portolan.v1.backup").exists(), "the database is copied aside first");
    for blob in blobs() {
        assert_eq!(server.get(&format!("/v2/team/web/blobs/{}", sha256(blob.as_bytes()))), blob);
    }
    let index = server.get("/v2/team/web/manifests/1.0");
    let digest = sha256(index.as_bytes());
    let referrers: serde_json::Value =
        serde_json::from_str(&server.get(&format!("/v2/team/web/referrers/{digest}"))).unwrap();
    assert_eq!(referrers["manifests"][0]["artifactType"], "application/spdx+json");
    assert_eq!(referrers["manifests"][0]["annotations"]["about"], "1.0");
    assert_eq!(server.get("/v2/team/web/tags/list"), r#"{"name":"team/web","tags":["1.0","latest","one"]}"#);
    let used = http(
        "DELETE",
        &server.host,
        "/v2/team/web/manifests/sha256:8a7b27e8d848507ac0d0d47fb882a06b2f9dee69480e737b785c823dd72da5b5",
        &[],
        b"",
    );
    assert_eq!(used.0, 403, "an index lists it: {}", used.1);
    assert_eq!(http("DELETE", &server.host, "/v2/team/web/manifests/latest", &[], b"").0, 202);
    let page = server.get("/r/team/web");
    assert!(page.contains("1.0") && page.contains("linux/arm64"), "{page}");
}

/// What was open to everybody before there was a sign-in opens private, with a link for whoever holds the data.
#[test]
fn a_data_folder_from_before_sign_in_opens_private_with_a_link() {
    let folder = tempfile::tempdir().unwrap();
    data_folder(folder.path(), include_str!("fixtures/data-v1.sql"));
    let server = Server::start_private(folder.path(), &[]);
    for path in ["/v2/team/web/manifests/1.0", "/v2/team/web/tags/list", "/metrics"] {
        assert_eq!(http("GET", &server.host, path, &[], b"").0, 401, "{path}");
    }
    assert_eq!(http("GET", &server.host, "/r/team/web", &[], b"").0, 303);
    let link = server.link.clone().expect("there is nobody yet");
    let token = link.split_once("token=").unwrap().1;
    let form = format!("token={token}&username=mara&name=&password=correct+horse");
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(http("POST", &server.host, "/auth/setup", &headers, form.as_bytes()).0, 303);
    let shown = [("Authorization", "Basic bWFyYTpjb3JyZWN0IGhvcnNl")]; // mara:correct horse
    let (status, tags) = http("GET", &server.host, "/v2/team/web/tags/list", &shown, b"");
    assert_eq!((status, tags.as_str()), (200, r#"{"name":"team/web","tags":["1.0","latest","one"]}"#));
}

/// The rows that this version derives come even if the first start was cut off before it had them.
#[test]
fn an_upgrade_that_was_cut_off_is_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    data_folder(folder.path(), include_str!("fixtures/data-v1.sql"));
    drop(Server::start(folder.path(), &[]));
    let cut_off = "DELETE FROM referrers; DELETE FROM namespaces; UPDATE instance SET derived = 0";
    rusqlite::Connection::open(folder.path().join("portolan.db")).unwrap().execute_batch(cut_off).unwrap();
    let server = Server::start(folder.path(), &[]);
    let digest = sha256(server.get("/v2/team/web/manifests/1.0").as_bytes());
    assert!(server.get(&format!("/v2/team/web/referrers/{digest}")).contains("application/spdx+json"));
}
