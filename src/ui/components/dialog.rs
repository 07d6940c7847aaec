//! The head of what stands in a dialog.

use super::icon::Icon;
use leptos::prelude::*;

/// What it asks, what that is about, and the way out.
#[component]
pub fn DialogHead(title: String, #[prop(optional_no_strip)] of: Option<AnyView>) -> impl IntoView {
    let of = of.map(|of| view! { <p class="sm muted row-1 wrap">{of}</p> });
    view! {
        <div class="dialog-head">
            <div class="grow"><h2 id="dialog-title">{title}</h2>{of}</div>
            <button class="btn btn-ghost btn-sm btn-icon" type="button" data-cancel="" aria-label="Close"><Icon name="x" class="i i-sm"/></button>
        </div>
    }
    .into_any()
}
