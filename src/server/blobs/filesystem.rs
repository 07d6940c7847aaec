//! Blobs in a folder: `blobs/sha256/3f/3f9a…` for content, `staging/<upload>` for what grows.
//!
//! Content is written to staging, fsynced, renamed into place, and its folder fsynced, so that a
//! name never leads to half a file, whenever the power goes. Received bytes are hashed and written
//! piece by piece on blocking threads while the next ones arrive.

mod commit;
mod copying;
mod listing;
mod reading;
mod share;
mod staging;

use super::{
    ByteStream, Commits, Committing, Content, ContentHash, ContentRange, Contents, Held, NobodyCommits, Owned,
    Removing, Staging, VerifiedBlob,
};
use crate::domain::digest::Algorithm;
use crate::domain::error::What;
use crate::domain::{Digest, Error, Result, Timestamp};
use async_trait::async_trait;
use futures::StreamExt;
use staging::{Failure, Gathered, StagedFile, gather};
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

/// Content up to this many bytes is read in one go, in place.
const SMALL: u64 = 64 * 1024;

/// The file that says whose content this is.
const OWNER: &str = "blobs/owner";

/// Blobs in a folder of this machine.
pub struct FilesystemBlobs {
    root: PathBuf,
    /// Bytes of the disk that uploads leave free.
    reserve: u64,
    commits: Commits,
    /// For large pieces of uploads.
    room: Arc<Semaphore>,
}

impl FilesystemBlobs {
    /// Opens the folder, making it if need be.
    pub fn open(root: &Path) -> Result<Self> {
        for folder in ["staging", "blobs/sha256", "blobs/sha512"] {
            fs::create_dir_all(root.join(folder)).map_err(failure)?;
        }
        copying::prepare(root).map_err(failure)?;
        commit::sync_folders(&root.join("blobs")).map_err(failure)?; // Nothing in a folder outlives the folder's own name.
        Ok(Self::to_read(root))
    }

    /// A folder that is only read, and may lie where nothing can be written.
    pub fn to_read(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            reserve: 0,
            commits: Commits::default(),
            room: Arc::new(Semaphore::new(staging::LARGE_PIECES)),
        }
    }

    /// Takes no upload that would leave less than this many bytes of the disk free: the database needs room to
    /// note what is deleted, and pulls must go on.
    pub fn reserving(self, reserve: u64) -> Self {
        Self { reserve, ..self }
    }

    /// Puts some content into another folder as well, by a second name where the file system can. `false` if this
    /// folder does not have it whole. Durable after [`Self::sync`] of the other.
    pub async fn share(&self, digest: &Digest, size: u64, with: &Self) -> Result<bool> {
        let (from, to) = (self.content_path(digest), with.content_path(digest));
        let shared = spawn_blocking(move || share::share(&from, &to, size)).await.map_err(|_| Error::Internal)?;
        match shared {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => Ok(false),
            Err(error) => Err(failure(error)),
        }
    }

    /// Makes the names of all content durable.
    pub async fn sync(&self) -> Result<()> {
        let root = self.root.clone();
        blocking(move || share::sync_names(&root)).await
    }

    fn content_path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.root.join("blobs").join(digest.algorithm().name()).join(&hex[..2]).join(hex)
    }

    /// Writes a body to the staged file, of which one piece has come. Each piece is hashed and written at the same
    /// time, while the next one arrives and earlier ones go to the disk.
    async fn fill(
        &self,
        path: &Path,
        mut hash: ContentHash,
        mut next: Gathered,
        body: &mut ByteStream,
    ) -> Result<(ContentHash, Result<()>)> {
        self.require_room()?;
        let (path, before) = (path.to_owned(), hash.size());
        let mut file = blocking(move || StagedFile::open(&path, before)).await?;
        let mut syncing = None;
        while next.ending.is_none() {
            self.require_room()?;
            let piece = Arc::new(next.piece);
            let written = {
                let piece = Arc::clone(&piece);
                blocking(move || file.write(&piece))
            };
            let hashed = blocking(move || io::Result::Ok(piece.hash_into(hash)));
            let (written, hashed, more) = tokio::join!(written, hashed, gather(body, &self.room));
            (file, hash, next) = (written?, hashed?, more);
            if let Some(due) = file.due_for_sync().map_err(failure)?
                && let Some(earlier) = syncing.replace(spawn_blocking(move || due.sync_data()))
            {
                ended(earlier).await?;
            }
        }
        if let Some(earlier) = syncing {
            ended(earlier).await?;
        }
        let last = next.piece;
        let finish = move || {
            file.write(&last)?.finish()?;
            io::Result::Ok(last.hash_into(hash))
        };
        Ok((blocking(finish).await?, next.ending.unwrap_or(Ok(()))))
    }

    /// # Errors
    /// If the disk is all but full.
    fn require_room(&self) -> Result<()> {
        let disk = rustix::fs::statvfs(&self.root).map_err(|error| failure(error.into()))?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) < self.reserve {
            return Err(Error::full_disk());
        }
        Ok(())
    }

    fn staging_path(&self, upload: &str) -> Result<PathBuf> {
        if upload.is_empty() || !upload.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(Error::invalid("upload", "this is no upload id"));
        }
        Ok(self.root.join("staging").join(upload))
    }
}

#[async_trait]
impl Staging for FilesystemBlobs {
    async fn append(&self, upload: &str, hash: ContentHash, mut body: ByteStream) -> Result<(ContentHash, Result<()>)> {
        let (path, before) = (self.staging_path(upload)?, hash.size());
        // A client may take its time: no thread is held, no file is open, while nothing comes.
        let first = gather(&mut body, &self.room).await;
        let filled = self.fill(&path, hash, first, &mut body).await;
        if filled.is_err() {
            let _ = blocking(move || staging::cut(&path, before)).await; // On a full disk nothing of it may stay.
        }
        filled
    }

    async fn rehash(&self, upload: &str, size: u64, algorithm: Algorithm) -> Result<ContentHash> {
        let path = self.staging_path(upload)?;
        blocking(move || staging::hash_file(&path, size, algorithm)).await
    }

    async fn commit(&self, upload: &str, blob: &VerifiedBlob, _held: &Committing<'_>) -> Result<()> {
        let (staged, content, size) = (self.staging_path(upload)?, self.content_path(blob.digest()), blob.size());
        blocking(move || commit::commit(&staged, &content, size)).await
    }

    async fn discard(&self, upload: &str) -> Result<()> {
        let path = self.staging_path(upload)?;
        blocking(move || absent_is_fine(fs::remove_file(path))).await
    }

    async fn staged(&self) -> Result<Vec<(String, Timestamp)>> {
        let folder = self.root.join("staging");
        blocking(move || listing::staged(&folder)).await
    }
}

#[async_trait]
impl Contents for FilesystemBlobs {
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
            futures::stream::once(async move { reading::read_piece(&file, length) }).boxed()
        } else {
            reading::pieces(file, start, length)
        };
        Ok(Some(Content { size, start, length, body }))
    }

    async fn contents(&self, after: Option<&Digest>, limit: usize) -> Result<Vec<Held>> {
        let (root, after) = (self.root.join("blobs"), after.cloned());
        blocking(move || listing::contents(&root, after.as_ref(), limit)).await
    }

    async fn remove(&self, some: &[Digest], _alone: &NobodyCommits<'_>) -> Result<()> {
        let paths: Vec<_> = some.iter().map(|digest| self.content_path(digest)).collect();
        blocking(move || paths.iter().try_for_each(|path| absent_is_fine(fs::remove_file(path)))).await
    }

    fn begin_removing(&self) -> Result<Option<Removing>> {
        copying::begin_removing(&self.root).map_err(failure)
    }

    async fn put_aside(&self, some: &[(Digest, String)], _alone: &NobodyCommits<'_>) -> Result<()> {
        let paths = some.iter().map(|(digest, name)| Ok((self.content_path(digest), self.staging_path(name)?)));
        let paths = paths.collect::<Result<Vec<_>>>()?;
        blocking(move || paths.iter().try_for_each(|(from, to)| absent_is_fine(fs::rename(from, to)))).await
    }

    fn commits(&self) -> &Commits {
        &self.commits
    }
}

#[async_trait]
impl Owned for FilesystemBlobs {
    async fn owner(&self) -> Result<Option<String>> {
        let path = self.root.join(OWNER);
        blocking(move || match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(|owner| Some(owner.trim().to_owned())),
        })
        .await
    }

    async fn belong_to(&self, owner: &str) -> Result<()> {
        let (path, owner) = (self.root.join(OWNER), format!("{owner}\n"));
        blocking(move || commit::replace(&path, owner.as_bytes())).await
    }
}

fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn failure(error: io::Error) -> Error {
    tracing::error!(%error, "the blob folder refused an operation");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::full_disk(),
        io::ErrorKind::NotFound => Error::Unavailable(
            "a part of the blob folder is not there; whoever runs this looks after data.dir".to_owned(),
        ),
        _ => Error::Unavailable("the blob store did not answer; try again".to_owned()),
    }
}

/// Runs work on the disk where it holds nobody up.
async fn blocking<T, F>(work: impl FnOnce() -> Result<T, F> + Send + 'static) -> Result<T>
where
    T: Send + 'static,
    F: Into<Failure> + Send + 'static,
{
    ended(spawn_blocking(work)).await
}

/// What came of work on the disk.
async fn ended<T, F: Into<Failure>>(work: JoinHandle<Result<T, F>>) -> Result<T> {
    let cut_off = |error: JoinError| match error.is_panic() {
        true => Error::Internal,
        false => Error::Unavailable("the server is stopping; try again".to_owned()),
    };
    work.await.map_err(cut_off)?.map_err(|error| match error.into() {
        Failure::Gone => Error::NotFound(What::Upload),
        Failure::Disk(error) => failure(error),
    })
}
