//! What grows: bytes are gathered while they arrive, and hashed and written piece by piece.

use crate::domain::digest::Algorithm;
use crate::domain::{Error, Result};
use crate::server::blobs::{ByteStream, ContentHash};
use bytes::Bytes;
use futures::StreamExt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes of an upload that are gathered before they are written.
const GATHERED: usize = 256 * 1024;
/// Bytes that are read at once to hash them again.
const PIECE: usize = 1024 * 1024;

/// Some bytes of a body.
pub(super) struct Gathered {
    pub(super) parts: Vec<Bytes>,
    /// How the body ended, once it has.
    pub(super) ending: Option<Result<()>>,
}

/// Takes from a body what makes a piece worth a visit to the disk, or all that is left.
pub(super) async fn gather(body: &mut ByteStream) -> Gathered {
    let (mut parts, mut n_bytes) = (Vec::new(), 0);
    while n_bytes < GATHERED {
        match body.next().await {
            Some(Ok(part)) => {
                n_bytes += part.len();
                parts.push(part);
            }
            Some(Err(error)) => {
                let broken = Error::invalid("body", format!("the body broke off: {error}"));
                return Gathered { parts, ending: Some(Err(broken)) };
            }
            None => return Gathered { parts, ending: Some(Ok(())) },
        }
    }
    Gathered { parts, ending: None }
}

/// A staged file that one writer holds.
pub(super) struct Staging {
    file: File,
    hash: ContentHash,
    /// The folder, where the file is new in it.
    new_in: Option<PathBuf>,
}

impl Staging {
    /// Takes the file, cut to what `hash` stands for.
    pub(super) fn open(path: &Path, hash: ContentHash) -> io::Result<Self> {
        let is_first = hash.size() == 0;
        let mut file = OpenOptions::new().create(is_first).truncate(false).write(true).open(path)?;
        take_turn(&file, path)?;
        if file.metadata()?.len() < hash.size() {
            return Err(io::ErrorKind::UnexpectedEof.into()); // Lost bytes are not made up of zeros.
        }
        file.set_len(hash.size())?;
        file.seek(SeekFrom::End(0))?;
        let new_in = path.parent().filter(|_| is_first).map(Path::to_owned);
        Ok(Self { file, hash, new_in })
    }

    pub(super) fn write(mut self, parts: &[Bytes]) -> io::Result<Self> {
        for part in parts {
            self.hash.update(part);
            self.file.write_all(part)?;
        }
        Ok(self)
    }

    /// The hash goes into the database, durably: so must the bytes that it stands for, or a session that
    /// is resumed after a power cut would commit zeros under a good digest.
    pub(super) fn finish(self) -> io::Result<ContentHash> {
        self.file.sync_data()?;
        if let Some(folder) = self.new_in {
            File::open(folder)?.sync_all()?;
        }
        Ok(self.hash)
    }
}

pub(super) fn hash_file(path: &Path, algorithm: Algorithm) -> io::Result<ContentHash> {
    let mut hash = ContentHash::new(algorithm);
    let mut buffer = vec![0; PIECE];
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(hash),
        opened => opened?,
    };
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// Waits for a writer whose client has gone: it still writes out what was on its way. The lock ends with
/// the file; one that was renamed meanwhile is not ours any more.
pub(super) fn take_turn(file: &File, path: &Path) -> io::Result<()> {
    file.lock()?;
    let (held, named) = (file.metadata()?, fs::metadata(path)?);
    if held.ino() == named.ino() { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
}
