//! The orders of a list: links in the head of its table and, where rows are drawn as cards, a menu.

use super::icon::Icon;
use crate::domain::view::ListQuery;
use crate::ui::query::Order;
use leptos::prelude::*;

/// One way to order a list: the key, and whether it runs upwards.
#[derive(Clone, Copy)]
pub struct Column<S> {
    pub sort: S,
    pub ascending: bool,
    pub class: &'static str,
    pub label: &'static str,
}

/// The head cell of a column that lists can be ordered by; over cards, where nobody sees it, a word.
#[component]
pub fn SortHead<'a, S: Order>(query: &'a ListQuery<S>, base: &'a str, column: Column<S>) -> impl IntoView + use<S> {
    let Column { sort, ascending, class, label } = column;
    let is_current = query.sort == sort;
    let direction = is_current.then_some(if ascending { "ascending" } else { "descending" });
    view! {
        <th role="columnheader" scope="col" class=class aria-sort=direction>
            <span class="k-only">{label}</span>
            <a class="k-gone" href=query.sorted(base, sort)>
                {label} {is_current.then(|| view! { <Icon name="down" class="i i-sm"/> })}
            </a>
        </th>
    }
}

/// The head cell of a column that lists cannot be ordered by.
#[component]
pub fn Head(label: &'static str, #[prop(default = "")] class: &'static str) -> impl IntoView {
    let class = (!class.is_empty()).then_some(class);
    view! { <th role="columnheader" scope="col" class=class>{label}</th> }
}

/// The same orders as a menu of links: cards have no head to click. `words` says each order.
#[component]
pub fn SortMenu<'a, S: Order>(
    query: &'a ListQuery<S>,
    base: &'a str,
    words: fn(S) -> &'static str,
) -> impl IntoView + use<S> {
    let entry = |(sort, _): &(S, &str)| {
        let current = (query.sort == *sort).then_some("true");
        view! { <a href=query.sorted(base, *sort) aria-current=current>{words(*sort)}</a> }
    };
    let entries = S::WORDS.iter().map(entry).collect_view();
    view! {
        <details class="drop sort">
            <summary class="btn">{words(query.sort)}<Icon name="down" class="i i-sm"/></summary>
            <nav class="menu" aria-label="Order">{entries}</nav>
        </details>
    }
    .into_any()
}
