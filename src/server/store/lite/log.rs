//! The write-ahead log is brought back into the file by a thread of its own, so that whoever writes waits for the log and
//! for nothing else (SQLite, "Write-Ahead Logging", section 4: by default the one whose commit makes the log long waits for
//! all of it to be copied and synced).

use super::{connect, query};
use crate::domain::{Error, Result};
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

/// After so many more pages in the log they are brought back.
const MANY: i32 = 1_000;
/// A log so long is brought back by who writes: only while nobody writes can it begin anew.
const TOO_MANY: i32 = 8_000;

/// Keeps the log of `writer`'s database short for as long as `writer` lives.
pub(super) fn keep_short(writer: &mut Connection, path: &Path) -> Result<()> {
    let own = connect(path)?;
    let (asking, asked) = mpsc::sync_channel::<()>(1);
    let turn = Arc::new(Mutex::new(()));
    let turn_of_thread = Arc::clone(&turn);
    std::thread::Builder::new()
        .name("sqlite-log".to_owned())
        .spawn(move || bring_back(&own, &asked, &turn_of_thread))
        .map_err(|error| Error::Unavailable(format!("no thread for the database's log: {error}")))?;
    let mut brought_back = 0;
    let each_commit = move |log: &mut Wal, pages: i32| {
        if pages < brought_back {
            brought_back = 0; // It began anew.
        }
        if pages >= TOO_MANY {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner); // Else SQLite refuses, and the log grows.
            let _ = log.checkpoint(); // What fails is tried again by the next commit.
        }
        if pages >= brought_back + MANY {
            brought_back = pages;
            let _ = asking.try_send(()); // One that waits already will do.
        }
        Ok(())
    };
    writer.wal_hook(Some(each_commit)).map_err(super::failure)
}

/// Whenever it is asked for. What fails is tried again by the next.
fn bring_back(own: &Connection, asked: &mpsc::Receiver<()>, turn: &Mutex<()>) {
    while asked.recv().is_ok() {
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = query(own, "PRAGMA wal_checkpoint(PASSIVE)", &[]) {
            tracing::warn!(%error, "the database's log could not be brought back into the file");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_written_all_the_time_stays_short() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let mut writer = connect(&path).unwrap();
        writer.execute_batch("PRAGMA synchronous = OFF; CREATE TABLE kept (content BLOB)").unwrap();
        keep_short(&mut writer, &path).unwrap();
        // Each fills a page, so without it the log would have twice as many as are too many.
        for _ in 0..TOO_MANY * 2 {
            query(&writer, "INSERT INTO kept (content) VALUES (zeroblob(4000))", &[]).unwrap();
        }
        let page = query(&writer, "PRAGMA page_size", &[]).unwrap().remove(0).take::<i64>().unwrap() as u64;
        let n_bytes = std::fs::metadata(folder.path().join("test.db-wal")).unwrap().len();
        assert!(n_bytes < (TOO_MANY + MANY) as u64 * (page + 24), "the log has {n_bytes} bytes");
    }
}
