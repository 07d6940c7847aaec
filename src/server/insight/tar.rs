//! The entries of an archive become the list of a layer. Nothing is unpacked and no path is joined to a real one.

use super::bounds::{MAX_DEPTH, MAX_ENTRIES, MAX_HEADER, MAX_LIST, MAX_PATH};
use super::header::{BLOCK, Header};
use super::pax::Extended;
use super::source::Stop;
use crate::domain::Digest;
use crate::domain::digest::Algorithm;
use crate::domain::files::{Cut, File, FileKind, Listing, split};
use crate::server::blobs::ContentHash;
use std::io::{self, Read};

/// How the names of whiteouts begin; what begins with it twice is a mark of its own, of which only the opaque one is known
/// (OCI image specification, "Whiteouts").
const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";
const MARK: &str = ".wh..wh.";

/// How many bytes are read at once.
const PIECE: usize = 1 << 16;

/// Adds what an archive says to a list.
///
/// # Errors
/// With the [`Stop`] that ended it.
pub fn list(archive: impl Read, into: &mut Listing) -> io::Result<()> {
    let mut reading = Reading { archive, n_entries: 0, piece: vec![0; PIECE] };
    while let Some(about) = reading.next()? {
        if into.n_bytes() > MAX_LIST {
            return Err(io::Error::other(Stop::Cut(Cut::Names)));
        }
        let digest = reading.content(&about)?;
        add(into, about, digest);
    }
    Ok(())
}

struct Reading<R> {
    archive: R,
    n_entries: u64,
    piece: Vec<u8>,
}

/// What is said of one entry before its content comes.
struct About {
    /// None for what is nothing that unpacks to a file.
    kind: Option<FileKind>,
    path: Vec<u8>,
    link: Vec<u8>,
    mode: u32,
    owner: (u64, u64),
    /// How many bytes follow.
    n_bytes: u64,
    /// How many bytes it has, where it has holes.
    with_holes: Option<u64>,
}

/// What headers say of the entry whose own header comes after them.
#[derive(Default)]
struct Before {
    extended: Extended,
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    n_bytes: u64,
}

impl<R: Read> Reading<R> {
    /// The next entry; `None` at the end.
    fn next(&mut self) -> io::Result<Option<About>> {
        let mut before = Before::default();
        loop {
            let Some(header) = self.header()? else { return Ok(None) };
            if self.n_entries == MAX_ENTRIES {
                return Err(io::Error::other(Stop::Cut(Cut::Entries)));
            }
            self.n_entries += 1;
            match header.kind() {
                b'x' => {
                    let records = self.description(&header, &mut before)?;
                    before.extended.take_in(&records)?;
                }
                b'L' => before.path = Some(until_nul(self.description(&header, &mut before)?)),
                b'K' => before.link = Some(until_nul(self.description(&header, &mut before)?)),
                b'g' => self.skip(padded(header.size()?)?)?, // About the archive as a whole.
                _ => return self.about(&header, before).map(Some),
            }
        }
    }

    /// The header that comes next. A block of zeros ends the archive, and so does its end.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut block = Box::new([0; BLOCK]);
        let mut n = 0;
        while n < BLOCK {
            match self.archive.read(&mut block[n..]) {
                Ok(0) if n == 0 => return Ok(None),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => n += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        Header::of(block).map(Some)
    }

    /// What follows a header that only describes the next one.
    fn description(&mut self, header: &Header, before: &mut Before) -> io::Result<Vec<u8>> {
        let n = header.size()?;
        before.n_bytes = before.n_bytes.saturating_add(n).saturating_add(BLOCK as u64);
        if before.n_bytes > MAX_HEADER {
            return Err(Stop::damaged("what describes one of its entries is longer than 1 MiB"));
        }
        let mut text = vec![0; n as usize];
        self.archive.read_exact(&mut text)?;
        self.skip(padded(n)? - n)?;
        Ok(text)
    }

    fn about(&mut self, header: &Header, before: Before) -> io::Result<About> {
        let Before { extended, path, link, mut n_bytes } = before;
        let path = extended.path.or(path).unwrap_or_else(|| header.path());
        let kind = kind(header.kind(), &path);
        let has_content = matches!(kind, Some(FileKind::File) | None);
        let size = extended.size.map_or_else(|| header.size(), Ok)?;
        let (uid, gid) = header.owner();
        let mut about = About {
            kind,
            link: extended.link.or(link).unwrap_or_else(|| header.link()),
            mode: header.mode(),
            owner: (extended.uid.unwrap_or(uid), extended.gid.unwrap_or(gid)),
            n_bytes: if has_content { size } else { 0 },
            with_holes: None,
            path,
        };
        if header.kind() == b'S' {
            about.with_holes = Some(header.real_size()?);
            let mut is_more = header.is_extended();
            while is_more {
                n_bytes += BLOCK as u64;
                if n_bytes > MAX_HEADER {
                    return Err(Stop::damaged("what describes the holes of a file in it is longer than 1 MiB"));
                }
                let mut block = [0; BLOCK];
                self.archive.read_exact(&mut block)?;
                is_more = block[504] != 0; // Twenty-one holes, and whether there are more.
            }
        }
        if let Some(sparse) = extended.sparse {
            about.with_holes = Some(sparse.size.unwrap_or(size));
            about.path = sparse.name.unwrap_or(about.path);
        }
        Ok(about)
    }

    /// Reads the content of an entry; returns its digest.
    fn content(&mut self, about: &About) -> io::Result<Option<Digest>> {
        let with_padding = padded(about.n_bytes)?;
        let is_hashed = about.kind == Some(FileKind::File) && about.with_holes.is_none();
        if !is_hashed {
            return self.skip(with_padding).map(|()| None);
        }
        let mut hash = ContentHash::new(Algorithm::Sha256);
        self.each_piece(about.n_bytes, |piece| hash.update(piece))?;
        self.skip(with_padding - about.n_bytes)?;
        Ok(Some(hash.finish()))
    }

    fn skip(&mut self, n: u64) -> io::Result<()> {
        self.each_piece(n, |_| {})
    }

    fn each_piece(&mut self, mut left: u64, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        while left > 0 {
            let n = left.min(PIECE as u64) as usize;
            match self.archive.read(&mut self.piece[..n]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    take(&self.piece[..read]);
                    left -= read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// What an entry is by its flag; of old archives a name with a slash at its end is a folder.
fn kind(flag: u8, path: &[u8]) -> Option<FileKind> {
    Some(match flag {
        b'0' | 0 if path.ends_with(b"/") => FileKind::Folder,
        b'0' | 0 | b'7' | b'S' => FileKind::File,
        b'1' => FileKind::HardLink,
        b'2' => FileKind::Symlink,
        b'3' => FileKind::CharacterDevice,
        b'4' => FileKind::BlockDevice,
        b'5' => FileKind::Folder,
        b'6' => FileKind::Pipe,
        _ => return None,
    })
}

fn padded(n: u64) -> io::Result<u64> {
    n.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| Stop::damaged("an entry of it has no possible size"))
}

fn until_nul(mut text: Vec<u8>) -> Vec<u8> {
    text.truncate(text.iter().position(|byte| *byte == 0).unwrap_or(text.len()));
    text
}

/// Adds one entry, unless no list can show it.
fn add(into: &mut Listing, about: About, digest: Option<Digest>) {
    let (Some(kind), Some(path)) = (about.kind, path(&about.path)) else {
        into.n_left_out += 1;
        return;
    };
    if path.is_empty() {
        return; // The root itself, which is there in any case.
    }
    let (folder, name) = split(&path);
    if let Some(hidden) = name.strip_prefix(WHITEOUT) {
        match hidden {
            _ if name == OPAQUE => into.hide_all_in(folder),
            "" | "." | ".." => into.n_left_out += 1,
            _ if name.starts_with(MARK) => into.n_left_out += 1,
            _ => into.hide(folder, hidden),
        }
        return;
    }
    let is_link = matches!(kind, FileKind::Symlink | FileKind::HardLink);
    let mut link = about.link;
    link.truncate(MAX_PATH);
    let file = File {
        kind,
        mode: Some(about.mode),
        owner: about.owner,
        size: about.with_holes.unwrap_or(about.n_bytes),
        link: is_link.then(|| text(&link)),
        digest,
    };
    into.put(&path, file);
}

/// A path without what says nothing; none where it leads out of the image, or is longer or deeper than lists are.
fn path(bytes: &[u8]) -> Option<String> {
    if bytes.len() > MAX_PATH || bytes.contains(&0) {
        return None;
    }
    let names: Vec<&[u8]> =
        bytes.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".").collect();
    let is_shown = names.len() <= MAX_DEPTH && names.iter().all(|name| *name != b"..");
    is_shown.then(|| text(&names.join(&b'/')))
}

/// Bytes as text: what is no UTF-8 stands as `\xNN`, and so does a backslash that would be read like that. No two names
/// become one.
fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid();
        for (at, c) in valid.char_indices() {
            let is_taken = c == '\\' && is_escape(&valid.as_bytes()[at + 1..]);
            if is_taken { text.push_str("\\x5c") } else { text.push(c) }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

fn is_escape(after: &[u8]) -> bool {
    matches!(after, [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}
