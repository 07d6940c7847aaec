//! The bytes of a layer on their way: as they come, counted and hashed, and unpacked, within bounds.

use super::bounds::{MAX_PLAIN, MAX_RATIO, RATIO_FROM};
use crate::domain::Digest;
use crate::domain::files::Cut;
use crate::server::blobs::ContentHash;
use bytes::{Buf, Bytes};
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;
use tokio::sync::mpsc;

/// Why reading ends before the end of the layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// A bound: what was read until then counts.
    #[error("a bound")]
    Cut(Cut),
    /// It is not what it should be, and never will be.
    #[error("{0}")]
    Damaged(String),
    /// Its registry did not send all of it.
    #[error("{0}")]
    BrokeOff(String),
}

impl Stop {
    /// That it is not what it should be.
    pub fn damaged(words: impl Into<String>) -> io::Error {
        io::Error::other(Self::Damaged(words.into()))
    }

    /// What ended a reading. What nobody here said is the word of a library about the bytes.
    pub fn of(error: &io::Error) -> Self {
        let known = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        match (known, error.kind()) {
            (Some(stop), _) => stop.clone(),
            (None, io::ErrorKind::UnexpectedEof) => Self::Damaged("it ends in the middle".to_owned()),
            (None, _) => Self::Damaged("its compressed bytes are damaged".to_owned()),
        }
    }
}

/// A body that another task reads, piece by piece.
pub struct Incoming {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Incoming {
    /// What comes through this.
    pub fn of(pieces: mpsc::Receiver<io::Result<Bytes>>) -> Self {
        Self { pieces, current: Bytes::new() }
    }
}

impl Read for Incoming {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.pieces.blocking_recv() {
                Some(Ok(piece)) => self.current = piece,
                Some(Err(error)) => return Err(io::Error::other(Stop::BrokeOff(error.to_string()))),
                None => return Ok(0),
            }
        }
        let n = into.len().min(self.current.len());
        self.current.copy_to_slice(&mut into[..n]);
        Ok(n)
    }
}

/// The stored bytes, which are hashed as they are read.
pub struct Stored<R> {
    inner: R,
    hash: ContentHash,
    n_read: Rc<Cell<u64>>,
    broke_off: Option<String>,
}

impl<R: Read> Stored<R> {
    /// Those of what should have this digest.
    pub fn of(inner: R, digest: &Digest) -> Self {
        Self { inner, hash: ContentHash::new(digest.algorithm()), n_read: Rc::default(), broke_off: None }
    }

    /// How many were read, as that goes on.
    pub fn n_read(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.n_read)
    }

    /// Reads what is left, and says whether all of it is what the digest names.
    pub fn end(mut self, digest: &Digest) -> Result<(), Stop> {
        let mut piece = vec![0; 1 << 16];
        while self.broke_off.is_none() && self.read(&mut piece).is_ok_and(|n| n > 0) {}
        if let Some(words) = self.broke_off {
            return Err(Stop::BrokeOff(words));
        }
        let other = |_| Stop::Damaged("its bytes are not those that its digest names".to_owned());
        self.hash.verify(digest).map(drop).map_err(other)
    }
}

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into);
        match &read {
            Ok(n) => {
                self.hash.update(&into[..*n]);
                self.n_read.set(self.n_read.get() + *n as u64);
            }
            // Libraries between here and who asked may not hand on what went wrong.
            Err(error) if error.kind() != io::ErrorKind::Interrupted => self.broke_off = Some(error.to_string()),
            Err(_) => {}
        }
        read
    }
}

/// The unpacked bytes, which end where there are too many.
pub struct Plain<R> {
    inner: R,
    n_stored: Rc<Cell<u64>>,
    n_plain: u64,
}

impl<R: Read> Plain<R> {
    /// What is unpacked of what was stored.
    pub fn of(inner: R, n_stored: Rc<Cell<u64>>) -> Self {
        Self { inner, n_stored, n_plain: 0 }
    }
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.n_plain >= MAX_PLAIN {
            return Err(io::Error::other(Stop::Cut(Cut::Bytes)));
        }
        if self.n_plain >= RATIO_FROM && self.n_plain / MAX_RATIO > self.n_stored.get() {
            return Err(io::Error::other(Stop::Cut(Cut::Ratio)));
        }
        let n = self.inner.read(into)?;
        self.n_plain += n as u64;
        Ok(n)
    }
}
