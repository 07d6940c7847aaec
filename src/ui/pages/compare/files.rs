//! The files that differ: added, removed, and changed in what they are, hold or may be. It is worked out for who asks.

use crate::domain::ByteSize;
use crate::domain::files::{Difference, File};
use crate::domain::view::{ChangeKind, ChangedFiles, ChangedQuery, ChangedView, LayerState};
use crate::ui::components::empty::Empty;
use crate::ui::components::files::{Said, mode};
use crate::ui::components::pages::{Foot, Pages};
use crate::ui::components::table::Table;
use crate::ui::query::changed;
use crate::ui::words::{MAX_NAME_CHARS, counted, grouped, inert};
use leptos::prelude::*;

/// The files, or the way to them. `page` is the address of the comparison.
#[component]
pub fn FilesCard<'a>(files: Option<&'a ChangedFiles>, page: &'a str) -> impl IntoView + use<> {
    let all = changed(page, &ChangedQuery::default());
    let Some(files) = files else {
        return view! {
            <section class="card mt-4" aria-labelledby="h-files">
                <div class="card-head"><h2 id="h-files" class="grow">"Files"</h2><a class="btn btn-sm" href=all>"Compare files"</a></div>
            </section>
        }
        .into_any();
    };
    let body = match &files.found {
        ChangedView::Waiting => {
            let all = files.layers.iter().flatten();
            let (n, n_read) = (all.clone().count(), all.filter(|layer| layer.state != LayerState::Reading).count());
            let words = format!("Reading layers, {} of {} read", grouped(n_read as u64), grouped(n as u64));
            let again = changed(page, &files.query);
            view! {
                <Empty icon="sync" title=words>
                    <p>"Layers are read once, when somebody first looks into them."</p>
                    <a class="btn" href=again>"Refresh"</a>
                </Empty>
            }
            .into_any()
        }
        ChangedView::TooLong => view! {
            <p class="muted mt-4">"There are too many files in these images to put them beside each other."</p>
        }
        .into_any(),
        ChangedView::Listed { counts, is_cut, rows, next } => {
            view! { <Listed files page counts=*counts is_cut=*is_cut rows next=next.as_deref()/> }.into_any()
        }
    };
    let [from, to] = &files.layers;
    view! {
        <Said layers=from of=" of the first"/>
        <Said layers=to of=" of the second"/>
        <section class="mt-4" aria-labelledby="h-files">
            <h2 id="h-files">"Files"</h2>
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn Listed<'a>(
    files: &'a ChangedFiles,
    page: &'a str,
    counts: [u64; 3],
    is_cut: bool,
    rows: &'a [Difference],
    next: Option<&'a str>,
) -> impl IntoView + use<> {
    const COLUMNS: &[&str] = &["Path", "Before", "After", "Change"];
    let query = &files.query;
    let on = |kind: Option<ChangeKind>, words: &str, n: u64| {
        let href = changed(page, &ChangedQuery { kind, path: query.path.clone(), after: String::new() });
        let current = (query.kind == kind).then_some("true");
        view! { <a href=href aria-current=current>{words.to_owned()}" "<span class="n">{grouped(n)}</span></a> }
    };
    let kinds = ChangeKind::ALL.into_iter().zip(counts).map(|(kind, n)| on(Some(kind), title(kind), n));
    let kinds: Vec<_> = std::iter::once(on(None, "All", counts.iter().sum())).chain(kinds).collect();
    let turn = |after: &str| changed(page, &ChangedQuery { after: after.to_owned(), ..query.clone() });
    let foot = Foot {
        count: format!("{} on this page", counted(rows.len() as u64, "path", "paths")),
        before: (!query.after.is_empty()).then(|| turn("")),
        after: next.map(turn),
        by_time: false,
    };
    let body = match rows.is_empty() {
        true => view! { <p class="muted mt-4">"No file differs."</p> }.into_any(),
        false => {
            let rows = rows.iter().map(|row| view! { <Row row/> }).collect_view();
            view! { <Table label="Files that differ" columns=COLUMNS>{rows}</Table><Pages foot/> }.into_any()
        }
    };
    let cut = is_cut.then(|| view! { <p class="muted mt-4">"There are more, which are not counted."</p> });
    view! {
        <div class="filters row wrap">
            <nav class="seg seg-wrap" aria-label="Kind of change">{kinds}</nav>
            <Filter query page/>
        </div>
        {body}
        {cut}
    }
    .into_any()
}

fn title(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "Added",
        ChangeKind::Removed => "Removed",
        ChangeKind::Changed => "Changed",
    }
}

/// A filter of paths, with all else that the address says.
#[component]
fn Filter<'a>(query: &'a ChangedQuery, page: &'a str) -> impl IntoView + use<> {
    let (action, said) = page.split_once('?').unwrap_or((page, ""));
    let pairs = crate::ui::query::Pairs::of(page);
    let keep = ["with", "platform", "from", "to"].into_iter().filter(|_| !said.is_empty()).filter_map(|key| {
        let value = pairs.get(key)?.to_owned();
        Some(view! { <input type="hidden" name=key value=value/> })
    });
    let keep: Vec<_> = keep.collect();
    let kind = query.kind.map_or("all", ChangeKind::word);
    view! {
        <form class="row" method="get" action=action.to_owned() role="search" aria-label="Filter files">
            {keep}
            <input type="hidden" name="files" value=kind/>
            <label class="vh" for="path">"Part of the path"</label>
            <input class="input input-mono" id="path" name="path" value=query.path.clone() placeholder="Part of the path" autocomplete="off" autocapitalize="off" spellcheck="false"/>
            <button class="btn" type="submit">"Filter"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Row<'a>(row: &'a Difference) -> impl IntoView + use<> {
    let kind = ChangeKind::of(row);
    let size = |file: &Option<File>| {
        file.as_ref().filter(|file| !file.is_folder()).map(|file| ByteSize(file.size).to_string())
    };
    let what = row.from.as_ref().zip(row.to.as_ref()).map(|(from, to)| what(from, to).join(", "));
    let what = what.filter(|words| !words.is_empty()).map(|words| view! { <span class="cell-sub">{words}</span> });
    let class = match kind {
        ChangeKind::Added => "good",
        ChangeKind::Removed => "bad",
        ChangeKind::Changed => "",
    };
    let folder = row.to.as_ref().or(row.from.as_ref()).is_some_and(File::is_folder);
    // A path is as long as its names are deep.
    let path = inert(&row.path, 8 * MAX_NAME_CHARS) + if folder { "/" } else { "" };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" data-a="head"><span class="mono">{path}</span>{what}</th>
            <td role="cell" class="num nowrap muted" data-a="two">{size(&row.from)}</td>
            <td role="cell" class="num nowrap" data-a="end2">{size(&row.to)}</td>
            <td role="cell" data-a="end1"><span class=class>{title(kind)}</span></td>
        </tr>
    }
    .into_any()
}

/// What changed of a file, in words.
fn what(from: &File, to: &File) -> Vec<String> {
    let link = |file: &File| file.link.as_deref().map(|link| inert(link, MAX_NAME_CHARS)).unwrap_or_default();
    let content = |file: &File| file.digest.as_ref().map(|digest| digest.short().to_owned()).unwrap_or_default();
    let pairs =
        [("content", content(from), content(to)), ("mode", mode(from), mode(to)), ("link", link(from), link(to))];
    let differ = pairs.into_iter().filter(|(_, was, is)| was != is);
    differ.map(|(what, was, is)| format!("{what} {was} → {is}").replace("  ", " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::files::FileKind;

    #[test]
    fn what_changed_is_said_and_nothing_else() {
        let file = |mode, link: &str| File {
            kind: FileKind::File,
            mode: Some(mode),
            owner: (0, 0),
            size: 1,
            link: (!link.is_empty()).then(|| link.to_owned()),
            digest: None,
        };
        assert_eq!(what(&file(0o644, ""), &file(0o755, "")), ["mode -rw-r--r-- → -rwxr-xr-x"]);
        assert_eq!(what(&file(0o644, "a"), &file(0o644, "b")), ["link a → b"]);
        assert!(what(&file(0o644, "a"), &file(0o644, "a")).is_empty());
    }
}
