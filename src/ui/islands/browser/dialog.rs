//! Asks in a dialog over the page what its links and forms marked `data-dialog` would ask on a page of their own. Where
//! that page has nothing to ask, the reader is led to it.

use super::{document, elements, find, on, part, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, MouseEvent};

/// The one dialog of a page.
const DIALOG: &str = "dialog[open]";

/// Starts to listen.
pub fn start() {
    on(&document(), "click", |event| clicked(&event));
    on(&document(), "submit", |event| {
        let form = event.target().and_then(|form| form.dyn_into::<Element>().ok());
        if let Some(form) = form.filter(|form| form.has_attribute("data-dialog")) {
            event.prevent_default();
            open(&address(&form));
        }
    });
}

fn clicked(event: &Event) {
    let is_plain = event.dyn_ref::<MouseEvent>().is_some_and(|mouse| {
        mouse.button() == 0 && !(mouse.ctrl_key() || mouse.meta_key() || mouse.shift_key() || mouse.alt_key())
    });
    let link = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(link) =
        link.filter(|_| is_plain).and_then(|it| it.closest("a[data-dialog], dialog a[data-cancel]").ok()?)
    else {
        return;
    };
    event.prevent_default();
    match link.get_attribute("href").filter(|_| link.has_attribute("data-dialog")) {
        Some(address) => {
            leave_menu(&link);
            open(&address);
        }
        None => shown().iter().for_each(HtmlDialogElement::close),
    }
}

/// Opens what stands at an address.
pub fn open(address: &str) {
    let address = address.to_owned();
    spawn_local(async move {
        let is_shown = match part(&address, "dialog").await {
            Some(content) => show(&content).is_some(),
            None => false,
        };
        if !is_shown {
            let _ = window().location().assign(&address);
        }
    });
}

/// The address that a form asks, with what is chosen in it.
pub fn address(form: &Element) -> String {
    let encoded = |text: String| String::from(js_sys::encode_uri_component(&text));
    let id = form.id();
    let chosen = elements(document().query_selector_all(&format!("[form={id}]:checked, #{id} :checked")));
    let chosen = chosen.filter_map(|input| input.dyn_into::<HtmlInputElement>().ok());
    let pairs: Vec<String> = chosen.map(|it| format!("{}={}", it.name(), encoded(it.value()))).collect();
    format!("{}?{}", form.get_attribute("action").unwrap_or_default(), pairs.join("&"))
}

fn shown() -> Option<HtmlDialogElement> {
    find(DIALOG)?.dyn_into().ok()
}

/// The focus goes to what the form names; when the dialog closes, it goes back to where it was.
fn show(content: &web_sys::Node) -> Option<()> {
    if let Some(dialog) = shown() {
        dialog.set_text_content(None);
        dialog.append_child(content).ok()?;
        let first = dialog.query_selector("[autofocus]").ok().flatten();
        return first?.dyn_into::<HtmlElement>().ok()?.focus().ok();
    }
    let dialog: HtmlDialogElement = document().create_element("dialog").ok()?.dyn_into().ok()?;
    dialog.set_class_name("dialog");
    dialog.set_attribute("aria-labelledby", "dialog-title").ok()?;
    dialog.append_child(content).ok()?;
    document().body()?.append_child(&dialog).ok()?;
    let closed = dialog.clone();
    on(&dialog, "close", move |_| closed.remove());
    dialog.show_modal().ok()
}

/// A menu closes with its choice, and is where the focus comes back to.
fn leave_menu(link: &Element) {
    let Some(menu) = link.closest("details.drop[open]").ok().flatten() else { return };
    let _ = menu.remove_attribute("open");
    let summary = menu.query_selector("summary").ok().flatten();
    if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
        let _ = summary.focus();
    }
}
