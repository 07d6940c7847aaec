//! FLT-12: the server is killed in the midst of a collection, again and again. Each start goes on with it; in the end
//! everything that was not deleted is there, and no bytes of what was.

use super::files;
use crate::support::process::{ADMIN, QUIET, Server, eventually, http};
use crate::support::{OCI_MANIFEST, sha256};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

const BASIC: (&str, &str) = ("Authorization", "Basic YWRtaW46Y29ycmVjdCBob3JzZQ==");
const IMAGES: usize = 60;
const KEPT: usize = 10;
const KILLS: u32 = 12;

fn start(folder: &Path) -> Server {
    let nothing_is_kept = [
        ("PORTOLAN_TRASH__DAYS", "0"),
        ("PORTOLAN_HISTORY__DAYS", "0"),
        ("PORTOLAN_GC__GRACE_S", "0"),
        ("PORTOLAN_GC__EVERY_S", "0"),
    ];
    let variables: Vec<_> = ADMIN.into_iter().chain(QUIET).chain(nothing_is_kept).collect();
    Server::start_private(folder, &variables)
}

fn ask(server: &Server, method: &str, path: &str, body: &[u8], status: u16) -> String {
    let kind = if path.contains("/manifests/") { OCI_MANIFEST } else { "application/json" };
    let (answered, text) = http(method, &server.host, path, &[BASIC, ("Content-Type", kind)], body);
    assert_eq!(answered, status, "{method} {path}: {text}");
    text
}

/// Images of two blobs of their own and one that all share; returns their manifests.
fn fill(server: &Server) -> Vec<String> {
    let push = |content: &str| {
        let digest = sha256(content.as_bytes());
        ask(server, "POST", &format!("/v2/kill/web/blobs/uploads/?digest={digest}"), content.as_bytes(), 201);
        json!({"mediaType": "application/vnd.example", "digest": digest, "size": content.len()})
    };
    let shared = push("shared");
    let image = |number: usize| {
        let (config, layer) = (push(&format!("{{\"n\":{number}}}")), push(&format!("layer {number}")));
        let manifest =
            json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer, shared]});
        ask(server, "PUT", &format!("/v2/kill/web/manifests/t{number}"), manifest.to_string().as_bytes(), 201);
        manifest.to_string()
    };
    (0..IMAGES).map(image).collect()
}

/// Nobody counts on what was pushed any more: it is made older than anybody was promised.
fn age(folder: &Path) {
    let database = rusqlite::Connection::open(folder.join("portolan.db")).unwrap();
    let older = "UPDATE repository_blobs SET linked_at = linked_at - 3600000;
                 UPDATE manifests SET unnamed_since = unnamed_since - 3600000;
                 UPDATE tag_moves SET at = at - 3600000;";
    database.execute_batch(older).unwrap();
}

fn job(server: &Server, id: &str) -> Value {
    serde_json::from_str(&ask(server, "GET", &format!("/api/v1/jobs/{id}"), b"", 200)).unwrap()
}

#[test]
fn a_collection_that_is_killed_again_and_again_ends_and_leaves_all_that_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path());
    let images = fill(&server);
    for image in &images[KEPT..] {
        ask(&server, "DELETE", &format!("/v2/kill/web/manifests/{}", sha256(image.as_bytes())), b"", 202);
    }
    server.stop();
    age(folder.path());
    server = start(folder.path());
    let made = ask(&server, "POST", "/api/v1/jobs", br#"{"kind":"gc"}"#, 201);
    let id = serde_json::from_str::<Value>(&made).unwrap()["id"].as_str().unwrap().to_owned();
    let mut n_cut_off = 0;
    for number in 0..KILLS {
        // From when it is taken up a little longer each time, so that it is cut off in each of its phases.
        eventually("the job is taken up", || job(&server, &id)["state"] != "queued");
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(4) * number * number && job(&server, &id)["state"] == "running" {}
        n_cut_off += u32::from(job(&server, &id)["state"] == "running");
        server.kill();
        server = start(folder.path());
    }
    eventually("the collection ends", || job(&server, &id)["state"] == "done");
    println!("{n_cut_off} of {KILLS} kills cut it off");
    assert!(n_cut_off > 0, "it has to be cut off for this to say anything");
    for (number, image) in images.iter().enumerate() {
        let status = if number < KEPT { 200 } else { 404 };
        let found = ask(&server, "GET", &format!("/v2/kill/web/manifests/{}", sha256(image.as_bytes())), b"", status);
        assert!(status == 404 || found == *image);
    }
    let kept: BTreeSet<String> = images[..KEPT].iter().flat_map(|image| parts(image)).collect();
    for digest in &kept {
        let found = ask(&server, "GET", &format!("/v2/kill/web/blobs/{digest}"), b"", 200);
        assert_eq!(sha256(found.as_bytes()), *digest);
    }
    assert_eq!(files(folder.path()), kept, "of what is gone no file is left");
    assert_eq!(super::n_staged(folder.path()), 0);
}

fn parts(image: &str) -> Vec<String> {
    let image: Value = serde_json::from_str(image).unwrap();
    let of = |it: &Value| it["digest"].as_str().unwrap().to_owned();
    std::iter::once(of(&image["config"])).chain(image["layers"].as_array().unwrap().iter().map(of)).collect()
}
