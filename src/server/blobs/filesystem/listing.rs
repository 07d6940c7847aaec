//! What lies in the folders.

use crate::domain::digest::Algorithm;
use crate::domain::{Digest, Timestamp};
use crate::server::blobs::Held;
use std::fs;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Uploads that have staged bytes, each with the time of its last change.
pub(super) fn staged(folder: &Path) -> io::Result<Vec<(String, Timestamp)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(metadata) = entry.metadata() {
            found.push((entry.file_name().to_string_lossy().into_owned(), changed(&metadata)));
        } // Else it became content in between.
    }
    Ok(found)
}

/// At least `limit` contents after `after`, in bytewise order of digests. What has no name of a digest is none.
pub(super) fn contents(root: &Path, after: Option<&Digest>, limit: usize) -> io::Result<Vec<Held>> {
    let mut found = Vec::new();
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        let folder = root.join(algorithm.name());
        let from = after.filter(|after| after.algorithm() == algorithm).map_or("", Digest::hex);
        if after.is_some_and(|after| after.algorithm().name() > algorithm.name()) {
            continue;
        }
        for shard in names(&folder)?.into_iter().filter(|shard| shard.as_str() >= &from[..from.len().min(2)]) {
            if found.len() >= limit {
                return Ok(found);
            }
            let shard = folder.join(shard);
            if !shard.is_dir() {
                continue; // Nothing of ours.
            }
            for name in names(&shard)?.into_iter().filter(|name| name.as_str() > from) {
                let Ok(digest) = Digest::from_hex(algorithm, &name) else { continue };
                let Ok(metadata) = fs::metadata(shard.join(&name)) else { continue }; // Removed in between.
                found.push(Held { digest, size: metadata.len(), changed: changed(&metadata) });
            }
        }
    }
    Ok(found)
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    let mut names = fs::read_dir(folder)?.map(name).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn changed(metadata: &fs::Metadata) -> Timestamp {
    let age = metadata.modified().ok().and_then(|changed| changed.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Timestamp(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
}
