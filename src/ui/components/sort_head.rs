//! A head cell whose link puts the list in another order.

use super::icon::Icon;
use crate::ui::query::{ListQuery, Order};
use leptos::prelude::*;

/// One way to order a list: the key, and whether it runs upwards.
#[derive(Clone, Copy)]
pub struct Column<S> {
    pub sort: S,
    pub ascending: bool,
    pub class: &'static str,
    pub label: &'static str,
}

/// The head cell of a column that lists can be ordered by.
#[component]
pub fn SortHead<'a, S: Order>(query: &'a ListQuery<S>, base: &'a str, column: Column<S>) -> impl IntoView + use<S> {
    let Column { sort, ascending, class, label } = column;
    let is_current = query.sort == sort;
    let direction = is_current.then_some(if ascending { "ascending" } else { "descending" });
    view! {
        <th role="columnheader" scope="col" class=class aria-sort=direction>
            <a href=query.sorted(base, sort)>
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
