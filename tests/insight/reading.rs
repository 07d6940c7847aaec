//! Layers as builders write them.

use super::archive::{Archive, BLOCK, gzip, header, sign, zstd, zstd_skipped};
use super::{at, digest_of, listed, paths, read, unreadable};
use crate::support::process::fixtures;
use portolan::domain::files::{FileKind, Folder, Layer, Listing};
use portolan::server::insight::{Outcome, Packed, pack};

fn plain() -> Vec<u8> {
    Archive::default()
        .folder("etc/")
        .file("etc/os-release", b"ID=x\n")
        .link(b'2', "lib", "usr/lib")
        .link(b'1', "etc/same", "etc/os-release")
        .put(b'3', "dev/null", b"")
        .put(b'6', "run/pipe", b"")
        .file("./srv//a", b"A")
        .end()
}

fn assert_is_plain(listing: &Listing) {
    let wanted = ["dev", "dev/null", "etc", "etc/os-release", "etc/same", "lib", "run", "run/pipe", "srv", "srv/a"];
    assert_eq!(paths(listing), wanted);
    let file = |path: &str| at(listing, path).unwrap().file.unwrap();
    let release = file("etc/os-release");
    assert_eq!((release.kind, release.mode, release.owner, release.size), (FileKind::File, Some(0o644), (10, 20), 5));
    assert_eq!(release.digest, Some(digest_of(b"ID=x\n")));
    assert_eq!((file("lib").kind, file("lib").link.as_deref()), (FileKind::Symlink, Some("usr/lib")));
    assert_eq!((file("etc/same").kind, file("etc/same").link.as_deref()), (FileKind::HardLink, Some("etc/os-release")));
    assert_eq!((file("dev/null").kind, file("run/pipe").kind), (FileKind::CharacterDevice, FileKind::Pipe));
    assert_eq!((file("etc").mode, file("dev").mode), (Some(0o644), None), "one is stated and one is not");
    assert_eq!((listing.cut, listing.n_left_out), (None, 0));
}

#[test]
fn a_layer_is_read_however_it_was_packed() {
    let plain = plain();
    assert_is_plain(&listed(&plain));
    assert_is_plain(&listed(&gzip(&plain)));
    assert_is_plain(&listed(&zstd(&plain)));
    // In parts, each packed by itself: what lazy pulls want, and pigz and others write.
    let (first, rest) = plain.split_at(700);
    assert_is_plain(&listed(&[gzip(first), gzip(b""), gzip(rest)].concat()));
    assert_is_plain(&listed(&[zstd_skipped(9), zstd(first), zstd_skipped(0), zstd(rest), zstd_skipped(5)].concat()));
    // Without its end it is whole all the same, and what comes behind its end is no part of it.
    assert_is_plain(&listed(&plain[..plain.len() - 2 * BLOCK]));
    assert_is_plain(&listed(&[&plain[..], b"anything"].concat()));
    assert_eq!(paths(&listed(b"")), Vec::<String>::new());
}

#[test]
fn names_that_need_more_than_a_header_are_whole() {
    let long = "d/".repeat(90) + "file";
    let by_pax = Archive::default().extended(&[("path", &long), ("uid", "3000000"), ("size", "2")]).file("short", b"");
    let by_pax = by_pax.raw(b"xy").raw(&[0; BLOCK - 2]).end();
    let file = at(&listed(&by_pax), &long).unwrap().file.unwrap();
    assert_eq!((file.owner, file.size, file.digest), ((3_000_000, 20), 2, Some(digest_of(b"xy"))));
    let gnu = Archive::default().put(b'K', "././@LongLink", b"to/here\0").put(b'L', "././@LongLink", long.as_bytes());
    let file = at(&listed(&gnu.link(b'2', "short", "cut").end()), &long).unwrap().file.unwrap();
    assert_eq!(file.link.as_deref(), Some("to/here"));
    let mut split = header(b'0', b"name", 0, b"");
    split[345..352].copy_from_slice(b"a/b/c/d");
    assert!(at(&listed(&Archive::default().raw(&sign(split)).end()), "a/b/c/d/name").is_some());
    // A global header is about no entry.
    let global = Archive::default().put(b'g', "pax_global_header", b"18 comment=nothing\n").file("a", b"").end();
    assert_eq!(paths(&listed(&global)), ["a"]);
}

#[test]
fn bytes_that_are_no_text_stay_apart() {
    let mut one = header(b'0', b"a\xff", 0, b"");
    one = sign(one);
    let both = Archive::default().raw(&one).file("a\\xff", b"1").file("a\\b", b"2").end();
    assert_eq!(paths(&listed(&both)), ["a\\b", "a\\x5cxff", "a\\xff"]);
}

#[test]
fn whiteouts_and_holes_are_what_they_stand_for() {
    let layer = Archive::default()
        .file("etc/.wh.motd", b"")
        .file("var/.wh..wh..opq", b"")
        .file(".wh..wh.plnk", b"")
        .file("etc/.wh.", b"")
        .file("etc/.wh...", b"")
        .end();
    let listing = listed(&layer);
    let motd = at(&listing, "etc/motd").unwrap();
    assert!(motd.hides && motd.file.is_none());
    assert!(at(&listing, "var").unwrap().is_opaque);
    assert_eq!((paths(&listing), listing.n_left_out), (vec!["etc".into(), "etc/motd".into(), "var".into()], 3));
    // Holes: the size that the file has, and no digest of what is not all of it.
    let mut old = header(b'S', b"old", 512, b"");
    old[482] = 1;
    old[483..495].copy_from_slice(b"00000400000\0");
    let more = [0; BLOCK];
    let sparse = [("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "900000"), ("GNU.sparse.name", "new")];
    let holes = Archive::default().raw(&sign(old)).raw(&more).raw(&[7; BLOCK]).extended(&sparse);
    let listing = listed(&holes.file("GNUSparseFile.1/new", &[1; 600]).file("next", b"n").end());
    let file = |path: &str| at(&listing, path).unwrap().file.unwrap();
    assert_eq!((file("old").size, file("old").digest), (0o400_000, None));
    assert_eq!((file("new").size, file("new").digest), (900_000, None));
    assert_eq!(file("next").digest, Some(digest_of(b"n")));
}

#[test]
fn what_no_client_would_unpack_is_left_out_and_said() {
    let deep = "d/".repeat(129) + "f";
    let long = "n".repeat(5000);
    let layer = Archive::default()
        .file("../etc/passwd", b"")
        .file("a/../../b", b"")
        .extended(&[("path", &deep)])
        .file("short", b"")
        .extended(&[("path", &long)])
        .file("short", b"")
        .put(b'V', "label", b"")
        .file("/absolute", b"")
        .folder("./")
        .end();
    let listing = listed(&layer);
    assert_eq!((paths(&listing), listing.n_left_out), (vec!["absolute".to_owned()], 5));
}

#[test]
fn a_list_is_kept_as_it_is() {
    let mut archive = Archive::default();
    for folder in ["a", "a/b", "c"] {
        for number in 0..300 {
            archive = archive.file(&format!("{folder}/{number:03}"), &[number as u8]);
        }
    }
    let listing = listed(&archive.file("c/.wh.gone", b"").file(".wh..wh..opq", b"").file("c/000/x", b"").end());
    let packed = Packed::open(&digest_of(b"any"), pack(&listing).unwrap()).unwrap();
    assert!(packed.is_opaque() && packed.n_entries() > 900 && packed.cut().is_none());
    for folder in ["", "a", "a/b", "c", "c/000", "none", "a/"] {
        for from in ["", "127", "128", "zzz", "b"] {
            let entries = |layer: &dyn Layer| layer.entries(folder, from).map(Result::unwrap).collect::<Vec<_>>();
            assert_eq!(entries(&packed), entries(&listing), "{folder} from {from}");
        }
    }
    assert!(packed.find("c", "gone").unwrap().unwrap().hides);
    let damaged = pack(&listing).unwrap();
    for cut in [0, 3, 40, damaged.len() - 1] {
        let opened = Packed::open(&digest_of(b"any"), damaged[..cut].to_vec());
        let all = opened.map(|packed| packed.entries("c", "").collect::<Result<Vec<_>, _>>());
        assert!(!matches!(all, Ok(Ok(_))), "{cut}");
    }
}

/// The sample images are what people build: gzip and zstd, whiteouts, an opaque folder, links.
#[test]
fn layers_of_the_sample_images_show_what_runs() {
    let Some(folder) = fixtures().map(|fixtures| fixtures.join("base")) else { return };
    let json = |path: std::path::PathBuf| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let blob = |digest: &serde_json::Value| folder.join("blobs").join(digest.as_str().unwrap().replace(':', "/"));
    let mut manifest = json(folder.join("index.json"))["manifests"][0]["digest"].clone();
    if json(blob(&manifest))["manifests"].is_array() {
        manifest = json(blob(&manifest))["manifests"][0]["digest"].clone();
    }
    let stored = json(blob(&manifest))["layers"].as_array().unwrap().clone();
    let layers: Vec<Listing> = stored.iter().map(|it| listed(&std::fs::read(blob(&it["digest"])).unwrap())).collect();
    let names = |path: &str| {
        let folder = Folder::root(&layers).at(path).unwrap().unwrap();
        folder.names("").map(|shown| shown.unwrap().name).collect::<Vec<_>>()
    };
    assert_eq!(names("etc"), ["base.conf", "base.d", "os-release", "passwd"]);
    assert_eq!(names("opt/legacy"), ["still.conf"]);
    assert_eq!(names("var/cache/build"), ["README"]);
    let cleaned = at(&layers[2], "etc/motd").unwrap();
    assert!(cleaned.hides && cleaned.file.is_none(), "{cleaned:?}");
}

#[test]
fn what_is_no_layer_says_so() {
    assert!(unreadable(&[b'x'; 4 * BLOCK]).contains("no header"), "{}", unreadable(&[b'x'; 4 * BLOCK]));
    let packed = gzip(&plain());
    assert!(matches!(read(&packed[..packed.len() / 2]), Outcome::Unreadable(_)));
    let stored = plain();
    assert!(unreadable(&stored[..BLOCK + 100]).contains("ends in the middle"));
    let other = portolan::server::insight::list(stored.as_slice(), &digest_of(b"other"));
    let Outcome::Unreadable(why) = other else { panic!("{other:?}") };
    assert!(why.contains("not those that its digest names"), "{why}");
}
