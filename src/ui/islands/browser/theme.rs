//! Applies the choice of colours at once and keeps it for the next page.

use super::{document, elements};
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlDocument;

const YEAR_S: u32 = 365 * 24 * 60 * 60;

/// Marks the choice that the server drew the page with.
pub fn start() {
    let chosen = document().document_element().and_then(|root| root.get_attribute("data-theme"));
    mark(&chosen.unwrap_or_default());
}

/// Takes a choice: `light`, `dark`, or nothing to follow the system.
pub fn choose(name: &str) {
    if let Some(root) = document().document_element() {
        let _ =
            if name.is_empty() { root.remove_attribute("data-theme") } else { root.set_attribute("data-theme", name) };
    }
    if let Ok(document) = document().dyn_into::<HtmlDocument>() {
        let age = if name.is_empty() { 0 } else { YEAR_S };
        let _ = document.set_cookie(&format!("theme={name}; Path=/; SameSite=Lax; Max-Age={age}"));
    }
    mark(name);
}

fn mark(name: &str) {
    for button in elements(document().query_selector_all(".theme button")) {
        let is_chosen = button.get_attribute("value").unwrap_or_default() == name;
        let _ = button.set_attribute("aria-pressed", if is_chosen { "true" } else { "false" });
    }
}
