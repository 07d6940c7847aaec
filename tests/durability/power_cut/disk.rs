//! A disk that forgets: a file keeps what it held when it was last synced, a folder the names that it held then.

use super::record::Step;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Which names of files and folders a cut leaves.
#[derive(Clone, Copy, PartialEq)]
pub enum Names {
    /// Those that were in their folder when it was synced.
    Synced,
    /// All; the contents are still those that were synced.
    Written,
    /// All, with the contents that were written: this disk kept more than it had to.
    AndContents,
}

pub struct Disk {
    root: PathBuf,
    files: Vec<File>,
    names: BTreeMap<PathBuf, Entry>,
    synced_names: BTreeMap<PathBuf, Entry>,
    open: HashMap<i32, Open>,
    /// By thread: what a sync that has begun will keep.
    syncing: HashMap<u32, Synced>,
}

#[derive(Default)]
struct File {
    content: Vec<u8>,
    synced: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Entry {
    Folder,
    /// Its place in `files`.
    File(usize),
}

struct Open {
    path: PathBuf,
    entry: Entry,
    position: usize,
}

enum Synced {
    Content(usize, Vec<u8>),
    Names(PathBuf, BTreeMap<PathBuf, Entry>),
}

impl Disk {
    /// An empty folder on which these steps were taken.
    pub fn after(root: &Path, steps: &[Step]) -> Self {
        let (files, names, synced_names) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let mut disk =
            Self { root: root.to_owned(), files, names, synced_names, open: HashMap::new(), syncing: HashMap::new() };
        steps.iter().for_each(|step| disk.take(step));
        disk
    }

    /// A folder that has kept all that is in a copy of it.
    pub fn with(root: &Path, copy: &Path) -> Self {
        let mut disk = Self::after(root, &[]);
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(copy.join(&folder)).unwrap().map(|entry| entry.unwrap()) {
                let path = folder.join(entry.file_name());
                let there = if entry.file_type().unwrap().is_dir() {
                    folders.push(path.clone());
                    Entry::Folder
                } else {
                    let content = fs::read(entry.path()).unwrap();
                    disk.files.push(File { synced: content.clone(), content });
                    Entry::File(disk.files.len() - 1)
                };
                disk.names.insert(root.join(path), there);
            }
        }
        disk.synced_names.clone_from(&disk.names);
        disk
    }

    pub fn take(&mut self, step: &Step) {
        match step {
            Step::Opened { handle, path, is_new_if_missing, is_emptied } => {
                self.open(*handle, path, *is_new_if_missing);
                if *is_emptied {
                    let file = self.file(*handle);
                    self.files[file].content.clear();
                }
            }
            Step::Sought { handle, position } => self.handle(*handle).position = *position,
            Step::Written { handle, at, bytes } => self.write(*handle, *at, bytes),
            Step::Cut { handle, length } => {
                let file = self.file(*handle);
                self.files[file].content.resize(*length, 0);
            }
            Step::SyncBegun { thread, handle } => {
                let begun = self.begin_sync(*handle);
                self.syncing.insert(*thread, begun);
            }
            Step::Synced { thread, .. } => match self.syncing.remove(thread).expect("it began") {
                Synced::Content(file, content) => self.files[file].synced = content,
                Synced::Names(folder, names) => {
                    self.synced_names.retain(|path, _| path.parent() != Some(&folder));
                    self.synced_names.extend(names);
                }
            },
            Step::Renamed { from, to } => {
                let entry = self.names.remove(from).expect("it was there");
                self.names.insert(to.clone(), entry);
            }
            Step::Unlinked { path } => drop(self.names.remove(path)),
            Step::FolderMade { path } => drop(self.names.insert(path.clone(), Entry::Folder)),
            Step::Answered => {}
        }
    }

    fn open(&mut self, handle: i32, path: &Path, is_new_if_missing: bool) {
        let entry = match self.names.get(path) {
            Some(entry) => *entry,
            None if path == self.root => Entry::Folder,
            None => {
                assert!(is_new_if_missing, "{} was opened and is not there", path.display());
                self.files.push(File::default());
                self.names.insert(path.to_owned(), Entry::File(self.files.len() - 1));
                Entry::File(self.files.len() - 1)
            }
        };
        self.open.insert(handle, Open { path: path.to_owned(), entry, position: 0 });
    }

    fn write(&mut self, handle: i32, at: Option<usize>, bytes: &[u8]) {
        let (file, start) = (self.file(handle), at.unwrap_or(self.handle(handle).position));
        let (content, end) = (&mut self.files[file].content, start + bytes.len());
        content.resize(content.len().max(end), 0);
        content[start..end].copy_from_slice(bytes);
        if at.is_none() {
            self.handle(handle).position = end;
        }
    }

    fn begin_sync(&mut self, handle: i32) -> Synced {
        let Open { path, entry, .. } = &self.open[&handle];
        match entry {
            Entry::File(file) => Synced::Content(*file, self.files[*file].content.clone()),
            Entry::Folder => {
                let inside = self.names.iter().filter(|(name, _)| name.parent() == Some(path));
                Synced::Names(path.clone(), inside.map(|(name, entry)| (name.clone(), *entry)).collect())
            }
        }
    }

    fn handle(&mut self, handle: i32) -> &mut Open {
        self.open.get_mut(&handle).expect("it was opened")
    }

    fn file(&mut self, handle: i32) -> usize {
        match self.handle(handle).entry {
            Entry::File(file) => file,
            Entry::Folder => panic!("a folder has no content"),
        }
    }

    /// Writes what is left after a cut into an empty folder.
    pub fn leave(&self, place: &Path, names: Names) {
        let is_there = if names == Names::Synced { &self.synced_names } else { &self.names };
        for (path, entry) in is_there {
            let path_there = place.join(path.strip_prefix(&self.root).expect("only the root is on record"));
            let is_reachable = path_there.parent().is_some_and(Path::is_dir); // Parents come first.
            match entry {
                _ if !is_reachable => {}
                Entry::Folder => fs::create_dir(path_there).unwrap(),
                Entry::File(file) => {
                    let mut options = fs::OpenOptions::new();
                    // Modes are not on record; whoever cares for them keeps others out.
                    let mut there =
                        options.write(true).create(true).truncate(true).mode(0o600).open(path_there).unwrap();
                    let File { content, synced } = &self.files[*file];
                    there.write_all(if names == Names::AndContents { content } else { synced }).unwrap();
                }
            }
        }
    }
}
