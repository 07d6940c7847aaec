//! Archives as builders and attackers write them.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

pub(crate) const BLOCK: usize = 512;

/// An archive that grows.
#[derive(Default)]
pub(crate) struct Archive(pub(crate) Vec<u8>);

impl Archive {
    /// Adds one entry of a kind, with its content.
    pub(crate) fn put(mut self, kind: u8, path: &str, content: &[u8]) -> Self {
        self.0.extend(header(kind, path.as_bytes(), content.len() as u64, b""));
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// Adds a file.
    pub(crate) fn file(self, path: &str, content: &[u8]) -> Self {
        self.put(b'0', path, content)
    }

    /// Adds a folder.
    pub(crate) fn folder(self, path: &str) -> Self {
        self.put(b'5', path, b"")
    }

    /// Adds a link of either kind.
    pub(crate) fn link(mut self, kind: u8, path: &str, to: &str) -> Self {
        self.0.extend(header(kind, path.as_bytes(), 0, to.as_bytes()));
        self
    }

    /// Says something of the next entry.
    pub(crate) fn extended(self, records: &[(&str, &str)]) -> Self {
        let record = |(key, value): &(&str, &str)| {
            let rest = format!(" {key}={value}\n");
            let length = (1..).find(|n| n + rest.len() == format!("{}", n + rest.len()).len() + rest.len());
            format!("{}{rest}", length.unwrap() + rest.len())
        };
        self.put(b'x', "PaxHeaders/0", records.iter().map(record).collect::<String>().as_bytes())
    }

    /// Adds whatever bytes.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// The whole archive.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 2 * BLOCK]);
        self.0
    }
}

/// A header as GNU tar and others write it, with the right checksum.
pub(crate) fn header(kind: u8, path: &[u8], size: u64, link: &[u8]) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    header[..path.len()].copy_from_slice(path);
    header[100..108].copy_from_slice(b"0000644\0");
    header[108..116].copy_from_slice(b"0000012\0");
    header[116..124].copy_from_slice(b"0000024\0");
    match format!("{size:011o}\0") {
        octal if octal.len() == 12 => header[124..136].copy_from_slice(octal.as_bytes()),
        _ => {
            header[124] = 0x80;
            header[128..136].copy_from_slice(&size.to_be_bytes());
        }
    }
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link);
    header[257..265].copy_from_slice(b"ustar\x0000");
    sign(header)
}

/// The same header with its checksum set anew.
pub(crate) fn sign(mut header: [u8; BLOCK]) -> [u8; BLOCK] {
    header[148..156].copy_from_slice(b"        ");
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// One gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// The same, as small as it gets.
pub(crate) fn gzip_small(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// The most that a block of a zstd frame holds.
pub(crate) const ZSTD_BLOCK: usize = 128 << 10;

/// A zstd frame of blocks that are stored as they are (RFC 8878, section 3.1.1).
pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let n = bytes.chunks(ZSTD_BLOCK).len();
    let blocks = bytes.chunks(ZSTD_BLOCK).enumerate();
    let blocks = blocks.flat_map(|(at, block)| [zstd_block(0, block.len(), at + 1 == n), block.to_vec()].concat());
    zstd_start().into_iter().chain(blocks).collect()
}

/// How a frame with a window of 128 KiB begins.
pub(crate) fn zstd_start() -> Vec<u8> {
    vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]
}

/// The header of a block: 0 for bytes as they are, 1 for one byte again and again.
pub(crate) fn zstd_block(kind: u32, size: usize, is_last: bool) -> Vec<u8> {
    let header = u32::from(is_last) | kind << 1 | (size as u32) << 3;
    header.to_le_bytes()[..3].to_vec()
}

/// A frame that holds nothing for who unpacks it.
pub(crate) fn zstd_skipped(length: u32) -> Vec<u8> {
    [0x184D_2A53_u32.to_le_bytes().to_vec(), length.to_le_bytes().to_vec(), vec![7; length as usize]].concat()
}
