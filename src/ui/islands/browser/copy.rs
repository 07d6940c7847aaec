//! Copies what a button names, and says so for two seconds.

use super::{after, announce, document, on, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, Event, HtmlDocument, HtmlTextAreaElement};

/// How long a button shows that it has done its work.
const DONE_MS: i32 = 2000;

/// Starts to listen.
pub fn start() {
    on(&document(), "click", |event| {
        if let Some(button) = button(&event) {
            spawn_local(copy(button));
        }
    });
}

fn button(event: &Event) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest("button.copy").ok()?
}

/// What the button names or, where it names nothing, the digest in the address of the link before it.
fn text(button: &Element) -> Option<String> {
    button.get_attribute("data-copy").or_else(|| {
        let address = button.previous_element_sibling()?.get_attribute("href")?;
        address.rsplit('/').next().map(str::to_owned)
    })
}

async fn copy(button: Element) {
    let text = text(&button).unwrap_or_default();
    // Pages over plain HTTP, other than on loopback, have no clipboard.
    let is_copied = if window().is_secure_context() {
        JsFuture::from(window().navigator().clipboard().write_text(&text)).await.is_ok()
    } else {
        copy_by_selection(&text).unwrap_or(false)
    };
    let label = button.get_attribute("aria-label").unwrap_or_default();
    if is_copied {
        announce(&label.replacen("Copy", "Copied", 1));
        show_done(button);
    } else {
        announce("The browser did not let this page copy. Select the text instead.");
    }
}

fn show_done(button: Element) {
    let _ = button.set_attribute("data-done", "");
    after(DONE_MS, move || {
        let _ = button.remove_attribute("data-done");
        announce("");
    });
}

/// The way from before there was a clipboard.
fn copy_by_selection(text: &str) -> Option<bool> {
    let document = document().dyn_into::<HtmlDocument>().ok()?;
    let area = document.create_element("textarea").ok()?.dyn_into::<HtmlTextAreaElement>().ok()?;
    area.set_value(text);
    area.set_class_name("vh");
    document.body()?.append_child(&area).ok()?;
    area.select();
    let is_copied = document.exec_command("copy").ok();
    area.remove();
    is_copied
}
