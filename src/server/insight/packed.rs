//! A list as it is kept: blocks of entries in the order of folders and names, each deflated by itself, behind an index of
//! what each begins with. So a folder is shown without unpacking the rest.

use crate::domain::files::{Cut, Entries, Entry, Layer, Listing};
use crate::domain::{Digest, Error, Result};
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::Read;

/// Entries that share a block.
const TOGETHER: usize = 128;

/// The most that a block or an index is unpacked to: two paths of 4,096 bytes for each entry, written at length.
const MAX_UNPACKED: u64 = 64 << 20;

/// What stands before the blocks.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Index {
    is_opaque: bool,
    cut: Option<Cut>,
    n_left_out: u64,
    n_entries: u64,
    blocks: Vec<BlockAt>,
}

/// A block: the folder and the name that it begins with, and where it ends.
#[derive(Debug, Serialize, Deserialize)]
struct BlockAt {
    folder: String,
    name: String,
    end: usize,
}

/// Entries with the folders in which they are.
type Block = Vec<(String, Vec<Entry>)>;

/// Writes a list.
pub fn pack(list: &Listing) -> Result<Vec<u8>> {
    let mut index =
        Index { is_opaque: list.is_opaque(), cut: list.cut, n_left_out: list.n_left_out, ..Index::default() };
    let (mut blocks, mut block, mut n) = (Vec::new(), Block::new(), 0);
    for (folder, entries) in list.folders() {
        for (at, entry) in entries.enumerate() {
            if n == TOGETHER {
                close(&mut index, &mut blocks, &mut block)?;
                n = 0;
            }
            if at == 0 || n == 0 {
                block.push((folder.to_owned(), Vec::new()));
            }
            block.last_mut().ok_or(Error::Internal)?.1.push(entry.clone());
            (n, index.n_entries) = (n + 1, index.n_entries + 1);
        }
    }
    close(&mut index, &mut blocks, &mut block)?;
    let index = deflated(&index)?;
    let length = u32::try_from(index.len()).map_err(|_| Error::Internal)?;
    Ok([length.to_le_bytes().to_vec(), index, blocks].concat())
}

fn close(index: &mut Index, blocks: &mut Vec<u8>, block: &mut Block) -> Result<()> {
    let block = std::mem::take(block);
    let Some((folder, name)) = block.first().and_then(|(folder, entries)| Some((folder, &entries.first()?.name)))
    else {
        return Ok(());
    };
    blocks.extend(deflated(&block)?);
    index.blocks.push(BlockAt { folder: folder.clone(), name: name.clone(), end: blocks.len() });
    Ok(())
}

fn deflated(what: &impl Serialize) -> Result<Vec<u8>> {
    let plain = serde_json::to_vec(what).map_err(|_| Error::Internal)?;
    let mut packed = Vec::new();
    DeflateEncoder::new(plain.as_slice(), Compression::fast()).read_to_end(&mut packed).map_err(|_| Error::Internal)?;
    Ok(packed)
}

fn inflated<T: DeserializeOwned>(packed: &[u8]) -> Result<T> {
    let damaged = || Error::Unavailable("the list of a layer is damaged".to_owned());
    let plain = DeflateDecoder::new(packed).take(MAX_UNPACKED);
    serde_json::from_reader(std::io::BufReader::new(plain)).map_err(|_| damaged())
}

/// A list that was kept.
pub struct Packed {
    id: String,
    index: Index,
    blocks: Vec<u8>,
}

impl Packed {
    /// That of a layer.
    ///
    /// # Errors
    /// If it is not what [`pack`] writes.
    pub fn open(digest: &Digest, mut content: Vec<u8>) -> Result<Self> {
        let damaged = || Error::Unavailable("the list of a layer is damaged".to_owned());
        let (length, rest) = content.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = u32::from_le_bytes(*length) as usize;
        let index: Index = inflated(rest.get(..length).ok_or_else(damaged)?)?;
        content.drain(..4 + length);
        Ok(Self { id: digest.to_string(), index, blocks: content })
    }

    /// Why it ends before its layer does.
    pub fn cut(&self) -> Option<Cut> {
        self.index.cut
    }

    /// Entries that are not in it.
    pub fn n_left_out(&self) -> u64 {
        self.index.n_left_out
    }

    /// How many names it holds.
    pub fn n_entries(&self) -> u64 {
        self.index.n_entries
    }

    fn block(&self, at: usize) -> Result<Block> {
        let end = |at: usize| self.index.blocks.get(at).map(|block| block.end);
        let start = at.checked_sub(1).and_then(end).unwrap_or_default();
        let bytes = end(at).and_then(|end| self.blocks.get(start..end));
        inflated(bytes.ok_or_else(|| Error::Unavailable("the list of a layer is damaged".to_owned()))?)
    }
}

impl Layer for Packed {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_opaque(&self) -> bool {
        self.index.is_opaque
    }

    fn entries<'l>(&'l self, folder: &str, from: &str) -> Entries<'l> {
        let wanted = (folder, from);
        let first = self.index.blocks.partition_point(|block| (block.folder.as_str(), block.name.as_str()) <= wanted);
        let (folder, from) = (folder.to_owned(), from.to_owned());
        let within = folder.clone();
        let last = self.index.blocks.partition_point(|block| block.folder.as_str() <= folder.as_str());
        let blocks = (first.saturating_sub(1)..last).map(move |at| -> Result<Vec<Entry>> {
            let block = self.block(at)?;
            let own = block.into_iter().filter(|(folder, _)| *folder == within);
            Ok(own.flat_map(|(_, entries)| entries).filter(|entry| entry.name >= from).collect::<Vec<_>>())
        });
        Box::new(blocks.flat_map(|entries| match entries {
            Ok(entries) => entries.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        }))
    }
}
