//! A field with one thing on each line.

use super::form::{Described, described};
use crate::ui::form::Intent;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// The field with its label, its hint, and what is wrong with it. It may be empty.
#[component]
pub fn Lines(
    intent: Intent,
    name: &'static str,
    label: &'static str,
    #[prop(optional)] value: Vec<String>,
    hint: &'static str,
) -> impl IntoView {
    let form = PageRequest::current().form;
    let value = form.value(Some(intent), name).map_or_else(|| value.join("\n"), ToOwned::to_owned);
    let Described { id, by, invalid, words } = described(Some(intent), name, Some(hint));
    view! {
        <div class="field">
            <label for=id.clone()>{label}" "<span class="opt">"optional"</span></label>
            <textarea class="input input-mono" id=id name=name rows="2" autocapitalize="off" spellcheck="false"
                aria-invalid=invalid aria-describedby=by autofocus=invalid.is_some()>{value}</textarea>
            {words}
        </div>
    }
    .into_any()
}
