//! Content in a second folder: under a second name where the file system can, else as a copy.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Puts the content at `from` to `to` as well. Content is never written in place, so that one file may have two names.
/// What is there already with the right size stays. The new name is durable after [`sync_names`].
///
/// # Errors
/// If there is no content of `size` bytes at `from`.
pub(super) fn share(from: &Path, to: &Path, size: u64) -> io::Result<()> {
    if fs::metadata(from)?.len() != size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if fs::metadata(to).is_ok_and(|there| there.len() == size) {
        return Ok(());
    }
    let folder = to.parent().expect("a content path has a folder");
    fs::create_dir_all(folder)?;
    let _ = fs::remove_file(to); // Cut short by an earlier try.
    if fs::hard_link(from, to).is_err() {
        let half = to.with_extension("half");
        fs::copy(from, &half)?; // Shares the blocks on file systems that can.
        File::open(&half)?.sync_all()?;
        fs::rename(&half, to)?;
    }
    Ok(())
}

/// Makes the names of all content below a folder durable.
pub(super) fn sync_names(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_names(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}
