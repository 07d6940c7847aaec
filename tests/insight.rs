//! What is in layers: reading them, whatever is pushed as one, and who is shown what was read.

pub(crate) mod archive;
mod beside;
mod bombs;
mod changed;
mod kept;
mod overlay;
mod reading;
mod shown;

use crate::support::sha256;
use portolan::domain::Digest;
use portolan::domain::files::{Entry, Layer, Listing};
use portolan::server::insight::{Outcome, list};

/// The digest of some bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> Digest {
    sha256(bytes).parse().unwrap()
}

/// What comes of reading these bytes as a layer.
fn read(stored: &[u8]) -> Outcome<Listing> {
    list(stored, &digest_of(stored))
}

/// The list of these bytes.
fn listed(stored: &[u8]) -> Listing {
    match read(stored) {
        Outcome::Listed(listing) => listing,
        other => panic!("{other:?}"),
    }
}

/// Why there is none.
fn unreadable(stored: &[u8]) -> String {
    match read(stored) {
        Outcome::Unreadable(why) => why,
        other => panic!("{other:?}"),
    }
}

/// What it says of a path.
fn at(listing: &Listing, path: &str) -> Option<Entry> {
    let (folder, name) = portolan::domain::files::split(path);
    listing.find(folder, name).unwrap()
}

/// All paths in it.
fn paths(listing: &Listing) -> Vec<String> {
    let all = listing.folders().flat_map(|(folder, entries)| {
        entries.map(move |entry| portolan::domain::files::join(folder, &entry.name)).collect::<Vec<_>>()
    });
    let mut all: Vec<String> = all.collect();
    all.sort();
    all
}
