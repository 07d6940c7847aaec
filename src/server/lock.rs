//! Who has the data: one server at a time, or one command that needs it to itself.

use super::config::Config;
use super::store::Location;
use anyhow::{Context, Result, bail};
use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Two servers on one data folder, one SQLite file or one folder of blobs would destroy each other's work.
pub fn lock(config: &Config) -> Result<Vec<File>> {
    const NAME: &str = "portolan.lock";
    let (folder, blobs) = (&config.data.dir, config.blob_folder());
    let mut wanted = vec![
        (
            folder.clone(),
            NAME.to_owned(),
            format!("serves the data folder {}; stop it, or set data.dir", folder.display()),
        ),
        (
            blobs.clone(),
            NAME.to_owned(),
            format!("keeps its blobs in {}; stop it, or set storage.url", blobs.display()),
        ),
    ];
    if let Location::Sqlite(path) = config.database()?
        && let Some((parent, name)) = path.parent().zip(path.file_name())
    {
        let taken = format!("uses {}; stop it, or set database.url", path.display());
        wanted.push((parent.to_owned(), format!("{}.lock", name.to_string_lossy()), taken));
    }
    let (mut held, mut locks) = (HashSet::new(), Vec::new());
    for (folder, name, taken) in wanted {
        let path = folder_for(&folder)?.join(name);
        if held.insert(path.clone()) {
            locks.push(lock_file(&path, &taken)?);
        }
    }
    Ok(locks)
}

/// Makes a folder, and finds the one name that it has however it is written.
fn folder_for(folder: &Path) -> Result<PathBuf> {
    let made = std::fs::create_dir_all(folder).and_then(|()| std::path::absolute(folder)?.canonicalize());
    made.with_context(|| unwritable(folder))
}

fn lock_file(path: &Path, taken: &str) -> Result<File> {
    let folder = path.parent().unwrap_or(path);
    let open = File::options().create(true).truncate(false).write(true).open(path);
    let file = open.with_context(|| unwritable(folder))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another portolan {taken}"),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| unwritable(folder)),
    }
}

fn unwritable(folder: &Path) -> String {
    format!("the folder {} cannot be written; create it, give this user the right, or set data.dir", folder.display())
}
