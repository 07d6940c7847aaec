//! Keeps the callback address of a new provider what it will be under the name that stands in the field for it.

use super::{document, elements, on};
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

/// What stands behind the name.
const END: &str = "/callback";

/// Starts to listen. A browser may have put a name back that was typed before.
pub fn start() {
    elements(document().query_selector_all("[data-name-of]")).for_each(|address| follow(&address));
    on(&document(), "input", |_| {
        elements(document().query_selector_all("[data-name-of]")).for_each(|address| follow(&address));
    });
}

fn follow(address: &Element) {
    let field = address.get_attribute("data-name-of").and_then(|id| document().get_element_by_id(&id));
    let field = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    let (Some(field), Some(before)) = (field, address.text_content()) else { return };
    let Some((start, _)) = before.strip_suffix(END).and_then(|rest| rest.rsplit_once('/')) else { return };
    // A slash is no part of a name; with one the next change would not find its start.
    let name = field.value().trim().replace('/', "");
    let text = format!("{start}/{name}{END}");
    address.set_text_content(Some(&text));
    if let Some(button) = address.next_element_sibling() {
        let _ = button.set_attribute("data-copy", &text);
    }
}
