//! Asks in a dialog over the page what its links and forms marked `data-dialog` would ask on a page of their own. Where
//! that page has nothing to ask, the reader is led to it. What is wrong with the form in it is said there, too. A form of
//! the page that is asked about first says by which field (`data-asks`): then the question comes in a dialog as well.

use super::{document, elements, find, fragment, on, part, window};
use leptos::wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DocumentFragment, Element, Event, FormData, HtmlDialogElement, HtmlElement, HtmlFormElement, HtmlInputElement,
    MouseEvent, RequestInit, Response, SubmitEvent, UrlSearchParams,
};

/// The one dialog of a page.
const DIALOG: &str = "dialog[open]";

/// Starts to listen.
pub fn start() {
    on(&document(), "click", |event| clicked(&event));
    on(&document(), "submit", |event| submitted(&event));
}

fn submitted(event: &Event) {
    // What is wrong with it was said at its field.
    if event.default_prevented() {
        return;
    }
    let button = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter);
    let goes_on = button.is_some_and(|button| button.has_attribute("data-plain"));
    let form = event.target().and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
    let Some(form) = form.filter(|_| !goes_on) else { return };
    if form.has_attribute("data-dialog") {
        event.prevent_default();
        open(&address(&form));
    } else if form.matches("dialog form[method=post]").unwrap_or(false) || is_asked_about(&form) {
        event.prevent_default();
        // Sent once, however often it is pressed.
        if !form.has_attribute("data-sent") && form.set_attribute("data-sent", "").is_ok() {
            spawn_local(send(form));
        }
    }
}

/// Whether the field stands in a form of the page at which that is asked about.
fn is_asked_about(form: &HtmlFormElement) -> bool {
    let asks = form.get_attribute("data-asks");
    let Some((field, value)) = asks.as_deref().and_then(|asks| asks.split_once('=')) else { return false };
    FormData::new_with_form(form).is_ok_and(|given| given.get(field).as_string().is_some_and(|it| it == value))
}

/// Sends the form of a dialog, or one that is asked about in it. What was done leads the page on; what comes back takes
/// the place of the form; and what is neither is for the browser to show.
async fn send(form: HtmlFormElement) {
    let is_over = match answer(&form).await {
        Ok(response) if response.status() == 204 => {
            response.headers().get("location").ok().flatten().is_some_and(|to| window().location().assign(&to).is_ok())
        }
        Ok(response) if matches!(response.status(), 200 | 403 | 409 | 422) => {
            let is_shown = fragment(&response).await.is_some_and(|content| show(&content).is_some());
            // A form of the page may be sent again once its question is closed.
            let _ = form.remove_attribute("data-sent");
            is_shown
        }
        _ => false,
    };
    if !is_over {
        let _ = form.submit();
    }
}

async fn answer(form: &HtmlFormElement) -> Result<Response, JsValue> {
    let given = FormData::new_with_form(form)?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&given)?;
    let asked = RequestInit::new();
    asked.set_method("POST");
    asked.set_body(&fields);
    let action = form.get_attribute("action").unwrap_or_default();
    let joint = if action.contains('?') { '&' } else { '?' };
    let sent = window().fetch_with_str_and_init(&format!("{action}{joint}part=dialog"), &asked);
    JsFuture::from(sent).await?.dyn_into()
}

fn clicked(event: &Event) {
    let is_plain = is_plain(event);
    let link = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(link) =
        link.filter(|_| is_plain).and_then(|it| it.closest("a[data-dialog], dialog [data-cancel]").ok()?)
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

/// Whether a press is meant for this page, and not to open something beside it.
pub fn is_plain(event: &Event) -> bool {
    event.dyn_ref::<MouseEvent>().is_some_and(|mouse| {
        mouse.button() == 0 && !(mouse.ctrl_key() || mouse.meta_key() || mouse.shift_key() || mouse.alt_key())
    })
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
    let chosen = format!("[form={id}]:checked, #{id} :checked, #{id} [type=hidden]");
    let chosen = elements(document().query_selector_all(&chosen));
    let chosen = chosen.filter_map(|input| input.dyn_into::<HtmlInputElement>().ok());
    let pairs: Vec<String> = chosen.map(|it| format!("{}={}", it.name(), encoded(it.value()))).collect();
    format!("{}?{}", form.get_attribute("action").unwrap_or_default(), pairs.join("&"))
}

fn shown() -> Option<HtmlDialogElement> {
    find(DIALOG)?.dyn_into().ok()
}

/// Shows what there is to ask, if there is anything. The focus goes to what the form names; when the dialog closes, it
/// goes back to where it was.
fn show(content: &DocumentFragment) -> Option<()> {
    content.query_selector("*").ok()??;
    if let Some(dialog) = shown() {
        dialog.set_text_content(None);
        dialog.append_child(content).ok()?;
        return focus_in(&dialog);
    }
    let dialog: HtmlDialogElement = document().create_element("dialog").ok()?.dyn_into().ok()?;
    dialog.set_class_name("dialog");
    dialog.set_attribute("aria-labelledby", "dialog-title").ok()?;
    dialog.append_child(content).ok()?;
    document().body()?.append_child(&dialog).ok()?;
    let closed = dialog.clone();
    on(&dialog, "close", move |_| closed.remove());
    dialog.show_modal().ok()?;
    focus_in(&dialog)
}

/// On a field that something is wrong with, else on what the page names (the way out, before what takes something away), else
/// on what is to be typed or chosen first; on the title where the dialog is
/// long, so that it is read from its beginning.
fn focus_in(dialog: &HtmlDialogElement) -> Option<()> {
    let wrong = dialog.query_selector("[aria-invalid=true]").ok().flatten();
    let is_long = dialog.scroll_height() > dialog.client_height();
    if is_long && wrong.is_none() && dialog.query_selector(".problem").ok()?.is_none() {
        let title = dialog.query_selector("#dialog-title").ok()??.dyn_into::<HtmlElement>().ok()?;
        title.set_tab_index(-1);
        title.focus().ok()?;
        dialog.set_scroll_top(0);
        return Some(());
    }
    // The first in the order of these, which is not that of the document: Cancel stands behind what is typed.
    let find = |what: &str| dialog.query_selector(what).ok().flatten();
    let first = wrong.or_else(|| find("[autofocus]")).or_else(|| find("input:not([type=hidden])"));
    let first = first?.dyn_into::<HtmlElement>().ok()?;
    first.focus().ok()?;
    // What stands in a field already is written over.
    if let Some(field) = first.dyn_ref::<HtmlInputElement>() {
        field.select();
    }
    Some(())
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
