//! What reading layers costs the server that does it, and who else asks it something meanwhile (SEC-20).

use super::archive::{Archive, ZSTD_BLOCK, gzip, gzip_small, header, zstd_block, zstd_start};
use crate::support::process::{QUIET, Server, eventually, http};
use crate::support::{OCI_MANIFEST, sha256};
use serde_json::json;
use std::time::{Duration, Instant};

/// Ten gigabytes of zeros, in members.
fn by_gzip() -> Vec<u8> {
    let start = Archive::default().file("first", b"1").raw(&header(b'0', b"zeros", 10 << 30, b"")).0;
    [gzip(&start), gzip_small(&vec![0; 16 << 20]).repeat(640)].concat()
}

/// The same in one frame, whose window takes as much memory as any that is read.
fn by_zstd() -> Vec<u8> {
    let mut stored = zstd_start();
    stored[5] = 17 << 3; // 128 MiB.
    let start = Archive::default().file("first", b"2").raw(&header(b'0', b"zeros", 10 << 30, b"")).0;
    stored.extend([zstd_block(0, start.len(), false), start].concat());
    stored.extend([zstd_block(1, ZSTD_BLOCK, false), vec![0]].concat().repeat((10 << 30) / ZSTD_BLOCK));
    stored.extend([zstd_block(1, ZSTD_BLOCK, true), vec![0]].concat());
    stored
}

fn ask(server: &Server, method: &str, path: &str, kind: &str, body: &[u8]) {
    let (status, text) = http(method, &server.host, path, &[("Content-Type", kind)], body);
    assert_eq!(status, 201, "{method} {path}: {text}");
}

#[test]
fn layers_that_unpack_to_very_much_take_little_memory_and_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &QUIET);
    let push = |bytes: &[u8]| {
        let digest = sha256(bytes);
        let path = format!("/v2/bomb/web/blobs/uploads/?digest={digest}");
        ask(&server, "POST", &path, "application/octet-stream", bytes);
        json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": bytes.len()})
    };
    let layers = [push(&by_gzip()), push(&by_zstd())];
    let mut config = push(br#"{"os":"linux","architecture":"amd64"}"#);
    config["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers});
    ask(&server, "PUT", "/v2/bomb/web/manifests/v1", OCI_MANIFEST, manifest.to_string().as_bytes());
    let before = server.peak_memory();
    let files = "/r/bomb/web/-/tags/v1?tab=files";
    let mut slowest = Duration::ZERO;
    eventually("both are read", || {
        let start = Instant::now();
        assert!(server.get("/repositories").contains("bomb/web"));
        slowest = slowest.max(start.elapsed());
        !server.get(files).contains("Reading ")
    });
    let page = server.get(files);
    let cut = "it unpacks to more than 250 times its size";
    assert_eq!((page.matches(cut).count(), page.contains("zeros")), (2, false), "{page}");
    let taken = server.peak_memory() - before;
    assert!(taken < 400 << 20, "{taken} bytes of memory for 20 GiB");
    assert!(slowest < Duration::from_secs(5), "somebody else waited {slowest:?}");
}
