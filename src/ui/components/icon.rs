//! Icons of the sprite `/icons.svg`. They decorate: a word or a label always stands with them.

use leptos::prelude::*;

/// An icon by its name in the sprite; `class` is `i`, or `i i-sm` for the smaller one.
#[component]
pub fn Icon(name: &'static str, #[prop(default = "i")] class: &'static str) -> impl IntoView {
    view! { <svg class=class aria-hidden="true"><use href=format!("/icons.svg#{name}")></use></svg> }
}
