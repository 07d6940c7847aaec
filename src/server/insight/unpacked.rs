//! A layer as it was before somebody compressed it: gzip with all its members (RFC 1952, section 2.2), zstd with all its
//! frames (RFC 8878, section 3.1), or as it is. Which of them it is, its first bytes say and not what it is called.

use super::bounds::MAX_WINDOW;
use super::source::Stop;
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, BufReader, Cursor, Read};

/// What a gzip member and a zstd frame begin with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: u32 = 0xFD2F_B528;
/// A frame that says something to somebody else; its last four bits are free.
const SKIPPABLE: u32 = 0x184D_2A50;

/// How many bytes are asked for at once.
const PIECE: usize = 1 << 16;

/// The plain bytes of what `stored` brings.
pub fn unpacked<'r, R: Read + 'r>(mut stored: R) -> io::Result<Box<dyn Read + 'r>> {
    let mut first = Vec::with_capacity(4);
    stored.by_ref().take(4).read_to_end(&mut first)?;
    let number = first.as_slice().try_into().map(u32::from_le_bytes).unwrap_or_default();
    let is_gzip = first.starts_with(&GZIP);
    let whole = Cursor::new(first).chain(stored);
    Ok(match number {
        _ if is_gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(PIECE, whole))),
        number if number == ZSTD || is_skippable(number) => {
            Box::new(Frames::of(BufReader::with_capacity(PIECE, whole)))
        }
        _ => Box::new(whole),
    })
}

fn is_skippable(number: u32) -> bool {
    number & !0xf == SKIPPABLE
}

/// zstd frames, one after another.
struct Frames<R> {
    stored: R,
    decoder: FrameDecoder,
}

impl<R: BufRead> Frames<R> {
    fn of(stored: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self { stored, decoder }
    }

    /// Goes to the next frame that holds something; `false` if there is none.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.stored.fill_buf()?.is_empty() {
                return Ok(false);
            }
            let mut number = [0; 4];
            self.stored.read_exact(&mut number)?;
            if is_skippable(u32::from_le_bytes(number)) {
                let mut length = [0; 4];
                self.stored.read_exact(&mut length)?;
                let length = u64::from(u32::from_le_bytes(length));
                if io::copy(&mut self.stored.by_ref().take(length), &mut io::sink())? < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                continue;
            }
            self.decoder.reset(Cursor::new(number).chain(&mut self.stored)).map_err(damaged)?;
            return Ok(true);
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(into);
            }
            if !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.stored, one).map_err(damaged)?;
            } else if !self.next_frame()? {
                return Ok(0);
            }
        }
    }
}

fn damaged(error: impl std::fmt::Display) -> io::Error {
    Stop::damaged(format!("its compressed bytes are damaged: {error}"))
}
