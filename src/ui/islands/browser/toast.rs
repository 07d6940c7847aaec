//! Lets what was said of something done pass after a while, unless somebody is at it.

use super::{after, document, find};
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// How long it stays, and how often it looks afterwards whether it may go.
const STAYS_MS: i32 = 8000;
const AGAIN_MS: i32 = 1000;

/// Starts to wait. The keys go on at the page, not at what passes.
pub fn start() {
    let Some(toast) = find("[data-toast]") else { return };
    if document().active_element().is_some_and(|focus| focus == toast)
        && let Some(main) = find("#main").and_then(|main| main.dyn_into::<HtmlElement>().ok())
    {
        let _ = main.focus();
    }
    // What is there from the start is read to nobody; what is written into it is.
    if let Some(words) = toast.query_selector("p").ok().flatten() {
        words.set_text_content(words.text_content().as_deref());
    }
    after(STAYS_MS, move || pass(toast));
}

fn pass(toast: Element) {
    match toast.matches(":hover, :focus-within").unwrap_or(false) {
        true => after(AGAIN_MS, move || pass(toast)),
        false => toast.remove(),
    }
}
