//! The place of a copy button. The island `Copy` makes it work; without script it is not shown.

use super::icon::Icon;
use leptos::prelude::*;

/// Copies `text`; `label` says what that is: "Copy digest 3f9a41c7e05d".
#[component]
pub fn CopyButton(text: String, label: String) -> impl IntoView {
    view! {
        <button class="copy noscript:hidden" type="button" data-copy=text aria-label=label>
            <Icon name="copy" class="i i-sm"/>
        </button>
    }
}
