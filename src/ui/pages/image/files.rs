//! The files of an artifact. Names and types are the pusher's own words: shown as text, never followed.

use crate::domain::view::{LayerRow, ShownImage};
use crate::ui::components::digest::DigestText;
use crate::ui::components::sort_head::Head;
use crate::ui::words::{MAX_NAME_CHARS, counted, inert};
use leptos::either::Either;
use leptos::prelude::*;

/// The card.
#[component]
pub fn FilesCard<'a>(shown: &'a ShownImage) -> impl IntoView + use<> {
    let count = counted(shown.layers.len() as u64 + shown.layers_more, "file", "files");
    let summary = format!("{count}, {} to pull", shown.pull_size);
    let body = if shown.layers.is_empty() {
        view! { <p class="card-body muted">"No files: all that it says is in its type and its annotations."</p> }
            .into_any()
    } else {
        view! { <FileTable shown/> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="h-files">
            <div class="card-head"><h2 id="h-files">"Files"</h2><span class="sm muted">{summary}</span></div>
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn FileTable<'a>(shown: &'a ShownImage) -> impl IntoView + use<> {
    let rows = shown.layers.iter().enumerate().map(|(index, file)| view! { <Row index file/> }).collect_view();
    let more = (shown.layers_more > 0).then(|| {
        view! { <p class="card-foot muted">{format!("And {} more, which are not shown.", shown.layers_more)}</p> }
    });
    view! {
        <table class="layers" role="table" aria-labelledby="files">
            <caption class="vh" id="files">"Files of this artifact"</caption>
            <thead role="rowgroup">
                <tr role="row"><Head label="#"/><Head label="File"/><Head label="Digest"/><Head label="Size" class="r"/></tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
        {more}
    }
    .into_any()
}

#[component]
fn Row<'a>(index: usize, file: &'a LayerRow) -> impl IntoView + use<> {
    view! {
        <tr role="row">
            <td role="cell" class="step">{index + 1}</td>
            <th role="rowheader" scope="row"><Name file/></th>
            <td role="cell" class="nowrap"><DigestText digest=&file.digest/></td>
            <td role="cell" class="r num nowrap">{file.size.to_string()}</td>
        </tr>
    }
}

/// The name with the type below it; a file without a name is known by its type alone.
#[component]
fn Name<'a>(file: &'a LayerRow) -> impl IntoView + use<> {
    let media_type = inert(&file.media_type, MAX_NAME_CHARS);
    match file.title.as_deref().filter(|title| !title.trim().is_empty()) {
        Some(title) => {
            let title = inert(title, MAX_NAME_CHARS);
            Either::Left(view! { <code>{title}</code><span class="cell-sub mono">{media_type}</span> })
        }
        None => Either::Right(view! { <code class="subtle">{media_type}</code> }),
    }
}
