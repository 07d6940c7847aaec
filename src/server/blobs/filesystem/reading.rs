//! Reading content: small content in one go, large content piece by piece.

use crate::server::blobs::ByteStream;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use rustix::io::{ReadWriteFlags, preadv2};
use std::fs::File;
use std::io::{self, IoSliceMut, Read};
use std::os::unix::fs::FileExt;
use tokio::task::spawn_blocking;

/// Larger content is read in pieces of this many bytes, two of which are on their way at most.
const PIECE: usize = 256 * 1024;

/// Large content piece by piece.
pub(super) fn pieces(file: File, start: u64, length: u64) -> ByteStream {
    let reader = Reader { file, at: start, left: length, lent: [Bytes::new(), Bytes::new()] };
    let next = |reader: Reader| async move { if reader.left == 0 { Ok(None) } else { reader.next().await.map(Some) } };
    futures::stream::try_unfold(reader, next).boxed()
}

/// Reads one body into two buffers in turn: while one is sent the other is filled.
struct Reader {
    file: File,
    at: u64,
    left: u64,
    /// What was handed out last and before; the buffers come back once they are sent.
    lent: [Bytes; 2],
}

impl Reader {
    /// What the page cache holds is read in place; for the rest a blocking thread waits.
    async fn next(mut self) -> io::Result<(Bytes, Self)> {
        let length = self.left.min(PIECE as u64) as usize;
        self.lent.swap(0, 1);
        let mut buffer = take_back(std::mem::take(&mut self.lent[0]), length);
        let mut n_read = read_cached(&self.file, &mut buffer[..length], self.at);
        if n_read == 0 {
            let (file, at) = (self.file, self.at);
            let read = spawn_blocking(move || file.read_exact_at(&mut buffer[..length], at).map(|()| (file, buffer)));
            (self.file, buffer) = read.await.map_err(io::Error::other)??;
            n_read = length;
        }
        (self.at, self.left) = (self.at + n_read as u64, self.left - n_read as u64);
        self.lent[0] = buffer.freeze();
        Ok((self.lent[0].slice(..n_read), self))
    }
}

/// The buffer of a piece that is sent, or a new one while it is still on its way.
fn take_back(lent: Bytes, length: usize) -> BytesMut {
    match lent.try_into_mut() {
        Ok(buffer) if buffer.len() >= length => buffer,
        _ => BytesMut::zeroed(length),
    }
}

/// As many bytes as can be read without waiting for the disk. None where something else is the matter: the
/// blocking read that follows says what.
fn read_cached(file: &File, buffer: &mut [u8], at: u64) -> usize {
    preadv2(file, &mut [IoSliceMut::new(buffer)], at, ReadWriteFlags::NOWAIT).unwrap_or(0)
}

/// The next `length` bytes of a file, all of them.
pub(super) fn read_piece(file: &File, length: u64) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes.into()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
