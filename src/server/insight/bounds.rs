//! How much of one layer is read. Whoever can push decides over every byte of it, and a few of them can stand for very many:
//! what is read of it, held and kept is bounded by these, whatever it says of itself.

use std::time::Duration;

/// Entries of an archive, those that only describe others included.
pub const MAX_ENTRIES: u64 = 200_000;

/// Bytes, unpacked.
pub const MAX_PLAIN: u64 = 16 << 30;

/// What one stored byte may become, and the unpacked bytes from which on that is asked. An archive of zeros is 1,000 times
/// as large as what is stored of it; of what people build nothing comes near this.
pub const MAX_RATIO: u64 = 250;
pub const RATIO_FROM: u64 = 256 << 20;

/// What describes one entry: its header with all that continues it.
pub const MAX_HEADER: u64 = 1 << 20;

/// A path with its names, as Linux has it (`PATH_MAX`), and the folders on the way to it.
pub const MAX_PATH: usize = 4096;
pub const MAX_DEPTH: usize = 128;

/// The text of one list, with what it takes to hold it.
pub const MAX_LIST: usize = 32 << 20;

/// The window of a zstd frame: what has to be held to unpack it. This is what its own tools take without being told to
/// (`--long=27`).
pub const MAX_WINDOW: u64 = 128 << 20;

/// From the first byte to the last.
pub const MAX_TIME: Duration = Duration::from_secs(120);
