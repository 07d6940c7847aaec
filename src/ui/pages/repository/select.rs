//! Choosing tags of the list, and what is done with those that are chosen. A plain form, which goes to the page of what
//! would go; with script the bar is there once something is chosen.

use crate::domain::view::{Deletable, ListQuery, Matching, TagSort};
use crate::domain::{Address, RepositoryName, Tag};
use crate::ui::components::icon::Icon;
use crate::ui::query::LIST;
use crate::ui::words::grouped;
use leptos::prelude::*;

/// What the boxes of the rows belong to.
const FORM: &str = "bulk";

/// The bar above the table.
#[component]
pub fn SelectionBar<'a>(
    name: &'a RepositoryName,
    deletable: &'a Deletable,
    copies: bool,
    query: &'a ListQuery<TagSort>,
) -> impl IntoView + use<> {
    let (copying, comparing) =
        (Address::Copy(name.clone()).to_string(), Address::Compare(name.clone(), None).to_string());
    let delete = deletable.is_some().then(|| Address::DeleteTags(name.clone()).to_string());
    let action = delete.clone().unwrap_or_else(|| comparing.clone());
    let list = listed(query);
    let list = (!list.is_empty()).then(|| view! { <input type="hidden" name=LIST value=list/> });
    let copy = copies.then(|| {
        view! { <button class="btn btn-ghost btn-sm" type="submit" formaction=copying data-plain=""><Icon name="up" class="i i-sm"/>"Copy or promote…"</button> }
    });
    // A return in a box asks what it asked before: of several buttons the first is pressed by it.
    let first = delete.is_some().then(|| view! { <button type="submit" hidden=true></button> });
    let asks = delete.is_some().then_some("");
    let delete = delete.map(|_| {
        view! { <button class="btn btn-ghost btn-sm btn-bad-quiet" type="submit"><Icon name="trash" class="i i-sm"/>"Delete…"</button> }
    });
    let all = deletable.matching.map(|matching| view! { <AllMatching matching filter=query.q.clone()/> });
    view! {
        <form class="bulk" id=FORM method="get" action=action aria-label="Selected tags" data-dialog=asks data-bulk="">
            {list}
            <span class="medium" data-count="">"With selected:"</span>
            {first}
            <button class="btn btn-ghost btn-sm" type="submit" formaction=comparing data-plain=""><Icon name="compare" class="i i-sm"/>"Compare"</button>
            {copy}{all}{delete}
            <button class="btn btn-ghost btn-sm push" type="button" hidden=true data-clear="">"Clear"</button>
        </form>
    }
    .into_any()
}

/// The list, as addresses say it that lead back.
pub fn listed(query: &ListQuery<TagSort>) -> String {
    query.own("").trim_start_matches('?').to_owned()
}

/// Chooses what the filter matches, on all its pages.
#[component]
fn AllMatching(matching: Matching, filter: String) -> impl IntoView {
    let number = grouped(matching.count);
    let words = match matching.is_more {
        false => format!("Select all {number} that match"),
        true => format!("Select all that match, more than {number}"),
    };
    let count = (!matching.is_more).then_some(number);
    view! {
        <label class="row-1 choice">
            <input type="checkbox" name="filter" value=filter data-matching=count.unwrap_or_default()/>
            <span>{words}</span>
        </label>
    }
    .into_any()
}

/// Chooses all of the page; without script it could not.
#[component]
pub fn SelectAll() -> impl IntoView {
    view! {
        <th role="columnheader" scope="col" class="sel">
            <span class="vh">"Selected"</span>
            <label class="check k-gone noscript:hidden"><input type="checkbox" aria-label="Select all on this page" data-all=""/></label>
        </th>
    }
}

/// The box of a row; an empty cell where nothing can be done with its tag.
#[component]
pub fn Selected<'a>(tag: &'a Tag, may: bool) -> impl IntoView + use<> {
    let tag = tag.to_string();
    let choice = may.then(|| {
        view! {
            <label class="check"><span class="vh">{format!("Select {tag}")}</span><input type="checkbox" name="tag" value=tag form=FORM/></label>
        }
    });
    view! { <td role="cell" class="sel">{choice}</td> }
}
