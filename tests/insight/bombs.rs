//! Layers that somebody made to hurt: whatever they say, what is read, held and kept of them is bounded, and all that was
//! read until then is shown (SEC-20).

use super::archive::{Archive, BLOCK, ZSTD_BLOCK, gzip, gzip_small, header, zstd_block, zstd_start};
use super::{at, digest_of, listed, paths, unreadable};
use portolan::domain::files::{Cut, Listing};
use portolan::server::insight::bounds::{MAX_ENTRIES, MAX_LIST, RATIO_FROM};
use portolan::server::insight::{Outcome, list};
use std::io::{self, Read};

/// A file of 10 GiB, after one that is small.
fn start() -> Vec<u8> {
    Archive::default().file("first", b"1").raw(&header(b'0', b"zeros", 10 << 30, b"")).0
}

/// Bytes that are made as they are read, with how many of them were asked for.
struct Endless<'p> {
    start: io::Cursor<Vec<u8>>,
    piece: &'p [u8],
    at: usize,
    left: usize,
    n_read: usize,
}

impl<'p> Endless<'p> {
    fn of(start: Vec<u8>, piece: &'p [u8], times: usize) -> Self {
        Self { start: io::Cursor::new(start), piece, at: 0, left: times, n_read: 0 }
    }
}

impl Read for Endless<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut n = self.start.read(into)?;
        if n == 0 && self.left > 0 {
            n = (&self.piece[self.at..]).read(into)?;
            self.at += n;
            if self.at == self.piece.len() {
                (self.at, self.left) = (0, self.left - 1);
            }
        }
        self.n_read += n;
        Ok(n)
    }
}

fn assert_is_cut(listing: &Listing, cut: Cut) {
    assert_eq!(listing.cut, Some(cut));
    assert!(at(listing, "first").unwrap().file.is_some(), "what came before it is there");
}

fn cut_by_ratio(stored: &[u8]) {
    let listing = listed(stored);
    assert_is_cut(&listing, Cut::Ratio);
    assert!(at(&listing, "zeros").is_none(), "nobody saw all of it");
}

#[test]
fn ten_gigabytes_of_gzip_are_read_as_far_as_somebody_may_mean_them() {
    let zeros = gzip_small(&vec![0; 16 << 20]);
    let stored = [gzip(&start()), zeros.repeat(640)].concat();
    assert!(stored.len() < 11 << 20, "{}", stored.len());
    cut_by_ratio(&stored);
}

#[test]
fn ten_gigabytes_of_zstd_are_read_as_far_as_somebody_may_mean_them() {
    let mut stored = zstd_start();
    for block in start().chunks(ZSTD_BLOCK) {
        stored.extend([zstd_block(0, block.len(), false), block.to_vec()].concat());
    }
    let zeros = [zstd_block(1, ZSTD_BLOCK, false), vec![0]].concat();
    stored.extend(zeros.repeat((10 << 30) / ZSTD_BLOCK));
    stored.extend([zstd_block(1, ZSTD_BLOCK, true), vec![0]].concat());
    assert!(stored.len() < 1 << 20, "{}", stored.len());
    cut_by_ratio(&stored);
    const { assert!(RATIO_FROM < 1 << 30, "and not so far that it takes long") };
}

#[test]
fn a_window_that_would_take_all_memory_is_refused() {
    let mut stored = zstd_start();
    stored[5] = 25 << 3; // 32 GiB.
    stored.extend(zstd_block(0, 0, true));
    assert!(unreadable(&stored).contains("damaged"), "{}", unreadable(&stored));
}

#[test]
fn of_a_million_entries_the_first_are_listed() {
    let one = header(b'0', b"again", 0, b"");
    let mut archive = Archive::default().file("first", b"1").0;
    archive.extend(one.repeat(MAX_ENTRIES as usize + 50));
    let listing = listed(&archive);
    assert_is_cut(&listing, Cut::Entries);
    assert_eq!(paths(&listing), ["again", "first"]);
}

#[test]
fn names_end_where_a_list_would_be_too_long() {
    let long = "n".repeat(3000);
    let mut archive = Archive::default().file("first", b"1");
    for number in 0..MAX_LIST / 3000 + 100 {
        archive = archive.extended(&[("path", &format!("{long}{number}"))]).file("short", b"");
    }
    let listing = listed(&gzip(&archive.end()));
    assert_is_cut(&listing, Cut::Names);
    assert!(listing.n_bytes() < MAX_LIST + 100_000, "{}", listing.n_bytes());
    // Each folder on the way to a file counts too.
    let mut archive = Archive::default().file("first", b"1");
    for number in 0..4000 {
        archive = archive.file(&format!("{number:04}{}", "/a".repeat(45)), b"");
    }
    let deep = listed(&gzip(&archive.end()));
    assert!(deep.n_bytes() <= MAX_LIST + 100_000, "{}", deep.n_bytes());
}

#[test]
fn what_describes_an_entry_has_an_end() {
    let too_long = "what describes one of its entries is longer";
    let many = header(b'x', b"PaxHeaders/0", 0, b"").repeat(100_000);
    assert!(unreadable(&[many, header(b'0', b"a", 0, b"").to_vec()].concat()).contains(too_long));
    for kind in [b'x', b'L', b'K'] {
        let huge = Endless::of(header(kind, b"huge", 8 << 30, b"").to_vec(), &[b'1'; BLOCK], 100);
        let Outcome::Unreadable(why) = list(huge, &digest_of(b"other")) else { panic!("it is read") };
        assert!(!why.is_empty());
        assert!(unreadable(&header(kind, b"huge", 8 << 30, b"")).contains(too_long));
    }
    let mut sparse = header(b'S', b"sparse", 0, b"");
    sparse[482] = 1;
    let mut more = [0; BLOCK];
    more[504] = 1;
    let holes = [super::archive::sign(sparse).to_vec(), more.repeat(5000)].concat();
    assert!(unreadable(&holes).contains("holes"), "{}", unreadable(&holes));
    let mut odd = header(b'0', b"odd", 0, b"");
    odd[124..136].copy_from_slice(&[0xff; 12]);
    assert!(unreadable(&super::archive::sign(odd)).contains("number"));
    assert!(unreadable(&header(b'0', b"most", u64::MAX, b"")).contains("no possible size"));
    let records = Archive::default().put(b'x', "PaxHeaders/0", b"999999999999 path=a\n").end();
    assert!(unreadable(&records).contains("extended header"));
}

/// What is in a layer is no layer: nobody looks into it.
#[test]
fn an_archive_within_an_archive_is_a_file() {
    let mut within = Archive::default().file("bottom", b"").end();
    for _ in 0..50 {
        within = Archive::default().file("inner.tar.gz", &gzip(&within)).end();
    }
    assert_eq!(paths(&listed(&within)), ["inner.tar.gz"]);
}

/// Whoever stops early has read all of it all the same: else a digest would say nothing of what was shown.
#[test]
fn the_rest_of_what_is_cut_is_checked_too() {
    let one = header(b'0', b"again", 0, b"").repeat(1000);
    let mut stored = Endless::of(vec![], &one, MAX_ENTRIES as usize / 1000 + 1);
    let Outcome::Unreadable(why) = list(&mut stored, &digest_of(b"other")) else { panic!("it is listed") };
    assert!(why.contains("not those that its digest names"), "{why}");
    assert_eq!(stored.n_read, one.len() * (MAX_ENTRIES as usize / 1000 + 1));
}
