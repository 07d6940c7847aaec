//! The files of an image: a folder of all its layers together, or of one of them with what that hides. Names are a pusher's
//! and are shown as text; a folder is a link, so that all of it works without script.

use crate::domain::Reference;
use crate::domain::files::{FileKind, join, split};
use crate::domain::view::image_tabs::ImageQuery;
use crate::domain::view::{FileRow, FilesQuery, FilesView, FolderView, ImageView, LayerFiles, LayerState};
use crate::domain::{ByteSize, RepositoryName};
use crate::ui::components::digest::DigestText;
use crate::ui::components::empty::Empty;
use crate::ui::components::files::{Said, mode};
use crate::ui::components::pages::{Foot, Pages};
use crate::ui::components::table::Table;
use crate::ui::words::{MAX_NAME_CHARS, counted, grouped, inert};
use leptos::either::Either;
use leptos::prelude::*;

/// The tab.
#[component]
pub fn FilesTab<'a>(
    view: &'a ImageView,
    files: Option<&'a FilesView>,
    reference: &'a Reference,
    query: &'a ImageQuery,
) -> impl IntoView + use<> {
    let Some(files) = files else {
        return view! {
            <Empty icon="layers" title="No platform is shown".to_owned()>
                <p>"Choose one above. One that is listed and was never copied here has no files to show."</p>
            </Empty>
        }
        .into_any();
    };
    let at = At { repository: &view.repository, reference, query, files };
    let body = match &files.folder {
        FolderView::Waiting => view! { <Waiting at/> }.into_any(),
        FolderView::Absent => {
            let root = at.folder("");
            view! {
                <Empty icon="box" title="There is no such folder".to_owned()>
                    <p>"A file has no page of its own, and what a layer above hides is shown by its own layer."</p>
                    <a class="btn" href=root>"To the root"</a>
                </Empty>
            }
            .into_any()
        }
        FolderView::TooLong => view! {
            <Empty icon="layers" title="Too many files to put together".to_owned()>
                <p>"Choose a layer to see what is in it."</p>
            </Empty>
        }
        .into_any(),
        FolderView::Entries { rows, next } => view! { <Entries at rows next=next.as_deref()/> }.into_any(),
    };
    view! {
        <Said layers=&files.layers of=""/>
        <Select at/>
        <section class="mt-4" aria-label="Files">
            <Path at/>
            {body}
        </section>
    }
    .into_any()
}

/// Where a page is, and what it shows.
#[derive(Clone, Copy)]
struct At<'a> {
    repository: &'a RepositoryName,
    reference: &'a Reference,
    query: &'a ImageQuery,
    files: &'a FilesView,
}

impl At<'_> {
    /// The address of another folder, layer or page.
    fn href(&self, files: FilesQuery) -> String {
        ImageQuery { files, ..self.query.at(self.query.tab) }.print(self.repository, self.reference)
    }

    fn folder(&self, path: &str) -> String {
        self.href(FilesQuery { layer: self.files.layer, path: path.to_owned(), after: String::new() })
    }
}

/// How far reading is.
#[component]
fn Waiting<'a>(at: At<'a>) -> impl IntoView + use<> {
    let needed = at.files.layers.iter().enumerate();
    let needed: Vec<_> = needed.filter(|(place, _)| at.files.layer.is_none_or(|layer| layer == place + 1)).collect();
    let n_read = needed.iter().filter(|(_, layer)| layer.state != LayerState::Reading).count();
    let words = match needed.len() {
        1 => "Reading the layer".to_owned(),
        n => format!("Reading layer {} of {n}", grouped((n_read + 1) as u64)),
    };
    let again = at.folder(&at.files.path);
    view! {
        <Empty icon="sync" title=words>
            <p>"Layers are read once, when somebody first looks into them."</p>
            <a class="btn" href=again>"Refresh"</a>
        </Empty>
    }
    .into_any()
}

/// Which layer is shown.
#[component]
fn Select<'a>(at: At<'a>) -> impl IntoView + use<> {
    let option = |(place, layer): (usize, &LayerFiles)| {
        let number = place + 1;
        let words = format!("Layer {number}: {}, {}", layer.digest.short(), layer.size);
        view! { <option value=number.to_string() selected=at.files.layer == Some(number)>{words}</option> }
    };
    let options = at.files.layers.iter().enumerate().map(option).collect_view();
    let (tab, platform) = (at.query.tab.word(), at.query.platform.clone());
    let tab = matches!(at.reference, Reference::Tag(_)).then(|| view! { <input type="hidden" name="tab" value=tab/> });
    let platform = platform.map(|platform| view! { <input type="hidden" name="platform" value=platform/> });
    let path = (!at.files.path.is_empty()).then(|| {
        view! { <input type="hidden" name="path" value=at.files.path.clone()/> }
    });
    let action = at.href(FilesQuery::default());
    let action = action.split('?').next().unwrap_or_default().to_owned();
    view! {
        <form class="filters row wrap" method="get" action=action aria-label="Choose a layer">
            {tab}{platform}{path}
            <label class="vh" for="layer">"Layer"</label>
            <select class="select" id="layer" name="layer"><option value="">"All layers together"</option>{options}</select>
            <button class="btn" type="submit">"Show"</button>
        </form>
    }
    .into_any()
}

/// The folder, each on the way to it a link.
#[component]
fn Path<'a>(at: At<'a>) -> impl IntoView + use<> {
    let names: Vec<&str> = at.files.path.split('/').filter(|name| !name.is_empty()).collect();
    let link = |(place, name): (usize, &&str)| {
        let href = at.folder(&names[..=place].join("/"));
        let name = inert(name, MAX_NAME_CHARS);
        match place + 1 == names.len() {
            true => Either::Left(view! { " / "<span class="mono" aria-current="true">{name}</span> }),
            false => Either::Right(view! { " / "<a class="mono" href=href>{name}</a> }),
        }
    };
    let links = names.iter().enumerate().map(link).collect_view();
    view! { <h2 class="grow"><a href=at.folder("")>"Files"</a>{links}</h2> }.into_any()
}

#[component]
fn Entries<'a>(at: At<'a>, rows: &'a [FileRow], next: Option<&'a str>) -> impl IntoView + use<> {
    const COLUMNS: &[&str] = &["Name", "Size", "Mode", "Digest", "Layer"];
    if rows.is_empty() {
        return view! { <p class="muted mt-4">"Nothing is in this folder."</p> }.into_any();
    }
    let drawn = rows.iter().map(|row| view! { <Row at row/> }).collect_view();
    let turn = |after: &str| {
        at.href(FilesQuery { layer: at.files.layer, path: at.files.path.clone(), after: after.to_owned() })
    };
    let foot = Foot {
        count: format!("{} on this page", counted(rows.len() as u64, "name", "names")),
        before: (!at.query.files.after.is_empty()).then(|| turn("")),
        after: next.map(turn),
        by_time: false,
    };
    view! { <Table label="Files in this folder" class="cards" columns=COLUMNS>{drawn}</Table><Pages foot/> }.into_any()
}

#[component]
fn Row<'a>(at: At<'a>, row: &'a FileRow) -> impl IntoView + use<> {
    let path = join(&at.files.path, &row.name);
    let name = inert(&row.name, MAX_NAME_CHARS);
    let file = row.file.as_ref();
    let drawn = match file {
        None => view! { <del class="mono">{name}</del> }.into_any(),
        Some(file) if file.is_folder() => {
            view! { <a class="name mono" href=at.folder(&path)>{format!("{name}/")}</a> }.into_any()
        }
        Some(_) => view! { <span class="name mono">{name}</span> }.into_any(),
    };
    let link = file.and_then(|file| file.link.as_ref()).map(|link| {
        let link = inert(link, MAX_NAME_CHARS);
        view! { <span class="cell-sub mono">"→ "{link}</span> }
    });
    let hides = hides(row).map(|words| view! { <span class="cell-sub">{words}</span> });
    let size = file.filter(|file| file.kind == FileKind::File).map(|file| ByteSize(file.size).to_string());
    let digest = file.and_then(|file| file.digest.as_ref()).map(|digest| view! { <DigestText digest/> });
    let folder = FilesQuery { layer: Some(row.layer), path: split(&path).0.to_owned(), after: String::new() };
    let number = view! { <span class="k-only">"Layer "</span>{row.layer.to_string()} };
    let layer = match at.files.layer {
        Some(_) => Either::Left(number),
        None => Either::Right(view! { <a href=at.href(folder)>{number}</a> }),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head">{drawn}{link}{hides}</th>
            <td role="cell" class="num nowrap" data-a="end1">{size}</td>
            <td role="cell" class="nowrap mono" data-a="two">{file.map(mode)}</td>
            <td role="cell" class="nowrap" data-a="three">{digest}</td>
            <td role="cell" data-a="end2">{layer}</td>
        </tr>
    }
    .into_any()
}

/// What a layer takes away, in words.
fn hides(row: &FileRow) -> Option<&'static str> {
    match (row.hides, row.is_opaque, row.file.is_some()) {
        (true, _, false) => Some("removed by this layer"),
        (true, _, true) => Some("put in the place of what layers below have"),
        (false, true, _) => Some("what layers below have in it is removed"),
        (false, false, _) => None,
    }
}
