//! The list of one layer while it is read: what its archive says, in its order, becomes what the layer says of each name.

use super::{Cut, Entries, Entry, File, Layer, join, split};
use std::collections::BTreeMap;

/// What an entry costs besides its text, roughly.
const OF_ENTRY: usize = 64;

/// All that one layer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    id: String,
    folders: BTreeMap<String, BTreeMap<String, Entry>>,
    is_opaque: bool,
    n_bytes: usize,
    /// Why it ends before its layer.
    pub cut: Option<Cut>,
    /// Entries that no client would unpack, or that no list can show.
    pub n_left_out: u64,
}

impl Listing {
    /// The empty list of a layer.
    pub fn of(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// What it costs to hold it, roughly.
    pub fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// All folders that it speaks of, with what it says of the names in them.
    pub fn folders(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &Entry>)> {
        self.folders.iter().map(|(folder, entries)| (folder.as_str(), entries.values()))
    }

    /// Adds what the archive states next. Of what it states twice the last counts, as for who unpacks it.
    pub fn put(&mut self, path: &str, file: File) {
        let (folder, name) = split(path);
        self.n_bytes += file.link.as_ref().map_or(0, String::len);
        let is_folder = file.is_folder();
        let entry = self.entry(folder, name);
        let before = entry.file.replace(file).map(|before| before.is_folder());
        if before == Some(false) && is_folder {
            entry.hides = true; // What it took the place of had hidden what is below.
        }
        if before == Some(true) && !is_folder {
            self.empty(path);
        }
    }

    /// Hides what layers below have by this name.
    pub fn hide(&mut self, folder: &str, name: &str) {
        self.entry(folder, name).hides = true;
    }

    /// Hides what layers below have in this folder.
    pub fn hide_all_in(&mut self, folder: &str) {
        if folder.is_empty() {
            self.is_opaque = true;
            return;
        }
        let (outer, name) = split(folder);
        self.imply(folder);
        self.entry(outer, name).is_opaque = true;
    }

    fn entry(&mut self, folder: &str, name: &str) -> &mut Entry {
        self.imply(folder);
        let entries = self.folders.entry(folder.to_owned()).or_default();
        if !entries.contains_key(name) {
            self.n_bytes += OF_ENTRY + name.len();
        }
        let new = || Entry { name: name.to_owned(), file: None, hides: false, is_opaque: false };
        entries.entry(name.to_owned()).or_insert_with(new)
    }

    /// Makes sure that a folder is there, and all above it.
    fn imply(&mut self, folder: &str) {
        if folder.is_empty() || self.folders.contains_key(folder) {
            return;
        }
        self.n_bytes += OF_ENTRY + folder.len();
        let (outer, name) = split(folder);
        let entry = self.entry(outer, name);
        match &entry.file {
            Some(file) if file.is_folder() => {}
            Some(_) => (entry.file, entry.hides) = (Some(File::implied()), true),
            None => entry.file = Some(File::implied()),
        }
        self.folders.insert(folder.to_owned(), BTreeMap::new());
    }

    /// Takes away all that is in a folder which is none any more.
    fn empty(&mut self, folder: &str) {
        let below = join(folder, "");
        self.folders.remove(folder);
        let gone = self.folders.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below));
        let gone: Vec<String> = gone.map(|(path, _)| path.clone()).collect();
        gone.iter().for_each(|path| drop(self.folders.remove(path)));
    }
}

impl Layer for Listing {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_opaque(&self) -> bool {
        self.is_opaque
    }

    fn entries<'l>(&'l self, folder: &str, from: &str) -> Entries<'l> {
        let entries = self.folders.get(folder).map(|entries| entries.range(from.to_owned()..));
        Box::new(entries.into_iter().flatten().map(|(_, entry)| Ok(entry.clone())))
    }
}
