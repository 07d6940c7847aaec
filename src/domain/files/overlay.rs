//! Layers on top of each other: a folder of all of them together, of which no more is looked at than is shown.

use super::{Entries, Entry, File, Layer, Result, join};
use std::iter::Peekable;

/// A folder as the layers show it together.
pub struct Folder<'l, L> {
    path: String,
    /// The layers whose names show in it, the top one first, each with its place in the stack.
    layers: Vec<(usize, &'l L)>,
}

/// A name in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub name: String,
    pub file: File,
    /// The layer that states it, by its place in the stack.
    pub layer: usize,
}

impl<'l, L: Layer> Folder<'l, L> {
    /// The root of these layers, of which the first is the lowest.
    pub fn root(layers: &'l [L]) -> Self {
        let mut shown = Vec::new();
        for (place, layer) in layers.iter().enumerate().rev() {
            shown.push((place, layer));
            if layer.is_opaque() {
                break;
            }
        }
        Self { path: String::new(), layers: shown }
    }

    /// The one at a path below it, if that is a folder.
    pub fn at(self, path: &str) -> Result<Option<Self>> {
        let mut folder = self;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let Some(inner) = folder.enter(name)? else { return Ok(None) };
            folder = inner;
        }
        Ok(Some(folder))
    }

    /// The folder of this name in it, if there is one.
    pub fn enter(&self, name: &str) -> Result<Option<Self>> {
        let mut layers = Vec::new();
        for (place, layer) in &self.layers {
            let Some(entry) = layer.find(&self.path, name)? else { continue };
            match &entry.file {
                Some(file) if file.is_folder() => layers.push((*place, *layer)),
                Some(_) => break,
                None => {}
            }
            if entry.hides || entry.is_opaque {
                break;
            }
        }
        Ok((!layers.is_empty()).then(|| Self { path: join(&self.path, name), layers }))
    }

    /// Where it is.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the same layers show in two folders of one path: then they are the same all the way down.
    pub fn is_same(&self, other: &Self) -> bool {
        let ids = |folder: &Self| folder.layers.iter().map(|(_, layer)| layer.id().to_owned()).collect::<Vec<_>>();
        self.layers.len() == other.layers.len() && ids(self) == ids(other)
    }

    /// The names in it, from this one on.
    pub fn names(&self, from: &str) -> Names<'l> {
        let entries = |(place, layer): &(usize, &'l L)| (*place, layer.entries(&self.path, from).peekable());
        Names { layers: self.layers.iter().map(entries).collect() }
    }
}

/// The names in a folder, in order.
pub struct Names<'l> {
    layers: Vec<(usize, Peekable<Entries<'l>>)>,
}

impl Names<'_> {
    /// What all layers say of the name that comes next, the top one first.
    fn next_entries(&mut self) -> Result<Option<Vec<(usize, Entry)>>> {
        let mut first: Option<String> = None;
        for (_, entries) in &mut self.layers {
            match entries.peek() {
                Some(Ok(entry)) if first.as_ref().is_none_or(|first| entry.name < *first) => {
                    first = Some(entry.name.clone());
                }
                Some(Err(error)) => return Err(error.clone()),
                _ => {}
            }
        }
        let Some(first) = first else { return Ok(None) };
        let mut said = Vec::new();
        for (place, entries) in &mut self.layers {
            let entry = entries.next_if(|entry| entry.as_ref().is_ok_and(|entry| entry.name == first));
            said.extend(entry.transpose()?.map(|entry| (*place, entry)));
        }
        Ok(Some(said))
    }
}

impl Iterator for Names<'_> {
    type Item = Result<Shown>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_entries() {
                Ok(None) => return None,
                Ok(Some(said)) => {
                    if let Some(shown) = decide(said) {
                        return Some(Ok(shown));
                    }
                }
                Err(error) => {
                    self.layers.clear(); // Nothing follows a failure.
                    return Some(Err(error));
                }
            }
        }
    }
}

/// What a name is, given what each layer says of it. A folder is that of the top layer which states one.
fn decide(said: Vec<(usize, Entry)>) -> Option<Shown> {
    let mut found: Option<Shown> = None;
    for (layer, entry) in said {
        let is_end = entry.file.as_ref().is_some_and(|file| !file.is_folder() || file.mode.is_some());
        match (&mut found, entry.file) {
            (None, Some(file)) => found = Some(Shown { name: entry.name, file, layer }),
            (Some(found), Some(file)) if file.is_folder() => (found.file, found.layer) = (file, layer),
            _ => {}
        }
        if is_end || entry.hides {
            break;
        }
    }
    found
}
