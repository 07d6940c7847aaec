//! Blobs in a folder: `blobs/sha256/3f/3f9a…` for content, `staging/<upload>` for what grows.
//!
//! Content is written to staging, fsynced, renamed into place, and its folder fsynced, so that a
//! name never leads to half a file, whenever the power goes. Received bytes are hashed and written
//! piece by piece on a blocking thread while the next ones arrive.

use super::{BlobStore, ByteStream, Content, ContentHash, ContentRange, VerifiedBlob};
use crate::domain::digest::Algorithm;
use crate::domain::error::What;
use crate::domain::{Digest, Error, Result, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use tokio::task::{JoinError, spawn_blocking};

/// Content up to this many bytes is read in one go, in place.
const SMALL: u64 = 64 * 1024;
/// Bytes of an upload that are gathered before they are written.
const GATHERED: usize = 256 * 1024;
/// Larger content is read in pieces of this many bytes.
const PIECE: usize = 1024 * 1024;

/// Blobs in a folder of this machine.
pub struct FilesystemBlobs {
    root: PathBuf,
}

impl FilesystemBlobs {
    /// Opens the folder, making it if need be.
    pub fn open(root: &Path) -> Result<Self> {
        for folder in ["staging", "blobs/sha256", "blobs/sha512"] {
            fs::create_dir_all(root.join(folder)).map_err(failure)?;
        }
        Ok(Self { root: root.to_owned() })
    }

    fn content_path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.root.join("blobs").join(digest.algorithm().name()).join(&hex[..2]).join(hex)
    }

    fn staging_path(&self, upload: &str) -> Result<PathBuf> {
        if upload.is_empty() || !upload.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(Error::invalid("upload", "this is no upload id"));
        }
        Ok(self.root.join("staging").join(upload))
    }
}

#[async_trait]
impl BlobStore for FilesystemBlobs {
    async fn append(&self, upload: &str, hash: ContentHash, mut body: ByteStream) -> Result<(ContentHash, Result<()>)> {
        let path = self.staging_path(upload)?;
        // A client may take its time: no thread is held, no file is open, while nothing comes.
        let mut next = gather(&mut body).await;
        let mut staging = blocking(move || Staging::open(&path, hash)).await?;
        while next.ending.is_none() {
            let (written, more) = tokio::join!(blocking(move || staging.write(&next.parts)), gather(&mut body));
            (staging, next) = (written?, more);
        }
        let hash = blocking(move || staging.write(&next.parts)?.finish()).await?;
        Ok((hash, next.ending.unwrap_or(Ok(()))))
    }

    async fn rehash(&self, upload: &str, algorithm: Algorithm) -> Result<ContentHash> {
        let path = self.staging_path(upload)?;
        blocking(move || hash_file(&path, algorithm)).await
    }

    async fn commit(&self, upload: &str, blob: &VerifiedBlob) -> Result<()> {
        let (staged, content, size) = (self.staging_path(upload)?, self.content_path(blob.digest()), blob.size());
        blocking(move || commit(&staged, &content, size)).await
    }

    async fn discard(&self, upload: &str) -> Result<()> {
        let path = self.staging_path(upload)?;
        let remove = move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        blocking(remove).await
    }

    async fn open(&self, digest: &Digest, range: Option<ContentRange>) -> Result<Option<Content>> {
        let mut file = match File::open(self.content_path(digest)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failure)?,
        };
        let size = file.metadata().map_err(failure)?.len();
        let (start, length) = ContentRange::within(range, size)?;
        if start > 0 {
            file.seek(SeekFrom::Start(start)).map_err(failure)?;
        }
        let body = if length <= SMALL {
            futures::stream::once(async move { read_piece(file, length).map(|(bytes, _)| bytes) }).boxed()
        } else {
            pieces(file, length)
        };
        Ok(Some(Content { size, start, length, body }))
    }

    async fn staged(&self) -> Result<Vec<(String, Timestamp)>> {
        let folder = self.root.join("staging");
        blocking(move || list(&folder)).await
    }
}

/// Large content piece by piece, each read on a blocking thread into a buffer that is sent as it is.
fn pieces(file: File, length: u64) -> ByteStream {
    futures::stream::try_unfold((file, length), |(file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = spawn_blocking(move || read_piece(file, left.min(PIECE as u64)));
        let (bytes, file) = read.await.map_err(io::Error::other)??;
        let left = left - bytes.len() as u64;
        Ok(Some((bytes, (file, left))))
    })
    .boxed()
}

/// The next `length` bytes of a file, all of them.
fn read_piece(file: File, length: u64) -> io::Result<(Bytes, File)> {
    let mut bytes = Vec::with_capacity(length as usize);
    (&file).take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok((bytes.into(), file)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Some bytes of a body.
struct Gathered {
    parts: Vec<Bytes>,
    /// How the body ended, once it has.
    ending: Option<Result<()>>,
}

/// Takes from a body what makes a piece worth a visit to the disk, or all that is left.
async fn gather(body: &mut ByteStream) -> Gathered {
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
struct Staging {
    file: File,
    hash: ContentHash,
}

impl Staging {
    /// Takes the file, cut to what `hash` stands for.
    fn open(path: &Path, hash: ContentHash) -> io::Result<Self> {
        let is_first = hash.size() == 0;
        let mut file = OpenOptions::new().create(is_first).truncate(false).write(true).open(path)?;
        take_turn(&file, path)?;
        if file.metadata()?.len() < hash.size() {
            return Err(io::ErrorKind::UnexpectedEof.into()); // Lost bytes are not made up of zeros.
        }
        file.set_len(hash.size())?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, hash })
    }

    fn write(mut self, parts: &[Bytes]) -> io::Result<Self> {
        for part in parts {
            self.hash.update(part);
            self.file.write_all(part)?;
        }
        Ok(self)
    }

    /// The hash goes into the database, durably: so must the bytes that it stands for, or a session that
    /// is resumed after a power cut would commit zeros under a good digest.
    fn finish(self) -> io::Result<ContentHash> {
        self.file.sync_data()?;
        Ok(self.hash)
    }
}

fn hash_file(path: &Path, algorithm: Algorithm) -> io::Result<ContentHash> {
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

/// Content of the same digest is replaced by the verified bytes, which repairs a damaged file; readers
/// keep what they have open. Repeating a commit whose answer was lost finds the content in place. Bytes
/// that are gone are never made up.
fn commit(staged: &Path, content: &Path, size: u64) -> io::Result<()> {
    let folder = content.parent().expect("a content path has a folder");
    fs::create_dir_all(folder)?;
    let file = match OpenOptions::new().write(true).open(staged) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let is_there = fs::metadata(content).is_ok_and(|there| there.len() == size);
            return if is_there { sync_folders(folder) } else { Err(error) };
        }
        Err(error) => return Err(error),
    };
    take_turn(&file, staged)?;
    if file.metadata()?.len() < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    file.set_len(size)?;
    file.sync_all()?;
    fs::rename(staged, content)?;
    sync_folders(folder)
}

/// Waits for a writer whose client has gone: it still writes out what was on its way. The lock ends with
/// the file; one that was renamed meanwhile is not ours any more.
fn take_turn(file: &File, path: &Path) -> io::Result<()> {
    file.lock()?;
    let (held, named) = (file.metadata()?, fs::metadata(path)?);
    if held.ino() == named.ino() { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Makes the names in a folder, and the folder's own, durable.
fn sync_folders(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()?;
    match folder.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

fn list(folder: &Path) -> io::Result<Vec<(String, Timestamp)>> {
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let age = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let changed = Timestamp(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        Ok((entry.file_name().to_string_lossy().into_owned(), changed))
    };
    fs::read_dir(folder)?.map(entry).collect()
}

fn failure(error: io::Error) -> Error {
    tracing::error!(%error, "the blob folder refused an operation");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Error::Unavailable("the disk is full; free some space and try again".to_owned())
        }
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => {
            Error::NotFound(What::Upload) // Its bytes are gone, so it cannot go on.
        }
        _ => Error::Unavailable("the blob store did not answer; try again".to_owned()),
    }
}

/// Runs work on the disk where it holds nobody up.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    let ended = |error: JoinError| match error.is_panic() {
        true => Error::Internal,
        false => Error::Unavailable("the server is stopping; try again".to_owned()),
    };
    spawn_blocking(work).await.map_err(ended)?.map_err(failure)
}
