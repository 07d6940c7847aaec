//! What is in layers. Reading one is the work of a thread that gives way to all others, and holds no more of it than its
//! list: nothing is written to disk.
//!
//! A list that comes of it is that of the bytes which the digest names, as they were read; whoever shows it asks first
//! whether its reader may see them.

pub mod bounds;
mod header;
mod packed;
mod pax;
mod source;
mod tar;
mod unpacked;

pub use crate::domain::files::FORMAT;
pub use packed::{Packed, pack};

use crate::domain::files::Listing;
use crate::domain::{Digest, Result};
use crate::server::background::in_background;
use crate::server::blobs::ByteStream;
use bounds::MAX_TIME;
use futures::StreamExt;
use source::{Incoming, Plain, Stop, Stored};
use std::io::Read;
use tokio::sync::mpsc;

/// Pieces that wait to be unpacked.
const WAITING: usize = 4;

/// What came of reading a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<L> {
    /// Its list, as far as it was read.
    Listed(L),
    /// It cannot be read, and why.
    Unreadable(String),
    /// It could not be read this time.
    Failed(String),
}

impl Outcome<Listing> {
    /// The same with the list as it is kept.
    fn packed(self) -> Result<Outcome<Vec<u8>>> {
        Ok(match self {
            Self::Listed(list) => Outcome::Listed(pack(&list)?),
            Self::Unreadable(why) => Outcome::Unreadable(why),
            Self::Failed(why) => Outcome::Failed(why),
        })
    }
}

/// Reads a layer that should have this digest; what comes of it is as it is kept.
///
/// # Errors
/// If the work cannot be done here.
pub async fn read(mut body: ByteStream, digest: &Digest) -> Result<Outcome<Vec<u8>>> {
    let (sent, pieces) = mpsc::channel(WAITING);
    let of = digest.clone();
    let work = in_background(move || list(Incoming::of(pieces), &of).packed());
    // Where this ends early, the pieces do, and then the work.
    let brought = async {
        while let Some(piece) = body.next().await {
            if sent.send(piece).await.is_err() {
                break;
            }
        }
        drop(sent);
    };
    let both = async { tokio::join!(work, brought).0 };
    let late = || Ok(Outcome::Failed(format!("reading it took longer than {} seconds", MAX_TIME.as_secs())));
    tokio::time::timeout(MAX_TIME, both).await.unwrap_or_else(|_| Ok(late()))?
}

/// Reads a layer, and all of its bytes, on the thread that asks.
pub fn list(stored: impl Read, digest: &Digest) -> Outcome<Listing> {
    let mut listing = Listing::of(digest.to_string());
    let mut stored = Stored::of(stored, digest);
    let n_read = stored.n_read();
    let read = unpacked::unpacked(&mut stored).and_then(|plain| tar::list(Plain::of(plain, n_read), &mut listing));
    let stop = read.err().map(|error| Stop::of(&error));
    match (stored.end(digest), stop) {
        (Err(Stop::BrokeOff(words)), _) | (Ok(()), Some(Stop::BrokeOff(words))) => Outcome::Failed(words),
        (Err(stop), _) | (Ok(()), Some(stop @ Stop::Damaged(_))) => Outcome::Unreadable(stop.to_string()),
        (Ok(()), Some(Stop::Cut(cut))) => {
            listing.cut = Some(cut);
            Outcome::Listed(listing)
        }
        (Ok(()), None) => Outcome::Listed(listing),
    }
}
