//! The files of an image, as far as its layers were read; what was not is asked for.

mod changed;

pub use changed::{Side, changed};

use crate::domain::action::ReadRepository;
use crate::domain::files::{Entries, Entry, Folder, Layer, Shown, split};
use crate::domain::view::{FileRow, FilesQuery, FilesView, FolderView, LayerFiles, LayerRow, LayerState};
use crate::domain::{Digest, Error, Result, media_type};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::insight::{FORMAT, Packed};
use crate::server::store::layers::{self as store, Known, Wanted};
use std::collections::HashMap;
use std::sync::Arc;

/// Names of a folder on one page.
const MAX_ROWS: usize = 500;

/// Layers of an image of which files are shown. No engine runs an image of more than 127.
const MAX_LAYERS: usize = 200;

/// How long the lists that are put together may be, in bytes as they are kept.
const MAX_LISTS: u64 = 24 << 20;

/// The longest path that is looked for.
const MAX_PATH: usize = 4 * 4096;

/// The layers of an image.
pub struct Stack<'s> {
    pub repository_id: &'s str,
    /// The lowest first.
    pub layers: &'s [LayerRow],
    /// Those that nobody has read.
    pub unread: &'s [Digest],
}

/// The layers of which files can be known.
pub fn readable(layers: &[LayerRow]) -> Vec<Digest> {
    let readable = layers.iter().filter(|row| closed(row).is_none()).take(MAX_LAYERS);
    readable.map(|row| row.digest.clone()).collect()
}

/// A folder of an image, or of one of its layers. One statement.
///
/// # Errors
/// [`Error::Invalid`] for a layer that the image does not have, or a path that no list holds.
pub async fn folder(
    app: &App,
    proof: &Authorized<ReadRepository>,
    stack: Stack<'_>,
    query: FilesQuery,
) -> Result<FilesView> {
    let Stack { repository_id, layers, unread } = stack;
    check(layers, &query)?;
    let names: Vec<&str> = query.path.split('/').filter(|name| !name.is_empty()).collect();
    let query = FilesQuery { path: names.join("/"), ..query };
    let only = query.layer.map(|layer| &layers[layer - 1].digest);
    let asked: Vec<Digest> = unread.iter().filter(|digest| only.is_none_or(|only| only == *digest)).cloned().collect();
    if !asked.is_empty() {
        app.layers.want(proof.actor(), &proof.action().repository, &asked).await;
    }
    let readable = readable(layers);
    let wanted = Wanted { repository_id, layers: &readable, only, format: FORMAT, max_bytes: MAX_LISTS };
    let turn = app.layers.turn().await; // Who waits for layers holds nobody up, and who puts them together does.
    let [known] = store::known(&app.store, [&wanted], app.clock.now()).await?;
    let layers = layers.to_vec();
    let drawn = tokio::task::spawn_blocking(move || shown(&layers, known, query)).await;
    drop(turn);
    drawn.map_err(|_| Error::Internal)?
}

fn check(rows: &[LayerRow], query: &FilesQuery) -> Result<()> {
    if rows.len() > MAX_LAYERS {
        return Err(Error::invalid("layer", format!("files are shown of images with up to {MAX_LAYERS} layers")));
    }
    if query.layer.is_some_and(|layer| layer == 0 || layer > rows.len()) {
        return Err(Error::invalid("layer", "this image has no such layer"));
    }
    if query.path.len() > MAX_PATH || query.after.len() > MAX_PATH {
        return Err(Error::invalid("path", "no path in an image is that long"));
    }
    Ok(())
}

/// Why nobody tries to read a layer, by what it says it is.
fn closed(row: &LayerRow) -> Option<&'static str> {
    match row.media_type.as_str() {
        it if it.ends_with("+encrypted") => Some("it is encrypted"),
        it if media_type::was_ever_foreign(it) => Some("it is kept by its publisher and not here"),
        _ => None,
    }
}

/// What the page shows, given what is known.
fn shown(rows: &[LayerRow], known: HashMap<Digest, Known>, query: FilesQuery) -> Result<FilesView> {
    let (layers, lists) = stacked(rows, known)?;
    let is_any = |state: &LayerState| {
        let mut shown = layers.iter().enumerate().filter(|(at, _)| query.layer.is_none_or(|layer| layer == at + 1));
        shown.any(|(_, layer)| layer.state == *state)
    };
    let folder = match query.layer {
        _ if is_any(&LayerState::Reading) => FolderView::Waiting,
        _ if is_any(&LayerState::Known) => FolderView::TooLong,
        Some(layer) => of_one(lists.iter().find(|list| list.place == layer), &query)?,
        None => of_all(&lists, &query)?,
    };
    Ok(FilesView { layers, layer: query.layer, path: query.path, folder })
}

/// Layers with what is known of each, and the lists that there are.
fn stacked(rows: &[LayerRow], known: HashMap<Digest, Known>) -> Result<(Vec<LayerFiles>, Vec<Placed>)> {
    let opened = known.into_iter().map(|(digest, known)| Ok((digest.clone(), open(&digest, known)?)));
    let opened: HashMap<Digest, (LayerState, Option<Arc<Packed>>)> = opened.collect::<Result<_>>()?;
    let (mut layers, mut lists) = (Vec::new(), Vec::new());
    for (at, row) in rows.iter().enumerate() {
        let absent = || LayerState::Unreadable("it is not kept here".to_owned());
        let (state, list) = match (closed(row), opened.get(&row.digest)) {
            (Some(why), _) => (LayerState::Unreadable(why.to_owned()), None),
            (None, None) => (absent(), None),
            (None, Some((state, list))) => (state.clone(), list.clone()),
        };
        lists.extend(list.map(|list| Placed { place: at + 1, list }));
        layers.push(LayerFiles { digest: row.digest.clone(), size: row.size, state });
    }
    Ok((layers, lists))
}

fn open(digest: &Digest, known: Known) -> Result<(LayerState, Option<Arc<Packed>>)> {
    Ok(match known {
        Known::Unread | Known::Reading => (LayerState::Reading, None),
        Known::Unreadable(why) => (LayerState::Unreadable(why), None),
        Known::Listed(None) => (LayerState::Known, None),
        Known::Listed(Some(content)) => {
            let list = Packed::open(digest, content)?;
            let state = LayerState::Listed { cut: list.cut(), n_left_out: list.n_left_out() };
            (state, Some(Arc::new(list)))
        }
    })
}

/// A list with its layer's place in the image.
struct Placed {
    place: usize,
    list: Arc<Packed>,
}

/// A folder of all layers together.
fn of_all(lists: &[Placed], query: &FilesQuery) -> Result<FolderView> {
    let Some(folder) = Folder::root(lists).at(&query.path)? else { return Ok(FolderView::Absent) };
    let row = |shown: Shown| FileRow {
        name: shown.name,
        layer: lists[shown.layer].place,
        file: Some(shown.file),
        hides: false,
        is_opaque: false,
    };
    page(folder.names(&from(query)).map(|shown| shown.map(row)))
}

/// A folder of one layer, with what that hides.
fn of_one(layer: Option<&Placed>, query: &FilesQuery) -> Result<FolderView> {
    let Some(layer) = layer else { return Ok(FolderView::Absent) };
    let (outer, name) = split(&query.path);
    let is_there =
        query.path.is_empty() || layer.find(outer, name)?.is_some_and(|it| it.file.is_some_and(|it| it.is_folder()));
    if !is_there {
        return Ok(FolderView::Absent);
    }
    let row = |entry: Entry| FileRow {
        name: entry.name,
        file: entry.file,
        layer: layer.place,
        hides: entry.hides,
        is_opaque: entry.is_opaque,
    };
    page(layer.entries(&query.path, &from(query)).map(|entry| entry.map(row)))
}

/// The first name of a page.
fn from(query: &FilesQuery) -> String {
    if query.after.is_empty() { String::new() } else { format!("{}\0", query.after) }
}

fn page(rows: impl Iterator<Item = Result<FileRow>>) -> Result<FolderView> {
    let mut rows: Vec<FileRow> = rows.take(MAX_ROWS + 1).collect::<Result<_>>()?;
    let is_more = rows.len() > MAX_ROWS;
    rows.truncate(MAX_ROWS);
    let next = rows.last().filter(|_| is_more).map(|row| row.name.clone());
    Ok(FolderView::Entries { rows, next })
}

impl Layer for Placed {
    fn id(&self) -> &str {
        self.list.id()
    }

    fn is_opaque(&self) -> bool {
        self.list.is_opaque()
    }

    fn entries<'l>(&'l self, folder: &str, from: &str) -> Entries<'l> {
        self.list.entries(folder, from)
    }
}
