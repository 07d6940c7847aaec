//! Escape closes what is open, the innermost first: what was unfolded where the focus is, the menu, a question. A dialog
//! sees to itself.

use super::{document, find, on, window};
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// Starts to listen.
pub fn start() {
    on(&document(), "keydown", |event| {
        let is_escape = event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape");
        // A control that closes something of its own has said so.
        if is_escape && !event.default_prevented() && find("dialog[open]").is_none() {
            escape();
        }
    });
}

fn escape() {
    let around = document().active_element().and_then(|focus| focus.closest("details[open]").ok().flatten());
    if let Some(open) = around.or_else(|| find(".drop[open]")) {
        close(&open);
    } else if let Some(address) = find(".confirm a[data-cancel]").and_then(|cancel| cancel.get_attribute("href")) {
        let _ = window().location().assign(&address);
    }
}

/// Closes it, and gives the focus to what opened it.
fn close(open: &Element) {
    let _ = open.remove_attribute("open");
    let summary = open.query_selector("summary").ok().flatten();
    if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
        let _ = summary.focus();
    }
}
