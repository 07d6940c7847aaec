//! Who copies all content, such as a backup by another process, and who removes some of it keep out of each other's way
//! by the lock on a file.

use super::FilesystemBlobs;
use crate::server::blobs::Removing;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// The file, locked by many who copy or by one who removes.
const COPYING: &str = "blobs/copying.lock";

impl FilesystemBlobs {
    /// Held by whoever copies all content: nothing of it is removed meanwhile. Nothing is held where there is none.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn copying(&self) -> io::Result<Option<File>> {
        match open(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            Ok(file) => file.lock_shared().map(|()| Some(file)),
        }
    }
}

/// Makes the file. Whoever serves the folder does so: one that a command made as another user, such as root, could not be
/// opened here.
pub(super) fn prepare(root: &Path) -> io::Result<()> {
    open(root).map(drop)
}

/// The right to remove content; `None` while somebody copies.
pub(super) fn begin_removing(root: &Path) -> io::Result<Option<Removing>> {
    let file = open(root)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Removing(Some(file)))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open(root: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(root.join(COPYING))
}
