//! `portolan backup` and `portolan restore`: the database as one SQLite file and the content of every blob that it
//! knows, in one folder.
//!
//! A backup can be taken while the server runs. The database comes first and the blobs after it: what the
//! database knows was in the blob store before, and nothing that it knows is changed there. Content is written
//! once, so that a second name for the same file is a copy; other file systems get other bytes.

use super::app::command;
use super::blobs::{Contents, FilesystemBlobs, Owned};
use super::clock::{Clock, SystemClock};
use super::config::Config;
use super::entropy::{Entropy, SystemEntropy};
use super::events::Events;
use super::lock::lock;
use super::store::{self, Location, Store, instance, transfer};
use super::terminal::say;
use crate::domain::action::Maintain;
use crate::domain::principal::Job;
use crate::domain::{ByteSize, Timestamp};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

const DATABASE: &str = "portolan.db";
/// Under which secrets are sealed in the database: without it they stay closed, so whoever holds a backup holds all.
const KEY: &str = "secret.key";
/// Written last: a folder without it is no backup.
const LABEL: &str = "backup.json";
/// The layout of the folder.
const FORMAT: u32 = 1;
/// Blobs that are asked for at once.
const TOGETHER: u32 = 1000;

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Label {
    format: u32,
    portolan: String,
    taken_at: String,
    blobs: u64,
    bytes: u64,
    missing: u64,
}

/// Saves database and blobs into a folder that is empty or not there yet.
pub async fn backup(config: &Config, folder: &Path) -> Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let started = SystemClock.now();
    new_folder(folder)?;
    let (location, file) = (config.database()?, folder.join(DATABASE));
    if let Location::Postgres(_) = location {
        match store::inspect(&location).await? {
            Some((found, known)) if found == known => drop(open(&Location::Sqlite(file.clone())).await?), // Makes the schema.
            Some(_) => bail!("the database is of an earlier version; start this one once, or save it with that one"),
            None => bail!("there is nothing in the database; nothing to save"),
        }
    }
    let copied = FilesystemBlobs::to_read(&config.blob_folder());
    let _copying = copied.copying().context("the blob folder cannot be locked; run this as who may write it")?;
    transfer::save(&location, &file).await?;
    File::open(&file)?.sync_all()?;
    let (from, to) = (FilesystemBlobs::to_read(&config.blob_folder()), FilesystemBlobs::open(folder)?);
    let shared = share_all(&file, &from, &to).await?;
    copy_key(&config.key_file(), &folder.join(KEY))?;
    tidy(folder)?;
    label(folder, started, &shared)?;
    let Shared { blobs, bytes, .. } = shared;
    say(format_args!("saved the database and {blobs} blobs of {} to {}", ByteSize(bytes), folder.display()));
    shared.require_all()
}

/// Puts what a backup holds into an empty data folder, or an empty database and blob folder.
pub async fn restore(config: &Config, folder: &Path) -> Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let label = read_label(folder)?;
    let (location, saved) = (config.database()?, folder.join(DATABASE));
    let _locks = lock(config)?;
    if let Location::Sqlite(path) = &location {
        require_no_database(path)?;
    }
    let (from, to) = (FilesystemBlobs::to_read(folder), FilesystemBlobs::open(&config.blob_folder())?);
    require_own_store(&to, &saved).await?;
    let shared = share_all(&saved, &from, &to).await?;
    match &location {
        Location::Sqlite(path) => load_whole(&saved, path).await?,
        Location::Postgres(_) => load_rows(&saved, &location).await?,
    }
    to.belong_to(&open(&location).await?).await?;
    copy_key(&folder.join(KEY), &config.key_file())?;
    let Shared { blobs, bytes, .. } = shared;
    say(format_args!("restored the database and {blobs} blobs of {}, saved {}", ByteSize(bytes), label.taken_at));
    shared.require_all()
}

/// Copies the key file, where there is one and none yet at its place; only its owner may read it.
fn copy_key(from: &Path, to: &Path) -> Result<()> {
    if !from.exists() || to.exists() {
        return Ok(());
    }
    let copy = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
        file.write_all(&fs::read(from)?)?;
        file.sync_all()
    };
    copy().with_context(|| format!("the key file {} could not be copied to {}", from.display(), to.display()))
}

/// What went from one folder to another.
#[derive(Default)]
struct Shared {
    blobs: u64,
    bytes: u64,
    missing: u64,
}

impl Shared {
    /// # Errors
    /// If blobs are missing, which were named before.
    fn require_all(&self) -> Result<()> {
        match self.missing {
            0 => Ok(()),
            missing => bail!("{missing} blobs are missing, named above; push them again where they came from"),
        }
    }
}

/// Every blob that the saved database knows. One that is lost does not keep the others from being saved.
async fn share_all(file: &Path, from: &FilesystemBlobs, to: &FilesystemBlobs) -> Result<Shared> {
    let (mut shared, mut after) = (Shared::default(), None);
    loop {
        let some = transfer::blobs(file, after.as_ref(), TOGETHER)?;
        let Some((last, _)) = some.last() else { break };
        after = Some(last.clone());
        for (digest, size) in some {
            if from.share(&digest, size, to).await? {
                (shared.blobs, shared.bytes) = (shared.blobs + 1, shared.bytes + size);
            } else {
                shared.missing += 1;
                say(format_args!("missing  {digest}: the database knows {size} bytes of it, the blob store has not"));
            }
        }
    }
    to.sync().await?;
    Ok(shared)
}

/// Neither a database nor the log of one that was removed: SQLite would play that into the new file.
fn require_no_database(path: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let file = Path::new(&format!("{}{suffix}", path.display())).to_owned();
        if file.exists() {
            bail!("{} is there already; restore into an empty data folder (data.dir)", file.display());
        }
    }
    Ok(())
}

/// A blob store that holds anything must be that of the saved database, which would take the rest for leftovers.
async fn require_own_store(blobs: &FilesystemBlobs, saved: &Path) -> Result<()> {
    let is_own = match blobs.owner().await? {
        Some(owner) => transfer::instance(saved)?.is_some_and(|id| id == owner),
        None => blobs.contents(None, 1).await?.is_empty(),
    };
    if !is_own {
        bail!("the blob store holds the content of another database; set storage.url to an empty folder");
    }
    Ok(())
}

/// The file appears whole or not at all.
async fn load_whole(saved: &Path, path: &Path) -> Result<()> {
    let half = path.with_extension("half");
    let _ = fs::remove_file(&half);
    transfer::load(&command(Job::Restore, Maintain {}), saved, &Location::Sqlite(half.clone())).await?;
    File::open(&half)?.sync_all()?;
    fs::rename(&half, path)?;
    Ok(File::open(path.parent().unwrap_or(path))?.sync_all()?)
}

/// An older backup is brought up to date on the way; the saved file stays as it is.
async fn load_rows(saved: &Path, location: &Location) -> Result<()> {
    let way = tempfile::tempdir()?;
    let file = way.path().join(DATABASE);
    fs::copy(saved, &file)?;
    open(&Location::Sqlite(file.clone())).await?;
    open(location).await?;
    Ok(transfer::load(&command(Job::Restore, Maintain {}), &file, location).await?)
}

/// Makes a database or brings it up to date, and lets it go. Returns its id.
async fn open(location: &Location) -> Result<String> {
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
        (Arc::new(SystemClock), Arc::new(SystemEntropy::default()));
    let store = Store::open(location, clock, entropy, Events::default()).await?;
    let id = instance::id(&store).await?;
    store.close().await?;
    Ok(id)
}

/// What the tools left that is no part of a backup.
fn tidy(folder: &Path) -> Result<()> {
    for name in ["portolan.db-wal", "portolan.db-shm"] {
        let _ = fs::remove_file(folder.join(name));
    }
    Ok(fs::remove_dir(folder.join("staging"))?)
}

fn new_folder(folder: &Path) -> Result<()> {
    let unusable =
        || format!("the folder {} cannot be written; name another, or give this user the right", folder.display());
    fs::create_dir_all(folder).with_context(unusable)?;
    if fs::read_dir(folder).with_context(unusable)?.next().is_some() {
        bail!("the folder {} is not empty; name a new one for each backup", folder.display());
    }
    Ok(())
}

fn label(folder: &Path, taken_at: Timestamp, shared: &Shared) -> Result<()> {
    let (portolan, taken_at) = (env!("CARGO_PKG_VERSION").to_owned(), taken_at.rfc3339());
    let Shared { blobs, bytes, missing } = *shared;
    let label = Label { format: FORMAT, portolan, taken_at, blobs, bytes, missing };
    let path = folder.join(LABEL);
    fs::write(&path, serde_json::to_vec_pretty(&label)?)?;
    File::open(&path)?.sync_all()?;
    Ok(File::open(folder)?.sync_all()?)
}

fn read_label(folder: &Path) -> Result<Label> {
    let path = folder.join(LABEL);
    let text = fs::read(&path).with_context(|| {
        format!("{} is not there: {} is no backup, or one that was not finished", path.display(), folder.display())
    })?;
    let label: Label = serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?;
    if label.format != FORMAT {
        bail!("this backup was made by Portolan {}; restore it with that version or a newer one", label.portolan);
    }
    Ok(label)
}
