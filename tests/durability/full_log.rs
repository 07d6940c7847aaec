//! A log that takes no line: the disk that it lies on is full, or whoever read it has gone.

use super::client::Client;
use super::manifest;
use crate::support::process::{Server, http};
use crate::support::sha256;

const REPOSITORY: &str = "team/log";
const FULL: &str = r#"exec "$@" 2>/dev/full"#;
/// A pipe whose reader has gone; `$0` is its name.
const CLOSED: &str = r#"mkfifo "$0" && exec 4<>"$0" 2>"$0" 4<&- && exec "$@""#;

/// FLT-13.
#[test]
fn a_server_whose_log_is_full_goes_on() {
    answers_everything(FULL, "text");
    answers_everything(FULL, "json");
}

/// FLT-13.
#[test]
fn a_server_whose_log_nobody_reads_any_more_goes_on() {
    answers_everything(CLOSED, "text");
}

/// What is changed, refused and not found is logged at the level that is set by default.
fn answers_everything(script: &str, format: &str) {
    let place = tempfile::tempdir().unwrap();
    let (folder, pipe) = (place.path().join("data"), place.path().join("pipe"));
    let wrapper = ["sh", "-c", script, pipe.to_str().unwrap()];
    let server = Server::start_below(&wrapper, &folder, &[("PORTOLAN_TELEMETRY__LOG_FORMAT", format)]);
    let mut client = Client::new(&server.host);
    let blobs = [b"{}".as_slice(), b"a layer"].map(|content| (sha256(content), content.len()));
    let image = manifest(&blobs);
    let path = format!("/v2/{REPOSITORY}/manifests/{}", sha256(&image));
    for round in 0..10 {
        for content in [b"{}".as_slice(), b"a layer"] {
            assert_eq!(client.push_blob(REPOSITORY, content).unwrap().status, 201, "{round}");
            let blob = format!("/v2/{REPOSITORY}/blobs/{}", sha256(content));
            assert_eq!(client.get(&blob).unwrap().body, content);
        }
        assert_eq!(client.push_manifest(REPOSITORY, "v1", &image).unwrap().status, 201, "{round}");
        assert_eq!(client.get(&path).unwrap().body, image);
        let wrong = format!("/v2/{REPOSITORY}/blobs/uploads/?digest={}", sha256(b"right"));
        let refused = client.call("POST", &wrong, &[], b"wrong").unwrap();
        assert_eq!(refused.refusal(), "400 DIGEST_INVALID");
        assert_eq!(client.call("DELETE", &path, &[], b"").unwrap().status, 202, "{round}");
        assert_eq!(client.get(&path).unwrap().refusal(), "404 MANIFEST_UNKNOWN");
        assert_eq!(http("GET", &server.host, "/nowhere", &[], b"").0, 303);
    }
    assert_eq!(server.stop().code(), Some(0));
}
