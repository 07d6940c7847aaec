//! Copies what a button names, or the pull command of a tag where a link leads to it, and says so for two seconds.

use super::{after, announce, client, dialog, document, on, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, Event, HtmlDocument, HtmlTextAreaElement};

/// How long a button shows that it has done its work.
const DONE_MS: i32 = 2000;

/// Starts to listen.
pub fn start() {
    on(&document(), "click", |event| {
        let Some(button) = button(&event) else { return };
        let is_link = button.has_attribute("href");
        if is_link && !dialog::is_plain(&event) {
            return; // It opens beside this page, as any link does.
        }
        let text = if is_link { pull_command(&button) } else { text(&button) };
        if let Some(text) = text {
            event.prevent_default();
            spawn_local(copy(button, text));
        }
    });
}

fn button(event: &Event) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest("button.copy, a[data-copy]").ok()?
}

/// What the button names or, where it names nothing, the digest in the address of the link before it.
fn text(button: &Element) -> Option<String> {
    button.get_attribute("data-copy").or_else(|| {
        let address = button.previous_element_sibling()?.get_attribute("href")?;
        address.rsplit('/').next().map(str::to_owned)
    })
}

/// The command for the client that was chosen last: of those that the link names, or its table for each tag.
fn pull_command(link: &Element) -> Option<String> {
    let own = link.get_attribute("data-copy").filter(|own| !own.is_empty());
    let of_table = || link.closest("[data-pull]").ok()??.get_attribute("data-pull");
    let lines = own.or_else(of_table)?;
    let client = client::kept().unwrap_or_default();
    let begins = if client == "compose" { "image:" } else { client.as_str() };
    let line = lines.lines().find(|line| line.starts_with(begins)).or(lines.lines().next())?;
    let address = link.get_attribute("href")?;
    let tag = address.split('#').next()?.rsplit('/').next()?;
    Some(line.replace("{}", tag))
}

async fn copy(button: Element, text: String) {
    // Pages over plain HTTP, other than on loopback, have no clipboard.
    let is_copied = if window().is_secure_context() {
        JsFuture::from(window().navigator().clipboard().write_text(&text)).await.is_ok()
    } else {
        copy_by_selection(&text).unwrap_or(false)
    };
    let label = button.get_attribute("aria-label").or_else(|| button.text_content()).unwrap_or_default();
    if is_copied {
        announce(&label.replacen("Copy", "Copied", 1));
        show_done(button);
    } else {
        announce("The browser did not let this page copy. Select the text instead.");
    }
}

/// On the button; one that is folded away shows it on what unfolds it.
fn show_done(button: Element) {
    let folded = button.closest("details:not([open])").ok().flatten();
    let button = folded.and_then(|it| it.query_selector("summary").ok().flatten()).unwrap_or(button);
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
