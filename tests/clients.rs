//! Real clients push and pull the sample images: bytes and digests stay what they were.

use crate::support::process::{Server, fixtures, http, run};

#[test]
fn skopeo_copies_an_image_of_two_platforms_there_and_back() {
    let Some(fixtures) = fixtures() else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]);
    let layout = format!("oci:{}:1.0.0", fixtures.join("base").display());
    let there = format!("docker://{}/team/base:1.0.0", server.host);
    run("skopeo", &["copy", "--quiet", "--all", "--dest-tls-verify=false", &layout, &there]);
    let sent = run("skopeo", &["inspect", "--raw", &layout]);
    let held = run("skopeo", &["inspect", "--raw", "--tls-verify=false", &there]);
    assert_eq!(held, sent, "the index is what was pushed, byte for byte");
    let back = format!("oci:{}:again", folder.path().join("back").display());
    run("skopeo", &["copy", "--quiet", "--all", "--src-tls-verify=false", &there, &back]);
    assert_eq!(run("skopeo", &["inspect", "--raw", &back]), sent);
    let page = server.get("/r/team/base/-/tags/1.0.0");
    for part in ["linux/amd64", "linux/arm64", "attestation"] {
        assert!(page.to_lowercase().contains(part), "the page shows {part}");
    }
    let tags = run("skopeo", &["list-tags", "--tls-verify=false", &format!("docker://{}/team/base", server.host)]);
    assert!(tags.contains("1.0.0"));
}

#[test]
fn buildah_pulls_what_skopeo_pushed_and_pushes_what_it_made() {
    let Some(fixtures) = fixtures() else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]);
    let layout = format!("oci:{}:1.4.2", fixtures.join("web").display());
    let there = format!("docker://{}/team/web:1.4.2", server.host);
    run("skopeo", &["copy", "--quiet", "--all", "--dest-tls-verify=false", &layout, &there]);
    let root = folder.path().join("storage").display().to_string();
    let state = folder.path().join("state").display().to_string();
    let buildah = |arguments: &[&str]| run("buildah", &[&["--root", &root, "--runroot", &state], arguments].concat());
    let container = buildah(&["from", "--tls-verify=false", &there]).trim().to_owned();
    buildah(&["config", "--label", "made=by-buildah", &container]);
    buildah(&["commit", "--quiet", &container, "made"]);
    let made = format!("docker://{}/team/made:1", server.host);
    buildah(&["push", "--quiet", "--tls-verify=false", "made", &made]);
    assert!(run("skopeo", &["inspect", "--tls-verify=false", &made]).contains("by-buildah"));
    assert_eq!(http("GET", &server.host, "/r/team/made/-/tags/1", &[], b"").0, 200);
    buildah(&["rm", "--all"]);
}
