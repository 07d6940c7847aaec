//! Registries elsewhere. Here: CNCF distribution 2.8 is read in the background, marked when it is down, followed when it is
//! back, and only looked at with `--try`. In the modules: its tags are changed, held, brought back and let go from here, and
//! those of others that delete otherwise.

mod beside;
mod changes;
mod closed;
mod crowd;
mod days;
mod freed;
mod gone;
mod halfway;
mod hints;
mod kept;
mod listed;
mod many;
mod meets;
mod moved_in;
mod promised;
mod renamed;
mod rights;
mod rules;
mod said;
mod seen;
mod shown;
mod sparse;
mod stand_in;
mod survivors;
mod undone;
mod untagged;
mod world;
mod zot;

use crate::conformance::registry::{Known, remote, suite};
use crate::support::process::{Distribution, Server, eventually, http};
use crate::support::{OCI_MANIFEST, sha256};
use std::time::Instant;

const LAYER: &[u8] = b"the layer of team/web";

/// Pushes an image of one layer over plain HTTP, by its digest where no tag is said, and returns its digest.
pub(crate) fn push(host: &str, repository: &str, tag: &str, layer: &[u8]) -> String {
    let config = br#"{"os":"linux","architecture":"amd64","created":"2026-10-01T00:00:00Z"}"#;
    for blob in [&config[..], layer] {
        let start = format!("/v2/{repository}/blobs/uploads/");
        let (_, head) = raw("POST", host, &start);
        let location =
            head.lines().find_map(|line| line.strip_prefix("Location: ")).expect("an upload").trim().to_owned();
        let path = location.split_once(host).map_or(location.as_str(), |(_, path)| path);
        let joint = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{joint}digest={}", sha256(blob));
        let (status, said) = http("PUT", host, &path, &[("Content-Type", "application/octet-stream")], blob);
        assert_eq!(status, 201, "{said}");
    }
    let manifest = serde_json::json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(config), "size": config.len()},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": sha256(layer), "size": layer.len()}]})
    .to_string();
    let digest = sha256(manifest.as_bytes());
    let path = format!("/v2/{repository}/manifests/{}", if tag.is_empty() { &digest } else { tag });
    let (status, said) = http("PUT", host, &path, &[("Content-Type", OCI_MANIFEST)], manifest.as_bytes());
    assert_eq!(status, 201, "{said}");
    digest
}

/// The head of an answer.
fn raw(method: &str, host: &str, path: &str) -> (u16, String) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

fn fill(host: &str) -> String {
    let digest = push(host, "team/web", "1.0", LAYER);
    for tag in ["1.0.1", "1.1", "latest"] {
        push(host, "team/web", tag, LAYER);
    }
    for repository in ["base", "team/api", "team/jobs/mailer"] {
        push(host, repository, "latest", repository.as_bytes());
    }
    digest
}

#[test]
fn the_suite_of_registries_passes_on_cncf_distribution() {
    let folder = tempfile::tempdir().unwrap();
    let Some(upstream) = Distribution::start(folder.path()) else {
        return;
    };
    let digest = fill(&upstream.host);
    let known = Known {
        repositories: vec!["base", "team/api", "team/jobs/mailer", "team/web"],
        tags: vec!["1.0", "1.0.1", "1.1", "latest"],
        digest,
        layer: LAYER,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(suite(&remote(&format!("http://{}", upstream.host), "up"), "up/", &known));
}

#[test]
fn a_registry_is_read_survives_its_death_and_is_followed_again() {
    let folder = tempfile::tempdir().unwrap();
    let Some(upstream) = Distribution::start(folder.path()) else {
        return;
    };
    let digest = fill(&upstream.host);
    let url = format!("http://{}", upstream.host);
    let variables = [
        ("PORTOLAN_MOUNTS__0__PREFIX", "up"),
        ("PORTOLAN_MOUNTS__0__KIND", "remote"),
        ("PORTOLAN_MOUNTS__0__URL", url.as_str()),
        ("PORTOLAN_MOUNTS__0__REFRESH_S", "1"),
    ];
    let server = Server::start(&folder.path().join("portolan"), &variables);
    eventually("the first reading is in the catalog", || server.get("/r/up/team/web").contains("1.0.1"));
    let page = server.get("/r/up/team/web");
    assert!(page.contains(&digest[7..19]) && page.contains("first seen"), "a first sight is no move");
    assert!(page.contains(&format!("{}/team/web", upstream.host)), "the pull line is the registry's own");
    let (status, said) = http("GET", &server.host, "/v2/up/team/web/manifests/latest", &[], b"");
    assert!(status == 404 && said.contains("NAME_UNKNOWN") && said.contains(&upstream.host), "{said}");
    assert!(server.get("/admin/mounts").contains(&url));

    let revive = upstream.kill();
    eventually("the failure is said in words", || server.get("/admin/mounts").contains("refused"));
    let asked = Instant::now();
    assert!(server.get("/r/up/team/web").contains("1.0.1"), "pages answer from the catalog");
    assert!(asked.elapsed().as_secs() < 3, "and at once");

    let upstream = revive();
    push(&upstream.host, "team/web", "2.0", b"new");
    push(&upstream.host, "team/new", "1", b"new");
    eventually("what was pushed meanwhile is read", || server.get("/r/up/team/web").contains(">2.0<"));
    eventually("and the new repository", || server.get("/repositories").contains("/r/up/team/new"));

    let gone = push(&upstream.host, "team/api", "latest", b"team/api");
    let path = format!("/v2/team/api/manifests/{gone}");
    assert_eq!(http("DELETE", &upstream.host, &path, &[], b"").0, 202);
    eventually("absence is noted", || server.get("/r/up/team/api").contains("issing upstream"));
    assert!(server.get("/r/up/team/api").contains(">latest<"), "and never a delete");
}

#[test]
fn a_look_at_a_registry_changes_nothing_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(upstream) = Distribution::start(folder.path()) else {
        return;
    };
    fill(&upstream.host);
    let server = Server::look(&format!("http://{}", upstream.host));
    eventually("the registry is read", || server.get("/r/team/web").contains("1.0.1"));
    eventually("what deleting by digest would take is said", || {
        let mounts = server.get("/admin/mounts");
        mounts.contains("share an image") && mounts.contains(&upstream.host)
    });
    let (status, _) = http("POST", &server.host, "/v2/team/web/blobs/uploads/", &[], b"");
    assert!((400..500).contains(&status), "a write is refused, not {status}");
    let temporary = || {
        let entries = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("portolan-try-")).count()
    };
    let before = temporary();
    assert!(before >= 1 && server.stop().success());
    assert_eq!(temporary(), before - 1, "the temporary folder is gone");
}
