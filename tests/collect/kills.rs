//! FLT-12: the server is killed in the midst of each phase of a collection. Each start goes on with it; in the end
//! everything that was not deleted is there, and no bytes of what was.

use super::files;
use crate::support::process::{ADMIN, QUIET, Server, eventually, http};
use crate::support::{OCI_MANIFEST, sha256};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

const BASIC: (&str, &str) = ("Authorization", "Basic YWRtaW46Y29ycmVjdCBob3JzZQ==");
/// Of each round; the first of them are kept.
const IMAGES: usize = 100;
const KEPT: usize = 5;
/// A phase that was over before anybody saw it is cut off in another round.
const ROUNDS: usize = 8;
const PHASES: usize = 5;
const IMAGES_PHASE: usize = 1;

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
fn fill(server: &Server, round: usize) -> Vec<String> {
    let push = |content: &str| {
        let digest = sha256(content.as_bytes());
        ask(server, "POST", &format!("/v2/kill/web/blobs/uploads/?digest={digest}"), content.as_bytes(), 201);
        json!({"mediaType": "application/vnd.example", "digest": digest, "size": content.len()})
    };
    let shared = push("shared");
    let image = |number: usize| {
        let (config, layer) =
            (push(&format!("{{\"n\":\"{round} {number}\"}}")), push(&format!("layer {round} {number}")));
        let manifest =
            json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer, shared]});
        ask(server, "PUT", &format!("/v2/kill/web/manifests/t{round}-{number}"), manifest.to_string().as_bytes(), 201);
        manifest.to_string()
    };
    (0..IMAGES).map(image).collect()
}

/// Nobody counts on what was pushed any more: it is made older than anybody was promised.
fn age(database: &Connection) {
    let older = "UPDATE repository_blobs SET linked_at = linked_at - 3600000;
                 UPDATE manifests SET unnamed_since = unnamed_since - 3600000, told_at = told_at - 3600000;
                 UPDATE tag_moves SET at = at - 3600000;";
    database.execute_batch(older).unwrap();
}

/// How many rows each phase has left to take: entries, images, links, content without a mark, content with one.
fn left(database: &Connection, n_kept: usize) -> [i64; PHASES] {
    let sql = "SELECT (SELECT COUNT(*) FROM trash), (SELECT COUNT(*) FROM manifests), (SELECT COUNT(*) FROM repository_blobs),
               (SELECT COUNT(*) FROM blobs WHERE deleting_at IS NULL), (SELECT COUNT(*) FROM blobs WHERE deleting_at IS NOT NULL)";
    let rows = |row: &rusqlite::Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]);
    let [entries, images, links, unmarked, marked]: [i64; PHASES] = database.query_row(sql, [], rows).unwrap();
    let n_kept = n_kept as i64;
    let parts = 2 * n_kept + 1;
    [entries, images - n_kept, links - parts, unmarked - parts, marked]
}

/// The phase that has taken some of its rows and not all, where `all` is what each has to take. So few images go in one
/// transaction: theirs is cut off before it, or in it.
fn midst(left: [i64; PHASES], all: usize) -> Option<usize> {
    let all = [1, 1, 2, 2, 2].map(|each| each * all as i64);
    let first = (0..PHASES).find(|phase| left[*phase] > 0)?;
    (first == IMAGES_PHASE || left[first] < all[first]).then_some(first)
}

fn job(server: &Server, id: &str) -> Value {
    serde_json::from_str(&ask(server, "GET", &format!("/api/v1/jobs/{id}"), b"", 200)).unwrap()
}

#[test]
fn a_collection_that_is_killed_in_each_of_its_phases_ends_and_leaves_all_that_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (mut images, mut cut_off) = (Vec::new(), BTreeSet::new());
    let mut server = start(folder.path());
    for round in 0..ROUNDS {
        if cut_off.len() == PHASES {
            break;
        }
        let some = fill(&server, round);
        for number in KEPT..IMAGES {
            ask(&server, "DELETE", &format!("/v2/kill/web/manifests/t{round}-{number}"), b"", 202);
        }
        images.push(some);
        server = collect(server, folder.path(), images.len() * KEPT, &mut cut_off);
    }
    assert_eq!(cut_off.len(), PHASES, "phases that were cut off: {cut_off:?}");
    let is_kept = |image: &String| images.iter().any(|some| some[..KEPT].contains(image));
    for image in images.iter().flatten() {
        let status = if is_kept(image) { 200 } else { 404 };
        let found = ask(&server, "GET", &format!("/v2/kill/web/manifests/{}", sha256(image.as_bytes())), b"", status);
        assert!(status == 404 || found == *image);
    }
    let kept: BTreeSet<String> =
        images.iter().flatten().filter(|image| is_kept(image)).flat_map(|image| parts(image)).collect();
    for digest in &kept {
        let found = ask(&server, "GET", &format!("/v2/kill/web/blobs/{digest}"), b"", 200);
        assert_eq!(sha256(found.as_bytes()), *digest);
    }
    assert_eq!(files(folder.path()), kept, "of what is gone no file is left");
    assert_eq!(super::n_staged(folder.path()), 0);
}

/// One collection, killed in the midst of each phase in which none was killed before.
fn collect(mut server: Server, folder: &Path, n_kept: usize, cut_off: &mut BTreeSet<usize>) -> Server {
    server.stop();
    let database = Connection::open(folder.join("portolan.db")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    age(&database);
    server = start(folder);
    let made = ask(&server, "POST", "/api/v1/jobs", br#"{"kind":"gc"}"#, 201);
    let id = serde_json::from_str::<Value>(&made).unwrap()["id"].as_str().unwrap().to_owned();
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let left = left(&database, n_kept);
        if left.iter().sum::<i64>() == 0 {
            break;
        }
        assert!(Instant::now() < until, "the collection does not go on: {left:?}");
        if midst(left, IMAGES - KEPT).is_some_and(|phase| cut_off.insert(phase)) {
            server.kill();
            server = start(folder);
        }
    }
    eventually("the collection ends", || job(&server, &id)["state"] == "done");
    server
}

fn parts(image: &str) -> Vec<String> {
    let image: Value = serde_json::from_str(image).unwrap();
    let of = |it: &Value| it["digest"].as_str().unwrap().to_owned();
    std::iter::once(of(&image["config"])).chain(image["layers"].as_array().unwrap().iter().map(of)).collect()
}
