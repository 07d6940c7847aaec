//! What grows: bytes are gathered while they arrive, and hashed and written piece by piece.

use crate::domain::Result;
use crate::domain::digest::Algorithm;
use crate::server::blobs::{ByteStream, ContentHash, broke_off};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of an upload that are always gathered before they are written …
const GATHERED: usize = 128 * 1024;
/// … and that many while there is room: fewer, larger writes cost a fifth less.
const GATHERED_MOST: usize = 1024 * 1024;
/// Smaller parts are copied together: each by itself holds many times its bytes.
const CRUMB: usize = 4 * 1024;
/// How many large pieces there may be at a time, over all uploads.
pub(super) const LARGE_PIECES: usize = 16;
/// Parts that are written at once. Linux 6.18 on ext4 takes many times as long for one write of 2 MiB.
const PARTS: usize = 16;
/// Bytes that are read at once to hash them again.
const PIECE: usize = 1024 * 1024;

/// Bytes that go to the disk together, while later ones still arrive: at the end few are left to wait for.
const SYNCED: u64 = 16 * 1024 * 1024;

/// Bytes to write, with the room that they take.
pub(super) struct Piece {
    parts: Vec<Bytes>,
    room: Option<OwnedSemaphorePermit>,
}

/// Some bytes of a body.
pub(super) struct Gathered {
    pub(super) piece: Piece,
    /// How the body ended, once it has.
    pub(super) ending: Option<Result<()>>,
}

/// Takes from a body what makes a piece worth a visit to the disk, or all that is left.
pub(super) async fn gather(body: &mut ByteStream, room: &Arc<Semaphore>) -> Gathered {
    let (mut piece, mut n_bytes, mut crumbs) = (Piece { parts: Vec::new(), room: None }, 0, BytesMut::new());
    let ending = loop {
        if n_bytes >= GATHERED && piece.room.is_none() {
            piece.room = Arc::clone(room).try_acquire_owned().ok();
        }
        if n_bytes >= if piece.room.is_some() { GATHERED_MOST } else { GATHERED } {
            break None;
        }
        match body.next().await {
            Some(Ok(part)) => {
                n_bytes += part.len();
                if part.len() < CRUMB {
                    crumbs.extend_from_slice(&part);
                } else {
                    piece.parts.extend([crumbs.split().freeze(), part]);
                }
            }
            Some(Err(error)) => break Some(Err(broke_off(&error))),
            None => break Some(Ok(())),
        }
    };
    piece.parts.push(crumbs.freeze());
    Gathered { piece, ending }
}

impl Piece {
    /// The hash with these bytes in it as well.
    pub(super) fn hash_into(&self, mut hash: ContentHash) -> ContentHash {
        self.parts.iter().for_each(|part| hash.update(part));
        hash
    }
}

/// Why staged bytes cannot be worked on.
pub(super) enum Failure {
    /// They are not there, or not all of them: the upload cannot go on.
    Gone,
    Disk(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Opens what must be staged already.
pub(super) fn open_staged(options: &OpenOptions, path: &Path) -> Result<File, Failure> {
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::Gone,
        _ => Failure::Disk(error),
    })
}

/// A staged file that one writer holds.
pub(super) struct StagedFile {
    file: File,
    /// Bytes that were written since a sync last began.
    unsynced: u64,
    /// The folder, where the file is new in it.
    new_in: Option<PathBuf>,
}

impl StagedFile {
    /// Takes the file, cut to the `size` bytes that are noted.
    pub(super) fn open(path: &Path, size: u64) -> Result<Self, Failure> {
        let is_first = size == 0;
        let mut file = match is_first {
            true => OpenOptions::new().create(true).truncate(false).write(true).open(path)?,
            false => open_staged(OpenOptions::new().write(true), path)?,
        };
        take_turn(&file, path)?;
        if file.metadata()?.len() < size {
            return Err(Failure::Gone); // Lost bytes are not made up of zeros.
        }
        file.set_len(size)?;
        file.seek(SeekFrom::End(0))?;
        let new_in = path.parent().filter(|_| is_first).map(Path::to_owned);
        Ok(Self { file, unsynced: 0, new_in })
    }

    pub(super) fn write(mut self, piece: &Piece) -> io::Result<Self> {
        write_parts(&mut self.file, &piece.parts)?;
        self.unsynced += piece.parts.iter().map(|part| part.len() as u64).sum::<u64>();
        Ok(self)
    }

    /// The file under a second handle, once enough was written that it had better be synced meanwhile. What goes
    /// wrong then is said there, and [`Self::finish`] will not know.
    pub(super) fn due_for_sync(&mut self) -> io::Result<Option<File>> {
        if self.unsynced < SYNCED {
            return Ok(None);
        }
        self.unsynced = 0;
        self.file.try_clone().map(Some)
    }

    /// The hash goes into the database, durably: so must the bytes that it stands for, or a session that
    /// is resumed after a power cut would commit zeros under a good digest.
    pub(super) fn finish(self) -> io::Result<()> {
        self.file.sync_data()?;
        match self.new_in {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// Writes many parts with few calls.
fn write_parts(file: &mut File, parts: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(|part| IoSlice::new(part)).collect();
    let mut left = &mut slices[..];
    while !left.is_empty() {
        match file.write_vectored(&left[..left.len().min(PARTS)]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n_written) => IoSlice::advance_slices(&mut left, n_written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The hash of the first `size` bytes of a file.
pub(super) fn hash_file(path: &Path, size: u64, algorithm: Algorithm) -> Result<ContentHash, Failure> {
    let mut hash = ContentHash::new(algorithm);
    if size == 0 {
        return Ok(hash); // Nothing was ever staged.
    }
    let mut buffer = vec![0; PIECE];
    let mut file = open_staged(OpenOptions::new().read(true), path)?.take(size);
    loop {
        match file.read(&mut buffer)? {
            0 if hash.size() < size => return Err(Failure::Gone),
            0 => return Ok(hash),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// Takes away what was written beyond the first `size` bytes and will never be noted.
pub(super) fn cut(path: &Path, size: u64) -> io::Result<()> {
    if size == 0 { fs::remove_file(path) } else { OpenOptions::new().write(true).open(path)?.set_len(size) }
}

/// Waits for a writer whose client has gone: it still writes out what was on its way. The lock ends with
/// the file; one that was renamed meanwhile is not ours any more.
pub(super) fn take_turn(file: &File, path: &Path) -> Result<(), Failure> {
    file.lock()?;
    let held = file.metadata()?.ino();
    match fs::metadata(path) {
        Ok(named) if named.ino() == held => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::Disk(error)),
        _ => Err(Failure::Gone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    /// SEC-14.
    #[tokio::test]
    async fn crumbs_are_held_as_what_they_are_together() {
        let crumbs = (0..100_000_u32).map(|n| Ok(Bytes::copy_from_slice(&[n as u8])));
        let loaf = [Ok(Bytes::from(vec![7; CRUMB]))];
        let mut body = stream::iter(loaf.into_iter().chain(crumbs)).boxed();
        let gathered = gather(&mut body, &Arc::new(Semaphore::new(1))).await;
        let whole: Vec<u8> = gathered.piece.parts.concat();
        assert!(gathered.ending.is_some_and(|ending| ending.is_ok()) && gathered.piece.parts.len() < 4);
        assert!(whole.len() == CRUMB + 100_000 && whole[CRUMB..].iter().enumerate().all(|(n, it)| *it == n as u8));
    }
}
