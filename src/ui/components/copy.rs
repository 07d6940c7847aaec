//! The place of a copy button. The island `Copy` makes it work; without script it is not shown. Its icon
//! is drawn by the style sheet, since a list has a button in every row.

use leptos::prelude::*;

/// Copies `text`; `label` says what that is: "Copy full digest".
#[component]
pub fn CopyButton(text: String, label: String) -> impl IntoView {
    view! { <button class="copy" type="button" data-copy=text aria-label=label></button> }
}

/// Copies what the address of the link before it ends with: the digest of which the link shows `short`.
#[component]
pub fn CopyDigest<'a>(short: &'a str) -> impl IntoView + use<> {
    view! { <button class="copy" type="button" aria-label=format!("Copy digest {short}")></button> }
}
