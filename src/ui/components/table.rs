//! The frame of a table: its head, and the body that its rows stand in. On a narrow screen each row is a card.

use leptos::prelude::*;

/// The head of the column with what can be done to a row, for who cannot see that.
pub const ACTIONS: &str = "Actions";

/// A table of these columns; its rows are given as children.
#[component]
pub fn Table(
    label: &'static str,
    /// How its rows are laid out as cards.
    #[prop(default = "cards cards-2")]
    class: &'static str,
    columns: &'static [&'static str],
    children: Children,
) -> impl IntoView {
    let heads = columns.iter().map(|column| match *column {
        ACTIONS => view! { <th role="columnheader" scope="col"><span class="vh">{ACTIONS}</span></th> }.into_any(),
        column => view! { <th role="columnheader" scope="col">{column}</th> }.into_any(),
    });
    view! {
        <div class="tablewrap">
            <table class=class role="table" aria-label=label>
                <thead role="rowgroup"><tr role="row">{heads.collect_view()}</tr></thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
