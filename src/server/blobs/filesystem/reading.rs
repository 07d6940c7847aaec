//! Reading content: small content in one go, large content piece by piece.

use crate::server::blobs::ByteStream;
use bytes::Bytes;
use futures::StreamExt;
use std::fs::File;
use std::io::{self, Read};
use tokio::task::spawn_blocking;

/// Larger content is read in pieces of this many bytes.
const PIECE: usize = 1024 * 1024;

/// Large content piece by piece, each read on a blocking thread into a buffer that is sent as it is.
pub(super) fn pieces(file: File, length: u64) -> ByteStream {
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
pub(super) fn read_piece(file: File, length: u64) -> io::Result<(Bytes, File)> {
    let mut bytes = Vec::with_capacity(length as usize);
    (&file).take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok((bytes.into(), file)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
