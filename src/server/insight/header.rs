//! A header of a tar archive (POSIX.1-2024, pax, "ustar Interchange Format"; GNU tar, "Basic Tar Format").

use super::source::Stop;
use std::io;
use std::ops::Range;

/// What headers, and the content behind them, are counted in.
pub const BLOCK: usize = 512;

/// One block that describes an entry, or something about the next one.
pub struct Header(Box<[u8; BLOCK]>);

const NAME: Range<usize> = 0..100;
const MODE: Range<usize> = 100..108;
const UID: Range<usize> = 108..116;
const GID: Range<usize> = 116..124;
const SIZE: Range<usize> = 124..136;
const CHECKSUM: Range<usize> = 148..156;
const KIND: usize = 156;
const LINK: Range<usize> = 157..257;
const MAGIC: Range<usize> = 257..263;
const PREFIX: Range<usize> = 345..500;
/// Of a file with holes, in the old way of GNU tar: whether more blocks describe them, and its whole size.
const IS_EXTENDED: usize = 482;
const REAL_SIZE: Range<usize> = 483..495;

impl Header {
    /// Checks a block.
    pub fn of(block: Box<[u8; BLOCK]>) -> io::Result<Self> {
        let header = Self(block);
        let odd = || Stop::damaged("it holds something that is no header of an archive");
        let stated = number(&header.0[CHECKSUM]).map_err(|_| odd())?;
        // The field itself counts as blanks. Some old programs added signed bytes.
        let blanks = CHECKSUM.len() as u64 * u64::from(b' ');
        let of = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let sum = of(&header.0[..]) - of(&header.0[CHECKSUM]) + blanks;
        let n_signed =
            || header.0.iter().enumerate().filter(|(at, byte)| **byte > 127 && !CHECKSUM.contains(at)).count();
        if stated == sum || stated.checked_add(256 * n_signed() as u64) == Some(sum) {
            return Ok(header);
        }
        Err(odd())
    }

    pub fn kind(&self) -> u8 {
        self.0[KIND]
    }

    /// The name, with the folder that may stand apart from it.
    pub fn path(&self) -> Vec<u8> {
        let (name, prefix) = (text(&self.0[NAME]), text(&self.0[PREFIX]));
        match &self.0[MAGIC] == b"ustar\0" && !prefix.is_empty() {
            true => [prefix, b"/", name].concat(),
            false => name.to_vec(),
        }
    }

    pub fn link(&self) -> Vec<u8> {
        text(&self.0[LINK]).to_vec()
    }

    pub fn mode(&self) -> u32 {
        (number(&self.0[MODE]).unwrap_or_default() & 0o7777) as u32
    }

    pub fn owner(&self) -> (u64, u64) {
        (number(&self.0[UID]).unwrap_or_default(), number(&self.0[GID]).unwrap_or_default())
    }

    /// How many bytes follow.
    pub fn size(&self) -> io::Result<u64> {
        number(&self.0[SIZE])
    }

    pub fn is_extended(&self) -> bool {
        self.0[IS_EXTENDED] != 0
    }

    pub fn real_size(&self) -> io::Result<u64> {
        number(&self.0[REAL_SIZE])
    }
}

/// A text ends at a NUL or with its field.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Octal digits between blanks and NULs, or a binary number behind a set bit (GNU tar, "Storing Larger Values").
fn number(field: &[u8]) -> io::Result<u64> {
    let odd = || Stop::damaged("a header of it holds a number that is none");
    if field[0] & 0x80 != 0 {
        let is_negative = field[0] & 0x40 != 0;
        let rest = &field[1..];
        let (high, low) = rest.split_at(rest.len().saturating_sub(8));
        let fits = !is_negative && field[0] == 0x80 && high.iter().all(|byte| *byte == 0);
        let value = low.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        return if fits { Ok(value) } else { Err(odd()) };
    }
    let is_blank = |byte: &u8| *byte == b' ' || *byte == 0;
    let digits: Vec<u8> = field.iter().copied().skip_while(is_blank).take_while(|byte| !is_blank(byte)).collect();
    digits.iter().try_fold(0_u64, |value, byte| match byte {
        b'0'..=b'7' => value.checked_mul(8).map(|value| value + u64::from(byte - b'0')).ok_or_else(odd),
        _ => Err(odd()),
    })
}
