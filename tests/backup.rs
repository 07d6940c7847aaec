//! Saving while others push, and putting it back.

use crate::support::postgres::new_schema;
use crate::support::process::{ADMIN, Server, http, left_out, portolan};
use crate::support::{OCI_MANIFEST, sha256};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs a command of the binary over a data folder.
fn command(arguments: &[&str], data: &Path) -> Output {
    portolan(arguments, &[]).env("PORTOLAN_DATA__DIR", data).output().unwrap()
}

/// The same with a database elsewhere.
fn on_database(database: &str, arguments: &[&str], data: &Path) -> Output {
    portolan(arguments, &[("PORTOLAN_DATABASE__URL", database)]).env("PORTOLAN_DATA__DIR", data).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the server has acknowledged: tags with the bytes of their manifests, and blobs.
type Acknowledged = Mutex<Vec<(String, String)>>;

/// Pushes an image of one layer under a tag.
fn push(host: &str, tag: &str, acknowledged: &Acknowledged) {
    let octets = [("Content-Type", "application/octet-stream")];
    let (layer, config) =
        (format!("layer of {tag}"), format!(r#"{{"os":"linux","architecture":"amd64","author":"{tag}"}}"#));
    for blob in [&layer, &config] {
        let digest = sha256(blob.as_bytes());
        let path = format!("/v2/team/web/blobs/uploads/?digest={digest}");
        assert_eq!(http("POST", host, &path, &octets, blob.as_bytes()).0, 201);
        acknowledged.lock().unwrap().push((format!("blobs/{digest}"), blob.clone()));
    }
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(config.as_bytes()), "size": config.len()},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": sha256(layer.as_bytes()), "size": layer.len()}]})
    .to_string();
    let path = format!("/v2/team/web/manifests/{tag}");
    assert_eq!(http("PUT", host, &path, &[("Content-Type", OCI_MANIFEST)], manifest.as_bytes()).0, 201);
    acknowledged.lock().unwrap().push((format!("manifests/{tag}"), manifest));
}

#[test]
fn what_was_acknowledged_before_a_backup_began_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (data, saved, restored) = (folder.path().join("data"), folder.path().join("saved"), folder.path().join("new"));
    let server = Server::start(&data, &[]);
    let (acknowledged, enough) = (Acknowledged::default(), AtomicBool::new(false));
    let promised = std::thread::scope(|scope| {
        for pusher in 0..3 {
            let (host, acknowledged, enough) = (&server.host, &acknowledged, &enough);
            scope.spawn(move || {
                for turn in 0.. {
                    push(host, &format!("t{pusher}-{turn}"), acknowledged);
                    if enough.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        while acknowledged.lock().unwrap().len() < 60 {
            std::thread::yield_now();
        }
        let promised = acknowledged.lock().unwrap().len();
        let backup = command(&["backup", &saved.display().to_string()], &data);
        enough.store(true, Ordering::Relaxed);
        assert!(backup.status.success(), "{}", said(&backup));
        promised
    });
    drop(server);
    // From where nothing can be written, as backups often are.
    let bound = format!("mount --bind -o ro '{0}' '{0}' && exec \"$0\" restore '{0}'", saved.display());
    let restore = std::process::Command::new("unshare")
        .args(["-rm", "sh", "-c", &bound, env!("CARGO_BIN_EXE_portolan")])
        .env("PORTOLAN_DATA__DIR", &restored)
        .output()
        .unwrap();
    assert!(restore.status.success(), "{}", said(&restore));
    let again = Server::start(&restored, &[]);
    for (path, content) in &acknowledged.lock().unwrap()[..promised] {
        assert_eq!(&again.get(&format!("/v2/team/web/{path}")), content, "{path}");
    }
    push(&again.host, "afterwards", &Acknowledged::default());
    let listed: serde_json::Value = serde_json::from_str(&again.get("/v2/team/web/tags/list")).unwrap();
    for tag in listed["tags"].as_array().unwrap() {
        let tag = tag.as_str().unwrap();
        assert!(
            again.get(&format!("/v2/team/web/manifests/{tag}")).contains("layers"),
            "whatever is listed is whole: {tag}"
        );
    }
}

/// What another user than the server's would have made there, such as root, the server could not open.
#[test]
fn a_backup_makes_nothing_in_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (data, saved) = (folder.path().join("data"), folder.path().join("saved"));
    let _server = Server::start(&data, &[]);
    let files = || crate::support::process::run("find", &[&data.display().to_string()]);
    let before = files();
    let backup = command(&["backup", &saved.display().to_string()], &data);
    assert!(backup.status.success(), "{}", said(&backup));
    assert_eq!(files(), before);
}

#[test]
fn the_key_is_part_of_a_backup_and_of_what_it_restores() {
    let folder = tempfile::tempdir().unwrap();
    let (data, saved, restored) = (folder.path().join("data"), folder.path().join("saved"), folder.path().join("new"));
    let server = Server::start_private(&data, &ADMIN);
    let keys = server.get("/token/jwks.json");
    let backup = command(&["backup", &saved.display().to_string()], &data);
    assert!(backup.status.success(), "{}", said(&backup));
    drop(server);
    let restore = command(&["restore", &saved.display().to_string()], &restored);
    assert!(restore.status.success(), "{}", said(&restore));
    let key = |folder: &Path| std::fs::read_to_string(folder.join("secret.key")).unwrap();
    assert!(key(&data) == key(&saved) && key(&data) == key(&restored));
    for folder in [&saved, &restored] {
        let mode = std::fs::metadata(folder.join("secret.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", folder.display());
    }
    let again = Server::start_private(&restored, &[]);
    assert_eq!(again.get("/token/jwks.json"), keys, "it opens what is sealed");
    assert_eq!(again.link, None, "the administrator is there");
    drop(again);
    std::fs::write(restored.join("secret.key"), "0".repeat(64)).unwrap();
    let listen = [("PORTOLAN_SERVER__LISTEN", "127.0.0.1:0")];
    let other = portolan(&["serve"], &listen).env("PORTOLAN_DATA__DIR", &restored).output().unwrap();
    assert!(!other.status.success() && said(&other).contains("key file"), "{}", said(&other));
}

#[test]
fn a_backup_or_data_folder_that_is_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (data, saved) = (folder.path().join("data"), folder.path().join("saved"));
    let missing = command(&["backup", &saved.display().to_string()], &data);
    assert!(said(&missing).contains("there is no database"), "{}", said(&missing));
    drop(Server::start(&data, &[]));
    let _ = std::fs::remove_dir_all(&saved);
    assert!(command(&["backup", &saved.display().to_string()], &data).status.success());
    let again = command(&["backup", &saved.display().to_string()], &data);
    assert!(!again.status.success() && said(&again).contains("is not empty"), "{}", said(&again));
    let over = command(&["restore", &saved.display().to_string()], &data);
    assert!(!over.status.success() && said(&over).contains("already"), "{}", said(&over));
    let log = folder.path().join("log");
    std::fs::create_dir(&log).unwrap();
    std::fs::write(log.join("portolan.db-wal"), "of a database that was removed").unwrap();
    let beside = command(&["restore", &saved.display().to_string()], &log);
    assert!(!beside.status.success() && said(&beside).contains("portolan.db-wal"), "{}", said(&beside));
    let foreign = folder.path().join("foreign");
    let server = Server::start(&foreign, &[]);
    push(&server.host, "v1", &Acknowledged::default());
    drop(server);
    for name in ["portolan.db", "portolan.db-wal", "portolan.db-shm"] {
        let _ = std::fs::remove_file(foreign.join(name));
    }
    let over = command(&["restore", &saved.display().to_string()], &foreign);
    assert!(!over.status.success() && said(&over).contains("another database"), "{}", said(&over));
    std::fs::remove_file(saved.join("backup.json")).unwrap();
    let half = command(&["restore", &saved.display().to_string()], &folder.path().join("new"));
    assert!(!half.status.success() && said(&half).contains("no backup"), "{}", said(&half));
}

#[test]
fn a_backup_of_one_engine_goes_into_the_other_and_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(database) = runtime.block_on(new_schema()) else {
        return left_out("PORTOLAN_TEST_POSTGRES is not set");
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (saved, saved_again) = (path("saved").display().to_string(), path("saved-again").display().to_string());
    let acknowledged = Acknowledged::default();
    let server = Server::start(&path("lite"), &[]);
    (0..250).for_each(|turn| push(&server.host, &format!("t{turn}"), &acknowledged));
    drop(server);
    assert!(command(&["backup", &saved], &path("lite")).status.success());
    let there = on_database(&database, &["restore", &saved], &path("pg"));
    assert!(there.status.success(), "{}", said(&there));
    let over = on_database(&database, &["restore", &saved], &path("other"));
    assert!(said(&over).contains("holds repositories already"), "{}", said(&over));
    let server = Server::start(&path("pg"), &[("PORTOLAN_DATABASE__URL", &database)]);
    push(&server.host, "grown", &acknowledged);
    assert_eq!(http("DELETE", &server.host, "/v2/team/web/manifests/t7", &[], b"").0, 202);
    drop(server);
    let back = on_database(&database, &["backup", &saved_again], &path("pg"));
    assert!(back.status.success(), "{}", said(&back));
    assert!(command(&["restore", &saved_again], &path("back")).status.success());
    let server = Server::start(&path("back"), &[]);
    for (path, content) in acknowledged.lock().unwrap().iter().filter(|(path, _)| path != "manifests/t7") {
        assert_eq!(&server.get(&format!("/v2/team/web/{path}")), content, "{path}");
    }
    assert_eq!(http("GET", &server.host, "/v2/team/web/manifests/t7", &[], b"").0, 404);
}
