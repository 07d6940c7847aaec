//! Staged bytes become content, durably.

use super::staging::{Failure, open_staged, take_turn};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Content of the same digest is replaced by the verified bytes, which repairs a damaged file; readers
/// keep what they have open. Repeating a commit whose answer was lost finds the content in place. Bytes
/// that are gone are never made up.
pub(super) fn commit(staged: &Path, content: &Path, size: u64) -> Result<(), Failure> {
    let folder = content.parent().expect("a content path has a folder");
    fs::create_dir_all(folder)?;
    let file = match open_staged(OpenOptions::new().write(true), staged) {
        Err(Failure::Gone) if fs::metadata(content).is_ok_and(|there| there.len() == size) => {
            return Ok(sync_folders(folder)?);
        }
        opened => opened?,
    };
    take_turn(&file, staged)?;
    if file.metadata()?.len() < size {
        return Err(Failure::Gone);
    }
    file.set_len(size)?;
    file.sync_all()?;
    fs::rename(staged, content)?;
    Ok(sync_folders(folder)?)
}

/// Makes the names in a folder, and the folder's own, durable.
pub(super) fn sync_folders(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()?;
    match folder.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Writes a small file whole or not at all.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let half = path.with_extension("half");
    fs::write(&half, bytes)?;
    File::open(&half)?.sync_all()?;
    fs::rename(&half, path)?;
    sync_folders(path.parent().unwrap_or(path))
}
